/* SPDX-License-Identifier: MIT */
/* Random specifications and traces. The same seed gives the same ones. */
#include "tests/lib/naive_gen.h"

#include <string.h>

enum { ROOM = 40 }; /* items kept free for what a container must hold */

static struct item *new_item(struct gen *g, enum item_kind kind, const char *prefix)
{
	struct item *item = &g->spec->item[g->spec->nitems];

	memset(item, 0, sizeof(*item));
	item->kind = kind;
	item->id = g->spec->nitems++;
	snprintf(item->name, sizeof(item->name), "%s%u", prefix, item->id);
	item->parent = g->in;
	item->home = g->home;
	item->loop = g->loop;
	item->level = -1;
	if (g->in)
		g->in->kid[g->in->nkids++] = item;
	return item;
}

static bool full(const struct gen *g)
{
	return g->in->nkids + 1 >= NAIVE_KIDS || g->spec->nitems + ROOM > NAIVE_ITEMS;
}

/* --- relations ---------------------------------------------------------------------------- */

static void gen_links(struct gen *g, struct item *item)
{
	item->nops = 2 + gen_chance(g, 25) + gen_chance(g, 10);
	gen_operands(g, item->op, item->nops, item->kind == I_EXCL);
	for (unsigned k = 0; k + 1 < item->nops; k++) {
		unsigned init = gen_upto(g, 3);

		item->weak[k] = gen_chance(g, 50);
		if (item->kind != I_PREC)
			continue;
		if (gen_chance(g, 30))
			item->init[k] = gen_num(g, init);
		else
			init = 0;
		if (gen_chance(g, 40))
			item->max[k] = gen_number(g, init > 1 ? init : 1, 4);
	}
	for (unsigned k = 1; item->kind == I_FIRST && k + 1 < item->nops; k++)
		item->weak[k] = gen_chance(g, 50);
}

static void gen_interval(struct gen *g, struct item *item)
{
	item->nops = 3 + gen_chance(g, 20);
	for (unsigned k = 0; k < item->nops; k++)
		if (k != 1 || gen_chance(g, 75))
			item->op[k] = gen_clock(g, gen_chance(g, 25), k > 1);
	item->from = gen_chance(g, 40);
	item->through = item->op[1] && gen_chance(g, 40);
}

static void gen_within(struct gen *g, struct item *item)
{
	item->unit = (enum within_unit)gen_upto(g, 3);
	item->nops = item->unit == W_CLOCK ? 3 : 2;
	gen_operands(g, item->op, item->nops, false);
	item->value = item->unit == W_CLOCK    ? gen_number(g, 1, 4)
		      : item->unit == W_EVENTS ? gen_number(g, 0, 6)
					       : gen_number(g, 0, 12);
}

void gen_relation(struct gen *g, struct item *item)
{
	switch (item->kind) {
	case I_FORBID:
	case I_ALLOW:
		gen_interval(g, item);
		break;
	case I_WITHIN:
		gen_within(g, item);
		break;
	case I_REQUIRE:
		item->nalts = 1 + gen_chance(g, 30);
		gen_alts(g, item->alt, item->nalts);
		item->value = gen_data(g, 1 + gen_upto(g, 3));
		g->args = NULL;
		g->noindex = false;
		break;
	case I_NEVER:
		item->nops = 1;
		item->op[0] = gen_clock(g, gen_upto(g, 3), false);
		break;
	default:
		gen_links(g, item);
	}
}

static void new_relation(struct gen *g)
{
	static const enum item_kind kinds[] = { I_PREC,    I_PREC,  I_PREC,   I_ALT,    I_SUB,
						I_SYNC,    I_EXCL,  I_FIRST,  I_FIRST,  I_FORBID,
						I_FORBID,  I_ALLOW, I_WITHIN, I_WITHIN, I_REQUIRE,
						I_REQUIRE, I_NEVER };

	gen_relation(g, new_item(g, kinds[gen_upto(g, sizeof(kinds) / sizeof(*kinds))], "r"));
}

/* --- clocks and variables ------------------------------------------------------------------ */

/* A name can be used only by what is made after it, so nothing is defined by itself. */
static void new_let(struct gen *g)
{
	struct expr *e = gen_clock(g, 1 + gen_upto(g, 3), false);
	struct item *item = new_item(g, I_LET, "u");

	item->nops = 1;
	item->op[0] = e;
}

static void new_guarded(struct gen *g)
{
	struct alt alt[3] = { { 0 } };
	unsigned n = 1 + gen_chance(g, 40) + gen_chance(g, 15);
	struct item *item;

	gen_alts(g, alt, n);
	g->args = NULL;
	g->noindex = false;
	item = new_item(g, I_GUARDED, "c");
	item->nalts = n;
	memcpy(item->alt, alt, sizeof(alt));
}

