/* SPDX-License-Identifier: MIT */
/*
 * Relations for other tools, and the encodings of what they lack.
 *
 * An order of first occurrences in lives that r begins: X_a = a + r, and P_a = r $ 1 on X_a
 * ticks exactly once a life: at the first a, or, if the life ends before that, with the r
 * that ends it. So the ticks of P_a and P_b are numbered by lives, and P_a <= P_b says that
 * in each life the first b does not come before the first a. This wants r and a never to tick
 * together. The life before the first r has stages of its own: F_a is the first X_a.
 *
 * An interval: q = f sampledOn E, with all that may end it or is forbidden in E: the first
 * such thing after f must be one that ends it.
 */
#include "monitor/export_ir.h"

#include <inttypes.h>

static struct xclock *made(struct xmemo *m, struct xclock *c)
{
	m->made = c;
	return c;
}

static struct xclock *pair(struct export *x, const char *role, const char *of, enum xkind kind,
			   struct xclock *a, struct xclock *b)
{
	struct xmemo *m = export_memo(x, role, a, b);
	struct xclock *c = m->made;

	if (c)
		return c;
	c = export_def(x, export_name(x, role, of), kind, a, b);
	return made(export_memo(x, role, a, b), c);
}

/* The first tick of a, and nothing after it. */
static struct xclock *first(struct export *x, const char *of, struct xclock *a)
{
	return pair(x, "F", of, XC_MINUS, a, pair(x, "D", of, XC_DELAY, a, NULL));
}

struct stage {
	struct xclock *pad, *first, *life;
};

static struct stage stage(struct export *x, struct xclock *a, struct xclock *r)
{
	struct xclock * or = pair(x, "X", a->name, XC_UNION, a, r);
	struct stage s;

	s.pad = pair(x, "P", a->name, XC_DEFER, r, or);
	s.first = first(x, a->name, or);
	s.life = NULL;
	return s;
}

/* The first a of each life, without what ends a life instead. */
static struct xclock *of_life(struct export *x, struct xclock *a, const struct stage *s,
			      struct xclock *r)
{
	struct xclock *all = pair(x, "T", a->name, XC_UNION, s->pad, s->first);

	return pair(x, "N", a->name, XC_MINUS, all, r);
}

static void never(struct export *x, struct xclock *a)
{
	text_sub(x, a, export_never(x, a));
}

static void exclude(struct export *x, struct xclock *a, struct xclock *b)
{
	text_exclusion(x, &(struct xlist){ (struct xclock *[]){ a, b }, 2 });
}

static void want_apart(struct export *x, const struct node *n, const struct xclock *a,
		       const struct xclock *r)
{
	if (!export_disjoint(x, a, r))
		export_refuse(
			x, n->pos,
			"\"%s\" may tick together with \"%s\", which restarts the scope; with "
			"\"Exclusion %s # %s\" the order can be encoded",
			a->name, r->name, a->name, r->name);
}

static void order(struct export *x, const struct node *n, struct xclock *a, struct xclock *b,
		  struct xclock *r)
{
	bool weak = n->p[2];
	struct stage sa, sb;

	if (a == b) {
		if (!weak)
			never(x, a);
		return;
	}
	if (!r) {
		sa.first = first(x, a->name, a);
		sb.first = first(x, b->name, b);
		text_precedence(x, sa.first, sb.first, weak, 0, UINT64_MAX);
		return;
	}
	want_apart(x, n, a, r);
	want_apart(x, n, b, r);
	sa = stage(x, a, r);
	sb = stage(x, b, r);
	if (!weak && !export_disjoint(x, a, b)) {
		sa.life = of_life(x, a, &sa, r);
		sb.life = of_life(x, b, &sb, r);
		exclude(x, sa.life, sb.life);
	}
	text_precedence(x, sa.pad, sb.pad, true, 0, UINT64_MAX);
	text_precedence(x, sa.first, sb.first, true, 0, UINT64_MAX);
}

/* What is forbidden or allowed, from f to g, which is NULL if only the scope ends it. */
struct interval {
	struct xlist e;
	struct xclock *f, *g, *r;
	bool from, through;
};

static struct interval interval(struct export *x, struct node *n, struct xclock *r)
{
	struct interval i = { .f = export_clock(x, n->op[n->nop - 2]), .r = r };

	for (unsigned k = 0; k + 2 < n->nop; k++)
		export_add(x, &i.e, export_clock(x, n->op[k]));
	if (!(n->p[0] & CORE_IN_ENDLESS))
		i.g = export_clock(x, n->op[n->nop - 1]);
	i.from = n->p[0] & CORE_IN_LEFT;
	i.through = n->p[0] & CORE_IN_RIGHT;
	return i;
}

