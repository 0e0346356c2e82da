/* SPDX-License-Identifier: MIT */
/*
 * Benchmarks: two sides that alternate, medians, one line of text and one member of a JSON
 * file for each comparison. A benchmark is `bench_<x> OUT.json [RUNS]`.
 */
#ifndef TESTS_LIB_BENCH_H
#define TESTS_LIB_BENCH_H

#include <jansson.h>
#include <stdbool.h>

#define BENCH_RUNS_MAX 99

struct bench {
	const char *path;
	unsigned runs; /* of each side */
	json_t *report;
};

/* One side: what it is called, and one run of it. */
struct bench_side {
	const char *name;
	double (*run)(void *ctx); /* seconds, operations a second: what `unit` says */
};

struct bench_pair {
	const char *key; /* of the report */
	const char *unit;
	struct bench_side ours, baseline;
	double goal;    /* for the ratio ours / baseline */
	bool more;      /* more is better: the goal is a minimum, else a maximum */
	unsigned times; /* the runs so many times; 0: once */
};

/* Reads the command line and what OUT.json holds already. Ends the program if it cannot. */
void bench_open(struct bench *b, int argc, char **argv);

/* Writes OUT.json. The exit status. */
int bench_close(struct bench *b);

/*
 * Runs the sides in turn, prints and reports: the median of each side, and the median of the
 * ratios of neighbours in time, which a machine that slows down for a while does not bend.
 */
void bench_compare(struct bench *b, const struct bench_pair *pair, void *ctx);

/* Prints a figure that is no ratio, and whether it is what it should be; takes `members`. */
void bench_figure(struct bench *b, const char *key, const char *text, bool met, json_t *members);

double bench_median(const double *val, unsigned n);
double bench_seconds(void); /* a steady clock */
double bench_cpu(void);     /* processor time of this process: what others do matters less */

/* Could not measure: says so, exit status 2. */
_Noreturn void bench_die(const char *what);

#endif
