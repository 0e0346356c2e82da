/* SPDX-License-Identifier: MIT */
/* Two sides in turn, their medians, the report. */
#include "tests/lib/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

_Noreturn void bench_die(const char *what)
{
	fprintf(stderr, "bench: %s failed\n", what);
	exit(2);
}

static double clock_seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double bench_seconds(void)
{
	return clock_seconds(CLOCK_MONOTONIC);
}

double bench_cpu(void)
{
	return clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double bench_median(const double *val, unsigned n)
{
	double sorted[BENCH_RUNS_MAX];

	memcpy(sorted, val, n * sizeof(*val));
	qsort(sorted, n, sizeof(*sorted), by_value);
	return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

void bench_open(struct bench *b, int argc, char **argv)
{
	*b = (struct bench){ .runs = argc > 2 ? (unsigned)atoi(argv[2]) : 5 };
	if (argc < 2 || !b->runs || b->runs > BENCH_RUNS_MAX) {
		fprintf(stderr, "usage: %s OUT.json [RUNS]\n", argv[0]);
		exit(2);
	}
	b->path = argv[1];
	b->report = json_load_file(b->path, 0, NULL);
	if (!b->report)
		b->report = json_object();
}

int bench_close(struct bench *b)
{
	int err = json_dump_file(b->report, b->path, JSON_INDENT(2));

	json_decref(b->report);
	if (err)
		bench_die(b->path);
	return 0;
}

static void report(struct bench *b, const struct bench_pair *pair, double ours, double baseline,
		   double ratio, bool met, unsigned runs)
{
	printf("%-14s %s %.4g %s, %s %.4g: ratio %.3f, goal %s %.2f: %s (medians of %u)\n",
	       pair->key, pair->ours.name, ours, pair->unit, pair->baseline.name, baseline, ratio,
	       pair->more ? ">=" : "<=", pair->goal, met ? "met" : "MISSED", runs);
	fflush(stdout);
	json_object_set_new(b->report, pair->key,
			    json_pack("{s:s, s:s, s:f, s:s, s:f, s:f, s:f, s:b, s:i}", "unit",
				      pair->unit, "subject", pair->ours.name, "value", ours,
				      "baseline", pair->baseline.name, "baseline_value", baseline,
				      "ratio", ratio, "goal", pair->goal, "met", met, "runs",
				      (int)runs));
}

void bench_compare(struct bench *b, const struct bench_pair *pair, void *ctx)
{
	double ours[BENCH_RUNS_MAX], theirs[BENCH_RUNS_MAX], ratios[BENCH_RUNS_MAX], ratio;
	unsigned runs = b->runs * (pair->times ? pair->times : 1);
	bool met;

	if (runs > BENCH_RUNS_MAX)
		runs = BENCH_RUNS_MAX;
	for (unsigned i = 0; i < runs; i++) {
		ours[i] = pair->ours.run(ctx);
		theirs[i] = pair->baseline.run(ctx);
		ratios[i] = ours[i] / theirs[i];
	}
	ratio = bench_median(ratios, runs);
	met = pair->more ? ratio >= pair->goal : ratio <= pair->goal;
	report(b, pair, bench_median(ours, runs), bench_median(theirs, runs), ratio, met, runs);
}

void bench_figure(struct bench *b, const char *key, const char *text, bool met, json_t *members)
{
	printf("%-14s %s: %s\n", key, text, met ? "met" : "MISSED");
	fflush(stdout);
	json_object_set_new(members, "met", json_boolean(met));
	json_object_set_new(b->report, key, members);
}
