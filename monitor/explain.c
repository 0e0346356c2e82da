/* SPDX-License-Identifier: MIT */
/* A violation in words: the ticks that matter, the state before, what was allowed. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "monitor/monitor.h"

#define SHOWN 12 /* ticks of a witness; older ones are counted */

struct out {
	char *buf;
	size_t room, used;
};

__attribute__((format(printf, 2, 3))) static void say(struct out *o, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(o->buf + o->used, o->room - o->used, fmt, ap);
	va_end(ap);
	if (n > 0)
		o->used += (size_t)n < o->room - o->used ? (size_t)n : o->room - o->used - 1;
}

/* Marks the ticks of this instant that made a clock tick. */
static void causes(const struct core *core, const struct node *n, uint64_t *set, unsigned depth)
{
	if (depth > 16 || (n->kind < CORE_SCOPE && core->clocks[n->id].stamp != core->step))
		return;
	for (unsigned i = 0; i < core->nticks && i < 64; i++) {
		if (core->ticks[i].event == n->id && n->kind == CORE_EVENT)
			*set |= (uint64_t)1 << i;
		for (unsigned k = 0; k < n->nalts; k++)
			if (core->ticks[i].event == n->alts[k].src->id &&
			    (n->alts[k].index == CORE_NONE ||
			     n->alts[k].index == core->ticks[i].arg[0]))
				*set |= (uint64_t)1 << i;
	}
	for (unsigned k = 0; k < n->nop; k++)
		causes(core, n->op[k], set, depth + 1);
}

uint64_t monitor_causes(const struct ccsl_monitor *mon, uint32_t node)
{
	uint64_t set = 0;

	causes(mon->core, mon->spec->order[node], &set, 0);
	return set;
}

static void say_event(struct ccsl_monitor *mon, const struct node *n)
{
	struct out o = { mon->event, sizeof(mon->event), 0 };
	uint64_t set = monitor_causes(mon, n->id);
	char buf[160];

	mon->event[0] = 0;
	for (unsigned i = 0; i < mon->core->nticks && i < 64; i++)
		if (set >> i & 1)
			say(&o, "%s%s", o.used ? " " : "",
			    ccsl_tick_str(mon->spec, &mon->core->ticks[i], buf, sizeof(buf)));
	if (!o.used)
		say(&o, "%s", mon->core->nticks ? "time" : "end of the trace");
}

static bool reads(const struct node *n, uint32_t id)
{
	for (unsigned i = 0; i < n->nop; i++)
		if (n->op[i]->id == id)
			return true;
	return false;
}

/* The last ticks of the constraint's own clocks since its scope began. */
static void say_witness(struct out *o, const struct ccsl_monitor *mon, const struct node *n)
{
	const struct core *core = mon->core;
	uint64_t size = core->tab->ring, first = core->marks > size ? core->marks - size : 0;
	uint64_t from = core->marks, found = 0;
	const struct core_life *life = &core->lives[n->scope->id];

	for (; from > first; from--) {
		const struct core_mark *m = &core->ring[(from - 1) & (size - 1)];

		if (m->instant < life->instant)
			break;
		found += reads(n, m->node);
		if (found > SHOWN)
			break;
	}
	say(o, "ticks of its clocks in this life (since instant %" PRIu64 ")%s:\n", life->instant,
	    found > SHOWN ? ", the last ones"
	    : found       ? ""
			  : ": none");
	for (; from < core->marks; from++) {
		const struct core_mark *m = &core->ring[from & (size - 1)];

		if (reads(n, m->node) && m->instant >= life->instant)
			say(o, "  instant %" PRIu64 " cycle %" PRIu64 "  %s\n", m->instant,
			    m->cycle, mon->spec->order[m->node]->name);
	}
}

static void say_bound(struct out *o, const struct core *core, const struct node *n)
{
	const char *a = n->op[0]->name, *b = n->op[1]->name;
	uint64_t d = core_state_get(core, n->id, 0);

	say(o, "before: %s is %" PRIu64 " ticks ahead of %s", a, d, b);
	if (n->p[0])
		say(o, ", counting from %" PRIu64, n->p[0]);
	say(o, "\nallowed next: ");
	if (n->p[1] != UINT64_MAX && d >= n->p[1])
		say(o, "%s%s%s\n", b, n->p[2] ? ", or both together, but not alone " : ", not ", a);
	else if (d == 0)
		say(o, "%s%s%s\n", a, n->p[2] ? ", or both together, but not alone " : ", not ", b);
	else
		say(o, "either, not both\n");
}

