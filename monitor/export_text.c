/* SPDX-License-Identifier: MIT */
/*
 * The two texts. LightCCSL: relations between names only, one operator a definition, commas
 * between clocks, bounds in full, nothing that its command line tool drops without a word.
 * mrtccsl: definitions are coincidences, exclusion is between two, what `max:` says is a
 * precedence over a delayed clock, and sampling is told by how the clocks lie to each other.
 */
#include "monitor/export_ir.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

bool text_reserved(enum export_to to, const char *name)
{
	static const char *const light[] = {
		"Specification",
		"Clock",
		"Precedence",
		"SubClocking",
		"Exclusion",
		"Alternates",
		"Synchronizes",
		"Let",
		"be",
		"repeat",
		"every",
		"from",
		"upTo",
		"inf",
		"sup",
		"or",
		"and",
		"minus",
		"xor",
		"on",
		"sampledOn",
		"init",
		"max",
		"def",
		"call",
		"First",
		"Infinity",
		"then",
		"await",
		"once",
		"again",
		"Event",
		"Const",
		"Value",
		"Var",
		"Scope",
		"For",
		"Rule",
		"Note",
		"Forbid",
		"Allow",
		"Within",
		"Require",
		"Never",
		"Import",
		"filterBy",
		"onceWith",
		"weaklySampledOn",
		NULL,
	};
	static const char *const mrt[] = {
		"structure", "assume",     "assert",      "var",        "integer",   "duration",
		"clock",     "next",       "fastest",     "slowest",    "sample",    "on",
		"of",        "alternates", "delay",       "and",        "or",        "xor",
		"by",        "skip",       "every",       "periodic",   "jitter",    "drift",
		"offset",    "mutex",      "pool",        "sporadic",   "subclocks", "causes",
		"precedes",  "except",     "discrete",    "continuous", "process",   "with",
		"normal",    "uniform",    "exponential", "strict",     "allow",     "forbid",
		"from",      "until",      "in",          "first",      "last",      "year",
		"month",     "week",       "day",         "hour",       "min",       "ppm",
		NULL,
	};
	const char *const *words = to == EXPORT_MRTCCSL ? mrt : light;
	const char *unit = name;

	for (; *words; words++)
		if (!strcmp(*words, name))
			return true;
	/* s, ms, Hz, kHz ... are units */
	if (to == EXPORT_MRTCCSL && *unit && strchr("munpkMGT", *unit))
		unit++;
	return to == EXPORT_MRTCCSL && (!strcmp(unit, "s") || !strcmp(unit, "Hz"));
}

static void join(FILE *f, const struct xclock *c, const char *between)
{
	fprintf(f, "%s", c->op[0]->name);
	for (unsigned i = 1; i < c->nop; i++)
		fprintf(f, "%s%s", between, c->op[i]->name);
}

/* A definition by another name alone is dropped without a word; a + a is not. */
static void light_let(FILE *f, const struct xclock *c, const char *op)
{
	fprintf(f, "\t\tLet %s be ", c->name);
	join(f, c, op);
	if (c->nop == 1)
		fprintf(f, "%s%s", op, c->op[0]->name);
	fputs("\n", f);
}

static void light_define(FILE *f, const struct xclock *c)
{
	const char *a = c->op[0]->name, *b = c->nop > 1 ? c->op[1]->name : "";

	switch (c->kind) {
	case XC_INTER:
		light_let(f, c, " * ");
		return;
	case XC_MINUS:
		light_let(f, c, " - ");
		return;
	case XC_INF:
	case XC_SUP:
		fprintf(f, "\t\tLet %s be %s(", c->name, c->kind == XC_INF ? "inf" : "sup");
		join(f, c, ", ");
		fputs(")\n", f);
		return;
	case XC_DEFER:
		fprintf(f, "\t\t%s = %s $ %" PRIu64 " on %s\n", c->name, a, c->p[0], b);
		return;
	case XC_SAMPLED:
		fprintf(f, "\t\t%s = %s sampledOn %s\n", c->name, a, b);
		return;
	case XC_EVERY:
		fprintf(f, "\t\trepeat %s every %" PRIu64 " %s from %" PRIu64, c->name, c->p[0], a,
			c->p[1]);
		if (c->p[2] != UINT64_MAX)
			fprintf(f, " upTo %" PRIu64, c->p[2]);
		fputs("\n", f);
		return;
	case XC_DELAY:
		if (c->p[0]) {
			fprintf(f, "\t\t%s = %s $ %" PRIu64 "\n", c->name, a, c->p[0]);
			return;
		}
		/* fall through */
	default:
		light_let(f, c, " + ");
	}
}

/*
 * Sampling there takes a tick of both together as one of the same instant, and refuses what
 * `$ n on` leaves out; each is the same as here where the clocks exclude, or include, one
 * another. So the two are split where neither is known.
 */
static void mrt_sampled(FILE *f, const struct export *x, const struct xclock *c)
{
	const char *a = c->op[0]->name, *b = c->op[1]->name;

	if (export_disjoint(x, c->op[0], c->op[1]))
		fprintf(f, "sample %s on %s", a, b);
	else if (export_within(c->op[0], c->op[1]))
		fprintf(f, "%s $ 1 on %s", a, b);
	else
		fprintf(f, "((%s and %s) $ 1 on %s) or (sample (%s except %s) on %s)", a, b, b, a,
			b, b);
}

