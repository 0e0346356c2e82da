/* SPDX-License-Identifier: MIT */
/* Tokens of a specification. The whole file is cut up first, so parsing can look ahead. */
#ifndef MONITOR_LEX_H
#define MONITOR_LEX_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct ccsl_error;

enum tok {
	T_EOF,
	T_ID,
	T_INT,
	T_STR,
	/* operators of two characters; those of one stand for themselves */
	T_LE = 256, /* <= */
	T_GE,       /* >= */
	T_EQ,       /* == */
	T_NE,       /* != */
	T_SHL,      /* << */
	T_SHR,      /* >> */
	T_ANDAND,
	T_OROR,
	T_SUB,   /* <- */
	T_ARROW, /* -> */
	T_DOTS   /* .. */
};

struct pos {
	const char *file;
	unsigned line, col;
};

struct token {
	int kind;
	struct pos pos;
	const char *text; /* in the source */
	unsigned len;
	uint64_t value; /* of T_INT */
	bool large;     /* more than 64 bits: a word of letters 0 and 1, if it is anything */
	bool glued;     /* nothing between it and the token before */
};

/* NULL and *err when a character or number is wrong. The last token is T_EOF. */
struct token *lex_tokens(struct arena *arena, const char *file, const char *text,
			 struct ccsl_error *err);

#endif
