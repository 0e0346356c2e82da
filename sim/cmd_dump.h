/* SPDX-License-Identifier: MIT */
/* What `vcosim dump` writes: one of these a format. */
#ifndef SIM_CMD_DUMP_H
#define SIM_CMD_DUMP_H

#include <stdbool.h>
#include <stdio.h>

#include "sim/event.h"
#include "sim/trace_read.h"

/* Each callback may be NULL. Events come after the records of their cycle. */
struct dump_format {
	const char *name;
	/* Before all else is written: everything once through, to know what there is. */
	void (*look)(void *self, uint64_t cycle, const struct event *ev);
	void (*begin)(void *self, FILE *to, const char *header);
	void (*chunk)(void *self, FILE *to, const struct trace_chunk *chunk);
	void (*rec)(void *self, FILE *to, size_t n, const struct bus_rec *rec);
	void (*event)(void *self, FILE *to, uint64_t cycle, const struct event *ev);
	void (*damage)(void *self, FILE *to, const char *why);
	void (*end)(void *self, FILE *to, uint64_t cycle);
};

/* The device's registers and the CCSL clocks as a value change dump, IEEE 1364, 18. */
struct dump_vcd {
	bool seen[EV_COUNT];
	uint64_t time;
	bool begun;
};
extern const struct dump_format dump_vcd;

#endif
