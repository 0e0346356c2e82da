/* SPDX-License-Identifier: MIT */
/*
 * The life of a driver as short lines a person reads: made from instants, for the story
 * on the terminal and "lifecycle" of the report. It judges nothing.
 *
 * A line a step: "reset", "ACKNOWLEDGE", "DRIVER", "features 0x130000003 offered,
 * 0x100000000 accepted", "FEATURES_OK", "FEATURES_OK read back: accepted", "queue 0: 128
 * entries, enabled", "DRIVER_OK", "first notification of queue 0", "FAILED", ... Steps
 * that repeat at high rate (notifications, status polls) are told once a life.
 */
#ifndef SIM_LIFECYCLE_H
#define SIM_LIFECYCLE_H

#include <stdint.h>

#include "sim/event.h"

struct lifecycle;

/* `step` is called for each line, with the cycle of its instant. NULL: out of memory. */
struct lifecycle *lifecycle_new(void (*step)(void *ctx, uint64_t cycle, const char *text),
				void *ctx);
void lifecycle_free(struct lifecycle *life);
void lifecycle_instant(struct lifecycle *life, uint64_t cycle, const struct event *ev, unsigned n);

#endif
