/* SPDX-License-Identifier: MIT */
/*
 * Every operator of the kernel, accepting and rejecting, from its definition: strict and weak
 * forms, ticks in the same instant, instants in which nothing ticks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/ccsl_kit.h"

struct golden {
	const char *body, *trace;
	int bad; /* first instant that is refused, -1: none */
};

static void judge(const struct golden *g, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		int got = kit_letters(g[i].body, g[i].trace);

		if (got != g[i].bad)
			fail_msg("%s on \"%s\": first refused is %d, expected %d", g[i].body,
				 g[i].trace, got, g[i].bad);
	}
}

#define JUDGE(table) judge(table, sizeof(table) / sizeof((table)[0]))

static void test_stateless_relations(void **state)
{
	static const struct golden t[] = {
		{ "SubClocking a <- b", "b ab . b ab", -1 },
		{ "SubClocking a <- b", "b a", 1 },
		{ "SubClocking a <- b <- c", "abc bc c", -1 },
		{ "SubClocking a <- b <- c", "c ab", 1 },
		{ "Exclusion a # b # c", "a b c . a", -1 },
		{ "Exclusion a # b # c", "a bc", 1 },
		{ "Exclusion a # b # c", "ab", 0 },
		{ "Synchronizes a = b", "ab . ab c", -1 },
		{ "Synchronizes a = b", "ab a", 1 },
		{ "Synchronizes a = b = c", "abc ab", 1 },
		{ "Let n be a - a  SubClocking b <- n", "a a b", 2 },
		{ "Never b", "a c b", 2 },
	};

	(void)state;
	JUDGE(t);
}

static void test_precedence(void **state)
{
	static const struct golden t[] = {
		{ "Precedence a < b", "a b a a b b", -1 },
		{ "Precedence a < b", "ab", 0 },
		{ "Precedence a < b", "a ab b", -1 },
		{ "Precedence a < b", "a b b", 2 },
		{ "Precedence a < b", ". a . . b .", -1 },
		{ "Precedence a <= b", "ab ab a b", -1 },
		{ "Precedence a <= b", "b", 0 },
		{ "Precedence a <= b", "ab b", 1 },
		{ "Precedence a < (init: 2) b", "b b b", 2 },
		{ "Precedence a < (init: 1) b", "ab ab", -1 },
		{ "Precedence a < (max: 2) b", "a a b a", -1 },
		{ "Precedence a < (max: 2) b", "a a a", 2 },
		{ "Precedence a < (max: 2) b", "a ab", -1 },
		{ "Precedence a < (max: 2) b", "a a ab", 2 },
		{ "Precedence a < (init: 2 max: 2) b", "ab", 0 },
		{ "Precedence a <= (max: 2) b", "a a ab ab", -1 },
		{ "Precedence a <= (max: 2) b", "a a a", 2 },
		{ "Precedence a <= (init: 0 max: 1) b", "ab a b", -1 },
		{ "Precedence a < b <= c", "a b c", -1 },
		{ "Precedence a < b <= c", "a bc", -1 },
		{ "Precedence a < b <= c", "a c", 1 },
		{ "Alternates a ~ b", "a b a b", -1 },
		{ "Alternates a ~ b", "a a", 1 },
		{ "Alternates a ~ b", "b", 0 },
		{ "Alternates a ~ b", "ab", 0 },
		{ "Alternates a ~ b", "a ab", 1 },
	};

	(void)state;
	JUDGE(t);
}

static void test_stateless_expressions(void **state)
{
	static const struct golden t[] = {
		{ "Let u be a + b", "au bu abu . c", -1 },
		{ "Let u be a + b", "a", 0 },
		{ "Let u be a + b", "au u", 1 },
		{ "Let u be a or b or c", "au bu cu abcu", -1 },
		{ "Let u be a * b", "a b abu", -1 },
		{ "Let u be a * b", "ab", 0 },
		{ "Let u be a and b", "au", 0 },
		{ "Let u be a - b - c", "au b abc ab ac au", -1 },
		{ "Let u be a minus b", "abu", 0 },
		{ "Let u be a minus b", "a", 0 },
		{ "Let u be a xor b", "au bu", -1 },
		{ "Let u be a xor b", "au abu", 1 }, /* its arguments exclude one another */
		{ "Let u be a + (b * c)", "au bcu b c abu", -1 },
		{ "Let u be (a + b) - (b * c)", "au bu bc abcu", 3 },
		{ "Let u be a", "au .", -1 },
		{ "Let u be a", "a", 0 },
	};

	(void)state;
	JUDGE(t);
}

