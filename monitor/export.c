/* SPDX-License-Identifier: MIT */
/* Clocks for other tools: names, definitions, what a scope's restart does to them. */
#include "monitor/export_ir.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void export_refuse(struct export *x, struct pos pos, const char *fmt, ...)
{
	struct ccsl_error *e = x->err;
	va_list ap;

	snprintf(e->file, sizeof(e->file), "%s", pos.file ? pos.file : "");
	e->line = pos.line;
	e->col = pos.col;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	longjmp(x->out, 1);
}

static bool taken(const struct export *x, const char *name)
{
	for (unsigned i = 0; i < x->nnames; i++)
		if (!strcmp(x->names[i], name))
			return true;
	return text_reserved(x->to, name);
}

const char *export_name(struct export *x, const char *role, const char *of)
{
	char *base = of && *role ? arena_printf(x->arena, "%s_%s", role, of)
				 : arena_printf(x->arena, "%s", of ? of : role);
	const char *name = base;

	for (char *p = base; *p; p++)
		if (!isalnum((unsigned char)*p))
			*p = '_';
	if (isdigit((unsigned char)*base))
		base = arena_printf(x->arena, "_%s", base);
	if (!of)
		name = arena_printf(x->arena, "%s1", base);
	for (unsigned k = 2; taken(x, name); k++)
		name = arena_printf(x->arena, of ? "%s_%u" : "%s%u", base, k);
	*(const char **)arena_push(x->arena, &x->names, &x->nnames, sizeof(name)) = name;
	return name;
}

void export_add(struct export *x, struct xlist *list, struct xclock *c)
{
	*(struct xclock **)arena_push(x->arena, &list->v, &list->n, sizeof(c)) = c;
}

static struct xclock *new_clock(struct export *x, const char *name, enum xkind kind)
{
	struct xclock *c = arena_alloc(x->arena, sizeof(*c));

	c->kind = kind;
	c->name = name;
	return c;
}

static void add_op(struct export *x, struct xclock *c, struct xclock *op)
{
	*(struct xclock **)arena_push(x->arena, &c->op, &c->nop, sizeof(op)) = op;
}

static struct xclock *second_name(struct export *x, struct xclock *c)
{
	struct xclock *made = export_memo(x, "S", c, NULL)->made;

	if (!made)
		made = export_def(x, export_name(x, "S", c->name), XC_UNION, c, NULL);
	return export_memo(x, "S", c, NULL)->made = made;
}

/* mrtccsl takes "a except a" for a choice: an operand that comes twice goes by two names. */
static void name_apart(struct export *x, struct xclock *c)
{
	if (x->to != EXPORT_MRTCCSL || c->kind == XC_DEFER)
		return;
	for (unsigned k = 1; k < c->nop; k++)
		if (c->op[k] == c->op[0])
			c->op[k] = second_name(x, c->op[0]);
}

/* Its operands are known: from here on it is part of the text. */
static struct xclock *finish(struct export *x, struct xclock *c)
{
	name_apart(x, c);
	export_add(x, &x->defined, c);
	text_define(x, c);
	return c;
}

struct xclock *export_def(struct export *x, const char *name, enum xkind kind, struct xclock *a,
			  struct xclock *b)
{
	struct xclock *c = new_clock(x, name, kind);

	add_op(x, c, a);
	if (b)
		add_op(x, c, b);
	c->p[0] = kind == XC_DELAY || kind == XC_DEFER;
	return finish(x, c);
}

struct xclock *export_union(struct export *x, const char *name, struct xlist list)
{
	struct xclock *c = new_clock(x, name, XC_UNION);

	for (unsigned i = 0; i < list.n; i++) {
		unsigned k = 0;

		while (k < c->nop && c->op[k] != list.v[i])
			k++;
		if (k == c->nop)
			add_op(x, c, list.v[i]);
	}
	return c->nop == 1 ? c->op[0] : finish(x, c);
}

struct xmemo *export_memo(struct export *x, const char *role, const struct xclock *a,
			  const struct xclock *b)
{
	struct xmemo *m;

	for (unsigned i = 0; i < x->nmemos; i++)
		if (x->memos[i].a == a && x->memos[i].b == b && !strcmp(x->memos[i].role, role))
			return &x->memos[i];
	m = arena_push(x->arena, &x->memos, &x->nmemos, sizeof(*m));
	*m = (struct xmemo){ role, a, b, NULL };
	return m;
}

struct xclock *export_never(struct export *x, struct xclock *any)
{
	struct xclock *c = export_memo(x, "never", NULL, NULL)->made;

	if (!c) {
		c = export_def(x, export_name(x, "", "never"), XC_MINUS, any, any);
		export_memo(x, "never", NULL, NULL)->made = c;
	}
	return c;
}

/*
 * Without a restart as it is. With one, r joins the base, so that it forgets what was there
 * before; but a tick because of r is not one of the clock.
 */
