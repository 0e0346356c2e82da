/* SPDX-License-Identifier: MIT */
/*
 * What a life has settled sleeps until the next one: the engine leaves it out of its lists
 * after some instants. Here lives are long enough for that, and nothing may be missed by
 * who has to wake.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/ccsl_kit.h"

/* The trace with "*" for many instants of what is in front of it. */
static const char *many(const char *trace)
{
	static char buf[65536];
	size_t n = 0;
	const char *line = trace;

	for (const char *p = trace; *p; p++) {
		if (*p == '\n')
			line = p + 1;
		if (*p != '*') {
			buf[n++] = *p;
			continue;
		}
		for (int k = 0; k < 99; k++)
			n += (size_t)snprintf(buf + n, sizeof(buf) - n, "\n%.*s", (int)(p - line),
					      line);
	}
	buf[n] = 0;
	return buf;
}

/* Instants of the verdicts, in order, as text: "3 5". */
static const char *instants(const char *text, const char *trace)
{
	static char buf[256];
	struct kit_log log;
	size_t n = 0;

	kit_text(text, many(trace), &log);
	buf[0] = 0;
	for (unsigned i = 0; i < log.n; i++)
		n += (size_t)snprintf(buf + n, sizeof(buf) - n, "%s%u", i ? " " : "",
				      (unsigned)log.v[i].instant);
	return buf;
}

static void test_the_next_life(void **state)
{
	static const char inside[] = "Event e(v) Clock a r Scope s restarts r {\n"
				     "Clock b when e if v == 1  First a < b }";
	static const char outside[] = "Event e(v) Clock a r Clock b when e if v == 1\n"
				      "Scope s restarts r { First a < b }";
	static const char allow[] = "Clock a b r Scope s restarts r { Allow b after a }";

	(void)state;
	assert_string_equal(instants(inside, "a\ne(1)*\nr\ne(1)\n"), "102");
	assert_string_equal(instants(outside, "a\ne(1)*\nr\ne(1)\n"), "102");
	assert_string_equal(instants(allow, "a\nb*\nr\nb\n"), "102");
	/* The restarting instant is the first one of the new life. */
	assert_string_equal(instants(inside, "a\ne(1)*\nr e(1)\n"), "101");
	assert_string_equal(instants(outside, "a\ne(1)*\nr e(1)\n"), "101");
	assert_string_equal(instants(outside, "a\ne(1)*\nr a\ne(1)\n"), "");
	/* A state of an old life is no reason to sleep in the new one. */
	assert_string_equal(instants(inside, "a\ne(1)*\nr\ne(0)*\ne(1)\n"), "202");
	/* What was broken is awake again. */
	assert_string_equal(instants(inside, "e(1)*\nr\ne(1)*\n"), "0 101");
}

static void test_nested_lives(void **state)
{
	static const char spec[] = "Clock a b r i Scope s restarts r { First a < b\n"
				   "Scope t restarts i { First a <= b } }";

	(void)state;
	assert_string_equal(instants(spec, "a\nb*\ni\nb\n"), "102");
	assert_string_equal(instants(spec, "a\nb*\nr\nb\n"), "102 102");
	assert_string_equal(instants(spec, "a\nb*\nr i a b\nb\n"), "101");
}

static void test_windows(void **state)
{
	static const char spec[] = "Event e(v) Clock on off Clock c when e if v\n"
				   "Scope w restarts on ends off { Never c }";

	(void)state;
	assert_string_equal(instants(spec, "e(1)*\non\ne(0)*\ne(1)\n"), "201");
	assert_string_equal(instants(spec, "e(1)*\non e(1)\n"), "100");
	assert_string_equal(instants(spec, "on\ne(1)*\noff\ne(1)*\non\ne(1)\n"), "1 203");
}

/* The clock that nobody read is in front of what the restart wakes, and is asked in time. */
static void test_same_instant(void **state)
{
	static const char spec[] = "Event e(v) Clock a r x Clock g when e if v\n"
				   "Let w be r * x\n"
				   "Scope s restarts w { Let z be w - g  First a <= z }";

	(void)state;
	assert_string_equal(instants(spec, "a r x\ne(0)*\nr*\nx*\nr x e(1)\n"), "");
	assert_string_equal(instants(spec, "a r x\ne(0)*\nr*\nx*\nr x e(0)\n"), "301");
}

/* A clock that others tick and one keeps from it must not miss that one by its being asleep. */
static void test_kept_from(void **state)
{
	static const char sum[] = "Clock a b r  Let m be a + b  Let u be r - m\n"
				  "Scope s restarts r { First a < u }";
	static const char event[] = "Clock a b r  Let u be r - b\n"
				    "Scope s restarts r { First a < u }";

	(void)state;
	assert_string_equal(instants(sum, "r\na*\nr a\n"), "0");
	assert_string_equal(instants(sum, "r\na*\nr\n"), "0 101");
	assert_string_equal(instants(event, "r\nb*\nr b\n"), "0");
	assert_string_equal(instants(event, "r\nb*\nr\n"), "0 101");
}

/* More ticks than the engine walks along one by one. */
static void test_crowd(void **state)
{
	static const char spec[] = "Clock a b c d e f g h i j r Let u be b * j\n"
				   "Scope s restarts r { First a < u }";

	(void)state;
	assert_string_equal(instants(spec, "a\nb j*\nb c d e f g h i j\n"), "");
	assert_string_equal(instants(spec, "a\nb j*\nb c d e f g h i j r\n"), "101");
	assert_string_equal(instants(spec, "a\nb c d e f g h i j*\nr\nb j\n"), "102");
}

/* Satisfied is not yet exercised. */
static void test_vacuous_no_more(void **state)
{
	static const char text[] = "Event e(v) Clock a Clock b when e if v  First a < b";
	struct ccsl_error err;
	struct ccsl_spec *spec = ccsl_load_text("t", text, NULL, NULL, &err);
	struct ccsl_monitor *mon = ccsl_monitor_new(spec, NULL);
	struct ccsl_tick a = { .event = 1 }, e = { .nargs = 1 };

	(void)state;
	ccsl_step(mon, 0, &a, 1);
	for (unsigned i = 1; i < 1000; i++)
		ccsl_step(mon, i, &e, 1);
	assert_int_equal(ccsl_result(mon, 0, NULL), CCSL_VACUOUS);
	e.arg[0] = 1;
	ccsl_step(mon, 1000, &e, 1);
	assert_int_equal(ccsl_result(mon, 0, NULL), CCSL_OK);
	ccsl_monitor_free(mon);
	ccsl_spec_free(spec);
}

/* What a life shows of its own ticks does not depend on who slept before it. */
static void test_witness(void **state)
{
	static const char spec[] = "Event e(v) Clock a r Clock b when e if v\n"
				   "Scope s restarts r { First a < b }";
	struct kit_log log;

	(void)state;
	kit_text(spec, many("a*\ne(1)*\nr\ne(0)*\ne(1)\n"), &log);
	assert_int_equal(log.n, 1);
	assert_non_null(strstr(log.v[0].explain, "in this life (since instant 200):\n"
						 "  instant 301 cycle 302  b\n"
						 "before: no a in this life\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_next_life),   cmocka_unit_test(test_nested_lives),
		cmocka_unit_test(test_windows),         cmocka_unit_test(test_same_instant),
		cmocka_unit_test(test_kept_from),       cmocka_unit_test(test_crowd),
		cmocka_unit_test(test_vacuous_no_more), cmocka_unit_test(test_witness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
