/* SPDX-License-Identifier: MIT */
/* Puts nodes in order and lays them out in the tables of the engine. */
#include <stdio.h>
#include <string.h>

#include "monitor/spec.h"

#define DEEPEST 20000
#define RING    1024

/* Node `user` is visited when `src` ticks, with first argument `slot` if that is not NONE. */
struct edge {
	uint32_t src, slot, user, alt;
};

struct flat {
	struct ccsl_spec *s;
	unsigned norder, nrules;
	unsigned depth;
	struct edge *edges;
	unsigned nedges;
	struct node **frail;
	unsigned nfrail;
};

static uint32_t number_scope(struct scope *scope, uint32_t id)
{
	scope->id = id++;
	for (struct scope *c = scope->child; c; c = c->next)
		id = number_scope(c, id);
	scope->end = id;
	return id;
}

static void number_scopes(struct ccsl_spec *s)
{
	for (unsigned i = 1; i < s->nscopes; i++) {
		struct scope *c = s->scopes[i], *p = c->parent;

		if (p->last)
			p->last->next = c;
		else
			p->child = c;
		p->last = c;
	}
	number_scope(s->scopes[0], 0);
}

static void append(struct flat *f, struct node *n)
{
	n->id = f->norder;
	n->mark = 2;
	*(struct node **)arena_push(f->s->arena, &f->s->order, &f->norder, sizeof(n)) = n;
}

static void place(struct flat *f, struct node *n);

static _Noreturn void cycle(struct flat *f, const struct node *n)
{
	spec_error(f->s, n->pos, "\"%s\" depends on itself", n->name);
}

static void place_deps(struct flat *f, struct node *n)
{
	for (struct scope *scope = n->scope; scope; scope = scope->parent)
		if (scope->node)
			place(f, scope->node);
	for (unsigned i = 0; i < n->nop; i++)
		place(f, n->op[i]);
	for (unsigned i = 0; i < n->nalts; i++)
		place(f, n->alts[i].src);
}

static void place(struct flat *f, struct node *n)
{
	if (n->mark == 2)
		return;
	if (n->mark == 1)
		cycle(f, n);
	if (++f->depth > DEEPEST)
		spec_error(f->s, n->pos, "clocks are defined by one another too deeply");
	n->mark = 1;
	place_deps(f, n);
	append(f, n);
	f->depth--;
}

static void place_rule(struct flat *f, struct rule *r)
{
	if (r->mark == 2)
		return;
	if (r->mark == 1)
		spec_error(f->s, r->item->pos, "the rule \"%s\" needs itself", r->pub.name);
	if (++f->depth > DEEPEST)
		spec_error(f->s, r->item->pos, "rules need one another too deeply");
	r->mark = 1;
	for (unsigned i = 0; i < r->nneed; i++)
		place_rule(f, r->need[i]);
	f->depth--;
	r->mark = 2;
	r->id = f->nrules;
	*(struct rule **)arena_push(f->s->arena, &f->s->rule_order, &f->nrules, sizeof(r)) = r;
	for (unsigned i = 0; i < r->nrel; i++)
		append(f, r->rel[i]);
}

static void put_in_order(struct flat *f)
{
	struct ccsl_spec *s = f->s;

	for (unsigned i = 0; i < s->nevents; i++)
		append(f, s->events[i]);
	for (unsigned i = 0; i < s->nclocks; i++)
		place(f, s->clocks[i]);
	for (unsigned i = 0; i < s->ndoers; i++)
		place(f, s->doers[i]);
	for (unsigned i = 0; i < s->nrules; i++)
		place_rule(f, s->rules[i]);
	if (f->norder > CORE_NODES)
		spec_error(s, s->order[CORE_NODES]->pos, "this specification is too large");
}

static bool short_lived(const struct node *n)
{
	return n->kind == CORE_AWAIT || n->kind == CORE_UPTO || n->kind == CORE_ONCE;
}

/* Which clocks can die, as far as a concatenation wants to know. */
static bool mark_mortal(struct node *n)
{
	bool any = short_lived(n) || (n->kind == CORE_EVERY && n->p[2] != UINT64_MAX);

	if (n->mortal)
		return true;
	for (unsigned i = 0; i < n->nop; i++)
		any |= mark_mortal(n->op[i]);
	if (n->kind == CORE_EVENT || n->kind == CORE_GUARD || n->kind >= CORE_SCOPE)
		any = false;
	n->mortal = any;
	return any;
}

