/* SPDX-License-Identifier: MIT */
/*
 * A recorded session against RTL: no guest, no QEMU. The driver's accesses and the host's
 * actions are done again when the recording has them, DMA reads get the bytes that the
 * recording saw, and what the device does is held against what it did.
 *
 * Exact: every record, bit by bit, in its cycle. Otherwise: what registers answered, and
 * what the device did to the outside (memory writes, interrupts, pages), each in its
 * order, and between the same two rests of the device; how it reads memory is its own
 * affair, as long as it reads nothing that the recording never saw.
 */
#ifndef SIM_REPLAY_H
#define SIM_REPLAY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/dev.h"
#include "sim/port.h"
#include "sim/trace_read.h"

enum replay_outcome { REPLAY_SAME, REPLAY_DIVERGED, REPLAY_FAILED };

/* In which way the device first did otherwise. */
enum replay_kind {
	REPLAY_DIFFERS, /* another record than the recorded one */
	REPLAY_MISSING, /* the recorded one did not come by then */
	REPLAY_EXTRA,   /* one that was not recorded, or not before the next action */
	REPLAY_UNKNOWN, /* read memory of which the recording has no bytes */
	REPLAY_RESTLESS /* did not come to rest where it had */
};

#define REPLAY_CONTEXT 6

struct replay_result {
	enum replay_outcome outcome;
	char why[TRACE_WHY]; /* REPLAY_FAILED: one line */
	uint64_t cycles, actions, compared;
	bool same_rtl; /* the model was built from what the header says */

	/* REPLAY_DIVERGED */
	enum replay_kind kind;
	size_t action;                      /* index in the log of what was done last */
	size_t at;                          /* and of the record that did not come, or log->n */
	size_t before[REPLAY_CONTEXT];      /* the last records that were the same, */
	unsigned nbefore;                   /* how many ever; the ring holds the last */
	struct bus_rec got[REPLAY_CONTEXT]; /* what came instead, and after it */
	unsigned ngot;
};

void replay_run(const struct trace_log *log, bool exact, struct replay_result *res);

/* The same for somebody who looks at the device meanwhile. */
struct replay_watch {
	void *ctx;
	/* The device is there, its first reset over. */
	void (*powered)(void *ctx, struct dev *dev);
	uint64_t until; /* the replay ends with this cycle or soon after, 0: with the log */
};
void replay_watched(const struct trace_log *log, bool exact, const struct replay_watch *watch,
		    struct replay_result *res);

/* The same, never exact, with the device elsewhere: in a platform of another kind, say. */
struct replay_stage {
	void *ctx;
	/* As dev_new, once; `port` is how to reach the device. */
	struct dev *(*enter)(void *ctx, const struct dev_config *cfg, struct mem *mem,
			     const struct dev_sink *sink, struct port *port, const char **why);
	void (*leave)(void *ctx); /* the device goes, if there is one */
};
void replay_staged(const struct trace_log *log, const struct replay_stage *stage,
		   struct replay_result *res);

/*
 * The device that a trace's header names, and the hash of its RTL: strings are the header's.
 * NULL, or in words why there is none.
 */
const char *replay_device(json_t *header, struct dev_config *cfg, const char **rtl);

/* The divergence beat by beat: "-" recorded, "+" replayed; both sides with what surrounds it. */
void replay_tell(const struct trace_log *log, bool exact, const struct replay_result *res,
		 FILE *to);

#endif
