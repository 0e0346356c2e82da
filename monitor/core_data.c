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

/* x / 0 and x % 0 are 0; a shift by 64 or more gives 0. */
static inline uint64_t binary(uint8_t code, uint64_t x, uint64_t y)
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

static inline uint64_t item(const struct core_val *op, const struct ccsl_tick *t)
{
	return (t->arg[op->scope >> 8] >> (op->scope & 0xff)) & op->imm;
}

uint64_t core_eval(const struct core *core, uint32_t prog, const struct ccsl_tick *t)
{
	const struct core_val *code = core->tab->code, *op = code + prog;
	uint64_t stack[CORE_STACK + 1], *below = stack, y = 0; /* y: the top itself */

	for (;; op++) {
		switch (op->code) {
		case CORE_PUSH:
			*below++ = y;
			y = core_load(core, op, t);
			break;
		case CORE_CELL:
			y = core_var_get(core, op->at, y);
			break;
		case CORE_ITEM:
			*below++ = y;
			y = core_var_get(core, op->at, item(op, t));
			break;
		case CORE_NOT:
			y = !y;
			break;
		case CORE_INV:
			y = ~y;
			break;
		case CORE_NEG:
			y = -y;
			break;
		case CORE_BOOL:
			y = !!y;
			break;
		case CORE_ANDIF:
			if (y == 0)
				op = code + op->imm - 1;
			else
				y = *--below;
			break;
		case CORE_ORIF:
			if (y == 0) {
				y = *--below;
			} else {
				y = 1;
				op = code + op->imm - 1;
			}
			break;
		case CORE_JZ:
			if (y == 0)
				op = code + op->imm - 1;
			y = *--below;
			break;
		case CORE_JMP:
			op = code + op->imm - 1;
			break;
		case CORE_RET:
			return y;
		default:
			if (op->src == CORE_S_TOP) {
				below--;
				y = binary(op->code, *below, y);
			} else {
				y = binary(op->code, y, core_load(core, op, t));
			}
		}
	}
}
