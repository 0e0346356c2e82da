/* SPDX-License-Identifier: MIT */
/* What the parser accepts, and where and how it complains. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/lib/ccsl_kit.h"

struct wrong {
	const char *text, *error;
};

static void complain(const struct wrong *w, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char buf[512];
		const char *got = kit_error(w[i].text, buf, sizeof(buf));

		if (strcmp(got, w[i].error))
			fail_msg("%s\n  said     %s\n  expected %s", w[i].text, got, w[i].error);
	}
}

#define COMPLAIN(table) complain(table, sizeof(table) / sizeof((table)[0]))

static void test_tokens(void **state)
{
	static const struct wrong t[] = {
		{ "Clock a\n  `", "2:3: unexpected character '`'" },
		{ "Clock a \x01", "1:9: unexpected byte 0x01" },
		{ "Clock a /* no end\n\n", "1:9: this comment does not end; expected \"*/\"" },
		{ "Note a \"no end\n\"",
		  "1:8: this string does not end on its line; expected '\"'" },
		{ "Const n = 12x",
		  "1:11: not a number; expected decimal digits or 0x and hex digits" },
		{ "Const n = 0x", "1:11: not a number; expected hex digits after 0x" },
		{ "Const n = 99999999999999999999", "1:11: this number does not fit in 64 bits" },
		{ "Const n = 1 + 0x11111111111111111",
		  "1:15: this number does not fit in 64 bits" },
		{ "Clock a Let u be a filterBy 111111111111111111112",
		  "1:29: expected a binary word as in 01(10)" },
	};

	(void)state;
	COMPLAIN(t);
}

static void test_syntax(void **state)
{
	static const struct wrong t[] = {
		{ "Clock", "1:6: expected the name of a clock, found the end of the file" },
		{ "Clock a, Let", "1:10: expected the name of a clock, found the keyword \"Let\"" },
		{ "Specification { }",
		  "1:15: expected the name of the specification, found \"{\"" },
		{ "Specification s { Clock a [ Never a }",
		  "1:37: expected a declaration, a relation or \"]\", found \"}\"" },
		{ "Clock a b\nPrecedence a b", "2:14: expected \"<\" or \"<=\", found \"b\"" },
		{ "Clock a b\nPrecedence a < (min: 2) b",
		  "2:17: expected \"init:\", \"max:\" or \")\", found \"min\"" },
		{ "Clock a b\nPrecedence a < (max: 2 max: 3) b", "2:24: \"max:\" is given twice" },
		{ "Clock a b SubClocking a b", "1:25: expected \"<-\", found \"b\"" },
		{ "Clock a b SubClocking a", "1:24: expected \"<-\", found the end of the file" },
		{ "Clock a b Exclusion a, b", "1:22: expected \"#\", found \",\"" },
		{ "Clock a b c Let u be a + b * c",
		  "1:28: operators are mixed; expected parentheses" },
		{ "Clock a Let u a", "1:15: expected \"be\", found \"a\"" },
		{ "Clock a Let u be frob(a)", "1:18: unknown function \"frob\"; expected inf, sup, "
					      "await, upTo, once, onceWith or again" },
		{ "Clock a Let u be a filterBy 012", "1:29: expected a binary word as in 01(10)" },
		{ "Clock a Let u be a filterBy 01()",
		  "1:33: expected a binary word as in 01(10), found the end of the file" },
		{ "Clock a repeat u each 3 a", "1:18: expected \"every\", found \"each\"" },
		{ "Event e(a, b, c, d, f, g, h)", "1:27: an event has at most 6 arguments" },
		{ "Event e(a b)", "1:11: expected \")\", found \"b\"" },
		{ "Clock a Forbid a until a",
		  "1:18: expected \"after\" or \"from\", found \"until\"" },
		{ "Clock a Within 3 from a to a",
		  "1:18: expected the unit: cycles, events or a clock, found \"from\"" },
		{ "Clock a Within 3 cycles a to a", "1:25: expected \"from\", found \"a\"" },
		{ "Clock a Scope s ends a { }",
		  "1:15: a scope with \"ends\" needs \"restarts\" before it" },
		{ "Clock a Scope s restarts a Never a", "1:28: expected \"{\", found \"Never\"" },
		{ "Clock a For q in 0 { }", "1:20: expected \"..\", found \"{\"" },
		{ "Clock a Rule r { level MUSTY Never a }",
		  "1:24: expected MUST, MUST_NOT, SHOULD, SHOULD_NOT or MAY, found \"MUSTY\"" },
		{ "Clock a Rule r { blame HOST Never a }",
		  "1:24: expected DRIVER, DEVICE or SPEC, found \"HOST\"" },
		{ "Clock a Rule r { expect none Never a }",
		  "1:25: expected a string, found \"none\"" },
		{ "Clock a Rule r { clause 3.1 Never a }",
		  "1:25: expected a clause id, found \"3\"" },
		{ "Event e(v) Clock a when e if (v + 1",
		  "1:36: expected \")\", found the end of the file" },
		{ "Event e(v) Clock a when e if v +",
		  "1:33: expected a number, a name or \"(\", found the end of the file" },
		{ "Event e(v) Clock a when e if v ? 1",
		  "1:35: expected \":\", found the end of the file" },
		{ "Var v", "1:6: expected \"=\", found the end of the file" },
		{ "Clock a Var v = 0 on a 1", "1:24: expected \"set\", found \"1\"" },
		{ "Import events", "1:8: expected a file name in quotes, found \"events\"" },
		{ "}", "1:1: expected a declaration or a relation, found \"}\"" },
		{ "Clock a Never", "1:14: expected a clock, found the end of the file" },
	};

	(void)state;
	COMPLAIN(t);
}

