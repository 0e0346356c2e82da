/* SPDX-License-Identifier: MIT */
/* A failing pair made small: whatever can go without the difference going is left out. */
#include "tests/lib/naive.h"

#include <stdlib.h>
#include <string.h>

struct shrink {
	struct naive_spec *spec, *saved; /* all pointers of a spec stay inside of it */
	struct naive_trace *trace, *saved_trace;
	bool (*fails)(void *ctx, struct naive_spec *, const struct naive_trace *);
	void *ctx;
	unsigned tries;
	bool progress;
};

static void save(struct shrink *s)
{
	memcpy(s->saved, s->spec, sizeof(*s->spec));
	memcpy(s->saved_trace, s->trace, sizeof(*s->trace));
}

/* Keeps what was changed since save() if the pair still fails. */
static bool keep(struct shrink *s)
{
	if (s->tries && (s->tries--, s->fails(s->ctx, s->spec, s->trace))) {
		s->progress = true;
		return true;
	}
	memcpy(s->spec, s->saved, sizeof(*s->spec));
	memcpy(s->trace, s->saved_trace, sizeof(*s->trace));
	return false;
}

static void drop_instants(struct shrink *s)
{
	for (unsigned size = s->trace->n / 2; size; size /= 2)
		for (unsigned i = 0; i + size <= s->trace->n && s->trace->n > size;) {
			save(s);
			s->trace->n -= size;
			memmove(&s->trace->at[i], &s->trace->at[i + size],
				(s->trace->n - i) * sizeof(*s->trace->at));
			if (!keep(s))
				i += size;
		}
	for (unsigned i = 0; i < s->trace->n; i++) {
		struct naive_instant *now = &s->trace->at[i];

		for (unsigned t = 0; t < now->n;) {
			save(s);
			now->n--;
			memmove(&now->tick[t], &now->tick[t + 1],
				(now->n - t) * sizeof(*now->tick));
			if (!keep(s))
				t++;
		}
	}
}

static void drop_items(struct shrink *s)
{
	for (unsigned k = s->spec->nitems; k-- > 1;) {
		if (s->spec->item[k].off)
			continue;
		save(s);
		s->spec->item[k].off = true;
		keep(s);
	}
}

static void drop_alts(struct shrink *s, struct alt *alt, unsigned *n)
{
	while (*n > 1) {
		save(s);
		--*n;
		if (!keep(s))
			break;
	}
	for (unsigned k = 0; k < *n; k++) {
		if (!alt[k].guard)
			continue;
		save(s);
		alt[k].guard = NULL;
		keep(s);
	}
}

static void trim(struct shrink *s, unsigned *n, unsigned least)
{
	while (*n > least) {
		save(s);
		--*n;
		if (!keep(s))
			return;
	}
}

static void forget(struct shrink *s, void *pointer)
{
	void *null = NULL;

	if (!memcmp(pointer, &null, sizeof(null)))
		return;
	save(s);
	memcpy(pointer, &null, sizeof(null));
	keep(s);
}

static void drop_details(struct shrink *s, struct item *item)
{
	drop_alts(s, item->alt, &item->nalts);
	trim(s, &item->nupdates, 1);
	for (unsigned k = 0; k < item->nupdates; k++)
		drop_alts(s, item->update[k].alt, &item->update[k].nalts);
	trim(s, &item->nneeds, 0);
	for (unsigned k = 0; k < 4; k++) {
		forget(s, &item->init[k]);
		forget(s, &item->max[k]);
	}
	if (item->kind == I_SCOPE || item->kind == I_FORBID || item->kind == I_ALLOW)
		forget(s, &item->op[1]);
	else if (item->kind != I_WITHIN && item->nops > 2)
		trim(s, &item->nops, 2);
	if (item->kind == I_FOR && item->hi > item->lo) {
		save(s);
		item->hi = item->lo;
		keep(s);
	}
}

static void hoist_clocks(struct shrink *s)
{
	for (unsigned k = 0; k < s->spec->nexprs; k++) {
		struct expr *e = &s->spec->expr[k];

		for (unsigned j = 0; j < e->n; j++) {
			save(s);
			*e = *e->kid[j];
			if (keep(s))
				j = 0;
		}
		if (e->n > 2)
			trim(s, &e->n, 2);
		for (unsigned j = 1; j < 3; j++)
			forget(s, &e->num[j]);
	}
}

static void hoist_data(struct shrink *s)
{
	for (unsigned k = 0; k < s->spec->ndata; k++) {
		struct data *d = &s->spec->data[k];

		for (unsigned j = 0; j < 3; j++) {
			if (!d->kid[j])
				continue;
			save(s);
			*d = *d->kid[j];
			if (keep(s))
				j = 0;
		}
		if (d->kind != D_NUM) {
			save(s);
			*d = (struct data){ .kind = D_NUM, .num = 1 };
			keep(s);
		}
	}
}

void naive_shrink(struct naive_spec *spec, struct naive_trace *trace,
		  bool (*fails)(void *ctx, struct naive_spec *, const struct naive_trace *),
		  void *ctx)
{
	struct shrink s = { .spec = spec, .trace = trace, .fails = fails, .ctx = ctx };

	s.tries = 6000;
	s.saved = malloc(sizeof(*s.saved));
	s.saved_trace = malloc(sizeof(*s.saved_trace));
	do {
		s.progress = false;
		drop_instants(&s);
		drop_items(&s);
		for (unsigned k = 1; k < spec->nitems; k++)
			if (!spec->item[k].off)
				drop_details(&s, &spec->item[k]);
		hoist_clocks(&s);
		hoist_data(&s);
	} while (s.progress && s.tries);
	free(s.saved);
	free(s.saved_trace);
}
