/* SPDX-License-Identifier: MIT */
/* What variables hold before each instant. */
#include "tests/lib/naive_internal.h"

#include "tests/lib/naive_data.h"

#include <stdlib.h>
#include <string.h>

/* All updates of one tick (NULL: of the clocks that are no events), then all values. */
static void update(struct naive_eval *ev, unsigned i, const struct naive_tick *t, uint64_t *vars)
{
	size_t size = naive_vars_size(ev);
	uint64_t *next = malloc(size);

	memcpy(next, vars, size);
	for (unsigned v = 0; v < ev->spec->nitems; v++) {
		struct item *item = &ev->spec->item[v];
		int q;

		for (unsigned m = 0;
		     item->kind == I_VAR && !item->off && (q = naive_member(item->loop, m)) >= -1;
		     m++) {
			if (naive_life(ev, item, q, i) < 0)
				continue;
			for (unsigned u = 0; u < item->nupdates; u++) {
				struct update *up = &item->update[u];
				bool by = false;

				for (unsigned k = 0; k < up->nalts; k++)
					by |= naive_alt_by(ev, &up->alt[k], q, i, t, vars);
				if (by)
					naive_var_set(ev, up, item, q, t, vars, next);
			}
		}
	}
	memcpy(vars, next, size);
	free(next);
}

void naive_vars_run(struct naive_eval *ev)
{
	for (unsigned i = 0; i < ev->trace->n; i++) {
		uint64_t *vars = naive_vars(ev, i), *next = naive_vars(ev, i + 1);

		for (unsigned v = 0; v < ev->spec->nitems; v++) {
			struct item *item = &ev->spec->item[v];
			int q;

			/* Outer scopes come first, so that what this asks for is known. */
			for (unsigned m = 0; item->kind == I_VAR && !item->off &&
					     (q = naive_member(item->loop, m)) >= -1;
			     m++)
				if (!i || naive_life(ev, item, q, i) == (int)i)
					naive_var_init(ev, item, q, vars);
		}
		memcpy(next, vars, naive_vars_size(ev));
		for (unsigned t = 0; t < ev->trace->at[i].n; t++)
			update(ev, i, &ev->trace->at[i].tick[t], next);
		update(ev, i, NULL, next);
	}
}
