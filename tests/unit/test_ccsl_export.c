/* SPDX-License-Identifier: MIT */
/*
 * Specifications as text for other tools. What the text has to be is derived by hand from the
 * encoding; that it means the same is shown by reading it back: over random specifications
 * with scopes and random traces, the first instant that breaks it is that of the original.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "monitor/export.h"
#include "tests/lib/ccsl_kit.h"

#define SPECS  1500
#define TRACES 12
#define LENGTH 40

/* The text, or "line:col: message" of the refusal; freed by the caller. */
static char *exported(const char *text, enum export_to to)
{
	struct ccsl_error err;
	struct ccsl_spec *spec = ccsl_load_text("test", text, NULL, NULL, &err);
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	assert_non_null(f);
	if (!spec)
		fail_msg("%u:%u: %s in\n%s", err.line, err.col, err.text, text);
	if (export_write(spec, "life", to, f, &err))
		fprintf(f, "%u:%u: %s", err.line, err.col, err.text);
	fclose(f);
	ccsl_spec_free(spec);
	return out;
}

static void gives(enum export_to to, const char *text, const char *want)
{
	char *got = exported(text, to);

	assert_string_equal(got, want);
	free(got);
}

#define LIFE                                              \
	"Clock rst ack drv fail ntf\n"                    \
	"Exclusion rst # ack # drv # fail # ntf\n"        \
	"Scope life restarts rst {\n"                     \
	"Rule steps { First ack < drv }\n"                \
	"Rule failed { Forbid ack, drv after fail }\n"    \
	"Rule quiet { Forbid ntf after ack until drv }\n" \
	"Rule never { Never ntf }\n"                      \
	"}\n"

/* Padded stages and sampled intervals, and the life before the first reset. */
static void test_light_life(void **state)
{
	(void)state;
	gives(EXPORT_LIGHTCCSL, LIFE,
	      "Specification life {\n"
	      "\tClock rst, ack, drv, fail, ntf\n"
	      "\t[\n"
	      "\t\t// Exclusion@2:11: Exclusion rst # ack # drv # fail # ntf\n"
	      "\t\tExclusion rst # ack # drv # fail # ntf\n"
	      "\t\t// steps: First ack < drv\n"
	      "\t\tLet X_ack be ack + rst\n"
	      "\t\tP_ack = rst $ 1 on X_ack\n"
	      "\t\tD_ack = X_ack $ 1\n"
	      "\t\tLet F_ack be X_ack - D_ack\n"
	      "\t\tLet X_drv be drv + rst\n"
	      "\t\tP_drv = rst $ 1 on X_drv\n"
	      "\t\tD_drv = X_drv $ 1\n"
	      "\t\tLet F_drv be X_drv - D_drv\n"
	      "\t\tPrecedence P_ack <= P_drv\n"
	      "\t\tPrecedence F_ack <= F_drv\n"
	      "\t\t// failed: Forbid ack, drv after fail\n"
	      "\t\tLet E1 be ack + drv + rst\n"
	      "\t\tq1 = fail sampledOn E1\n"
	      "\t\tSubClocking q1 <- rst\n"
	      "\t\t// quiet: Forbid ntf after ack until drv\n"
	      "\t\tLet E2 be ntf + drv + rst\n"
	      "\t\tq2 = ack sampledOn E2\n"
	      "\t\tLet G1 be drv + rst\n"
	      "\t\tSubClocking q2 <- G1\n"
	      "\t\t// never: Never ntf\n"
	      "\t\tLet never be ntf - ntf\n"
	      "\t\tSubClocking ntf <- never\n"
	      "\t]\n"
	      "}\n");
}

