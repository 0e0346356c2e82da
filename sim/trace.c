/* SPDX-License-Identifier: MIT */
#include "sim/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#define CHUNK_NS     500000000ULL /* no record waits longer, if trace_poll is called */
#define LOOK_RECORDS 64           /* how often the clock is looked at meanwhile */

struct trace {
	int fd, err;
	ZSTD_CCtx *zstd;
	uint64_t size; /* of the file: whole chunks */
	uint64_t records, cycle;
	uint64_t opened; /* when the chunk in the making got its first record */
	uint32_t number;
	unsigned n; /* records in it */
	size_t room;
	void *out;
	struct {
		struct trace_head head;
		struct bus_rec rec[TRACE_CHUNK_RECORDS];
	} chunk;
};

static uint64_t now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

/* All of it or nothing: what a full disk took of it is cut off again. */
static void put(struct trace *trace, const void *buf, size_t len)
{
	const char *at = buf;
	size_t left = len;

	while (left && !trace->err) {
		ssize_t n = write(trace->fd, at, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			trace->err = n ? -errno : -EIO;
			if (left != len && ftruncate(trace->fd, (off_t)trace->size))
				return; /* a reader copes with half a chunk, too */
		} else {
			at += n;
			left -= (size_t)n;
		}
	}
	if (!trace->err)
		trace->size += len;
}

static void put_chunk(struct trace *trace, enum trace_kind kind, void *chunk, size_t bytes)
{
	struct trace_head head = { .kind = kind,
				   .number = trace->number++,
				   .wall_ns = now(CLOCK_REALTIME),
				   .cycle = trace->cycle,
				   .bytes = bytes };
	size_t n, need = ZSTD_compressBound(sizeof(head) + bytes);

	if (trace->err)
		return;
	if (need > trace->room) {
		free(trace->out);
		trace->out = malloc(need);
		trace->room = trace->out ? need : 0;
	}
	if (!trace->out) {
		trace->err = -ENOMEM;
		return;
	}
	memcpy(chunk, &head, sizeof(head));
	n = ZSTD_compress2(trace->zstd, trace->out, trace->room, chunk, sizeof(head) + bytes);
	if (ZSTD_isError(n))
		trace->err = -EIO;
	else
		put(trace, trace->out, n);
}

static void flush(struct trace *trace)
{
	unsigned n = trace->n;

	trace->n = 0;
	if (n)
		put_chunk(trace, TRACE_RECORDS, &trace->chunk, n * sizeof(trace->chunk.rec[0]));
}

void trace_note(struct trace *trace, const char *json)
{
	size_t len = strlen(json);
	char *chunk = malloc(sizeof(struct trace_head) + len);

	flush(trace);
	if (!chunk) {
		trace->err = trace->err ? trace->err : -ENOMEM;
		return;
	}
	memcpy(chunk + sizeof(struct trace_head), json, len);
	put_chunk(trace, TRACE_JSON, chunk, len);
	free(chunk);
}

int trace_create(const char *path, const char *header, struct trace **out)
{
	static const char start[16] = "\x50\x2a\x4d\x18\x08\0\0\0" TRACE_MAGIC;
	struct trace *trace = calloc(1, sizeof(*trace));
	int err;

	*out = NULL;
	if (!trace)
		return -ENOMEM;
	trace->zstd = ZSTD_createCCtx();
	trace->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (trace->fd < 0)
		trace->err = -errno;
	else if (!trace->zstd)
		trace->err = -ENOMEM;
	if (!trace->err) {
		ZSTD_CCtx_setParameter(trace->zstd, ZSTD_c_compressionLevel, 1);
		ZSTD_CCtx_setParameter(trace->zstd, ZSTD_c_checksumFlag, 1);
		put(trace, start, sizeof(start));
		trace_note(trace, header);
	}
	if (!trace->err) {
		*out = trace;
		return 0;
	}
	err = trace->err;
	trace_close(trace);
	return err;
}

void trace_rec(struct trace *trace, const struct bus_rec *rec)
{
	if (!trace->n)
		trace->opened = now(CLOCK_MONOTONIC_COARSE);
	trace->chunk.rec[trace->n++] = *rec;
	trace->cycle = rec->cycle;
	trace->records++;
	if (trace->n == TRACE_CHUNK_RECORDS)
		flush(trace);
	else if (trace->n % LOOK_RECORDS == 0)
		trace_poll(trace);
}

void trace_poll(struct trace *trace)
{
	if (trace->n && now(CLOCK_MONOTONIC_COARSE) - trace->opened >= CHUNK_NS)
		flush(trace);
}

uint64_t trace_records(const struct trace *trace)
{
	return trace->records;
}

int trace_close(struct trace *trace)
{
	int err;

	if (!trace)
		return 0;
	flush(trace);
	if (trace->fd >= 0 && close(trace->fd) && !trace->err)
		trace->err = -errno;
	ZSTD_freeCCtx(trace->zstd);
	free(trace->out);
	err = trace->err;
	free(trace);
	return err;
}
