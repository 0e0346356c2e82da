/* SPDX-License-Identifier: MIT */
/* The parser: relations. Each is called after its keyword. */
#include "monitor/parse.h"

static struct item *chain(struct parser *p, enum item_kind kind, int sep, const char *spelling)
{
	struct item *it = parse_item(p, kind);
	struct token *from = p->t - 1;

	parse_add_operand(p, it);
	if (p->t->kind != sep && it->arg[0]->kind != X_ALL)
		parse_expected_quoted(p, spelling);
	while (parse_accept_tok(p, sep))
		parse_add_operand(p, it);
	it->text = parse_text(p, from);
	return it;
}

static void bound(struct parser *p, struct link *l)
{
	if (p->t->kind != '(' || p->t[2].kind != ':')
		return;
	p->t++;
	while (!parse_accept_tok(p, ')')) {
		struct data **n = parse_is(p->t, "init") ? &l->init : &l->max;

		if (!parse_is(p->t, "init") && !parse_is(p->t, "max"))
			parse_expected(p, "\"init:\", \"max:\" or \")\"");
		if (*n)
			parse_error(p, p->t->pos, "\"%.*s:\" is given twice", (int)p->t->len,
				    p->t->text);
		p->t++;
		parse_want_tok(p, ':', ":");
		*n = parse_number(p);
	}
}

/* Precedence a < (max: 1) b <= c     First a <= b     Alternates a ~ b */
static struct item *precedence(struct parser *p, enum item_kind kind, bool alternates)
{
	struct item *it = parse_item(p, kind);
	struct token *from = p->t - 1;

	parse_add_operand(p, it);
	do {
		struct link *l = arena_push(p->arena, &it->links, &it->nlinks, sizeof(*l));

		*l = (struct link){ .pos = p->t->pos, .weak = p->t->kind == T_LE };
		if (alternates) {
			parse_want_tok(p, '~', "~");
			l->max = arena_alloc(p->arena, sizeof(*l->max));
			*l->max = (struct data){ .kind = D_INT, .value = 1, .pos = l->pos };
		} else if (!parse_accept_tok(p, '<') && !parse_accept_tok(p, T_LE)) {
			parse_expected(p, "\"<\" or \"<=\"");
		} else if (kind == I_PRECEDENCE) {
			bound(p, l);
		}
		parse_add_operand(p, it);
	} while (alternates ? p->t->kind == '~' : p->t->kind == '<' || p->t->kind == T_LE);
	it->text = parse_text(p, from);
	return it;
}

/* Forbid e, e (after|from) f [(until|through) g] */
static struct item *interval(struct parser *p, enum item_kind kind)
{
	struct item *it = parse_item(p, kind);
	struct token *from = p->t - 1;

	do
		parse_add_operand(p, it);
	while (parse_accept_tok(p, ','));
	if (parse_accept(p, "from"))
		it->in = AST_IN_LEFT;
	else if (!parse_accept(p, "after"))
		parse_expected(p, "\"after\" or \"from\"");
	parse_add_operand(p, it);
	if (parse_is(p->t, "until") || parse_is(p->t, "through")) {
		it->in |= parse_is(p->t, "through") ? AST_IN_RIGHT : 0;
		p->t++;
		parse_add_operand(p, it);
	} else {
		it->in |= AST_IN_ENDLESS;
	}
	it->text = parse_text(p, from);
	return it;
}

/* Within 100 cycles|events|CLOCK from a to b */
static struct item *within(struct parser *p)
{
	struct item *it = parse_item(p, I_WITHIN);
	struct token *from = p->t - 1;
	struct cx *counted = NULL;

	it->a = parse_number(p);
	if (parse_accept(p, "cycles"))
		it->unit = AST_CYCLES;
	else if (parse_accept(p, "events"))
		it->unit = AST_INSTANTS;
	else if (parse_is(p->t, "from"))
		parse_expected(p, "the unit: cycles, events or a clock");
	else
		counted = parse_operand(p);
	parse_want(p, "from");
	parse_add_operand(p, it);
	parse_want(p, "to");
	parse_add_operand(p, it);
	if (counted) {
		it->unit = AST_TICKS;
		*(struct cx **)arena_push(p->arena, &it->arg, &it->narg, sizeof(counted)) = counted;
	}
	it->text = parse_text(p, from);
	return it;
}

static struct item *require(struct parser *p)
{
	struct item *it = parse_item(p, I_REQUIRE);
	struct token *from = p->t - 1;

	it->a = parse_data(p);
	parse_want(p, "when");
	parse_alternatives(p, it);
	it->text = parse_text(p, from);
	return it;
}

static struct item *never(struct parser *p)
{
	struct item *it = parse_item(p, I_NEVER);
	struct token *from = p->t - 1;

	parse_add_operand(p, it);
	it->text = parse_text(p, from);
	return it;
}

struct item *parse_relation(struct parser *p)
{
	static const struct {
		const char *word;
		enum item_kind kind;
		int sep;
		const char *spelling;
	} forms[] = {
		{ "Precedence", I_PRECEDENCE, 0, NULL },
		{ "Alternates", I_PRECEDENCE, '~', NULL },
		{ "First", I_FIRST, 0, NULL },
		{ "SubClocking", I_SUBCLOCKING, T_SUB, "<-" },
		{ "Exclusion", I_EXCLUSION, '#', "#" },
		{ "Synchronizes", I_SYNCHRONIZES, '=', "=" },
		{ "Forbid", I_FORBID, 0, NULL },
		{ "Allow", I_ALLOW, 0, NULL },
		{ "Within", I_WITHIN, 0, NULL },
		{ "Require", I_REQUIRE, 0, NULL },
		{ "Never", I_NEVER, 0, NULL },
	};

	for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (!parse_is(p->t, forms[i].word))
			continue;
		p->t++;
		switch (forms[i].kind) {
		case I_PRECEDENCE:
		case I_FIRST:
			return precedence(p, forms[i].kind, forms[i].sep == '~');
		case I_FORBID:
		case I_ALLOW:
			return interval(p, forms[i].kind);
		case I_WITHIN:
			return within(p);
		case I_REQUIRE:
			return require(p);
		case I_NEVER:
			return never(p);
		default:
			return chain(p, forms[i].kind, forms[i].sep, forms[i].spelling);
		}
	}
	return NULL;
}
