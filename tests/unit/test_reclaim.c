/* SPDX-License-Identifier: MIT */
/* Ballooned pages and free memory go back to the host, and each is counted as its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/mem.h"
#include "sim/reclaim.h"

#define PAGE  4096u
#define PAGES 16u
#define BASE  0x100000u

struct kit {
	struct mem *mem;
	struct reclaim rc;
	uint8_t *bytes;
	int fd;
};

/* The first half of guest memory was touched, the second never. */
static void make(struct kit *kit)
{
	struct mem_window win = { .gpa = BASE, .size = PAGES * PAGE, .prot = MEM_R | MEM_W };

	kit->fd = memfd_create("test", MFD_CLOEXEC);
	assert_int_equal(ftruncate(kit->fd, PAGES * PAGE), 0);
	kit->bytes = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, kit->fd, 0);
	memset(kit->bytes, 0xee, PAGES / 2 * PAGE);
	win.host = kit->bytes;
	win.fd = kit->fd;
	kit->mem = mem_new();
	assert_int_equal(mem_map(kit->mem, &win), 0);
	kit->rc = (struct reclaim){ .mem = kit->mem };
}

static void unmake(struct kit *kit)
{
	mem_free(kit->mem);
	munmap(kit->bytes, PAGES * PAGE);
	close(kit->fd);
}

static void report(struct kit *kit, unsigned page, unsigned n, uint32_t poison)
{
	struct dev_range range = {
		.kind = DEV_REPORTED, .gpa = BASE + page * PAGE, .len = n * PAGE, .poison = poison
	};

	reclaim_range(&kit->rc, &range);
}

/* What was told of, and what the file's allocated blocks fell by, are different things. */
static void free_memory(void **state)
{
	struct kit kit;

	(void)state;
	make(&kit);
	assert_int_equal(mem_allocated(kit.mem, BASE), 8 * PAGE);
	report(&kit, 6, 4, 0);
	assert_int_equal(kit.rc.returned_free, 4 * PAGE);
	assert_int_equal(kit.rc.fell_free, 2 * PAGE);
	assert_int_equal(mem_allocated(kit.mem, BASE), 6 * PAGE);
	report(&kit, 6, 4, 0);
	assert_int_equal(kit.rc.fell_free, 2 * PAGE);
	report(&kit, 0, 2, 0xaa); /* poisoned pages stay */
	assert_int_equal(kit.rc.fell_free, 2 * PAGE);
	assert_int_equal(kit.rc.reported, 10 * PAGE);
	assert_int_equal(kit.rc.returned, 0);
	unmake(&kit);
}

static void balloon(void **state)
{
	struct kit kit;

	(void)state;
	make(&kit);
	for (unsigned i = 0; i < 4; i++)
		reclaim_page(&kit.rc, DEV_INFLATE, (uint32_t)(BASE / PAGE + i));
	reclaim_flush(&kit.rc);
	assert_int_equal(kit.rc.returned, 4 * PAGE);
	assert_int_equal(kit.rc.fell_free, 0);
	assert_int_equal(mem_allocated(kit.mem, BASE), 4 * PAGE);
	reclaim_page(&kit.rc, DEV_INFLATE, (uint32_t)(BASE / PAGE + PAGES));
	reclaim_flush(&kit.rc);
	assert_int_equal(kit.rc.outside, 1);
	unmake(&kit);
}

static void beyond_memory(void **state)
{
	struct kit kit;

	(void)state;
	make(&kit);
	assert_int_equal(mem_allocated(kit.mem, 0), 0);
	report(&kit, PAGES - 1, 2, 0);
	assert_int_equal(kit.rc.outside, 1);
	assert_int_equal(kit.rc.returned_free, PAGE);
	unmake(&kit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(free_memory),
		cmocka_unit_test(balloon),
		cmocka_unit_test(beyond_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
