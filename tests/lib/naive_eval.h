/* SPDX-License-Identifier: MIT */
/*
 * When clocks tick, when they are dead, what variables hold, where segments begin: the
 * denotations of sections 3, 4 and 7, each a function of the trace alone.
 */
#ifndef TESTS_LIB_NAIVE_EVAL_H
#define TESTS_LIB_NAIVE_EVAL_H

#include "tests/lib/naive.h"

struct naive_eval;

/*
 * Members of what is in a loop, from 0 on: -1 where there is no loop, the index in a loop alone,
 * and in a loop in a loop both indices in one number. The k-th of them; -2: no more.
 */
int naive_member(const struct item *loop, unsigned k);
/* The index of the loop `of` in member q of what is in `loop`, which is `of` or in it. */
int naive_index(const struct item *loop, int q, const struct item *of);
/* The member of what is in the loop `of`, or in none, that is around member q of `loop`. */
int naive_around(const struct item *loop, int q, const struct item *of);
/* The member that a reference of member q to `item` means. */
int naive_meant(const struct item *item, const struct item *where, const struct data *at,
		const struct data *at2, int q);

struct naive_eval *naive_eval_new(struct naive_spec *spec, const struct naive_trace *trace);
void naive_eval_free(struct naive_eval *ev);

/* Operand k of a list in which name[*] stands for all members; e NULL: no more. */
struct operand {
	struct expr *e;
	int member; /* of a name[*], else -1 */
};
struct operand naive_operand(struct expr *const *list, unsigned n, unsigned k);

/* Does e tick at instant i, if it is written in member q and began at instant lo? */
bool naive_ticks(struct naive_eval *ev, struct expr *e, int q, unsigned lo, unsigned i);
bool naive_operand_ticks(struct naive_eval *ev, struct operand op, int q, unsigned lo, unsigned i);
/* Ticks in from .. to - 1. */
unsigned naive_count(struct naive_eval *ev, struct expr *e, int q, unsigned lo, unsigned from,
		     unsigned to);
bool naive_item_ticks(struct naive_eval *ev, struct item *item, int q, unsigned i);

/* The first instant of the segment of an item's scope that i belongs to; -1: closed. */
int naive_life(struct naive_eval *ev, struct item *item, int q, unsigned i);

/* A number as a spec writes it: constants and indices only. */
uint64_t naive_number(const struct data *d, int q);

/* Is there a tick with guards of alternatives that makes p 0? *seen: a tick with guards. */
bool naive_require(struct naive_eval *ev, struct item *item, int q, unsigned i, bool *seen);

#endif
