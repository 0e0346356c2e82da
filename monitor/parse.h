/* SPDX-License-Identifier: MIT */
/* What the files of the parser share. */
#ifndef MONITOR_PARSE_H
#define MONITOR_PARSE_H

#include <setjmp.h>

#include "monitor/arena.h"
#include "monitor/ast.h"

struct parser {
	struct arena *arena;
	struct token *t; /* the next token */
	struct ccsl_error *err;
	struct unit *unit;
	unsigned depth;
	jmp_buf out; /* taken on the first error */
};

/* Leaves the parser: "expected X, found Y" at the next token, or a message at a position. */
_Noreturn void parse_expected(struct parser *p, const char *what);
_Noreturn void parse_error(struct parser *p, struct pos pos, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

_Noreturn void parse_expected_quoted(struct parser *p, const char *word);

bool parse_is(const struct token *t, const char *word); /* an identifier with this spelling */
bool parse_accept(struct parser *p, const char *word);
bool parse_accept_tok(struct parser *p, int kind);
void parse_want(struct parser *p, const char *word);
void parse_want_tok(struct parser *p, int kind, const char *spelling);
bool parse_keyword(const struct token *t); /* does it begin an item? */
void parse_nest(struct parser *p);         /* one level deeper; p->depth-- on the way out */

/* The source from a token up to the one before the next, blanks and comments squeezed. */
const char *parse_text(struct parser *p, const struct token *from);

struct ref parse_ref(struct parser *p, const char *what);
struct data *parse_data(struct parser *p);
struct data *parse_number(struct parser *p); /* INT, a constant's name, or ( expression ) */
struct cx *parse_cx(struct parser *p);
struct cx *parse_operand(struct parser *p);
struct cx *parse_every(struct parser *p); /* after "every" */

struct item *parse_item(struct parser *p, enum item_kind kind);
struct cx *parse_add_operand(struct parser *p, struct item *it);
void parse_alternatives(struct parser *p, struct item *it);
struct item *parse_relation(struct parser *p); /* NULL: none begins here */

#endif
