/* SPDX-License-Identifier: MIT */
/*
 * What the monitor costs:
 *
 *   ccsl_life       the life cycle's specification against the state machine that somebody
 *                   would write by hand (tests/lib/life_ref.c), on the instants of a real session
 *   ccsl_full       the whole specification against the same state machine, same instants
 *   ccsl_untouched  an instant among 1,000 constraints that it does not touch, against 10
 *   ccsl_memory     memory before and after 100 million instants
 *
 * Both sides of ccsl_life first have to find the same violations in the sessions of all
 * drivers, right and wrong. usage: bench_ccsl OUT.json [RUNS]
 */
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cmd_rig.h"
#include "tests/lib/bench.h"
#include "tests/lib/life_ref.h"
#include "tests/lib/session.h"

#define TARGET    4096 /* pages of the measured session */
#define PLAYS     40   /* of the session, in one run */
#define MANY      100000000ULL
#define STEPS     2000000 /* of the generated specification, in one run */
#define TOUCHED   8       /* constraints there that the instant does touch */
#define FEW       10
#define A_LOT     1000
#define MOST_SEEN 4096

/* --- the life cycle ----------------------------------------------------------------------- */

struct verdict {
	uint64_t instant;
	char rule[48];
};

struct verdicts {
	unsigned n;
	struct verdict v[MOST_SEEN];
};

static void see(struct verdicts *seen, uint64_t instant, const char *rule)
{
	struct verdict *v = &seen->v[seen->n++];

	if (seen->n == MOST_SEEN)
		bench_die("counting verdicts");
	memset(v, 0, sizeof(*v));
	v->instant = instant;
	snprintf(v->rule, sizeof(v->rule), "%s", rule);
}

static void on_verdict(void *ctx, const struct ccsl_verdict *v)
{
	see(ctx, v->instant, v->rule->name);
}

static void on_fault(void *ctx, enum ref_rule rule, uint64_t instant)
{
	char name[48];

	see(ctx, instant, life_ref_name(rule, name, sizeof(name)));
}

static const char *const life_files[] = { "specs/life.ccsl", "specs/life_device.ccsl",
					  "specs/life_pci.ccsl" };
static const char *const full_files[] = { "specs/virtio.ccsl" };

static struct ccsl_spec *load(const char *const *names, unsigned n)
{
	char path[3][4096];
	const char *paths[] = { path[0], path[1], path[2] };
	struct ccsl_error err;
	struct ccsl_spec *spec;

	for (unsigned i = 0; i < n; i++)
		if (!rig_find(names[i], path[i], sizeof(path[i])))
			bench_die(names[i]);
	spec = ccsl_load(paths, n, NULL, NULL, &err);
	if (!spec)
		bench_die(err.text);
	return spec;
}

/* Plays a session to the monitor, cycles from `base` on. Returns where the next one starts. */
static uint64_t judge(struct ccsl_monitor *mon, const struct session *s, uint64_t base)
{
	for (size_t i = 0; i < s->ninstants; i++) {
		const struct session_instant *in = &s->instants[i];

		ccsl_step(mon, base + in->cycle, s->ticks + in->tick, in->nticks);
	}
	return base + s->instants[s->ninstants - 1].cycle + 1;
}

/* The same to the state machine, which takes the events of an instant one by one. */
static uint64_t judge_by_hand(struct life_ref *ref, const struct session *s, uint64_t first)
{
	for (size_t i = 0; i < s->ninstants; i++) {
		const struct ccsl_tick *t = s->ticks + s->instants[i].tick;

		for (const struct ccsl_tick *end = t + s->instants[i].nticks; t < end; t++) {
			ref->instant = first + i;
			life_ref_step(ref, t);
		}
	}
	return first + s->ninstants;
}

static int order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct verdict));
}

