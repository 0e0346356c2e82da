/* SPDX-License-Identifier: MIT */
/* Which instant breaks which constraint (sections 3, 5, 6), and what is said of it (9). */
#include "tests/lib/naive_eval.h"

#include <assert.h>
#include <string.h>

enum { PARTS = 64 };

struct part { /* what can be broken on its own */
	struct item *item;
	struct expr * xor ; /* its Exclusion, not the item itself */
	int q;
	unsigned link;
};

struct judge {
	struct naive_eval *ev;
	const struct naive_trace *trace;
	struct naive_verdicts *out;
	/* Up to and with instant i, in the life of then: is it broken, told or not? */
	bool broken[NAIVE_UNITS][NAIVE_INSTANTS + 1];
	bool touched[NAIVE_UNITS];
};

/* --- the parts of a unit -------------------------------------------------------------- */

static unsigned links(const struct item *item)
{
	switch (item->kind) {
	case I_PREC:
	case I_ALT:
	case I_SUB:
	case I_SYNC:
	case I_FIRST:
		return item->nops - 1;
	case I_FORBID:
	case I_ALLOW:
	case I_EXCL:
	case I_WITHIN:
	case I_REQUIRE:
	case I_NEVER:
	case I_CHECK:
		return 1;
	default:
		return 0;
	}
}

static unsigned xors(struct expr *e, struct expr **list, unsigned n)
{
	if (!e)
		return n;
	for (unsigned k = 0; k < e->n; k++)
		n = xors(e->kid[k], list, n);
	if (e->kind == E_XOR)
		list[n++] = e;
	return n;
}

static unsigned add_parts(struct item *item, int q, struct part *part, unsigned n)
{
	struct expr *list[PARTS];
	unsigned nxors = 0;

	if (item->off)
		return n;
	if (item->kind == I_RULE) {
		for (unsigned k = 0; k < item->nkids; k++)
			n = add_parts(item->kid[k], q, part, n);
		return n;
	}
	if (item->kind != I_SCOPE) { /* in the order of the text */
		unsigned from = item->kind == I_FORBID || item->kind == I_ALLOW ? 2 : 0;

		for (unsigned k = 0; k < item->nops; k++)
			nxors = xors(item->op[(k + from) % item->nops], list, nxors);
	}
	assert(n + nxors + links(item) <= PARTS);
	for (unsigned k = 0; k < links(item); k++)
		part[n++] = (struct part){ item, NULL, q, k };
	for (unsigned k = 0; k < nxors; k++)
		part[n++] = (struct part){ item, list[k], q, 0 };
	return n;
}

static unsigned unit_parts(const struct naive_unit *u, struct part *part)
{
	if (u->item->kind == I_RULE) {
		unsigned n = 0, all = add_parts(u->item, u->q, part, 0);

		for (unsigned k = 0; k < all; k++) /* the Exclusion of an xor is on its own */
			if (!part[k].xor)
				part[n++] = part[k];
		return n;
	}
	part[0] = (struct part){ u->item, u->xor, u->q, u->link };
	return 1;
}

static bool in_rule(const struct item *item)
{
	while (item && item->kind != I_RULE)
		item = item->parent;
	return item;
}

static bool is_off(const struct item *item)
{
	for (; item; item = item->parent)
		if (item->off)
			return true;
	return false;
}

static void add_units(struct naive_verdicts *out, struct item *item, int q)
{
	struct part part[PARTS];
	bool mine = !in_rule(item); /* not as a whole with others */
	unsigned n;

	if (item->kind == I_RULE)
		out->unit[out->n++] = (struct naive_unit){ .item = item, .q = q };
	if (item->kind == I_FOR || item->kind == I_RULE)
		return;
	n = add_parts(item, q, part, 0);
	for (unsigned k = 0; k < n; k++) {
		assert(out->n < NAIVE_UNITS);
		if (mine || part[k].xor)
			out->unit[out->n++] = (struct naive_unit){ .item = item,
								   .xor = part[k].xor
								   , .q = q, .link = part[k].link };
	}
}

/* --- one instant ------------------------------------------------------------------------ */

struct view { /* of a part at an instant */
	struct naive_eval *ev;
	const struct part *p;
	unsigned lo, i;
};

