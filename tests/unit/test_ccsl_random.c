/* SPDX-License-Identifier: MIT */
/*
 * The engine against the naive evaluator of tests/lib/naive.h: random specifications, random
 * traces. Compared are the verdicts of each constraint with their instants, its result at
 * the end, and the notes.
 *
 * SOAK=1: 100,000 pairs instead of 6,000. CCSL_SEED=n: that pair alone, with the text, the
 * trace and both answers. CCSL_PAIRS=n: so many pairs.
 */
#include "monitor/ccsl.h"
#include "tests/lib/naive.h"
#include "tests/lib/naive_eval.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RULES = NAIVE_UNITS, SHOWN = 3 };

struct answer { /* of the engine */
	unsigned now;
	bool bad; /* a callback that contradicts itself */
	unsigned broken[RULES][NAIVE_INSTANTS + 1];
	unsigned notes[NAIVE_INSTANTS + 1][NAIVE_ITEMS];
	uint64_t violations[RULES];
	int result[RULES];
	const struct naive_trace *trace;
};

struct pair {
	struct naive_spec spec;
	struct naive_trace trace;
	struct naive_verdicts naive;
	struct answer engine;
	int rule[NAIVE_UNITS]; /* of the engine, for each unit */
	char why[512];         /* they differ, or could not be compared */
	FILE *story;           /* both answers, or NULL */
	/* what was seen over all pairs */
	uint64_t units, verdicts, lives, results[4], broke[I_KINDS], kept[I_KINDS];
	uint64_t deep_broke, deep_kept; /* in loops in loops */
};

static void on_verdict(void *ctx, const struct ccsl_verdict *v)
{
	struct answer *a = ctx;
	uint64_t cycle = a->now < a->trace->n ? a->trace->at[a->now].cycle : a->trace->end;

	if (v->index >= RULES) {
		a->bad = true;
		return;
	}
	a->broken[v->index][a->now]++;
	/* The end has the cycle of the end; its number is nobody's business. */
	a->bad |= v->cycle != cycle || (a->now < a->trace->n && v->instant != a->now) || v->waived;
}

static void on_note(void *ctx, const char *clock, const char *text, uint64_t cycle)
{
	struct answer *a = ctx;

	(void)clock;
	a->bad |= a->now >= a->trace->n || cycle != a->trace->at[a->now].cycle;
	a->notes[a->now][strtoul(text + 1, NULL, 10) % NAIVE_ITEMS]++;
}

static void run_engine(struct pair *p, struct ccsl_spec *spec)
{
	struct answer *a = &p->engine;
	struct ccsl_sink sink = { .ctx = a, .verdict = on_verdict, .note = on_note };
	struct ccsl_monitor *mon;

	memset(a, 0, sizeof(*a));
	a->trace = &p->trace;
	mon = ccsl_monitor_new(spec, &sink);
	assert_non_null(mon);
	for (a->now = 0; a->now < p->trace.n; a->now++) {
		const struct naive_instant *now = &p->trace.at[a->now];
		struct ccsl_tick tick[NAIVE_TICKS];

		for (unsigned t = 0; t < now->n; t++) {
			const struct item *e = &p->spec.item[now->tick[t].event];

			tick[t] = (struct ccsl_tick){
				.event = (uint16_t)ccsl_event_find(spec, e->name),
				.nargs = (uint8_t)strlen(e->args),
			};
			memcpy(tick[t].arg, now->tick[t].arg, sizeof(tick[t].arg));
		}
		ccsl_step(mon, now->cycle, tick, now->n);
	}
	ccsl_finish(mon, p->trace.end);
	for (unsigned r = 0; r < ccsl_rules(spec) && r < RULES; r++)
		a->result[r] = ccsl_result(mon, r, &a->violations[r]);
	ccsl_monitor_free(mon);
}

static bool same_name(const struct naive_unit *u, const struct ccsl_rule *rule)
{
	char name[48];

	if (u->item->kind == I_RULE) {
		const struct item *loop = u->item->loop;
		int n = snprintf(name, sizeof(name), "%s", u->item->name);

		if (loop && loop->loop)
			n += snprintf(name + n, sizeof(name) - (size_t)n, "[%d]",
				      naive_index(loop, u->q, loop->loop));
		if (loop)
			snprintf(name + n, sizeof(name) - (size_t)n, "[%d]",
				 naive_index(loop, u->q, loop));
		return !strcmp(name, rule->name);
	}
	if (rule->line != u->item->line || !strchr(rule->name, '@'))
		return false;
	return (u->xor || u->item->kind == I_EXCL) == !strncmp(rule->name, "Exclusion@", 10);
}