struct xclock *export_sampled(struct export *x, const char *name, struct xclock *a,
			      struct xclock *b, struct xclock *r)
{
	struct xclock *base, *s;

	if (!r)
		return export_def(x, name, XC_SAMPLED, a, b);
	base = export_def(x, export_name(x, "B", name), XC_UNION, b, r);
	s = export_def(x, export_name(x, "S", name), XC_SAMPLED, a, base);
	return export_def(x, name, XC_MINUS, s, r);
}

struct xclock *export_restart(struct export *x, const struct scope *scope, struct pos pos)
{
	struct xlist list = { 0 };

	if (!scope || !scope->parent)
		return NULL;
	if (scope->window)
		export_refuse(x, scope->node->pos,
			      "the scope \"%s\" is a window: what is inside has no meaning outside "
			      "of it, which cannot be said without scopes",
			      scope->name);
	if (!x->by_scope[scope->id]) {
		struct xclock *outer = export_restart(x, scope->parent, pos);

		if (outer)
			export_add(x, &list, outer);
		if (scope->node)
			export_add(x, &list, export_clock(x, scope->node->op[0]));
		if (!list.n)
			return NULL;
		x->by_scope[scope->id] =
			list.n == 1 ? list.v[0]
				    : export_union(x, export_name(x, "R", scope->name), list);
	}
	return x->by_scope[scope->id];
}

/* For clocks that count: a count that starts anew with each life cannot be said. */
static void refuse_count(struct export *x, const struct node *n, const struct xclock *r,
			 const char *what)
{
	if (r)
		export_refuse(
			x, n->pos,
			"%s in the scope \"%s\" counts anew in each life, which cannot be said "
			"without scopes",
			what, n->scope->name);
}

static void guarded(struct export *x, const struct node *n, struct xclock *c)
{
	for (unsigned i = 0; i < n->nalts; i++) {
		const struct node_alt *a = &n->alts[i];

		if (a->nconds)
			export_refuse(x, a->conds[0].data->pos,
				      "\"%s\" has a guard, and other tools have no data", n->name);
		if (a->index != CORE_NONE)
			export_refuse(
				x, n->pos,
				"\"%s\" is chosen by an argument, and other tools have no data",
				n->name);
		add_op(x, c, export_clock(x, a->src));
	}
}

/* (a * b) + ((a - b) sampledOn b): a tick of a together with b is used up by it. */
static struct xclock *sample_weak(struct export *x, const struct node *n, const char *name,
				  struct xclock *r)
{
	struct xclock *a = export_clock(x, n->op[0]), *b = export_clock(x, n->op[1]);
	struct xclock *both = export_def(x, export_name(x, "I", name), XC_INTER, a, b);
	struct xclock *rest = export_def(x, export_name(x, "M", name), XC_MINUS, a, b);
	struct xclock *late = export_sampled(x, export_name(x, "L", name), rest, b, r);

	return export_def(x, name, XC_UNION, both, late);
}

/* In a scope the n-th b after a is found one by one. */
static struct xclock *defer(struct export *x, struct node *n, const char *name, struct xclock *r)
{
	struct xclock *a = export_clock(x, n->op[0]), *b = export_clock(x, n->op[1]), *c;

	if (r || n->p[0] == 1) {
		if (n->p[0] > 64)
			export_refuse(x, n->pos, "a delay of %" PRIu64 " in a scope is too long",
				      n->p[0]);
		for (uint64_t k = 1; k < n->p[0]; k++)
			a = export_sampled(x, export_name(x, "D", name), a, b, r);
		return export_sampled(x, name, a, b, r);
	}
	c = new_clock(x, name, XC_DEFER);
	add_op(x, c, a);
	add_op(x, c, b);
	c->p[0] = n->p[0];
	return finish(x, c);
}

static struct xclock *lower(struct export *x, struct node *n)
{
	static const char *const words[] = {
		[CORE_INF] = "inf",     [CORE_SUP] = "sup",     [CORE_DELAY] = "$",
		[CORE_EVERY] = "every", [CORE_AWAIT] = "await", [CORE_FILTER] = "filterBy",
		[CORE_UPTO] = "upTo",   [CORE_ONCE] = "once",   [CORE_CONCAT] = "then",
	};
	static const enum xkind kinds[] = {
		[CORE_GUARD] = XC_UNION, [CORE_UNION] = XC_UNION, [CORE_INTER] = XC_INTER,
		[CORE_MINUS] = XC_MINUS, [CORE_INF] = XC_INF,     [CORE_SUP] = XC_SUP,
		[CORE_DELAY] = XC_DELAY, [CORE_EVERY] = XC_EVERY, [CORE_AWAIT] = XC_EVERY,
	};
	struct xclock *r, *c;
	const char *name;

