/* SPDX-License-Identifier: MIT */
/*
 * A session of the C driver with the Verilated balloon, kept in memory: what crossed the
 * bus, and the instants that the observer made of it.
 */
#ifndef TESTS_LIB_SESSION_H
#define TESTS_LIB_SESSION_H

#include <stddef.h>
#include <stdint.h>

#include "monitor/ccsl.h"
#include "sim/bus.h"
#include "sim/driver.h"

#define SESSION_RAM       (64U << 20) /* guest memory, from address 0 */
#define SESSION_POOL      0x100000U   /* where the driver keeps its rings */
#define SESSION_FIRST_PFN 0x1000U     /* pages from here on may be ballooned */

struct session_instant {
	uint64_t cycle;
	uint32_t tick, nticks; /* in ticks[] */
};

struct session {
	struct bus_rec *recs;
	struct session_instant *instants;
	struct ccsl_tick *ticks;
	size_t nrecs, ninstants, nticks;
	struct session_room {
		size_t recs, instants, ticks;
	} room;
};

/* Plays the scenario up to `target` pages and adds what happened. Aborts if it cannot. */
void session_play(struct session *s, const struct driver_scenario *scenario, uint32_t target);

void session_free(struct session *s);

#endif
