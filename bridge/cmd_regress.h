/* SPDX-License-Identifier: MIT */
/*
 * vcosim regress in parts: cmd_regress.c reads the options, _plan.c makes the list of runs,
 * _pool.c carries them out, _entry.c is what a run's result is, _results.c the file of all of
 * them, _tell.c what people see, _junit.c what other programs read, _merge.c shards,
 * _slurm.c the same on a cluster.
 */
#ifndef BRIDGE_CMD_REGRESS_H
#define BRIDGE_CMD_REGRESS_H

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bridge/scene.h"

#define REGRESS_FILTERS 16
#define REGRESS_JOBS    256
#define REGRESS_SHARDS  10000
#define REGRESS_ID      (2 * SCENE_TEXT + 48)

/* As results.json has them; REGRESS_NONE: no result yet. */
enum regress_status {
	REGRESS_NONE,
	REGRESS_PASSED,
	REGRESS_FAILED,
	REGRESS_FLAKY,
	REGRESS_ERROR,
	REGRESS_TIMEOUT,
	REGRESS_SKIPPED,
	REGRESS_STATUSES
};

struct regress_options {
	const char *name, *output, *junit;
	const char *filter[REGRESS_FILTERS];
	unsigned nfilters;
	const char *kernels, *transports; /* comma-separated, or NULL: what scenarios say */
	uint64_t seed[SCENE_SEEDS];       /* in place of theirs, where they have several */
	unsigned nseeds;                  /* 0: theirs */
	unsigned jobs, retries;
	unsigned shard, shards; /* 1 of 1: all */
	unsigned slurm;         /* so many jobs on a cluster, 0: here */
	bool resume, json, keep;
};

/* One run of the plan. */
struct regress_run {
	char id[REGRESS_ID];
	const struct scene *scene;
	const char *kernel; /* NULL: none of ours */
	const char *transport;
	uint64_t seed;
	json_t *entry; /* its result, as in results.json; NULL: none yet */
};

struct regress {
	struct regress_options opt;
	char **paths; /* files and folders */
	int npaths;
	char self[PATH_MAX], shown[PATH_MAX]; /* this program, and as one types it */
	struct scene **scene;
	size_t nscenes;
	struct regress_run *run; /* by id */
	size_t n, planned;       /* of all shards: planned */
	char started[32];
	uint64_t begun; /* loop_now */
	bool broken;    /* a result could not be written */
};

const char *regress_status_name(enum regress_status status);
enum regress_status regress_status(const json_t *entry);

/* "vcosim regress: what: why" on stderr; returns 2. */
int regress_no(const char *what, const char *why);

/* 0, or 2 after a line on stderr for each thing that is wrong. */
int regress_plan(struct regress *r);
void regress_unplan(struct regress *r);

/* Folders and files. "DIR/runs/ID" in path; mkdir -p; all that is in a folder, and it. */
char *regress_dir(const struct regress *r, const struct regress_run *run, char path[PATH_MAX]);
int regress_mkdir(const char *path);
int regress_remove(const char *path);
/* Under another name first, then renamed. 0, or -errno. */
int regress_write(const char *path, const json_t *json);
int regress_write_text(const char *path, const char *text);

/* --- a result ---------------------------------------------------------------------------- */

struct regress_attempt {
	enum regress_status status;
	int exit; /* as a shell has it: 128 and the signal, if one ended it */
	double seconds;
	json_t *report;   /* what the run left, or NULL */
	char reason[512]; /* one line */
};

/* What an attempt that ended so, and left this in its folder, comes to. `late`: it was killed. */
void regress_judge(const char *dir, int wait_status, double seconds, bool late,
		   const struct scene *scene, struct regress_attempt *attempt);

/* The entry of all attempts; the first one that did not pass speaks for them. */
json_t *regress_entry(const struct regress *r, const struct regress_run *run,
		      const struct regress_attempt *attempt, unsigned n);

/* The folder of an attempt, from 0 on. */
char *regress_attempt_dir(const struct regress *r, const struct regress_run *run, unsigned n,
			  char path[PATH_MAX]);

/* Which text of the scenario it is of, as the entry has it; returns buf. */
char *regress_digest(const struct scene *scene, char buf[20]);

/* Which attempt speaks. */
unsigned regress_speaker(const struct regress_attempt *attempt, unsigned n);

/* A verdict's place: the device, from 1 on, and the cycle of its trace. Device 0: nowhere. */
struct regress_place {
	unsigned device;
	long long cycle;
};

/* Of the first verdict that was not expected, else of the first one that counts. */
struct regress_place regress_first(const struct scene *scene,
				   const struct regress_attempt *attempt);

/* What runs it again, for a shell. */
void regress_command(const struct regress *r, const struct regress_run *run, char *buf, size_t len);

/* --- all of them -------------------------------------------------------------------------- */

/* Takes the entry, and writes it into its folder. */
void regress_done(struct regress *r, struct regress_run *run, json_t *entry);

/* Entries that an earlier regression left; how many. */
size_t regress_resume(struct regress *r);

/* DIR/results.json of what there is; `over`: it is finished. */
json_t *regress_results(const struct regress *r, bool over);
int regress_save(struct regress *r, bool over);

/* Counts of entries by status. */
void regress_count(const json_t *runs, unsigned count[REGRESS_STATUSES]);

/* Were we started by nohup? Then the end of the terminal is none of ours. */
bool regress_nohup(void);

/* 0: carried out (or not: *stopped), else 2. */
int regress_pool(struct regress *r, bool *stopped);

/* --- for others --------------------------------------------------------------------------- */

/* 0, or 2 after a line on stderr. */
int regress_junit(const json_t *results, const char *path);

/* Shards into one. 0, 1, 2 as an exit status. */
int regress_merge(char **dirs, int n, const struct regress_options *opt);

/* As jobs on a cluster. 0, 1, 2 as an exit status. */
int regress_slurm(const struct regress *r);

/* --- for people --------------------------------------------------------------------------- */

struct regress_view {
	size_t total, done, running, failed;
	double left;     /* seconds, < 0: not known */
	const char *now; /* one that runs, or NULL */
};

void regress_tell_run(const struct regress_view *view, const json_t *entry);
void regress_tell_progress(const struct regress_view *view);
void regress_tell_summary(const json_t *results, const char *dir);

#endif