/*
 * A concatenation, and a clock of which one wants to know when it dies, may find that what it
 * reads is dead as it begins: if that, or what that reads, belongs to an outer scope.
 */
static void mark_frail(struct node *n)
{
	if (!n->mortal && n->kind != CORE_CONCAT)
		return;
	for (unsigned i = 0; i < n->nop; i++)
		n->frail |= n->op[i]->mortal && (n->op[i]->frail || n->op[i]->scope != n->scope);
}

static uint32_t state_words(const struct node *n)
{
	switch (n->kind) {
	case CORE_INF:
	case CORE_SUP:
		return n->nop;
	case CORE_DEFER:
		return (uint32_t)(n->p[0] + 63) / 64;
	case CORE_WITHIN:
		return 2;
	case CORE_DELAY:
	case CORE_SAMPLE_W:
	case CORE_EVERY:
	case CORE_FILTER:
	case CORE_AWAIT:
	case CORE_ONCE:
	case CORE_CONCAT:
	case CORE_PREC:
	case CORE_FIRST:
	case CORE_FORBID:
	case CORE_ALLOW:
		return 1;
	default:
		return 0;
	}
}

/* Relations and doers want to know; so does what they read. */
static void mark_live(struct node *n)
{
	if (n->live)
		return;
	n->live = true;
	for (unsigned i = 0; i < n->nop; i++)
		mark_live(n->op[i]);
	for (unsigned i = 0; i < n->nalts; i++)
		mark_live(n->alts[i].src);
}

/* Once for each pair; edges come in the order of their users. */
static void edge(struct flat *f, uint32_t src, uint32_t slot, uint32_t user, uint32_t alt)
{
	struct edge *e;

	if (!f->s->order[user]->live)
		return;
	for (unsigned i = f->nedges; i-- > 0 && alt == CORE_NONE && f->edges[i].user == user;)
		if (f->edges[i].src == src)
			return;
	e = arena_push(f->s->arena, &f->edges, &f->nedges, sizeof(*e));
	*e = (struct edge){ src, slot, user, alt };
}

static uint32_t filter_bits(struct ccsl_spec *s, struct node *n, uint64_t **bits, unsigned *nbits)
{
	uint32_t first = *nbits, len = (uint32_t)strlen(n->word);

	for (uint32_t k = 0; k <= len; k++) {
		if (k % 64 == 0)
			*(uint64_t *)arena_push(s->arena, bits, nbits, sizeof(uint64_t)) = 0;
		if (k < len && n->word[k] == '1')
			(*bits)[*nbits - 1] |= (uint64_t)1 << (k % 64);
	}
	/* A word that does not repeat goes on with 0 for ever. */
	n->p[2] = n->p[1] == len ? 1 : len - n->p[1];
	return first;
}

