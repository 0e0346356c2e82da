/* SPDX-License-Identifier: MIT */
/* The step: mark the instant's events, visit what they touch in order, then set variables. */
#include "monitor/core_priv.h"

struct layout {
	size_t clocks, state, lives, verdicts, cells, ring, scratch, late, day, week, size;
};

static uint32_t words(uint32_t bits)
{
	return (bits + 63) / 64;
}

static void lay_out(const struct core_tab *tab, struct layout *l)
{
	size_t at = (sizeof(struct core) + 7) & ~(size_t)7;

	l->clocks = at;
	l->state = at += tab->nnodes * sizeof(struct core_clock);
	l->lives = at += tab->nstate * sizeof(uint64_t);
	l->verdicts = at += tab->nscopes * sizeof(struct core_life);
	l->cells = at += tab->nrules * sizeof(struct core_verdicts);
	l->ring = at += tab->ncells * sizeof(struct core_cell);
	l->scratch = at += tab->ring * sizeof(struct core_mark);
	l->day = at += tab->nscratch * sizeof(struct core_pend);
	l->week = at += words(tab->nnodes) * sizeof(uint64_t);
	l->late = at += words(words(tab->nnodes)) * sizeof(uint64_t);
	l->size = at + (tab->nscratch * sizeof(uint32_t) + 7) / 8 * 8;
}

size_t core_size(const struct core_tab *tab)
{
	struct layout l;

	lay_out(tab, &l);
	return l.size;
}

struct core *core_init(void *mem, const struct core_tab *tab, const struct core_hooks *hooks)
{
	struct core *core = mem;
	struct layout l;

	lay_out(tab, &l);
	for (size_t i = 0; i < l.size / 8; i++) {
		((uint64_t *)mem)[i] = 0;
		__asm__ volatile("" ::: "memory"); /* no call of memset */
	}
	core->tab = tab;
	core->hooks = *hooks;
	core->low = CORE_NONE;
	core->due_cycle = UINT64_MAX;
	core->due_instant = UINT64_MAX;
	core->clocks = (void *)((char *)mem + l.clocks);
	core->state = (void *)((char *)mem + l.state);
	core->lives = (void *)((char *)mem + l.lives);
	core->verdicts = (void *)((char *)mem + l.verdicts);
	core->cells = (void *)((char *)mem + l.cells);
	core->ring = (void *)((char *)mem + l.ring);
	core->scratch = (void *)((char *)mem + l.scratch);
	core->day = (void *)((char *)mem + l.day);
	core->week = (void *)((char *)mem + l.week);
	core->late = (void *)((char *)mem + l.late);
	core_restart(core, 0);
	return core;
}

/* Scopes inside start again too; a window waits for its own restart clock. */
void core_restart(struct core *core, uint32_t scope)
{
	const struct core_scope *s = core->tab->scopes;

	for (uint32_t i = scope; i < s[scope].end; i++) {
		core->lives[i].gen = ++core->gens;
		core->lives[i].instant = core->instant;
		core->lives[i].open = i == scope || (!s[i].window && core->lives[s[i].parent].open);
	}
}

static void close_scope(struct core *core, uint32_t scope)
{
	for (uint32_t i = scope; i < core->tab->scopes[scope].end; i++)
		core->lives[i].open = false;
}

uint64_t core_state_get(const struct core *core, uint32_t id, uint32_t word)
{
	const struct core_node *n = &core->tab->nodes[id];

	if (core->clocks[id].gen == core->lives[n->scope].gen)
		return core->state[n->state + word];
	return n->kind == CORE_PREC && word == 0 ? n->p[0] : 0;
}

static void tick(struct core *core, uint32_t id, const struct core_node *n)
{
	core->clocks[id].stamp = core->step;
	core->clocks[id].count++;
	if (n->flags & CORE_F_WITNESS) {
		struct core_mark *m = &core->ring[core->marks++ & (core->tab->ring - 1)];

		m->instant = core->instant;
		m->cycle = core->cycle;
		m->node = id;
	}
	if (!(n->flags & CORE_F_MORTAL))
		core_wake_all(core, n->user, n->nuser);
}

static bool silenced(const struct core *core, const struct core_rule *rule)
{
	for (uint32_t i = 0; i < rule->nneed; i++) {
		uint32_t need = core->tab->needs[rule->need + i];
		uint32_t scope = core->tab->rules[need].scope;

		if (core->verdicts[need].muted == core->lives[scope].gen)
			return true;
	}
	return false;
}

