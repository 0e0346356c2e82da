/* SPDX-License-Identifier: MIT */
/* Derived clocks: each ticks or not as a function of its operands and of its own state. */
#include "monitor/core_priv.h"

static bool guard(const struct core *core, const struct core_node *n)
{
	const struct core_alt *alt = core->tab->alts + n->alt;

	for (uint32_t k = 0; k < n->nalt; k++, alt++) {
		if (alt->src >= core->tab->nevents) {
			if (core_ticks(core, alt->src) && core_holds(core, alt->guard, NULL))
				return true;
			continue;
		}
		for (unsigned i = 0; i < core->nticks; i++) {
			const struct ccsl_tick *t = &core->ticks[i];

			if (core_alt_matches(alt, t) && core_holds(core, alt->guard, t))
				return true;
		}
	}
	return false;
}

static bool any(const struct core *core, const struct core_node *n, uint32_t from)
{
	for (uint32_t k = from; k < n->nop; k++)
		if (core_ticks_op(core, n, k))
			return true;
	return false;
}

static bool all(const struct core *core, const struct core_node *n)
{
	for (uint32_t k = 0; k < n->nop; k++)
		if (!core_ticks_op(core, n, k))
			return false;
	return true;
}

/* inf ticks when the largest of the counts grows, sup when the smallest does. */
static bool extreme(const struct core *core, const struct core_node *n, uint64_t *count)
{
	bool sup = n->kind == CORE_SUP;
	uint64_t before = count[0], after = 0;

	for (uint32_t k = 0; k < n->nop; k++) {
		if (sup ? count[k] < before : count[k] > before)
			before = count[k];
		count[k] += core_ticks_op(core, n, k);
		if (k == 0 || (sup ? count[k] < after : count[k] > after))
			after = count[k];
	}
	return after > before;
}

/* A shift register: op1 shifts and reads bit p0 - 1, op0 then sets bit 0. */
static bool defer(uint64_t *bits, uint64_t n, bool set, bool shift)
{
	uint32_t last = (uint32_t)((n - 1) / 64);
	bool out = false;

	if (shift) {
		out = bits[last] >> ((n - 1) % 64) & 1;
		for (uint32_t i = last; i > 0; i--)
			bits[i] = bits[i] << 1 | bits[i - 1] >> 63;
		bits[0] <<= 1;
		if (n % 64) /* what is shifted out is gone: an empty register may be a dead one */
			bits[last] &= ((uint64_t)1 << (n % 64)) - 1;
	}
	if (set)
		bits[0] |= 1;
	return out;
}

static bool every(const struct core_node *n, uint64_t *index)
{
	uint64_t k = (*index)++;

	return k >= n->p[1] && k <= n->p[2] && (k - n->p[1]) % n->p[0] == 0;
}

static bool filter(const struct core *core, const struct core_node *n, uint64_t *index)
{
	const uint64_t *word = core->tab->bits + n->p[0];
	uint64_t k = *index;

	*index = k + 1 == n->p[1] + n->p[2] ? n->p[1] : k + 1;
	return word[k / 64] >> (k % 64) & 1;
}

/* Await, sampled once: one tick, then dead. s[0] counts or arms; the last word is "dead". */
static bool await(const struct core *core, const struct core_node *n, uint64_t *s)
{
	return core_ticks_op(core, n, 0) && ++s[0] == n->p[0];
}

static bool once(const struct core *core, const struct core_node *n, uint64_t *s)
{
	bool a = core_ticks_op(core, n, 0), b = core_ticks_op(core, n, 1);
	bool out = b && (s[0] || (a && n->p[0]));

	s[0] |= a;
	return out;
}

/* A clock that can die remembers the step in which it did; `but`: that one does not count. */
static bool operand_dead(const struct core *core, const struct core_node *n, uint32_t k,
			 uint64_t but)
{
	uint32_t id = core->tab->ops[n->op + k];
	const struct core_node *op = &core->tab->nodes[id];
	uint64_t died = 0;

	if (op->flags & CORE_F_MORTAL)
		died = core_state_get(core, id, op->nstate - 1);
	return died && died != but;
}

/* Follows op0; once that is dead op1, from the next step on; p1: op0 again instead. */
static bool concat(struct core *core, const struct core_node *n, uint64_t *s)
{
	uint32_t k = s[0] ? 1 : 0;
	bool out = core_ticks_op(core, n, k);

	if (k == 0 && operand_dead(core, n, 0, 0)) {
		s[0] = !n->p[1];
		core_restart(core, (uint32_t)n->p[0], true);
	}
	return out;
}

