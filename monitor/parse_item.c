/* SPDX-License-Identifier: MIT */
/* The parser: declarations, scopes and rules. */
#include <string.h>

#include "monitor/parse.h"

static void items(struct parser *p, struct item **tail, int close);

struct item *parse_item(struct parser *p, enum item_kind kind)
{
	struct item *it = arena_alloc(p->arena, sizeof(*it));

	it->kind = kind;
	it->pos = p->t->pos;
	it->level = -1;
	it->blame = -1;
	return it;
}

/* A name that is declared here. */
static const char *new_name(struct parser *p, const char *what)
{
	const struct token *t = p->t;

	if (t->kind != T_ID && t->kind != T_STR)
		parse_expected(p, what);
	if (parse_keyword(t))
		parse_error(p, t->pos, "expected %s, found the keyword \"%.*s\"", what, (int)t->len,
			    t->text);
	p->t++;
	return arena_strndup(p->arena, t->text, t->len);
}

/* name[q in 0..7] stands for For q in 0..7 { name }: wraps the item, if it is there. */
static struct item *family(struct parser *p, struct item *it)
{
	struct item *loop = it;

	if (p->t->kind == '[' && p->t->glued && parse_is(&p->t[2], "in")) {
		p->t++;
		loop = parse_item(p, I_FOR);
		loop->name = new_name(p, "an index");
		parse_want(p, "in");
		loop->a = parse_number(p);
		parse_want_tok(p, T_DOTS, "..");
		loop->b = parse_number(p);
		parse_want_tok(p, ']', "]");
		loop->body = it;
	}
	return loop;
}

struct cx *parse_add_operand(struct parser *p, struct item *it)
{
	struct cx *x = parse_operand(p);

	*(struct cx **)arena_push(p->arena, &it->arg, &it->narg, sizeof(x)) = x;
	return x;
}

/* EVENT [if GUARD] {, EVENT [if GUARD]} */
void parse_alternatives(struct parser *p, struct item *it)
{
	do {
		struct alt *alt = arena_push(p->arena, &it->alts, &it->nalts, sizeof(*alt));

		*alt = (struct alt){ .src = parse_ref(p, "an event or a clock") };
		if (parse_accept(p, "if"))
			alt->guard = parse_data(p);
	} while (parse_accept_tok(p, ','));
}

static struct item *event(struct parser *p)
{
	struct item *it = parse_item(p, I_EVENT);

	it->name = new_name(p, "the name of an event");
	if (!parse_accept_tok(p, '(') || parse_accept_tok(p, ')'))
		return it;
	do {
		struct pos pos = p->t->pos;

		*(const char **)arena_push(p->arena, &it->args, &it->nargs, sizeof(char *)) =
			new_name(p, "the name of an argument");
		if (it->nargs > CCSL_ARGS)
			parse_error(p, pos, "an event has at most %d arguments", CCSL_ARGS);
	} while (parse_accept_tok(p, ','));
	parse_want_tok(p, ')', ")");
	return it;
}

/* Clock a, b c   or   Clock a when ... */
static void clocks(struct parser *p, struct item ***tail)
{
	bool comma;

	do {
		struct item *it = parse_item(p, I_CLOCK), *outer;

		it->name = new_name(p, "the name of a clock");
		outer = family(p, it);
		**tail = outer;
		*tail = &outer->next;
		if (parse_accept(p, "when")) {
			parse_alternatives(p, it);
			return;
		}
		comma = parse_accept_tok(p, ',');
	} while (comma || ((p->t->kind == T_ID || p->t->kind == T_STR) && !parse_keyword(p->t) &&
			   p->t[1].kind != '='));
}

static struct item *var(struct parser *p)
{
	struct item *it = parse_item(p, I_VAR), *outer;

	it->name = new_name(p, "the name of a variable");
	outer = family(p, it);
	if (parse_accept_tok(p, '[')) {
		it->b = parse_data(p);
		parse_want_tok(p, ']', "]");
	}
	parse_want_tok(p, '=', "=");
	it->a = parse_data(p);
	while (parse_accept(p, "on")) {
		unsigned first = it->nalts;
		struct data *index = NULL, *value;

		parse_alternatives(p, it);
		parse_want(p, "set");
		if (parse_accept_tok(p, '[')) {
			index = parse_data(p);
			parse_want_tok(p, ']', "]");
		}
		value = parse_data(p);
		for (; first < it->nalts; first++) {
			it->alts[first].index = index;
			it->alts[first].value = value;
		}
	}
	return outer;
}

