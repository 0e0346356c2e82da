/* SPDX-License-Identifier: MIT */
/*
 * What the language adds to CCSL: scopes that restart, guarded clocks, variables, families,
 * tags, prerequisites, and what is said at the end.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "monitor/script.h"
#include "tests/lib/ccsl_kit.h"

/* Instants of the verdicts, in order, as text: "3 5". */
static const char *instants(const char *text, const char *trace)
{
	static char buf[256];
	struct kit_log log;
	size_t n = 0;

	kit_text(text, trace, &log);
	buf[0] = 0;
	for (unsigned i = 0; i < log.n; i++)
		n += (size_t)snprintf(buf + n, sizeof(buf) - n, "%s%u", i ? " " : "",
				      (unsigned)log.v[i].instant);
	return buf;
}

static void test_scope_restarts(void **state)
{
	static const char spec[] = "Clock r a b Scope s restarts r { Precedence a < b }";
	static const char delay[] = "Clock r a Scope s restarts r { u = a $ 2 Never u }";

	(void)state;
	/* The segment before the first restart counts as one; surplus is not carried over. */
	assert_string_equal(instants(spec, "b\n"), "0");
	assert_string_equal(instants(spec, "a\na\nb\nr\nb\n"), "4");
	/* One verdict a life: muted until the scope restarts. */
	assert_string_equal(instants(spec, "b\nb\nb\nr\nb\nb\nr\na\nb\n"), "0 4");
	/* The restart opens the new life: the whole instant belongs to it. */
	assert_string_equal(instants(spec, "a\nr b\n"), "1");
	assert_string_equal(instants(spec, "r a\nb\n"), "");
	/* Derived clocks inside start anew as well. */
	assert_string_equal(instants(delay, "a\na\nr\na\na\na\n"), "5");
	assert_string_equal(instants(delay, "a\na\nr a\na\na\n"), "4");
}

static void test_scope_nested(void **state)
{
	static const char spec[] = "Clock o i a b Scope x restarts o { First a < b\n"
				   "Scope y restarts i { First a < b } }";

	(void)state;
	assert_string_equal(instants(spec, "a\nb\ni\nb\n"), "3");
	assert_string_equal(instants(spec, "a\nb\no\nb\n"), "3 3");
	assert_string_equal(instants(spec, "a\no\nb\ni\nb\n"), "2 2 4");
	assert_string_equal(instants(spec, "a\no i a\nb\n"), "");
}

static void test_scope_window(void **state)
{
	static const char spec[] = "Clock on off a Scope w restarts on ends off { Never a }";
	static const char within[] =
		"Clock on off a Scope w restarts on ends off {\n"
		"Var n = 0 on a set n + 1 Clock third when a if n == 2 Never third }";
	static const char nested[] =
		"Clock r on off a b Scope l restarts r {\n"
		"Scope w restarts on ends off { First b < a Scope v restarts b { Never a } } }";

	(void)state;
	/* Closed until it opens; the opening instant is inside, the closing one outside. */
	assert_string_equal(instants(spec, "a\non\na\noff\na\n"), "2");
	assert_string_equal(instants(spec, "on a\n"), "0");
	assert_string_equal(instants(spec, "on\noff a\n"), "");
	assert_string_equal(instants(spec, "on\non off a\na\n"), "1");
	assert_string_equal(instants(spec, "on\non off\na\n"), "2");
	/* Nothing inside moves while it is closed. */
	assert_string_equal(instants(within, "a\na\na\non\na\na\noff\na\non\na\na\na\n"), "11");
	/* An outer restart closes the windows in it. */
	assert_string_equal(instants(nested, "r\non\nr\na\n"), "");
	assert_string_equal(instants(nested, "r\na\non\nb\na\n"), "4");
	assert_string_equal(instants(nested, "r\non\nb\noff\na\non\na\n"), "6 6");
}

/* Two blocks of one scope are one scope. */
static void test_scope_continued(void **state)
{
	static const char spec[] = "Clock r a b\nScope s restarts r { Let u be a * b }\n"
				   "Scope s { First u <= b }";

	(void)state;
	assert_string_equal(instants(spec, "a b\nb\nr\nb\n"), "3");
}

