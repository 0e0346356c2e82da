/* SPDX-License-Identifier: MIT */
/*
 * A trace reads back what was written, at any length it is cut to, and with any bit
 * flipped: what is whole is handed out as it was, and what is not is named by its offset.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/trace_read.h"

#define HEADER "{\"schema\":2}"

static struct bus_rec make(uint64_t n)
{
	return (struct bus_rec){ .cycle = 3 * n,
				 .addr = n * 0x9e3779b97f4a7c15ULL,
				 .data = ~n,
				 .space = n % 8,
				 .op = n & 1,
				 .size = 4,
				 .be = 0xf,
				 .index = (uint8_t)n };
}

static void path_of(char *path)
{
	int fd;

	strcpy(path, "/tmp/vcosim-test-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
}

static void record(struct trace *trace, uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i < to; i++) {
		struct bus_rec rec = make(i);

		trace_rec(trace, &rec);
	}
}

static void write_trace(const char *path, uint64_t n)
{
	struct trace *trace;

	assert_int_equal(trace_create(path, HEADER, &trace), 0);
	record(trace, 0, n);
	assert_int_equal(trace_records(trace), n);
	assert_int_equal(trace_close(trace), 0);
}

/* The file in memory; the caller frees. */
static uint8_t *slurp(const char *path, size_t *len)
{
	FILE *file = fopen(path, "rb");
	struct stat st;
	uint8_t *data;

	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &st), 0);
	*len = (size_t)st.st_size;
	data = malloc(*len);
	assert_int_equal(fread(data, 1, *len, file), *len);
	fclose(file);
	return data;
}

static bool as_made(const struct bus_rec *rec, size_t n, uint64_t from)
{
	for (size_t i = 0; i < n; i++) {
		struct bus_rec want = make(from + i);

		if (memcmp(&rec[i], &want, sizeof(want)))
			return false;
	}
	return true;
}

static void reads_back(void **state)
{
	static const uint64_t counts[] = {
		0, 1, TRACE_CHUNK_RECORDS - 1, TRACE_CHUNK_RECORDS, TRACE_CHUNK_RECORDS + 1, 200000
	};
	char path[64];

	(void)state;
	path_of(path);
	for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct trace_log log;

		write_trace(path, counts[i]);
		assert_int_equal(trace_load(path, &log), 0);
		assert_int_equal(log.err, 0);
		assert_string_equal(log.header, HEADER);
		assert_null(log.notes);
		assert_int_equal(log.n, counts[i]);
		assert_true(as_made(log.rec, log.n, 0));
		assert_false(log.ended);
		trace_unload(&log);
	}
	unlink(path);
}

static void notes_and_end(void **state)
{
	struct bus_rec end = { .cycle = 30, .space = BUS_CUE, .index = BUS_CUE_END };
	struct timespec now;
	struct trace_log log;
	struct trace *trace;
	char path[64];

	(void)state;
	path_of(path);
	assert_int_equal(trace_create(path, HEADER, &trace), 0);
	trace_note(trace, "{\"a\":1}");
	record(trace, 0, 10);
	trace_rec(trace, &end);
	trace_note(trace, "{\"b\":2}");
	assert_int_equal(trace_close(trace), 0);
	assert_int_equal(trace_load(path, &log), 0);
	assert_string_equal(log.notes, "[{\"a\":1},{\"b\":2}]");
	assert_int_equal(log.n, 11);
	assert_true(log.ended);
	clock_gettime(CLOCK_REALTIME, &now);
	assert_true(log.from_ns <= log.to_ns);
	assert_in_range(log.to_ns / 1000000000, (uint64_t)now.tv_sec - 60, (uint64_t)now.tv_sec);
	trace_unload(&log);
	unlink(path);
}

/* Where the chunks of a sound trace begin, and where the last one ends. */
static unsigned chunk_offsets(const uint8_t *data, size_t len, size_t *at, unsigned room)
{
	struct trace_reader *rd;
	struct trace_chunk chunk;
	char why[TRACE_WHY];
	unsigned n = 0;

	assert_int_equal(trace_open_mem(data, len, &rd, why), 0);
	while (trace_next(rd, &chunk, why) == 1) {
		assert_true(n + 1 < room);
		at[n++] = chunk.offset;
	}
	at[n] = len;
	trace_reader_free(rd);
	return n;
}