static void body(struct parser *p, struct item *it)
{
	parse_want_tok(p, '{', "{");
	parse_nest(p);
	items(p, &it->body, '}');
	p->depth--;
	parse_want_tok(p, '}', "}");
}

static struct item *scope(struct parser *p)
{
	struct item *it = parse_item(p, I_SCOPE), *outer;

	it->name = new_name(p, "the name of a scope");
	outer = family(p, it);
	if (parse_accept(p, "restarts"))
		parse_add_operand(p, it);
	if (parse_accept(p, "ends")) {
		if (!it->narg)
			parse_error(p, it->pos,
				    "a scope with \"ends\" needs \"restarts\" before it");
		parse_add_operand(p, it);
	}
	body(p, it);
	return outer;
}

static struct item *loop(struct parser *p)
{
	struct item *it = parse_item(p, I_FOR);

	it->name = new_name(p, "an index");
	parse_want(p, "in");
	it->a = parse_number(p);
	parse_want_tok(p, T_DOTS, "..");
	it->b = parse_number(p);
	body(p, it);
	return it;
}

static const char *clause_id(struct parser *p)
{
	const struct token *from = p->t;

	if (p->t->kind == T_STR)
		return new_name(p, "a clause id");
	if (p->t->kind != T_ID)
		parse_expected(p, "a clause id");
	for (p->t++; p->t->glued && (p->t->kind == T_ID || p->t->kind == T_INT ||
				     p->t->kind == '-' || p->t->kind == '.');)
		p->t++;
	return parse_text(p, from);
}

static int one_of(struct parser *p, const char *(*name)(int), int n, const char *what)
{
	for (int i = 0; i < n; i++)
		if (parse_accept(p, name(i)))
			return i;
	parse_expected(p, what);
}

static const char *level_name(int i)
{
	return ccsl_level_name((enum ccsl_level)i);
}

static const char *blame_name(int i)
{
	return ccsl_blame_name((enum ccsl_blame)i);
}

/* One tag of a rule; false: no tag. */
static bool tag(struct parser *p, struct item *it)
{
	if (parse_accept(p, "clause")) {
		do
			*(const char **)arena_push(p->arena, &it->clauses, &it->nclauses,
						   sizeof(char *)) = clause_id(p);
		while (parse_accept_tok(p, ','));
	} else if (parse_accept(p, "level")) {
		it->level = one_of(p, level_name, CCSL_MAY + 1,
				   "MUST, MUST_NOT, SHOULD, SHOULD_NOT or MAY");
	} else if (parse_accept(p, "blame")) {
		it->blame = one_of(p, blame_name, CCSL_SPEC + 1, "DRIVER, DEVICE or SPEC");
	} else if (parse_accept(p, "needs")) {
		do
			*(struct ref *)arena_push(p->arena, &it->needs, &it->nneeds,
						  sizeof(struct ref)) = parse_ref(p, "a rule");
		while (parse_accept_tok(p, ','));
	} else if (parse_accept(p, "expect")) {
		if (p->t->kind != T_STR)
			parse_expected(p, "a string");
		it->note = arena_strndup(p->arena, p->t->text, p->t->len);
		p->t++;
	} else {
		return false;
	}
	return true;
}

static struct item *rule(struct parser *p)
{
	struct item *it = parse_item(p, I_RULE), *outer;

	it->name = new_name(p, "the name of a rule");
	outer = family(p, it);
	parse_want_tok(p, '{', "{");
	parse_nest(p);
	while (tag(p, it))
		;
	items(p, &it->body, '}');
	p->depth--;
	parse_want_tok(p, '}', "}");
	return outer;
}

/* Let u be EXPR     u = EXPR     repeat u every 3 a from 1 upTo 9 */
static struct item *definition(struct parser *p, char form)
{
	struct item *it = parse_item(p, I_LET), *outer;
	struct token *from = p->t;
	struct cx *x;

	it->name = new_name(p, "the name of a clock");
	outer = family(p, it);
	if (form == 'r') {
		parse_want(p, "every");
		x = parse_every(p);
		x->text = parse_text(p, from + 1);
	} else {
		if (form == 'l')
			parse_want(p, "be");
		else
			parse_want_tok(p, '=', "=");
		x = parse_cx(p);
	}
	*(struct cx **)arena_push(p->arena, &it->arg, &it->narg, sizeof(x)) = x;
	it->text = parse_text(p, from);
	return outer;
}

