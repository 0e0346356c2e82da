/* SPDX-License-Identifier: MIT */
/*
 * Abstract traces: text, one instant a line.
 *
 *   @120 status_write(3) irq     # cycle 120, two events tick together
 *   ack                          # cycle 121: one more than the line before
 *   .                            # an instant in which nothing ticks
 */
#ifndef MONITOR_SCRIPT_H
#define MONITOR_SCRIPT_H

#include <stdio.h>

#include "monitor/ccsl.h"

struct script {
	const struct ccsl_spec *spec;
	FILE *file;
	const char *name;
	unsigned line;
	char *text; /* of the line */
	size_t room;
	uint64_t cycle;
	struct ccsl_tick *ticks; /* of the instant */
	unsigned nticks, ticks_room;
};

/* The next instant: 1, 0 at the end, -1 and *err when the line is wrong. */
int script_next(struct script *t, struct ccsl_error *err);
void script_done(struct script *t);

#endif
