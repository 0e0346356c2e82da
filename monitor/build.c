/* SPDX-License-Identifier: MIT */
/*
 * From the syntax tree to nodes. Three walks over the items, each expanding the loops in the
 * same way: events, then all names, then what the names mean. So names may be used before
 * they are declared, and event ids come in the order of the files.
 */
#include <string.h>

#include "monitor/spec.h"

#define MAX_LOOP  4096
#define MAX_CELLS (1u << 22)

typedef void walk_fn(struct ccsl_spec *s, struct ctx ctx, const struct item *it);

uint64_t build_number(struct ccsl_spec *s, struct ctx ctx, const struct data *d)
{
	uint64_t value;

	if (!gen_const(s, ctx, d, &value))
		spec_error(s, d->pos, "expected a constant");
	return value;
}

struct node *build_node(struct ccsl_spec *s, enum core_kind kind, struct scope *scope,
			struct pos pos)
{
	struct node *n = arena_alloc(s->arena, sizeof(*n)), ***list;
	unsigned *count;

	n->kind = kind;
	n->scope = scope;
	n->pos = pos;
	n->name = "";
	if (kind >= CORE_SUB)
		return n; /* relations hang off their rules */
	list = kind == CORE_EVENT ? &s->events : kind >= CORE_SCOPE ? &s->doers : &s->clocks;
	count = kind == CORE_EVENT ? &s->nevents : kind >= CORE_SCOPE ? &s->ndoers : &s->nclocks;
	*(struct node **)arena_push(s->arena, list, count, sizeof(n)) = n;
	if (s->nevents + s->nclocks + s->ndoers > CORE_NODES / 2)
		spec_error(s, pos, "this specification has too many clocks");
	return n;
}

void build_op(struct ccsl_spec *s, struct node *n, struct node *op)
{
	*(struct node **)arena_push(s->arena, &n->op, &n->nop, sizeof(op)) = op;
}

static void walk(struct ccsl_spec *s, struct ctx ctx, const struct item *it, walk_fn *fn)
{
	for (; it; it = it->next) {
		uint64_t lo, hi;

		if (it->kind != I_FOR) {
			fn(s, ctx, it);
			continue;
		}
		lo = build_number(s, ctx, it->a);
		hi = build_number(s, ctx, it->b);
		if (lo > hi || hi - lo >= MAX_LOOP)
			spec_error(s, it->a->pos, "expected first .. last with at most %d members",
				   MAX_LOOP);
		if (name_index(ctx, it->name))
			spec_error(s, it->pos, "\"%s\" is the index of a loop around this one",
				   it->name);
		for (uint64_t k = lo; k <= hi; k++) {
			struct env *env = arena_alloc(s->arena, sizeof(*env));

			*env = (struct env){ it->name, k, ctx.env };
			walk(s, (struct ctx){ ctx.space, env }, it->body, fn);
		}
	}
}

static struct sym *new_event(struct ccsl_spec *s, struct ctx ctx, const struct item *it)
{
	struct sym *sym = name_add(s, ctx, S_CLOCK, it->name, it);

	sym->node = build_node(s, CORE_EVENT, s->scopes[0], it->pos);
	sym->node->name = sym->name;
	sym->node->args = it->args;
	sym->node->nargs = it->nargs;
	sym->node->defined = true;
	sym->node->sym = sym;
	if (s->nevents > UINT16_MAX)
		spec_error(s, it->pos, "too many events");
	return sym;
}

static void find_events(struct ccsl_spec *s, struct ctx ctx, const struct item *it)
{
	if (it->kind == I_EVENT && ctx.env)
		spec_error(s, it->pos, "an event is declared outside of loops, scopes and rules");
	if (it->kind == I_EVENT)
		new_event(s, ctx, it);
}

static struct scope *new_scope(struct ccsl_spec *s, const char *name, struct scope *parent)
{
	struct scope *scope = arena_alloc(s->arena, sizeof(*scope));

	scope->name = name;
	scope->parent = parent;
	*(struct scope **)arena_push(s->arena, &s->scopes, &s->nscopes, sizeof(scope)) = scope;
	if (s->nscopes > UINT16_MAX)
		spec_error(s, (struct pos){ 0 }, "too many scopes");
	return scope;
}

struct scope *build_scope(struct ccsl_spec *s, const char *name, struct scope *parent)
{
	return new_scope(s, name, parent);
}

static void declare(struct ccsl_spec *s, struct ctx ctx, const struct item *it);