static void test_guards(void **state)
{
	static const char spec[] =
		"Event w(value, mask) Event x\n"
		"Clock c when w if (value & mask) == 0x10 || value == ~0, x\nNever c";
	static const char chain[] = "Event w(v) Clock a when w if v > 2 Clock b when a if v < 5\n"
				    "Clock c when b if v % 2 Never c";
	static const char many[] = "Event w(v) Clock big when w if v > 7 Never big";
	static const char clocks[] = "Event w(v) Clock a Var last = 0 on w set v\n"
				     "Let u be a + w Clock c when u if last == 3 Never c";

	(void)state;
	assert_string_equal(instants(spec, "w(1,2)\nw(0x30,0x10)\n"), "1");
	assert_string_equal(instants(spec, "x\n"), "0");
	assert_string_equal(instants(spec, "w(0xffffffffffffffff,0)\n"), "0");
	/* A guard over a guarded clock sees the arguments of its event. */
	assert_string_equal(instants(chain, "w(1)\nw(2)\nw(4)\nw(5)\nw(3)\n"), "4");
	/* An event that ticks several times in an instant: any of them. */
	assert_string_equal(instants(many, "w(1) w(2) w(3)\nw(1) w(9) w(2)\n"), "1");
	/* A guard over any clock sees variables, as they were before the instant. */
	assert_string_equal(instants(clocks, "w(3)\na\n"), "1");
	assert_string_equal(instants(clocks, "w(2)\nw(3)\nw(4)\na\n"), "2");
}

static void test_arithmetic(void **state)
{
	static const char *const truths[] = {
		"1 + 2 * 3 == 7",
		"(1 + 2) * 3 == 9",
		"7 / 2 == 3 && 7 % 2 == 1",
		"7 / 0 == 0 && 7 % 0 == 0",
		"1 << 4 == 16 && 1 << 64 == 0 && 256 >> 4 == 16",
		"0 - 1 == 0xffffffffffffffff && -1 == ~0",
		"(6 & 3) == 2 && (6 | 3) == 7 && (6 ^ 3) == 5",
		"1 | 2 == 2", /* as in C: 1 | (2 == 2) */
		"!0 == 1 && !5 == 0",
		"2 < 3 && 3 <= 3 && 4 > 3 && 3 >= 3 && 3 != 4",
		"(0 ? 1 : 2) == 2 && (3 ? 1 : 2) == 1 && (0 ? 1 : 0 ? 2 : 3) == 3",
		"(2 && 3) == 1 && (0 || 7) == 1 && (0 && 1 / 0) == 0",
		"0 || 0 || 1",
		"10 - 3 - 2 == 5",
		"five == 5 && twice == 10",
		"x == 4 && x + v == 9 && a[1] == 6 && a[2] == 0 && a[99] == 0",
	};
	char spec[512];

	(void)state;
	for (unsigned i = 0; i < sizeof(truths) / sizeof(truths[0]); i++) {
		snprintf(spec, sizeof(spec),
			 "Event e(x) Const five = 5 Value twice = five * 2 Var v = 5\n"
			 "Var a[3] = 6 on e if x == 1 set [2] 0\nRequire %s when e if x == 4",
			 truths[i]);
		if (strcmp(instants(spec, "e(1)\ne(4)\n"), ""))
			fail_msg("%s is false", truths[i]);
		snprintf(spec, sizeof(spec),
			 "Event e(x) Const five = 5 Value twice = five * 2 Var v = 5\n"
			 "Var a[3] = 6 on e if x == 1 set [2] 0\nRequire !(%s) when e if x == 4",
			 truths[i]);
		if (strcmp(instants(spec, "e(1)\ne(4)\n"), "1"))
			fail_msg("%s is not true", truths[i]);
	}
}

static void test_variables(void **state)
{
	static const char count[] =
		"Event e(x) Clock r Scope s restarts r { Var n = 0 on e set n + x\n"
		"Require n < 3 when e }";
	static const char swap[] = "Event e Event t Var a = 1 on e set b Var b = 2 on e set a\n"
				   "Require a == 1 && b == 2 when t";
	static const char order[] = "Event e(x) Event t Var v = 0 on e set x Require v == 2 when t";
	static const char by_clock[] =
		"Clock a b t Let u be a * b Var v = 0 on u set 1 on a set 2\n"
		"Require v != 1 when t";
	static const char guarded[] = "Event e(x) Clock c when e if x > 3 Event t\n"
				      "Var v = 9 on c if x < 6 set x Require v == 5 when t";

	(void)state;
	/* Guards and requirements see the old value; a new life the initial one. */
	assert_string_equal(instants(count, "e(3)\ne(0)\n"), "1");
	assert_string_equal(instants(count, "e(2)\ne(0)\nr e(9)\n"), "");
	assert_string_equal(instants(count, "e(2)\nr e(1)\ne(1)\ne(1)\ne(0)\n"), "4");
	/* What one tick sets, it sets at once; ticks go in their order. */
	assert_string_equal(instants(swap, "t\ne\nt\n"), "2");
	assert_string_equal(instants(swap, "e\ne\nt\n"), "");
	assert_string_equal(instants(order, "e(1) e(2)\nt\n"), "");
	assert_string_equal(instants(order, "e(2) e(1)\nt\n"), "1");
	assert_string_equal(instants(count, "e(1) e(1) e(1)\ne(0)\n"), "1");
	/* Derived clocks set theirs after the events. */
	assert_string_equal(instants(by_clock, "a b\nt\n"), "1");
	assert_string_equal(instants(by_clock, "a\nt\n"), "");
	assert_string_equal(instants(guarded, "e(2)\ne(5)\ne(7)\nt\n"), "");
}

