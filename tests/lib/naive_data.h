/* SPDX-License-Identifier: MIT */
/* Data of section 4: what expressions are worth, and where variables are kept. */
#ifndef TESTS_LIB_NAIVE_DATA_H
#define TESTS_LIB_NAIVE_DATA_H

#include "tests/lib/naive_eval.h"

#include <stddef.h>

size_t naive_vars_size(const struct naive_eval *ev);
uint64_t *naive_vars(struct naive_eval *ev, unsigned i);

/* t: the tick whose arguments are read, or NULL. */
uint64_t naive_data(struct naive_eval *ev, const struct data *d, int q, const struct naive_tick *t,
		    const uint64_t *vars);
void naive_var_init(struct naive_eval *ev, const struct item *var, int q, uint64_t *vars);
/* Evaluates in vars, writes to next. */
void naive_var_set(struct naive_eval *ev, const struct update *up, const struct item *var, int q,
		   const struct naive_tick *t, const uint64_t *vars, uint64_t *next);

#endif