/* A scope without "restarts" continues one that exists. */
static struct sym *declare_scope(struct ccsl_spec *s, struct ctx ctx, const struct item *it)
{
	struct sym *sym = name_own(s, ctx, it->name);

	if (it->narg == 0) {
		if (!sym || sym->kind != S_SCOPE)
			spec_error(s, it->pos,
				   "there is no scope \"%s\" to continue; expected \"restarts\"",
				   it->name);
		return sym;
	}
	sym = name_add(s, ctx, S_SCOPE, it->name, it);
	sym->space = name_space(s, ctx.space, new_scope(s, sym->name, ctx.space->scope));
	return sym;
}

static void declare_clock(struct ccsl_spec *s, struct ctx ctx, const struct item *it)
{
	struct sym *sym = name_own(s, ctx, it->name);

	if (it->kind == I_LET && sym && sym->kind == S_CLOCK)
		return; /* a second definition is a check */
	if (it->kind == I_CLOCK && !it->nalts) {
		sym = new_event(s, ctx, it);
		sym->node->input = true;
		return;
	}
	sym = name_add(s, ctx, S_CLOCK, it->name, it);
	sym->node = build_node(s, CORE_UNION, ctx.space->scope, it->pos);
	sym->node->name = sym->name;
	sym->node->sym = sym;
}

static void declare(struct ccsl_spec *s, struct ctx ctx, const struct item *it)
{
	struct sym *sym;

	switch (it->kind) {
	case I_EVENT:
		if (ctx.space != &s->root)
			spec_error(s, it->pos,
				   "an event is declared outside of loops, scopes and rules");
		return;
	case I_CLOCK:
	case I_LET:
		declare_clock(s, ctx, it);
		return;
	case I_CONST:
		name_add(s, ctx, S_CONST, it->name, it);
		return;
	case I_VALUE:
		name_add(s, ctx, S_VALUE, it->name, it);
		return;
	case I_VAR:
		sym = name_add(s, ctx, S_VAR, it->name, it);
		sym->var = arena_alloc(s->arena, sizeof(*sym->var));
		sym->var->name = sym->name;
		sym->var->scope = ctx.space->scope;
		sym->var->id = s->nvars;
		*(struct var **)arena_push(s->arena, &s->vars, &s->nvars, sizeof(sym->var)) =
			sym->var;
		return;
	case I_SCOPE:
		sym = declare_scope(s, ctx, it);
		walk(s, (struct ctx){ sym->space, ctx.env }, it->body, declare);
		return;
	case I_RULE:
		sym = name_add(s, ctx, S_RULE, it->name, it);
		sym->space = name_space(s, ctx.space, ctx.space->scope);
		sym->used = true;
		walk(s, (struct ctx){ sym->space, ctx.env }, it->body, declare);
		return;
	default:
		return;
	}
}

static void define_var(struct ccsl_spec *s, struct ctx ctx, const struct item *it)
{
	struct var *var = name_own(s, ctx, it->name)->var;
	struct node all = { .scope = ctx.space->scope, .pos = it->pos };
	uint64_t size = it->b ? build_number(s, ctx, it->b) : 1;
	uint64_t cells = size;

	if (size == 0 || size > MAX_CELLS)
		spec_error(s, it->b->pos, "expected a size from 1 to %u", MAX_CELLS);
	for (unsigned i = 0; i < s->nvars; i++)
		cells += s->vars[i]->ncell;
	if (cells > MAX_CELLS)
		spec_error(s, it->pos, "the variables of this specification are too large");
	var->ncell = (uint32_t)size;
	var->init = build_number(s, ctx, it->a);
	for (unsigned k = 0; k < it->nalts; k++) {
		unsigned first = all.nalts;

		build_alts(s, ctx, &all, &it->alts[k], 1);
		if (it->alts[k].index && !it->b)
			spec_error(s, it->alts[k].index->pos, "\"%s\" is not an array", it->name);
		if (!it->alts[k].index && it->b)
			spec_error(s, it->alts[k].value->pos,
				   "\"%s\" is an array; expected an index in [ ] before the value",
				   it->name);
		for (; first < all.nalts; first++) {
			struct node_alt *alt = &all.alts[first];
			struct update *u =
				arena_push(s->arena, &s->updates, &s->nupdates, sizeof(*u));

			*u = (struct update){ .slot = alt->index };
			u->core.var = var->id;
			u->core.guard = gen_conds(s, alt);
			u->core.value = gen_val(s, ctx, it->alts[k].value, alt);
			u->core.index = gen_val(s, ctx, it->alts[k].index, alt);
			if (alt->src->kind == CORE_EVENT) {
				u->event = alt->src;
			} else {
				struct node *n =
					build_node(s, CORE_UPDATE, ctx.space->scope, it->pos);

				n->p[0] = s->nupdates - 1;
				build_op(s, n, alt->src);
			}
		}
	}
}

