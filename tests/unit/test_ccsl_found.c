/* SPDX-License-Identifier: MIT */
/* What test_ccsl_random found wrong in the engine, each in its smallest form. */
#include "tests/lib/ccsl_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* One instant is one visit, even of what names the event twice. */
static void test_same_event_twice(void **state)
{
	(void)state;
	assert_int_equal(kit_letters("Never once(a, a)", "a a"), 1);
	assert_int_equal(kit_letters("Never (a $ 1 on a)", "a a"), 1);
	assert_int_equal(kit_letters("Forbid a after a", "a a"), 1);
}

/* A clock that can die wakes what asks for its death; a scope or a note is none of these. */
static void test_mortal_clocks_of_scopes(void **state)
{
	struct kit_log log;

	(void)state;
	assert_int_equal(
		kit_letters("Scope k restarts a ends await(b, 3) { Alternates c ~ b }", "a b"), 1);
	assert_int_equal(kit_letters("Scope k restarts await(b, 2) { Never (a $ 1) }", "a b a"), 2);
	kit_text("Clock a, b; Scope s restarts upTo(a, b) { Never (b $ 1) }", "b\nb\n", &log);
	assert_int_equal(log.n, 1);
}

/* A register of n bits holds n bits, or it is never empty and its clock never dies. */
static void test_register_runs_empty(void **state)
{
	(void)state;
	assert_int_equal(kit_letters("Never (again(await(a, 1) sampledOn a) $ 1)", "a a a a"), 3);
	assert_int_equal(kit_letters("Never ((await(a, 1) $ 1 on b) then c)", "a b c"), 1);
	assert_int_equal(kit_letters("Never (((await(a, 1) $ 1 on b) then c) $ 1)", "a b c"), 2);
}

/* What was dead before a life began is not waited for in it. */
static void test_dead_when_it_begins(void **state)
{
	(void)state;
	assert_int_equal(
		kit_letters(
			"Let dead be await(a, 1) Scope k restarts c { Never ((dead then b) - a) }",
			"a cb"),
		1);
	/* Nor in what is made of it, */
	assert_int_equal(kit_letters("Let p be await(e, 3)\n"
				     "Scope k restarts a { Never (once(c, p) then d) }",
				     "e e e a d"),
			 4);
	assert_int_equal(
		kit_letters("Let p be await(e, 1)\n"
			    "Scope k restarts a { Let m be p * b  Let n be m  Let o be n $ 1\n"
			    "Never ((o + (n then p)) then d) }",
			    "e a d"),
		2);
	/* unless it dies with the beginning itself, and is seen to die. */
	assert_int_equal(kit_letters("Let p be await(e, 1)\n"
				     "Scope k restarts a { Never (once(c, p) then d) }",
				     "ead d"),
			 1);
	/* What follows begins with the next instant; what died in this one is dead by then. */
	assert_int_equal(kit_letters("Let p be await(a, 1)\n"
				     "Never (((await(a, 1) then once(c, p)) then d) - a)",
				     "a d"),
			 1);
}

/* An xor asks for exclusion once, wherever its clock is used twice. */
static void test_xor_in_chains(void **state)
{
	struct kit_log log;

	(void)state;
	kit_text("Clock a, b, c, d; Precedence d <= (init: 9) (a xor b) <= (init: 9) c", "a b",
		 &log);
	assert_int_equal(log.n, 1);
	kit_text("Clock a, b, c; Let u be (a xor b) xor c", "a b", &log);
	assert_int_equal(log.n, 1);
}

/* The number of an every is any number. */
static void test_every_takes_any_number(void **state)
{
	(void)state;
	assert_int_equal(kit_letters("Const n = 2 Never (every n a from 1)", "a a"), 1);
	assert_int_equal(kit_letters("Never (every (1 + 1) a from (0 + 1))", "a a"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_event_twice),
		cmocka_unit_test(test_mortal_clocks_of_scopes),
		cmocka_unit_test(test_register_runs_empty),
		cmocka_unit_test(test_dead_when_it_begins),
		cmocka_unit_test(test_xor_in_chains),
		cmocka_unit_test(test_every_takes_any_number),
	};

	return cmocka_run_group_tests_name("ccsl_found", tests, NULL, NULL);
}
