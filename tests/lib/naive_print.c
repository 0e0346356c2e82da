/* SPDX-License-Identifier: MIT */
/* Syntax trees as CCSL text, one constraint a line, so that lines name constraints. */
#include "tests/lib/naive.h"

#include <inttypes.h>
#include <string.h>

struct pen {
	FILE *out;
	struct naive_spec *spec;
	unsigned line, depth;
};

static char index_of(const struct item *loop)
{
	return loop->loop ? 'p' : 'q';
}

/* --- data, with no more parentheses than C needs ------------------------------------------ */

enum { LOOSEST = 0, COND = 1, UNARY = 12 };

static int binds(const char *op)
{
	static const char *const level[] = { "||", "&&", "|", "^", "&" };

	for (unsigned k = 0; k < 5; k++)
		if (!strcmp(op, level[k]))
			return (int)k + 2;
	if (!strcmp(op, "==") || !strcmp(op, "!="))
		return 7;
	if (!strcmp(op, "<<") || !strcmp(op, ">>"))
		return 9;
	if (*op == '<' || *op == '>')
		return 8;
	return *op == '+' || *op == '-' ? 10 : 11;
}

static void print_data(struct pen *p, const struct data *d, int outer)
{
	int level = d->kind == D_COND ? COND : d->kind == D_BINARY ? binds(d->op) : UNARY;
	bool parens = level < outer;

	if (parens)
		fputc('(', p->out);
	switch (d->kind) {
	case D_NUM:
		fprintf(p->out, d->hex ? "0x%" PRIx64 : "%" PRIu64, d->num);
		break;
	case D_ARG:
		fputc(d->arg, p->out);
		break;
	case D_INDEX:
		fputc(index_of(d->loop), p->out);
		break;
	case D_VAR:
	case D_CONST:
	case D_VALUE:
		fputs(d->item->name, p->out);
		if (d->member) {
			fputc('[', p->out);
			print_data(p, d->member, LOOSEST);
			fputc(']', p->out);
		}
		if (d->at) {
			fputc('[', p->out);
			print_data(p, d->at, LOOSEST);
			fputc(']', p->out);
		}
		if (d->at2) {
			fputc('[', p->out);
			print_data(p, d->at2, LOOSEST);
			fputc(']', p->out);
		}
		break;
	case D_UNARY:
		fputs(d->op, p->out);
		print_data(p, d->kid[0], d->kid[0]->kind == D_UNARY ? UNARY + 1 : UNARY);
		break;
	case D_BINARY:
		print_data(p, d->kid[0], level);
		fprintf(p->out, " %s ", d->op);
		print_data(p, d->kid[1], level + 1);
		break;
	case D_COND:
		print_data(p, d->kid[0], COND + 1);
		fputs(" ? ", p->out);
		print_data(p, d->kid[1], LOOSEST);
		fputs(" : ", p->out);
		print_data(p, d->kid[2], COND);
		break;
	}
	if (parens)
		fputc(')', p->out);
}

static void print_number(struct pen *p, const struct data *d)
{
	if (d->kind == D_NUM || d->kind == D_CONST) {
		print_data(p, d, LOOSEST);
		return;
	}
	fputc('(', p->out);
	print_data(p, d, LOOSEST);
	fputc(')', p->out);
}

/* --- clocks ------------------------------------------------------------------------------- */

static void print_clock(struct pen *p, const struct expr *e);

static bool is_operand(const struct expr *e)
{
	switch (e->kind) {
	case E_REF:
	case E_INF:
	case E_SUP:
	case E_EVERY:
	case E_AWAIT:
	case E_UPTO:
	case E_ONCE:
	case E_ONCEWITH:
	case E_AGAIN:
		return true;
	default:
		return false;
	}
}

static void print_operand(struct pen *p, const struct expr *e)
{
	if (is_operand(e)) {
		print_clock(p, e);
		return;
	}
	fputc('(', p->out);
	print_clock(p, e);
	fputc(')', p->out);
}

static void print_ref(struct pen *p, const struct expr *e)
{
	fputs(e->item->name, p->out);
	if (e->all) {
		fputs("[*]", p->out);
	} else if (e->at) {
		fputc('[', p->out);
		print_data(p, e->at, LOOSEST);
		fputc(']', p->out);
		if (e->at2) {
			fputc('[', p->out);
			print_data(p, e->at2, LOOSEST);
			fputc(']', p->out);
		}
	}
}