static bool on(const struct view *v, unsigned op, unsigned i)
{
	return v->p->item->op[op] && naive_ticks(v->ev, v->p->item->op[op], v->p->q, v->lo, i);
}

static bool now(const struct view *v, unsigned op)
{
	return on(v, op, v->i);
}

static int64_t before(const struct view *v, unsigned op, unsigned i)
{
	return naive_count(v->ev, v->p->item->op[op], v->p->q, v->lo, v->lo, i);
}

static int64_t start_of(const struct view *v)
{
	const struct data *init = v->p->item->init[v->p->link];

	return init ? (int64_t)naive_number(init, v->p->q) : 0;
}

static bool precedence(const struct view *v, bool weak, const struct data *max)
{
	unsigned k = v->p->link;
	bool a = now(v, k), b = now(v, k + 1);
	int64_t d = start_of(v) + before(v, k, v->i) - before(v, k + 1, v->i);

	if (b && d < 1 && !(weak && a))
		return true;
	return a && max && d >= (int64_t)naive_number(max, v->p->q) && !(weak && b);
}

static bool alternates(const struct view *v)
{
	struct data one = { .kind = D_NUM, .num = 1 };

	return precedence(v, false, &one);
}

static bool inside(const struct view *v) /* the interval */
{
	const struct item *item = v->p->item;
	bool open = false;

	for (unsigned j = v->lo; j < v->i; j++)
		if (on(v, 0, j)) {
			open = true;
			for (unsigned g = j + 1; g < v->i; g++)
				open &= !on(v, 1, g);
			if (open)
				break;
		}
	return (open && (!now(v, 1) || item->through)) || (now(v, 0) && item->from);
}

static unsigned several(const struct view *v, struct expr *const *list, unsigned n)
{
	unsigned ticking = 0;
	struct operand op;

	for (unsigned k = 0; (op = naive_operand(list, n, k)).e; k++)
		ticking += naive_operand_ticks(v->ev, op, v->p->q, v->lo, v->i);
	return ticking;
}

static bool what_ticks(const struct view *v)
{
	return several(v, v->p->item->op + 2, v->p->item->nops - 2) > 0;
}

/* An a at j that no b came with or after, before instant i. */
static bool waits(const struct view *v, unsigned j, unsigned i)
{
	if (!on(v, 0, j))
		return false;
	for (unsigned k = j; k < i; k++)
		if (on(v, 1, k))
			return false;
	return true;
}

/* i may be the end of the trace. */
static bool too_late(const struct view *v, const struct naive_trace *trace)
{
	const struct item *item = v->p->item;
	uint64_t n = naive_number(item->value, v->p->q);
	bool end = v->i == trace->n;
	uint64_t cycle = end ? trace->end : trace->at[v->i].cycle;

	for (unsigned j = v->lo; j < v->i; j++) {
		if (!waits(v, j, v->i))
			continue;
		if (item->unit == W_CYCLES && cycle - trace->at[j].cycle > n)
			return true;
		if (item->unit == W_EVENTS && !end && v->i - j > n)
			return true;
		if (item->unit == W_CLOCK && !end && now(v, 2) && !now(v, 1) &&
		    naive_count(v->ev, item->op[2], v->p->q, v->lo, j + 1, v->i + 1) >= n)
			return true;
	}
	return false;
}

static bool breaks(const struct view *v, const struct naive_trace *trace)
{
	struct item *item = v->p->item;
	unsigned k = v->p->link;
	bool seen;

	if (v->p->xor)
		return several(v, v->p->xor->kid, v->p->xor->n) > 1;
	switch (item->kind) {
	case I_PREC:
		return precedence(v, item->weak[k], item->max[k]);
	case I_ALT:
		return alternates(v);
	case I_SUB:
		return now(v, k) && !now(v, k + 1);
	case I_SYNC:
		return now(v, k) != now(v, k + 1);
	case I_EXCL:
		return several(v, item->op, item->nops) > 1;
	case I_FIRST:
		return now(v, k + 1) && !before(v, k, v->i) && !(item->weak[k] && now(v, k));
	case I_FORBID:
		return what_ticks(v) && inside(v);
	case I_ALLOW:
		return what_ticks(v) && !inside(v);
	case I_WITHIN:
		return too_late(v, trace);
	case I_REQUIRE:
		return naive_require(v->ev, item, v->p->q, v->i, &seen);
	case I_NEVER:
		return now(v, 0);
	default: /* check */
		return now(v, 0) != naive_item_ticks(v->ev, item->target, v->p->q, v->i);
	}
}

