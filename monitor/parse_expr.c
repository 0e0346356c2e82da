/* SPDX-License-Identifier: MIT */
/* The parser: names, data expressions and clock expressions. */
#include <string.h>

#include "monitor/parse.h"

static struct data *new_data(struct parser *p, enum data_kind kind)
{
	struct data *d = arena_alloc(p->arena, sizeof(*d));

	d->kind = kind;
	d->pos = p->t->pos;
	return d;
}

struct ref parse_ref(struct parser *p, const char *what)
{
	struct ref r = { .pos = p->t->pos };

	if (p->t->kind != T_ID && p->t->kind != T_STR)
		parse_expected(p, what);
	if (parse_keyword(p->t))
		parse_error(p, p->t->pos, "expected %s, found the keyword \"%.*s\"", what,
			    (int)p->t->len, p->t->text);
	r.name = arena_strndup(p->arena, p->t->text, p->t->len);
	p->t++;
	while (p->t->kind == '[' && p->t->glued && p->t[1].kind != '*') {
		if (r.nindex == AST_INDEXES)
			parse_error(p, p->t->pos, "a name takes at most %d indexes", AST_INDEXES);
		p->t++;
		r.index[r.nindex++] = parse_data(p);
		parse_want_tok(p, ']', "]");
	}
	return r;
}

static struct data *primary(struct parser *p)
{
	struct data *d;

	switch (p->t->kind) {
	case T_INT:
		if (p->t->large)
			parse_error(p, p->t->pos, "this number does not fit in 64 bits");
		d = new_data(p, D_INT);
		d->value = p->t->value;
		p->t++;
		return d;
	case '(':
		p->t++;
		d = parse_data(p);
		parse_want_tok(p, ')', ")");
		return d;
	case '!':
	case '~':
	case '-':
		parse_nest(p);
		d = new_data(p, D_UNARY);
		d->op = p->t->kind;
		p->t++;
		d->a = primary(p);
		p->depth--;
		return d;
	default:
		d = new_data(p, D_REF);
		d->ref = parse_ref(p, "a number, a name or \"(\"");
		return d;
	}
}

/* As in C; 0: not a binary operator. */
static int binding(int op)
{
	switch (op) {
	case '*':
	case '/':
	case '%':
		return 10;
	case '+':
	case '-':
		return 9;
	case T_SHL:
	case T_SHR:
		return 8;
	case '<':
	case '>':
	case T_LE:
	case T_GE:
		return 7;
	case T_EQ:
	case T_NE:
		return 6;
	case '&':
		return 5;
	case '^':
		return 4;
	case '|':
		return 3;
	case T_ANDAND:
		return 2;
	case T_OROR:
		return 1;
	default:
		return 0;
	}
}

static struct data *climb(struct parser *p, int least)
{
	struct data *left = primary(p);

	for (;;) {
		int op = p->t->kind, bind = binding(op);
		struct data *d;

		if (bind == 0 || bind < least)
			return left;
		d = new_data(p, op == T_ANDAND ? D_AND : op == T_OROR ? D_OR : D_BINARY);
		d->op = op;
		d->a = left;
		p->t++;
		parse_nest(p);
		d->b = climb(p, bind + 1);
		p->depth--;
		left = d;
	}
}

struct data *parse_data(struct parser *p)
{
	struct data *d, *cond;

	parse_nest(p);
	d = climb(p, 1);
	if (p->t->kind == '?') {
		cond = new_data(p, D_COND);
		p->t++;
		cond->a = d;
		cond->b = parse_data(p);
		parse_want_tok(p, ':', ":");
		cond->c = parse_data(p);
		d = cond;
	}
	p->depth--;
	return d;
}

struct data *parse_number(struct parser *p)
{
	if (p->t->kind != T_INT && p->t->kind != T_ID && p->t->kind != '(')
		parse_expected(p, "a number");
	return primary(p);
}

static struct cx *new_cx(struct parser *p, enum cx_kind kind, struct pos pos)
{
	struct cx *x = arena_alloc(p->arena, sizeof(*x));

	x->kind = kind;
	x->pos = pos;
	return x;
}

static void add_arg(struct parser *p, struct cx *x, struct cx *arg)
{
	*(struct cx **)arena_push(p->arena, &x->arg, &x->narg, sizeof(arg)) = arg;
}

static const struct {
	const char *name;
	enum cx_kind kind;
	char args; /* 'l' a list, 'n' a clock and a number, '2' two clocks, '1' one */
} functions[] = {
	{ "inf", X_INF, 'l' },      { "sup", X_SUP, 'l' },   { "await", X_AWAIT, 'n' },
	{ "upTo", X_UPTO, '2' },    { "once", X_ONCE, '2' }, { "onceWith", X_ONCE_W, '2' },
	{ "again", X_CONCAT, '1' },
};

static struct cx *function(struct parser *p)
{
	const struct token *start = p->t;