/* Where a from follows that is not the one of an every. */
static void print_closed(struct pen *p, const struct expr *e)
{
	if (e->kind != E_EVERY) {
		print_operand(p, e);
		return;
	}
	fputc('(', p->out);
	print_clock(p, e);
	fputc(')', p->out);
}

static void print_list(struct pen *p, struct expr *const *e, unsigned n, const char *sep)
{
	for (unsigned k = 0; k < n; k++) {
		if (k)
			fputs(sep, p->out);
		print_operand(p, e[k]);
	}
}

static void print_every(struct pen *p, const struct expr *e)
{
	fputs("every ", p->out);
	print_number(p, e->num[0]);
	fputc(' ', p->out);
	print_closed(p, e->kid[0]);
	for (unsigned k = 1; k < 3; k++)
		if (e->num[k]) {
			fputs(k == 1 ? " from " : " upTo ", p->out);
			print_number(p, e->num[k]);
		}
}

static void print_call(struct pen *p, const char *name, const struct expr *e)
{
	fprintf(p->out, "%s(", name);
	for (unsigned k = 0; k < e->n; k++) {
		if (k)
			fputs(", ", p->out);
		print_clock(p, e->kid[k]);
	}
	if (e->kind == E_AWAIT) {
		fputs(", ", p->out);
		print_number(p, e->num[0]);
	}
	fputc(')', p->out);
}

static void print_clock(struct pen *p, const struct expr *e)
{
	static const char *const infix[E_KINDS] = {
		[E_UNION] = " + ", [E_INTER] = " * ",           [E_MINUS] = " - ",
		[E_XOR] = " xor ", [E_SAMPLED] = " sampledOn ", [E_WEAKLY] = " weaklySampledOn ",
	};
	static const char *const words[E_KINDS] = {
		[E_UNION] = " or ", [E_INTER] = " and ", [E_MINUS] = " minus "
	};
	static const char *const call[E_KINDS] = {
		[E_INF] = "inf",     [E_SUP] = "sup",   [E_AWAIT] = "await",
		[E_UPTO] = "upTo",   [E_ONCE] = "once", [E_ONCEWITH] = "onceWith",
		[E_AGAIN] = "again",
	};

	if (infix[e->kind]) {
		bool word = words[e->kind] && e->id % 3 == 0;

		print_list(p, e->kid, e->n, word ? words[e->kind] : infix[e->kind]);
		return;
	}
	if (call[e->kind]) {
		print_call(p, call[e->kind], e);
		return;
	}
	switch (e->kind) {
	case E_REF:
		print_ref(p, e);
		break;
	case E_DELAY:
	case E_DEFER:
		print_operand(p, e->kid[0]);
		fputs(" $ ", p->out);
		print_number(p, e->num[0]);
		if (e->kind == E_DEFER) {
			fputs(" on ", p->out);
			print_operand(p, e->kid[1]);
		}
		break;
	case E_FILTER:
		print_operand(p, e->kid[0]);
		fprintf(p->out, " filterBy %s", e->v);
		if (*e->w)
			fprintf(p->out, "(%s)", e->w);
		break;
	case E_EVERY:
		print_every(p, e);
		break;
	default: /* then */
		print_operand(p, e->kid[0]);
		fputs(" then ", p->out);
		if (e->id % 2)
			print_clock(p, e->kid[1]);
		else
			print_operand(p, e->kid[1]);
	}
}

/* --- items -------------------------------------------------------------------------------- */

static void print_alts(struct pen *p, const struct alt *alt, unsigned n)
{
	for (unsigned k = 0; k < n; k++) {
		if (k)
			fputs(", ", p->out);
		print_ref(p, alt[k].ref);
		if (alt[k].guard) {
			fputs(" if ", p->out);
			print_data(p, alt[k].guard, LOOSEST);
		}
	}
}

static void print_name(struct pen *p, const struct item *item)
{
	fputs(item->name, p->out);
	if (item->loop && item->loop == item->parent && item->loop->brief)
		fprintf(p->out, "[%c in %" PRIu64 "..%" PRIu64 "]", index_of(item->loop),
			item->loop->lo, item->loop->hi);
}

static void print_let(struct pen *p, const struct item *item)
{
	bool plain = !(item->loop && item->loop == item->parent && item->loop->brief);

	if (plain && item->op[0]->kind == E_EVERY && item->id % 2) {
		fprintf(p->out, "repeat %s ", item->name);
		print_every(p, item->op[0]);
		return;
	}
	if (plain && item->id % 3 == 0) {
		fprintf(p->out, "%s = ", item->name);
	} else {
		fputs("Let ", p->out);
		print_name(p, item);
		fputs(" be ", p->out);
	}
	print_clock(p, item->op[0]);
}

