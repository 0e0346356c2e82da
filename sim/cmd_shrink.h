/* SPDX-License-Identifier: MIT */
/* The seams of `vcosim shrink`: what is kept, one run of the actions, and the search. */
#ifndef SIM_CMD_SHRINK_H
#define SIM_CMD_SHRINK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/actions.h"
#include "sim/dev.h"
#include "sim/ram.h"

struct shrink {
	struct actions acts;
	struct ram *ram; /* of the guest */

	const char *name; /* of the run, as it was recorded */
	const char *spec;
	struct dev_config dev;

	/* The verdict to keep: its clause and blame; and those that may come before it. */
	const json_t *keep;
	json_t *before;

	/* What a run brought. */
	bool kept, foreign; /* the verdict; before it one that had not come before it */
	size_t end;         /* the action after which it was there */
	uint64_t events;
	bool broken; /* the environment failed: no run can tell anything */

	unsigned runs;
	uint64_t until; /* CLOCK_MONOTONIC, ns: no search after that */
};

/*
 * Does the actions that are not left out, until the verdict is there; records to `trace` if it
 * is not NULL. True if the session still fails in the same way.
 */
bool shrink_run(struct shrink *s, const char *trace);

/* No more runs: the time is up, or the environment failed. */
bool shrink_spent(const struct shrink *s);

/* Leaves out as many actions as it can; one run has shown before that all of them fail. */
void shrink_thin(struct shrink *s, const uint64_t *life, size_t nlives);

/* Smaller numbers in what the driver wrote to memory, and no idle cycles. */
void shrink_numbers(struct shrink *s);

#endif
