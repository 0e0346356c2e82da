/* SPDX-License-Identifier: MIT */
/* vcosim run FILE.scn: a scenario, and whether it brought what it should. */
#ifndef BRIDGE_CMD_SCENE_H
#define BRIDGE_CMD_SCENE_H

#include <stdbool.h>

#include "bridge/cmd_run.h"
#include "bridge/scene.h"

/*
 * What became of a run. Exit status 0, 1, 2: passed; verdicts or figures not as expected; could
 * not run, or not to its end.
 */
enum scene_status { SCENE_PASSED, SCENE_FAILED, SCENE_ERROR, SCENE_TIMEOUT };

const char *scene_status_name(enum scene_status status);

struct scene_run {
	const struct scene *scene;
	struct run *run;
	const char *kernel; /* of Linux, else NULL */
	json_t *others;     /* entries of the report for devices beside the first */
	enum scene_status status;
	char reason[512]; /* one line, "" when passed */
};

/* The status becomes this one, if it was passed; the reason goes to stderr. Returns -1. */
int scene_fail(struct scene_run *sr, enum scene_status status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Is a verdict of the report held against the driver or the device, and is its clause expected? */
bool scene_counts(const json_t *verdict);
bool scene_expects(const struct scene *scene, const char *clause);

/* run_story: ctx is a struct scene_run. */
int scene_story(const struct run *run, struct machine *m, const struct machine_guest *guest,
		void *ctx);

/* Of `run --help` options those beside the file are in `run`; the exit status. */
int scene_main(struct run *run);

#endif
