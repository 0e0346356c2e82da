/* SPDX-License-Identifier: MIT */
/* Clocks, dead clocks and segments, by counting ticks from the beginning each time. */
#include "tests/lib/naive_eval.h"

#include "tests/lib/naive_data.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { UNKNOWN, NO, YES };
enum { MEMBERS = NAIVE_MEMBERS + 1 }; /* and "not in a family" */

/* What was worked out already; without it the recursion would take ages. */
static signed char *memo(struct naive_eval *ev, signed char *table, const struct expr *e, int q,
			 unsigned lo, unsigned i)
{
	assert(lo <= i && i < ev->trace->n && q >= -1 && q < NAIVE_MEMBERS);
	return &table[((e->id * MEMBERS + (unsigned)(q + 1)) * ev->trace->n + lo) * ev->trace->n +
		      i];
}

struct operand naive_operand(struct expr *const *list, unsigned n, unsigned k)
{
	for (unsigned j = 0; j < n; j++) {
		struct expr *e = list[j];
		unsigned n_of = 1;

		if (e->kind == E_REF && e->all)
			n_of = (unsigned)(e->item->loop->hi - e->item->loop->lo) + 1;
		if (k < n_of)
			return (struct operand){ e, e->kind == E_REF && e->all
							    ? (int)(e->item->loop->lo + k)
							    : -1 };
		k -= n_of;
	}
	return (struct operand){ NULL, -1 };
}

static unsigned width(const struct item *loop)
{
	return (unsigned)(loop->hi - loop->lo) + 1;
}

int naive_member(const struct item *loop, unsigned k)
{
	if (!loop)
		return k ? -2 : -1;
	if (loop->loop)
		return k < width(loop->loop) * width(loop) ? (int)k : -2;
	return k < width(loop) ? (int)(loop->lo + k) : -2;
}

int naive_index(const struct item *loop, int q, const struct item *of)
{
	if (!loop->loop)
		return q;
	if (of == loop)
		return (int)(loop->lo + (unsigned)q % width(loop));
	return (int)(of->lo + (unsigned)q / width(loop));
}

int naive_around(const struct item *loop, int q, const struct item *of)
{
	if (!of)
		return -1;
	return of == loop ? q : naive_index(loop, q, of);
}

int naive_meant(const struct item *item, const struct item *where, const struct data *at,
		const struct data *at2, int q)
{
	const struct item *loop = item->loop;

	if (!loop)
		return -1;
	if (!at)
		return naive_around(where, q, loop);
	if (!loop->loop)
		return (int)naive_number(at, q);
	return (int)((naive_number(at, q) - loop->loop->lo) * width(loop) +
		     (naive_number(at2, q) - loop->lo));
}

static int member_of(const struct expr *ref, int q)
{
	return naive_meant(ref->item, ref->where, ref->at, ref->at2, q);
}

static struct item *scope_of(struct item *item)
{
	struct item *p = item->parent;

	while (p && p->kind != I_SCOPE)
		p = p->parent;
	return p;
}

/* The segment that i belongs to, if item is a scope and as item is not inside of itself. */
static int segment(struct naive_eval *ev, struct item *scope, int q, unsigned i)
{
	int outer = naive_life(ev, scope, q, i), start = -1;

	if (outer < 0)
		return -1;
	if (!scope->op[1]) /* lives follow one another without gaps */
		start = outer;
	for (unsigned j = (unsigned)outer; j <= i; j++) {
		if (scope->op[1] && naive_ticks(ev, scope->op[1], q, (unsigned)outer, j))
			start = -1;
		if (naive_ticks(ev, scope->op[0], q, (unsigned)outer, j))
			start = (int)j;
	}
	return start;
}

int naive_life(struct naive_eval *ev, struct item *item, int q, unsigned i)
{
	struct item *scope = scope_of(item);
	signed char *known;

	if (!scope)
		return 0;
	q = naive_around(item->loop, q, scope->loop);
	known = &ev->lives[(scope->id * MEMBERS + (unsigned)(q + 1)) * ev->trace->n + i];
	if (*known == NOT_KNOWN)
		*known = (signed char)segment(ev, scope, q, i);
	return *known;
}