/* It is expanded where it is used; but it has to be a number even if nobody uses it. */
static void define_const(struct ccsl_spec *s, struct ctx ctx, const struct item *it)
{
	struct sym *sym = name_own(s, ctx, it->name);

	sym->busy = true;
	gen_must_const(s, ctx, it->a);
	sym->busy = false;
}

static void define(struct ccsl_spec *s, struct ctx ctx, const struct item *it);

static void define_scope(struct ccsl_spec *s, struct ctx ctx, const struct item *it)
{
	struct sym *sym = name_own(s, ctx, it->name);
	struct scope *scope = sym->space->scope;

	if (it->narg) {
		scope->node = build_node(s, CORE_SCOPE, ctx.space->scope, it->pos);
		scope->node->name = scope->name;
		scope->node->sub = scope;
		scope->window = it->narg == 2;
		for (unsigned i = 0; i < it->narg; i++)
			build_op(s, scope->node, build_clock(s, ctx, it->arg[i]));
	}
	walk(s, (struct ctx){ sym->space, ctx.env }, it->body, define);
}

static void define_rule(struct ccsl_spec *s, struct ctx ctx, const struct item *it)
{
	struct sym *sym = name_own(s, ctx, it->name);

	sym->rule = build_rule(s, (struct ctx){ sym->space, ctx.env }, sym->name, it);
	walk(s, (struct ctx){ sym->space, ctx.env }, it->body, define);
	if (!sym->rule->nrel)
		spec_error(s, it->pos, "the rule \"%s\" has no relation", it->name);
}

static struct rule *enclosing_rule(struct ccsl_spec *s, struct ctx ctx)
{
	for (unsigned i = s->nrules; i-- > 0;)
		if (s->rules[i]->ctx.space == ctx.space && s->rules[i]->item->kind == I_RULE)
			return s->rules[i];
	return NULL;
}

static void define(struct ccsl_spec *s, struct ctx ctx, const struct item *it)
{
	struct node *n;
	struct sym *sym;

	switch (it->kind) {
	case I_EVENT:
	case I_VALUE:
		return;
	case I_CONST:
		define_const(s, ctx, it);
		return;
	case I_CLOCK:
	case I_LET:
		sym = name_own(s, ctx, it->name);
		if (sym->item == it)
			build_define(s, sym);
		else
			build_check(s, ctx, sym->node, it);
		return;
	case I_VAR:
		define_var(s, ctx, it);
		return;
	case I_SCOPE:
		define_scope(s, ctx, it);
		return;
	case I_RULE:
		define_rule(s, ctx, it);
		return;
	case I_NOTE:
		n = build_node(s, CORE_NOTE, ctx.space->scope, it->pos);
		n->text = it->note;
		build_op(s, n, build_clock(s, ctx, it->arg[0]));
		return;
	default:
		build_relation(s, ctx, enclosing_rule(s, ctx), it);
	}
}

static void resolve_needs(struct ccsl_spec *s, struct rule *rule)
{
	for (unsigned i = 0; i < rule->item->nneeds; i++) {
		const struct ref *ref = &rule->item->needs[i];
		unsigned left;
		struct sym *sym = name_find(s, rule->ctx, ref, &left);

		if (!sym || sym->kind != S_RULE || left)
			spec_error(s, ref->pos, "\"%s\" is not a rule", ref->name);
		*(struct rule **)arena_push(s->arena, &rule->need, &rule->nneed,
					    sizeof(sym->rule)) = sym->rule;
	}
}

void spec_build(struct ccsl_spec *s, const struct item *items)
{
	struct ctx root = { &s->root, NULL };

	gen_begin(s);
	s->root.scope = new_scope(s, "", NULL);
	walk(s, root, items, find_events);
	walk(s, root, items, declare);
	walk(s, root, items, define);
	for (unsigned i = 0; i < s->nrules; i++)
		if (s->rules[i]->item->kind == I_RULE)
			resolve_needs(s, s->rules[i]);
}
