/* SPDX-License-Identifier: MIT */
/* A specification as written: what the parser makes and the compiler expands. */
#ifndef MONITOR_AST_H
#define MONITOR_AST_H

#include "monitor/ccsl.h"
#include "monitor/lex.h"

#define AST_INDEXES 2 /* indexes that a name may carry */

/* A name with the indexes it is used with: ntf[q]. */
struct ref {
	const char *name;
	struct pos pos;
	struct data *index[AST_INDEXES];
	unsigned nindex;
};

enum data_kind { D_INT, D_REF, D_UNARY, D_BINARY, D_AND, D_OR, D_COND };

/* A data expression. */
struct data {
	enum data_kind kind;
	int op; /* token of D_UNARY and D_BINARY */
	struct data *a, *b, *c;
	struct ref ref;
	uint64_t value;
	struct pos pos;
};

enum cx_kind {
	X_REF,
	X_UNION,
	X_INTER,
	X_MINUS,
	X_XOR,
	X_INF,
	X_SUP,
	X_DELAY, /* a $ n [on b] */
	X_SAMPLE,
	X_SAMPLE_W,
	X_EVERY,
	X_FILTER,
	X_AWAIT,
	X_UPTO,
	X_ONCE,
	X_ONCE_W,
	X_CONCAT, /* a then b; without b: a over and over */
	X_ALL     /* ntf[*]: every member of a family, spliced into the operand list */
};

/* A clock expression. */
struct cx {
	enum cx_kind kind;
	struct cx **arg;
	unsigned narg;
	struct ref ref;
	struct data *n[3]; /* numbers of $, every/from/upTo, await */
	const char *word;  /* of filterBy: 0 and 1 */
	unsigned prefix;   /* letters of it that come once */
	struct pos pos;
	const char *text; /* as written */
};

/* EVENT if GUARD, in `Clock .. when`, `Var .. on`, `Require .. when`. */
struct alt {
	struct ref src;
	struct data *guard;         /* NULL: always */
	struct data *index, *value; /* of an update: [index] value */
};

/* Of an interval, and the units of a deadline: as CORE_IN_* and enum core_unit. */
enum { AST_IN_LEFT = 1, AST_IN_RIGHT = 2, AST_IN_ENDLESS = 4 };
enum { AST_CYCLES, AST_INSTANTS, AST_TICKS };

enum item_kind {
	I_EVENT,
	I_CLOCK, /* alts, or none: an input */
	I_CONST,
	I_VALUE,
	I_VAR,
	I_SCOPE,
	I_FOR,
	I_RULE,
	I_LET,
	I_NOTE,
	/* relations */
	I_PRECEDENCE, /* operands with links between */
	I_SUBCLOCKING,
	I_EXCLUSION,
	I_SYNCHRONIZES,
	I_FIRST,
	I_FORBID,
	I_ALLOW,
	I_WITHIN,
	I_REQUIRE,
	I_NEVER
};

/* Between operand k and k + 1 of a chain. */
struct link {
	bool weak;
	struct data *init, *max;
	struct pos pos;
};

struct item {
	enum item_kind kind;
	struct item *next;
	struct pos pos;
	const char *name;
	const char *text;  /* of a relation, as written */
	const char *note;  /* of a Note; expect of a Rule */
	const char **args; /* of an event */
	unsigned nargs;
	struct alt *alts;
	unsigned nalts;
	struct cx **arg; /* operands */
	unsigned narg;
	struct link *links;
	unsigned nlinks;
	struct data *a, *b; /* value, initial value; bounds of For; number; size */
	struct item *body;
	unsigned in;   /* CORE_IN_* of an interval */
	unsigned unit; /* enum core_unit */
	/* tags of a Rule */
	const char **clauses;
	unsigned nclauses;
	struct ref *needs;
	unsigned nneeds;
	int level, blame; /* -1: not given */
};

/* What the parser reports besides the items. */
struct import {
	const char *path;
	struct pos pos;
};

struct unit {
	struct item *items;
	struct import *imports;
	unsigned nimports;
};

/* false and *err on a syntax error. Imports are listed, not followed. */
bool ast_parse(struct arena *arena, const char *file, const char *text, struct unit *unit,
	       struct ccsl_error *err);

#endif