static void test_mrt_life(void **state)
{
	(void)state;
	gives(EXPORT_MRTCCSL,
	      "Clock rst ack drv fail\n"
	      "Exclusion rst # ack # drv # fail\n"
	      "Scope life restarts rst {\n"
	      "Rule steps { First ack <= drv }\n"
	      "Rule failed { Forbid ack, drv after fail }\n"
	      "}\n",
	      "structure {\n"
	      "\tvar rst, ack, drv, fail, X_ack, P_ack, D_ack, F_ack, X_drv, P_drv, D_drv, F_drv, "
	      "E1, q1: clock;\n"
	      "\t// Exclusion@2:11: Exclusion rst # ack # drv # fail\n"
	      "\trst # ack;\n"
	      "\trst # drv;\n"
	      "\trst # fail;\n"
	      "\tack # drv;\n"
	      "\tack # fail;\n"
	      "\tdrv # fail;\n"
	      "\t// steps: First ack <= drv\n"
	      "\tX_ack = ack or rst;\n"
	      "\tP_ack = rst $ 1 on X_ack;\n"
	      "\tD_ack = X_ack $ 1;\n"
	      "\tF_ack = X_ack except D_ack;\n"
	      "\tX_drv = drv or rst;\n"
	      "\tP_drv = rst $ 1 on X_drv;\n"
	      "\tD_drv = X_drv $ 1;\n"
	      "\tF_drv = X_drv except D_drv;\n"
	      "\tP_ack causes P_drv;\n"
	      "\tF_ack causes F_drv;\n"
	      "\t// failed: Forbid ack, drv after fail\n"
	      "\tE1 = ack or drv or rst;\n"
	      "\tq1 = sample fail on E1;\n"
	      "\tq1 subclocks rst;\n"
	      "}\n");
}

/* What the command line tool of LightCCSL drops without a word, in words that it reads. */
static void test_light_quirks(void **state)
{
	(void)state;
	gives(EXPORT_LIGHTCCSL,
	      "Clock a b c\n"
	      "Rule r { Alternates a ~ b  Synchronizes a = c }\n"
	      "Let u be a xor b\n"
	      "Let v be a\n"
	      "Let w be a + (b * c)\n"
	      "Precedence a <= (init: 1 max: 3) b < (max: 2) c\n",
	      "Specification life {\n"
	      "\tClock a, b, c\n"
	      "\t[\n"
	      "\t\t// r: Alternates a ~ b; Synchronizes a = c\n"
	      "\t\tPrecedence a < (init: 0 max: 1) b\n"
	      "\t\tSubClocking a <- c\n"
	      "\t\tSubClocking c <- a\n"
	      "\t\t// Exclusion@3:10: Exclusion of a xor b\n"
	      "\t\tExclusion a # b\n"
	      "\t\t// Precedence@6:14: Precedence a <= (init: 1 max: 3) b < (max: 2) c\n"
	      "\t\tPrecedence a <= (init: 1 max: 3) b\n"
	      "\t\t// Precedence@6:36: Precedence a <= (init: 1 max: 3) b < (max: 2) c\n"
	      "\t\tPrecedence b < (init: 0 max: 2) c\n"
	      "\t\tLet u be a + b\n"
	      "\t\tLet v be a + a\n"
	      "\t\tLet c1 be b * c\n"
	      "\t\tLet w be a + c1\n"
	      "\t]\n"
	      "}\n");
}

/* Names that are words of the tool, bounds by delay, sampling by how the clocks lie. */
static void test_mrt_quirks(void **state)
{
	(void)state;
	gives(EXPORT_MRTCCSL,
	      "Clock a b s\n"
	      "Rule r { Alternates a ~ b  Precedence a <= (max: 3) s }\n"
	      "Let x be a sampledOn b\n"
	      "Let y be a - b\n"
	      "Let z be y sampledOn a\n"
	      "Let d be inf(a, b)\n",
	      "structure {\n"
	      "\tvar a, b, s_2, x, y, z, d: clock;\n"
	      "\t// r: Alternates a ~ b; Precedence a <= (max: 3) s\n"
	      "\ta strict alternates b;\n"
	      "\ta causes s_2;\n"
	      "\ts_2 causes (a $ 3);\n"
	      "\tx = ((a and b) $ 1 on b) or (sample (a except b) on b);\n"
	      "\ty = a except b;\n"
	      "\tz = y $ 1 on a;\n"
	      "\td = fastest of a b;\n"
	      "}\n");
}