static void test_names(void **state)
{
	static const struct wrong t[] = {
		{ "Never a", "1:7: \"a\" is not declared; expected a clock or an event" },
		{ "Clock a\nClock a",
		  "2:7: \"a\" is declared twice; the other one is at test:1:7" },
		{ "Clock a Const a = 1",
		  "1:15: \"a\" is declared twice; the other one is at test:1:7" },
		{ "Clock a Scope s restarts a { Let u be a + a } Never u",
		  "1:53: \"u\" is not declared; expected a clock or an event" },
		{ "Const c = 1 Never c", "1:19: \"c\" is not a clock" },
		{ "Event e(v) Clock a when e if w", "1:30: \"w\" is not declared; expected a "
						    "variable, a constant or an argument of e" },
		{ "Clock b Clock a when b if w", "1:27: \"w\" is not declared; expected a "
						 "variable, a constant or an argument of b" },
		{ "Clock a Clock b when a if a", "1:27: \"a\" is not a number" },
		{ "Clock a Let u be v + a Let v be u + a", "1:13: \"u\" depends on itself" },
		{ "Clock a Let u be a + u", "1:13: \"u\" depends on itself" },
		{ "Clock u when v Clock v when u", "1:7: \"u\" is defined by itself" },
		{ "Const a = b Const b = a Clock c Let u be c $ a",
		  "1:23: \"a\" is defined by itself" },
		{ "Clock a Rule r { needs q Never a }", "1:24: \"q\" is not a rule" },
		{ "Clock a Rule r { needs s Never a } Rule s { needs r Never a }",
		  "1:14: the rule \"r\" needs itself" },
		{ "Clock a Rule r { }", "1:14: the rule \"r\" has no relation" },
		{ "Clock a Scope s { Never a }",
		  "1:15: there is no scope \"s\" to continue; expected \"restarts\"" },
		{ "Event e(q) For q in 0..1 { Clock a when e if q == 1 }",
		  "1:46: \"q\" is an argument of e and the index of a loop; choose with e[q]" },
		{ "Event e For q in 0..1 { Never e[q] }", "1:31: \"e\" takes no index here" },
		{ "Clock c For q in 0..1 { Let a be c } Never a[2]",
		  "1:44: \"a\" is not declared; expected a clock or an event" },
		{ "Clock c Never a[*]", "1:15: \"a\" is not a family of clocks" },
		{ "For q in 3..1 { Clock a }",
		  "1:10: expected first .. last with at most 4096 members" },
		{ "For q in 0..1 { For q in 0..1 { Clock a } }",
		  "1:21: \"q\" is the index of a loop around this one" },
		{ "Var v[4] = 0 Event e(x) Clock a when e if v == 0",
		  "1:43: \"v\" is an array; expected one index in [ ]" },
		{ "Var v = 0 Event e(x) Clock a when e if v[1] == 0",
		  "1:40: \"v\" is not an array; expected no index" },
		{ "Event e(x) Var v[4] = 0 on e set x",
		  "1:34: \"v\" is an array; expected an index in [ ] before the value" },
		{ "Event e(x) Var v = 0 on e set [x] x", "1:32: \"v\" is not an array" },
		{ "Var v = 1 Var w = v", "1:19: expected a constant" },
		/* Whether or not somebody uses it. */
		{ "Const k = missing + 1",
		  "1:11: \"missing\" is not declared; expected a variable or a constant" },
		{ "Const a = 1\nConst k = a ? 1 : a *\n  other",
		  "3:3: \"other\" is not declared; expected a variable or a constant" },
		{ "Clock a Scope s restarts a { Const k = 1 } Const l = k",
		  "1:54: \"k\" is not declared; expected a variable or a constant" },
		{ "Const a = b Const b = a", "1:23: \"a\" is defined by itself" },
		{ "Const a = a", "1:11: \"a\" is defined by itself" },
		{ "Clock a Const k = a", "1:19: \"a\" is not a number" },
		{ "Var v = 1 Const k = v", "1:21: expected a constant" },
		{ "Event e(x) Const k = x Require k < 3 when e",
		  "1:22: \"x\" is not declared; expected a variable or a constant" },
		{ "Clock a Scope s restarts a { Event e }",
		  "1:36: an event is declared outside of loops, scopes and rules" },
	};

	(void)state;
	COMPLAIN(t);
}

