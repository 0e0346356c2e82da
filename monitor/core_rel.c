/* SPDX-License-Identifier: MIT */
/* Relations: each is a test of the old state; only a step that passes is committed. */
#include "monitor/core_priv.h"

/*
 * d = ticks of op0 less those of op1. Strict: op1 wants d >= 1, op0 wants d < max. Weak: a
 * tick of the other one in the same step does as well.
 */
static bool precedence(const struct core *core, const struct core_node *n, uint64_t *d)
{
	bool a = core_ticks_op(core, n, 0), b = core_ticks_op(core, n, 1), weak = n->p[2];

	if (b && *d == 0 && !(weak && a))
		return false;
	if (a && *d >= n->p[1] && !(weak && b))
		return false;
	*d += (uint64_t)a - (uint64_t)b;
	return true;
}

static bool first(const struct core *core, const struct core_node *n, uint64_t *seen)
{
	bool a = core_ticks_op(core, n, 0);

	if (core_ticks_op(core, n, 1) && !*seen && !(a && n->p[2]))
		return false;
	*seen |= a;
	return true;
}

static bool interval(const struct core *core, const struct core_node *n, uint64_t *open)
{
	uint32_t last = n->nop - 2;
	bool f = core_ticks_op(core, n, last);
	bool g = !(n->p[0] & CORE_IN_ENDLESS) && core_ticks_op(core, n, last + 1);
	bool in = (*open && (!g || (n->p[0] & CORE_IN_RIGHT))) || (f && (n->p[0] & CORE_IN_LEFT));

	if (in == (n->kind == CORE_FORBID))
		for (uint32_t k = 0; k < last; k++)
			if (core_ticks_op(core, n, k))
				return false;
	*open = f || (*open && !g);
	return true;
}

static bool expired(const struct core *core, const struct core_node *n, const uint64_t *s)
{
	if (!s[0])
		return false;
	return n->p[1] == CORE_CYCLES ? core->cycle > s[1] : core->instant > s[1];
}

/* s[0]: op0 waits for op1; s[1]: until when, or the ticks counted so far. */
static bool within(struct core *core, const struct core_node *n, uint64_t *s)
{
	bool b = core_ticks_op(core, n, 1);

	if (n->p[1] == CORE_TICKS) {
		uint64_t count = s[1] + (s[0] && core_ticks_op(core, n, 2));

		if (s[0] && count >= n->p[0] && !b)
			return false;
		s[1] = count;
	} else if (expired(core, n, s)) {
		return false;
	}
	if (b) {
		s[0] = 0;
	} else if (!s[0] && core_ticks_op(core, n, 0)) {
		uint64_t now = n->p[1] == CORE_CYCLES ? core->cycle : core->instant;
		uint64_t *due = n->p[1] == CORE_CYCLES ? &core->due_cycle : &core->due_instant;

		s[0] = 1;
		s[1] = n->p[1] == CORE_TICKS ? 0 : now + n->p[0] < now ? UINT64_MAX : now + n->p[0];
		if (n->p[1] != CORE_TICKS && s[1] < *due)
			*due = s[1];
	}
	return true;
}

void core_expire(struct core *core)
{
	const struct core_tab *tab = core->tab;

	core->due_cycle = UINT64_MAX;
	core->due_instant = UINT64_MAX;
	for (uint32_t i = 0; i < tab->ntimed; i++) {
		uint32_t id = tab->timed[i];
		const struct core_node *n = &tab->nodes[id];
		const uint64_t *s = core->state + n->state;
		const struct core_life *life = &core->lives[n->scope];
		uint64_t *due = n->p[1] == CORE_CYCLES ? &core->due_cycle : &core->due_instant;

		if (!life->open || core->clocks[id].gen != life->gen || !s[0])
			continue;
		if (expired(core, n, s))
			core_wake(core, id);
		else if (s[1] < *due)
			*due = s[1];
	}
}

static uint64_t later(uint64_t due, uint64_t by)
{
	return due + by < due ? UINT64_MAX : due + by;
}