/* Does this alternative tick because of tick t (NULL: not because of an event)? */
static bool alt_by(struct naive_eval *ev, const struct alt *alt, int q, unsigned i,
		   const struct naive_tick *t, const uint64_t *vars)
{
	struct item *item = alt->ref->item;
	int m = member_of(alt->ref, q);
	bool by = false;

	switch (item->kind) {
	case I_EVENT:
	case I_INPUT:
		by = t && t->event == item->id &&
		     (!alt->ref->at || t->arg[0] == naive_number(alt->ref->at, q));
		break;
	case I_GUARDED:
		if (naive_life(ev, item, m, i) >= 0)
			for (unsigned k = 0; k < item->nalts && !by; k++)
				by = alt_by(ev, &item->alt[k], m, i, t, vars);
		break;
	default:
		by = !t && naive_item_ticks(ev, item, m, i);
	}
	return by && (!alt->guard || naive_data(ev, alt->guard, q, t, vars));
}

static bool guarded_ticks(struct naive_eval *ev, struct item *item, int q, unsigned i)
{
	const struct naive_instant *now = &ev->trace->at[i];
	const uint64_t *vars = naive_vars(ev, i);

	for (unsigned k = 0; k < item->nalts; k++) {
		for (unsigned t = 0; t < now->n; t++)
			if (alt_by(ev, &item->alt[k], q, i, &now->tick[t], vars))
				return true;
		if (alt_by(ev, &item->alt[k], q, i, NULL, vars))
			return true;
	}
	return false;
}

bool naive_require(struct naive_eval *ev, struct item *item, int q, unsigned i, bool *seen)
{
	const struct naive_instant *now = &ev->trace->at[i];
	const uint64_t *vars = naive_vars(ev, i);
	bool broken = false;

	*seen = false;
	for (unsigned k = 0; k < item->nalts; k++)
		for (unsigned t = 0; t <= now->n; t++) {
			const struct naive_tick *tick = t < now->n ? &now->tick[t] : NULL;

			if (!alt_by(ev, &item->alt[k], q, i, tick, vars))
				continue;
			*seen = true;
			broken |= !naive_data(ev, item->value, q, tick, vars);
		}
	return broken;
}

bool naive_item_ticks(struct naive_eval *ev, struct item *item, int q, unsigned i)
{
	int lo = naive_life(ev, item, q, i);

	if (lo < 0)
		return false;
	if (item->kind == I_GUARDED)
		return guarded_ticks(ev, item, q, i);
	if (item->kind == I_LET)
		return naive_ticks(ev, item->op[0], q, (unsigned)lo, i);
	for (unsigned t = 0; t < ev->trace->at[i].n; t++)
		if (ev->trace->at[i].tick[t].event == item->id)
			return true;
	return false;
}

static bool ref_ticks(struct naive_eval *ev, const struct expr *e, int q, unsigned i)
{
	const struct naive_instant *now = &ev->trace->at[i];

	if (e->item->kind != I_EVENT || !e->at)
		return naive_item_ticks(ev, e->item, member_of(e, q), i);
	for (unsigned t = 0; t < now->n; t++)
		if (now->tick[t].event == e->item->id &&
		    now->tick[t].arg[0] == naive_number(e->at, q))
			return true;
	return false;
}

bool naive_operand_ticks(struct naive_eval *ev, struct operand op, int q, unsigned lo, unsigned i)
{
	if (op.member >= 0)
		return naive_item_ticks(ev, op.e->item, op.member, i);
	return naive_ticks(ev, op.e, q, lo, i);
}

