/* SPDX-License-Identifier: MIT */
/* Inside the generator: where an item is made, and what may be named there. */
#ifndef TESTS_LIB_NAIVE_GEN_H
#define TESTS_LIB_NAIVE_GEN_H

#include "tests/lib/naive.h"

struct gen {
	struct naive_spec *spec;
	uint64_t rng;
	struct item *in;   /* container */
	struct item *home; /* the scope, rule or file around it */
	struct item *loop; /* the For around it */
	const char *args;  /* names of the arguments that can be read, or NULL */
	bool noindex;      /* an argument hides q, the index of an outer loop */
	bool noxor;        /* where nothing says whose constraint its Exclusion were */
};

uint64_t naive_random(uint64_t *rng);
unsigned gen_upto(struct gen *g, unsigned n); /* 0 .. n - 1 */
bool gen_chance(struct gen *g, unsigned percent);

/* Is what is made around g in this loop? NULL: always. */
bool gen_inside(const struct gen *g, const struct item *loop);
/* Can item be named at g? */
bool gen_sees(const struct gen *g, const struct item *item);

struct expr *gen_ref(struct gen *g, bool list);
struct expr *gen_clock(struct gen *g, unsigned depth, bool list);
/* n operands that are not the same clock twice. */
void gen_operands(struct gen *g, struct expr **op, unsigned n, bool list);
/* A number from lo to hi, in whichever way a spec can write it. */
struct data *gen_number(struct gen *g, unsigned lo, unsigned hi);
struct data *gen_data(struct gen *g, unsigned depth);
struct data *gen_num(struct gen *g, uint64_t n);
/* Alternatives; afterwards g->args says what can be read after them. */
void gen_alts(struct gen *g, struct alt *alt, unsigned n);

/* Some member of what is in the loop: its index in *at, or both of them with *at2. */
void gen_member(struct gen *g, const struct item *loop, struct data **at, struct data **at2);

void gen_relation(struct gen *g, struct item *item);

#endif