static void test_inf_sup(void **state)
{
	static const struct golden t[] = {
		{ "Let u be inf(a, b)", "au b au bu", 3 },
		{ "Let u be inf(a, b)", "au b bu a abu", -1 },
		{ "Let u be inf(a, b)", "au ab", 1 },
		{ "Let u be inf(a, b)", "au abu b", -1 },
		{ "Let u be inf(a, b)", "abu a", 1 },
		{ "Let u be inf(a, b)", "abu au b bu", -1 },
		{ "Let u be inf(a, b, c)", "au b c bu", -1 },
		{ "Let u be sup(a, b)", "a bu a bu", -1 },
		{ "Let u be sup(a, b)", "a a bu bu b", -1 },
		{ "Let u be sup(a, b)", "abu a abu bu", -1 },
		{ "Let u be sup(a, b)", "au", 0 },
		/* The laggard catches up in an instant in which both tick: only one tick of sup. */
		{ "Let u be sup(a, b)", "a abu", -1 },
		{ "Let u be sup(a, b)", "a ab", 1 },
		{ "Let u be sup(a, b, c)", "a b cu abcu", -1 },
	};

	(void)state;
	JUDGE(t);
}

static void test_delays(void **state)
{
	static const struct golden t[] = {
		{ "u = a $ 2", "a a au . au", -1 },
		{ "u = a $ 2", "a au", 1 },
		{ "u = a $ 2", "a a a", 2 },
		{ "u = a $ 0", "au", -1 },
		/* The n-th b strictly after an a; several a between two b merge. */
		{ "u = a $ 1 on b", "a b", 1 },
		{ "u = a $ 1 on b", "a bu b a a bu b", -1 },
		{ "u = a $ 1 on b", "ab bu", -1 },
		{ "u = a $ 1 on b", "abu", 0 },
		{ "u = a $ 2 on b", "a b bu b", -1 },
		{ "u = a $ 2 on b", "a b a bu bu", -1 },
		{ "u = a $ 2 on b", "ab b bu", -1 },
		{ "u = a $ 2 on b", "ab bu", 1 },
		{ "u = a $ 70 on b", "a b b b b b", -1 },
		{ "u = a sampledOn b", "a bu b ab bu", -1 },
		{ "u = a sampledOn b", "abu", 0 },
		{ "u = a sampledOn b", "a ab", 1 },
		{ "u = a sampledOn b", "a abu bu b", -1 },
		{ "Let u be a weaklySampledOn b", "abu b a bu b", -1 },
		{ "Let u be a weaklySampledOn b", "ab", 0 },
		{ "Let u be a weaklySampledOn b", "a abu bu", 2 },
	};

	(void)state;
	JUDGE(t);
}

static void test_deep_defer(void **state)
{
	char trace[512] = "a";
	unsigned n = 1;

	(void)state;
	/* 69 ticks of b, then the 70th brings it out: more than one word of state. */
	for (int i = 0; i < 69; i++) {
		trace[n++] = ' ';
		trace[n++] = 'b';
	}
	trace[n] = 0;
	assert_int_equal(kit_letters("u = a $ 70 on b", trace), -1);
	trace[n++] = ' ';
	trace[n++] = 'b';
	trace[n] = 0;
	assert_int_equal(kit_letters("u = a $ 70 on b", trace), 70);
	trace[n++] = 'u';
	trace[n] = 0;
	assert_int_equal(kit_letters("u = a $ 70 on b", trace), -1);
}

static void test_periods(void **state)
{
	static const struct golden t[] = {
		{ "repeat u every 3 a", "au a a au a a au", -1 },
		{ "repeat u every 3 a", "au au", 1 },
		{ "repeat u every 2 a from 1", "a au a au", -1 },
		{ "repeat u every 2 a from 1 upTo 3", "a au a au a a", -1 },
		/* upTo is inclusive. */
		{ "repeat u every 1 a from 0 upTo 0", "au a a", -1 },
		{ "repeat u every 1 a from 0 upTo 1", "au a", 1 },
		{ "Let u be every 2 a", "au . a b au", -1 },
		{ "Let u be a filterBy (10)", "au a au a", -1 },
		{ "Let u be a filterBy 01(1)", "a au au au", -1 },
		{ "Let u be a filterBy 0(011)", "a a au au a au au a", -1 },
		{ "Let u be a filterBy 11", "au au a a", -1 },
		{ "Let u be a filterBy 1111111111111111111101",
		  "au au au au au au au au au au au au au au au au au au au au a au a a", -1 },
		{ "Let u be a filterBy 1111111111111111111101",
		  "au au au au au au au au au au au au au au au au au au au au au", 20 },
		{ "Let u be a filterBy "
		  "(0000000000000000000000000000000000000000000000000000000000000000000001)",
		  "a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a "
		  "a a a a a a a a a a a a a a a a a a a a a a a a a a a a a au a a a a a a a a a "
		  "a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a "
		  "a a a a a a a a a a a a a a a a a a a a au a",
		  -1 },
		{ "Let u be a filterBy 11", "au au au", 2 },
	};

	(void)state;
	JUDGE(t);
}