/* Everything but users: operands, alternatives, parameters, state. */
static void fill_nodes(struct flat *f, struct core_node *nodes)
{
	struct ccsl_spec *s = f->s;
	struct core_tab *t = &s->tab;
	uint32_t *ops = NULL, *timed = NULL;
	struct core_alt *alts = NULL;
	uint64_t *bits = NULL;
	unsigned nops = 0, nalts = 0, nbits = 0, ntimed = 0;

	for (unsigned id = 0; id < f->norder; id++)
		if (s->order[id]->kind >= CORE_SCOPE)
			mark_live(s->order[id]);
	for (unsigned id = 0; id < f->norder; id++) {
		struct node *n = s->order[id];
		struct core_node *c = &nodes[id];

		n->mortal |= short_lived(n);
		c->kind = (uint8_t)n->kind;
		c->scope = (uint16_t)n->scope->id;
		c->rule = n->rule ? n->rule->id : CORE_NONE;
		c->flags |= n->mortal ? CORE_F_MORTAL : 0;
		c->op = nops;
		c->nop = n->nop;
		c->alt = nalts;
		c->nalt = n->nalts;
		for (unsigned i = 0; i < n->nop; i++) {
			*(uint32_t *)arena_push(s->arena, &ops, &nops, sizeof(uint32_t)) =
				n->op[i]->id;
			edge(f, n->op[i]->id, CORE_NONE, id, CORE_NONE);
			if (n->kind >= CORE_SUB)
				nodes[n->op[i]->id].flags |= CORE_F_WITNESS;
		}
		for (unsigned i = 0; i < n->nalts; i++) {
			const struct node_alt *a = &n->alts[i];

			*(struct core_alt *)arena_push(s->arena, &alts, &nalts, sizeof(*alts)) =
				(struct core_alt){ a->src->id, a->index, gen_conds(s, a), a->must };
			edge(f, a->src->id, a->index, id, nalts - 1);
		}
		if (n->kind == CORE_FILTER)
			n->p[0] = filter_bits(s, n, &bits, &nbits);
		if ((n->kind == CORE_SCOPE || n->kind == CORE_CONCAT))
			n->p[0] = n->sub->id;
		memcpy(c->p, n->p, sizeof(c->p));
		c->state = t->nstate;
		c->nstate = state_words(n) + n->mortal;
		t->nstate += c->nstate;
		if (n->kind == CORE_WITHIN && n->p[1] != CORE_TICKS)
			*(uint32_t *)arena_push(s->arena, &timed, &ntimed, sizeof(uint32_t)) = id;
	}
	t->ops = ops;
	t->alts = alts;
	t->bits = bits;
	t->timed = timed;
	t->ntimed = ntimed;
}

/* A slot for each event and for each member of its family, up to the greatest index in use. */
static uint32_t number_slots(struct flat *f, struct core_event *events)
{
	struct ccsl_spec *s = f->s;
	uint32_t n = 0;

	for (unsigned i = 0; i < f->nedges; i++)
		if (f->edges[i].slot != CORE_NONE &&
		    events[f->edges[i].src].nfamily <= f->edges[i].slot)
			events[f->edges[i].src].nfamily = f->edges[i].slot + 1;
	for (unsigned i = 0; i < s->nupdates; i++) {
		struct update *u = &s->updates[i];

		if (u->event && u->slot != CORE_NONE && events[u->event->id].nfamily <= u->slot)
			events[u->event->id].nfamily = u->slot + 1;
	}
	for (unsigned i = 0; i < s->nevents; i++) {
		events[i].slot = n;
		n += 1 + events[i].nfamily;
	}
	return n;
}

/* Counting sort of edges between derived clocks and their users. */
static void fill_users(struct flat *f, struct core_node *nodes)
{
	uint32_t *users = arena_alloc(f->s->arena, (f->nedges + 1) * sizeof(*users)), at = 0;

	for (unsigned i = 0; i < f->nedges; i++)
		nodes[f->edges[i].src].nuser += f->edges[i].src >= f->s->nevents;
	for (unsigned i = 0; i < f->norder; i++) {
		nodes[i].user = at;
		at += nodes[i].nuser;
		nodes[i].nuser = 0;
	}
	for (unsigned i = 0; i < f->nedges; i++) {
		struct core_node *n = &nodes[f->edges[i].src];

		if (f->edges[i].src >= f->s->nevents)
			users[n->user + n->nuser++] = f->edges[i].user;
	}
	f->s->tab.users = users;
}

struct touched {
	struct core_sub *subs;
	uint32_t *onupd;
	unsigned nsubs, nonupd;
	struct edge **edges; /* of this event, in the order of their users */
};

/* What a tick of event ev touches if its first argument is k, or, NONE, none of the family. */
static struct core_slot fill_slot(struct flat *f, struct touched *t, uint32_t ev, uint32_t k)
{
	struct ccsl_spec *s = f->s;
	struct core_slot slot = { .sub = t->nsubs, .upd = t->nonupd };