static void test_numbers(void **state)
{
	static const struct wrong t[] = {
		{ "Clock a b u = a $ 0 on b", "1:19: expected a number from 1 to 4096" },
		{ "Clock a repeat u every 0 a", "1:24: expected a number of at least 1" },
		{ "Clock a repeat u every 1 a from 3 upTo 2",
		  "1:40: \"upTo\" is before \"from\": this clock never ticks" },
		{ "Clock a Let u be await(a, 0)", "1:27: expected a number of at least 1" },
		{ "Clock a b Precedence a < (max: 0) b",
		  "1:32: expected a max of at least 1 and of at least init" },
		{ "Clock a b Precedence a < (init: 3 max: 2) b",
		  "1:40: expected a max of at least 1 and of at least init" },
		{ "Var v[0] = 0", "1:7: expected a size from 1 to 4194304" },
		{ "Clock a Let u be a then a", "1:13: \"a\" never dies, so nothing follows it" },
	};

	(void)state;
	COMPLAIN(t);
}

static void test_nesting_ends(void **state)
{
	static char deep[5000] = "Clock a Let u be ";
	char buf[256];
	size_t n = strlen(deep);

	(void)state;
	memset(deep + n, '(', 4000);
	assert_string_equal(kit_error(deep, buf, sizeof(buf)), "1:118: nested too deeply");
	memset(deep, 0, sizeof(deep));
	n = (size_t)sprintf(deep, "Event e(v) Clock a when e if ");
	memset(deep + n, '~', 4000);
	assert_non_null(strstr(kit_error(deep, buf, sizeof(buf)), "nested too deeply"));
	memset(deep, 0, sizeof(deep));
	n = (size_t)sprintf(deep, "Event e(v) Clock a when e if v");
	for (int i = 0; i < 40; i++)
		n += (size_t)sprintf(deep + n, "+(v");
	for (int i = 0; i < 40; i++)
		n += (size_t)sprintf(deep + n, ")");
	assert_non_null(strstr(kit_error(deep, buf, sizeof(buf)), "nested too deeply"));
}

/* LightCCSL as its own tools take it. */
static void test_lightccsl(void **state)
{
	struct kit_log log;

	(void)state;
	kit_text("Specification s { Clock a b c [ Precedence a < (max: 1) b <= c  Exclusion a # c\n"
		 "  Let u be a + b  v = a sampledOn b  repeat w every 3 a from 1 ] }",
		 "a\nb\nc\na\nb\nc\n", &log);
	assert_int_equal(log.n, 0);
	kit_text("Specification \"with space\" { Clock a, \"b\" /* c */ [ Precedence a<b ] }",
		 "b\n", &log);
	assert_int_equal(log.n, 1);
	assert_string_equal(log.v[0].rule, "Precedence@1:65");
}

/* Each file once, imports relative to the file that names them. */
static void test_imports(void **state)
{
	char dir[] = "/tmp/ccsl.XXXXXX", path[64], other[64];
	const char *paths[] = { path, other };
	struct ccsl_error err;
	struct ccsl_spec *spec;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a.ccsl", dir);
	snprintf(other, sizeof(other), "%s/b.ccsl", dir);
	f = fopen(path, "w");
	fprintf(f, "Import \"b.ccsl\" Import \"./b.ccsl\" Import \"a.ccsl\" Clock z Never b");
	fclose(f);
	f = fopen(other, "w");
	fprintf(f, "Event b(x) Import \"a.ccsl\"");
	fclose(f);
	spec = ccsl_load(paths, 2, NULL, NULL, &err);
	assert_non_null(spec);
	assert_int_equal(ccsl_events(spec), 2);
	assert_string_equal(ccsl_event_name(spec, 0), "b");
	assert_int_equal(ccsl_event_find(spec, "z"), 1);
	assert_int_equal(ccsl_event_find(spec, "nobody"), -1);
	assert_int_equal(ccsl_event_nargs(spec, 0), 1);
	ccsl_spec_free(spec);

	f = fopen(other, "w");
	fprintf(f, "Event b(x)\nImport \"c.ccsl\"");
	fclose(f);
	assert_null(ccsl_load(paths, 1, NULL, NULL, &err));
	assert_string_equal(err.file, other);
	assert_int_equal(err.line, 2);
	assert_int_equal(err.col, 8);
	assert_non_null(strstr(err.text, "c.ccsl: No such file"));
	unlink(path);
	assert_null(ccsl_load(paths, 1, NULL, NULL, &err));
	assert_string_equal(err.file, path);
	assert_int_equal(err.line, 0);
	unlink(other);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tokens),       cmocka_unit_test(test_syntax),
		cmocka_unit_test(test_names),        cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_nesting_ends), cmocka_unit_test(test_lightccsl),
		cmocka_unit_test(test_imports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