static void test_families(void **state)
{
	static const char spec[] = "Event en(q, v) Event ntf(q)\n"
				   "For q in 0..3 { Clock on when en[q] if v == 1\n"
				   "Rule order { First on < ntf[q] } }";
	static const char sugar[] =
		"Event ntf(q) Clock n[q in 0..2] when ntf[q] Clock m when ntf[3]\n"
		"Exclusion n[0] # n[1] # n[2]  Let u be n[*] Let all be u + m\n"
		"SubClocking ntf <- all";
	static const char scopes[] = "Event on(q) Event off(q) Event use(q)\n"
				     "Scope live[q in 0..1] restarts on[q] ends off[q] {\n"
				     "Var n = 0 on use[q] set n + 1 Require n < 2 when use[q] }";
	static const char two[] = "Event e(x) For i in 0..1 { For j in 0..1 {\n"
				  "Clock c when e if x == i * 2 + j } }\n"
				  "Never c[1][0]";
	struct kit_log log;

	(void)state;
	assert_string_equal(instants(spec, "en(2,1)\nntf(2)\nntf(3)\nntf(1)\nntf(9)\n"), "2 3");
	kit_text(spec, "en(1,0)\nntf(1)\n", &log);
	assert_string_equal(log.v[0].rule, "order[1]");
	assert_string_equal(instants(sugar, "ntf(0)\nntf(3)\nntf(0) ntf(1)\n"), "2");
	assert_string_equal(instants(sugar, "ntf(4)\n"), "0");
	assert_string_equal(instants(scopes,
				     "use(0)\nuse(0)\nuse(0)\non(0)\non(1)\nuse(0)\nuse(1)\n"
				     "use(0)\nuse(0)\noff(0)\nuse(0)\non(0)\nuse(0)\n"),
			    "8");
	assert_string_equal(instants(two, "e(0)\ne(1)\ne(3)\ne(2)\n"), "3");
}

static void test_tags(void **state)
{
	static const char spec[] =
		"Clock a b c\nRule one { clause X-1.2-3, Y-4 level SHOULD_NOT blame DEVICE\n"
		"expect \"words\" First a < b  First b < c }";
	struct ccsl_error err;
	struct ccsl_spec *s = ccsl_load_text("here", spec, NULL, NULL, &err);
	const struct ccsl_rule *r;

	(void)state;
	assert_non_null(s);
	assert_int_equal(ccsl_rules(s), 1);
	r = ccsl_rule(s, 0);
	assert_string_equal(r->name, "one");
	assert_int_equal(r->nclauses, 2);
	assert_string_equal(r->clauses[0], "X-1.2-3");
	assert_string_equal(r->clauses[1], "Y-4");
	assert_int_equal(r->level, CCSL_SHOULD_NOT);
	assert_int_equal(r->blame, CCSL_DEVICE);
	assert_int_equal(r->form, CCSL_ORDER);
	assert_string_equal(r->expect, "words");
	assert_string_equal(r->text, "First a < b; First b < c");
	assert_string_equal(r->file, "here");
	assert_int_equal(r->line, 2);
	ccsl_spec_free(s);
	/* A rule is one constraint: once it failed, all of it is muted. */
	assert_string_equal(instants(spec, "c\nb\n"), "0");
}