static void new_var(struct gen *g)
{
	struct item *item = new_item(g, I_VAR, "v");

	if (!(g->in->kind == I_FOR && g->in->brief) && !(g->loop && g->loop->loop) &&
	    gen_chance(g, 25))
		item->cells = 1 + gen_upto(g, NAIVE_CELLS);
	item->value = gen_number(g, 0, 5);
	item->nupdates = 1 + gen_chance(g, 50) + gen_chance(g, 20);
	for (unsigned k = 0; k < item->nupdates; k++) {
		struct update *up = &item->update[k];

		up->nalts = 1 + gen_chance(g, 25);
		gen_alts(g, up->alt, up->nalts);
		if (item->cells)
			up->cell = gen_data(g, gen_upto(g, 2));
		up->value = gen_data(g, gen_upto(g, 3));
	}
	g->args = NULL;
	g->noindex = false;
}

static void new_check(struct gen *g)
{
	struct item *target = g->in->nkids ? g->in->kid[gen_upto(g, g->in->nkids)] : NULL;
	struct item *item;

	if (!target || (target->kind != I_EVENT && target->kind != I_INPUT &&
			target->kind != I_LET && target->kind != I_GUARDED))
		return;
	item = new_item(g, I_CHECK, "k");
	item->target = target;
	item->nops = 1;
	item->op[0] = gen_clock(g, 1 + gen_upto(g, 2), false);
}

static void new_note(struct gen *g)
{
	struct item *item;
	struct expr *e;

	g->noxor = true;
	e = gen_clock(g, gen_chance(g, 30), false);
	g->noxor = false;
	item = new_item(g, I_NOTE, "n");
	item->nops = 1;
	item->op[0] = e;
}

/* --- containers ----------------------------------------------------------------------------- */

static void gen_body(struct gen *g, unsigned n, unsigned depth);

static void new_scope(struct gen *g, unsigned n, unsigned depth)
{
	struct gen outer = *g;
	struct item *item;
	struct expr *op[2] = { NULL, NULL };

	g->noxor = true;
	for (unsigned k = 0; k < (gen_chance(g, 50) ? 2u : 1u); k++)
		op[k] = gen_clock(g, gen_chance(g, 20), false);
	g->noxor = false;
	item = new_item(g, I_SCOPE, "s");
	item->nops = 2;
	memcpy(item->op, op, sizeof(op));
	g->in = g->home = item;
	gen_body(g, n, depth + 1);
	if (!(item->parent->kind == I_FOR && item->parent->brief) && item->nkids > 1 &&
	    gen_chance(g, 20))
		item->split = 1 + gen_upto(g, item->nkids - 1);
	outer.rng = g->rng;
	*g = outer;
}

static bool is_rule(const struct item *item)
{
	return item->kind == I_RULE;
}

static void gen_needs(struct gen *g, struct item *rule)
{
	for (unsigned k = 0; k < g->spec->nitems && rule->nneeds < 2; k++) {
		struct item *item = &g->spec->item[k];
		struct expr *e;

		if (!is_rule(item) || item == rule || !gen_sees(g, item) || !gen_chance(g, 30) ||
		    g->spec->nexprs + 2 > NAIVE_EXPRS)
			continue;
		e = &g->spec->expr[g->spec->nexprs];
		*e = (struct expr){ .id = g->spec->nexprs++, .item = item, .where = g->loop };
		if (!gen_inside(g, item->loop))
			gen_member(g, item->loop, &e->at, &e->at2);
		rule->needs[rule->nneeds++] = e;
	}
}

static void new_rule(struct gen *g)
{
	struct item *item = new_item(g, I_RULE, "R");
	struct gen outer = *g;
	unsigned n = 1 + gen_chance(g, 40) + gen_chance(g, 15);

	item->level = (int)gen_upto(g, 6) - 2;
	if (item->level < -1)
		item->level = -1;
	gen_needs(g, item);
	g->in = g->home = item;
	while (gen_chance(g, 30) && !full(g)) {
		if (gen_chance(g, 40))
			new_let(g);
		else if (gen_chance(g, 50))
			new_guarded(g);
		else
			new_var(g);
	}
	for (unsigned k = 0; k < n; k++)
		new_relation(g);
	outer.rng = g->rng;
	*g = outer;
}

static void new_loop(struct gen *g, unsigned n, unsigned depth)
{
	struct item *item = new_item(g, I_FOR, "f");
	struct gen outer = *g;

	item->lo = gen_chance(g, 25);
	if (g->loop) /* both together have no more than NAIVE_MEMBERS */
		item->hi = item->lo +
			   gen_upto(g, NAIVE_MEMBERS / (unsigned)(g->loop->hi - g->loop->lo + 1));
	else
		item->hi = item->lo + gen_upto(g, NAIVE_MEMBERS - 1);
	item->brief = gen_chance(g, 60);
	g->in = g->loop = item;
	if (!item->brief) {
		gen_body(g, n, depth + 1);
	} else {
		switch (gen_upto(g, 5)) {
		case 0:
			new_let(g);
			break;
		case 1:
			new_guarded(g);
			break;
		case 2:
			new_var(g);
			break;
		case 3:
			new_scope(g, n, depth);
			break;
		default:
			new_rule(g);
		}
	}
	outer.rng = g->rng;
	*g = outer;
}