/* Judged by mrtccsl itself, "never = a except a" may tick with a. */
static void test_mrt_same_twice(void **state)
{
	(void)state;
	gives(EXPORT_MRTCCSL,
	      "Clock a b\n"
	      "Never a\n"
	      "Let u be b * b\n"
	      "SubClocking u <- a\n",
	      "structure {\n"
	      "\tvar a, b, S_a, never, S_b, u: clock;\n"
	      "\t// Never@2:7: Never a\n"
	      "\tS_a = a;\n"
	      "\tnever = a except S_a;\n"
	      "\ta subclocks never;\n"
	      "\t// SubClocking@4:13: SubClocking u <- a\n"
	      "\tS_b = b;\n"
	      "\tu = b and S_b;\n"
	      "\tu subclocks a;\n"
	      "}\n");
}

static void refused(enum export_to to, const char *text, const char *want)
{
	char *got = exported(text, to);

	if (strncmp(got, want, strlen(want)))
		fail_msg("%s\ngives %s\nand not %s", text, got, want);
	free(got);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "Event e(v)\nClock c when e if v == 1\nNever c", "2:21: \"c\" has a guard" },
		{ "Event e(v)\nNever e[3]", "2:7: \"e[3]\" is chosen by an argument" },
		{ "Event e(v)\nRequire v == 1 when e", "2:9: \"Require\" is about data" },
		{ "Clock a b\nWithin 3 events from a to b", "2:8: \"Within\" is about time" },
		{ "Clock a\nVar v = 0 on a set 1\nNever a", "2:5: \"v\" is a variable" },
		{ "Clock a r\nScope s restarts r {\nNever (a $ 2)\n}",
		  "3:8: $ in the scope \"s\" counts" },
		{ "Clock a b r\nScope s restarts r {\nPrecedence a < b\n}",
		  "3:14: this precedence counts anew in each life of the scope \"s\"" },
		{ "Clock a b r\nScope s restarts r {\nLet i be inf(a, b)\n}",
		  "3:5: inf in the scope" },
		{ "Clock a b r\nScope s restarts r {\nLet i be sup(a, b)\n}",
		  "3:5: sup in the scope" },
		{ "Clock a r\nScope s restarts r {\nrepeat u every 2 a\n}",
		  "3:8: every in the scope" },
		{ "Clock a\nLet f be a filterBy 1(01)",
		  "2:5: other tools do not have \"filterBy\"" },
		{ "Clock a b\nLet f be upTo(a, b)", "2:5: other tools do not have \"upTo\"" },
		{ "Clock a\nLet f be again(await(a, 2))", "2:5: other tools do not have \"then\"" },
		{ "Clock a b r\nScope s restarts r {\nFirst a < b\n}",
		  "3:9: \"a\" may tick together with \"r\"" },
		{ "Clock a b r\nExclusion a # r\nScope s restarts r {\nFirst a < b\n}",
		  "4:9: \"b\" may tick together with \"r\"" },
		{ "Clock a r e\nScope s restarts r ends e {\nNever a\n}",
		  "2:7: the scope \"s\" is a window" },
		{ "Clock a b\nPrecedence a < (max: 5000000000) b",
		  "2:14: other tools do not count" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		refused(EXPORT_LIGHTCCSL, cases[i].text, cases[i].want);
		refused(EXPORT_MRTCCSL, cases[i].text, cases[i].want);
	}
	refused(EXPORT_MRTCCSL, "Clock a b\nPrecedence a < (init: 1 max: 2) b",
		"2:14: this tool cannot start a count at 1");
	refused(EXPORT_MRTCCSL, "Clock a\nrepeat u every 2 a", "2:8: versions of this tool differ");
}

