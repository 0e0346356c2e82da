/* SPDX-License-Identifier: MIT */
/* Clocks: expressions, guarded clocks, definitions. */
#include "monitor/spec.h"

#define MAX_DEFER 4096

static struct node *expression(struct ccsl_spec *s, struct ctx ctx, const struct cx *x,
			       struct node *n);

/* The clock that a name stands for, and the member of an event that ref[index] chooses. */
static struct sym *find_clock(struct ccsl_spec *s, struct ctx ctx, const struct ref *ref,
			      uint32_t *index)
{
	unsigned left;
	struct sym *sym = name_find(s, ctx, ref, &left);
	uint64_t value;

	*index = CORE_NONE;
	if (!sym)
		spec_error(s, ref->pos, "\"%s\" is not declared; expected a clock or an event",
			   ref->name);
	if (sym->kind != S_CLOCK)
		spec_error(s, ref->pos, "\"%s\" is not a clock", ref->name);
	if (!left)
		return sym;
	if (sym->node->kind != CORE_EVENT || !sym->node->nargs || left > 1)
		spec_error(s, ref->pos, "\"%s\" takes no index here", ref->name);
	value = build_number(s, ctx, ref->index[ref->nindex - 1]);
	if (value >= 4096)
		spec_error(s, ref->pos, "expected an index below 4096");
	*index = (uint32_t)value;
	return sym;
}

static struct node_alt *new_alt(struct ccsl_spec *s, struct node *n, struct node *src,
				uint32_t index)
{
	struct node_alt *alt = arena_push(s->arena, &n->alts, &n->nalts, sizeof(*alt));

	*alt = (struct node_alt){ .src = src, .index = index };
	return alt;
}

static void add_cond(struct ccsl_spec *s, struct node_alt *alt, const struct data *data,
		     struct ctx ctx)
{
	struct cond *c = arena_push(s->arena, &alt->conds, &alt->nconds, sizeof(*c));

	*c = (struct cond){ data, ctx };
}

/* A guard over a guarded clock takes over its alternatives, and so can read arguments. */
void build_alts(struct ccsl_spec *s, struct ctx ctx, struct node *n, const struct alt *alts,
		unsigned nalts)
{
	for (unsigned i = 0; i < nalts; i++) {
		uint32_t index;
		struct sym *sym = find_clock(s, ctx, &alts[i].src, &index);
		struct node_alt *alt;

		if (sym->item->kind != I_CLOCK || !sym->item->nalts) {
			alt = new_alt(s, n, sym->node, index);
			if (alts[i].guard)
				add_cond(s, alt, alts[i].guard, ctx);
			continue;
		}
		build_define(s, sym);
		for (unsigned k = 0; k < sym->node->nalts; k++) {
			const struct node_alt *base = &sym->node->alts[k];

			alt = new_alt(s, n, base->src, base->index);
			for (unsigned c = 0; c < base->nconds; c++)
				add_cond(s, alt, base->conds[c].data, base->conds[c].ctx);
			if (alts[i].guard)
				add_cond(s, alt, alts[i].guard, ctx);
		}
		if (n->nalts > 4096)
			spec_error(s, alts[i].src.pos, "this clock has too many alternatives");
	}
}

void build_operands(struct ccsl_spec *s, struct ctx ctx, struct node *n, struct cx *const *arg,
		    unsigned narg)
{
	for (unsigned i = 0; i < narg; i++) {
		struct sym *family = NULL;
		struct ref ref = arg[i]->ref;
		unsigned left;

		if (arg[i]->kind != X_ALL) {
			build_op(s, n, build_clock(s, ctx, arg[i]));
			continue;
		}
		ref.name = arena_printf(s->arena, "%s[*]", ref.name);
		family = name_find(s, ctx, &ref, &left);
		if (!family || family->kind != S_FAMILY || family->member[0]->kind != S_CLOCK)
			spec_error(s, ref.pos, "\"%s\" is not a family of clocks",
				   arg[i]->ref.name);
		for (unsigned k = 0; k < family->nmember; k++) {
			family->member[k]->used = true;
			build_op(s, n, family->member[k]->node);
		}
	}
}

struct node *build_clock(struct ccsl_spec *s, struct ctx ctx, const struct cx *x)
{
	struct node *n;
	uint32_t index;

	if (x->kind == X_REF) {
		struct sym *sym = find_clock(s, ctx, &x->ref, &index);

		if (index == CORE_NONE)
			return sym->node;
		n = build_node(s, CORE_GUARD, ctx.space->scope, x->pos);
		new_alt(s, n, sym->node, index);
		n->name = arena_printf(s->arena, "%s[%u]", sym->name, index);
		n->defined = true;
		return n;
	}
	n = build_node(s, CORE_UNION, ctx.space->scope, x->pos);
	n->name = arena_printf(s->arena, "(%s)", x->text);
	return expression(s, ctx, x, n);
}

static struct ctx inner(struct ccsl_spec *s, struct ctx ctx, struct node *n)
{
	n->sub = build_scope(s, "", ctx.space->scope);
	return (struct ctx){ name_space(s, ctx.space, n->sub), ctx.env };
}

