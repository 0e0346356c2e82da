/* SPDX-License-Identifier: MIT */
/*
 * The search: delta debugging over what driver and host did. First what belongs together
 * (whole lives, all accesses to a register), then stretches that halve down to one access with
 * the memory written for it, then single writes to memory.
 */
#include "sim/cmd_shrink.h"

#include <stdlib.h>
#include <string.h>

#define LONG      1000 /* cycles that may be what a verdict waits for */
#define BIG       64   /* actions: a loop of the driver, not its next step */
#define ROUNDS    6    /* of everything, while it still helps */
#define SMALL     64   /* bytes of a poke whose numbers are looked at */
#define NUMBER    4    /* the smallest that is tried: a balloon's page number has so many bytes */
#define NOT_SMALL 0x100000

/* Actions that stay or go together: [from, to). */
struct span {
	size_t from, to;
};

struct spans {
	struct span *at;
	size_t n;
};

static bool live(const struct shrink *s, struct span span)
{
	for (size_t i = span.from; i < span.to; i++)
		if (!s->acts.at[i].off)
			return true;
	return false;
}

/* What comes behind the verdict is not needed. */
static void cut(struct shrink *s)
{
	for (size_t i = s->end + 1; i < s->acts.n; i++) {
		s->acts.at[i].off = true;
		s->acts.at[i].gap = 0;
	}
}

/* Does without what is off now, if only that much time goes by: a verdict may wait for it. */
static bool attempt_in_time(struct shrink *s, const bool *was)
{
	uint64_t time = 0;

	for (size_t i = 0; i < s->acts.n; i++)
		if (s->acts.at[i].off != was[i])
			time += s->acts.at[i].since - s->acts.at[i].gap;
	if (time < LONG || shrink_spent(s))
		return false;
	for (size_t i = 0; i < s->acts.n; i++)
		if (s->acts.at[i].off != was[i])
			s->acts.at[i].gap = s->acts.at[i].since;
	if (shrink_run(s, NULL))
		return true;
	for (size_t i = 0; i < s->acts.n; i++)
		if (s->acts.at[i].off != was[i] && s->acts.at[i].kind == ACTION_REST)
			s->acts.at[i].gap = 0;
	return false;
}

/* Leaves out what `mark` has; if that fails otherwise, takes it back. */
static bool attempt(struct shrink *s, const bool *mark)
{
	bool any = false;
	bool *was = malloc(s->acts.n);

	if (!was) {
		s->broken = true;
		return false;
	}
	for (size_t i = 0; i < s->acts.n; i++) {
		was[i] = s->acts.at[i].off;
		if (mark[i] && !was[i] && i != s->acts.power)
			any = s->acts.at[i].off = true;
	}
	if (any && (shrink_run(s, NULL) || attempt_in_time(s, was))) {
		cut(s);
	} else {
		for (size_t i = 0; i < s->acts.n; i++)
			s->acts.at[i].off = was[i];
		any = false;
	}
	free(was);
	return any;
}

static bool attempt_spans(struct shrink *s, const struct span *span, size_t n, bool *mark)
{
	memset(mark, 0, s->acts.n);
	for (size_t i = 0; i < n; i++)
		for (size_t k = span[i].from; k < span[i].to; k++)
			mark[k] = true;
	return attempt(s, mark);
}

/* Only what is still there. */
static void compact(const struct shrink *s, struct spans *spans)
{
	size_t n = 0;

	for (size_t i = 0; i < spans->n; i++)
		if (live(s, spans->at[i]))
			spans->at[n++] = spans->at[i];
	spans->n = n;
}

/* Stretches of spans, from half of them down to one. */
static bool halve(struct shrink *s, struct spans *spans, bool *mark)
{
	bool any = false;

	compact(s, spans);
	for (size_t chunk = (spans->n + 1) / 2; chunk && !shrink_spent(s); chunk /= 2) {
		for (size_t end = spans->n; end && !shrink_spent(s);) {
			size_t from = end > chunk ? end - chunk : 0;

			any = attempt_spans(s, spans->at + from, end - from, mark) || any;
			end = from;
		}
		compact(s, spans);
	}
	return any;
}

/* Those that are many actions each alone: as long as they are there, each run is long. */
static void big_ones(struct shrink *s, const struct spans *spans, bool *mark)
{
	for (size_t i = 0; i < spans->n && !shrink_spent(s); i++)
		if (spans->at[i].to - spans->at[i].from >= BIG)
			attempt_spans(s, &spans->at[i], 1, mark);
}

/* --- what belongs together ---------------------------------------------------------------- */

static void add_span(struct spans *spans, size_t from, size_t to)
{
	if (from != to)
		spans->at[spans->n++] = (struct span){ from, to };
}

/* From a reset of the device to the next. */
static void lives(const struct shrink *s, const uint64_t *life, size_t n, struct spans *spans)
{
	size_t from = s->acts.power + 1, next = 0;

	spans->n = 0;
	for (size_t i = from; i < s->acts.n; i++) {
		const struct action *act = &s->acts.at[i];

		if (act->kind != ACTION_ACCESS && act->kind != ACTION_HOST)
			continue;
		while (next < n && life[next] < act->rec.cycle)
			next++; /* between accesses: none of ours */
		if (next == n)
			break;
		if (i + 1 < s->acts.n) {
			size_t k = i + 1;

			while (k < s->acts.n && s->acts.at[k].kind == ACTION_POKE)
				k++;
			if (k < s->acts.n && s->acts.at[k].rec.cycle < life[next])
				continue;
		}
		add_span(spans, from, i);
		from = i;
		next++;
	}
	add_span(spans, from, s->acts.n);
}