static void test_death(void **state)
{
	static const struct golden t[] = {
		{ "Let u be await(a, 2)", "a au a a", -1 },
		{ "Let u be await(a, 2)", "a a", 1 },
		{ "Let u be await(a, 1)", "au au", 1 },
		/* Strong pre-emption: absent in the very step of its killer. */
		{ "Let u be upTo(a, b)", "au au ab a b", -1 },
		{ "Let u be upTo(a, b)", "au abu", 1 },
		{ "Let u be upTo(a, b)", "b au", 1 },
		{ "Let u be upTo(a, b) + c", "au ab a cu", -1 },
		{ "Let u be upTo(a, b) + c", "au ab c", 2 },
		{ "Let u be once(a, b)", "b a bu b a b", -1 },
		{ "Let u be once(a, b)", "abu", 0 },
		{ "Let u be once(a, b)", "ab bu b", -1 },
		{ "Let u be onceWith(a, b)", "abu b ab", -1 },
		{ "Let u be onceWith(a, b)", "ab", 0 },
		{ "Let u be await(a, 2) then b", "b a au b", 3 },
		{ "Let u be await(a, 2) then b", "b a abu bu bu a", -1 },
		/* What is written in the second part starts when it is its turn. */
		{ "Let u be await(a, 1) then await(a, 2)", "au a au a", -1 },
		{ "Let u be again(await(a, 2))", "a au a au a au", -1 },
		{ "Let u be again(await(a, 2))", "a au au", 2 },
		{ "Let u be again(once(a, b))", "a bu b a bu", -1 },
		{ "Let u be await(a, 1) then await(b, 1) then c", "au bu cu a", -1 },
		{ "Let u be (await(a, 1) + await(b, 1)) then c", "au c bu cu", -1 },
	};

	(void)state;
	JUDGE(t);
}

static void test_intervals(void **state)
{
	static const struct golden t[] = {
		{ "Forbid a after f until g", "a f g a", -1 },
		{ "Forbid a after f until g", "f a", 1 },
		{ "Forbid a after f until g", "af", -1 },
		{ "Forbid a from f until g", "af", 0 },
		{ "Forbid a after f until g", "f ag", -1 },
		{ "Forbid a after f through g", "f ag", 1 },
		{ "Forbid a after f through g", "ag f g a", -1 },
		/* Openings do not nest, and one that comes with the end opens anew. */
		{ "Forbid a after f until g", "f f g a", -1 },
		{ "Forbid a after f until g", "f fg a", 2 },
		{ "Forbid a after f until g", "fg a", 1 },
		{ "Forbid a, b after f", "a b f c b", 4 },
		{ "Allow a after f until g", "a", 0 },
		{ "Allow a after f until g", "f a a g a", 4 },
		{ "Allow a from f until g", "af", -1 },
		{ "Allow a after f until g", "af", 0 },
		{ "Allow a after f through g", "f ag", -1 },
		{ "Allow a after f until g", "f ag", 1 },
	};

	(void)state;
	JUDGE(t);
}

static void test_first(void **state)
{
	static const struct golden t[] = {
		{ "First a < b", "a b b b", -1 },    { "First a < b", "a a b a b", -1 },
		{ "First a < b", "b", 0 },           { "First a < b", "ab", 0 },
		{ "First a <= b", "ab b", -1 },      { "First a <= b", "b", 0 },
		{ "First a <= b < c", "a b c", -1 }, { "First a <= b < c", "ab c", -1 },
		{ "First a <= b < c", "a bc", 1 },   { "First a <= b < c", "a c", 1 },
	};

	(void)state;
	JUDGE(t);
}

static void test_within(void **state)
{
	static const struct golden t[] = {
		{ "Within 2 events from a to b", "a . b", -1 },
		{ "Within 2 events from a to b", "a . . b", 3 },
		{ "Within 2 events from a to b", "a . . c", 3 },
		{ "Within 2 events from a to b", "ab . . . .", -1 },
		{ "Within 0 events from a to b", "ab a .", 2 },
		{ "Within 2 events from a to b", "a a b . . .", -1 },
		/* The deadline is that of the oldest a that still waits. */
		{ "Within 2 events from a to b", "a a . c", 3 },
		{ "Within 2 cycles from a to b", "a . b", -1 },
		{ "Within 2 cycles from a to b", "a . . b", 3 },
		{ "Within 2 c from a to b", "a c cb", -1 },
		{ "Within 2 c from a to b", "ac c d bc", -1 },
		{ "Within 2 c from a to b", "a c . d c", 4 },
	};

	(void)state;
	JUDGE(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stateless_relations),
		cmocka_unit_test(test_precedence),
		cmocka_unit_test(test_stateless_expressions),
		cmocka_unit_test(test_inf_sup),
		cmocka_unit_test(test_delays),
		cmocka_unit_test(test_deep_defer),
		cmocka_unit_test(test_periods),
		cmocka_unit_test(test_death),
		cmocka_unit_test(test_intervals),
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_within),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