static void delay(struct ccsl_spec *s, struct ctx ctx, const struct cx *x, struct node *n)
{
	n->kind = x->narg == 2 ? CORE_DEFER : CORE_DELAY;
	n->p[0] = build_number(s, ctx, x->n[0]);
	if (x->narg == 2 && (n->p[0] == 0 || n->p[0] > MAX_DEFER))
		spec_error(s, x->n[0]->pos, "expected a number from 1 to %d", MAX_DEFER);
}

static void every(struct ccsl_spec *s, struct ctx ctx, const struct cx *x, struct node *n)
{
	n->kind = CORE_EVERY;
	n->p[0] = build_number(s, ctx, x->n[0]);
	n->p[1] = x->n[1] ? build_number(s, ctx, x->n[1]) : 0;
	n->p[2] = x->n[2] ? build_number(s, ctx, x->n[2]) : UINT64_MAX;
	if (n->p[0] == 0)
		spec_error(s, x->n[0]->pos, "expected a number of at least 1");
	if (n->p[2] < n->p[1])
		spec_error(s, x->n[2]->pos, "\"upTo\" is before \"from\": this clock never ticks");
}

/* l then r: the parts written here start when it is their turn, so they get a scope. */
static void concat(struct ccsl_spec *s, struct ctx ctx, const struct cx *x, struct node *n)
{
	struct ctx sub = inner(s, ctx, n);

	n->kind = CORE_CONCAT;
	n->p[1] = x->narg == 1;
	build_op(s, n, build_clock(s, x->narg == 1 ? sub : ctx, x->arg[0]));
	if (x->narg == 2)
		build_op(s, n, build_clock(s, sub, x->arg[1]));
}

/* xor demands that its arguments exclude one another: once, however often it is built. */
static void exclude(struct ccsl_spec *s, struct ctx ctx, const struct cx *x)
{
	struct item *it;

	for (unsigned i = 0; i < s->nrules; i++)
		if (s->rules[i]->item->arg == x->arg && s->rules[i]->ctx.env == ctx.env)
			return;
	it = arena_alloc(s->arena, sizeof(*it));
	it->kind = I_EXCLUSION;
	it->pos = x->pos;
	it->text = arena_printf(s->arena, "Exclusion of %s", x->text);
	it->arg = x->arg;
	it->narg = x->narg;
	it->level = it->blame = -1;
	build_relation(s, ctx, NULL, it);
}

static struct node *expression(struct ccsl_spec *s, struct ctx ctx, const struct cx *x,
			       struct node *n)
{
	static const enum core_kind plain[] = {
		[X_REF] = CORE_UNION,     [X_UNION] = CORE_UNION,   [X_XOR] = CORE_UNION,
		[X_INTER] = CORE_INTER,   [X_MINUS] = CORE_MINUS,   [X_INF] = CORE_INF,
		[X_SUP] = CORE_SUP,       [X_SAMPLE] = CORE_DEFER,  [X_SAMPLE_W] = CORE_SAMPLE_W,
		[X_FILTER] = CORE_FILTER, [X_AWAIT] = CORE_AWAIT,   [X_UPTO] = CORE_UPTO,
		[X_ONCE] = CORE_ONCE,     [X_ONCE_W] = CORE_ONCE,   [X_DELAY] = CORE_DELAY,
		[X_EVERY] = CORE_EVERY,   [X_CONCAT] = CORE_CONCAT, [X_ALL] = CORE_UNION,
	};

	n->defined = true;
	n->kind = plain[x->kind];
	if (x->kind == X_CONCAT) {
		concat(s, ctx, x, n);
		return n;
	}
	if (x->kind == X_REF) {
		build_op(s, n, build_clock(s, ctx, x));
		return n;
	}
	if (x->kind == X_ALL)
		build_operands(s, ctx, n, (struct cx *const[]){ (struct cx *)x }, 1);
	else
		build_operands(s, ctx, n, x->arg, x->narg);
	if (x->kind == X_DELAY)
		delay(s, ctx, x, n);
	else if (x->kind == X_EVERY)
		every(s, ctx, x, n);
	else if (x->kind == X_SAMPLE || x->kind == X_ONCE_W)
		n->p[0] = 1;
	else if (x->kind == X_XOR)
		exclude(s, ctx, x);
	else if (x->kind == X_AWAIT && (n->p[0] = build_number(s, ctx, x->n[0])) == 0)
		spec_error(s, x->n[0]->pos, "expected a number of at least 1");
	if (x->kind == X_FILTER) {
		n->word = x->word;
		n->p[1] = x->prefix;
	}
	return n;
}

void build_define(struct ccsl_spec *s, struct sym *sym)
{
	struct node *n = sym->node;

	if (sym->busy)
		spec_error(s, sym->item->pos, "\"%s\" is defined by itself", sym->name);
	if (n->defined)
		return;
	sym->busy = true;
	if (sym->item->kind == I_CLOCK) {
		n->kind = CORE_GUARD;
		build_alts(s, sym->ctx, n, sym->item->alts, sym->item->nalts);
		n->defined = true;
	} else {
		expression(s, sym->ctx, sym->item->arg[0], n);
	}
	sym->busy = false;
}