static bool same_register(const struct action *a, const struct action *b)
{
	return a->kind == b->kind && a->rec.op == b->rec.op && a->rec.addr == b->rec.addr &&
	       a->rec.size == b->rec.size;
}

/*
 * An access with the memory written for it and the rests after it; one that is made again and
 * again (`polls`) with its repetitions, but for the last: something must show what time it is.
 */
static void steps(const struct shrink *s, bool polls, struct spans *spans)
{
	const struct action *access = NULL;
	size_t from = s->acts.power + 1, last = from;

	spans->n = 0;
	for (size_t i = from; i < s->acts.n; i++) {
		const struct action *act = &s->acts.at[i];

		if (act->off || act->kind == ACTION_REST)
			continue;
		if (access && polls && same_register(access, act)) {
			last = i;
		} else if (access) {
			add_span(spans, from, last);
			add_span(spans, last, i);
			from = last = i;
			access = NULL;
		}
		if (act->kind != ACTION_POKE)
			access = act;
	}
	add_span(spans, from, last);
	add_span(spans, last, s->acts.n);
}

/* What is no access: memory written, and rests. */
static void singles(const struct shrink *s, struct spans *spans)
{
	spans->n = 0;
	for (size_t i = 0; i < s->acts.n; i++)
		if (s->acts.at[i].kind == ACTION_POKE || s->acts.at[i].kind == ACTION_REST)
			add_span(spans, i, i + 1);
}

/* All accesses to one register at once, register by register. */
static bool registers(struct shrink *s, bool *mark, bool *done)
{
	bool any = false;

	memset(done, 0, s->acts.n);
	for (size_t i = s->acts.power + 1; i < s->acts.n && !shrink_spent(s); i++) {
		const struct action *act = &s->acts.at[i];

		if (done[i] || act->off || act->kind == ACTION_POKE || act->kind == ACTION_REST)
			continue;
		memset(mark, 0, s->acts.n);
		for (size_t k = i; k < s->acts.n; k++)
			if (same_register(act, &s->acts.at[k]))
				mark[k] = done[k] = true;
		any = attempt(s, mark) || any;
	}
	return any;
}

void shrink_thin(struct shrink *s, const uint64_t *life, size_t nlives)
{
	struct spans spans = { .at = calloc(s->acts.n + 1, sizeof(*spans.at)) };
	bool *mark = calloc(s->acts.n, 1), *done = calloc(s->acts.n, 1);
	bool any = true;

	s->broken = !spans.at || !mark || !done;
	if (!s->broken) {
		cut(s);
		lives(s, life, nlives, &spans);
		halve(s, &spans, mark);
	}
	for (unsigned round = 0; any && round < ROUNDS && !shrink_spent(s); round++) {
		steps(s, true, &spans);
		big_ones(s, &spans, mark);
		any = halve(s, &spans, mark);
		any = registers(s, mark, done) || any;
		steps(s, false, &spans);
		any = halve(s, &spans, mark) || any;
		singles(s, &spans);
		any = halve(s, &spans, mark) || any;
	}
	free(spans.at);
	free(mark);
	free(done);
}

/* --- numbers ---------------------------------------------------------------------------------- */

/* Without the time before these actions, if that is time for nothing. */
static bool no_gaps(struct shrink *s, size_t from, size_t to)
{
	uint64_t *was = calloc(to - from, sizeof(*was));
	bool any = false;

	for (size_t i = from; was && i < to; i++) {
		was[i - from] = s->acts.at[i].gap;
		any = any || was[i - from];
		s->acts.at[i].gap = 0;
	}
	if (any && shrink_run(s, NULL)) {
		cut(s);
		free(was);
		return true;
	}
	for (size_t i = from; was && i < to; i++)
		s->acts.at[i].gap = was[i - from];
	free(was);
	return !any;
}

/* All the time that it can spare, in halves. */
static void spare_gaps(struct shrink *s, size_t from, size_t to)
{
	if (from == to || shrink_spent(s) || no_gaps(s, from, to) || to - from == 1)
		return;
	spare_gaps(s, from, from + (to - from) / 2);
	spare_gaps(s, from + (to - from) / 2, to);
}

/* The word at `byte`, as small as it goes. */
static void lessen(struct shrink *s, uint8_t *byte)
{
	uint32_t best, val;

	memcpy(&best, byte, sizeof(best));
	for (val = NUMBER; val < best && best < NOT_SMALL && !shrink_spent(s); val *= 2) {
		memcpy(byte, &val, sizeof(val));
		if (shrink_run(s, NULL)) {
			cut(s);
			return;
		}
	}
	memcpy(byte, &best, sizeof(best));
}

void shrink_numbers(struct shrink *s)
{
	spare_gaps(s, 0, s->acts.n);
	for (size_t i = 0; i < s->acts.n; i++) {
		struct action *act = &s->acts.at[i];

		if (act->off || act->kind != ACTION_POKE || act->len > SMALL)
			continue;
		for (size_t at = 0; at + 4 <= act->len; at += 4)
			lessen(s, act->data + at);
	}
}