/* The rule of a relation that does not hold is muted, and told if nothing excuses it. */
static void judge(struct core *core, uint32_t id, const struct core_node *n)
{
	struct core_verdicts *v = &core->verdicts[n->rule];
	const struct core_rule *rule = &core->tab->rules[n->rule];

	v->muted = core->lives[rule->scope].gen;
	if (silenced(core, rule)) {
		v->silenced++;
		return;
	}
	v->violations++;
	core->hooks.fail(core->hooks.ctx, core, id);
}

static bool muted(const struct core *core, const struct core_node *n)
{
	/* A rule and its relations are of the same scope. */
	return core->verdicts[n->rule].muted == core->lives[n->scope].gen;
}

/* What can die wakes its users without a tick, too. */
static void visit_doer(struct core *core, uint32_t id, const struct core_node *n)
{
	bool first = core_ticks_op(core, n, 0);

	if (!first && (n->nop < 2 || !core_ticks_op(core, n, 1)))
		return;
	switch (n->kind) {
	case CORE_SCOPE:
		if (first)
			core_restart(core, (uint32_t)n->p[0]);
		else
			close_scope(core, (uint32_t)n->p[0]);
		return;
	case CORE_UPDATE:
		core->late[core->nlate++] = (uint32_t)n->p[0];
		return;
	default: /* CORE_NOTE */
		core->hooks.note(core->hooks.ctx, core, id);
	}
}

static void visit(struct core *core, uint32_t id)
{
	const struct core_node *n = &core->tab->nodes[id];

	if (!core->lives[n->scope].open)
		return;
	core->clocks[id].seen++;
	if (n->kind >= CORE_SUB) {
		if (!muted(core, n) && !core_relation(core, id, n))
			judge(core, id, n);
		return;
	}
	if (n->kind >= CORE_SCOPE) {
		visit_doer(core, id, n);
		return;
	}
	if (!core_ticks(core, id) && core_clock(core, id, n))
		tick(core, id, n);
	if (n->flags & CORE_F_MORTAL)
		core_wake_all(core, n->user, n->nuser);
}

/*
 * Visits what is on the agenda below `end`. Visits wake only nodes with greater numbers, so
 * three levels of bits do as a queue.
 */
static void drain(struct core *core, uint32_t end)
{
	core->low = CORE_NONE;
	while (core->month) {
		uint32_t w = (uint32_t)__builtin_ctzll(core->month);

		while (core->week[w]) {
			uint32_t d = w * 64 + (uint32_t)__builtin_ctzll(core->week[w]);

			while (core->day[d]) {
				uint32_t id = d * 64 + (uint32_t)__builtin_ctzll(core->day[d]);

				if (id >= end) {
					core->low = id;
					return;
				}
				core->day[d] &= core->day[d] - 1;
				visit(core, id);
			}
			core->week[w] &= core->week[w] - 1;
		}
		core->month &= core->month - 1;
	}
	core->low = CORE_NONE;
}

/* One node that the only tick of this instant touches, all before it being done. */
static void visit_sub(struct core *core, const struct core_sub *sub, const struct ccsl_tick *t)
{
	const struct core_node *n = &core->tab->nodes[sub->node];

	if (sub->alt == CORE_NONE) {
		core->day[sub->node >> 6] &= ~((uint64_t)1 << (sub->node & 63));
		visit(core, sub->node);
		return;
	}
	if (!core->lives[n->scope].open)
		return;
	core->clocks[sub->node].seen++;
	if (n->kind == CORE_REQUIRE) {
		if (!muted(core, n) && !core_require(core, sub->node, sub->alt, t))
			judge(core, sub->node, n);
		return;
	}
	if (!core_ticks(core, sub->node) && core_holds(core, core->tab->alts[sub->alt].guard, t))
		tick(core, sub->node, n);
}

static const struct core_slot *slot_of(const struct core_tab *tab, const struct ccsl_tick *t)
{
	const struct core_event *ev = &tab->events[t->event];

	return ev->nfamily && t->arg[0] < ev->nfamily ? &tab->slots[ev->family + t->arg[0]]
						      : &ev->all;
}

