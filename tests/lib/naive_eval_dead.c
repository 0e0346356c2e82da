/* SPDX-License-Identifier: MIT */
/* Whether a clock is dead: that nothing can make it tick any more. */
#include "tests/lib/naive_internal.h"

static bool ref_dead(struct naive_eval *ev, struct expr *e, int q, unsigned i)
{
	int m = naive_member_of(e, q), lo;

	if (e->item->kind != I_LET)
		return false;
	lo = naive_life(ev, e->item, m, i);
	return lo >= 0 && naive_dead(ev, e->item->op[0], m, (unsigned)lo, i);
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
			n += naive_dead(ev, op.e, q, lo, i);
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
		if (naive_dead(ev, e->kid[0], q, lo, j))
			return naive_dead(ev, e->kid[1], q, j, i);
	return false;
}

static bool sampling_dead(struct naive_eval *ev, struct expr *e, int q, unsigned lo, unsigned i)
{
	uint64_t n = e->kind == E_DEFER ? naive_number(e->num[0], q) : 1;

	if (naive_dead(ev, e->kid[1], q, lo, i))
		return true;
	if (!naive_dead(ev, e->kid[0], q, lo, i))
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
		return naive_dead(ev, e->kid[0], q, lo, i);
	case E_EVERY:
		return naive_dead(ev, e->kid[0], q, lo, i) ||
		       (e->num[2] &&
			naive_count(ev, e->kid[0], q, lo, lo, i) > naive_number(e->num[2], q));
	case E_UPTO:
		return naive_dead(ev, e->kid[0], q, lo, i) ||
		       naive_count(ev, e->kid[1], q, lo, lo, i) > 0;
	case E_DEFER:
	case E_SAMPLED:
	case E_WEAKLY:
		return sampling_dead(ev, e, q, lo, i);
	case E_AWAIT:
		return once_over(ev, e, q, lo, i) || naive_dead(ev, e->kid[0], q, lo, i);
	case E_ONCE:
	case E_ONCEWITH:
		return once_over(ev, e, q, lo, i) || naive_dead(ev, e->kid[1], q, lo, i) ||
		       (naive_dead(ev, e->kid[0], q, lo, i) &&
			naive_count(ev, e->kid[0], q, lo, lo, i) == 0);
	case E_THEN:
		return then_dead(ev, e, q, lo, i);
	default: /* sup, again */
		return false;
	}
}

bool naive_dead(struct naive_eval *ev, struct expr *e, int q, unsigned lo, unsigned i)
{
	signed char *known = naive_memo(ev, ev->dead, e, q, lo, i);

	if (*known == UNKNOWN)
		*known = work_out_dead(ev, e, q, lo, i) ? YES : NO;
	return *known == YES;
}
