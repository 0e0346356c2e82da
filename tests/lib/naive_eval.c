/* SPDX-License-Identifier: MIT */
/* Members, segments and items, by counting ticks from the beginning each time. */
#include "tests/lib/naive_internal.h"

#include "tests/lib/naive_data.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

signed char *naive_memo(struct naive_eval *ev, signed char *table, const struct expr *e, int q,
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

int naive_member_of(const struct expr *ref, int q)
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

bool naive_alt_by(struct naive_eval *ev, const struct alt *alt, int q, unsigned i,
		  const struct naive_tick *t, const uint64_t *vars)
{
	struct item *item = alt->ref->item;
	int m = naive_member_of(alt->ref, q);
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
				by = naive_alt_by(ev, &item->alt[k], m, i, t, vars);
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
			if (naive_alt_by(ev, &item->alt[k], q, i, &now->tick[t], vars))
				return true;
		if (naive_alt_by(ev, &item->alt[k], q, i, NULL, vars))
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

			if (!naive_alt_by(ev, &item->alt[k], q, i, tick, vars))
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
	naive_vars_run(ev);
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
