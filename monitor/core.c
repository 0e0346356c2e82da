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

static void visit_relation(struct core *core, uint32_t id, const struct core_node *n)
{
	struct core_verdicts *v = &core->verdicts[n->rule];
	const struct core_rule *rule = &core->tab->rules[n->rule];
	uint64_t gen = core->lives[rule->scope].gen;

	core->clocks[id].seen++;
	if (v->muted == gen || core_relation(core, id, n))
		return;
	v->muted = gen;
	if (silenced(core, rule)) {
		v->silenced++;
		return;
	}
	v->violations++;
	core->hooks.fail(core->hooks.ctx, core, id);
}

static void visit(struct core *core, uint32_t id)
{
	const struct core_node *n = &core->tab->nodes[id];
	const uint32_t *op = core->tab->ops + n->op;

	if (!core->lives[n->scope].open)
		return;
	switch (n->kind) {
	case CORE_SCOPE:
		if (core_ticks(core, op[0]))
			core_restart(core, (uint32_t)n->p[0]);
		else
			close_scope(core, (uint32_t)n->p[0]);
		return;
	case CORE_UPDATE:
		core->late[core->nlate++] = (uint32_t)n->p[0];
		return;
	case CORE_NOTE:
		core->hooks.note(core->hooks.ctx, core, id);
		return;
	default:
		break;
	}
	if (n->kind >= CORE_SUB) {
		visit_relation(core, id, n);
		return;
	}
	core->clocks[id].seen++;
	if (core_clock(core, id, n))
		tick(core, id, n);
	if (n->flags & CORE_F_MORTAL)
		core_wake_all(core, n->user, n->nuser);
}

/* Visits wake only nodes with greater numbers, so three levels of bits do as a queue. */
static void drain(struct core *core)
{
	while (core->month) {
		uint32_t w = (uint32_t)__builtin_ctzll(core->month);

		while (core->week[w]) {
			uint32_t d = w * 64 + (uint32_t)__builtin_ctzll(core->week[w]);

			while (core->day[d]) {
				uint32_t b = (uint32_t)__builtin_ctzll(core->day[d]);

				core->day[d] &= core->day[d] - 1;
				visit(core, d * 64 + b);
			}
			core->week[w] &= core->week[w] - 1;
		}
		core->month &= core->month - 1;
	}
}

/* What an update would store, into scratch; nothing if its guard or its scope says no. */
static uint32_t weigh(struct core *core, uint32_t update, const struct ccsl_tick *t, uint32_t n)
{
	const struct core_update *u = &core->tab->updates[update];
	const struct core_var *var = &core->tab->vars[u->var];
	uint64_t cell = 0;

	if (!core->lives[var->scope].open || (u->guard && !core_eval(core, u->guard, t)))
		return n;
	if (u->index)
		cell = core_eval(core, u->index, t);
	if (cell >= var->ncell)
		return n;
	core->scratch[n].var = u->var;
	core->scratch[n].cell = (uint32_t)cell;
	core->scratch[n].value = core_eval(core, u->value, t);
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

/* Tick by tick, in the order of the instant; what one tick sets, it sets at once. */
static void update_vars(struct core *core)
{
	const struct core_tab *tab = core->tab;
	uint32_t n;

	for (unsigned i = 0; i < core->nticks; i++) {
		const struct ccsl_tick *t = &core->ticks[i];
		const struct core_event *ev = &tab->events[t->event];

		n = 0;
		for (uint32_t k = 0; k < ev->all.nupd; k++)
			n = weigh(core, tab->onupd[ev->all.upd + k], t, n);
		if (ev->nfamily && t->arg[0] < ev->nfamily) {
			const struct core_slot *slot = &tab->slots[ev->family + t->arg[0]];

			for (uint32_t k = 0; k < slot->nupd; k++)
				n = weigh(core, tab->onupd[slot->upd + k], t, n);
		}
		store(core, n);
	}
	n = 0;
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

void core_step(struct core *core, uint64_t cycle, const struct ccsl_tick *ticks, unsigned n)
{
	const struct core_tab *tab = core->tab;

	core->instant = core->instants++;
	begin(core, cycle, ticks, n);
	for (unsigned i = 0; i < n; i++) {
		uint32_t id = ticks[i].event;
		const struct core_event *ev = &tab->events[id];

		if (!core_ticks(core, id))
			tick(core, id, &tab->nodes[id]);
		if (ev->nfamily && ticks[i].arg[0] < ev->nfamily) {
			const struct core_slot *slot = &tab->slots[ev->family + ticks[i].arg[0]];

			core_wake_all(core, slot->user, slot->nuser);
		}
	}
	drain(core);
	update_vars(core);
}

void core_finish(struct core *core, uint64_t cycle)
{
	begin(core, cycle, NULL, 0);
	drain(core);
}