/* --- the meaning ----------------------------------------------------------------------- */

struct gen {
	uint64_t seed;
	char text[8192];
	size_t len;
	bool single; /* all clocks exclude one another */
	bool free;   /* r and q may tick together with some of them */
	unsigned defs;
};

static unsigned pick(struct gen *g, unsigned n)
{
	return (unsigned)(kit_random(&g->seed) >> 33) % n;
}

__attribute__((format(printf, 2, 3))) static void add(struct gen *g, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	g->len += (size_t)vsnprintf(g->text + g->len, sizeof(g->text) - g->len, fmt, ap);
	va_end(ap);
	assert_true(g->len < sizeof(g->text));
}

/* a .. e are plain events, d0 .. what has been defined so far. */
static const char *clock_name(struct gen *g)
{
	static const char *const plain[] = { "a", "b", "c", "d", "e" };
	static const char *const made[] = { "d0", "d1", "d2", "d3" };

	if (g->defs && !pick(g, 3))
		return made[pick(g, g->defs)];
	return plain[pick(g, 5)];
}

static const char *other(struct gen *g, const char *than)
{
	const char *name = clock_name(g);

	while (!strcmp(name, than))
		name = clock_name(g);
	return name;
}

static void scoped_def(struct gen *g)
{
	static const char *const ops[] = { "+", "*", "-", "sampledOn", "weaklySampledOn" };
	const char *a = clock_name(g), *b = other(g, a);
	unsigned op = pick(g, 6);

	if (op == 5)
		add(g, "Let d%u be %s $ %u on %s\n", g->defs, a, 1 + pick(g, 3), b);
	else
		add(g, "Let d%u be %s %s %s\n", g->defs, a, ops[op], b);
	g->defs++;
}

static void plain_def(struct gen *g)
{
	const char *a = clock_name(g), *b = other(g, a);

	switch (pick(g, 5)) {
	case 0:
		add(g, "Let d%u be %s $ %u\n", g->defs, a, pick(g, 4));
		break;
	case 1:
		add(g, "repeat d%u every %u %s from %u upTo %u\n", g->defs, 1 + pick(g, 3), a,
		    pick(g, 3), 3 + pick(g, 5));
		break;
	case 2:
		add(g, "Let d%u be inf(%s, %s)\n", g->defs, a, b);
		break;
	case 3:
		add(g, "Let d%u be sup(%s, %s)\n", g->defs, a, b);
		break;
	default:
		add(g, "Let d%u be await(%s, %u)\n", g->defs, a, 1 + pick(g, 3));
	}
	g->defs++;
}

static void interval(struct gen *g)
{
	const char *f = clock_name(g), *e = clock_name(g);

	add(g, "%s %s", pick(g, 3) ? "Forbid" : "Allow", e);
	if (!pick(g, 3))
		add(g, ", %s", other(g, e));
	add(g, " %s %s", pick(g, 3) ? "after" : "from", f);
	if (pick(g, 3))
		add(g, " %s %s", pick(g, 3) ? "until" : "through", other(g, f));
	add(g, "\n");
}

static void relation(struct gen *g, bool scoped)
{
	const char *a = clock_name(g), *b = other(g, a);

	switch (pick(g, scoped ? 10 : 13)) {
	case 0:
	case 1:
	case 2:
	case 3:
		add(g, "First %s %s %s\n", a, pick(g, 2) ? "<" : "<=", b);
		return;
	case 4:
	case 5:
	case 6:
	case 7:
		interval(g);
		return;
	case 8:
		add(g, "Exclusion %s # %s\n", a, b);
		return;
	case 9:
		add(g, pick(g, 2) ? "SubClocking %s <- (%s + e)\n" : "Never (%s * %s)\n", a, b);
		return;
	case 10:
		add(g, "Precedence %s %s (init: %u max: %u) %s\n", a,
		    pick(g, 2) ? "<" : "<=", pick(g, 3), 3 + pick(g, 3), b);
		return;
	case 11:
		add(g, "Precedence %s %s %s\n", a, pick(g, 2) ? "<" : "<=", b);
		return;
	default:
		add(g, "Alternates %s ~ %s\n", a, b);
	}
}

