/* SPDX-License-Identifier: MIT */
/* Cuts a specification into tokens. */
#include "monitor/lex.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "monitor/arena.h"
#include "monitor/ccsl.h"

struct lexer {
	const char *file, *at, *line_start;
	unsigned line;
	struct ccsl_error *err;
};

static const struct {
	char text[3];
	int kind;
} twos[] = {
	{ "<=", T_LE },  { ">=", T_GE },    { "==", T_EQ },     { "!=", T_NE },
	{ "<<", T_SHL }, { ">>", T_SHR },   { "&&", T_ANDAND }, { "||", T_OROR },
	{ "<-", T_SUB }, { "->", T_ARROW }, { "..", T_DOTS },
};

static struct pos here(const struct lexer *lx)
{
	return (struct pos){ lx->file, lx->line, (unsigned)(lx->at - lx->line_start) + 1 };
}

static bool fail(const struct lexer *lx, struct pos pos, const char *what)
{
	snprintf(lx->err->file, sizeof(lx->err->file), "%s", pos.file);
	lx->err->line = pos.line;
	lx->err->col = pos.col;
	snprintf(lx->err->text, sizeof(lx->err->text), "%s", what);
	return false;
}

static void newline(struct lexer *lx)
{
	lx->line++;
	lx->line_start = lx->at + 1;
}

static bool skip_blank(struct lexer *lx)
{
	for (;; lx->at++) {
		if (*lx->at == '\n') {
			newline(lx);
		} else if (lx->at[0] == '/' && lx->at[1] == '/') {
			while (lx->at[1] && lx->at[1] != '\n')
				lx->at++;
		} else if (lx->at[0] == '/' && lx->at[1] == '*') {
			struct pos pos = here(lx);

			for (lx->at += 2; !(lx->at[0] == '*' && lx->at[1] == '/'); lx->at++) {
				if (!*lx->at)
					return fail(lx, pos,
						    "this comment does not end; expected \"*/\"");
				if (*lx->at == '\n')
					newline(lx);
			}
			lx->at++;
		} else if (!isspace((unsigned char)*lx->at)) {
			return true;
		}
	}
}

static bool word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool number(struct lexer *lx, struct token *t)
{
	const char *p = lx->at;
	unsigned base = 10;

	t->kind = T_INT;
	if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
		base = 16;
		p += 2;
	}
	for (; word_char(*p); p++) {
		int digit = isdigit((unsigned char)*p)    ? *p - '0'
			    : isxdigit((unsigned char)*p) ? tolower(*p) - 'a' + 10
							  : 99;

		if (digit >= (int)base)
			return fail(lx, t->pos,
				    "not a number; expected decimal digits or 0x and hex digits");
		t->large |= t->value > (UINT64_MAX - (unsigned)digit) / base;
		t->value = t->value * base + (unsigned)digit;
	}
	if (base == 16 && p == lx->at + 2)
		return fail(lx, t->pos, "not a number; expected hex digits after 0x");
	t->len = (unsigned)(p - lx->at);
	return true;
}

static bool string(struct lexer *lx, struct token *t)
{
	const char *p = lx->at + 1;

	t->kind = T_STR;
	while (*p != '"') {
		if (!*p || *p == '\n')
			return fail(lx, t->pos,
				    "this string does not end on its line; expected '\"'");
		p++;
	}
	t->text = lx->at + 1;
	t->len = (unsigned)(p - lx->at) - 1;
	return true;
}

static bool punct(struct lexer *lx, struct token *t)
{
	t->kind = (unsigned char)*lx->at;
	t->len = 1;
	for (unsigned i = 0; i < sizeof(twos) / sizeof(twos[0]); i++)
		if (!strncmp(lx->at, twos[i].text, 2)) {
			t->kind = twos[i].kind;
			t->len = 2;
			return true;
		}
	if (!strchr("{}[]()<>=+-*/%&|^~!?:;,.#$@", *lx->at)) {
		char what[64];

		if (isprint((unsigned char)*lx->at))
			snprintf(what, sizeof(what), "unexpected character '%c'", *lx->at);
		else
			snprintf(what, sizeof(what), "unexpected byte 0x%02x",
				 (unsigned char)*lx->at);
		return fail(lx, t->pos, what);
	}
	return true;
}

struct token *lex_tokens(struct arena *arena, const char *file, const char *text,
			 struct ccsl_error *err)
{
	struct lexer lx = { file, text, text, 1, err };
	struct token *tokens = NULL, *t;
	unsigned n = 0;

	for (;;) {
		const char *before = lx.at;

		if (!skip_blank(&lx))
			return NULL;
		t = arena_push(arena, &tokens, &n, sizeof(*t));
		*t = (struct token){ .pos = here(&lx), .text = lx.at, .glued = lx.at == before };
		if (!*lx.at) {
			struct token end = *t;

			/* Room to look ahead of the last token. */
			*(struct token *)arena_push(arena, &tokens, &n, sizeof(*t)) = end;
			*(struct token *)arena_push(arena, &tokens, &n, sizeof(*t)) = end;
			return tokens;
		}
		if (isalpha((unsigned char)*lx.at) || *lx.at == '_') {
			t->kind = T_ID;
			while (word_char(lx.at[t->len]))
				t->len++;
		} else if (isdigit((unsigned char)*lx.at)) {
			if (!number(&lx, t))
				return NULL;
		} else if (*lx.at == '"') {
			if (!string(&lx, t))
				return NULL;
			lx.at = t->text + 1;
		} else if (!punct(&lx, t)) {
			return NULL;
		}
		lx.at += t->len;
	}
}