	for (struct edge **e = t->edges; *e; e++)
		if ((*e)->slot == CORE_NONE || (*e)->slot == k) {
			struct core_sub *sub;

			/* A node that reads the event twice is visited once. */
			if (t->nsubs > slot.sub && (*e)->alt == CORE_NONE &&
			    t->subs[t->nsubs - 1].node == (*e)->user)
				continue;
			sub = arena_push(s->arena, &t->subs, &t->nsubs, sizeof(*sub));
			*sub = (struct core_sub){ (*e)->user, CORE_NONE, CORE_NONE };
			if ((*e)->alt != CORE_NONE) {
				sub->guard = s->tab.alts[(*e)->alt].guard;
				sub->must = s->tab.alts[(*e)->alt].must;
			}
		}
	for (unsigned i = 0; i < s->nupdates; i++) {
		const struct update *u = &s->updates[i];

		if (u->event && u->event->id == ev && (u->slot == CORE_NONE || u->slot == k))
			*(uint32_t *)arena_push(s->arena, &t->onupd, &t->nonupd, sizeof(i)) = i;
	}
	slot.nsub = t->nsubs - slot.sub;
	slot.nupd = t->nonupd - slot.upd;
	return slot;
}

static void fill_events(struct flat *f)
{
	struct ccsl_spec *s = f->s;
	struct core_event *events = arena_alloc(s->arena, (s->nevents + 1) * sizeof(*events));
	uint32_t nslots = number_slots(f, events);
	struct core_slot *slots = arena_alloc(s->arena, (nslots + 1) * sizeof(*slots));
	struct edge **edges = arena_alloc(s->arena, (f->nedges + s->nevents + 1) * sizeof(*edges));
	unsigned *first = arena_alloc(s->arena, (s->nevents + 1) * sizeof(*first)), at = 0;
	unsigned *fill = arena_alloc(s->arena, (s->nevents + 1) * sizeof(*fill));
	struct touched t = { 0 };

	/* One list of edges for each event, with NULL at its end. */
	for (unsigned i = 0; i < f->nedges; i++)
		if (f->edges[i].src < s->nevents)
			first[f->edges[i].src]++;
	for (unsigned ev = 0; ev < s->nevents; ev++) {
		unsigned n = first[ev];

		first[ev] = at;
		at += n + 1;
	}
	for (unsigned i = 0; i < f->nedges; i++)
		if (f->edges[i].src < s->nevents)
			edges[first[f->edges[i].src] + fill[f->edges[i].src]++] = &f->edges[i];
	for (unsigned ev = 0; ev < s->nevents; ev++) {
		t.edges = edges + first[ev];
		slots[events[ev].slot] = fill_slot(f, &t, ev, CORE_NONE);
		for (uint32_t k = 0; k < events[ev].nfamily; k++)
			slots[events[ev].slot + 1 + k] = fill_slot(f, &t, ev, k);
	}
	s->tab.events = events;
	s->tab.slots = slots;
	s->tab.subs = t.subs;
	s->tab.onupd = t.onupd;
	s->tab.nslots = nslots;
	s->tab.nsubs = t.nsubs;
}

/* For each scope the frail clocks in it and in those inside of it, in their order. */
static void fill_scopes(struct flat *f)
{
	struct ccsl_spec *s = f->s;
	struct core_scope *scopes = arena_alloc(s->arena, s->nscopes * sizeof(*scopes));
	uint32_t *frail = NULL;
	unsigned nfrail = 0;

	for (unsigned i = 0; i < s->nscopes; i++) {
		const struct scope *sc = s->scopes[i];
		struct core_scope *c = &scopes[sc->id];

		c->parent = sc->parent ? sc->parent->id : CORE_NONE;
		c->end = sc->end;
		c->window = sc->window;
		c->frail = nfrail;
		for (unsigned k = 0; k < f->nfrail; k++)
			if (f->frail[k]->scope->id >= sc->id && f->frail[k]->scope->id < sc->end)
				*(uint32_t *)arena_push(s->arena, &frail, &nfrail,
							sizeof(uint32_t)) = f->frail[k]->id;
		c->nfrail = nfrail - c->frail;
	}
	s->tab.scopes = scopes;
	s->tab.frail = frail;
}

