/* SPDX-License-Identifier: MIT */
/* A trace reads back what was written, and says where a damaged one stops making sense. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/trace.h"

#define RECORDS 200000
#define HEADER  "{\"schema\":1}"

static struct bus_rec make(uint64_t n)
{
	return (struct bus_rec){ .cycle = 3 * n,
				 .addr = n * 0x9e3779b97f4a7c15ULL,
				 .data = ~n,
				 .space = n % 7,
				 .op = n & 1,
				 .size = 4,
				 .be = 0xf,
				 .index = (uint8_t)n };
}

struct reader {
	uint64_t n;
	bool differ;
};

static void take(void *ctx, const struct bus_rec *rec)
{
	struct reader *r = ctx;
	struct bus_rec want = make(r->n++);

	r->differ |= memcmp(rec, &want, sizeof(want)) != 0;
}

static void path_of(char *path)
{
	int fd;

	strcpy(path, "/tmp/vcosim-test-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
}

static void write_trace(const char *path, uint64_t n)
{
	struct trace *trace;

	assert_int_equal(trace_create(path, HEADER, &trace), 0);
	for (uint64_t i = 0; i < n; i++) {
		struct bus_rec rec = make(i);

		trace_rec(trace, &rec);
	}
	assert_int_equal(trace_records(trace), n);
	assert_int_equal(trace_close(trace), 0);
}

static void reads_back(void **state)
{
	static const uint64_t counts[] = { 0, 1, 2047, 2048, 65536, 65537, RECORDS };
	char path[64];

	(void)state;
	path_of(path);
	for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct reader r = { 0 };
		uint64_t offset;

		write_trace(path, counts[i]);
		assert_int_equal(trace_read(path, take, &r, &offset), 0);
		assert_int_equal(r.n, counts[i]);
		assert_false(r.differ);
	}
	unlink(path);
}

static void damage_is_named(void **state)
{
	struct reader r = { 0 };
	uint64_t offset;
	char path[64];
	FILE *file;
	long size;

	(void)state;
	path_of(path);
	write_trace(path, RECORDS);
	/* Cut in the second frame: the first is read whole. */
	file = fopen(path, "rb");
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	fclose(file);
	assert_int_equal(truncate(path, size / 2), 0);
	assert_int_equal(trace_read(path, take, &r, &offset), -EBADMSG);
	assert_true(r.n >= 65536);
	assert_false(r.differ);
	assert_int_equal(offset, size / 2);
	/* Not a trace at all. */
	file = fopen(path, "wb");
	fputs("hello, world, this is not a trace", file);
	fclose(file);
	r = (struct reader){ 0 };
	assert_int_equal(trace_read(path, take, &r, &offset), -EBADMSG);
	assert_int_equal(offset, 0);
	assert_int_equal(r.n, 0);
	unlink(path);
	assert_int_equal(trace_read(path, take, &r, &offset), -ENOENT);
}

static void full_disk_is_told(void **state)
{
	struct trace *trace;

	(void)state;
	assert_int_equal(trace_create("/dev/full", HEADER, &trace), 0);
	for (uint64_t i = 0; i < RECORDS; i++) {
		struct bus_rec rec = make(i);

		trace_rec(trace, &rec);
	}
	assert_int_equal(trace_close(trace), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_back),
		cmocka_unit_test(damage_is_named),
		cmocka_unit_test(full_disk_is_told),
	};

	return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
