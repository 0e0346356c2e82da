/* SPDX-License-Identifier: MIT */
/* Memory, lives of scopes, and the agenda: visiting nodes, in their order. */
#include "monitor/core_priv.h"

struct layout {
	size_t clocks, state, lives, verdicts, cells, ring, scratch, day, week, rolls, subs, late,
		size;
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
	l->rolls = at += words(words(tab->nnodes)) * sizeof(uint64_t);
	l->subs = at += tab->nslots * sizeof(struct core_roll);
	l->late = at += tab->nsubs * sizeof(struct core_sub);
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
	core->epoch = 1;
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
	core->rolls = (void *)((char *)mem + l.rolls);
	core->subs = (void *)((char *)mem + l.subs);
	core->late = (void *)((char *)mem + l.late);
	core_restart(core, 0, false);
	return core;
}

/* Scopes inside start again too; a window waits for its own restart clock. */
void core_restart(struct core *core, uint32_t scope, bool late)
{
	const struct core_scope *s = core->tab->scopes;
	const uint32_t *frail = core->tab->frail + s[scope].frail;

	for (uint32_t i = scope; i < s[scope].end; i++) {
		core->epoch += core->lives[i].slept_in; /* who slept wakes */
		core->lives[i].slept_in = false;
		core->lives[i].gen = ++core->gens;
		core->lives[i].instant = core->instant;
		core->lives[i].open = i == scope || (!s[i].window && core->lives[s[i].parent].open);
	}
	for (uint32_t i = 0; i < s[scope].nfrail; i++)
		core_begin(core, frail[i], late);
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

void core_tick(struct core *core, uint32_t id, const struct core_node *n)
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
void core_judge(struct core *core, uint32_t id, const struct core_node *n)
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

/* What can die wakes its users without a tick, too. */
static void visit_doer(struct core *core, uint32_t id, const struct core_node *n)
{
	bool first = core_ticks_op(core, n, 0);

	if (!first && (n->nop < 2 || !core_ticks_op(core, n, 1)))
		return;
	switch (n->kind) {
	case CORE_SCOPE:
		if (first)
			core_restart(core, (uint32_t)n->p[0], false);
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

void core_visit(struct core *core, uint32_t id)
{
	const struct core_node *n = &core->tab->nodes[id];

	if (!core->lives[n->scope].open)
		return;
	core->clocks[id].seen++;
	if (n->kind >= CORE_SUB) {
		if (!core_muted(core, n) && !core_relation(core, id, n))
			core_judge(core, id, n);
		return;
	}
	if (n->kind >= CORE_SCOPE) {
		visit_doer(core, id, n);
		return;
	}
	if (!core_ticks(core, id) && core_clock(core, id, n))
		core_tick(core, id, n);
	if (n->flags & CORE_F_MORTAL)
		core_wake_all(core, n->user, n->nuser);
}

/*
 * Visits what is on the agenda below `end`. Visits wake only nodes with greater numbers, so
 * three levels of bits do as a queue. A restart wakes those who slept, and they may come
 * before what is next here: then it returns early.
 */
void core_drain(struct core *core, uint32_t end)
{
	uint64_t epoch = core->epoch;

	core->low = CORE_NONE;
	while (core->month) {
		uint32_t w = (uint32_t)__builtin_ctzll(core->month);

		while (core->week[w]) {
			uint32_t d = w * 64 + (uint32_t)__builtin_ctzll(core->week[w]);

			while (core->day[d]) {
				uint32_t id = d * 64 + (uint32_t)__builtin_ctzll(core->day[d]);

				if (id >= end || core->epoch != epoch) {
					core->low = id;
					return;
				}
				core->day[d] &= core->day[d] - 1;
				core_visit(core, id);
			}
			core->week[w] &= core->week[w] - 1;
		}
		core->month &= core->month - 1;
	}
	core->low = CORE_NONE;
}
