/* SPDX-License-Identifier: MIT */
/* Data expressions: 64-bit unsigned, on a small stack whose depth the compiler has checked. */
#include "monitor/core_priv.h"

uint64_t core_var_get(const struct core *core, uint32_t var, uint64_t cell)
{
	const struct core_var *v = &core->tab->vars[var];
	const struct core_cell *c;

	if (cell >= v->ncell)
		return 0;
	c = &core->cells[v->cell + cell];
	return c->gen == core->lives[v->scope].gen ? c->value : v->init;
}

static inline bool compare(uint32_t cmp, uint64_t x, uint64_t y)
{
	switch (cmp) {
	case CORE_LT:
		return x < y;
	case CORE_LE:
		return x <= y;
	case CORE_GT:
		return x > y;
	case CORE_GE:
		return x >= y;
	case CORE_EQL:
		return x == y;
	default:
		return x != y;
	}
}

bool core_holds(const struct core *core, uint32_t list, const struct ccsl_tick *t)
{
	for (const struct core_test *c = core->tab->tests + list; c->cmp != CORE_RET; c++)
		if (!compare(c->cmp, core_load(core, &c->x, t) & c->mask,
			     core_load(core, &c->y, t)))
			return false;
	return true;
}

/* x / 0 and x % 0 are 0; a shift by 64 or more gives 0. */
static uint64_t binary(uint16_t code, uint64_t x, uint64_t y)
{
	switch (code) {
	case CORE_MUL:
		return x * y;
	case CORE_DIV:
		return y ? x / y : 0;
	case CORE_MOD:
		return y ? x % y : 0;
	case CORE_ADD:
		return x + y;
	case CORE_SUBT:
		return x - y;
	case CORE_SHL:
		return y < 64 ? x << y : 0;
	case CORE_SHR:
		return y < 64 ? x >> y : 0;
	case CORE_LT:
		return x < y;
	case CORE_LE:
		return x <= y;
	case CORE_GT:
		return x > y;
	case CORE_GE:
		return x >= y;
	case CORE_EQL:
		return x == y;
	case CORE_NE:
		return x != y;
	case CORE_AND:
		return x & y;
	case CORE_XOR:
		return x ^ y;
	default:
		return x | y;
	}
}

uint64_t core_eval(const struct core *core, uint32_t prog, const struct ccsl_tick *t)
{
	const struct core_op *code = core->tab->code, *op = code + prog;
	uint64_t stack[CORE_STACK + 1], *top = stack;

	for (;; op++) {
		switch (op->code) {
		case CORE_IMM:
			*++top = op->imm;
			break;
		case CORE_ARG:
			*++top = t->arg[op->a];
			break;
		case CORE_VAR:
			*++top = core_var_get(core, op->b, 0);
			break;
		case CORE_CELL:
			*top = core_var_get(core, op->b, *top);
			break;
		case CORE_NOT:
			*top = !*top;
			break;
		case CORE_INV:
			*top = ~*top;
			break;
		case CORE_NEG:
			*top = -*top;
			break;
		case CORE_BOOL:
			*top = !!*top;
			break;
		case CORE_ANDIF:
			if (*top == 0)
				op = code + op->imm - 1;
			else
				top--;
			break;
		case CORE_ORIF:
			if (*top == 0) {
				top--;
			} else {
				*top = 1;
				op = code + op->imm - 1;
			}
			break;
		case CORE_JZ:
			if (*top-- == 0)
				op = code + op->imm - 1;
			break;
		case CORE_JMP:
			op = code + op->imm - 1;
			break;
		case CORE_RET:
			return *top;
		default:
			top--;
			*top = binary(op->code, top[0], top[1]);
		}
	}
}