void core_grant(struct core *core, uint64_t cycles)
{
	const struct core_tab *tab = core->tab;

	for (uint32_t i = 0; i < tab->ntimed; i++) {
		const struct core_node *n = &tab->nodes[tab->timed[i]];
		uint64_t *s = core->state + n->state;

		if (n->p[1] == CORE_CYCLES && s[0])
			s[1] = later(s[1], cycles);
	}
	core->due_cycle = later(core->due_cycle, cycles);
}

static bool exclusion(const struct core *core, const struct core_node *n)
{
	bool one = false;

	for (uint32_t k = 0; k < n->nop; k++) {
		if (!core_ticks_op(core, n, k))
			continue;
		if (one)
			return false;
		one = true;
	}
	return true;
}

/* Whatever alternative's guard holds for a tick, what it must mean holds too. */
static bool require(struct core *core, uint32_t id, const struct core_node *n)
{
	bool ok = true;

	for (uint32_t k = n->alt; k < n->alt + n->nalt; k++) {
		const struct core_alt *alt = &core->tab->alts[k];

		if (alt->src >= core->tab->nevents) {
			ok &= !core_ticks(core, alt->src) ||
			      core_require(core, id, alt->guard, alt->must, NULL);
			continue;
		}
		for (unsigned i = 0; i < core->nticks; i++)
			if (core_alt_matches(alt, &core->ticks[i]))
				ok &= core_require(core, id, alt->guard, alt->must,
						   &core->ticks[i]);
	}
	return ok;
}

static bool any(const struct core *core, const struct core_node *n, uint32_t end)
{
	for (uint32_t k = 0; k < end; k++)
		if (core_ticks_op(core, n, k))
			return true;
	return false;
}

/* Could the relation fail in this instant? What it constrains ticks, or what forbids does. */
static bool exercised(const struct core *core, const struct core_node *n)
{
	switch (n->kind) {
	case CORE_SUB:
	case CORE_WITHIN:
		return core_ticks_op(core, n, 0);
	case CORE_FIRST:
		return core_ticks_op(core, n, 1);
	case CORE_PREC:
		return core_ticks_op(core, n, 1) ||
		       (n->p[1] != UINT64_MAX && core_ticks_op(core, n, 0));
	case CORE_FORBID:
		return core_ticks_op(core, n, n->nop - 2);
	case CORE_ALLOW:
		return any(core, n, n->nop - 2);
	default: /* CORE_EQ, CORE_EXCL; CORE_REQUIRE and CORE_NEVER see for themselves */
		return any(core, n, n->nop);
	}
}

bool core_relation(struct core *core, uint32_t id, const struct core_node *n)
{
	uint64_t *s = core_state(core, id, n);

	core->clocks[id].count += exercised(core, n);
	switch (n->kind) {
	case CORE_SUB:
		return !core_ticks_op(core, n, 0) || core_ticks_op(core, n, 1);
	case CORE_EQ:
		return core_ticks_op(core, n, 0) == core_ticks_op(core, n, 1);
	case CORE_EXCL:
		return exclusion(core, n);
	case CORE_PREC:
		return precedence(core, n, s);
	case CORE_FIRST:
		return first(core, n, s);
	case CORE_FORBID:
	case CORE_ALLOW:
		return interval(core, n, s);
	case CORE_WITHIN:
		return within(core, n, s);
	case CORE_REQUIRE:
		return require(core, id, n);
	default: /* CORE_NEVER */
		return !core_ticks_op(core, n, 0);
	}
}

bool core_pending(const struct core *core, uint32_t id)
{
	const struct core_node *n = &core->tab->nodes[id];

	if (!core->lives[n->scope].open || !n->nstate)
		return false;
	switch (n->kind) {
	case CORE_PREC:
		return core_state_get(core, id, 0) > n->p[0];
	case CORE_WITHIN:
		return core_state_get(core, id, 0) != 0;
	default:
		return false;
	}
}
