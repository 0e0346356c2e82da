/* SPDX-License-Identifier: MIT */
/*
 * Findings that do not stop the load: what is probably not what its author meant, and what
 * other tools would read differently. And one that does: an exclusion of a clock with itself,
 * which no tool defines.
 */
#include "monitor/spec.h"

#define MOST_PAIRS 2000 /* relations up to which all pairs are looked at */

static void unused(struct ccsl_spec *s, const struct sym *sym)
{
	if (sym->used || !sym->item || sym->kind == S_RULE || sym->kind == S_SCOPE)
		return;
	if (sym->kind == S_CLOCK && sym->node->kind == CORE_EVENT)
		return;
	spec_warn(s, sym->item->pos, "\"%s\" is not used", sym->name);
}

static void exclusion(struct ccsl_spec *s, const struct node *n)
{
	for (unsigned i = 0; i < n->nop; i++)
		for (unsigned k = 0; k < i; k++)
			if (n->op[i] == n->op[k])
				spec_error(s, n->pos, "\"%s\" excludes itself", n->op[i]->name);
}

/* A count that nothing bounds and no scope ends. */
static void unbounded(struct ccsl_spec *s, const struct node *n)
{
	if (n->kind == CORE_PREC && n->p[1] == UINT64_MAX && !n->scope->parent)
		spec_warn(s, n->pos,
			  "the lead of \"%s\" over \"%s\" can grow without bound; give a max or a "
			  "scope",
			  n->op[0]->name, n->op[1]->name);
}

/* The scope begins with the very clock that the relation waits for, or that it guards. */
static void scoped(struct ccsl_spec *s, const struct node *n)
{
	const struct node *restart = n->scope->node ? n->scope->node->op[0] : NULL;

	if (!restart || n->nop < 2 || (n->kind != CORE_FIRST && n->kind != CORE_PREC))
		return;
	if (restart == n->op[1] && !n->p[2] && n->p[0] == 0)
		spec_warn(s, n->pos,
			  "\"%s\" begins the scope, so \"%s\" cannot come before it in a life",
			  n->op[1]->name, n->op[0]->name);
	if (restart == n->op[0] && n->kind == CORE_FIRST)
		spec_warn(s, n->pos,
			  "\"%s\" begins the scope, so this can fail only before the first life",
			  n->op[0]->name);
}

static bool orders(const struct node *n)
{
	return n->nop == 2 && !n->p[2] &&
	       (n->kind == CORE_FIRST || (n->kind == CORE_PREC && n->p[0] == 0));
}

static bool excludes(const struct node *n, const struct node *a, const struct node *b)
{
	bool has_a = false, has_b = false;

	for (unsigned i = 0; i < n->nop && n->kind == CORE_EXCL; i++) {
		has_a |= n->op[i] == a;
		has_b |= n->op[i] == b;
	}
	return has_a && has_b;
}

/* Two relations that leave a clock no instant to tick in. */
static void pair(struct ccsl_spec *s, const struct node *a, const struct node *b)
{
	if (a->scope != b->scope)
		return;
	if (orders(a) && orders(b) && a->op[0] == b->op[1] && a->op[1] == b->op[0] && a->id < b->id)
		spec_warn(s, b->pos,
			  "\"%s\" and \"%s\" each wait for the other, by line %u: neither can tick",
			  b->op[0]->name, b->op[1]->name, a->pos.line);
	if (a->kind == CORE_SUB && excludes(b, a->op[0], a->op[1]))
		spec_warn(s, b->pos,
			  "\"%s\" cannot tick: it excludes \"%s\", and goes with it by line %u",
			  a->op[0]->name, a->op[1]->name, a->pos.line);
}

static void pairs(struct ccsl_spec *s, struct node **rel, unsigned n)
{
	for (unsigned i = 0; i < n && n <= MOST_PAIRS; i++)
		for (unsigned k = 0; k < n; k++)
			pair(s, rel[i], rel[k]);
}

/* Once for each form: where the public tools part company (specs/README.md says what holds here).
 */
static void differs(struct ccsl_spec *s)
{
	static const struct {
		enum core_kind kind;
		const char *why;
	} forms[] = {
		{ CORE_DEFER,
		  "\"$ n on\" and \"sampledOn\" mean different things in different tools" },
		{ CORE_SUP, "tools differ on \"sup\" where both clocks catch up in one instant" },
		{ CORE_CONCAT, "\"then\" needs clocks that die, which not every tool has" },
	};

	for (unsigned f = 0; f < sizeof(forms) / sizeof(forms[0]); f++)
		for (unsigned i = 0; i < s->nclocks; i++)
			if (s->clocks[i]->kind == forms[f].kind) {
				spec_warn(s, s->clocks[i]->pos, "%s", forms[f].why);
				break;
			}
}

void spec_check(struct ccsl_spec *s)
{
	struct node **rel = NULL;
	unsigned nrel = 0;

	for (unsigned i = 0; i < SYM_HASH; i++)
		for (const struct sym *sym = s->hash[i]; sym; sym = sym->chain)
			unused(s, sym);
	for (unsigned i = 0; i < s->nrules; i++)
		for (unsigned k = 0; k < s->rules[i]->nrel; k++) {
			struct node *n = s->rules[i]->rel[k];

			*(struct node **)arena_push(s->arena, &rel, &nrel, sizeof(n)) = n;
			if (n->kind == CORE_EXCL)
				exclusion(s, n);
			unbounded(s, n);
			scoped(s, n);
		}
	pairs(s, rel, nrel);
	differs(s);
}