/* A trace of 6 chunks: header, 3 of records, a note between them, and one at the end. */
static uint8_t *six_chunks(size_t *len)
{
	struct trace *trace;
	uint8_t *data;
	char path[64];

	path_of(path);
	assert_int_equal(trace_create(path, HEADER, &trace), 0);
	record(trace, 0, 20);
	trace_note(trace, "{\"a\":1}");
	record(trace, 20, 40);
	trace_note(trace, "{\"b\":2}");
	record(trace, 40, 60);
	assert_int_equal(trace_close(trace), 0);
	data = slurp(path, len);
	unlink(path);
	return data;
}

static void every_length(void **state)
{
	static const size_t records[] = { 0, 0, 20, 20, 40, 40, 60 }; /* after n whole chunks */
	size_t len, at[16];
	uint8_t *data = six_chunks(&len);
	unsigned whole = 0;

	(void)state;
	assert_int_equal(chunk_offsets(data, len, at, 16), 6);
	for (size_t cut = 0; cut <= len; cut++) {
		uint8_t *part =
			malloc(cut + 1); /* its end is the heap's: ASan sees a step too far */
		struct trace_log log;
		char number[32];
		int err;

		part = realloc(part, cut ? cut : 1);
		memcpy(part, data, cut);
		while (whole < 6 && cut >= at[whole + 1])
			whole++;
		err = trace_load_mem(part, cut, &log);
		if (!whole) {
			assert_true(err < 0);
			assert_true(log.why[0]);
		} else {
			assert_int_equal(err, 0);
			assert_int_equal(log.n, records[whole]);
			assert_true(as_made(log.rec, log.n, 0));
			assert_int_equal(log.err, cut == at[whole] ? 0 : -ENODATA);
			snprintf(number, sizeof(number), "byte %zu", at[whole]);
			assert_true(!log.err || strstr(log.why, number));
		}
		trace_unload(&log);
		free(part);
	}
	free(data);
}

/* Reads on past damage: the records that come are those that were written. */
static unsigned whole_records(const uint8_t *data, size_t len, int *first_err)
{
	struct trace_reader *rd;
	struct trace_chunk chunk;
	char why[TRACE_WHY];
	unsigned n = 0;
	int got;

	*first_err = trace_open_mem(data, len, &rd, why);
	if (*first_err)
		return 0;
	while ((got = trace_next(rd, &chunk, why)) != 0) {
		if (got < 0) {
			*first_err = *first_err ? *first_err : got;
			assert_non_null(strstr(why, "byte "));
			continue;
		}
		if (chunk.n)
			assert_true(as_made(chunk.rec, chunk.n, chunk.rec[0].cycle / 3));
		n += (unsigned)chunk.n;
	}
	trace_reader_free(rd);
	return n;
}

static void every_bit(void **state)
{
	size_t len, at[16], told = 0;
	uint8_t *data = six_chunks(&len);

	(void)state;
	chunk_offsets(data, len, at, 16);
	for (size_t bit = 0; bit < 8 * len; bit++) {
		unsigned n;
		int err;

		data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		n = whole_records(data, len, &err);
		if (bit / 8 < 16)
			assert_true(err == -EBADMSG || err == -EPROTONOSUPPORT);
		else if (err) /* one chunk of records at most is lost */
			assert_true(n >= 40);
		else /* a bit of the frame's own head that says nothing about the content */
			assert_int_equal(n, 60);
		told += err != 0;
		data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	/* All but the few that change nothing. */
	assert_true(told > 8 * len * 98 / 100);
	free(data);
}

static void a_lost_chunk(void **state)
{
	size_t len, at[16];
	uint8_t *data = six_chunks(&len);
	struct trace_log log;
	int err;

	(void)state;
	chunk_offsets(data, len, at, 16);
	memmove(data + at[1], data + at[2], len - at[2]);
	len -= at[2] - at[1];
	assert_int_equal(whole_records(data, len, &err), 40);
	assert_int_equal(err, -EBADMSG);
	assert_int_equal(trace_load_mem(data, len, &log), 0);
	assert_int_equal(log.err, -EBADMSG);
	assert_int_equal(log.n, 0);
	trace_unload(&log);
	free(data);
}

static void not_ours(void **state)
{
	static const struct {
		const char *text;
		int err;
		const char *why;
	} bad[] = {
		{ "hello, world, this is not a trace", -EBADMSG, "byte 0" },
		{ "VCOSIMT1\2\0\0\0{}..............", -EPROTONOSUPPORT, "version 1" },
		{ "\x50\x2a\x4d\x18\x08\0\0\0vcosimT3", -EPROTONOSUPPORT, "byte 15" },
		{ "\x50\x2a\x4d\x18\x08\0\0\0vcosimT2", -EBADMSG, "header" },
	};
	char why[TRACE_WHY] = "", path[64];
	struct trace_reader *rd;

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct trace_log log;

		assert_int_equal(trace_load_mem(bad[i].text, 16, &log), bad[i].err);
		assert_non_null(strstr(log.why, bad[i].why));
	}
	path_of(path);
	assert_int_equal(trace_open(path, &rd, why), -EBADMSG); /* empty */
	unlink(path);
	assert_int_equal(trace_open(path, &rd, why), -ENOENT);
	assert_int_equal(trace_open("/dev/null", &rd, why), -EBADMSG);
}