/* May it, or what it reads, die? Then it passes on more than its own ticks. */
static bool dies(const struct expr *e)
{
	bool any = e->kind == E_AWAIT || e->kind == E_UPTO || e->kind == E_ONCE ||
		   e->kind == E_ONCEWITH || e->kind == E_THEN || e->kind == E_AGAIN ||
		   (e->kind == E_EVERY && e->num[2]);

	if (e->kind == E_REF && e->item->kind == I_LET)
		any |= dies(e->item->op[0]);
	for (unsigned k = 0; k < e->n; k++)
		any |= dies(e->kid[k]);
	return any;
}

static bool reads_plainly(const struct expr *e)
{
	if (e->kind == E_REF)
		return !dies(e);
	for (unsigned k = 0; k < e->n; k++)
		if (dies(e->kid[k]))
			return false;
	return true;
}

/* Is it plain what the clock of a Never reads, and is that looked at in its own scope only? */
static bool plain(const struct item *never)
{
	const struct expr *e = never->op[0];
	const struct item *home = never->home->kind == I_RULE ? never->home->home : never->home;
	const struct item *item = e->item;

	if (e->kind != E_REF)
		return reads_plainly(e);
	if (item->kind == I_EVENT || item->kind == I_INPUT)
		return true;
	if ((item->home != home && item->home != never->home) || e->at)
		return false;
	if (item->kind == I_LET)
		return reads_plainly(item->op[0]);
	for (unsigned k = 0; k < item->nalts; k++)
		if (item->alt[k].ref->at || (item->alt[k].ref->item->kind != I_EVENT &&
					     item->alt[k].ref->item->kind != I_INPUT))
			return false;
	return true;
}

/* Does something tick that the definition e reads? */
static bool one_of(const struct view *v, struct expr *e, int q)
{
	struct operand op;

	if (e->kind == E_REF)
		return naive_ticks(v->ev, e, q, v->lo, v->i);
	for (unsigned k = 0; (op = naive_operand(e->kid, e->n, k)).e; k++)
		if (naive_operand_ticks(v->ev, op, q, v->lo, v->i))
			return true;
	return false;
}

static bool read_ticks(const struct view *v)
{
	struct expr *e = v->p->item->op[0];

	if (!plain(v->p->item))
		return true;
	if (e->kind != E_REF)
		return one_of(v, e, v->p->q);
	if (e->item->kind == I_LET)
		return one_of(v, e->item->op[0], naive_around(e->where, v->p->q, e->item->loop));
	for (unsigned k = 0; k < e->item->nalts; k++)
		if (naive_item_ticks(v->ev, e->item->alt[k].ref->item, -1, v->i))
			return true;
	return false;
}

/* Is it exercised here? */
static bool touches(const struct view *v)
{
	struct item *item = v->p->item;
	unsigned k = v->p->link;
	bool seen;

	if (v->p->xor)
		return several(v, v->p->xor->kid, v->p->xor->n) > 0;
	switch (item->kind) {
	case I_PREC:
		return now(v, k + 1) || (item->max[k] && now(v, k));
	case I_ALT:
	case I_SYNC:
		return now(v, k) || now(v, k + 1);
	case I_SUB:
	case I_WITHIN:
		return now(v, k);
	case I_EXCL:
		return several(v, item->op, item->nops) > 0;
	case I_FIRST:
		return now(v, k + 1);
	case I_FORBID:
		return now(v, 0);
	case I_ALLOW:
		return what_ticks(v);
	case I_REQUIRE:
		naive_require(v->ev, item, v->p->q, v->i, &seen);
		return seen;
	case I_NEVER:
		return now(v, 0) || read_ticks(v);
	default:
		return now(v, 0) || breaks(v, NULL);
	}
}

/* At the end: is something left open? */
static bool pends(const struct view *v)
{
	struct item *item = v->p->item;
	unsigned k = v->p->link;

	if (v->p->xor)
		return false;
	if (item->kind == I_PREC || item->kind == I_ALT)
		return before(v, k, v->i) > before(v, k + 1, v->i);
	if (item->kind == I_WITHIN)
		for (unsigned j = v->lo; j < v->i; j++)
			if (waits(v, j, v->i))
				return true;
	return false;
}

