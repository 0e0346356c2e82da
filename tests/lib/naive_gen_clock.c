/* SPDX-License-Identifier: MIT */
/* Random clocks, numbers, data and alternatives. */
#include "tests/lib/naive_eval.h"
#include "tests/lib/naive_gen.h"

#include <string.h>

uint64_t naive_random(uint64_t *rng) /* splitmix64 */
{
	uint64_t z = *rng += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

unsigned gen_upto(struct gen *g, unsigned n)
{
	return (unsigned)(naive_random(&g->rng) % n);
}

bool gen_chance(struct gen *g, unsigned percent)
{
	return gen_upto(g, 100) < percent;
}

static struct data *new_data(struct gen *g, enum data_kind kind)
{
	struct data *d = &g->spec->data[g->spec->ndata];

	if (g->spec->ndata + 1 < NAIVE_DATA)
		g->spec->ndata++;
	memset(d, 0, sizeof(*d));
	d->kind = kind;
	d->where = g->loop;
	return d;
}

static struct expr *new_expr(struct gen *g, enum expr_kind kind)
{
	struct expr *e = &g->spec->expr[g->spec->nexprs];

	if (g->spec->nexprs + 1 < NAIVE_EXPRS)
		g->spec->nexprs++;
	memset(e, 0, sizeof(*e));
	e->kind = kind;
	e->where = g->loop;
	e->id = (unsigned)(e - g->spec->expr);
	return e;
}

/* Near the end of the arrays only leaves are made. */
static bool full(const struct gen *g)
{
	return g->spec->nexprs + 120 > NAIVE_EXPRS || g->spec->ndata + 240 > NAIVE_DATA;
}

struct data *gen_num(struct gen *g, uint64_t n)
{
	struct data *d = new_data(g, D_NUM);

	d->num = n;
	d->hex = gen_chance(g, 15);
	return d;
}

/* --- names -------------------------------------------------------------------------------- */

static bool is_clock(const struct item *item)
{
	return item->kind == I_EVENT || item->kind == I_INPUT || item->kind == I_GUARDED ||
	       item->kind == I_LET;
}

static bool visible(const struct gen *g, const struct item *item)
{
	const struct item *h = g->home;

	while (h && h != item->home)
		h = h->home;
	return h;
}

/* Are the loops right inside of what the name is local to, so that members can be told? */
static bool has_members(const struct item *item)
{
	const struct item *loop = item->loop;

	return loop && loop->home == item->home && (!loop->loop || loop->loop->home == item->home);
}

bool gen_inside(const struct gen *g, const struct item *loop)
{
	return !loop || loop == g->loop || (g->loop && loop == g->loop->loop);
}

bool gen_sees(const struct gen *g, const struct item *item)
{
	return visible(g, item) && (gen_inside(g, item->loop) || has_members(item));
}

/* The index of one of the loops around. */
static struct data *new_index(struct gen *g)
{
	struct data *d = new_data(g, D_INDEX);
	bool inner = g->noindex || gen_chance(g, 50);

	d->loop = inner || !g->loop->loop ? g->loop : g->loop->loop;
	return d;
}

static struct data *one_of(struct gen *g, const struct item *loop)
{
	struct data *d = g->loop && gen_chance(g, 60) ? new_index(g) : NULL;

	if (d && loop->lo <= d->loop->lo && d->loop->hi <= loop->hi)
		return d;
	d = gen_num(g, loop->lo + gen_upto(g, (unsigned)(loop->hi - loop->lo) + 1));
	d->hex = false;
	return d;
}

void gen_member(struct gen *g, const struct item *loop, struct data **at, struct data **at2)
{
	*at = one_of(g, loop->loop ? loop->loop : loop);
	if (loop->loop)
		*at2 = one_of(g, loop);
}

static void point_at(struct gen *g, struct expr *e, struct item *item, bool list)
{
	e->item = item;
	if (item->kind == I_EVENT && item->args[0] && gen_chance(g, 25))
		e->at = g->loop && gen_chance(g, 60) ? new_index(g) : gen_num(g, gen_upto(g, 4));
	if (!item->loop)
		return;
	if (list && !item->loop->loop && has_members(item) && gen_chance(g, 40))
		e->all = true;
	else if (!gen_inside(g, item->loop) || (has_members(item) && gen_chance(g, 20)))
		gen_member(g, item->loop, &e->at, &e->at2);
}

/* Can it die? Only then may something follow it. */
static bool mortal(const struct expr *e)
{
	unsigned n = 0;

	for (unsigned k = 0; k < e->n; k++)
		n += mortal(e->kid[k]);
	switch (e->kind) {
	case E_REF:
		return e->item->kind == I_LET && !e->all && mortal(e->item->op[0]);
	case E_UNION:
	case E_XOR:
	case E_INF:
		return n == e->n;
	case E_SUP:
	case E_AGAIN:
		return false;
	case E_MINUS:
	case E_DELAY:
	case E_FILTER:
		return mortal(e->kid[0]);
	case E_EVERY:
		return e->num[2] || n;
	case E_THEN:
		return mortal(e->kid[1]);
	case E_INTER:
	case E_DEFER:
	case E_SAMPLED:
	case E_WEAKLY:
		return n > 0;
	default:
		return true;
	}
}

static struct item *pick(struct gen *g, bool (*want)(const struct item *))
{
	struct item *found[NAIVE_ITEMS];
	unsigned n = 0;

	for (unsigned k = 0; k < g->spec->nitems; k++)
		if (want(&g->spec->item[k]) && gen_sees(g, &g->spec->item[k]))
			found[n++] = &g->spec->item[k];
	/* What was made last is close by. */
	if (n > 6 && gen_chance(g, 40))
		return found[n - 1 - gen_upto(g, 6)];
	return n ? found[gen_upto(g, n)] : NULL;
}

struct expr *gen_ref(struct gen *g, bool list)
{
	struct expr *e = new_expr(g, E_REF);

	point_at(g, e, pick(g, is_clock), list);
	return e;
}

static bool dies(const struct item *item)
{
	return item->kind == I_LET && mortal(item->op[0]);
}

void gen_operands(struct gen *g, struct expr **op, unsigned n, bool list)
{
	for (unsigned k = 0; k < n; k++) {
		unsigned nexprs = g->spec->nexprs, ndata = g->spec->ndata;
		bool again;

		do {
			g->spec->nexprs = nexprs;
			g->spec->ndata = ndata;
			op[k] = gen_clock(g, gen_chance(g, 25), list);
			again = false;
			for (unsigned j = 0; j < k; j++)
				again |= op[k]->kind == E_REF && op[j]->kind == E_REF &&
					 op[k]->item == op[j]->item;
		} while (again);
	}
}

/* --- clocks ------------------------------------------------------------------------------- */

static void gen_word(struct gen *g, char *word, unsigned n)
{
	for (unsigned k = 0; k < n; k++)
		word[k] = gen_chance(g, 60) ? '1' : '0';
	word[n] = 0;
}

static void gen_numbers(struct gen *g, struct expr *e)
{
	switch (e->kind) {
	case E_DELAY:
		e->num[0] = gen_number(g, 0, 3);
		break;
	case E_DEFER:
		e->num[0] = gen_number(g, 1, 4);
		break;
	case E_AWAIT:
		e->num[0] = gen_number(g, 1, 4);
		break;
	case E_EVERY:
		e->num[0] = gen_number(g, 1, 4);
		e->num[1] = gen_chance(g, 50) ? gen_number(g, 0, 3) : NULL;
		e->num[2] = gen_chance(g, 40) ? gen_number(g, e->num[1] ? 3 : 0, 6) : NULL;
		break;
	case E_FILTER:
		gen_word(g, e->w, gen_upto(g, 5));
		gen_word(g, e->v, 1 + gen_upto(g, 6));
		break;
	default:
		break;
	}
}

static unsigned arity(struct gen *g, enum expr_kind kind)
{
	switch (kind) {
	case E_UNION:
	case E_INTER:
	case E_MINUS:
	case E_XOR:
	case E_INF:
	case E_SUP:
		return 2 + gen_chance(g, 25) + gen_chance(g, 10);
	case E_DELAY:
	case E_FILTER:
	case E_EVERY:
	case E_AWAIT:
	case E_AGAIN:
		return 1;
	default:
		return 2;
	}
}

struct expr *gen_clock(struct gen *g, unsigned depth, bool list)
{
	static const enum expr_kind often[] = { E_UNION, E_UNION, E_INTER, E_MINUS };
	bool noxor = g->noxor;
	struct expr *e;

	if (!depth || full(g) || gen_chance(g, 10))
		return gen_ref(g, list);
	e = new_expr(g, gen_chance(g, 20) ? often[gen_upto(g, 4)]
					  : (enum expr_kind)(1 + gen_upto(g, E_KINDS - 1)));
	if (e->kind == E_XOR && g->noxor)
		e->kind = E_UNION;
	if (e->kind == E_THEN || e->kind == E_AGAIN)
		g->noxor = true;
	e->n = arity(g, e->kind);
	if (e->kind == E_XOR) {
		gen_operands(g, e->kid, e->n, true);
	} else {
		for (unsigned k = 0; k < e->n; k++) {
			bool many = e->kind <= E_SUP && !(e->kind == E_MINUS && !k);

			/* Only what dies makes way for something else. */
			e->kid[k] = gen_clock(g, depth - (depth > 1 || !gen_chance(g, 30)), many);
		}
	}
	if ((e->kind == E_THEN || e->kind == E_AGAIN) && !mortal(e->kid[0])) {
		struct expr *one = new_expr(g, E_AWAIT);

		one->n = 1;
		one->kid[0] = e->kid[0];
		gen_numbers(g, one);
		e->kid[0] = one;
	}
	if (e->kind == E_THEN && gen_chance(g, 30)) {
		struct item *item = pick(g, dies);

		if (item) {
			e->kid[0] = new_expr(g, E_REF);
			point_at(g, e->kid[0], item, false);
		}
	}
	gen_numbers(g, e);
	g->noxor = noxor;
	return e;
}

/* --- numbers and data ------------------------------------------------------------------- */

static bool is_const(const struct item *item)
{
	return item->kind == I_CONST;
}

static bool fits(const struct gen *g, const struct data *d, unsigned lo, unsigned hi)
{
	int q;

	for (unsigned k = 0; (q = naive_member(g->loop, k)) >= -1; k++)
		if (naive_number(d, q) < lo || naive_number(d, q) > hi)
			return false;
	return true;
}

struct data *gen_number(struct gen *g, unsigned lo, unsigned hi)
{
	struct data *d = NULL;

	if (!full(g) && gen_chance(g, 15)) {
		struct item *item = pick(g, is_const);

		if (item) {
			d = new_data(g, D_CONST);
			d->item = item;
		}
	} else if (!full(g) && gen_chance(g, 15)) {
		d = new_data(g, D_BINARY);
		d->op = gen_chance(g, 50) ? "+" : "*";
		d->kid[0] = g->loop ? new_index(g) : gen_num(g, gen_upto(g, 3));
		d->kid[1] = gen_num(g, gen_upto(g, 3));
	}
	if (d && fits(g, d, lo, hi))
		return d;
	return gen_num(g, lo + gen_upto(g, hi - lo + 1));
}

static bool is_data(const struct item *item)
{
	return item->kind == I_CONST || item->kind == I_VALUE || item->kind == I_VAR;
}

/* A name for data, or NULL if it makes no sense here. */
static struct data *gen_named(struct gen *g)
{
	struct item *item = pick(g, is_data);
	struct data *d;

	if (!item || (item->kind == I_VALUE && (!g->args || !strchr(g->args, 'x'))))
		return NULL;
	if (item->cells && item->loop && gen_inside(g, item->loop) && g->noindex)
		return NULL; /* which of q is meant? */
	d = new_data(g, item->kind == I_VAR ? D_VAR : item->kind == I_CONST ? D_CONST : D_VALUE);
	d->item = item;
	if (item->cells)
		d->at = gen_data(g, 0);
	if (item->cells && item->loop && gen_inside(g, item->loop)) {
		d->member = new_data(g, D_INDEX);
		d->member->loop = item->loop;
	} else if (item->cells && item->loop) {
		d->member = gen_num(g, item->loop->lo);
	} else if (!gen_inside(g, item->loop)) {
		d->at = gen_num(g, item->loop->loop ? item->loop->loop->lo : item->loop->lo);
		d->at2 = item->loop->loop ? gen_num(g, item->loop->lo) : NULL;
	}
	return d;
}

static struct data *gen_leaf(struct gen *g)
{
	static const uint64_t odd[] = { 64, 63, 8, 0xff, 1ull << 63, ~0ull, 1ull << 32 };
	struct data *d = NULL;

	if (!full(g) && g->args && g->args[0] && gen_chance(g, 45)) {
		char arg = g->args[gen_upto(g, (unsigned)strlen(g->args))];

		if (arg == 'q' && g->loop) /* refused: argument or index? */
			return gen_num(g, 1);
		d = new_data(g, D_ARG);
		d->arg = arg;
	} else if (!full(g) && gen_chance(g, 60)) {
		d = gen_named(g);
	} else if (g->loop && (!g->noindex || g->loop->loop) && gen_chance(g, 50)) {
		d = new_index(g);
	}
	if (d)
		return d;
	return gen_num(g, gen_chance(g, 10) ? odd[gen_upto(g, 7)] : gen_upto(g, 6));
}

struct data *gen_data(struct gen *g, unsigned depth)
{
	static const char *const ops[] = { "||", "&&", "|",  "^",  "&",  "==", "!=", "<", "<=",
					   ">",  ">=", "<<", ">>", "+",  "-",  "*",  "/", "%",
					   "==", "!=", "<",  "&",  "&&", "||", "+" };
	struct data *d;
	unsigned roll = gen_upto(g, 100);

	if (!depth || full(g) || roll < 15)
		return gen_leaf(g);
	if (roll < 25) {
		d = new_data(g, D_UNARY);
		d->op = gen_chance(g, 60) ? "!" : gen_chance(g, 50) ? "~" : "-";
		d->kid[0] = gen_data(g, depth - 1);
		return d;
	}
	d = new_data(g, roll < 32 ? D_COND : D_BINARY);
	d->op = ops[gen_upto(g, sizeof(ops) / sizeof(*ops))];
	for (unsigned k = 0; k < (d->kind == D_COND ? 3u : 2u); k++)
		d->kid[k] = gen_data(g, depth - 1);
	return d;
}

/* --- alternatives ------------------------------------------------------------------------- */

/* The one event that all of item's alternatives come from; *q: one of them hides q. */
static const struct item *source(const struct item *item, bool *q)
{
	const struct item *one = NULL;
	bool same = true;

	if (item->kind == I_EVENT || item->kind == I_INPUT) {
		*q |= strchr(item->args, 'q') != NULL;
		return item;
	}
	if (item->kind != I_GUARDED)
		return NULL;
	for (unsigned k = 0; k < item->nalts; k++) {
		const struct item *s = source(item->alt[k].ref->item, q);

		same &= s && (!one || s == one);
		one = s;
	}
	return same ? one : NULL;
}

void gen_alts(struct gen *g, struct alt *alt, unsigned n)
{
	const struct item *common = NULL;
	bool same = true, anyq = false;

	for (unsigned k = 0; k < n; k++) {
		const struct item *s;

		g->noindex = false;
		alt[k].ref = gen_ref(g, false);
		if (k && gen_chance(g, 40)) /* the same event once more */
			*alt[k].ref = (struct expr){ .id = alt[k].ref->id,
						     .item = alt[0].ref->item,
						     .at = alt[0].ref->at,
						     .at2 = alt[0].ref->at2,
						     .where = g->loop };
		s = source(alt[k].ref->item, &g->noindex);
		g->args = s ? s->args : NULL;
		if (gen_chance(g, g->args && g->args[0] ? 65 : 25))
			alt[k].guard = gen_data(g, 1 + gen_upto(g, 3));
		same &= s && (!common || s == common);
		common = s;
		anyq |= g->noindex;
	}
	g->args = same ? common->args : NULL;
	g->noindex = anyq;
}
