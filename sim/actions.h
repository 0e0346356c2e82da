/* SPDX-License-Identifier: MIT */
/*
 * What driver and host did in a recorded session, as a list that can be thinned out and done
 * again: accesses, the host's words, windows of memory, rests of the device, and what the
 * driver wrote to memory. The last is not recorded; it is concluded from what the device read
 * there, and placed before the access that came last before that.
 */
#ifndef SIM_ACTIONS_H
#define SIM_ACTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/trace_read.h"

enum action_kind {
	ACTION_ACCESS, /* to a register, as BUS_CUE_ACCESS has it */
	ACTION_HOST,   /* reset, target, .. as BUS_HOST_* */
	ACTION_MAP,
	ACTION_UNMAP,
	ACTION_REST, /* the device ran until it was quiet */
	ACTION_POKE  /* the driver wrote memory */
};

struct action {
	enum action_kind kind;
	bool off;           /* left out */
	uint64_t since;     /* cycles since the action before, as recorded */
	uint64_t gap;       /* of them, how many must pass: a rest takes what it takes */
	struct bus_rec rec; /* what was recorded; of a poke: where */
	uint8_t *data;      /* ACTION_POKE: len bytes */
	uint32_t len;
};

struct actions {
	struct action *at;
	size_t n, cap;
	size_t power; /* index of the power-on, an ACTION_HOST */
};

/* 0 or -errno: -EINVAL if the device was never powered on. */
int actions_of(const struct trace_log *log, struct actions *out);
void actions_free(struct actions *acts);

#endif
