/* SPDX-License-Identifier: MIT */
/*
 * Which rules cannot be decided by who is not shown everything: those that read something
 * hidden, in a relation, a guard, a variable or what restarts a scope, however indirectly.
 */
#include <errno.h>
#include <stdlib.h>

#include "monitor/spec.h"

struct blind {
	const struct ccsl_spec *s;
	const struct ccsl_hidden *hidden;
	unsigned n;
	bool *node, *var, *scope;
	bool grown;
};

static bool arg_hidden(const struct blind *b, uint32_t event, int arg)
{
	for (unsigned i = 0; i < b->n; i++)
		if (b->hidden[i].event == event &&
		    (b->hidden[i].arg == CCSL_WHOLE || b->hidden[i].arg == arg))
			return true;
	return false;
}

/* The variable that a cell is of. */
static uint32_t var_of(const struct core_tab *tab, uint32_t cell)
{
	uint32_t var = 0;

	while (var + 1 < tab->nvars && tab->vars[var + 1].cell <= cell)
		var++;
	return var;
}

/* event: whose arguments are read, or CORE_NONE. */
static bool val_hidden(const struct blind *b, const struct core_val *v, uint32_t event);

static bool code_hidden(const struct blind *b, uint32_t at, uint32_t event)
{
	for (const struct core_val *op = b->s->tab.code + at; op->code != CORE_RET; op++) {
		if (op->code == CORE_CELL || op->code == CORE_ITEM) {
			if (b->var[op->at])
				return true;
			if (op->code == CORE_ITEM && event != CORE_NONE &&
			    arg_hidden(b, event, op->scope >> 8))
				return true;
		} else if (op->src != CORE_S_CODE && val_hidden(b, op, event)) {
			return true;
		}
	}
	return false;
}

static bool val_hidden(const struct blind *b, const struct core_val *v, uint32_t event)
{
	switch (v->src) {
	case CORE_S_ARG:
		return event != CORE_NONE && arg_hidden(b, event, (int)v->at);
	case CORE_S_VAR:
		return b->var[var_of(&b->s->tab, v->at)];
	case CORE_S_CODE:
		return code_hidden(b, v->at, event);
	default:
		return false;
	}
}

static bool tests_hidden(const struct blind *b, uint32_t list, uint32_t event)
{
	if (list == CORE_NONE)
		return false;
	for (const struct core_test *t = b->s->tab.tests + list; t->cmp != CORE_RET; t++)
		if (val_hidden(b, &t->x, event) || val_hidden(b, &t->y, event))
			return true;
	return false;
}

static uint32_t event_of(const struct blind *b, uint32_t node)
{
	return node < b->s->tab.nevents ? node : CORE_NONE;
}

static bool alt_hidden(const struct blind *b, const struct core_node *n, const struct core_alt *a)
{
	uint32_t event = event_of(b, a->src);

	return b->node[a->src] || (a->index != CORE_NONE && arg_hidden(b, event, 0)) ||
	       tests_hidden(b, a->guard, event) ||
	       (n->kind == CORE_REQUIRE && tests_hidden(b, a->must, event));
}

static bool node_hidden(const struct blind *b, uint32_t id)
{
	const struct core_tab *tab = &b->s->tab;
	const struct core_node *n = &tab->nodes[id];

	for (uint32_t scope = n->scope; scope != CORE_NONE; scope = tab->scopes[scope].parent)
		if (b->scope[scope])
			return true;
	for (uint32_t i = 0; i < n->nop; i++)
		if (b->node[tab->ops[n->op + i]])
			return true;
	for (uint32_t i = 0; i < n->nalt; i++)
		if (alt_hidden(b, n, &tab->alts[n->alt + i]))
			return true;
	return false;
}

static void grow(struct blind *b, bool *at, bool hidden)
{
	b->grown |= hidden && !*at;
	*at |= hidden;
}

static void grow_update(struct blind *b, const struct core_update *u, uint32_t event, bool by)
{
	grow(b, &b->var[u->var],
	     by || tests_hidden(b, u->guard, event) || val_hidden(b, &u->index, event) ||
		     val_hidden(b, &u->value, event));
}

/* Nodes come after those they read; variables need another round. */
static void pass(struct blind *b)
{
	const struct core_tab *tab = &b->s->tab;

	for (uint32_t id = tab->nevents; id < tab->nnodes; id++) {
		const struct core_node *n = &tab->nodes[id];

		grow(b, &b->node[id], node_hidden(b, id));
		if (n->kind == CORE_SCOPE)
			grow(b, &b->scope[n->p[0]], b->node[id]);
		if (n->kind == CORE_UPDATE)
			grow_update(b, &tab->updates[n->p[0]], CORE_NONE, b->node[id]);
	}
	for (unsigned i = 0; i < b->s->nupdates; i++) {
		const struct update *u = &b->s->updates[i];

		if (u->event)
			grow_update(b, &tab->updates[i], u->event->id,
				    b->node[u->event->id] || (u->slot != CORE_NONE &&
							      arg_hidden(b, u->event->id, 0)));
	}
}

int ccsl_blind(const struct ccsl_spec *spec, const struct ccsl_hidden *hidden, unsigned n,
	       bool *rules)
{
	const struct core_tab *tab = &spec->tab;
	struct blind b = { .s = spec, .hidden = hidden, .n = n };
	bool *all = calloc((size_t)tab->nnodes + tab->nvars + tab->nscopes + 1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	b.node = all;
	b.var = all + tab->nnodes;
	b.scope = b.var + tab->nvars;
	for (uint32_t ev = 0; ev < tab->nevents; ev++)
		b.node[ev] = arg_hidden(&b, ev, CCSL_WHOLE);
	do {
		b.grown = false;
		pass(&b);
	} while (b.grown);
	for (uint32_t i = 0; i < tab->nrules; i++)
		rules[i] = false;
	for (uint32_t id = 0; id < tab->nnodes; id++)
		if (tab->nodes[id].rule != CORE_NONE)
			rules[tab->nodes[id].rule] |= b.node[id];
	free(all);
	return 0;
}
