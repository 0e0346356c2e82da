/* SPDX-License-Identifier: MIT */
/* The available index in specs/split.ccsl: how far a driver may be since it was last looked at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/ccsl_kit.h"

#define SPEC \
	"Import \"specs/type_rng.ccsl\" Import \"specs/split.ccsl\" Import \"specs/events.ccsl\""
#define QUEUE "queue_size_write(0,16)\nqueue_enable_write(0,1)\n"

/* The device uses buffers `from` to `to` while the driver, which sees the used ring, goes on. */
static size_t used(char *trace, size_t len, unsigned from, unsigned to)
{
	size_t at = 0;

	for (unsigned i = from; i < to; i++)
		at += (size_t)snprintf(trace + at, len - at,
				       "avail_idx_read(0,%u)\nused_idx_write(0,%u)\n",
				       (i + 1) & 0xffff, (i + 1) & 0xffff);
	return at;
}

static unsigned verdicts(unsigned to, unsigned snooped)
{
	static char trace[8 << 20];
	struct kit_log log;
	unsigned found = 0;
	size_t at = 0;

	at += (size_t)snprintf(trace, sizeof(trace), QUEUE "avail_idx_snoop(0,1)\n");
	at += used(trace + at, sizeof(trace) - at, 0, to);
	snprintf(trace + at, sizeof(trace) - at, "avail_idx_snoop(0,%u)\n", snooped & 0xffff);
	kit_text(SPEC, trace, &log);
	for (unsigned i = 0; i < log.n; i++)
		found += !strcmp(log.v[i].clause, "DRV-2.7.6.1-1");
	return found;
}

/* Without a notification in between that came to be seen: 27 buffers, and once around all numbers.
 */
static void test_driver_goes_on(void **state)
{
	(void)state;
	assert_int_equal(verdicts(27, 28), 0);
	assert_int_equal(verdicts(27, 27 + 16), 0);
	assert_int_equal(verdicts(65530, 65531), 0);
	assert_int_equal(verdicts(65541, 65541 + 16), 0);
}

static void test_too_far_and_back(void **state)
{
	(void)state;
	assert_int_equal(verdicts(27, 27 + 17), 1);
	assert_int_equal(verdicts(27, 26), 1);
	assert_int_equal(verdicts(0, 0), 1);
	assert_int_equal(verdicts(65541, 65540), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_driver_goes_on),
		cmocka_unit_test(test_too_far_and_back),
	};

	return cmocka_run_group_tests_name("ccsl_avail", tests, NULL, NULL);
}