/* What an update would store, into scratch; nothing if its guard or its scope says no. */
static uint32_t weigh(struct core *core, uint32_t update, const struct ccsl_tick *t, uint32_t n)
{
	const struct core_update *u = &core->tab->updates[update];
	const struct core_var *var = &core->tab->vars[u->var];
	uint64_t cell;

	if (!core->lives[var->scope].open || !core_holds(core, u->guard, t))
		return n;
	cell = core_load(core, &u->index, t);
	if (cell >= var->ncell)
		return n;
	core->scratch[n].var = u->var;
	core->scratch[n].cell = (uint32_t)cell;
	core->scratch[n].value = core_load(core, &u->value, t);
	return n + 1;
}

static void store(struct core *core, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct core_pend *p = &core->scratch[i];
		const struct core_var *var = &core->tab->vars[p->var];
		struct core_cell *cell = &core->cells[var->cell + p->cell];

		cell->gen = core->lives[var->scope].gen;
		cell->value = p->value;
	}
}

/* What one tick sets, it sets at once. */
static void update(struct core *core, const struct core_slot *slot, const struct ccsl_tick *t)
{
	const uint32_t *upd = core->tab->onupd + slot->upd;
	uint32_t n = 0;

	for (uint32_t k = 0; k < slot->nupd; k++)
		n = weigh(core, upd[k], t, n);
	store(core, n);
}

static void update_late(struct core *core)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < core->nlate; k++)
		n = weigh(core, core->late[k], NULL, n);
	store(core, n);
	core->nlate = 0;
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

/* Where the walk through what one tick touches has come to. */
struct walk {
	const struct core_sub *at, *end;
	const struct ccsl_tick *tick;
};

#define WALKS 8 /* ticks of an instant that are walked side by side */

static void step_one(struct core *core, const struct ccsl_tick *t)
{
	const struct core_tab *tab = core->tab;
	const struct core_slot *slot = slot_of(tab, t);
	const struct core_sub *sub = tab->subs + slot->sub, *end = sub + slot->nsub;

	tick(core, t->event, &tab->nodes[t->event]);
	for (; sub < end; sub++) {
		if (core->low < sub->node)
			drain(core, sub->node);
		visit_sub(core, sub, t);
	}
	if (core->month)
		drain(core, CORE_NONE);
	if (slot->nupd)
		update(core, slot, t);
}

/* In each list nodes ascend; take the least of all, and a node without alternatives once. */
static void walk_all(struct core *core, struct walk *w, unsigned n)
{
	uint32_t last = CORE_NONE;

	while (n > 0) {
		unsigned least = 0;
		const struct core_sub *sub;

		for (unsigned i = 1; i < n; i++)
			if (w[i].at->node < w[least].at->node)
				least = i;
		sub = w[least].at++;
		if (core->low < sub->node)
			drain(core, sub->node);
		if (sub->alt != CORE_NONE || sub->node != last)
			visit_sub(core, sub, w[least].tick);
		last = sub->node;
		if (w[least].at == w[least].end)
			w[least] = w[--n];
	}
}

static void step_many(struct core *core, const struct ccsl_tick *ticks, unsigned n)
{
	const struct core_tab *tab = core->tab;
	struct walk w[WALKS];
	unsigned walks = 0;

	for (unsigned i = 0; i < n; i++) {
		const struct core_slot *slot = slot_of(tab, &ticks[i]);
		const struct core_sub *sub = tab->subs + slot->sub;

		if (!core_ticks(core, ticks[i].event))
			tick(core, ticks[i].event, &tab->nodes[ticks[i].event]);
		if (n <= WALKS && slot->nsub)
			w[walks++] = (struct walk){ sub, sub + slot->nsub, &ticks[i] };
		for (uint32_t k = 0; k < slot->nsub && n > WALKS; k++)
			core_wake(core, sub[k].node);
	}
	walk_all(core, w, walks);
	drain(core, CORE_NONE);
	for (unsigned i = 0; i < n; i++)
		update(core, slot_of(tab, &ticks[i]), &ticks[i]);
}

void core_step(struct core *core, uint64_t cycle, const struct ccsl_tick *ticks, unsigned n)
{
	core->instant = core->instants++;
	begin(core, cycle, ticks, n);
	if (n == 1)
		step_one(core, ticks);
	else
		step_many(core, ticks, n);
	if (core->nlate)
		update_late(core);
}

void core_finish(struct core *core, uint64_t cycle)
{
	begin(core, cycle, NULL, 0);
	drain(core, CORE_NONE);
}