static void test_prerequisites(void **state)
{
	static const char spec[] =
		"Clock r a b c Scope s restarts r {\n"
		"Rule second { needs first First b < c } Rule first { First a < b }\n"
		"Rule third { needs second First a < c } }";

	(void)state;
	assert_string_equal(instants(spec, "a\nb\nc\n"), "");
	assert_string_equal(instants(spec, "c\n"), "0");
	/* In this life only. */
	assert_string_equal(instants(spec, "b\nr\nc\n"), "0 2");
	/* The same instant: what is needed is judged first, wherever it is written. */
	assert_string_equal(instants("Clock a b c Rule x { needs y First a < b }\n"
				     "Rule y { First c < b }",
				     "b\n"),
			    "0");
	/* Who was not broken itself silences nobody. */
	assert_string_equal(
		instants("Clock a b c d Rule x { Never a } Rule y { needs x First b < c }\n"
			 "Rule z { needs y Never d }",
			 "a\nd\n"),
		"0 1");
	/* Silence is passed on: third needs second, which was silent for first's sake. */
	assert_string_equal(
		instants("Clock a b c d Rule p { First a < b } Rule q { needs p First d < c }\n"
			 "Rule r { needs q First a < d }",
			 "b\nc\nd\n"),
		"0");
}

static void on_note(void *ctx, const char *clock, const char *text, uint64_t cycle)
{
	char *buf = ctx;
	size_t n = strlen(buf);

	snprintf(buf + n, 128 - n, "%s %s %u;", clock, text, (unsigned)cycle);
}

static void test_notes_and_waivers(void **state)
{
	struct ccsl_error err;
	struct ccsl_spec *s = ccsl_load_text("t",
					     "Clock a b Note a \"hello\" For q in 0..1 { Rule x { "
					     "Never a } } Rule xy { Never b }",
					     NULL, NULL, &err);
	char notes[128] = "";
	struct ccsl_sink sink = { .ctx = notes, .note = on_note };
	struct ccsl_monitor *mon = ccsl_monitor_new(s, &sink), *other;
	struct ccsl_tick a = { .event = 0 };
	struct ccsl_count count;
	struct kit_log log;

	(void)state;
	assert_int_equal(ccsl_waive(mon, "x"), 0);
	assert_int_equal(ccsl_waive(mon, "nobody"), -ENOENT);
	ccsl_step(mon, 7, &a, 1);
	assert_string_equal(notes, "a hello 7;");
	ccsl_count(mon, &count);
	assert_int_equal(count.waived, 2);
	assert_int_equal(count.violations, 0);
	assert_int_equal(count.instants, 1);
	assert_int_equal(count.events, 1);
	assert_int_equal(count.constraints, 3);
	/* Another monitor of the same specification knows nothing of it. */
	sink = kit_sink(&log);
	other = ccsl_monitor_new(s, &sink);
	ccsl_step(other, 0, &a, 1);
	assert_int_equal(log.n, 2);
	assert_false(log.v[0].waived);
	ccsl_monitor_free(mon);
	ccsl_monitor_free(other);
	ccsl_spec_free(s);
}

/* Waived for one first argument: what else breaks the rule is told, in the same life too. */
static void test_narrow_waivers(void **state)
{
	static const char text[] =
		"Event go() Event hit(q, v) Event renew() Scope s restarts renew { "
		"Rule early { First go < hit } }";
	struct ccsl_tick both[] = { { .event = 1, .nargs = 2, .arg = { 2, 0 } },
				    { .event = 1, .nargs = 2, .arg = { 0, 2 } } };
	struct ccsl_tick renew = { .event = 2 };
	struct ccsl_error err;
	struct ccsl_spec *s = ccsl_load_text("t", text, NULL, NULL, &err);
	struct kit_log log;
	struct ccsl_sink sink = kit_sink(&log);
	struct ccsl_monitor *mon = ccsl_monitor_new(s, &sink);
	struct ccsl_count count;

	(void)state;
	assert_int_equal(ccsl_waive(mon, "early(x)"), -EINVAL);
	assert_int_equal(ccsl_waive(mon, "early(63)"), -EINVAL);
	assert_int_equal(ccsl_waive(mon, "early(2"), -EINVAL);
	assert_int_equal(ccsl_waive(mon, "nobody(2)"), -ENOENT);
	assert_int_equal(ccsl_waive(mon, "early(2)"), 0);
	ccsl_step(mon, 1, &both[0], 1);
	ccsl_step(mon, 2, &both[0], 1);
	assert_true(log.n == 2 && log.v[0].waived && log.v[1].waived);
	ccsl_step(mon, 3, &both[1], 1);
	assert_true(log.n == 3 && !log.v[2].waived);
	ccsl_step(mon, 4, &both[1], 1); /* once a life, as ever */
	assert_int_equal(log.n, 3);
	ccsl_step(mon, 5, &renew, 1);
	ccsl_step(mon, 6, both, 2); /* one of two is enough */
	assert_true(log.n == 4 && !log.v[3].waived);
	ccsl_count(mon, &count);
	assert_int_equal(count.waived, 2);
	assert_int_equal(count.violations, 2);
	ccsl_monitor_free(mon);
	ccsl_spec_free(s);
}

