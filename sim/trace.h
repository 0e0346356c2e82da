/* SPDX-License-Identifier: MIT */
/*
 * A session on disk: a header that says what was recorded, then bus records.
 *
 *   8 bytes   "VCOSIMT1"
 *   4 bytes   length n of the header, little endian
 *   n bytes   the header: JSON, {"schema":1,"dut":...,"features":...,...}
 *   then      one or more zstd frames of 32-byte bus records (sim/bus.h), each frame
 *             with its content checksum; a frame closes every 65,536 records and at the end
 *
 * All functions return 0 or -errno.
 */
#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include <stdint.h>

#include "sim/bus.h"

struct trace;

/* Creates path; header is a JSON text. *out is NULL on error. */
int trace_create(const char *path, const char *header, struct trace **out);

/* Errors (a full disk) are kept and returned by trace_close. */
void trace_rec(struct trace *trace, const struct bus_rec *rec);

/* Records written, and bytes in the file so far. */
uint64_t trace_records(const struct trace *trace);

int trace_close(struct trace *trace);

/*
 * Reads a trace, calling rec for each record in order. -EBADMSG: not a trace, another
 * version, or damaged; *offset then is the byte in the file where it stops making sense.
 */
int trace_read(const char *path, void (*rec)(void *ctx, const struct bus_rec *rec), void *ctx,
	       uint64_t *offset);

#endif
