/* SPDX-License-Identifier: MIT */
/*
 * A session on disk, version 2. The file is a sequence of zstd frames (RFC 8878), so that
 * `zstd -dc` undoes it, and all numbers are little endian.
 *
 *   offset  bytes
 *   0       4   50 2a 4d 18: a skippable frame
 *   4       4   8, the length of what follows
 *   8       8   "vcosimT2"; the last byte is the version
 *   16      -   chunks: each is one zstd frame with content size and content checksum
 *
 * A chunk decompresses to a head of 32 bytes and its payload:
 *
 *   0       4   kind: 1 JSON, 2 bus records; readers pass over other kinds
 *   4       4   number of the chunk, from 0, no gaps
 *   8       8   wall clock when the chunk was written, ns since 1970-01-01 UTC
 *   16      8   RTL cycle of the last record so far
 *   24      8   bytes of payload
 *   32      -   JSON: one object in UTF-8. Records: 32 bytes each, as sim/bus.h has them
 *
 * Chunk 0 is JSON, the header: {"schema":2, "run", "dut", "rtl" (hash of the RTL's files),
 * "spec" (hashes by file), "features" (offered, hexadecimal), "cycle_budget", and with
 * neighbours that have moods "skew" {"seed" (hexadecimal), "errors"} (sim/skew.h)}. Other JSON
 * chunks say what was learnt later: "guest" {"kernel", "qemu"}, and at the end "result".
 *
 * The records are those of struct dev in their order, the observer's snoops right behind the
 * record that made it look, and cues (BUS_CUE) before what they bring about. The session was
 * ended, not cut off, if its last record is BUS_CUE_END.
 *
 * A chunk goes to the writer (sim/trace_writer.h) when it is full or half a second old, and out in
 * one write(2): what a kill leaves is whole chunks, and never lacks more than a second.
 */
#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include <stdint.h>

#include "sim/bus.h"

#define TRACE_MAGIC         "vcosimT2"
#define TRACE_CHUNK_RECORDS 4096
#define TRACE_CHUNK_MAX     (16u << 20) /* bytes, decompressed; readers refuse more */

enum trace_kind { TRACE_JSON = 1, TRACE_RECORDS = 2 };

struct trace_head {
	uint32_t kind, number;
	uint64_t wall_ns, cycle, bytes;
};

struct trace;

/* Creates path; header is a JSON text. 0 or -errno; *out is NULL on error. */
int trace_create(const char *path, const char *header, struct trace **out);

/*
 * The next record. After an error (a full disk) nothing more is recorded; the file then
 * ends with its last whole chunk, and trace_close tells.
 */
void trace_rec(struct trace *trace, const struct bus_rec *rec);

/* One more object of facts, a JSON text. */
void trace_note(struct trace *trace, const char *json);

/* To be called about twice a second while nothing is recorded: what has waited is in the file then.
 */
void trace_poll(struct trace *trace);

/* Records so far. */
uint64_t trace_records(const struct trace *trace);

/* 0 or the first -errno since trace_create. */
int trace_close(struct trace *trace);

#endif
