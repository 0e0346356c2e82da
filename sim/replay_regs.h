/* SPDX-License-Identifier: MIT */
/*
 * A session against RTL of which nothing but register accesses is known: it was imported from
 * mmiotrace or from QEMU's log, and another device may have answered. Each access is done again
 * to the register of the same meaning, wherever the RTL has it, and what is read is compared;
 * a difference is a named freedom of the specification (sim/freedom.h), or a divergence.
 *
 * Memory reads as zeros, so the rings are empty: of queues nothing but their registers is
 * replayed. What the host does is taken from what its doing brought: the balloon's target is
 * what the driver read. PCI configuration space is each function's own and not compared; the
 * RTL's is set up as a driver does it.
 */
#ifndef SIM_REPLAY_REGS_H
#define SIM_REPLAY_REGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "sim/freedom.h"
#include "sim/trace_read.h"

struct replay_regs_result {
	bool failed, diverged;
	char why[TRACE_WHY];          /* failed: one line */
	uint64_t accesses, compared;  /* done again; reads whose value was compared */
	uint64_t skipped;             /* outside the registers of virtio */
	uint64_t freedom[FREE_COUNT]; /* differences that are one */
	uint64_t differences;         /* that are none; of the first: */
	size_t at;                    /* its record */
	char name[80];                /* its register */
	uint32_t recorded, replayed;
};

/* The header says that it is such a session. */
bool replay_regs_is(const json_t *header);

void replay_regs_run(const struct trace_log *log, struct replay_regs_result *res);

void replay_regs_tell(const struct trace_log *log, const struct replay_regs_result *res, FILE *to);

#endif
