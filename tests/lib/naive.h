/* SPDX-License-Identifier: MIT */
/*
 * A second opinion on CCSL: specifications as syntax trees, made at random, printed as
 * text for the engine, and judged here over a whole trace straight from the denotations
 * of specs/README.md. Shares no code with monitor/ and keeps no state from one instant to
 * the next: what an instant means is worked out from the instants before it.
 */
#ifndef TESTS_LIB_NAIVE_H
#define TESTS_LIB_NAIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define NAIVE_ITEMS    192
#define NAIVE_EXPRS    768
#define NAIVE_DATA     1536
#define NAIVE_KIDS     24 /* items in a container */
#define NAIVE_INSTANTS 48
#define NAIVE_TICKS    12 /* in an instant */
#define NAIVE_MEMBERS  4  /* of a family, loops in loops taken together */
#define NAIVE_CELLS    4
#define NAIVE_UNITS    256

/* --- data: 64-bit numbers (section 4) --- */
enum data_kind { D_NUM, D_ARG, D_INDEX, D_VAR, D_CONST, D_VALUE, D_UNARY, D_BINARY, D_COND };

struct data {
	enum data_kind kind;
	bool hex; /* how the number is written */
	uint64_t num;
	char arg;            /* D_ARG: its name */
	const char *op;      /* D_UNARY, D_BINARY */
	struct item *item;   /* D_VAR, D_CONST, D_VALUE */
	struct data *at;     /* D_VAR: cell of an array, or member of a family, or NULL */
	struct data *member; /* D_VAR: of a family of arrays, with the cell in at */
	struct data *at2;    /* D_VAR: of loops in loops, the inner one's index */
	struct item *loop;   /* D_INDEX: whose */
	struct item *where;  /* the I_FOR around it, or NULL */
	struct data *kid[3];
};

/* --- clocks (section 3) --- */
enum expr_kind {
	E_REF,
	E_UNION,
	E_INTER,
	E_MINUS,
	E_XOR,
	E_INF,
	E_SUP,
	E_DELAY,   /* kid0 $ num0 */
	E_DEFER,   /* kid0 $ num0 on kid1 */
	E_SAMPLED, /* kid0 sampledOn kid1 */
	E_WEAKLY,
	E_FILTER, /* kid0 filterBy v(w) */
	E_EVERY,  /* every num0 kid0 from num1 upTo num2 */
	E_AWAIT,
	E_UPTO,
	E_ONCE,
	E_ONCEWITH,
	E_THEN,
	E_AGAIN,
	E_KINDS,
};

struct expr {
	enum expr_kind kind;
	unsigned id; /* index into spec->expr, key of what was worked out already */
	unsigned n;
	struct expr *kid[4];
	struct data *num[3];
	char v[12], w[12]; /* E_FILTER */
	/* E_REF: of a family one member (at, at2), the same member (!at), or all; of an event
	 * those ticks whose first argument is at, or all ticks. */
	struct item *item;
	struct data *at;
	struct data *at2;   /* of loops in loops the inner one's, with the outer one's in at */
	struct item *where; /* the I_FOR around it, or NULL */
	bool all;
};

struct alt { /* one alternative of `when` or `on` */
	struct expr *ref;
	struct data *guard; /* may be NULL */
};

struct update {
	unsigned nalts;
	struct alt alt[2];
	struct data *cell, *value;
};

/* --- items (section 2) --- */
enum item_kind {
	I_TOP,
	I_EVENT,
	I_INPUT,
	I_GUARDED,
	I_LET,
	I_CHECK, /* Let of a clock that is there */
	I_CONST,
	I_VALUE,
	I_VAR,
	I_SCOPE,
	I_FOR,
	I_RULE,
	I_NOTE,
	/* relations from here on */
	I_PREC,
	I_ALT,
	I_SUB,
	I_SYNC,
	I_EXCL,
	I_FIRST,
	I_FORBID,
	I_ALLOW,
	I_WITHIN,
	I_REQUIRE,
	I_NEVER,
	I_KINDS,
};

enum within_unit { W_CYCLES, W_EVENTS, W_CLOCK };

