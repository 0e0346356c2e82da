/* SPDX-License-Identifier: MIT */
/* A monitor: the engine, and what is needed to tell of a violation in words. */
#ifndef MONITOR_MONITOR_H
#define MONITOR_MONITOR_H

#include "monitor/core.h"
#include "monitor/spec.h"

struct ccsl_monitor {
	const struct ccsl_spec *spec;
	struct ccsl_sink sink;
	struct core *core;
	/* By rule: bit n stands for violations by ticks whose first argument is n; all bits: any.
	 */
	uint64_t *waived;
	uint64_t instants, events, violations, waivers;
	char event[512];
	char explain[4096];
};

/* Fills mon->event and mon->explain for a relation that fails in the current step. */
void monitor_explain(struct ccsl_monitor *mon, uint32_t node);

/* Of the first 64 ticks of this instant, those that made the relation fail: bits. */
uint64_t monitor_causes(const struct ccsl_monitor *mon, uint32_t node);

#endif