	for (unsigned i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		struct cx *x;

		if (!parse_is(start, functions[i].name))
			continue;
		x = new_cx(p, functions[i].kind, start->pos);
		p->t += 2;
		add_arg(p, x, parse_cx(p));
		if (functions[i].args == 'n') {
			parse_want_tok(p, ',', ",");
			x->n[0] = parse_number(p);
		} else if (functions[i].args == '2') {
			parse_want_tok(p, ',', ",");
			add_arg(p, x, parse_cx(p));
		} else if (functions[i].args == 'l') {
			while (parse_accept_tok(p, ','))
				add_arg(p, x, parse_cx(p));
		}
		parse_want_tok(p, ')', ")");
		return x;
	}
	parse_error(p, start->pos,
		    "unknown function \"%.*s\"; expected inf, sup, await, upTo, once, "
		    "onceWith or again",
		    (int)start->len, start->text);
}

struct cx *parse_every(struct parser *p)
{
	struct cx *x = new_cx(p, X_EVERY, p->t->pos);

	x->n[0] = parse_number(p);
	add_arg(p, x, parse_operand(p));
	if (parse_accept(p, "from"))
		x->n[1] = parse_number(p);
	if (parse_accept(p, "upTo"))
		x->n[2] = parse_number(p);
	return x;
}

struct cx *parse_operand(struct parser *p)
{
	const struct token *start = p->t;
	struct cx *x;

	parse_nest(p);
	if (parse_accept_tok(p, '(')) {
		x = parse_cx(p);
		parse_want_tok(p, ')', ")");
	} else if (p->t->kind == T_ID && p->t[1].kind == '(' && !parse_keyword(p->t)) {
		x = function(p);
	} else if (parse_accept(p, "every")) {
		x = parse_every(p);
	} else {
		x = new_cx(p, X_REF, p->t->pos);
		x->ref = parse_ref(p, "a clock");
		if (p->t->kind == '[' && p->t->glued && p->t[1].kind == '*') {
			p->t += 2;
			parse_want_tok(p, ']', "]");
			x->kind = X_ALL;
		}
	}
	x->text = parse_text(p, start);
	p->depth--;
	return x;
}

static bool accept_op(struct parser *p, enum cx_kind *kind)
{
	static const struct {
		int tok;
		const char *word;
		enum cx_kind kind;
	} ops[] = {
		{ '+', "or", X_UNION },
		{ '*', "and", X_INTER },
		{ '-', "minus", X_MINUS },
		{ 0, "xor", X_XOR },
	};

	for (unsigned i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if ((ops[i].tok && p->t->kind == ops[i].tok) || parse_is(p->t, ops[i].word)) {
			*kind = ops[i].kind;
			p->t++;
			return true;
		}
	return false;
}

/* a + b + c: one operator a level. */
static struct cx *nary(struct parser *p, struct cx *left, enum cx_kind kind)
{
	struct cx *x = new_cx(p, kind, left->pos);
	struct pos pos = p->t->pos;

	add_arg(p, x, left);
	for (;;) {
		enum cx_kind again;

		add_arg(p, x, parse_operand(p));
		pos = p->t->pos;
		if (!accept_op(p, &again))
			return x;
		if (again != kind)
			parse_error(p, pos, "operators are mixed; expected parentheses");
	}
}

/* 01(10): letters that come once, then those that repeat. */
static void word(struct parser *p, struct cx *x)
{
	char *w = "";
	unsigned n = 0;
	bool period = false;

	for (;;) {
		if (p->t->kind == T_INT) {
			for (unsigned i = 0; i < p->t->len; i++)
				if (p->t->text[i] != '0' && p->t->text[i] != '1')
					parse_error(p, p->t->pos,
						    "expected a binary word as in 01(10)");
			w = arena_printf(p->arena, "%s%.*s", w, (int)p->t->len, p->t->text);
			n += p->t->len;
			x->prefix += period ? 0 : p->t->len;
			p->t++;
		}
		if (period) {
			parse_want_tok(p, ')', ")");
			break;
		}
		if (!parse_accept_tok(p, '('))
			break;
		period = true;
	}
	if (n == 0 || (period && n == x->prefix))
		parse_expected(p, "a binary word as in 01(10)");
	x->word = w;
}

struct cx *parse_cx(struct parser *p)
{
	const struct token *start = p->t;
	struct cx *left, *x = NULL;
	enum cx_kind kind;

	parse_nest(p);
	left = parse_operand(p);
	if (accept_op(p, &kind)) {
		x = nary(p, left, kind);
	} else if (parse_accept_tok(p, '$')) {
		x = new_cx(p, X_DELAY, start->pos);
		add_arg(p, x, left);
		x->n[0] = parse_number(p);
		if (parse_accept(p, "on"))
			add_arg(p, x, parse_operand(p));
	} else if (parse_is(p->t, "sampledOn") || parse_is(p->t, "weaklySampledOn") ||
		   parse_is(p->t, "then")) {
		kind = parse_is(p->t, "sampledOn") ? X_SAMPLE
		       : parse_is(p->t, "then")    ? X_CONCAT
						   : X_SAMPLE_W;
		p->t++;
		x = new_cx(p, kind, start->pos);
		add_arg(p, x, left);
		add_arg(p, x, kind == X_CONCAT ? parse_cx(p) : parse_operand(p));
	} else if (parse_accept(p, "filterBy")) {
		x = new_cx(p, X_FILTER, start->pos);
		add_arg(p, x, left);
		word(p, x);
	}
	p->depth--;
	if (!x)
		return left;
	x->text = parse_text(p, start);
	return x;
}
