/* SPDX-License-Identifier: MIT */
/*
 * Reading a session (sim/trace.h), damaged ones as far as they make sense: what is whole is
 * handed out, and for what is not there is one line with the offset in the file.
 */
#ifndef SIM_TRACE_READ_H
#define SIM_TRACE_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/trace.h"

struct trace_reader;

/* Valid until the next trace_next. */
struct trace_chunk {
	struct trace_head head;
	uint64_t offset;           /* in the file */
	const struct bus_rec *rec; /* TRACE_RECORDS: n of them */
	size_t n;
	const char *json; /* TRACE_JSON: NUL-terminated */
};

/*
 * 0, or -errno with one line in `why` (TRACE_WHY bytes): -EBADMSG if it is no trace,
 * -EPROTONOSUPPORT if of another version. The second reads from memory, which it borrows.
 */
#define TRACE_WHY 160
int trace_open(const char *path, struct trace_reader **out, char *why);
int trace_open_mem(const void *data, size_t len, struct trace_reader **out, char *why);
void trace_reader_free(struct trace_reader *rd);

/*
 * The next whole chunk: 1. Or 0: the end. Or an error, after which one may go on:
 *   -ENODATA  the file ends inside a chunk (a full disk, a copy cut short); 0 comes next
 *   -EBADMSG  something is damaged or missing; what comes next is whole again
 *   -ENOMEM
 */
int trace_next(struct trace_reader *rd, struct trace_chunk *chunk, char *why);

/* Where the last error is, or what was handed out ends: bytes from the file's start. */
uint64_t trace_offset(const struct trace_reader *rd);

/* A whole session in memory, up to the first damage. */
struct trace_log {
	char *header, *notes; /* JSON texts: the first object, all others as an array */
	struct bus_rec *rec;
	size_t n;
	uint64_t from_ns, to_ns; /* wall clock of its first and last chunk */
	bool ended;              /* the recorder closed it */
	int err;                 /* 0, -ENODATA or -EBADMSG: what it ended with */
	char why[TRACE_WHY];     /* then one line */
};

/*
 * 0 or -errno with one line in log->why; a damaged file is no error (see err). Cycles never
 * fall, and spaces and operations are those of sim/bus.h: else the log ends there.
 */
int trace_load(const char *path, struct trace_log *log);
int trace_load_mem(const void *data, size_t len, struct trace_log *log);
void trace_unload(struct trace_log *log);

#endif
