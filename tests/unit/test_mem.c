/* SPDX-License-Identifier: MIT */
/* Guest memory: windows, bounds, message windows, giving pages back. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/mem.h"

#define PAGE 4096

static int map(struct mem *mem, uint64_t gpa, uint64_t size, void *host)
{
	struct mem_window win = {
		.gpa = gpa, .size = size, .prot = MEM_R | MEM_W, .host = host, .fd = -1
	};

	return mem_map(mem, &win);
}

static void maps_do_not_overlap(void **state)
{
	static uint8_t bytes[4 * PAGE];
	struct mem *mem = mem_new();

	(void)state;
	assert_int_equal(map(mem, 2 * PAGE, PAGE, bytes), 0);
	assert_int_equal(map(mem, 2 * PAGE, PAGE, bytes), -EEXIST);
	assert_int_equal(map(mem, PAGE, PAGE + 1, bytes), -EEXIST);
	assert_int_equal(map(mem, 3 * PAGE - 1, PAGE, bytes), -EEXIST);
	assert_int_equal(map(mem, 0, 4 * PAGE, bytes), -EEXIST);
	assert_int_equal(map(mem, PAGE, PAGE, bytes), 0);
	assert_int_equal(map(mem, 3 * PAGE, PAGE, bytes), 0);
	assert_int_equal(map(mem, 8 * PAGE, 0, bytes), -EINVAL);
	assert_int_equal(map(mem, UINT64_MAX - 1, 3, bytes), -EINVAL);
	assert_int_equal(map(mem, UINT64_MAX - 1, 2, bytes), 0);
	assert_int_equal(map(mem, 8 * PAGE, PAGE, NULL), -EINVAL);
	assert_int_equal(mem_at(mem, 0)->gpa, PAGE);
	assert_int_equal(mem_at(mem, 2)->gpa, 3 * PAGE);
	assert_null(mem_at(mem, 4));
	assert_int_equal(mem_unmap(mem, 2 * PAGE, 2 * PAGE), -ENOENT);
	assert_int_equal(mem_unmap(mem, 2 * PAGE, PAGE), 0);
	assert_int_equal(map(mem, 2 * PAGE, PAGE, bytes), 0);
	mem_free(mem);
}

static void access_outside_moves_nothing(void **state)
{
	uint8_t bytes[2 * PAGE] = { 0 }, buf[16];
	struct mem *mem = mem_new();

	(void)state;
	memset(buf, 0xaa, sizeof(buf));
	assert_int_equal(map(mem, PAGE, PAGE, bytes), 0);
	assert_int_equal(mem_write(mem, PAGE - 1, buf, 2), -EFAULT);
	assert_int_equal(mem_write(mem, 2 * PAGE - 1, buf, 2), -EFAULT);
	assert_int_equal(mem_write(mem, UINT64_MAX, buf, 4), -EFAULT);
	assert_int_equal(bytes[0], 0);
	assert_int_equal(bytes[PAGE - 1], 0);
	assert_int_equal(mem_write(mem, 2 * PAGE - 2, buf, 2), 0);
	assert_int_equal(bytes[PAGE - 1], 0xaa);
	assert_int_equal(mem_read(mem, 0, buf, 1), -EFAULT);
	/* Across two adjoining windows. */
	assert_int_equal(map(mem, 2 * PAGE, PAGE, bytes + PAGE), 0);
	memset(buf, 0x55, sizeof(buf));
	assert_int_equal(mem_write(mem, 2 * PAGE - 3, buf, 6), 0);
	assert_int_equal(bytes[PAGE - 3], 0x55);
	assert_int_equal(bytes[PAGE + 2], 0x55);
	assert_int_equal(bytes[PAGE + 3], 0);
	mem_free(mem);
}

static void protection_is_kept(void **state)
{
	uint8_t bytes[PAGE] = { 0 }, buf = 1;
	struct mem *mem = mem_new();
	struct mem_window win = { .size = PAGE, .prot = MEM_R, .host = bytes, .fd = -1 };

	(void)state;
	assert_int_equal(mem_map(mem, &win), 0);
	assert_int_equal(mem_write(mem, 0, &buf, 1), -EFAULT);
	assert_int_equal(mem_read(mem, 0, &buf, 1), 0);
	assert_int_equal(buf, 0);
	mem_free(mem);
}

static int told_read(void *ctx, uint64_t gpa, void *buf, size_t len)
{
	(void)ctx;
	memset(buf, (int)(gpa >> 4), len);
	return 0;
}

static int told_write(void *ctx, uint64_t gpa, const void *buf, size_t len)
{
	(void)gpa;
	(void)buf;
	*(size_t *)ctx += len;
	return 0;
}

static void message_windows(void **state)
{
	static const struct mem_ops ops = { .read = told_read, .write = told_write };
	uint8_t bytes[PAGE], buf[8];
	size_t wrote = 0;
	struct mem *mem = mem_new();
	struct mem_window win = { .gpa = PAGE,
				  .size = PAGE,
				  .prot = MEM_R | MEM_W,
				  .fd = -1,
				  .ops = &ops,
				  .ctx = &wrote };

	(void)state;
	assert_int_equal(mem_map(mem, &win), 0);
	assert_int_equal(map(mem, 0, PAGE, bytes), 0);
	assert_false(mem_by_message(mem, 0, PAGE));
	assert_true(mem_by_message(mem, PAGE - 1, 2));
	assert_false(mem_by_message(mem, 2 * PAGE, 8));
	assert_int_equal(mem_read(mem, PAGE + 0x20, buf, 8), 0);
	assert_int_equal(buf[7], 0x02);
	assert_int_equal(mem_write(mem, PAGE - 4, buf, 8), 0);
	assert_int_equal(wrote, 4);
	assert_int_equal(mem_discard(mem, PAGE, PAGE), -EOPNOTSUPP);
	mem_free(mem);
}

static void discard_punches_holes(void **state)
{
	struct mem *mem = mem_new();
	struct stat before, after;
	int fd = memfd_create("test", MFD_CLOEXEC);
	uint8_t *bytes, got;

	(void)state;
	assert_int_equal(ftruncate(fd, 16 * PAGE), 0);
	bytes = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 8 * PAGE);
	memset(bytes, 0xee, 8 * PAGE);
	struct mem_window win = { .gpa = 0x100000,
				  .size = 8 * PAGE,
				  .prot = MEM_R | MEM_W,
				  .host = bytes,
				  .fd = fd,
				  .fd_offset = 8 * PAGE };

	assert_int_equal(mem_map(mem, &win), 0);
	fstat(fd, &before);
	assert_int_equal(mem_discard(mem, 0x100000 + PAGE, 2 * PAGE), 0);
	fstat(fd, &after);
	assert_int_equal((before.st_blocks - after.st_blocks) * 512, 2 * PAGE);
	assert_int_equal(pread(fd, &got, 1, 9 * PAGE), 1);
	assert_int_equal(got, 0);
	assert_int_equal(pread(fd, &got, 1, 11 * PAGE), 1);
	assert_int_equal(got, 0xee);
	assert_int_equal(mem_discard(mem, 0x100000 + 7 * PAGE, 2 * PAGE), -EFAULT);
	munmap(bytes, 8 * PAGE);
	close(fd);
	mem_free(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_do_not_overlap),
		cmocka_unit_test(access_outside_moves_nothing),
		cmocka_unit_test(protection_is_kept),
		cmocka_unit_test(message_windows),
		cmocka_unit_test(discard_punches_holes),
	};

	return cmocka_run_group_tests_name("mem", tests, NULL, NULL);
}
