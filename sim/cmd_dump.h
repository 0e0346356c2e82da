/* SPDX-License-Identifier: MIT */
/* What `vcosim dump` writes: one of these a format. */
#ifndef SIM_CMD_DUMP_H
#define SIM_CMD_DUMP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "sim/event.h"
#include "sim/trace_read.h"

/*
 * Each callback may be NULL. Events come after the records of their cycle, verdicts after
 * the events of theirs. `self` is zeroed memory of self_size bytes.
 */
struct dump_format {
	const char *name;
	size_t self_size;
	bool cues;   /* wants the records BUS_CUE too */
	bool judges; /* wants verdicts without being asked */
	/* Before all else is written: everything once through, to know what there is. */
	void (*look)(void *self, uint64_t cycle, const struct event *ev);
	void (*begin)(void *self, FILE *to, const char *header);
	void (*chunk)(void *self, FILE *to, const struct trace_chunk *chunk);
	void (*rec)(void *self, FILE *to, size_t n, const struct bus_rec *rec);
	void (*event)(void *self, FILE *to, uint64_t cycle, const struct event *ev);
	/* As in the report: "clause", "blame", "level", "rule", "event", "expected". */
	void (*verdict)(void *self, FILE *to, uint64_t cycle, const json_t *verdict);
	void (*damage)(void *self, FILE *to, const char *why);
	void (*end)(void *self, FILE *to, uint64_t cycle);
};

/* A line a record; events begin with a '*', verdicts with a '!'. */
extern const struct dump_format dump_text;

/* One JSON object a line. */
extern const struct dump_format dump_json;

/* The device's registers and the CCSL clocks as a value change dump, IEEE 1364, 18. */
extern const struct dump_format dump_vcd;

/* For Wireshark and tshark, with sim/virtio.lua: see cmd_dump_pcapng.c. */
extern const struct dump_format dump_pcapng;

/* For timeline viewers: the Trace Event Format that Chrome and Perfetto read. */
extern const struct dump_format dump_chrome;

/* The text member of a verdict, "" when it has none. */
const char *dump_verdict_str(const json_t *verdict, const char *member);

#endif