/* The yardstick does the same work: same violations, of every driver that there is. */
static void compare_verdicts(const struct ccsl_spec *spec)
{
	static struct verdicts engine, hand;
	struct ccsl_sink sink = { .ctx = &engine, .verdict = on_verdict };
	struct ccsl_monitor *mon = ccsl_monitor_new(spec, &sink);
	const struct driver_scenario *scenario;
	struct session all = { 0 };
	struct life_ref ref;
	unsigned n;

	for (n = 0; (scenario = driver_scenario_at(n)); n++)
		session_play(&all, scenario, 64);
	life_ref_init(&ref, on_fault, &hand);
	judge(mon, &all, 0);
	judge_by_hand(&ref, &all, 0);
	qsort(engine.v, engine.n, sizeof(engine.v[0]), order);
	qsort(hand.v, hand.n, sizeof(hand.v[0]), order);
	for (unsigned i = 0; i < engine.n || i < hand.n; i++)
		if (order(&engine.v[i], &hand.v[i])) {
			fprintf(stderr, "bench: specs %" PRIu64 " %s, by hand %" PRIu64 " %s\n",
				engine.v[i].instant, engine.v[i].rule, hand.v[i].instant,
				hand.v[i].rule);
			bench_die("finding the same violations");
		}
	if (engine.n < 10)
		bench_die("finding violations");
	printf("%-14s both sides find the same %u violations in %u sessions, %zu instants\n",
	       "ccsl_life", engine.n, n, all.ninstants);
	ccsl_monitor_free(mon);
	session_free(&all);
}

struct life {
	struct ccsl_spec *spec, *full;
	struct session session;
};

static double per_instant(const struct life *life, double from)
{
	return (bench_cpu() - from) / (double)(PLAYS * life->session.ninstants) * 1e9;
}

static double by_specs(const struct life *life, const struct ccsl_spec *spec)
{
	static struct verdicts seen;
	struct ccsl_sink sink = { .ctx = &seen, .verdict = on_verdict };
	struct ccsl_monitor *mon = ccsl_monitor_new(spec, &sink);
	uint64_t base = judge(mon, &life->session, 0);
	double from = bench_cpu(), took;

	for (unsigned i = 0; i < PLAYS; i++)
		base = judge(mon, &life->session, base);
	took = per_instant(life, from);
	ccsl_monitor_free(mon);
	if (seen.n)
		bench_die("a life without violations");
	return took;
}

static double life_by_specs(void *ctx)
{
	return by_specs(ctx, ((struct life *)ctx)->spec);
}

static double full_by_specs(void *ctx)
{
	return by_specs(ctx, ((struct life *)ctx)->full);
}

static double life_by_hand(void *ctx)
{
	struct life *life = ctx;
	static struct verdicts seen;
	struct life_ref ref;
	uint64_t first;
	double from, took;

	life_ref_init(&ref, on_fault, &seen);
	first = judge_by_hand(&ref, &life->session, 0);
	from = bench_cpu();
	for (unsigned i = 0; i < PLAYS; i++)
		first = judge_by_hand(&ref, &life->session, first);
	took = per_instant(life, from);
	if (seen.n)
		bench_die("a life without violations by hand");
	return took;
}

static const struct bench_pair life_pair = {
	.key = "ccsl_life",
	.unit = "ns an instant",
	.ours = { "specs/life*.ccsl", life_by_specs },
	.baseline = { "a state machine in C", life_by_hand },
	.goal = 5,
};

static const struct bench_pair full_pair = {
	.key = "ccsl_full",
	.unit = "ns an instant",
	.ours = { "specs/virtio.ccsl", full_by_specs },
	.baseline = { "a state machine of the life cycle in C", life_by_hand },
	.goal = 20,
};

/* --- memory ------------------------------------------------------------------------------- */

static size_t resident(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (!f || fscanf(f, "%*u %lu", &pages) != 1)
		bench_die("/proc/self/statm");
	fclose(f);
	return pages * 4096;
}

/* What measuring itself takes for good is taken before. Returns where the session goes on. */
static uint64_t warm_up(struct ccsl_monitor *mon, const struct session *s)
{
	resident();
	mallinfo2();
	return judge(mon, s, judge(mon, s, 0));
}

static void memory(struct bench *b, struct life *life)
{
	struct ccsl_monitor *mon = ccsl_monitor_new(life->spec, NULL);
	uint64_t base = warm_up(mon, &life->session);
	size_t heap = mallinfo2().uordblks, rss = resident(), heap_after, rss_after;
	struct ccsl_count count;
	double from = bench_cpu(), took;
	char text[160];
	json_t *members;
	bool met;

	do {
		base = judge(mon, &life->session, base);
		ccsl_count(mon, &count);
	} while (count.instants < MANY);
	took = bench_cpu() - from;
	heap_after = mallinfo2().uordblks;
	rss_after = resident();
	/* Not a byte of heap; of the program's own pages the kernel may map a few more. */
	met = heap_after == heap && rss_after <= rss + (128 << 10);
	snprintf(text, sizeof(text),
		 "%" PRIu64 " instants in %.1f s: heap %zu -> %zu bytes, resident %zu -> %zu KiB",
		 count.instants, took, heap, heap_after, rss >> 10, rss_after >> 10);
	members =
		json_pack("{s:I, s:I, s:I, s:I, s:I, s:f}", "instants", (json_int_t)count.instants,
			  "heap_before", (json_int_t)heap, "heap_after", (json_int_t)heap_after,
			  "resident_before", (json_int_t)rss, "resident_after",
			  (json_int_t)rss_after, "seconds", took);
	bench_figure(b, "ccsl_memory", text, met, members);
	ccsl_monitor_free(mon);
}