static bool all_dead(const struct core *core, const struct core_node *n, bool want, uint64_t but)
{
	for (uint32_t k = 0; k < n->nop; k++)
		if (operand_dead(core, n, k, but) != want)
			return false;
	return true;
}

static bool empty(const uint64_t *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (s[i])
			return false;
	return true;
}

/*
 * Can it never tick again, for the sake of its state and of what it reads? Only asked where a
 * concatenation depends on the answer.
 */
static bool lost(const struct core *core, const struct core_node *n, const uint64_t *s,
		 uint64_t but)
{
	switch (n->kind) {
	case CORE_ONCE:
		return operand_dead(core, n, 1, but) || (operand_dead(core, n, 0, but) && !s[0]);
	case CORE_CONCAT:
		return s[0] && operand_dead(core, n, 1, but);
	case CORE_EVERY:
		return s[0] > n->p[2] || operand_dead(core, n, 0, but);
	case CORE_DEFER:
	case CORE_SAMPLE_W:
		return operand_dead(core, n, 1, but) ||
		       (operand_dead(core, n, 0, but) && empty(s, n->nstate - 1));
	case CORE_UNION:
	case CORE_INF:
		return all_dead(core, n, true, but);
	case CORE_INTER:
		return !all_dead(core, n, false, but);
	case CORE_AWAIT:
	case CORE_UPTO:
	case CORE_DELAY:
	case CORE_FILTER:
	case CORE_MINUS:
		return operand_dead(core, n, 0, but);
	default:
		return false;
	}
}

/* Does it end in this step? */
static bool dies(const struct core *core, const struct core_node *n, const uint64_t *s, bool ticked)
{
	if (ticked && (n->kind == CORE_AWAIT || n->kind == CORE_ONCE))
		return true;
	if (n->kind == CORE_UPTO && core_ticks_op(core, n, 1))
		return true;
	return lost(core, n, s, 0);
}

/* What died in this step is dead for those that begin with the next one. */
void core_begin(struct core *core, uint32_t id, bool late)
{
	const struct core_node *n = &core->tab->nodes[id];
	uint64_t *s = core_state(core, id, n), but = late ? 0 : core->step;

	if (n->kind == CORE_CONCAT)
		s[0] = !n->p[1] && operand_dead(core, n, 0, but);
	if (n->flags & CORE_F_MORTAL)
		s[n->nstate - 1] = lost(core, n, s, but) ? core->step - !late : 0;
}

static bool clock_ticks(struct core *core, const struct core_node *n, uint64_t *s)
{
	bool out;

	switch (n->kind) {
	case CORE_GUARD:
		return guard(core, n);
	case CORE_UNION:
		return any(core, n, 0);
	case CORE_INTER:
		return all(core, n);
	case CORE_MINUS:
		return core_ticks_op(core, n, 0) && !any(core, n, 1);
	case CORE_INF:
	case CORE_SUP:
		return extreme(core, n, s);
	case CORE_DELAY:
		out = core_ticks_op(core, n, 0) && s[0] >= n->p[0];
		s[0] += core_ticks_op(core, n, 0) && s[0] < n->p[0];
		return out;
	case CORE_DEFER:
		return defer(s, n->p[0], core_ticks_op(core, n, 0), core_ticks_op(core, n, 1));
	case CORE_SAMPLE_W:
		s[0] |= core_ticks_op(core, n, 0);
		out = core_ticks_op(core, n, 1) && s[0];
		s[0] &= !core_ticks_op(core, n, 1);
		return out;
	case CORE_EVERY:
		return core_ticks_op(core, n, 0) && every(n, s);
	case CORE_FILTER:
		return core_ticks_op(core, n, 0) && filter(core, n, s);
	case CORE_AWAIT:
		return await(core, n, s);
	case CORE_UPTO:
		return core_ticks_op(core, n, 0) && !core_ticks_op(core, n, 1);
	case CORE_ONCE:
		return once(core, n, s);
	default:
		return concat(core, n, s);
	}
}

bool core_clock(struct core *core, uint32_t id, const struct core_node *n)
{
	uint64_t *s = core_state(core, id, n);
	bool ticked;

	if (!(n->flags & CORE_F_MORTAL))
		return clock_ticks(core, n, s);
	if (s[n->nstate - 1])
		return false;
	ticked = clock_ticks(core, n, s);
	s[n->nstate - 1] = dies(core, n, s, ticked) ? core->step : 0;
	return ticked;
}
