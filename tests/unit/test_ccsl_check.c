/* SPDX-License-Identifier: MIT */
/* What loading a specification warns of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/ccsl_kit.h"

static void on_warning(void *ctx, const struct ccsl_error *w)
{
	char *buf = ctx;
	size_t n = strlen(buf);

	snprintf(buf + n, 1024 - n, "%s%u:%u: %s", n ? "\n" : "", w->line, w->col, w->text);
}

/* All warnings, one a line; "" for none. */
static const char *warnings(const char *text)
{
	static char buf[1024];
	struct ccsl_error err;
	struct ccsl_spec *spec;

	buf[0] = 0;
	spec = ccsl_load_text("test", text, on_warning, buf, &err);
	if (!spec)
		fail_msg("%u:%u: %s in %s", err.line, err.col, err.text, text);
	ccsl_spec_free(spec);
	return buf;
}

static void test_unused(void **state)
{
	(void)state;
	assert_string_equal(warnings("Event e(x) Clock a"), "");
	assert_string_equal(warnings("Clock a Let u be a + a"), "1:13: \"u\" is not used");
	assert_string_equal(warnings("Const k = 1"), "1:7: \"k\" is not used");
	assert_string_equal(warnings("Event e(x) Var v = 0 on e set x"), "1:16: \"v\" is not used");
	assert_string_equal(warnings("Event e(x) Var v = 0 on e set x Require v < 3 when e"), "");
}

static void test_counts(void **state)
{
	static const char grow[] =
		"1:24: the lead of \"a\" over \"b\" can grow without bound; give a max or a scope";

	(void)state;
	assert_string_equal(warnings("Clock a b Precedence a < b"), grow);
	assert_string_equal(warnings("Clock a b Precedence a < (max: 3) b"), "");
	assert_string_equal(warnings("Clock a b r Scope s restarts r { Precedence a < b }"), "");
	assert_string_equal(warnings("Clock a b First a < b"), "");
}

static void test_scopes(void **state)
{
	(void)state;
	assert_string_equal(
		warnings("Clock a b Scope s restarts a { First a < b }"),
		"1:40: \"a\" begins the scope, so this can fail only before the first life");
	assert_string_equal(
		warnings("Clock a b Scope s restarts b { First a < b }"),
		"1:40: \"b\" begins the scope, so \"a\" cannot come before it in a life");
	assert_string_equal(warnings("Clock a b Scope s restarts b { First a <= b }"), "");
}

static void test_pairs(void **state)
{
	(void)state;
	assert_string_equal(
		warnings("Clock a b\nFirst a < b\nFirst b < a"),
		"3:9: \"b\" and \"a\" each wait for the other, by line 2: neither can tick");
	assert_string_equal(warnings("Clock a b First a <= b First b <= a"), "");
	assert_string_equal(warnings("Clock a b r First a < b Scope s restarts r { First b < a }"),
			    "");
	assert_string_equal(
		warnings("Clock a b c\nSubClocking a <- b\nExclusion b # c # a"),
		"3:11: \"a\" cannot tick: it excludes \"b\", and goes with it by line 2");
}

static void test_tools(void **state)
{
	(void)state;
	assert_string_equal(
		warnings("Clock a b\nNever (a sampledOn b)\nNever (b $ 2 on a)"),
		"2:8: \"$ n on\" and \"sampledOn\" mean different things in different tools");
	assert_string_equal(
		warnings("Clock a b Never sup(a, b)"),
		"1:17: tools differ on \"sup\" where both clocks catch up in one instant");
	assert_string_equal(warnings("Clock a b Never inf(a, b)"), "");
	assert_string_equal(warnings("Clock a b Never (await(a, 1) then b)"),
			    "1:18: \"then\" needs clocks that die, which not every tool has");
}

static void test_self_exclusion(void **state)
{
	char buf[256];

	(void)state;
	assert_string_equal(kit_error("Clock a b Exclusion a # b # a", buf, sizeof(buf)),
			    "1:21: \"a\" excludes itself");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unused), cmocka_unit_test(test_counts),
		cmocka_unit_test(test_scopes), cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_tools),  cmocka_unit_test(test_self_exclusion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