static void gen_one(struct gen *g, unsigned n, unsigned depth)
{
	unsigned roll = gen_upto(g, 100);
	unsigned fewer = 2 + gen_upto(g, n > 2 ? n - 1 : 1);

	if (roll < 18)
		new_guarded(g);
	else if (roll < 34)
		new_let(g);
	else if (roll < 43)
		new_var(g);
	else if (roll < 66)
		new_relation(g);
	else if (roll < 78)
		new_rule(g);
	else if (roll < 88 && depth < 3)
		new_scope(g, fewer, depth);
	else if (roll < 93 && !(g->loop && g->loop->loop) && depth < 3)
		new_loop(g, fewer, depth);
	else if (roll < 96)
		new_note(g);
	else
		new_check(g);
}

static void gen_body(struct gen *g, unsigned n, unsigned depth)
{
	for (unsigned k = 0; k < n && !full(g); k++)
		gen_one(g, n, depth);
}

/* Items may come in any order; only a check comes after what it checks. */
static void shuffle(struct gen *g, struct item *item)
{
	unsigned n = 0;
	struct item *late[NAIVE_KIDS];
	unsigned nlate = 0;

	for (unsigned k = 0; k < item->nkids; k++)
		shuffle(g, item->kid[k]);
	for (unsigned k = item->nkids; k > 1; k--) {
		unsigned j = gen_upto(g, k);
		struct item *t = item->kid[k - 1];

		item->kid[k - 1] = item->kid[j];
		item->kid[j] = t;
	}
	for (unsigned k = 0; k < item->nkids; k++)
		if (item->kid[k]->kind == I_CHECK)
			late[nlate++] = item->kid[k];
		else
			item->kid[n++] = item->kid[k];
	for (unsigned k = 0; k < nlate; k++)
		item->kid[n++] = late[k];
}

static void gen_inputs(struct gen *g)
{
	static const char *const args[] = { "x", "xy", "qx", "yxq" };
	unsigned n = 3 + gen_upto(g, 2), m = 1 + gen_upto(g, 3);

	for (unsigned k = 0; k < n; k++)
		new_item(g, I_INPUT, "a");
	for (unsigned k = 0; k < m; k++)
		strcpy(new_item(g, I_EVENT, "e")->args, args[gen_upto(g, 4)]);
	for (unsigned k = gen_upto(g, 3); k; k--)
		new_item(g, I_CONST, "K")->value = gen_num(g, 1 + gen_upto(g, 4));
	if (gen_chance(g, 40)) {
		struct data *d;

		g->args = "x";
		d = gen_data(g, 2);
		g->args = NULL;
		new_item(g, I_VALUE, "V")->value = d;
	}
}

void naive_spec_make(struct naive_spec *spec, uint64_t seed)
{
	struct gen g = { .spec = spec, .rng = seed * 2 + 1 };

	memset(spec, 0, sizeof(*spec));
	spec->seed = seed;
	g.in = g.home = new_item(&g, I_TOP, "");
	g.in->home = NULL;
	gen_inputs(&g);
	gen_body(&g, 2 + gen_upto(&g, 9), 0);
	new_relation(&g);
	if (gen_chance(&g, 60))
		shuffle(&g, g.in);
}

void naive_trace_make(struct naive_trace *trace, const struct naive_spec *spec, uint64_t seed)
{
	struct gen g = { .rng = seed * 2 + 2 };
	unsigned event[NAIVE_ITEMS], weight[NAIVE_ITEMS], n = 0, total = 0;
	uint64_t cycle = gen_upto(&g, 3);
	unsigned busy = gen_chance(&g, 10) ? NAIVE_TICKS : 1 + gen_upto(&g, 4),
		 pace = 1 + gen_upto(&g, 6);

	for (unsigned k = 0; k < spec->nitems; k++)
		if (spec->item[k].kind == I_EVENT || spec->item[k].kind == I_INPUT) {
			event[n] = k;
			weight[n] = 1 + gen_upto(&g, 4);
			total += weight[n++];
		}
	memset(trace, 0, sizeof(*trace));
	trace->n = 3 + gen_upto(&g, NAIVE_INSTANTS - 8);
	for (unsigned i = 0; i < trace->n; i++) {
		struct naive_instant *now = &trace->at[i];

		cycle += gen_upto(&g, pace) + (gen_chance(&g, 5) ? 10 : 0);
		now->cycle = cycle;
		now->n = gen_chance(&g, 4) ? 0 : 1 + gen_upto(&g, busy);
		for (unsigned t = 0; t < now->n; t++) {
			unsigned w = gen_upto(&g, total), k = 0;

			while (w >= weight[k])
				w -= weight[k++];
			now->tick[t].event = event[k];
			for (unsigned a = 0; spec->item[event[k]].args[a]; a++)
				now->tick[t].arg[a] =
					gen_chance(&g, 3)
						? naive_random(&g.rng)
						: gen_upto(&g, gen_chance(&g, 70) ? 3 : 8);
		}
	}
	trace->end = cycle + (gen_chance(&g, 50) ? 0 : gen_upto(&g, 20));
}