/* Any of the list, or a, or b; a and b may be NULL. */
static struct xclock *any_of(struct export *x, const char *role, const struct xlist *list,
			     struct xclock *a, struct xclock *b)
{
	struct xlist all = { 0 };

	for (unsigned k = 0; list && k < list->n; k++)
		export_add(x, &all, list->v[k]);
	if (a)
		export_add(x, &all, a);
	if (b && b != a)
		export_add(x, &all, b);
	return all.n == 1 ? all.v[0] : export_union(x, export_name(x, role, NULL), all);
}

/* a and b not together, whatever they are */
static void apart(struct export *x, struct xclock *a, struct xclock *b)
{
	if (export_disjoint(x, a, b))
		return;
	if (a == b)
		never(x, a);
	else
		exclude(x, a, b);
}

static void forbid(struct export *x, const struct interval *i)
{
	struct xclock *all = any_of(x, "E", &i->e, i->g, i->r), *q, *v;

	for (unsigned k = 0; k < i->e.n && i->from; k++)
		apart(x, i->e.v[k], i->f);
	q = export_def(x, export_name(x, "q", NULL), XC_SAMPLED, i->f, all);
	if (i->through && i->g) {
		v = any_of(x, "e", &i->e, NULL, NULL);
		v = export_def(x, export_name(x, "v", NULL), XC_INTER, q, v);
		text_sub(x, v, i->r ? i->r : export_never(x, v));
	} else if (i->g || i->r) {
		text_sub(x, q, any_of(x, "G", NULL, i->g, i->r));
	} else {
		never(x, q);
	}
}

/*
 * The complement: closed at first, until an f; and closed again by g or r without f. With
 * `from`, an e together with f is none of this rule's.
 */
static void allow(struct export *x, const struct interval *i)
{
	struct xclock *e = any_of(x, "e", &i->e, NULL, NULL), *end, *shut, *q;

	if (i->from)
		e = export_def(x, export_name(x, "e", NULL), XC_MINUS, e, i->f);
	if (e == i->f)
		never(x, e);
	else
		text_precedence(x, first(x, i->f->name, i->f), first(x, e->name, e), false, 0,
				UINT64_MAX);
	if (!i->g && !i->r)
		return;
	end = any_of(x, "G", NULL, i->g, i->r);
	if (i->r)
		apart(x, e, i->r);
	if (i->g && !i->through)
		apart(x, e, i->g);
	shut = export_def(x, export_name(x, "h", NULL), XC_MINUS, end, i->f);
	q = any_of(x, "E", NULL, e, i->f);
	q = export_def(x, export_name(x, "q", NULL), XC_SAMPLED, shut, q);
	never(x, export_def(x, export_name(x, "v", NULL), XC_INTER, q, e));
}

static void count(struct export *x, const struct node *n, struct xclock *a, struct xclock *b,
		  struct xclock *r)
{
	if (r)
		export_refuse(x, n->pos,
			      "this precedence counts anew in each life of the scope \"%s\", which "
			      "cannot be said without scopes; \"First\" can",
			      n->scope->name);
	if (n->p[0] && x->to == EXPORT_MRTCCSL)
		export_refuse(x, n->pos, "this tool cannot start a count at %" PRIu64, n->p[0]);
	if (n->p[0] > INT32_MAX || (n->p[1] > INT32_MAX && n->p[1] != UINT64_MAX))
		export_refuse(x, n->pos, "other tools do not count that far");
	text_precedence(x, a, b, n->p[2], n->p[0], n->p[1]);
}

void export_relation(struct export *x, struct node *n)
{
	struct xclock *r, *a, *b;
	struct interval i;

	if (n->kind == CORE_REQUIRE)
		export_refuse(x, n->pos,
			      "\"Require\" is about data, which other tools do not have");
	if (n->kind == CORE_WITHIN)
		export_refuse(x, n->pos, "\"Within\" is about time, which other tools do not have");
	r = export_restart(x, n->scope, n->pos);
	a = export_clock(x, n->op[0]);
	b = n->nop > 1 ? export_clock(x, n->op[1]) : NULL;
	switch (n->kind) {
	case CORE_SUB:
		text_sub(x, a, b);
		return;
	case CORE_EQ:
		text_sub(x, a, b);
		text_sub(x, b, a);
		return;
	case CORE_EXCL: {
		struct xlist l = { 0 };

		for (unsigned k = 0; k < n->nop; k++)
			export_add(x, &l, export_clock(x, n->op[k]));
		text_exclusion(x, &l);
		return;
	}
	case CORE_PREC:
		count(x, n, a, b, r);
		return;
	case CORE_FIRST:
		order(x, n, a, b, r);
		return;
	case CORE_FORBID:
		i = interval(x, n, r);
		forbid(x, &i);
		return;
	case CORE_ALLOW:
		i = interval(x, n, r);
		allow(x, &i);
		return;
	default:
		never(x, a);
	}
}
