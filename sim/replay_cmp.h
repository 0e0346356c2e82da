/* SPDX-License-Identifier: MIT */
/* What the device does in a replay against what it did: finds the first difference. */
#ifndef SIM_REPLAY_CMP_H
#define SIM_REPLAY_CMP_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/replay.h"

/* Streams of records that keep their order; an exact comparison has one. */
enum { CMP_REGISTERS, CMP_OUTSIDE, CMP_LANES };

struct replay_cmp {
	const struct trace_log *log;
	struct replay_result *res;
	bool exact;
	size_t next[CMP_LANES]; /* in the log, to be looked at */
	size_t bound;           /* records from there on belong behind the next action */
};

void replay_cmp_init(struct replay_cmp *cmp, const struct trace_log *log, bool exact,
		     struct replay_result *res);

/* A record of the replayed device. */
void replay_cmp_rec(struct replay_cmp *cmp, const struct bus_rec *rec);

/* All that was recorded before `bound` must have come. */
void replay_cmp_reached(struct replay_cmp *cmp, size_t bound);

/* The device read memory that nobody knows. */
void replay_cmp_unknown(struct replay_cmp *cmp, const struct bus_rec *rec);

/* The device does not come to rest, as it had before record `at`. */
void replay_cmp_restless(struct replay_cmp *cmp, size_t at);

/* The next DMA write that was recorded and has not come yet, or log->n. */
size_t replay_cmp_next_write(const struct replay_cmp *cmp);

#endif