/* Every tick from p1 up to p2: export.c lets no other period through. */
static void mrt_every(FILE *f, const struct xclock *c)
{
	const char *a = c->op[0]->name;

	if (c->p[2] == UINT64_MAX)
		fprintf(f, "%s $ %" PRIu64, a, c->p[1]);
	else
		fprintf(f, "(%s $ %" PRIu64 ") except (%s $ %" PRIu64 ")", a, c->p[1], a,
			c->p[2] + 1);
}

static void mrt_define(const struct export *x, const struct xclock *c)
{
	const char *a = c->op[0]->name;
	FILE *f = x->body;

	fprintf(f, "\t%s = ", c->name);
	switch (c->kind) {
	case XC_INTER:
		join(f, c, " and ");
		break;
	case XC_MINUS:
		fprintf(f, "%s except", a);
		for (unsigned i = 1; i < c->nop; i++)
			fprintf(f, " %s", c->op[i]->name);
		break;
	case XC_INF:
	case XC_SUP:
		fprintf(f, "%s of ", c->kind == XC_INF ? "fastest" : "slowest");
		join(f, c, " ");
		break;
	case XC_DELAY:
		fprintf(f, "%s $ %" PRIu64, a, c->p[0]);
		break;
	case XC_DEFER:
		if (!export_within(c->op[0], c->op[1])) {
			fputs("(", f);
			mrt_sampled(f, x, c);
			fprintf(f, ") $ %" PRIu64 " on %s", c->p[0] - 1, c->op[1]->name);
			break;
		}
		fprintf(f, "%s $ %" PRIu64 " on %s", a, c->p[0], c->op[1]->name);
		break;
	case XC_SAMPLED:
		mrt_sampled(f, x, c);
		break;
	case XC_EVERY:
		mrt_every(f, c);
		break;
	default:
		join(f, c, " or ");
	}
	fputs(";\n", f);
}

void text_define(const struct export *x, const struct xclock *c)
{
	if (x->to == EXPORT_MRTCCSL)
		mrt_define(x, c);
	else
		light_define(x->body, c);
}

void text_comment(struct export *x, const char *name, const char *text)
{
	fprintf(x->body, "%s// %s: ", x->to == EXPORT_MRTCCSL ? "\t" : "\t\t", name);
	for (; *text; text++)
		putc(iscntrl((unsigned char)*text) ? ' ' : *text, x->body);
	fputs("\n", x->body);
}

void text_sub(struct export *x, const struct xclock *a, const struct xclock *b)
{
	if (x->to == EXPORT_MRTCCSL)
		fprintf(x->body, "\t%s subclocks %s;\n", a->name, b->name);
	else
		fprintf(x->body, "\t\tSubClocking %s <- %s\n", a->name, b->name);
}

void text_exclusion(struct export *x, const struct xlist *list)
{
	if (x->to == EXPORT_MRTCCSL) {
		for (unsigned i = 0; i < list->n; i++)
			for (unsigned k = i + 1; k < list->n; k++)
				fprintf(x->body, "\t%s # %s;\n", list->v[i]->name,
					list->v[k]->name);
		return;
	}
	fprintf(x->body, "\t\tExclusion %s", list->v[0]->name);
	for (unsigned i = 1; i < list->n; i++)
		fprintf(x->body, " # %s", list->v[i]->name);
	fputs("\n", x->body);
}

static void mrt_precedence(FILE *f, const struct xclock *a, const struct xclock *b, bool weak,
			   uint64_t max)
{
	const char *word = weak ? "causes" : "precedes";

	if (max == 1 && !weak) {
		fprintf(f, "\t%s strict alternates %s;\n", a->name, b->name);
		return;
	}
	fprintf(f, "\t%s %s %s;\n", a->name, word, b->name);
	if (max != UINT64_MAX)
		fprintf(f, "\t%s %s (%s $ %" PRIu64 ");\n", b->name, word, a->name, max);
}

void text_precedence(struct export *x, const struct xclock *a, const struct xclock *b, bool weak,
		     uint64_t init, uint64_t max)
{
	FILE *f = x->body;

	if (x->to == EXPORT_MRTCCSL) {
		mrt_precedence(f, a, b, weak, max);
		return;
	}
	fprintf(f, "\t\tPrecedence %s %s ", a->name, weak ? "<=" : "<");
	if (max != UINT64_MAX)
		fprintf(f, "(init: %" PRIu64 " max: %" PRIu64 ") ", init, max);
	else if (init)
		fprintf(f, "(init: %" PRIu64 ") ", init);
	fprintf(f, "%s\n", b->name);
}

static void names(FILE *out, const struct xlist *list, const char *before)
{
	for (unsigned i = 0; i < list->n; i++)
		fprintf(out, "%s%s", i ? ", " : before, list->v[i]->name);
}

void text_file(const struct export *x, const char *name, const char *body, FILE *out)
{
	if (x->to == EXPORT_MRTCCSL) {
		fputs("structure {\n\tvar ", out);
		names(out, &x->inputs, "");
		names(out, &x->defined, ", ");
		fprintf(out, ": clock;\n%s}\n", body);
		return;
	}
	fprintf(out, "Specification %s {\n\tClock ", name);
	names(out, &x->inputs, "");
	fprintf(out, "\n\t[\n%s\t]\n}\n", body);
}