/* Constraints of one line come in their order. */
static bool map_rules(struct pair *p, const struct ccsl_spec *spec)
{
	bool taken[RULES] = { false };
	unsigned n = ccsl_rules(spec);

	for (unsigned u = 0; u < p->naive.n; u++) {
		unsigned r = 0;

		while (r < n && r < RULES &&
		       (taken[r] || !same_name(&p->naive.unit[u], ccsl_rule(spec, r))))
			r++;
		if (r >= n || r >= RULES) {
			snprintf(p->why, sizeof(p->why),
				 "the engine has no constraint for %s in line %u",
				 p->naive.unit[u].item->name, p->naive.unit[u].item->line);
			return false;
		}
		taken[r] = true;
		p->rule[u] = (int)r;
	}
	if (n != p->naive.n)
		snprintf(p->why, sizeof(p->why), "the engine has %u constraints instead of %u", n,
			 p->naive.n);
	return n == p->naive.n;
}

static bool same_unit(struct pair *p, unsigned n)
{
	const struct naive_unit *u = &p->naive.unit[n];
	const struct answer *a = &p->engine;
	unsigned r = (unsigned)p->rule[n];
	uint64_t all = 0;

	for (unsigned i = 0; i <= p->trace.n; i++) {
		all += u->broken[i];
		if (a->broken[r][i] == u->broken[i])
			continue;
		snprintf(p->why, sizeof(p->why),
			 "%s[%d] line %u link %u, instant %u: %s by the engine%s", u->item->name,
			 u->q, u->item->line, u->link, i, a->broken[r][i] ? "broken" : "kept",
			 i == p->trace.n ? " (the end)" : "");
		return false;
	}
	if (a->result[r] != u->result &&
	    !(u->vague && a->result[r] != CCSL_VIOLATED && a->result[r] != CCSL_PENDING)) {
		snprintf(p->why, sizeof(p->why), "%s[%d] line %u link %u: %s by the engine, not %s",
			 u->item->name, u->q, u->item->line, u->link,
			 ccsl_result_name((enum ccsl_result)a->result[r]),
			 ccsl_result_name((enum ccsl_result)u->result));
		return false;
	}
	if (a->violations[r] != all)
		snprintf(p->why, sizeof(p->why),
			 "%s line %u: %" PRIu64 " violations counted, not %" PRIu64, u->item->name,
			 u->item->line, a->violations[r], all);
	return a->violations[r] == all;
}

static bool same_notes(struct pair *p)
{
	for (unsigned i = 0; i < p->trace.n; i++)
		for (unsigned k = 0; k < p->spec.nitems; k++)
			if (p->engine.notes[i][k] != p->naive.notes[i][k]) {
				snprintf(p->why, sizeof(p->why),
					 "note n%u, instant %u: %u times by the engine, not %u", k,
					 i, p->engine.notes[i][k], p->naive.notes[i][k]);
				return false;
			}
	return true;
}

static void tell(struct pair *p, const struct ccsl_spec *spec)
{
	for (unsigned u = 0; u < p->naive.n; u++) {
		const struct naive_unit *unit = &p->naive.unit[u];
		unsigned r = (unsigned)p->rule[u];

		fprintf(p->story, "%-24s", ccsl_rule(spec, r)->name);
		for (unsigned side = 0; side < 2; side++) {
			int result = side ? unit->result : p->engine.result[r];

			fprintf(p->story, "  %s %s", side ? "naive:" : "engine:",
				ccsl_result_name((enum ccsl_result)result));
			for (unsigned i = 0; i <= p->trace.n; i++)
				if (side ? unit->broken[i] : p->engine.broken[r][i])
					fprintf(p->story, " %u", i);
		}
		fputc('\n', p->story);
	}
}

/* Do the two agree on the pair? If not, p->why tells what about. */
static bool agree(struct pair *p)
{
	struct ccsl_error err = { .line = 0 };
	struct ccsl_spec *spec;
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	bool same = true;

	*p->why = 0;
	naive_print(&p->spec, f);
	fclose(f);
	spec = ccsl_load_text("random.ccsl", text, NULL, NULL, &err);
	free(text);
	if (!spec) {
		snprintf(p->why, sizeof(p->why), "not loaded: %u:%u: %s", err.line, err.col,
			 err.text);
		return false;
	}
	naive_judge(&p->naive, &p->spec, &p->trace);
	same = map_rules(p, spec);
	for (unsigned r = 0; !same && p->story && r < ccsl_rules(spec); r++)
		fprintf(p->story, "%s in line %u: %s\n", ccsl_rule(spec, r)->name,
			ccsl_rule(spec, r)->line, ccsl_rule(spec, r)->text);
	if (same) {
		run_engine(p, spec);
		for (unsigned u = 0; u < p->naive.n && same; u++)
			same = same_unit(p, u);
		same = same && same_notes(p);
		if (same && p->engine.bad)
			snprintf(p->why, sizeof(p->why), "a verdict or note with a wrong place");
		same = same && !p->engine.bad;
		if (p->story)
			tell(p, spec);
	}
	ccsl_spec_free(spec);
	return same;
}