/* The results of all rules, by first letter: O V P v(acuous). */
static const char *results(const char *text, const char *trace)
{
	static char buf[32];
	struct ccsl_error err;
	struct ccsl_spec *s = ccsl_load_text("t", text, NULL, NULL, &err);
	struct ccsl_monitor *mon = ccsl_monitor_new(s, NULL);
	struct script t = { .spec = s, .name = "trace" };
	unsigned n = ccsl_rules(s);

	t.file = fmemopen((char *)trace, strlen(trace), "r");
	while (script_next(&t, &err) > 0)
		ccsl_step(mon, t.cycle, t.ticks, t.nticks);
	ccsl_finish(mon, t.cycle);
	fclose(t.file);
	script_done(&t);
	for (unsigned i = 0; i < n; i++)
		buf[i] = "OVPv"[ccsl_result(mon, i, NULL)];
	buf[n] = 0;
	ccsl_monitor_free(mon);
	ccsl_spec_free(s);
	return buf;
}

static void test_results(void **state)
{
	static const char spec[] =
		"Clock r a b Scope s restarts r { Precedence a < b SubClocking b <- a\n"
		"Within 9 events from a to b First a < b Never r }";

	(void)state;
	assert_string_equal(results(spec, ".\n"), "vvvvv");
	assert_string_equal(results(spec, "a\n"), "PvPvv");
	assert_string_equal(results(spec, "a\na b\n"), "POOOv");
	assert_string_equal(results(spec, "a\nb\n"), "OVOOv");
	/* What a life owed is dropped with it. */
	assert_string_equal(results(spec, "a\nr\n"), "vvOvV");
	assert_string_equal(results("Event e(x) Clock c when e if x Never c", "e(0)\n"), "O");
	assert_string_equal(results("Event e(x) Require x when e if x > 3", "e(0)\n"), "v");
	assert_string_equal(results("Event e(x) Require x when e if x > 3", "e(4)\n"), "O");
	assert_string_equal(results("Clock a b Forbid a after b", "a\n"), "v");
	assert_string_equal(results("Clock a b Forbid a after b", "b\na\n"), "V");
	assert_string_equal(results("Clock a b Forbid a after b", "b\n"), "O");
}

/* Deadlines in cycles, met, missed and cut short by the end of the trace. */
static void test_deadlines(void **state)
{
	static const char spec[] =
		"Clock r a b c Scope s restarts r { Within 10 cycles from a to b }";

	(void)state;
	assert_string_equal(instants(spec, "@5 a\n@15 b\n"), "");
	assert_string_equal(instants(spec, "@5 a\n@16 b\n"), "1");
	assert_string_equal(instants(spec, "@5 a\n@99 c\n"), "1");
	assert_string_equal(instants(spec, "@5 a\n@14 c\n"), "");
	assert_string_equal(instants(spec, "@5 a\n@99 r\n@100 c\n"), "");
	assert_string_equal(instants(spec, "@5 a\n@6 r\n@7 a\n@17 c\n@18 c\n@19 c\n"), "4");
}

static void test_explanations(void **state)
{
	struct kit_log log;

	(void)state;
	kit_text("Clock r a b Scope s restarts r { Precedence a < (max: 1) b }",
		 "@3 a\n@4 b\n@10 r\n@20 a\n@30 a\n", &log);
	assert_int_equal(log.n, 1);
	assert_string_equal(log.v[0].event, "a");
	assert_string_equal(log.v[0].explain,
			    "rule: Precedence a < (max: 1) b\n"
			    "ticks of its clocks in this life (since instant 2):\n"
			    "  instant 3 cycle 20  a\n"
			    "  instant 4 cycle 30  a\n"
			    "before: a is 1 ticks ahead of b\n"
			    "allowed next: b, not a\n");
	kit_text("Event w(v) Event other Clock big when w if v > 7 Let u be big + other\n"
		 "Forbid u after w until other",
		 "w(1)\nw(3) other w(9)\nw(2) w(8)\n", &log);
	assert_int_equal(log.n, 1);
	assert_int_equal(log.v[0].instant, 2);
	assert_string_equal(log.v[0].event, "w(2) w(8)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scope_restarts),
		cmocka_unit_test(test_scope_nested),
		cmocka_unit_test(test_scope_window),
		cmocka_unit_test(test_scope_continued),
		cmocka_unit_test(test_guards),
		cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_prerequisites),
		cmocka_unit_test(test_notes_and_waivers),
		cmocka_unit_test(test_narrow_waivers),
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_deadlines),
		cmocka_unit_test(test_explanations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
