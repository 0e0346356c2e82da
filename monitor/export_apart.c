/* SPDX-License-Identifier: MIT */
/*
 * What is known about two clocks without running them: from their definitions, and from what
 * Exclusion says. A violation of that Exclusion is the first one anyhow, so encodings may rely
 * on it.
 */
#include "monitor/export_ir.h"

#define DEEP 12 /* how far into definitions exclusion is looked for */

bool export_within(const struct xclock *a, const struct xclock *b)
{
	if (a == b)
		return true;
	if (b->kind == XC_UNION)
		for (unsigned i = 0; i < b->nop; i++)
			if (export_within(a, b->op[i]))
				return true;
	switch (a->kind) {
	case XC_MINUS:
	case XC_DELAY:
	case XC_EVERY:
		return export_within(a->op[0], b);
	case XC_DEFER:
	case XC_SAMPLED:
		return export_within(a->op[1], b);
	case XC_INTER:
		for (unsigned i = 0; i < a->nop; i++)
			if (export_within(a->op[i], b))
				return true;
		return false;
	case XC_UNION:
		for (unsigned i = 0; i < a->nop; i++)
			if (!export_within(a->op[i], b))
				return false;
		return true;
	default:
		return false;
	}
}

/* An Exclusion has a, or something that a is part of, and another one likewise for b. */
static bool excluded(const struct xlist *l, const struct xclock *a, const struct xclock *b)
{
	for (unsigned i = 0; i < l->n; i++)
		for (unsigned k = 0; k < l->n && export_within(a, l->v[i]); k++)
			if (i != k && export_within(b, l->v[k]))
				return true;
	return false;
}

static bool disjoint(const struct export *x, const struct xclock *a, const struct xclock *b,
		     unsigned depth);

/* By the definition of a alone. */
static bool apart(const struct export *x, const struct xclock *a, const struct xclock *b,
		  unsigned depth)
{
	switch (a->kind) {
	case XC_UNION:
		for (unsigned i = 0; i < a->nop; i++)
			if (!disjoint(x, a->op[i], b, depth))
				return false;
		return true;
	case XC_INTER:
		for (unsigned i = 0; i < a->nop; i++)
			if (disjoint(x, a->op[i], b, depth))
				return true;
		return false;
	case XC_MINUS:
		for (unsigned i = 1; i < a->nop; i++)
			if (export_within(b, a->op[i]))
				return true;
		return disjoint(x, a->op[0], b, depth);
	case XC_DELAY:
	case XC_EVERY:
		return disjoint(x, a->op[0], b, depth);
	case XC_DEFER:
	case XC_SAMPLED:
		return disjoint(x, a->op[1], b, depth);
	default:
		return false;
	}
}

static bool disjoint(const struct export *x, const struct xclock *a, const struct xclock *b,
		     unsigned depth)
{
	if (depth++ > DEEP)
		return false;
	for (unsigned i = 0; i < x->nexclusions; i++)
		if (excluded(&x->exclusions[i], a, b))
			return true;
	return apart(x, a, b, depth) || apart(x, b, a, depth);
}

bool export_disjoint(const struct export *x, const struct xclock *a, const struct xclock *b)
{
	return disjoint(x, a, b, 0);
}
