/* SPDX-License-Identifier: MIT */
/*
 * What every command that drives a device is made of, in one place: the device, the
 * observer on its bus, the monitor that judges, the trace, the balloon's host side, and
 * the report on all of it.
 */
#ifndef SIM_CMD_SESSION_H
#define SIM_CMD_SESSION_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "sim/dev.h"
#include "sim/reclaim.h"

struct session;

struct session_config {
	const char *name; /* of the run, in the report */
	struct dev_config dev;
	struct mem *mem;
	const struct dev_sink *front; /* the front end's intx, msix; may be NULL */
	const char *trace;            /* file to record to, or NULL */
	const char *spec;             /* specification file, NULL: the built-in virtio.ccsl */
	FILE *story;                  /* the driver's steps and verdicts as they happen, or NULL */
};

/* NULL, and one line on stderr that says why. */
struct session *session_new(const struct session_config *cfg);
void session_free(struct session *s);

struct dev *session_dev(struct session *s);
const struct reclaim *session_reclaim(const struct session *s);

/* Verdicts so far against the driver or the device, waived ones left out. */
unsigned session_verdicts(const struct session *s);

/* The guest is gone: flushes the observer and the monitor, closes the trace. 0 or -errno. */
int session_end(struct session *s);

/*
 * What was seen, as the members of one entry of report.json's "runs" (README, "The
 * report"): name, verdict, exit, lifecycle, features, balloon, monitor, bus.
 */
json_t *session_report(const struct session *s);

/* A folder or file of the installation or of the checkout, by its name ("specs/virtio.ccsl"). */
bool session_find(const char *name, char *path, size_t len);

#endif