static bool still_differs(void *ctx, struct naive_spec *spec, const struct naive_trace *trace)
{
	struct pair *p = ctx;

	(void)spec;
	(void)trace;
	return !agree(p) && strncmp(p->why, "not loaded", 10) != 0;
}

static void show(struct pair *p)
{
	p->story = NULL;
	agree(p);
	printf("# %s\n", p->why);
	naive_print(&p->spec, stdout);
	naive_trace_print(&p->spec, &p->trace, stdout);
	p->story = stdout;
	agree(p);
	p->story = NULL;
	fflush(stdout);
}

static void make(struct pair *p, uint64_t seed)
{
	naive_spec_make(&p->spec, seed);
	naive_trace_make(&p->trace, &p->spec, seed);
}

static void count(struct pair *p)
{
	for (unsigned u = 0; u < p->naive.n; u++) {
		const struct naive_unit *unit = &p->naive.unit[u];

		p->units++;
		p->results[unit->result]++;
		for (unsigned i = 0; i <= p->trace.n; i++)
			p->verdicts += unit->broken[i];
		if (unit->result == NAIVE_VIOLATED)
			p->broke[unit->item->kind]++;
		else if (unit->result == NAIVE_OK)
			p->kept[unit->item->kind]++;
		if (unit->item->loop && unit->item->loop->loop) {
			p->deep_broke += unit->result == NAIVE_VIOLATED;
			p->deep_kept += unit->result == NAIVE_OK;
		}
	}
}

static uint64_t env(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 0) : otherwise;
}

static void test_random(void **state)
{
	struct pair *p = *state;
	uint64_t pairs = env("CCSL_PAIRS", env("SOAK", 0) ? 100000 : 6000);
	unsigned differ = 0;

	if (getenv("CCSL_SEED")) {
		make(p, env("CCSL_SEED", 0));
		show(p);
		if (agree(p))
			return;
		printf("# in short:\n");
		naive_shrink(&p->spec, &p->trace, still_differs, p);
		show(p);
		fail();
	}
	for (uint64_t seed = 1; seed <= pairs && differ < SHOWN; seed++) {
		make(p, seed);
		if (agree(p)) {
			count(p);
			continue;
		}
		differ++;
		printf("# CCSL_SEED=%" PRIu64 ": %s\n", seed, p->why);
		if (strncmp(p->why, "not loaded", 10) != 0)
			naive_shrink(&p->spec, &p->trace, still_differs, p);
		show(p);
	}
	printf("# %" PRIu64 " constraints: OK %" PRIu64 ", VIOLATED %" PRIu64 ", PENDING %" PRIu64
	       ", VACUOUS %" PRIu64 "; %" PRIu64 " verdicts\n",
	       p->units, p->results[0], p->results[1], p->results[2], p->results[3], p->verdicts);
	assert_int_equal(differ, 0);
}

/* A comparison in which nothing ever breaks, or everything does, would prove little. */
static void test_seen_both_ways(void **state)
{
	struct pair *p = *state;

	if (getenv("CCSL_SEED"))
		skip();
	for (unsigned k = I_PREC; k < I_KINDS; k++) {
		assert_true(p->broke[k] > 5);
		assert_true(p->kept[k] > 5);
	}
	assert_true(p->broke[I_RULE] > 5 && p->kept[I_RULE] > 5);
	assert_true(p->broke[I_CHECK] > 5 && p->kept[I_CHECK] > 5);
	assert_true(p->deep_broke > 5 && p->deep_kept > 5);
	assert_true(p->results[NAIVE_PENDING] > 5 && p->results[NAIVE_VACUOUS] > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_seen_both_ways),
	};
	struct pair *p = calloc(1, sizeof(*p));
	struct CMUnitTest list[2];
	int rc;

	memcpy(list, tests, sizeof(tests));
	for (unsigned k = 0; k < 2; k++)
		list[k].initial_state = p;
	rc = cmocka_run_group_tests_name("ccsl_random", list, NULL, NULL);
	free(p);
	return rc;
}