/* One scope, two, or none; r restarts the outer, q the inner one. */
static void make_spec(struct gen *g)
{
	unsigned scopes = pick(g, 5) ? 1 + pick(g, 2) : 0;

	g->len = g->defs = 0;
	g->single = !pick(g, 3);
	g->free = !g->single && !pick(g, 3);
	add(g, "Clock a b c d e q r\n");
	if (g->single)
		add(g, "Exclusion a # b # c # d # e # q # r\n");
	else if (!g->free)
		add(g, "Let any be a + b + c + d + e\n"
		       "Exclusion q # r\nExclusion r # any\nExclusion q # any\n");
	for (unsigned k = 0; k < 5 && g->free; k++)
		if (pick(g, 2))
			add(g, "Exclusion r # %c\nExclusion q # %c\n", 'a' + (char)k,
			    'a' + (char)k);
	if (!scopes && pick(g, 2))
		plain_def(g);
	if (scopes)
		add(g, "Scope life restarts r {\n");
	if (scopes && pick(g, 2))
		scoped_def(g);
	if (scopes && pick(g, 2))
		relation(g, true);
	if (scopes == 2)
		add(g, "Scope inner restarts q {\n");
	if (pick(g, 2))
		scoped_def(g);
	for (unsigned n = 1 + pick(g, 2); n > 0; n--)
		relation(g, scopes);
	while (scopes--)
		add(g, "}\n");
}

struct trace {
	unsigned set[LENGTH]; /* of clocks a b c d e q r, bit by bit */
};

static void make_trace(struct gen *g, struct trace *t)
{
	for (unsigned i = 0; i < LENGTH; i++) {
		unsigned luck = pick(g, 12);

		if (luck < 2)
			t->set[i] = 1u << (5 + luck) | (g->free ? pick(g, 32) & pick(g, 32) : 0);
		else if (g->single || pick(g, 2))
			t->set[i] = 1u << pick(g, 5);
		else
			t->set[i] = pick(g, 32) & pick(g, 32);
	}
	if (!pick(g, 20))
		t->set[pick(g, LENGTH)] |= 1u << pick(g, 7);
}

static void on_verdict(void *ctx, const struct ccsl_verdict *v)
{
	int *first = ctx;

	if (*first < 0)
		*first = (int)v->instant;
}

/* The first instant that breaks it, or -1. */
static int judge(const struct ccsl_spec *spec, const struct trace *t)
{
	static const char *const names[] = { "a", "b", "c", "d", "e", "q", "r" };
	int first = -1, id;
	struct ccsl_sink sink = { .ctx = &first, .verdict = on_verdict };
	struct ccsl_monitor *mon = ccsl_monitor_new(spec, &sink);

	assert_non_null(mon);
	for (unsigned i = 0; i < LENGTH && first < 0; i++) {
		struct ccsl_tick ticks[7];
		unsigned n = 0;

		for (unsigned k = 0; k < 7; k++)
			if (t->set[i] >> k & 1) {
				id = ccsl_event_find(spec, names[k]);
				assert_true(id >= 0);
				ticks[n++] = (struct ccsl_tick){ .event = (uint16_t)id };
			}
		ccsl_step(mon, i, ticks, n);
	}
	ccsl_monitor_free(mon);
	return first;
}

struct tally {
	unsigned traces, broken, late, refused;
};