static void print_var(struct pen *p, const struct item *item)
{
	fputs("Var ", p->out);
	print_name(p, item);
	if (item->cells)
		fprintf(p->out, "[%u]", item->cells);
	fputs(" = ", p->out);
	print_data(p, item->value, LOOSEST);
	for (unsigned k = 0; k < item->nupdates; k++) {
		const struct update *up = &item->update[k];

		fputs(" on ", p->out);
		print_alts(p, up->alt, up->nalts);
		fputs(" set ", p->out);
		if (up->cell) {
			fputc('[', p->out);
			print_data(p, up->cell, LOOSEST);
			fputs("] ", p->out);
		}
		print_data(p, up->value, LOOSEST);
	}
}

static void print_chain(struct pen *p, const struct item *item, const char *word)
{
	fprintf(p->out, "%s ", word);
	for (unsigned k = 0; k < item->nops; k++) {
		if (k)
			fputs(item->weak[k - 1] ? " <= " : " < ", p->out);
		if (k && (item->init[k - 1] || item->max[k - 1])) {
			fputc('(', p->out);
			if (item->init[k - 1]) {
				fputs("init: ", p->out);
				print_number(p, item->init[k - 1]);
				fputs(item->max[k - 1] ? " " : "", p->out);
			}
			if (item->max[k - 1]) {
				fputs("max: ", p->out);
				print_number(p, item->max[k - 1]);
			}
			fputs(") ", p->out);
		}
		print_operand(p, item->op[k]);
	}
}

static void print_interval(struct pen *p, const struct item *item)
{
	fputs(item->kind == I_FORBID ? "Forbid " : "Allow ", p->out);
	for (unsigned k = 2; k < item->nops; k++) {
		fputs(k > 2 ? ", " : "", p->out);
		print_closed(p, item->op[k]);
	}
	fputs(item->from ? " from " : " after ", p->out);
	print_operand(p, item->op[0]);
	if (item->op[1]) {
		fputs(item->through ? " through " : " until ", p->out);
		print_operand(p, item->op[1]);
	}
}

static void print_within(struct pen *p, const struct item *item)
{
	fputs("Within ", p->out);
	print_number(p, item->value);
	fputc(' ', p->out);
	if (item->unit == W_CLOCK)
		print_closed(p, item->op[2]);
	else
		fputs(item->unit == W_CYCLES ? "cycles" : "events", p->out);
	fputs(" from ", p->out);
	print_operand(p, item->op[0]);
	fputs(" to ", p->out);
	print_operand(p, item->op[1]);
}

static void print_relation(struct pen *p, const struct item *item)
{
	static const struct {
		const char *word, *sep;
	} list[I_KINDS] = {
		[I_ALT] = { "Alternates ", " ~ " },    [I_SUB] = { "SubClocking ", " <- " },
		[I_SYNC] = { "Synchronizes ", " = " }, [I_EXCL] = { "Exclusion ", " # " },
		[I_NEVER] = { "Never ", "" },
	};

	if (list[item->kind].word) {
		fputs(list[item->kind].word, p->out);
		print_list(p, item->op, item->nops, list[item->kind].sep);
		return;
	}
	switch (item->kind) {
	case I_PREC:
		print_chain(p, item, "Precedence");
		break;
	case I_FIRST:
		print_chain(p, item, "First");
		break;
	case I_FORBID:
	case I_ALLOW:
		print_interval(p, item);
		break;
	case I_WITHIN:
		print_within(p, item);
		break;
	default:
		fputs("Require ", p->out);
		print_data(p, item->value, LOOSEST);
		fputs(" when ", p->out);
		print_alts(p, item->alt, item->nalts);
	}
}

static void print_line(struct pen *p, const char *text)
{
	fputs(text, p->out);
	fputc('\n', p->out);
	p->line++;
}

static void indent(struct pen *p)
{
	for (unsigned k = 0; k < p->depth; k++)
		fputs("  ", p->out);
}

static void print_item(struct pen *p, struct item *item);

static void print_kids(struct pen *p, struct item *item, unsigned from, unsigned to)
{
	print_line(p, " {");
	p->depth++;
	for (unsigned k = from; k < to; k++)
		print_item(p, item->kid[k]);
	p->depth--;
	indent(p);
	fputc('}', p->out);
}

