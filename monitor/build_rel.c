/* SPDX-License-Identifier: MIT */
/* Rules and the relations in them. */
#include <string.h>

#include "monitor/spec.h"

static const char *scope_path(struct ccsl_spec *s, const struct scope *scope)
{
	if (!scope->parent)
		return "";
	if (!scope->parent->parent)
		return scope->name;
	return arena_printf(s->arena, "%s.%s", scope_path(s, scope->parent), scope->name);
}

struct rule *build_rule(struct ccsl_spec *s, struct ctx ctx, const char *name,
			const struct item *it)
{
	struct rule *r = arena_alloc(s->arena, sizeof(*r));

	r->ctx = ctx;
	r->item = it;
	r->scope = ctx.space->scope;
	r->pub = (struct ccsl_rule){
		.name = name,
		.clauses = it->clauses,
		.nclauses = it->nclauses,
		.level = it->level < 0 ? CCSL_MUST : (enum ccsl_level)it->level,
		.blame = it->blame < 0 ? CCSL_SPEC : (enum ccsl_blame)it->blame,
		.expect = it->note ? it->note : "",
		.text = "",
		.scope = scope_path(s, r->scope),
		.file = it->pos.file,
		.line = it->pos.line,
	};
	*(struct rule **)arena_push(s->arena, &s->rules, &s->nrules, sizeof(r)) = r;
	return r;
}

static enum ccsl_form form(enum core_kind kind)
{
	switch (kind) {
	case CORE_PREC:
	case CORE_FIRST:
		return CCSL_ORDER;
	case CORE_FORBID:
	case CORE_ALLOW:
		return CCSL_INTERVAL;
	case CORE_WITHIN:
		return CCSL_TIMED;
	case CORE_REQUIRE:
		return CCSL_DATA;
	case CORE_NEVER:
		return CCSL_NEVER;
	default:
		return CCSL_STATELESS;
	}
}

/* A relation outside of a rule is a rule of its own, named by its place. */
static struct node *relation(struct ccsl_spec *s, struct ctx ctx, struct rule *rule,
			     enum core_kind kind, struct pos pos, const struct item *it)
{
	struct node *n = build_node(s, kind, ctx.space->scope, pos);

	if (!rule) {
		const char *word = it->text ? it->text : "";
		int len = (int)strcspn(word, " ");
		const char *name =
			arena_printf(s->arena, "%.*s@%u:%u", len, word, pos.line, pos.col);

		rule = build_rule(s, ctx, name_mangle(s, name, ctx.env), it);
	}
	if (rule->nrel == 0)
		rule->pub.form = form(kind);
	if (!rule->nrel || strcmp(rule->rel[rule->nrel - 1]->text, it->text))
		rule->pub.text =
			rule->nrel ? arena_printf(s->arena, "%s; %s", rule->pub.text, it->text)
				   : it->text;
	n->rule = rule;
	n->text = it->text;
	n->name = rule->pub.name;
	*(struct node **)arena_push(s->arena, &rule->rel, &rule->nrel, sizeof(n)) = n;
	return n;
}

static void chain(struct ccsl_spec *s, struct ctx ctx, struct rule *rule, const struct item *it)
{
	for (unsigned i = 0; i + 1 < it->narg; i++) {
		enum core_kind kind = it->kind == I_SUBCLOCKING    ? CORE_SUB
				      : it->kind == I_SYNCHRONIZES ? CORE_EQ
				      : it->kind == I_FIRST        ? CORE_FIRST
								   : CORE_PREC;
		const struct link *l = it->nlinks ? &it->links[i] : NULL;
		struct node *n = relation(s, ctx, rule, kind, l ? l->pos : it->arg[i]->pos, it);

		build_op(s, n, build_clock(s, ctx, it->arg[i]));
		build_op(s, n, build_clock(s, ctx, it->arg[i + 1]));
		if (!l)
			continue;
		n->p[0] = l->init ? build_number(s, ctx, l->init) : 0;
		n->p[1] = l->max ? build_number(s, ctx, l->max) : UINT64_MAX;
		n->p[2] = l->weak;
		if (n->p[1] == 0 || n->p[0] > n->p[1])
			spec_error(s, l->max->pos,
				   "expected a max of at least 1 and of at least init");
	}
}

static void interval(struct ccsl_spec *s, struct ctx ctx, struct node *n, const struct item *it)
{
	bool endless = it->in & AST_IN_ENDLESS;
	unsigned ends = endless ? 1 : 2;

	build_operands(s, ctx, n, it->arg, it->narg - ends);
	build_op(s, n, build_clock(s, ctx, it->arg[it->narg - ends]));
	/* An endless interval names its beginning twice; the engine looks at one of them. */
	build_op(s, n, build_clock(s, ctx, it->arg[it->narg - 1]));
	n->p[0] = it->in;
}

static void require(struct ccsl_spec *s, struct ctx ctx, struct node *n, const struct item *it)
{
	build_alts(s, ctx, n, it->alts, it->nalts);
	for (unsigned i = 0; i < n->nalts; i++)
		n->alts[i].must = gen_tests(s, ctx, it->a, &n->alts[i]);
}

void build_relation(struct ccsl_spec *s, struct ctx ctx, struct rule *rule, const struct item *it)
{
	struct node *n;

	switch (it->kind) {
	case I_EXCLUSION:
		n = relation(s, ctx, rule, CORE_EXCL, it->pos, it);
		build_operands(s, ctx, n, it->arg, it->narg);
		return;
	case I_FORBID:
	case I_ALLOW:
		n = relation(s, ctx, rule, it->kind == I_FORBID ? CORE_FORBID : CORE_ALLOW, it->pos,
			     it);
		interval(s, ctx, n, it);
		return;
	case I_WITHIN:
		n = relation(s, ctx, rule, CORE_WITHIN, it->pos, it);
		for (unsigned i = 0; i < it->narg; i++)
			build_op(s, n, build_clock(s, ctx, it->arg[i]));
		n->p[0] = build_number(s, ctx, it->a);
		n->p[1] = it->unit;
		if (it->unit == AST_TICKS && n->p[0] == 0)
			spec_error(s, it->a->pos, "expected a number of at least 1");
		return;
	case I_REQUIRE:
		n = relation(s, ctx, rule, CORE_REQUIRE, it->pos, it);
		require(s, ctx, n, it);
		return;
	case I_NEVER:
		n = relation(s, ctx, rule, CORE_NEVER, it->pos, it);
		build_op(s, n, build_clock(s, ctx, it->arg[0]));
		return;
	default:
		chain(s, ctx, rule, it);
	}
}

/* The second definition of a clock: it ticks when, and only when, the expression does. */
void build_check(struct ccsl_spec *s, struct ctx ctx, struct node *clock, const struct item *it)
{
	struct node *n = relation(s, ctx, NULL, CORE_EQ, it->pos, it);

	build_op(s, n, clock);
	build_op(s, n, build_clock(s, ctx, it->arg[0]));
}
