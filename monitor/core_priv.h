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
		return t->arg[v->at];
	case CORE_S_VAR:
		cell = &core->cells[v->at];
		return cell->gen == core->lives[v->scope].gen ? cell->value : v->imm;
	default:
		return core_eval(core, v->at, t);
	}
}

/* All tests of a list hold. */
bool core_holds(const struct core *core, uint32_t list, const struct ccsl_tick *t);

/* A requirement, asked for one tick of one alternative. */
bool core_require(struct core *core, uint32_t id, uint32_t alt, const struct ccsl_tick *t);

/* Does this derived clock tick? Commits its state. */
bool core_clock(struct core *core, uint32_t id, const struct core_node *n);

/* Does this relation hold? Commits its state if it does. */
bool core_relation(struct core *core, uint32_t id, const struct core_node *n);

/* Begins a new life of a scope: initial states for all that is in it. */
void core_restart(struct core *core, uint32_t scope);

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
