/* SPDX-License-Identifier: MIT */
/* vcosim diff: where two recorded sessions part, whatever the time. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/cmd.h"
#include "sim/cmd_diff.h"
#include "sim/event.h"
#include "sim/observer.h"
#include "sim/trace_read.h"

#define CONTEXT   4
#define LINE_ROOM 160

struct side {
	const char *path;
	struct trace_log log;
	size_t at;
	uint64_t records, count[EV_COUNT];
};

static int usage(FILE *to, int status)
{
	fprintf(to,
		"usage: vcosim diff [--driver] A B\n"
		"Compares two recorded sessions record by record; cycles, and the bytes that a\n"
		"notification made the observer look at, do not count. Shows the first\n"
		"difference, and how often what happened where the sessions differ in that.\n"
		"\n"
		"  --driver  what the drivers did: status, features, queues, first notifications,\n"
		"            writes to the configuration; not when, and not what devices answered\n"
		"  --help    this text\n"
		"\n"
		"Exit status: 0 the same, 1 different, 2 a trace cannot be read.\n");
	return status;
}

static void count_events(void *ctx, uint64_t cycle, const struct event *ev, unsigned n)
{
	struct side *s = ctx;

	(void)cycle;
	for (unsigned i = 0; i < n; i++)
		s->count[ev[i].id]++;
}

static bool counts(const struct bus_rec *rec)
{
	return rec->space != BUS_CUE && rec->space != BUS_SNOOP;
}

static bool load(struct side *s, const char *path)
{
	struct observer_sink sink = { .ctx = s, .instant = count_events };
	struct observer *obs;

	s->path = path;
	if (trace_load(path, &s->log)) {
		fprintf(stderr, "vcosim diff: %s: %s\n", path, s->log.why);
		return false;
	}
	if (s->log.err)
		fprintf(stderr, "vcosim diff: %s: %s; compared to there\n", path, s->log.why);
	obs = observer_new(&sink);
	for (size_t i = 0; obs && i < s->log.n; i++) {
		if (s->log.rec[i].space != BUS_CUE)
			observer_rec(obs, &s->log.rec[i]);
		s->records += counts(&s->log.rec[i]);
	}
	if (obs)
		observer_flush(obs);
	observer_free(obs);
	return obs && s->log.err != -EBADMSG;
}

/* The next record that counts, or NULL. */
static const struct bus_rec *next(struct side *s)
{
	while (s->at < s->log.n && !counts(&s->log.rec[s->at]))
		s->at++;
	return s->at < s->log.n ? &s->log.rec[s->at] : NULL;
}

static bool equal(const struct bus_rec *a, const struct bus_rec *b)
{
	struct bus_rec x = *a, y = *b;

	x.cycle = y.cycle = 0;
	return !memcmp(&x, &y, sizeof(x));
}

/* Both up to where they part; true if they do. The number of records that are the same. */
static bool part(struct side *a, struct side *b, uint64_t *same)
{
	for (*same = 0;; ++*same) {
		const struct bus_rec *x = next(a), *y = next(b);

		if (!x || !y || !equal(x, y))
			return x || y;
		a->at++;
		b->at++;
	}
}

static void tell(char side, const struct trace_log *log, size_t at, unsigned n)
{
	unsigned told = 0;

	for (; at < log->n && told < n; at++) {
		char text[LINE_ROOM];

		if (!counts(&log->rec[at]))
			continue;
		printf("  %c %s\n", side, bus_rec_str(&log->rec[at], text, sizeof(text)));
		told++;
	}
	if (!told)
		printf("  %c (ends)\n", side);
}

/* Where the n records that count before `at` begin. */
static size_t back(const struct trace_log *log, size_t at, unsigned *n)
{
	unsigned left = *n;

	while (at && left) {
		at--;
		left -= counts(&log->rec[at]);
	}
	*n -= left;
	return at;
}

static void tell_part(const struct side *a, const struct side *b, uint64_t same)
{
	unsigned n = CONTEXT;
	size_t from = back(&a->log, a->at, &n);

	printf("after %" PRIu64 " records that are the same:\n", same);
	if (n)
		tell(' ', &a->log, from, n);
	tell('-', &a->log, a->at, CONTEXT);
	tell('+', &b->log, b->at, CONTEXT);
}

static void tell_counts(const struct side *a, const struct side *b)
{
	printf("%-28s %12s %12s\n", "", "A", "B");
	printf("%-28s %12" PRIu64 " %12" PRIu64 "\n", "records", a->records, b->records);
	for (unsigned id = 0; id < EV_COUNT; id++)
		if (a->count[id] != b->count[id])
			printf("%-28s %12" PRIu64 " %12" PRIu64 "\n", event_name(id), a->count[id],
			       b->count[id]);
}

static int diff_records(struct side *a, struct side *b)
{
	uint64_t same;

	if (!part(a, b, &same)) {
		printf("the same: %" PRIu64 " records\n", same);
		return 0;
	}
	printf("- A: %s\n+ B: %s\n", a->path, b->path);
	tell_part(a, b, same);
	tell_counts(a, b);
	return 1;
}

int cmd_diff(int argc, char **argv)
{
	static const struct option options[] = {
		{ "driver", no_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct side a = { 0 }, b = { 0 };
	bool driver = false;
	int opt, status = 2;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt != 'd')
			return opt == 'h' ? usage(stdout, 0) : usage(stderr, 2);
		driver = true;
	}
	if (optind + 2 != argc)
		return usage(stderr, 2);
	if (load(&a, argv[optind]) & load(&b, argv[optind + 1])) {
		if (driver)
			status = diff_driver(a.path, &a.log, b.path, &b.log);
		else
			status = diff_records(&a, &b);
	}
	trace_unload(&a.log);
	trace_unload(&b.log);
	return status;
}
