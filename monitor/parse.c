/* SPDX-License-Identifier: MIT */
/* The parser: tokens and errors. Recursive descent; the first error ends it. */
#include "monitor/parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DEEPEST 200

void parse_error(struct parser *p, struct pos pos, const char *fmt, ...)
{
	va_list ap;

	snprintf(p->err->file, sizeof(p->err->file), "%s", pos.file);
	p->err->line = pos.line;
	p->err->col = pos.col;
	va_start(ap, fmt);
	vsnprintf(p->err->text, sizeof(p->err->text), fmt, ap);
	va_end(ap);
	longjmp(p->out, 1);
}

void parse_expected(struct parser *p, const char *what)
{
	if (p->t->kind == T_EOF)
		parse_error(p, p->t->pos, "expected %s, found the end of the file", what);
	parse_error(p, p->t->pos, "expected %s, found \"%.*s\"", what, (int)p->t->len, p->t->text);
}

void parse_nest(struct parser *p)
{
	if (++p->depth > DEEPEST)
		parse_error(p, p->t->pos, "nested too deeply");
}

bool parse_is(const struct token *t, const char *word)
{
	return t->kind == T_ID && t->len == strlen(word) && !memcmp(t->text, word, t->len);
}

bool parse_accept(struct parser *p, const char *word)
{
	if (!parse_is(p->t, word))
		return false;
	p->t++;
	return true;
}

bool parse_accept_tok(struct parser *p, int kind)
{
	if (p->t->kind != kind)
		return false;
	p->t++;
	return true;
}

_Noreturn void parse_expected_quoted(struct parser *p, const char *word)
{
	char what[64];

	snprintf(what, sizeof(what), "\"%s\"", word);
	parse_expected(p, what);
}

void parse_want(struct parser *p, const char *word)
{
	if (!parse_accept(p, word))
		parse_expected_quoted(p, word);
}

void parse_want_tok(struct parser *p, int kind, const char *spelling)
{
	if (!parse_accept_tok(p, kind))
		parse_expected_quoted(p, spelling);
}

const char *parse_text(struct parser *p, const struct token *from)
{
	const struct token *t;
	size_t room = 1, n = 0;
	char *s;

	for (t = from; t < p->t; t++)
		room += t->len + 3;
	s = arena_alloc(p->arena, room);
	for (t = from; t < p->t; t++) {
		if (t > from && !t->glued)
			s[n++] = ' ';
		if (t->kind == T_STR)
			s[n++] = '"';
		memcpy(s + n, t->text, t->len);
		n += t->len;
		if (t->kind == T_STR)
			s[n++] = '"';
	}
	return s;
}