/* --- a trace ---------------------------------------------------------------------------- */

static bool unit_breaks(struct judge *j, unsigned n, unsigned lo, unsigned i)
{
	struct part part[PARTS];
	unsigned parts = unit_parts(&j->out->unit[n], part);
	bool broken = false;

	for (unsigned k = 0; k < parts; k++) {
		struct view v = { j->ev, &part[k], lo, i };

		if (i == j->trace->n) {
			broken |= !part[k].xor &&part[k].item->kind == I_WITHIN &&
				  too_late(&v, j->trace);
			continue;
		}
		broken |= breaks(&v, j->trace);
		j->touched[n] |= touches(&v);
	}
	return broken;
}

static bool needed_broken(struct judge *j, const struct naive_unit *u, unsigned i)
{
	for (unsigned k = 0; k < u->item->nneeds; k++) {
		const struct expr *ref = u->item->needs[k];
		int q = naive_meant(ref->item, ref->where, ref->at, ref->at2, u->q);

		for (unsigned n = 0; n < j->out->n; n++)
			if (j->out->unit[n].item == ref->item && j->out->unit[n].q == q &&
			    j->broken[n][i])
				return true;
	}
	return false;
}

static void judge_unit(struct judge *j, unsigned n, unsigned i)
{
	struct naive_unit *u = &j->out->unit[n];
	bool end = i == j->trace->n;
	int lo = naive_life(j->ev, u->item, u->q, end ? i - 1 : i);
	bool was, needed;

	if (lo < 0)
		return;
	was = i > (unsigned)lo && j->broken[n][i - 1];
	needed = needed_broken(j, u, i);
	j->broken[n][i] = was || unit_breaks(j, n, (unsigned)lo, i);
	u->broken[i] = j->broken[n][i] && !was && !needed;
}

static int unit_result(struct judge *j, unsigned n)
{
	struct naive_unit *u = &j->out->unit[n];
	struct part part[PARTS];
	unsigned parts = unit_parts(u, part);
	int lo = naive_life(j->ev, u->item, u->q, j->trace->n - 1);

	for (unsigned k = 0; k < parts; k++)
		u->vague |= part[k].item->kind == I_NEVER && !plain(part[k].item);
	for (unsigned i = 0; i <= j->trace->n; i++)
		if (u->broken[i])
			return NAIVE_VIOLATED;
	for (unsigned k = 0; k < parts && lo >= 0 && !j->broken[n][j->trace->n]; k++) {
		struct view v = { j->ev, &part[k], (unsigned)lo, j->trace->n };

		if (pends(&v))
			return NAIVE_PENDING;
	}
	return j->touched[n] ? NAIVE_OK : NAIVE_VACUOUS;
}

static void note(struct judge *j, struct item *item, int q)
{
	for (unsigned i = 0; i < j->trace->n; i++) {
		int lo = naive_life(j->ev, item, q, i);

		if (lo >= 0)
			j->out->notes[i][item->id] +=
				naive_ticks(j->ev, item->op[0], q, (unsigned)lo, i);
	}
}

void naive_judge(struct naive_verdicts *out, struct naive_spec *spec,
		 const struct naive_trace *trace)
{
	struct judge j = { .trace = trace, .out = out };

	memset(out, 0, sizeof(*out));
	j.ev = naive_eval_new(spec, trace);
	for (unsigned k = 0; k < spec->nitems; k++) {
		struct item *item = &spec->item[k];
		int q;

		for (unsigned m = 0; !is_off(item) && (q = naive_member(item->loop, m)) >= -1;
		     m++) {
			if (item->kind == I_NOTE)
				note(&j, item, q);
			add_units(out, item, q);
		}
	}
	/* A rule needs rules made before it, so their order is that of the judgement. */
	for (unsigned i = 0; i <= trace->n; i++)
		for (unsigned n = 0; n < out->n; n++)
			judge_unit(&j, n, i);
	for (unsigned n = 0; n < out->n; n++)
		out->unit[n].result = unit_result(&j, n);
	naive_eval_free(j.ev);
}