static void say_interval(struct out *o, const struct core *core, const struct node *n)
{
	bool open = core_state_get(core, n->id, 0), forbid = n->kind == CORE_FORBID;
	const char *f = n->op[n->nop - 2]->name, *g = n->op[n->nop - 1]->name;

	say(o, "before: %s the interval that %s opens\nallowed next: ", open ? "in" : "outside of",
	    f);
	if (forbid && (n->p[0] & CORE_IN_ENDLESS))
		say(o, "nothing of it until the scope restarts\n");
	else
		say(o, "%s first\n", forbid ? g : f);
}

static void say_within(struct out *o, const struct core *core, const struct node *n)
{
	static const char *const units[] = { "cycles", "events" };

	say(o, "before: %s waits for %s", n->op[0]->name, n->op[1]->name);
	if (n->p[1] == CORE_CYCLES)
		say(o, ", due by cycle %" PRIu64, core_state_get(core, n->id, 1));
	say(o, "\nallowed: %s within %" PRIu64 " %s\n", n->op[1]->name, n->p[0],
	    n->p[1] == CORE_TICKS ? n->op[2]->name : units[n->p[1]]);
}

static void say_cell(struct out *o, const struct ccsl_monitor *mon, uint32_t var, uint32_t cell,
		     bool *any)
{
	const struct var *v = mon->spec->vars[var];

	say(o, "%s %s", *any ? "," : "before:", v->name);
	if (v->ncell > 1)
		say(o, "[%" PRIu32 "]", cell);
	say(o, " = 0x%" PRIx64, core_var_get(mon->core, var, cell));
	*any = true;
}

static void say_val(struct out *o, const struct ccsl_monitor *mon, const struct core_val *v,
		    bool *any)
{
	const struct core_tab *tab = mon->core->tab;

	if (v->src == CORE_S_VAR)
		for (uint32_t k = 0; k < tab->nvars; k++)
			if (v->at - tab->vars[k].cell < tab->vars[k].ncell)
				say_cell(o, mon, k, v->at - tab->vars[k].cell, any);
	if (v->src == CORE_S_CODE)
		for (const struct core_val *op = tab->code + v->at; op->code != CORE_RET; op++)
			say_val(o, mon, op, any);
}

/* Variables that the requirement reads, as the test saw them. */
static void say_vars(struct out *o, const struct ccsl_monitor *mon, const struct node *n)
{
	const struct core_test *t = mon->core->tab->tests + n->alts[0].must;
	bool any = false;

	for (; t->cmp != CORE_RET; t++) {
		say_val(o, mon, &t->x, &any);
		say_val(o, mon, &t->y, &any);
	}
	if (any)
		say(o, "\n");
}

static void say_state(struct out *o, const struct ccsl_monitor *mon, const struct node *n)
{
	const struct core *core = mon->core;

	switch (n->kind) {
	case CORE_PREC:
		say_bound(o, core, n);
		return;
	case CORE_FIRST:
		say(o, "before: no %s in this life\nallowed next: %s%s\n", n->op[0]->name,
		    n->op[0]->name, n->p[2] ? ", alone or together" : "");
		return;
	case CORE_FORBID:
	case CORE_ALLOW:
		say_interval(o, core, n);
		return;
	case CORE_WITHIN:
		say_within(o, core, n);
		return;
	case CORE_REQUIRE:
		say_vars(o, mon, n);
		return;
	case CORE_SUB:
		say(o, "allowed: %s only together with %s\n", n->op[0]->name, n->op[1]->name);
		return;
	case CORE_EQ:
		say(o, "allowed: %s and %s together or neither\n", n->op[0]->name, n->op[1]->name);
		return;
	case CORE_EXCL:
		say(o, "allowed: one of them at a time\n");
		return;
	default:
		say(o, "allowed: never\n");
	}
}

void monitor_explain(struct ccsl_monitor *mon, uint32_t id)
{
	const struct node *n = mon->spec->order[id];
	struct out o = { mon->explain, sizeof(mon->explain), 0 };

	mon->explain[0] = 0;
	say_event(mon, n);
	say(&o, "rule: %s\n", n->text);
	if (n->nop)
		say_witness(&o, mon, n);
	say_state(&o, mon, n);
}
