/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer: trace files. An input is a file as it is; and, since no fuzzer guesses
 * checksums, behind a byte 'Z' it is split at "|" into the contents of chunks.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "sim/observer.h"
#include "sim/trace_read.h"

#define CHUNKS_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_instant(void *ctx, uint64_t cycle, const struct event *ev, unsigned n)
{
	uint64_t *last = ctx;

	assert(n && cycle >= *last && ev[0].id < EV_COUNT);
	*last = cycle;
}

/* What is handed out is inside the file, and its kind is what the head says. */
static void read_chunks(const uint8_t *data, size_t size)
{
	struct trace_reader *rd;
	struct trace_chunk chunk;
	char why[TRACE_WHY] = "";
	uint64_t past = 0;
	int got;

	if (trace_open_mem(data, size, &rd, why)) {
		assert(why[0]);
		return;
	}
	while ((got = trace_next(rd, &chunk, why))) {
		assert(trace_offset(rd) <= size);
		assert(got > 0 || strstr(why, "byte "));
		if (got < 0)
			continue;
		assert(chunk.offset >= past && chunk.offset < size);
		past = chunk.offset + 1;
		assert(!chunk.json || strlen(chunk.json) <= chunk.head.bytes);
		assert(!chunk.rec || chunk.n * sizeof(*chunk.rec) == chunk.head.bytes);
	}
	trace_reader_free(rd);
}

static void load(const uint8_t *data, size_t size)
{
	uint64_t last = 0;
	struct observer_sink sink = { .ctx = &last, .instant = on_instant };
	struct observer *obs;
	struct trace_log log;

	if (trace_load_mem(data, size, &log))
		return;
	assert(log.header && (!log.err || log.why[0]));
	obs = observer_new(&sink);
	for (size_t i = 0; obs && i < log.n; i++) {
		char text[200];

		bus_rec_str(&log.rec[i], text, sizeof(text));
		if (log.rec[i].space != BUS_CUE)
			observer_rec(obs, &log.rec[i]);
	}
	if (obs)
		observer_flush(obs);
	observer_free(obs);
	trace_unload(&log);
}

/* A file of chunks with these contents, heads included; the caller frees. */
static uint8_t *pack(const uint8_t *data, size_t size, size_t *len)
{
	static const char start[16] = "\x50\x2a\x4d\x18\x08\0\0\0" TRACE_MAGIC;
	uint8_t *file = malloc(sizeof(start) + CHUNKS_MAX * ZSTD_compressBound(size));
	ZSTD_CCtx *zstd = ZSTD_createCCtx();

	assert(file && zstd);
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
	memcpy(file, start, sizeof(start));
	*len = sizeof(start);
	for (unsigned n = 0; n < CHUNKS_MAX && size; n++) {
		const uint8_t *bar = memchr(data, '|', size);
		size_t part = bar ? (size_t)(bar - data) : size;

		*len += ZSTD_compress2(zstd, file + *len, ZSTD_compressBound(part), data, part);
		size -= bar ? part + 1 : part;
		data += bar ? part + 1 : part;
	}
	ZSTD_freeCCtx(zstd);
	return file;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len = size;
	uint8_t *file = NULL;

	if (size && data[0] == 'Z')
		file = pack(data + 1, size - 1, &len);
	read_chunks(file ? file : data, len);
	load(file ? file : data, len);
	free(file);
	return 0;
}
