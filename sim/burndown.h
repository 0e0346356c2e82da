/* SPDX-License-Identifier: MIT */
/*
 * The burn-down of a session: which registers, queues and feature bits it touched, which
 * never, and which it touched though this device does not have them. Fed with events.
 */
#ifndef SIM_BURNDOWN_H
#define SIM_BURNDOWN_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/event.h"

struct burndown;

/* NULL: no memory. */
struct burndown *burndown_new(void);
void burndown_free(struct burndown *burndown);

/* An instant of the observer's. */
void burndown_instant(struct burndown *burndown, const struct event *ev, unsigned n);

#define BURNDOWN_QUEUES 64

enum burndown_state {
	BURNDOWN_TOUCHED,
	BURNDOWN_NEVER,  /* the device has it, the session left it alone */
	BURNDOWN_ABSENT, /* touched, and the device does not have it */
};

/* A line of the burn-down: a register by name, "queue 3", "feature 5" or a window and offset. */
struct burndown_line {
	char name[64];
	enum burndown_state state;
	uint64_t reads, writes; /* of a queue: reads are chains fetched, writes notifications */
};

/*
 * Calls `line` for each, registers first, then queues, then features. Registers and
 * features that the device neither has nor was asked for are no lines.
 */
void burndown_each(const struct burndown *burndown,
		   void (*line)(void *ctx, const struct burndown_line *line), void *ctx);

#endif
