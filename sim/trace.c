/* SPDX-License-Identifier: MIT */
#include "sim/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/trace_writer.h"

#define CHUNK_NS     500000000ULL /* no record waits longer, if trace_poll is called */
#define LOOK_RECORDS 64           /* how often the clock is looked at meanwhile */

struct trace {
	struct trace_writer *writer;
	uint64_t records, cycle;
	uint64_t opened; /* when the chunk in the making got its first record */
	unsigned n;      /* records in it */
	struct bus_rec rec[TRACE_CHUNK_RECORDS];
};

/* Coarse: it is looked at for every few records. */
static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static void flush(struct trace *trace)
{
	unsigned n = trace->n;

	trace->n = 0;
	if (n)
		trace_writer_put(trace->writer, TRACE_RECORDS, trace->cycle, trace->rec,
				 n * sizeof(trace->rec[0]));
}

void trace_note(struct trace *trace, const char *json)
{
	flush(trace);
	trace_writer_put(trace->writer, TRACE_JSON, trace->cycle, json, strlen(json));
}

int trace_create(const char *path, const char *header, struct trace **out)
{
	static const char start[16] = "\x50\x2a\x4d\x18\x08\0\0\0" TRACE_MAGIC;
	struct trace *trace = calloc(1, sizeof(*trace));
	int fd, err;

	*out = NULL;
	if (!trace)
		return -ENOMEM;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	err = fd < 0 ? -errno : trace_writer_new(fd, start, sizeof(start), &trace->writer);
	if (!err) {
		trace_note(trace, header);
		err = trace_writer_drain(trace->writer);
	}
	if (err)
		trace_close(trace);
	else
		*out = trace;
	return err;
}

static bool is_old(const struct trace *trace)
{
	return trace->n && now() - trace->opened >= CHUNK_NS;
}

void trace_rec(struct trace *trace, const struct bus_rec *rec)
{
	if (!trace->n)
		trace->opened = now();
	trace->rec[trace->n++] = *rec;
	trace->cycle = rec->cycle;
	trace->records++;
	if (trace->n == TRACE_CHUNK_RECORDS || (trace->n % LOOK_RECORDS == 0 && is_old(trace)))
		flush(trace);
}

void trace_poll(struct trace *trace)
{
	if (!is_old(trace))
		return;
	flush(trace);
	trace_writer_drain(trace->writer);
}

uint64_t trace_records(const struct trace *trace)
{
	return trace->records;
}

int trace_close(struct trace *trace)
{
	int err = 0;

	if (!trace)
		return 0;
	if (trace->writer) {
		flush(trace);
		err = trace_writer_close(trace->writer);
	}
	free(trace);
	return err;
}
