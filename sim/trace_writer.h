/* SPDX-License-Identifier: MIT */
/*
 * The chunks of a trace (sim/trace.h) on their way to its file: compressed and written by a thread
 * of its own, so that who records does not wait for either. Chunks keep their order.
 */
#ifndef SIM_TRACE_WRITER_H
#define SIM_TRACE_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "sim/trace.h"

struct trace_writer;

/* Writes `head`, the file's first bytes, to fd, which it takes. 0 or -errno; *out is NULL on error.
 */
int trace_writer_new(int fd, const void *head, size_t len, struct trace_writer **out);

/* The next chunk; copies the payload. Waits only where the file is far behind. */
void trace_writer_put(struct trace_writer *w, enum trace_kind kind, uint64_t cycle,
		      const void *payload, size_t bytes);

/* Until all is in the file: 0 or the first -errno so far. */
int trace_writer_drain(struct trace_writer *w);

/* Drains, and closes the file: 0 or the first -errno. */
int trace_writer_close(struct trace_writer *w);

#endif
