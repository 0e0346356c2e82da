/* SPDX-License-Identifier: MIT */
/* Which guests report free memory, by what their kernels say of their zones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bridge/zones.h"

#define LIST (64ULL << 20)

#define ZONE(free, low) "  pages free     " #free "\\n        low      " #low "\\n"

static struct zones parsed(const char *reply)
{
	struct zones zones = { 0, 0 };

	assert_true(zones_parse(reply, &zones));
	return zones;
}

static void little_memory_is_never_reported(void **state)
{
	struct zones zones = parsed("0 9\\n" ZONE(1024, 20) ZONE(14080, 300) ZONE(0, 32));

	(void)state;
	assert_int_equal(zones.free, 14080 * 4096);
	assert_int_equal(zones.needs, LIST + 300 * 4096);
	assert_true(zones_silent(&zones));
}

static void one_zone_is_enough(void **state)
{
	struct zones zones = parsed("0 9\\n" ZONE(3840, 20) ZONE(60000, 300) ZONE(100, 40));

	(void)state;
	assert_int_equal(zones.free, 60000 * 4096);
	assert_false(zones_silent(&zones));
}

/* The kernel wants more than the mark, not as much. */
static void on_the_mark_is_not_over_it(void **state)
{
	struct zones on = parsed("0 9\\n" ZONE(16484, 100)),
		     over = parsed("0 9\\n" ZONE(16485, 100));

	(void)state;
	assert_true(zones_silent(&on));
	assert_false(zones_silent(&over));
}

static void the_order_is_the_kernels(void **state)
{
	struct zones small = parsed("0 5\\n" ZONE(2000, 100));
	struct zones untold = parsed("0 " ZONE(2000, 100)),
		     unset = parsed("0 4294967295\\n" ZONE(2000, 100));

	(void)state;
	assert_int_equal(small.needs, ((32U << 5) + 100) * 4096);
	assert_false(zones_silent(&small));
	assert_int_equal(untold.needs, LIST + 100 * 4096);
	assert_int_equal(unset.needs, untold.needs);
}

static void what_is_no_answer_says_nothing(void **state)
{
	static const char *const replies[] = {
		"",
		"0",
		"0 ",
		"0 9\\n",
		"1 9\\n" ZONE(1, 1),
		"no such file",
		"0 9\\n  pages free 7\\n",
		"0 9\\n        low 7\\n",
	};
	struct zones zones;

	(void)state;
	for (unsigned i = 0; i < sizeof(replies) / sizeof(replies[0]); i++)
		assert_false(zones_parse(replies[i], &zones));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(little_memory_is_never_reported),
		cmocka_unit_test(one_zone_is_enough),
		cmocka_unit_test(on_the_mark_is_not_over_it),
		cmocka_unit_test(the_order_is_the_kernels),
		cmocka_unit_test(what_is_no_answer_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