/* --- constraints that an instant does not touch --------------------------------------------- */

struct crowd {
	struct ccsl_spec *few, *many;
};

/*
 * Rules on events of their own, one kind after the other, and among them, evenly spread,
 * the rules on `go`, which is all that ever ticks.
 */
static struct ccsl_spec *make_crowd(unsigned untouched)
{
	static const char *const kinds[] = {
		"First a%u < b%u\n",
		"Clock c%u when a%u if v == 1\n\tForbid c%u after b%u\n",
		"Require v < w when a%u if v != 7\n\tRequire v when b%u\n",
		"Within 9 events from a%u to b%u\n",
		"Var x%u = 0 on a%u set v\n\tRequire x%u < 9 when b%u\n",
	};
	unsigned every = untouched / TOUCHED;
	struct ccsl_spec *spec;
	struct ccsl_error err;
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		bench_die("memory for text");
	fprintf(f, "Event go(v)\n");
	for (unsigned i = 0; i < untouched; i++)
		fprintf(f, "Event a%u(v, w)\nEvent b%u(v)\n", i, i);
	for (unsigned i = 0; i < untouched; i++) {
		fprintf(f, "Rule idle%u {\n\t", i);
		fprintf(f, kinds[i % 5], i, i, i, i);
		fprintf(f, "}\n");
		if (i % every == 0 && i / every < TOUCHED)
			fprintf(f,
				"Rule busy%u {\n\tVar y%u = 0 on go set v\n"
				"\tRequire v >= y%u when go if v != 3\n}\n",
				i, i, i);
	}
	fclose(f);
	spec = ccsl_load_text("crowd", text, NULL, NULL, &err);
	if (!spec) {
		fprintf(stderr, "crowd:%u:%u: %s\n", err.line, err.col, err.text);
		bench_die("the generated specification");
	}
	free(text);
	return spec;
}

static double step_crowd(const struct ccsl_spec *spec)
{
	struct ccsl_monitor *mon = ccsl_monitor_new(spec, NULL);
	struct ccsl_tick go = { .event = (uint16_t)ccsl_event_find(spec, "go"), .nargs = 1 };
	struct ccsl_count count;
	double from = bench_cpu(), took;

	for (uint64_t i = 0; i < STEPS; i++) {
		go.arg[0] = 10 + i;
		ccsl_step(mon, i, &go, 1);
	}
	took = (bench_cpu() - from) / STEPS * 1e9;
	ccsl_count(mon, &count);
	if (count.violations)
		bench_die("a crowd without violations");
	ccsl_monitor_free(mon);
	return took;
}

static double step_many(void *ctx)
{
	return step_crowd(((struct crowd *)ctx)->many);
}

static double step_few(void *ctx)
{
	return step_crowd(((struct crowd *)ctx)->few);
}

static const struct bench_pair crowd_pair = {
	.key = "ccsl_untouched",
	.unit = "ns an instant",
	.ours = { "among 1,000", step_many },
	.baseline = { "among 10", step_few },
	.goal = 1.1,
};

int main(int argc, char **argv)
{
	struct life life = { .spec = load(life_files, 3), .full = load(full_files, 1) };
	struct crowd crowd = { make_crowd(FEW), make_crowd(A_LOT) };
	struct bench b;

	bench_open(&b, argc, argv);
	compare_verdicts(life.spec);
	session_play(&life.session, driver_scenario("life"), TARGET);
	bench_compare(&b, &life_pair, &life);
	bench_compare(&b, &full_pair, &life);
	bench_compare(&b, &crowd_pair, &crowd);
	memory(&b, &life);
	session_free(&life.session);
	ccsl_spec_free(life.spec);
	ccsl_spec_free(life.full);
	ccsl_spec_free(crowd.few);
	ccsl_spec_free(crowd.many);
	return bench_close(&b);
}
