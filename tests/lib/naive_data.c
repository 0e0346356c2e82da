/* SPDX-License-Identifier: MIT */
/* Unsigned 64-bit arithmetic as section 4 of specs/README.md has it. */
#include "tests/lib/naive_data.h"

#include "tests/lib/naive_internal.h"

#include <assert.h>
#include <string.h>

enum { SLOTS = (NAIVE_MEMBERS + 1) * NAIVE_CELLS }; /* of an item */

size_t naive_vars_size(const struct naive_eval *ev)
{
	return ev->spec->nitems * SLOTS * sizeof(uint64_t);
}

uint64_t *naive_vars(struct naive_eval *ev, unsigned i)
{
	return &ev->vars[(size_t)i * ev->spec->nitems * SLOTS];
}

static size_t slot(const struct item *var, int q, uint64_t cell)
{
	return (size_t)var->id * SLOTS + (size_t)(q + 1) * NAIVE_CELLS + cell;
}

static uint64_t unary(const char *op, uint64_t a)
{
	return *op == '!' ? !a : *op == '~' ? ~a : 0 - a;
}

static uint64_t binary(const char *op, uint64_t a, uint64_t b)
{
	switch (op[0]) {
	case '|':
		return op[1] ? a || b : (a | b);
	case '&':
		return op[1] ? a && b : (a & b);
	case '<':
		return !op[1] ? a < b : op[1] == '=' ? a <= b : b < 64 ? a << b : 0;
	case '>':
		return !op[1] ? a > b : op[1] == '=' ? a >= b : b < 64 ? a >> b : 0;
	case '^':
		return a ^ b;
	case '=':
		return a == b;
	case '!':
		return a != b;
	case '+':
		return a + b;
	case '-':
		return a - b;
	case '*':
		return a * b;
	case '/':
		return b ? a / b : 0;
	default:
		return b ? a % b : 0;
	}
}

static uint64_t argument(struct naive_eval *ev, char name, const struct naive_tick *t)
{
	const char *args, *p;

	assert(t);
	args = ev->spec->item[t->event].args;
	p = strchr(args, name);
	assert(p);
	return t->arg[p - args];
}

static uint64_t variable(struct naive_eval *ev, const struct data *d, int q,
			 const struct naive_tick *t, const uint64_t *vars)
{
	int member = naive_meant(d->item, d->where, d->item->cells ? d->member : d->at, d->at2, q);
	uint64_t at = d->item->cells && d->at ? naive_data(ev, d->at, q, t, vars) : 0;

	if (d->item->cells)
		return at < d->item->cells ? vars[slot(d->item, member, at)] : 0;
	return vars[slot(d->item, member, 0)];
}

uint64_t naive_data(struct naive_eval *ev, const struct data *d, int q, const struct naive_tick *t,
		    const uint64_t *vars)
{
	uint64_t a;

	switch (d->kind) {
	case D_NUM:
		return d->num;
	case D_ARG:
		return argument(ev, d->arg, t);
	case D_INDEX:
		return (uint64_t)naive_index(d->where, q, d->loop);
	case D_VAR:
		return variable(ev, d, q, t, vars);
	case D_CONST:
	case D_VALUE:
		return naive_data(ev, d->item->value, q, t, vars);
	default:
		break;
	}
	a = naive_data(ev, d->kid[0], q, t, vars);
	if (d->kind == D_UNARY)
		return unary(d->op, a);
	if (d->kind == D_COND)
		return naive_data(ev, d->kid[a ? 1 : 2], q, t, vars);
	return binary(d->op, a, naive_data(ev, d->kid[1], q, t, vars));
}

uint64_t naive_number(const struct data *d, int q)
{
	return naive_data(NULL, d, q, NULL, NULL);
}

void naive_var_init(struct naive_eval *ev, const struct item *var, int q, uint64_t *vars)
{
	for (unsigned c = 0; c < (var->cells ? var->cells : 1); c++)
		vars[slot(var, q, c)] = naive_data(ev, var->value, q, NULL, vars);
}

void naive_var_set(struct naive_eval *ev, const struct update *up, const struct item *var, int q,
		   const struct naive_tick *t, const uint64_t *vars, uint64_t *next)
{
	uint64_t cell = up->cell ? naive_data(ev, up->cell, q, t, vars) : 0;

	if (cell < (var->cells ? var->cells : 1))
		next[slot(var, q, cell)] = naive_data(ev, up->value, q, t, vars);
}