static void fill_rest(struct flat *f)
{
	struct ccsl_spec *s = f->s;
	struct core_tab *t = &s->tab;
	struct core_var *vars = arena_alloc(s->arena, (s->nvars + 1) * sizeof(*vars));
	struct core_rule *rules = arena_alloc(s->arena, (s->nrules + 1) * sizeof(*rules));
	uint32_t *needs = NULL;
	unsigned nneeds = 0;

	for (unsigned i = 0; i < s->nvars; i++) {
		const struct var *v = s->vars[i];

		vars[i] = (struct core_var){ v->init, t->ncells, v->ncell, v->scope->id };
		t->ncells += v->ncell;
	}
	for (unsigned i = 0; i < s->nrules; i++) {
		const struct rule *r = s->rule_order[i];

		rules[i] = (struct core_rule){ r->scope->id, nneeds, r->nneed };
		for (unsigned k = 0; k < r->nneed; k++)
			*(uint32_t *)arena_push(s->arena, &needs, &nneeds, sizeof(uint32_t)) =
				r->need[k]->id;
	}
	t->vars = vars;
	t->rules = rules;
	t->needs = needs;
}

/* Values name variable and cell until it is known where that lies. A cell outside holds 0. */
static void settle(const struct core_tab *tab, struct core_val *v)
{
	const struct core_var *var = &tab->vars[v->at];

	if (v->src != CORE_S_VAR)
		return;
	if (v->imm >= var->ncell) {
		v->src = CORE_S_IMM;
		v->imm = 0;
		return;
	}
	v->at = var->cell + (uint32_t)v->imm;
	v->scope = (uint16_t)var->scope;
	v->imm = var->init;
}

static void settle_all(struct ccsl_spec *s)
{
	for (unsigned i = 0; i < s->ntests; i++) {
		settle(&s->tab, &s->tests[i].x);
		settle(&s->tab, &s->tests[i].y);
	}
	for (unsigned i = 0; i < s->nupdates; i++) {
		settle(&s->tab, &s->updates[i].core.index);
		settle(&s->tab, &s->updates[i].core.value);
	}
	for (unsigned i = 0; i < s->ncode; i++)
		settle(&s->tab, &s->code[i]);
	s->tab.tests = s->tests;
}

static void fill_updates(struct ccsl_spec *s)
{
	struct core_update *updates = arena_alloc(s->arena, (s->nupdates + 1) * sizeof(*updates));

	for (unsigned i = 0; i < s->nupdates; i++)
		updates[i] = s->updates[i].core;
	s->tab.updates = updates;
}

/* Empty tables are of no length, but not nowhere: the engine takes addresses in them. */
static void fill_empty(struct ccsl_spec *s)
{
	struct core_tab *t = &s->tab;
	const void *nothing = arena_alloc(s->arena, 64);

	t->ops = t->ops ? t->ops : nothing;
	t->alts = t->alts ? t->alts : nothing;
	t->subs = t->subs ? t->subs : nothing;
	t->onupd = t->onupd ? t->onupd : nothing;
	t->needs = t->needs ? t->needs : nothing;
	t->bits = t->bits ? t->bits : nothing;
	t->timed = t->timed ? t->timed : nothing;
	t->frail = t->frail ? t->frail : nothing;
	t->code = t->code ? t->code : nothing;
}

void spec_flatten(struct ccsl_spec *s)
{
	struct flat f = { .s = s };
	struct core_node *nodes;

	number_scopes(s);
	put_in_order(&f);
	for (unsigned i = 0; i < s->nclocks; i++)
		if (s->clocks[i]->kind == CORE_CONCAT && !mark_mortal(s->clocks[i]->op[0]))
			spec_error(s, s->clocks[i]->pos, "\"%s\" never dies, so nothing follows it",
				   s->clocks[i]->op[0]->name);
	for (unsigned i = 0; i < f.norder; i++) {
		mark_frail(s->order[i]);
		if (s->order[i]->frail)
			*(struct node **)arena_push(s->arena, &f.frail, &f.nfrail,
						    sizeof(struct node *)) = s->order[i];
	}
	nodes = arena_alloc(s->arena, (f.norder + 1) * sizeof(*nodes));
	s->tab.nnodes = f.norder;
	s->tab.nevents = s->nevents;
	s->tab.nvars = s->nvars;
	s->tab.nscopes = s->nscopes;
	s->tab.nrules = s->nrules;
	s->tab.nscratch = s->nupdates + 1;
	s->tab.ring = RING;
	fill_nodes(&f, nodes);
	fill_users(&f, nodes);
	fill_events(&f);
	fill_scopes(&f);
	fill_rest(&f);
	settle_all(s);
	fill_updates(s);
	s->tab.nodes = nodes;
	s->tab.code = s->code;
	fill_empty(s);
}
