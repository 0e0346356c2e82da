/* SPDX-License-Identifier: MIT */
/* Whether a clock's expression ticks, by counting ticks from the beginning each time. */
#include "tests/lib/naive_internal.h"

#include <string.h>

static bool ref_ticks(struct naive_eval *ev, const struct expr *e, int q, unsigned i)
{
	const struct naive_instant *now = &ev->trace->at[i];

	if (e->item->kind != I_EVENT || !e->at)
		return naive_item_ticks(ev, e->item, naive_member_of(e, q), i);
	for (unsigned t = 0; t < now->n; t++)
		if (now->tick[t].event == e->item->id &&
		    now->tick[t].arg[0] == naive_number(e->at, q))
			return true;
	return false;
}

/* Ticks of the operands: how many, of how many, is the first one among them? */
static void tally(struct naive_eval *ev, struct expr *e, int q, unsigned lo, unsigned i,
		  unsigned *ticking, unsigned *all, bool *first)
{
	struct operand op;

	*ticking = 0;
	for (*all = 0; (op = naive_operand(e->kid, e->n, *all)).e; ++*all) {
		bool now = naive_operand_ticks(ev, op, q, lo, i);

		*ticking += now;
		if (!*all)
			*first = now;
	}
}

/* The extreme of the operands' counts over lo .. to - 1. */
static unsigned extreme(struct naive_eval *ev, struct expr *e, int q, unsigned lo, unsigned to)
{
	unsigned best = 0;
	struct operand op;

	for (unsigned k = 0; (op = naive_operand(e->kid, e->n, k)).e; k++) {
		unsigned n = 0;

		for (unsigned j = lo; j < to; j++)
			n += naive_operand_ticks(ev, op, q, lo, j);
		if (!k || (e->kind == E_INF ? n > best : n < best))
			best = n;
	}
	return best;
}

/* Is i the n-th b strictly after some a? */
static bool nth_after(struct naive_eval *ev, struct expr *e, uint64_t n, int q, unsigned lo,
		      unsigned i)
{
	for (unsigned j = lo; j < i; j++)
		if (naive_ticks(ev, e->kid[0], q, lo, j) &&
		    naive_count(ev, e->kid[1], q, lo, j + 1, i + 1) == n)
			return true;
	return false;
}

static bool weakly_sampled(struct naive_eval *ev, struct expr *e, int q, unsigned lo, unsigned i)
{
	for (unsigned j = i + 1; j-- > lo;) {
		if (j < i && naive_ticks(ev, e->kid[1], q, lo, j))
			return false;
		if (naive_ticks(ev, e->kid[0], q, lo, j))
			return true;
	}
	return false;
}

static bool every(struct naive_eval *ev, struct expr *e, int q, unsigned lo, unsigned i)
{
	uint64_t k = naive_count(ev, e->kid[0], q, lo, lo, i);
	uint64_t from = e->num[1] ? naive_number(e->num[1], q) : 0;

	return k >= from && (!e->num[2] || k <= naive_number(e->num[2], q)) &&
	       (k - from) % naive_number(e->num[0], q) == 0;
}

static bool letter(const struct expr *e, size_t k)
{
	size_t v = strlen(e->v), w = strlen(e->w);

	if (k < v)
		return e->v[k] == '1';
	return w && e->w[(k - v) % w] == '1';
}

/* The first b after (or with) the first a, in lo .. i - 1; *at tells whether it is i. */
static bool once(struct naive_eval *ev, struct expr *e, int q, unsigned lo, unsigned i)
{
	unsigned a = lo;

	while (a <= i && !naive_ticks(ev, e->kid[0], q, lo, a))
		a++;
	if (e->kind == E_ONCE)
		a++;
	return a <= i && naive_count(ev, e->kid[1], q, lo, a, i) == 0 &&
	       naive_ticks(ev, e->kid[1], q, lo, i);
}

static bool then(struct naive_eval *ev, struct expr *e, int q, unsigned lo, unsigned i)
{
	for (unsigned j = lo; j <= i; j++)
		if (naive_dead(ev, e->kid[0], q, lo, j))
			return naive_ticks(ev, e->kid[1], q, j, i);
	return naive_ticks(ev, e->kid[0], q, lo, i);
}

static bool again(struct naive_eval *ev, struct expr *e, int q, unsigned lo, unsigned i)
{
	for (unsigned j = lo; j <= i; j++)
		if (naive_dead(ev, e->kid[0], q, lo, j)) {
			if (j == lo) /* dead as soon as it begins */
				return false;
			lo = j;
		}
	return naive_ticks(ev, e->kid[0], q, lo, i);
}

static bool work_out(struct naive_eval *ev, struct expr *e, int q, unsigned lo, unsigned i)
{
	unsigned ticking, all;
	bool a = false;

	if (e->kind == E_REF)
		return ref_ticks(ev, e, q, i);
	if (e->kind == E_THEN)
		return then(ev, e, q, lo, i);
	if (e->kind == E_AGAIN)
		return again(ev, e, q, lo, i);
	tally(ev, e, q, lo, i, &ticking, &all, &a);
	switch (e->kind) {
	case E_UNION:
	case E_XOR:
		return ticking > 0;
	case E_INTER:
		return ticking == all;
	case E_MINUS:
		return a && ticking == 1;
	case E_INF:
	case E_SUP:
		return extreme(ev, e, q, lo, i + 1) > extreme(ev, e, q, lo, i);
	case E_DELAY:
		return a && naive_count(ev, e->kid[0], q, lo, lo, i) >= naive_number(e->num[0], q);
	case E_DEFER:
		return naive_ticks(ev, e->kid[1], q, lo, i) &&
		       nth_after(ev, e, naive_number(e->num[0], q), q, lo, i);
	case E_SAMPLED:
		return naive_ticks(ev, e->kid[1], q, lo, i) && nth_after(ev, e, 1, q, lo, i);
	case E_WEAKLY:
		return naive_ticks(ev, e->kid[1], q, lo, i) && weakly_sampled(ev, e, q, lo, i);
	case E_EVERY:
		return a && every(ev, e, q, lo, i);
	case E_FILTER:
		return a && letter(e, naive_count(ev, e->kid[0], q, lo, lo, i));
	case E_AWAIT:
		return a &&
		       naive_count(ev, e->kid[0], q, lo, lo, i) + 1 == naive_number(e->num[0], q);
	case E_UPTO:
		return a && naive_count(ev, e->kid[1], q, lo, lo, i + 1) == 0;
	default:
		return once(ev, e, q, lo, i);
	}
}

bool naive_ticks(struct naive_eval *ev, struct expr *e, int q, unsigned lo, unsigned i)
{
	signed char *known = naive_memo(ev, ev->ticks, e, q, lo, i);

	if (*known == UNKNOWN)
		*known = work_out(ev, e, q, lo, i) ? YES : NO;
	return *known == YES;
}
