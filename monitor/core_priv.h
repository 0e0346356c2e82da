/* SPDX-License-Identifier: MIT */
/* What the files of the step engine share. */
#ifndef MONITOR_CORE_PRIV_H
#define MONITOR_CORE_PRIV_H

#include "monitor/core.h"

/* The value of a program; t may be NULL where no argument is read. */
uint64_t core_eval(const struct core *core, uint32_t prog, const struct ccsl_tick *t);

static inline uint64_t core_load(const struct core *core, const struct core_val *v,
				 const struct ccsl_tick *t)
{
	const struct core_cell *cell;

	switch (v->src) {
	case CORE_S_IMM:
		return v->imm;
	case CORE_S_ARG:
		return (t->arg[v->at] >> v->scope) & v->imm;
	case CORE_S_VAR:
		cell = &core->cells[v->at];
		return cell->gen == core->lives[v->scope].gen ? cell->value : v->imm;
	default:
		return core_eval(core, v->at, t);
	}
}

static inline bool core_compare(uint32_t cmp, uint64_t x, uint64_t y)
{
	switch (cmp) {
	case CORE_LT:
		return x < y;
	case CORE_LE:
		return x <= y;
	case CORE_GT:
		return x > y;
	case CORE_GE:
		return x >= y;
	case CORE_EQL:
		return x == y;
	default:
		return x != y;
	}
}

/* All tests of a list hold. */
static inline bool core_holds(const struct core *core, uint32_t list, const struct ccsl_tick *t)
{
	for (const struct core_test *c = core->tab->tests + list; c->cmp != CORE_RET; c++)
		if (!core_compare(c->cmp, core_load(core, &c->x, t) & c->mask,
				  core_load(core, &c->y, t)))
			return false;
	return true;
}

/* A requirement, asked for one tick of one alternative. */
static inline bool core_require(struct core *core, uint32_t id, uint32_t guard, uint32_t must,
				const struct ccsl_tick *t)
{
	if (!core_holds(core, guard, t))
		return true;
	core->clocks[id].count++;
	return core_holds(core, must, t);
}

/* Does this derived clock tick? Commits its state. */
bool core_clock(struct core *core, uint32_t id, const struct core_node *n);

/* Does this relation hold? Commits its state if it does. */
bool core_relation(struct core *core, uint32_t id, const struct core_node *n);

/*
 * Begins a new life of a scope: initial states for all that is in it. With this instant, or
 * (late) with the next one.
 */
void core_restart(struct core *core, uint32_t scope, bool late);

/* A clock begins with its scope, and what it reads may have died before. */
void core_begin(struct core *core, uint32_t id, bool late);

/* A clock ticks: who reads it is woken. */
void core_tick(struct core *core, uint32_t id, const struct core_node *n);

/* A relation does not hold: its rule is muted, and told if nothing excuses it. */
void core_judge(struct core *core, uint32_t id, const struct core_node *n);

/* Looks at one node, in its turn. */
void core_visit(struct core *core, uint32_t id);

/* Visits what is on the agenda below `end`, up to the first restart that wakes sleepers. */
void core_drain(struct core *core, uint32_t end);

/* A new epoch: the roll of a slot is its whole list again. */
void core_roll_call(struct core *core, uint32_t slot);

/* Leaves out of a roll who may sleep. */
void core_roll_rest(struct core *core, uint32_t slot);

/* Makes sure that relations whose deadline has passed are visited in this step. */
void core_expire(struct core *core);

static inline bool core_ticks(const struct core *core, uint32_t id)
{
	return core->clocks[id].stamp == core->step;
}

static inline bool core_ticks_op(const struct core *core, const struct core_node *n, uint32_t k)
{
	return core_ticks(core, core->tab->ops[n->op + k]);
}

/* In this life its rule was broken already. A rule and its relations are of the same scope. */
static inline bool core_muted(const struct core *core, const struct core_node *n)
{
	return core->verdicts[n->rule].muted == core->lives[n->scope].gen;
}

/* A clock without a state: it may be asked twice. */
static inline bool core_stateless(const struct core_node *n)
{
	return !(n->flags & CORE_F_MORTAL) && (n->kind == CORE_GUARD || n->kind == CORE_UNION ||
					       n->kind == CORE_INTER || n->kind == CORE_MINUS);
}

/* The slot of a tick: the one of its member of the event's family, if it has one. */
static inline uint32_t core_slot_of(const struct core_tab *tab, const struct ccsl_tick *t)
{
	const struct core_event *ev = &tab->events[t->event];

	if (!ev->nfamily || t->arg[0] >= ev->nfamily)
		return ev->slot;
	return ev->slot + 1 + (uint32_t)t->arg[0];
}

/* Puts a node on the agenda of this step. */
static inline void core_wake(struct core *core, uint32_t id)
{
	core->day[id >> 6] |= (uint64_t)1 << (id & 63);
	core->week[id >> 12] |= (uint64_t)1 << (id >> 6 & 63);
	core->month |= (uint64_t)1 << (id >> 12);
	if (id < core->low)
		core->low = id;
}

static inline void core_wake_all(struct core *core, uint32_t first, uint32_t n)
{
	const uint32_t *users = core->tab->users + first;

	for (uint32_t i = 0; i < n; i++)
		core_wake(core, users[i]);
}

static inline bool core_alt_matches(const struct core_alt *alt, const struct ccsl_tick *t)
{
	return t->event == alt->src && (alt->index == CORE_NONE || t->arg[0] == alt->index);
}

/* The state of a node, initial again if its scope restarted since the last visit. */
static inline uint64_t *core_state(struct core *core, uint32_t id, const struct core_node *n)
{
	uint64_t *s = core->state + n->state;

	if (core->clocks[id].gen != core->lives[n->scope].gen) {
		core->clocks[id].gen = core->lives[n->scope].gen;
		for (uint32_t i = 0; i < n->nstate; i++) {
			s[i] = 0;
			__asm__ volatile("" ::: "memory"); /* no call of memset */
		}
		if (n->kind == CORE_PREC)
			s[0] = n->p[0];
	}
	return s;
}

#endif
