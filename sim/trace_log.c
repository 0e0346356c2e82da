/* SPDX-License-Identifier: MIT */
/* Whole sessions in memory. */
#include "sim/trace_read.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool known(const struct bus_rec *rec)
{
	return rec->space <= BUS_CUE && rec->op <= BUS_WRITE;
}

/* How many records of the chunk make sense after those in the log. */
static size_t sensible(const struct trace_log *log, const struct trace_chunk *chunk)
{
	uint64_t cycle = log->n ? log->rec[log->n - 1].cycle : 0;
	size_t n;

	for (n = 0; n < chunk->n && chunk->rec[n].cycle >= cycle && known(&chunk->rec[n]); n++)
		cycle = chunk->rec[n].cycle;
	return n;
}

static int add_records(struct trace_log *log, size_t *cap, const struct trace_chunk *chunk)
{
	size_t n = sensible(log, chunk);

	if (log->n + n > *cap) {
		size_t more = 2 * (log->n + n);
		struct bus_rec *rec = realloc(log->rec, more * sizeof(*rec));

		if (!rec)
			return -ENOMEM;
		log->rec = rec;
		*cap = more;
	}
	if (n)
		memcpy(log->rec + log->n, chunk->rec, n * sizeof(*chunk->rec));
	log->n += n;
	if (n == chunk->n)
		return 0;
	snprintf(log->why, sizeof(log->why), "record %zu of the chunk at byte %" PRIu64 " is none",
		 n, chunk->offset);
	return -EBADMSG;
}

/* Appends to an array's text, which is left open: "[a,b". */
static int add_note(struct trace_log *log, const char *json)
{
	size_t was = log->notes ? strlen(log->notes) : 0;
	char *text = realloc(log->notes, was + strlen(json) + 3);

	if (!text)
		return -ENOMEM;
	log->notes = text;
	sprintf(text + was, "%c%s", was ? ',' : '[', json);
	return 0;
}

static int add(struct trace_log *log, size_t *cap, const struct trace_chunk *chunk)
{
	if (!log->header) {
		if (!chunk->json) {
			snprintf(log->why, sizeof(log->why), "no header at byte %" PRIu64,
				 chunk->offset);
			return -EBADMSG;
		}
		log->from_ns = log->to_ns = chunk->head.wall_ns;
		log->header = strdup(chunk->json);
		return log->header ? 0 : -ENOMEM;
	}
	log->to_ns = chunk->head.wall_ns;
	if (chunk->json)
		return add_note(log, chunk->json);
	return chunk->n ? add_records(log, cap, chunk) : 0;
}

static int load(struct trace_reader *rd, struct trace_log *log)
{
	struct trace_chunk chunk;
	size_t cap = 0;
	int got;

	while ((got = trace_next(rd, &chunk, log->why)) > 0) {
		got = add(log, &cap, &chunk);
		if (got)
			break;
	}
	if (!got && !log->header) {
		snprintf(log->why, sizeof(log->why), "ends before its header");
		got = -EBADMSG;
	}
	log->err = got;
	if (log->notes)
		strcat(log->notes, "]");
	log->ended = log->n && log->rec[log->n - 1].space == BUS_CUE &&
		     log->rec[log->n - 1].index == BUS_CUE_END;
	if (got == -ENOMEM || !log->header) {
		trace_unload(log);
		return got;
	}
	return 0;
}

int trace_load(const char *path, struct trace_log *log)
{
	struct trace_reader *rd;
	int err;

	memset(log, 0, sizeof(*log));
	err = trace_open(path, &rd, log->why);
	if (!err)
		err = load(rd, log);
	trace_reader_free(rd);
	return err;
}

int trace_load_mem(const void *data, size_t len, struct trace_log *log)
{
	struct trace_reader *rd;
	int err;

	memset(log, 0, sizeof(*log));
	err = trace_open_mem(data, len, &rd, log->why);
	if (!err)
		err = load(rd, log);
	trace_reader_free(rd);
	return err;
}

void trace_unload(struct trace_log *log)
{
	free(log->header);
	free(log->notes);
	free(log->rec);
	log->header = log->notes = NULL;
	log->rec = NULL;
	log->n = 0;
}