static struct item *note(struct parser *p)
{
	struct item *it = parse_item(p, I_NOTE);

	parse_add_operand(p, it);
	if (p->t->kind != T_STR)
		parse_expected(p, "a string");
	it->note = arena_strndup(p->arena, p->t->text, p->t->len);
	p->t++;
	return it;
}

static struct item *constant(struct parser *p, enum item_kind kind)
{
	struct item *it = parse_item(p, kind);

	it->name = new_name(p, "a name");
	parse_want_tok(p, '=', "=");
	it->a = parse_data(p);
	return it;
}

/* An item that is not a relation; may append several. NULL: none begins here. */
static struct item *declaration(struct parser *p)
{
	if (parse_accept(p, "Event"))
		return event(p);
	if (parse_accept(p, "Const"))
		return constant(p, I_CONST);
	if (parse_accept(p, "Value"))
		return constant(p, I_VALUE);
	if (parse_accept(p, "Var"))
		return var(p);
	if (parse_accept(p, "Scope"))
		return scope(p);
	if (parse_accept(p, "For"))
		return loop(p);
	if (parse_accept(p, "Rule"))
		return rule(p);
	if (parse_accept(p, "Let"))
		return definition(p, 'l');
	if (parse_accept(p, "repeat"))
		return definition(p, 'r');
	if (parse_accept(p, "Note"))
		return note(p);
	return NULL;
}

static void import(struct parser *p)
{
	struct import *im;

	if (p->t->kind != T_STR)
		parse_expected(p, "a file name in quotes");
	im = arena_push(p->arena, &p->unit->imports, &p->unit->nimports, sizeof(*im));
	im->path = arena_strndup(p->arena, p->t->text, p->t->len);
	im->pos = p->t->pos;
	p->t++;
}

/* Items up to the closing token; Specification and [ ] are only brackets. */
static struct item **append(struct parser *p, struct item **tail, int close)
{
	while (p->t->kind != close) {
		struct item *it;

		if (parse_accept_tok(p, ';'))
			continue;
		if (p->t->kind == '[' || parse_is(p->t, "Specification")) {
			int end = p->t->kind == '[' ? ']' : '}';

			if (parse_accept(p, "Specification")) {
				new_name(p, "the name of the specification");
				parse_want_tok(p, '{', "{");
			} else {
				p->t++;
			}
			parse_nest(p);
			tail = append(p, tail, end);
			p->depth--;
			p->t++;
			continue;
		}
		if (parse_accept(p, "Clock")) {
			clocks(p, &tail);
			continue;
		}
		if (parse_accept(p, "Import")) {
			import(p);
			continue;
		}
		it = declaration(p);
		if (!it)
			it = parse_relation(p);
		if (!it && (p->t->kind == T_ID || p->t->kind == T_STR) && !parse_keyword(p->t))
			it = definition(p, '=');
		if (!it)
			parse_expected(p, close == T_EOF ? "a declaration or a relation"
					  : close == '}' ? "a declaration, a relation or \"}\""
							 : "a declaration, a relation or \"]\"");
		*tail = it;
		tail = &it->next;
	}
	return tail;
}

static void items(struct parser *p, struct item **tail, int close)
{
	append(p, tail, close);
}

bool parse_keyword(const struct token *t)
{
	static const char words[][16] = {
		"Alternates", "Allow", "Clock",         "Const",       "Event",
		"Exclusion",  "First", "For",           "Forbid",      "Import",
		"Let",        "Never", "Note",          "Precedence",  "Require",
		"Rule",       "Scope", "Specification", "SubClocking", "Synchronizes",
		"Value",      "Var",   "Within",        "every",       "repeat",
	};

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (parse_is(t, words[i]))
			return true;
	return false;
}

bool ast_parse(struct arena *arena, const char *file, const char *text, struct unit *unit,
	       struct ccsl_error *err)
{
	struct parser p = { .arena = arena, .err = err, .unit = unit };

	p.t = lex_tokens(arena, file, text, err);
	if (!p.t || setjmp(p.out))
		return false;
	items(&p, &unit->items, T_EOF);
	return true;
}