static void compare(struct gen *g, const char *out, struct tally *tally)
{
	struct ccsl_error err;
	struct ccsl_spec *a = ccsl_load_text("spec", g->text, NULL, NULL, &err);
	struct ccsl_spec *b = ccsl_load_text("text", out, NULL, NULL, &err);

	if (!b)
		fail_msg("%u:%u: %s in\n%s", err.line, err.col, err.text, out);
	for (unsigned i = 0; i < TRACES; i++) {
		struct trace t;
		int x, y;

		make_trace(g, &t);
		x = judge(a, &t);
		y = judge(b, &t);
		for (unsigned k = 0; k < LENGTH && x != y; k++)
			print_error("%2u %s%s%s%s%s%s%s\n", k, t.set[k] & 1 ? "a" : "",
				    t.set[k] & 2 ? "b" : "", t.set[k] & 4 ? "c" : "",
				    t.set[k] & 8 ? "d" : "", t.set[k] & 16 ? "e" : "",
				    t.set[k] & 32 ? "q" : "", t.set[k] & 64 ? "r" : "");
		if (x != y)
			fail_msg("at %d, but as text at %d:\n%s\n%s", x, y, g->text, out);
		tally->traces++;
		tally->broken += x >= 0;
		tally->late += x >= 8;
	}
	ccsl_spec_free(a);
	ccsl_spec_free(b);
}

static void test_meaning(void **state)
{
	static struct gen g;
	struct tally tally = { 0 };

	(void)state;
	for (unsigned i = 0; i < SPECS; i++) {
		char *out;

		g.seed = 0x9e3779b97f4a7c15u * (i + 1);
		make_spec(&g);
		out = exported(g.text, EXPORT_LIGHTCCSL);
		if (strncmp(out, "Spec", 4))
			tally.refused++;
		else
			compare(&g, out, &tally);
		free(out);
	}
	print_message("# %u traces, %u break the specification, %u of them late; %u refused\n",
		      tally.traces, tally.broken, tally.late, tally.refused);
	assert_true(tally.refused > 0 && tally.refused < SPECS / 4);
	assert_true(tally.traces > 2000 && tally.late > 1000 && tally.traces - tally.broken > 1000);
}

/*
 * No program here reads mrtccsl, but what its text is built of can be said in CCSL: there,
 * `sample` is weaklySampledOn, and the bound of a count is an order with a delayed clock.
 */
static void test_mrt_identities(void **state)
{
	static const struct {
		const char *plain, *as_text;
	} same[] = {
		{ "SubClocking c <- (a sampledOn b)",
		  "Let x be ((a * b) $ 1 on b) + ((a - b) weaklySampledOn b) SubClocking c <- x" },
		{ "SubClocking c <- (a $ 3 on b)",
		  "Let s be ((a * b) $ 1 on b) + ((a - b) weaklySampledOn b)"
		  "Let x be s $ 2 on b SubClocking c <- x" },
		{ "Let x be every 1 a from 2 upTo 5 SubClocking x <- c",
		  "Let x be (a $ 2) - (a $ 6) SubClocking x <- c" },
		{ "Precedence a < (max: 3) b", "Precedence a < b < (a $ 3)" },
		{ "Precedence a <= (max: 2) b", "Precedence a <= b <= (a $ 2)" },
		{ "SubClocking c <- (a weaklySampledOn b)",
		  "Let x be (a * b) + ((a - b) sampledOn b) SubClocking c <- x" },
	};
	static struct gen g;
	static const char clocks[] = "Clock a b c d e q r\n";

	(void)state;
	g.seed = 12345;
	for (unsigned i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		struct tally tally = { 0 };
		char out[512];

		g.len = 0;
		g.single = g.free = false;
		add(&g, "%s%s\n", clocks, same[i].plain);
		snprintf(out, sizeof(out), "%s%s\n", clocks, same[i].as_text);
		for (unsigned k = 0; k < 100; k++)
			compare(&g, out, &tally);
		assert_true(tally.broken > 100);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_light_life),     cmocka_unit_test(test_mrt_life),
		cmocka_unit_test(test_light_quirks),   cmocka_unit_test(test_mrt_quirks),
		cmocka_unit_test(test_refusals),       cmocka_unit_test(test_meaning),
		cmocka_unit_test(test_mrt_identities), cmocka_unit_test(test_mrt_same_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
