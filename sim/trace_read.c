/* SPDX-License-Identifier: MIT */
#include "sim/trace_read.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>
#include <zstd_errors.h>

#define START       16 /* bytes before the first chunk */
#define VERSION_LEN 7  /* of the magic: the name without the version */

struct trace_reader {
	const uint8_t *data;
	size_t len, at;
	size_t bad; /* where the last damage began */
	bool mapped;
	uint32_t number; /* that the next chunk should have */
	ZSTD_DCtx *zstd;
	uint8_t *buf; /* the chunk handed out, and a NUL */
	size_t room;
};

static int no_trace(char *why)
{
	snprintf(why, TRACE_WHY, "no trace of ours: byte 0 does not begin one");
	return -EBADMSG;
}

static int check_start(const uint8_t *data, size_t len, char *why)
{
	static const uint8_t frame[8] = { 0x50, 0x2a, 0x4d, 0x18, 8 };

	/* The first version had no frame around its name. */
	if (len >= 8 && !memcmp(data, "VCOSIMT1", 8)) {
		snprintf(why, TRACE_WHY, "version 1 at byte 7; this program reads version 2");
		return -EPROTONOSUPPORT;
	}
	if (len < START || memcmp(data, frame, 8) || memcmp(data + 8, TRACE_MAGIC, VERSION_LEN))
		return no_trace(why);
	if (data[15] != TRACE_MAGIC[VERSION_LEN]) {
		snprintf(why, TRACE_WHY,
			 "version byte 0x%02x at byte 15; this program reads 0x%02x", data[15],
			 TRACE_MAGIC[VERSION_LEN]);
		return -EPROTONOSUPPORT;
	}
	return 0;
}

int trace_open_mem(const void *data, size_t len, struct trace_reader **out, char *why)
{
	struct trace_reader *rd;
	int err = check_start(data, len, why);

	*out = NULL;
	if (err)
		return err;
	rd = calloc(1, sizeof(*rd));
	if (rd)
		rd->zstd = ZSTD_createDCtx();
	if (!rd || !rd->zstd) {
		snprintf(why, TRACE_WHY, "out of memory");
		free(rd);
		return -ENOMEM;
	}
	rd->data = data;
	rd->len = len;
	rd->at = START;
	*out = rd;
	return 0;
}

int trace_open(const char *path, struct trace_reader **out, char *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	struct stat st;
	void *data;

	*out = NULL;
	if (fd < 0 || fstat(fd, &st)) {
		err = -errno;
		snprintf(why, TRACE_WHY, "%s", strerror(-err));
		if (fd >= 0)
			close(fd);
		return err;
	}
	if (!S_ISREG(st.st_mode) || st.st_size < START) {
		close(fd);
		return no_trace(why);
	}
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	err = data == MAP_FAILED ? -errno : 0;
	close(fd);
	if (err) {
		snprintf(why, TRACE_WHY, "%s", strerror(-err));
		return err;
	}
	err = trace_open_mem(data, (size_t)st.st_size, out, why);
	if (err)
		munmap(data, (size_t)st.st_size);
	else
		(*out)->mapped = true;
	return err;
}

void trace_reader_free(struct trace_reader *rd)
{
	if (!rd)
		return;
	if (rd->mapped)
		munmap((void *)(uintptr_t)rd->data, rd->len);
	ZSTD_freeDCtx(rd->zstd);
	free(rd->buf);
	free(rd);
}

static bool sound(const struct trace_head *head, size_t bytes)
{
	return head->bytes == bytes - sizeof(*head) &&
	       (head->kind != TRACE_RECORDS || head->bytes % sizeof(struct bus_rec) == 0);
}

/* Decompresses the frame at `at`: its compressed length, 0 if there is no whole one, or -ENOMEM. */
static ssize_t take(struct trace_reader *rd, size_t at, struct trace_head *head)
{
	const uint8_t *src = rd->data + at;
	size_t left = rd->len - at, len, got;
	unsigned long long bytes = ZSTD_getFrameContentSize(src, left);

	if (bytes < sizeof(*head) || bytes > TRACE_CHUNK_MAX) /* unknown and error are huge */
		return 0;
	len = ZSTD_findFrameCompressedSize(src, left);
	if (ZSTD_isError(len))
		return 0;
	if (bytes + 1 > rd->room) {
		free(rd->buf);
		rd->room = 0;
		rd->buf = malloc(bytes + 1);
		if (!rd->buf)
			return -ENOMEM;
		rd->room = bytes + 1;
	}
	got = ZSTD_decompressDCtx(rd->zstd, rd->buf, bytes, src, len);
	if (ZSTD_isError(got) || got != bytes)
		return 0;
	rd->buf[bytes] = '\0';
	memcpy(head, rd->buf, sizeof(*head));
	return sound(head, bytes) ? (ssize_t)len : 0;
}

/* Where the next whole chunk after `at` begins, or the end of the file. */
static size_t find_whole(struct trace_reader *rd, size_t at)
{
	static const uint8_t magic[4] = { 0x28, 0xb5, 0x2f, 0xfd };
	struct trace_head head;

	while (++at < rd->len) {
		const uint8_t *hit = memmem(rd->data + at, rd->len - at, magic, sizeof(magic));

		if (!hit)
			break;
		at = (size_t)(hit - rd->data);
		if (take(rd, at, &head) > 0 && head.number >= rd->number) {
			rd->number = head.number;
			return at;
		}
	}
	return rd->len;
}

static int damaged(struct trace_reader *rd, char *why)
{
	size_t from = rd->at;
	size_t size = ZSTD_findFrameCompressedSize(rd->data + from, rd->len - from);
	bool cut = ZSTD_isError(size) && ZSTD_getErrorCode(size) == ZSTD_error_srcSize_wrong;

	rd->bad = from;
	rd->at = find_whole(rd, from);
	if (rd->at < rd->len) {
		snprintf(why, TRACE_WHY, "damaged from byte %zu to %zu, whole again after", from,
			 rd->at);
		return -EBADMSG;
	}
	snprintf(why, TRACE_WHY, "%s byte %zu", cut ? "ends inside the chunk at" : "damaged from",
		 from);
	return cut ? -ENODATA : -EBADMSG;
}

uint64_t trace_offset(const struct trace_reader *rd)
{
	return rd->bad;
}

int trace_next(struct trace_reader *rd, struct trace_chunk *chunk, char *why)
{
	struct trace_head *head = &chunk->head;
	ssize_t len;

	memset(chunk, 0, sizeof(*chunk));
	if (rd->at >= rd->len)
		return 0;
	len = take(rd, rd->at, head);
	if (len < 0) {
		snprintf(why, TRACE_WHY, "out of memory at byte %zu", rd->at);
		return -ENOMEM;
	}
	if (!len)
		return damaged(rd, why);
	if (head->number != rd->number) {
		snprintf(why, TRACE_WHY,
			 "chunk %" PRIu32 " comes at byte %zu where %" PRIu32 " should",
			 head->number, rd->at, rd->number);
		rd->number = head->number; /* and goes on from there */
		rd->bad = rd->at;
		return -EBADMSG;
	}
	rd->number++;
	rd->bad = rd->at + (size_t)len;
	chunk->offset = rd->at;
	rd->at += (size_t)len;
	if (head->kind == TRACE_JSON)
		chunk->json = (const char *)rd->buf + sizeof(*head);
	if (head->kind == TRACE_RECORDS) {
		chunk->rec = (const void *)(rd->buf + sizeof(*head));
		chunk->n = head->bytes / sizeof(struct bus_rec);
	}
	return 1;
}