/* Records that no recorder makes: cycles that fall, spaces that are none. */
static void nonsense_inside(void **state)
{
	struct bus_rec odd[] = { { .cycle = 5, .space = BUS_CUE + 1 },
				 { .cycle = 5, .op = 7 },
				 { .cycle = 1 } };
	char path[64];

	(void)state;
	path_of(path);
	for (unsigned i = 0; i < 3; i++) {
		struct trace_log log;
		struct trace *trace;

		assert_int_equal(trace_create(path, HEADER, &trace), 0);
		record(trace, 0, 2);
		trace_rec(trace, &odd[i]);
		assert_int_equal(trace_close(trace), 0);
		assert_int_equal(trace_load(path, &log), 0);
		assert_int_equal(log.err, -EBADMSG);
		assert_int_equal(log.n, 2);
		assert_non_null(strstr(log.why, "record 2"));
		trace_unload(&log);
	}
	unlink(path);
}

static void full_disk(void **state)
{
	struct trace *trace;

	(void)state;
	assert_int_equal(trace_create("/dev/full", HEADER, &trace), -ENOSPC);
	assert_null(trace);
}

/* A limit on the file's size stands for the disk: half a chunk is not left behind. */
static void disk_fills_up(void **state)
{
	struct trace_log log;
	char path[64], command[256];
	struct stat st;
	int status;

	(void)state;
	path_of(path);
	/* In a child, since the limit stays. */
	fflush(NULL);
	status = fork();
	assert_true(status >= 0);
	if (!status) {
		struct trace *trace;

		signal(SIGXFSZ, SIG_IGN);
		snprintf(command, sizeof(command), "prlimit --pid %d --fsize=200000", getpid());
		if (system(command) || trace_create(path, HEADER, &trace))
			_exit(1);
		record(trace, 0, 200000);
		_exit(trace_close(trace) == -EFBIG ? 0 : 2);
	}
	assert_true(wait(&status) > 0);
	assert_int_equal(status, 0);
	assert_int_equal(stat(path, &st), 0);
	assert_in_range(st.st_size, 100, 200000);
	assert_int_equal(trace_load(path, &log), 0);
	assert_int_equal(log.err, 0);
	assert_true(log.n && log.n % TRACE_CHUNK_RECORDS == 0);
	assert_true(as_made(log.rec, log.n, 0));
	trace_unload(&log);
	unlink(path);
}

/* A recorder that is killed leaves all but the last half second. */
static void killed(void **state)
{
	struct timespec wait_a_while = { 0, 600000000 };
	struct trace_log log;
	struct trace *trace;
	char path[64];
	int status;

	(void)state;
	path_of(path);
	fflush(NULL);
	status = fork();
	assert_true(status >= 0);
	if (!status) {
		trace_create(path, HEADER, &trace);
		record(trace, 0, 100);
		nanosleep(&wait_a_while, NULL); /* it is time that is tested */
		trace_poll(trace);
		record(trace, 100, 200);
		raise(SIGKILL);
	}
	assert_true(wait(&status) > 0);
	assert_int_equal(trace_load(path, &log), 0);
	assert_int_equal(log.err, 0);
	assert_int_equal(log.n, 100);
	assert_false(log.ended);
	trace_unload(&log);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_back),      cmocka_unit_test(notes_and_end),
		cmocka_unit_test(every_length),    cmocka_unit_test(every_bit),
		cmocka_unit_test(a_lost_chunk),    cmocka_unit_test(not_ours),
		cmocka_unit_test(nonsense_inside), cmocka_unit_test(full_disk),
		cmocka_unit_test(disk_fills_up),   cmocka_unit_test(killed),
	};

	return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
