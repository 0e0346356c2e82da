/* SPDX-License-Identifier: MIT */
/* Inside the evaluator: for naive_eval*.c and naive_data.c alone. */
#ifndef TESTS_LIB_NAIVE_INTERNAL_H
#define TESTS_LIB_NAIVE_INTERNAL_H

#include "tests/lib/naive_eval.h"

enum { UNKNOWN, NO, YES };            /* in ticks and dead */
enum { NOT_KNOWN = -2 };              /* in lives: the first instant, -1: closed */
enum { MEMBERS = NAIVE_MEMBERS + 1 }; /* and "not in a family" */

struct naive_eval {
	struct naive_spec *spec;
	const struct naive_trace *trace;
	signed char *ticks, *dead; /* [expr][member][lo][i] */
	signed char *lives;        /* [scope][member][i] */
	uint64_t *vars;            /* before each instant */
};

/* What was worked out already, in ticks or dead; without it the recursion would take ages. */
signed char *naive_memo(struct naive_eval *ev, signed char *table, const struct expr *e, int q,
			unsigned lo, unsigned i);

/* The member that ref means, if it is written in member q. */
int naive_member_of(const struct expr *ref, int q);

/* Does this alternative tick because of tick t (NULL: not because of an event)? */
bool naive_alt_by(struct naive_eval *ev, const struct alt *alt, int q, unsigned i,
		  const struct naive_tick *t, const uint64_t *vars);

/* Is e dead from instant i on, i in the same lives as lo, by the ticks before i? */
bool naive_dead(struct naive_eval *ev, struct expr *e, int q, unsigned lo, unsigned i);

/* Fills vars for each instant. */
void naive_vars_run(struct naive_eval *ev);

#endif
