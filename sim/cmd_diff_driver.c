/* SPDX-License-Identifier: MIT */
/* vcosim diff --driver: what the drivers of two sessions did, line by line. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cmd_diff.h"
#include "sim/deeds.h"
#include "sim/observer.h"

#define CONTEXT   3
#define LINES_MAX 4000 /* compared: the rest of a longer session is left out, and that is said */

struct lines {
	char **text;
	size_t n, room;
	uint64_t left_out;
	struct deeds *deeds;
	bool failed;
};

static void on_deed(void *ctx, uint64_t cycle, const char *text)
{
	struct lines *l = ctx;

	(void)cycle;
	if (l->n == LINES_MAX) {
		l->left_out++;
		return;
	}
	if (l->n == l->room) {
		size_t room = 2 * l->room + 64;
		char **more = realloc(l->text, room * sizeof(char *));

		if (!more) {
			l->failed = true;
			return;
		}
		l->text = more;
		l->room = room;
	}
	l->text[l->n] = strdup(text);
	l->failed |= !l->text[l->n++];
}

static void on_instant(void *ctx, uint64_t cycle, const struct event *ev, unsigned n)
{
	struct lines *l = ctx;

	deeds_instant(l->deeds, cycle, ev, n);
}

static bool collect(struct lines *l, const struct trace_log *log)
{
	struct observer_sink sink = { .ctx = l, .instant = on_instant };
	struct observer *obs = observer_new(&sink);

	l->deeds = deeds_new(on_deed, l);
	for (size_t i = 0; obs && l->deeds && i < log->n; i++)
		if (log->rec[i].space != BUS_CUE)
			observer_rec(obs, &log->rec[i]);
	if (obs && l->deeds) {
		observer_flush(obs);
		deeds_end(l->deeds);
	}
	l->failed |= !obs || !l->deeds;
	observer_free(obs);
	deeds_free(l->deeds);
	return !l->failed;
}

static void release(struct lines *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->text[i]);
	free(l->text);
}

/* The length of the longest common subsequence of what is behind i and j, at [i * (n + 1) + j]. */
static uint16_t *common(const struct lines *a, const struct lines *b)
{
	size_t w = b->n + 1;
	uint16_t *len = calloc((a->n + 1) * w, sizeof(*len));

	for (size_t i = a->n; len && i--;)
		for (size_t j = b->n; j--;) {
			uint16_t down = len[(i + 1) * w + j], right = len[i * w + j + 1];

			len[i * w + j] = !strcmp(a->text[i], b->text[j])
						 ? (uint16_t)(len[(i + 1) * w + j + 1] + 1)
					 : down > right ? down
							: right;
		}
	return len;
}

struct shown {
	const struct lines *a;
	size_t from;    /* first common line that was not shown yet */
	unsigned after; /* so many more are shown behind a difference */
	bool any;
};

/* A line of one side only; before it a little of what is the same. */
static void tell(struct shown *s, size_t at, char side, const char *text)
{
	size_t from = at > s->from + CONTEXT ? at - CONTEXT : s->from;

	if (from > s->from && s->any)
		puts("  ...");
	for (; from < at; from++)
		printf("    %s\n", s->a->text[from]);
	printf("  %c %s\n", side, text);
	s->from = at + (side == '-');
	s->any = true;
}

static bool part(const struct lines *a, const struct lines *b, const uint16_t *len)
{
	struct shown s = { .a = a };
	size_t i = 0, j = 0, w = b->n + 1;

	while (i < a->n || j < b->n) {
		if (i < a->n && j < b->n && !strcmp(a->text[i], b->text[j])) {
			i++;
			j++;
		} else if (j == b->n || (i < a->n && len[(i + 1) * w + j] >= len[i * w + j + 1])) {
			tell(&s, i, '-', a->text[i]);
			i++;
		} else {
			tell(&s, i, '+', b->text[j]);
			j++;
		}
	}
	return s.any;
}

int diff_driver(const char *path_a, const struct trace_log *log_a, const char *path_b,
		const struct trace_log *log_b)
{
	struct lines a = { 0 }, b = { 0 };
	uint16_t *len = NULL;
	int status = 2;

	if (collect(&a, log_a) & collect(&b, log_b) && (len = common(&a, &b))) {
		printf("- A: %s, %zu deeds\n+ B: %s, %zu deeds\n", path_a, a.n, path_b, b.n);
		status = part(&a, &b, len) || a.n != b.n;
		if (a.left_out || b.left_out)
			printf("the first %d deeds of either were compared\n", LINES_MAX);
		if (!status)
			printf("the drivers did the same\n");
	} else {
		fprintf(stderr, "vcosim diff: out of memory\n");
	}
	free(len);
	release(&a);
	release(&b);
	return status;
}