	if (n->kind == CORE_FILTER || n->kind == CORE_UPTO || n->kind == CORE_ONCE ||
	    n->kind == CORE_CONCAT)
		export_refuse(x, n->pos, "other tools do not have \"%s\"", words[n->kind]);
	r = export_restart(x, n->scope, n->pos);
	name = n->sym ? export_name(x, "", n->name) : export_name(x, "c", NULL);
	if (n->kind == CORE_DEFER)
		return defer(x, n, name, r);
	if (n->kind == CORE_SAMPLE_W)
		return sample_weak(x, n, name, r);
	if (kinds[n->kind] >= XC_INF)
		refuse_count(x, n, r, words[n->kind]);
	if (n->kind == CORE_EVERY && n->p[0] != 1 && x->to == EXPORT_MRTCCSL)
		export_refuse(x, n->pos,
			      "versions of this tool differ in which tick \"every\" begins with");
	c = new_clock(x, name, kinds[n->kind]);
	memcpy(c->p, n->p, sizeof(c->p));
	if (n->kind == CORE_AWAIT) {
		c->p[1] = c->p[2] = n->p[0] - 1;
		c->p[0] = 1;
	}
	guarded(x, n, c);
	for (unsigned i = 0; i < n->nop; i++)
		add_op(x, c, export_clock(x, n->op[i]));
	for (unsigned i = 0; i < 3; i++)
		if (c->p[i] > INT32_MAX && c->p[i] != UINT64_MAX)
			export_refuse(x, n->pos, "other tools do not count up to %" PRIu64,
				      c->p[i]);
	return finish(x, c);
}

struct xclock *export_clock(struct export *x, struct node *n)
{
	if (!x->by_node[n->id])
		x->by_node[n->id] = lower(x, n);
	return x->by_node[n->id];
}

static void inputs(struct export *x)
{
	for (unsigned i = 0; i < x->spec->nevents; i++) {
		struct node *n = x->spec->events[i];
		struct xclock *c = new_clock(x, export_name(x, "", n->name), XC_INPUT);

		x->by_node[n->id] = c;
		export_add(x, &x->inputs, c);
	}
	if (!x->inputs.n)
		export_refuse(x, (struct pos){ 0 }, "there is no clock");
}

/* Encodings ask which clocks exclude one another, wherever that is written. */
static void exclusions(struct export *x)
{
	for (unsigned i = 0; i < x->spec->nrules; i++)
		for (unsigned k = 0; k < x->spec->rules[i]->nrel; k++) {
			struct node *n = x->spec->rules[i]->rel[k];
			struct xlist *l;

			if (n->kind != CORE_EXCL)
				continue;
			for (unsigned j = 0; j < n->nop; j++)
				export_clock(x, n->op[j]);
			l = arena_push(x->arena, &x->exclusions, &x->nexclusions, sizeof(*l));
			*l = (struct xlist){ 0 };
			for (unsigned j = 0; j < n->nop; j++)
				export_add(x, l, export_clock(x, n->op[j]));
		}
}

static void refuse_variables(struct export *x)
{
	for (unsigned h = 0; h < SYM_HASH && x->spec->nvars; h++)
		for (const struct sym *s = x->spec->hash[h]; s; s = s->chain)
			if (s->kind == S_VAR)
				export_refuse(x, s->item->pos,
					      "\"%s\" is a variable, and other tools have no data",
					      s->name);
}

static bool try_export(struct export *x)
{
	const struct ccsl_spec *s = x->spec;

	if (setjmp(x->out))
		return false;
	inputs(x);
	exclusions(x);
	for (unsigned i = 0; i < s->nrules; i++) {
		text_comment(x, s->rules[i]->pub.name, s->rules[i]->pub.text);
		for (unsigned k = 0; k < s->rules[i]->nrel; k++)
			export_relation(x, s->rules[i]->rel[k]);
	}
	for (unsigned i = 0; i < s->nclocks; i++)
		if (s->clocks[i]->sym)
			export_clock(x, s->clocks[i]);
	refuse_variables(x);
	return true;
}

int export_write(const struct ccsl_spec *spec, const char *name, enum export_to to, FILE *out,
		 struct ccsl_error *err)
{
	struct export x = { .spec = spec, .to = to, .err = err };
	char *body = NULL;
	size_t len;
	int status = -ENOMEM;

	*err = (struct ccsl_error){ .text = "no memory" };
	x.arena = arena_new();
	x.body = open_memstream(&body, &len);
	if (x.arena && x.body) {
		x.by_node = arena_alloc(x.arena, (spec->tab.nnodes + 1) * sizeof(*x.by_node));
		x.by_scope = arena_alloc(x.arena, (spec->nscopes + 1) * sizeof(*x.by_scope));
		status = try_export(&x) ? 0 : -ENOTSUP;
	}
	if (x.body && fclose(x.body))
		status = -ENOMEM;
	if (!status)
		text_file(&x, name, body, out);
	free(body);
	if (x.arena)
		arena_free(x.arena);
	return status;
}
