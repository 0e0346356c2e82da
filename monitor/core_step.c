/* SPDX-License-Identifier: MIT */
/*
 * The step: the instant's events tick, what they touch is visited in order, then variables
 * change.
 */
#include "monitor/core_priv.h"

#define WALKS 8 /* ticks of an instant that are walked side by side */

/* Where the walk along the roll of one tick has come to. */
struct walk {
	const struct core_sub *at, *end;
	const struct ccsl_tick *tick;
};

/* One node that a tick touches, all before it being done. */
static void visit_sub(struct core *core, const struct core_sub *sub, const struct ccsl_tick *t)
{
	const struct core_node *n = &core->tab->nodes[sub->node];

	if (sub->guard == CORE_NONE) {
		core->day[sub->node >> 6] &= ~((uint64_t)1 << (sub->node & 63));
		core_visit(core, sub->node);
		return;
	}
	if (!core->lives[n->scope].open)
		return;
	core->clocks[sub->node].seen++;
	if (n->kind == CORE_REQUIRE) {
		if (!core_muted(core, n) &&
		    !core_require(core, sub->node, sub->guard, sub->must, t))
			core_judge(core, sub->node, n);
		return;
	}
	if (!core_ticks(core, sub->node) && core_holds(core, sub->guard, t))
		core_tick(core, sub->node, n);
}

/* In each roll nodes ascend: the least of them all. */
static struct walk *least(struct walk *w, unsigned n)
{
	struct walk *best = w;

	for (unsigned i = 1; i < n; i++)
		if (w[i].at->node < best->at->node)
			best = &w[i];
	return best;
}

/*
 * The instant's events tick, as far as somebody is awake; the walk along their rolls begins.
 * *after: something is to be done when it is over.
 */
static inline unsigned line_up(struct core *core, struct walk *w, bool *after)
{
	unsigned n = 0;

	for (unsigned i = 0; i < core->nticks; i++) {
		const struct ccsl_tick *t = &core->ticks[i];
		uint32_t slot = core_slot_of(core->tab, t);
		struct core_roll *r = &core->rolls[slot];

		if (r->epoch != core->epoch)
			core_roll_call(core, slot);
		*after |= --r->left <= 0 || r->nupd;
		if (!r->nsub)
			continue;
		if (!core_ticks(core, t->event))
			core_tick(core, t->event, &core->tab->nodes[t->event]);
		w[n++] = (struct walk){ r->sub, r->sub + r->nsub, t };
	}
	return n;
}

/*
 * When a restart wakes sleepers the walk begins again. They are behind the node of their
 * scope, but clocks that only they read may be before it: in front of `from`, where the walk
 * has been, clocks without a state are asked once more.
 */
static void walk(struct core *core, struct walk *w, unsigned n, bool *after)
{
	uint64_t epoch = core->epoch;
	uint32_t last = CORE_NONE, from = 0; /* NONE + 1 is 0 */

	while (n > 0 || core->low != CORE_NONE) {
		struct walk *at = least(w, n);
		uint32_t node = n > 0 ? at->at->node : CORE_NONE;

		if (core->low < node) {
			core_drain(core, node);
		} else {
			/* A node without alternatives is visited once. */
			if ((at->at->guard != CORE_NONE || node != last) &&
			    (node >= from || core_stateless(&core->tab->nodes[node])))
				visit_sub(core, at->at, at->tick);
			last = node;
			if (++at->at == at->end && at != &w[--n])
				*at = w[n];
		}
		if (core->epoch != epoch) {
			epoch = core->epoch;
			if (last + 1 > from)
				from = last + 1;
			last = CORE_NONE;
			n = line_up(core, w, after);
		}
	}
}

/* Too many to walk side by side: all that they could touch, by way of the agenda. */
static void walk_crowd(struct core *core)
{
	const struct core_tab *tab = core->tab;

	for (unsigned i = 0; i < core->nticks; i++) {
		const struct ccsl_tick *t = &core->ticks[i];
		const struct core_slot *s = &tab->slots[core_slot_of(tab, t)];

		if (!core_ticks(core, t->event))
			core_tick(core, t->event, &tab->nodes[t->event]);
		for (uint32_t k = 0; k < s->nsub; k++)
			core_wake(core, tab->subs[s->sub + k].node);
	}
	while (core->low != CORE_NONE)
		core_drain(core, CORE_NONE);
}

/* What an update would store; false if its guard or its scope says no. */
static inline bool weigh(const struct core *core, uint32_t update, const struct ccsl_tick *t,
			 struct core_pend *p)
{
	const struct core_update *u = &core->tab->updates[update];
	const struct core_var *var = &core->tab->vars[u->var];
	uint64_t cell;

	if (!core->lives[var->scope].open || !core_holds(core, u->guard, t))
		return false;
	cell = core_load(core, &u->index, t);
	if (cell >= var->ncell)
		return false;
	p->cell = var->cell + (uint32_t)cell;
	p->gen = core->lives[var->scope].gen;
	p->value = core_load(core, &u->value, t);
	return true;
}

static inline void store(struct core *core, const struct core_pend *p)
{
	core->cells[p->cell].gen = p->gen;
	core->cells[p->cell].value = p->value;
}

/* All are weighed before any is stored. */
static void update_all(struct core *core, const uint32_t *upd, uint32_t nupd,
		       const struct ccsl_tick *t)
{
	struct core_pend *pend = core->scratch;
	uint32_t n = 0;

	for (uint32_t k = 0; k < nupd; k++)
		n += weigh(core, upd[k], t, &pend[n]);
	for (uint32_t k = 0; k < n; k++)
		store(core, &pend[k]);
}

static void begin(struct core *core, uint64_t cycle, const struct ccsl_tick *ticks, unsigned n)
{
	core->step++;
	core->cycle = cycle;
	core->ticks = ticks;
	core->nticks = n;
	if (cycle > core->due_cycle || core->instant > core->due_instant)
		core_expire(core);
}

/* What each tick sets; and who has nothing more to do may sleep. */
static void end(struct core *core)
{
	for (unsigned i = 0; i < core->nticks; i++) {
		const struct ccsl_tick *t = &core->ticks[i];
		uint32_t slot = core_slot_of(core->tab, t);
		const struct core_slot *s = &core->tab->slots[slot];
		const struct core_roll *r = &core->rolls[slot];

		if (s->nupd)
			update_all(core, core->tab->onupd + s->upd, s->nupd, t);
		if (r->epoch == core->epoch && r->left <= 0)
			core_roll_rest(core, slot);
	}
	update_all(core, core->late, core->nlate, NULL);
	core->nlate = 0;
}

void core_step(struct core *core, uint64_t cycle, const struct ccsl_tick *ticks, unsigned n)
{
	bool after = false;

	core->instant = core->instants++;
	begin(core, cycle, ticks, n);
	if (n <= WALKS) {
		struct walk w[WALKS];
		unsigned walks = line_up(core, w, &after);

		if (walks > 0 || core->low != CORE_NONE)
			walk(core, w, walks, &after);
	} else {
		walk_crowd(core);
		after = true;
	}
	if (after || core->nlate)
		end(core);
}

void core_finish(struct core *core, uint64_t cycle)
{
	begin(core, cycle, NULL, 0);
	while (core->low != CORE_NONE)
		core_drain(core, CORE_NONE);
}