unsigned naive_count(struct naive_eval *ev, struct expr *e, int q, unsigned lo, unsigned from,
		     unsigned to)
{
	unsigned n = 0;

	for (unsigned j = from; j < to; j++)
		n += naive_ticks(ev, e, q, lo, j);
	return n;
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

static bool dead(struct naive_eval *ev, struct expr *e, int q, unsigned lo, unsigned i);

static bool then(struct naive_eval *ev, struct expr *e, int q, unsigned lo, unsigned i)
{
	for (unsigned j = lo; j <= i; j++)
		if (dead(ev, e->kid[0], q, lo, j))
			return naive_ticks(ev, e->kid[1], q, j, i);
	return naive_ticks(ev, e->kid[0], q, lo, i);
}

static bool again(struct naive_eval *ev, struct expr *e, int q, unsigned lo, unsigned i)
{
	for (unsigned j = lo; j <= i; j++)
		if (dead(ev, e->kid[0], q, lo, j)) {
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
	signed char *known = memo(ev, ev->ticks, e, q, lo, i);

	if (*known == UNKNOWN)
		*known = work_out(ev, e, q, lo, i) ? YES : NO;
	return *known == YES;
}

/* --- dead clocks: from instant i on, i in the same lives as lo, by the ticks before i --- */

static bool ref_dead(struct naive_eval *ev, struct expr *e, int q, unsigned i)
{
	int m = member_of(e, q), lo;

	if (e->item->kind != I_LET)
		return false;
	lo = naive_life(ev, e->item, m, i);
	return lo >= 0 && dead(ev, e->item->op[0], m, (unsigned)lo, i);
}

/* Is something of a that b has not shifted out yet in the register of n bits? */
static bool pending_bits(struct naive_eval *ev, struct expr *e, uint64_t n, int q, unsigned lo,
			 unsigned i)
{
	for (unsigned j = lo; j < i; j++)
		if (naive_ticks(ev, e->kid[0], q, lo, j) &&
		    naive_count(ev, e->kid[1], q, lo, j + 1, i) < n)
			return true;
	return false;
}

/* A tick of a since the last b (not with it) waits for the next one. */
static bool latched(struct naive_eval *ev, struct expr *e, int q, unsigned lo, unsigned i)
{
	for (unsigned j = i; j-- > lo;) {
		if (naive_ticks(ev, e->kid[1], q, lo, j))
			return false;
		if (naive_ticks(ev, e->kid[0], q, lo, j))
			return true;
	}
	return false;
}

static unsigned dead_kids(struct naive_eval *ev, struct expr *e, int q, unsigned lo, unsigned i)
{
	unsigned n = 0;
	struct operand op;

	for (unsigned k = 0; (op = naive_operand(e->kid, e->n, k)).e; k++) {
		struct expr one;

		if (op.member < 0) {
			n += dead(ev, op.e, q, lo, i);
			continue;
		}
		one = *op.e;
		one.all = false;
		one.at = &(struct data){ .kind = D_NUM, .num = (uint64_t)op.member };
		n += ref_dead(ev, &one, q, i);
	}
	return n;
}

static bool once_over(struct naive_eval *ev, struct expr *e, int q, unsigned lo, unsigned i)
{
	for (unsigned j = lo; j < i; j++)
		if (naive_ticks(ev, e, q, lo, j))
			return true;
	return false;
}

static bool then_dead(struct naive_eval *ev, struct expr *e, int q, unsigned lo, unsigned i)
{
	for (unsigned j = lo; j <= i; j++)
		if (dead(ev, e->kid[0], q, lo, j))
			return dead(ev, e->kid[1], q, j, i);
	return false;
}

static bool sampling_dead(struct naive_eval *ev, struct expr *e, int q, unsigned lo, unsigned i)
{
	uint64_t n = e->kind == E_DEFER ? naive_number(e->num[0], q) : 1;

	if (dead(ev, e->kid[1], q, lo, i))
		return true;
	if (!dead(ev, e->kid[0], q, lo, i))
		return false;
	return e->kind == E_WEAKLY ? !latched(ev, e, q, lo, i) : !pending_bits(ev, e, n, q, lo, i);
}

static bool work_out_dead(struct naive_eval *ev, struct expr *e, int q, unsigned lo, unsigned i)
{
	unsigned all = 0;

	while (naive_operand(e->kid, e->n, all).e)
		all++;
	switch (e->kind) {
	case E_REF:
		return ref_dead(ev, e, q, i);
	case E_UNION:
	case E_XOR:
	case E_INF:
		return dead_kids(ev, e, q, lo, i) == all;
	case E_INTER:
		return dead_kids(ev, e, q, lo, i) > 0;
	case E_MINUS:
	case E_DELAY:
	case E_FILTER:
		return dead(ev, e->kid[0], q, lo, i);
	case E_EVERY:
		return dead(ev, e->kid[0], q, lo, i) ||
		       (e->num[2] &&
			naive_count(ev, e->kid[0], q, lo, lo, i) > naive_number(e->num[2], q));
	case E_UPTO:
		return dead(ev, e->kid[0], q, lo, i) ||
		       naive_count(ev, e->kid[1], q, lo, lo, i) > 0;
	case E_DEFER:
	case E_SAMPLED:
	case E_WEAKLY:
		return sampling_dead(ev, e, q, lo, i);
	case E_AWAIT:
		return once_over(ev, e, q, lo, i) || dead(ev, e->kid[0], q, lo, i);
	case E_ONCE:
	case E_ONCEWITH:
		return once_over(ev, e, q, lo, i) || dead(ev, e->kid[1], q, lo, i) ||
		       (dead(ev, e->kid[0], q, lo, i) &&
			naive_count(ev, e->kid[0], q, lo, lo, i) == 0);
	case E_THEN:
		return then_dead(ev, e, q, lo, i);
	default: /* sup, again */
		return false;
	}
}

static bool dead(struct naive_eval *ev, struct expr *e, int q, unsigned lo, unsigned i)
{
	signed char *known = memo(ev, ev->dead, e, q, lo, i);

	if (*known == UNKNOWN)
		*known = work_out_dead(ev, e, q, lo, i) ? YES : NO;
	return *known == YES;
}

/* --- variables ------------------------------------------------------------------------ */

/* All updates of one tick (NULL: of the clocks that are no events), then all values. */
static void update(struct naive_eval *ev, unsigned i, const struct naive_tick *t, uint64_t *vars)
{
	size_t size = naive_vars_size(ev);
	uint64_t *next = malloc(size);

	memcpy(next, vars, size);
	for (unsigned v = 0; v < ev->spec->nitems; v++) {
		struct item *item = &ev->spec->item[v];
		int q;

		for (unsigned m = 0;
		     item->kind == I_VAR && !item->off && (q = naive_member(item->loop, m)) >= -1;
		     m++) {
			if (naive_life(ev, item, q, i) < 0)
				continue;
			for (unsigned u = 0; u < item->nupdates; u++) {
				struct update *up = &item->update[u];
				bool by = false;

				for (unsigned k = 0; k < up->nalts; k++)
					by |= alt_by(ev, &up->alt[k], q, i, t, vars);
				if (by)
					naive_var_set(ev, up, item, q, t, vars, next);
			}
		}
	}
	memcpy(vars, next, size);
	free(next);
}

static void run_vars(struct naive_eval *ev)
{
	for (unsigned i = 0; i < ev->trace->n; i++) {
		uint64_t *vars = naive_vars(ev, i), *next = naive_vars(ev, i + 1);

		for (unsigned v = 0; v < ev->spec->nitems; v++) {
			struct item *item = &ev->spec->item[v];
			int q;

			/* Outer scopes come first, so that what this asks for is known. */
			for (unsigned m = 0; item->kind == I_VAR && !item->off &&
					     (q = naive_member(item->loop, m)) >= -1;
			     m++)
				if (!i || naive_life(ev, item, q, i) == (int)i)
					naive_var_init(ev, item, q, vars);
		}
		memcpy(next, vars, naive_vars_size(ev));
		for (unsigned t = 0; t < ev->trace->at[i].n; t++)
			update(ev, i, &ev->trace->at[i].tick[t], next);
		update(ev, i, NULL, next);
	}
}

struct naive_eval *naive_eval_new(struct naive_spec *spec, const struct naive_trace *trace)
{
	struct naive_eval *ev = calloc(1, sizeof(*ev));
	size_t exprs = (size_t)spec->nexprs * MEMBERS * trace->n * trace->n + 1;
	size_t lives = (size_t)spec->nitems * MEMBERS * trace->n + 1;

	ev->spec = spec;
	ev->trace = trace;
	ev->ticks = calloc(1, exprs);
	ev->dead = calloc(1, exprs);
	ev->lives = malloc(lives);
	memset(ev->lives, NOT_KNOWN, lives);
	ev->vars = calloc(trace->n + 1, naive_vars_size(ev));
	run_vars(ev);
	return ev;
}

void naive_eval_free(struct naive_eval *ev)
{
	free(ev->ticks);
	free(ev->dead);
	free(ev->lives);
	free(ev->vars);
	free(ev);
}
