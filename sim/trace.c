/* SPDX-License-Identifier: MIT */
#include "sim/trace.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define MAGIC          "VCOSIMT1"
#define FRAME_RECORDS  65536
#define BUFFER_RECORDS 2048
#define HEADER_MAX     (1U << 20)

struct trace {
	FILE *file;
	ZSTD_CCtx *zstd;
	struct bus_rec buf[BUFFER_RECORDS];
	unsigned n;
	unsigned in_frame; /* records in the open frame */
	uint64_t records;
	int err;
};

int trace_create(const char *path, const char *header, struct trace **out)
{
	uint32_t len = (uint32_t)strlen(header);
	struct trace *trace = calloc(1, sizeof(*trace));

	*out = NULL;
	if (!trace)
		return -ENOMEM;
	trace->zstd = ZSTD_createCCtx();
	trace->file = fopen(path, "wb");
	if (!trace->zstd || !trace->file) {
		int err = trace->file ? -ENOMEM : -errno;

		if (trace->file)
			fclose(trace->file);
		ZSTD_freeCCtx(trace->zstd);
		free(trace);
		return err;
	}
	ZSTD_CCtx_setParameter(trace->zstd, ZSTD_c_compressionLevel, 1);
	ZSTD_CCtx_setParameter(trace->zstd, ZSTD_c_checksumFlag, 1);
	if (fwrite(MAGIC, 8, 1, trace->file) != 1 || fwrite(&len, 4, 1, trace->file) != 1 ||
	    fwrite(header, 1, len, trace->file) != len)
		trace->err = -errno;
	*out = trace;
	return 0;
}

/* Compresses what is buffered; end closes the frame. */
static void drain(struct trace *trace, bool end)
{
	ZSTD_inBuffer in = { trace->buf, trace->n * sizeof(trace->buf[0]), 0 };
	size_t left;

	do {
		char bytes[1 << 14];
		ZSTD_outBuffer out = { bytes, sizeof(bytes), 0 };

		left = ZSTD_compressStream2(trace->zstd, &out, &in,
					    end ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left)) {
			trace->err = trace->err ? trace->err : -EIO;
			break;
		}
		if (out.pos && fwrite(bytes, 1, out.pos, trace->file) != out.pos && !trace->err)
			trace->err = errno ? -errno : -EIO;
	} while (end ? left != 0 : in.pos < in.size);
	trace->n = 0;
	if (end)
		trace->in_frame = 0;
}

void trace_rec(struct trace *trace, const struct bus_rec *rec)
{
	trace->buf[trace->n++] = *rec;
	trace->records++;
	if (++trace->in_frame == FRAME_RECORDS)
		drain(trace, true);
	else if (trace->n == BUFFER_RECORDS)
		drain(trace, false);
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
	if (trace->in_frame)
		drain(trace, true);
	if (fclose(trace->file) && !trace->err)
		trace->err = -errno;
	ZSTD_freeCCtx(trace->zstd);
	err = trace->err;
	free(trace);
	return err;
}

static int read_header(FILE *file, uint64_t *offset)
{
	char magic[8];
	uint32_t len;

	*offset = 0;
	if (fread(magic, 8, 1, file) != 1 || memcmp(magic, MAGIC, 8))
		return -EBADMSG;
	*offset = 8;
	if (fread(&len, 4, 1, file) != 1 || len > HEADER_MAX || fseek(file, len, SEEK_CUR))
		return -EBADMSG;
	*offset = 12 + len;
	return 0;
}

static int read_frames(FILE *file, ZSTD_DCtx *zstd,
		       void (*rec)(void *ctx, const struct bus_rec *rec), void *ctx,
		       uint64_t *offset)
{
	char bytes[1 << 14];
	struct bus_rec buf[BUFFER_RECORDS];
	size_t have = 0, left = 0, n;

	while ((n = fread(bytes, 1, sizeof(bytes), file)) > 0) {
		ZSTD_inBuffer in = { bytes, n, 0 };
		bool full = false;

		while (in.pos < in.size || full) {
			ZSTD_outBuffer out = { buf, sizeof(buf), have };

			left = ZSTD_decompressStream(zstd, &out, &in);
			if (ZSTD_isError(left)) {
				*offset += in.pos;
				return -EBADMSG;
			}
			for (unsigned i = 0; i < out.pos / sizeof(buf[0]); i++)
				rec(ctx, &buf[i]);
			full = out.pos == sizeof(buf) && left; /* more may be held back */
			have = out.pos % sizeof(buf[0]);
			memmove(buf, (char *)buf + out.pos - have, have);
		}
		*offset += n;
	}
	return left || have ? -EBADMSG : 0; /* ends inside a frame */
}

int trace_read(const char *path, void (*rec)(void *ctx, const struct bus_rec *rec), void *ctx,
	       uint64_t *offset)
{
	FILE *file = fopen(path, "rb");
	ZSTD_DCtx *zstd;
	int err;

	*offset = 0;
	if (!file)
		return -errno;
	zstd = ZSTD_createDCtx();
	err = zstd ? read_header(file, offset) : -ENOMEM;
	if (!err)
		err = read_frames(file, zstd, rec, ctx, offset);
	ZSTD_freeDCtx(zstd);
	fclose(file);
	return err;
}