struct item {
	enum item_kind kind;
	unsigned id;
	char name[8];
	struct item *parent; /* container as written, I_FOR included */
	struct item *home;   /* the one that its name is local to: scope, rule or top */
	struct item *loop;   /* the I_FOR around it, or NULL */
	bool off;            /* dropped while shrinking */
	unsigned line;       /* set by printing */
	unsigned nkids;
	struct item *kid[NAIVE_KIDS];
	char args[8];        /* I_EVENT: names of one letter */
	uint64_t lo, hi;     /* I_FOR */
	bool brief;          /* I_FOR: written as name[q in lo..hi] */
	unsigned split;      /* I_SCOPE: kids from here on in a second block; 0: one block */
	struct item *target; /* I_CHECK */
	unsigned nalts;      /* I_GUARDED, I_REQUIRE */
	struct alt alt[3];
	struct data *value; /* I_CONST, I_VALUE, I_VAR: initial, I_REQUIRE, I_WITHIN: n */
	unsigned cells;     /* I_VAR: 0: not an array */
	unsigned nupdates;
	struct update update[3];
	/* I_LET, I_CHECK, I_NOTE: op[0]. I_SCOPE: restarts, ends or NULL. I_FORBID, I_ALLOW:
	 * from, to or NULL, then what. I_WITHIN: from, to, unit. Else the operands. */
	unsigned nops;
	struct expr *op[5];
	bool weak[4]; /* of each link */
	struct data *init[4], *max[4];
	bool from, through;
	enum within_unit unit;
	unsigned nneeds;
	struct expr *needs[2]; /* E_REF to rules */
	int level;             /* of a rule, or -1: not written */
};

struct naive_spec {
	uint64_t seed;
	unsigned nitems, nexprs, ndata;
	struct item item[NAIVE_ITEMS]; /* [0] is the file */
	struct expr expr[NAIVE_EXPRS];
	struct data data[NAIVE_DATA];
};

struct naive_tick {
	unsigned event; /* index of the item */
	uint64_t arg[6];
};

struct naive_instant {
	uint64_t cycle;
	unsigned n;
	struct naive_tick tick[NAIVE_TICKS];
};

struct naive_trace {
	unsigned n;
	uint64_t end; /* cycle of the end */
	struct naive_instant at[NAIVE_INSTANTS];
};

/* One constraint, in the words of the text: a rule, or one link of a relation. */
struct naive_unit {
	struct item *item;  /* rule, relation, check, or what holds the xor */
	struct expr * xor ; /* its Exclusion, outside of a rule */
	int q;              /* member, or -1 */
	unsigned link;
	bool broken[NAIVE_INSTANTS + 1]; /* told here; the last is the end of the trace */
	int result;                      /* NAIVE_OK .. */
	bool vague; /* VACUOUS or OK is a matter of how definitions are nested */
};

enum { NAIVE_OK, NAIVE_VIOLATED, NAIVE_PENDING, NAIVE_VACUOUS };

struct naive_verdicts {
	unsigned n;
	struct naive_unit unit[NAIVE_UNITS];
	unsigned notes[NAIVE_INSTANTS][NAIVE_ITEMS]; /* how often an I_NOTE spoke */
};

/* The same seed gives the same spec and the same trace. */
void naive_spec_make(struct naive_spec *spec, uint64_t seed);
void naive_trace_make(struct naive_trace *trace, const struct naive_spec *spec, uint64_t seed);

/* Prints CCSL text and sets the lines of the items. */
void naive_print(struct naive_spec *spec, FILE *out);
void naive_trace_print(const struct naive_spec *spec, const struct naive_trace *trace, FILE *out);

void naive_judge(struct naive_verdicts *out, struct naive_spec *spec,
		 const struct naive_trace *trace);

/*
 * Makes spec and trace smaller as long as fails() says yes. spec and trace stay a failing
 * pair.
 */
void naive_shrink(struct naive_spec *spec, struct naive_trace *trace,
		  bool (*fails)(void *ctx, struct naive_spec *, const struct naive_trace *),
		  void *ctx);

#endif