static void print_scope(struct pen *p, struct item *item)
{
	unsigned split = item->split ? item->split : item->nkids;

	fputs("Scope ", p->out);
	print_name(p, item);
	fputs(" restarts ", p->out);
	print_operand(p, item->op[0]);
	if (item->op[1]) {
		fputs(" ends ", p->out);
		print_operand(p, item->op[1]);
	}
	print_kids(p, item, 0, split);
	if (split == item->nkids)
		return;
	print_line(p, "");
	indent(p);
	fprintf(p->out, "Scope %s", item->name);
	print_kids(p, item, split, item->nkids);
}

static void print_rule(struct pen *p, struct item *item)
{
	static const char *const level[] = { "MUST", "MUST_NOT", "SHOULD", "MAY" };

	fputs("Rule ", p->out);
	print_name(p, item);
	print_line(p, " {");
	p->depth++;
	if (item->level >= 0) {
		indent(p);
		fprintf(p->out, "level %s blame DRIVER", level[item->level]);
		print_line(p, "");
	}
	for (unsigned k = 0; k < item->nneeds; k++) {
		if (!k)
			indent(p);
		fputs(k ? ", " : "needs ", p->out);
		print_ref(p, item->needs[k]);
		if (k + 1 == item->nneeds)
			print_line(p, "");
	}
	for (unsigned k = 0; k < item->nkids; k++)
		print_item(p, item->kid[k]);
	p->depth--;
	indent(p);
	fputc('}', p->out);
}

static void print_head(struct pen *p, const struct item *item)
{
	switch (item->kind) {
	case I_EVENT:
		fprintf(p->out, "Event %s(", item->name);
		for (unsigned k = 0; item->args[k]; k++)
			fprintf(p->out, "%s%c", k ? ", " : "", item->args[k]);
		fputc(')', p->out);
		break;
	case I_INPUT:
		fprintf(p->out, "Clock %s;", item->name);
		break;
	case I_GUARDED:
		fputs("Clock ", p->out);
		print_name(p, item);
		fputs(" when ", p->out);
		print_alts(p, item->alt, item->nalts);
		break;
	case I_LET:
		print_let(p, item);
		break;
	case I_CHECK:
		fprintf(p->out, "Let %s be ", item->target->name);
		print_clock(p, item->op[0]);
		break;
	case I_CONST:
	case I_VALUE:
		fprintf(p->out, "%s %s = ", item->kind == I_CONST ? "Const" : "Value", item->name);
		print_data(p, item->value, LOOSEST);
		break;
	case I_VAR:
		print_var(p, item);
		break;
	case I_NOTE:
		fputs("Note ", p->out);
		print_operand(p, item->op[0]);
		fprintf(p->out, " \"%s\"", item->name);
		break;
	default:
		print_relation(p, item);
	}
}

static void print_item(struct pen *p, struct item *item)
{
	if (item->off)
		return;
	if (item->kind == I_FOR && item->brief) {
		print_item(p, item->kid[0]);
		return;
	}
	indent(p);
	item->line = p->line;
	if (item->kind == I_FOR) {
		fprintf(p->out, "For %c in %" PRIu64 "..%" PRIu64, index_of(item), item->lo,
			item->hi);
		print_kids(p, item, 0, item->nkids);
	} else if (item->kind == I_SCOPE) {
		print_scope(p, item);
	} else if (item->kind == I_RULE) {
		print_rule(p, item);
	} else {
		print_head(p, item);
	}
	print_line(p, "");
}

void naive_print(struct naive_spec *spec, FILE *out)
{
	struct pen p = { .out = out, .spec = spec, .line = 1 };

	for (unsigned k = 0; k < spec->item[0].nkids; k++)
		print_item(&p, spec->item[0].kid[k]);
}

void naive_trace_print(const struct naive_spec *spec, const struct naive_trace *trace, FILE *out)
{
	for (unsigned i = 0; i < trace->n; i++) {
		const struct naive_instant *now = &trace->at[i];

		fprintf(out, "%3u @%-4" PRIu64, i, now->cycle);
		for (unsigned t = 0; t < now->n; t++) {
			const struct item *e = &spec->item[now->tick[t].event];

			fprintf(out, " %s", e->name);
			for (unsigned k = 0; e->args[k]; k++)
				fprintf(out, "%c%" PRIu64, k ? ',' : '(', now->tick[t].arg[k]);
			fputs(e->args[0] ? ")" : "", out);
		}
		fputc('\n', out);
	}
	fprintf(out, "end @%" PRIu64 "\n", trace->end);
}
