/* SPDX-License-Identifier: MIT */
/* Programs for data expressions, and lists of tests for conditions. */
#include <string.h>

#include "monitor/core_priv.h"
#include "monitor/spec.h"

#define MAX_CODE (1u << 20)

struct gen {
	struct ccsl_spec *s;
	const struct node_alt *alt; /* whose arguments may be read */
	bool constant;              /* variables and arguments are not allowed */
	bool failed;                /* one was met */
	unsigned depth;
	struct pos pos; /* of the name at hand */
};

static uint32_t emit(struct gen *g, enum core_code code, struct core_val x)
{
	struct core_val *op = arena_push(g->s->arena, &g->s->code, &g->s->ncode, sizeof(*op));

	if (g->s->ncode > MAX_CODE)
		spec_error(g->s, g->pos,
			   "the data expressions of this specification are too large");
	*op = x;
	op->code = (uint8_t)code;
	return g->s->ncode - 1;
}

static const struct core_val nothing = { .src = CORE_S_TOP };

static void push(struct gen *g, struct pos pos, enum core_code code, struct core_val x)
{
	if (++g->depth > CORE_STACK)
		spec_error(g->s, pos, "this expression is nested too deeply");
	emit(g, code, x);
}

static struct core_val whole(uint32_t arg)
{
	return (struct core_val){ .src = CORE_S_ARG, .at = arg, .imm = UINT64_MAX };
}

static void push_number(struct gen *g, struct pos pos, uint64_t n)
{
	push(g, pos, CORE_PUSH, (struct core_val){ .src = CORE_S_IMM, .imm = n });
}

static void gen(struct gen *g, struct ctx ctx, const struct data *d);
static bool simple(struct ccsl_spec *s, struct ctx ctx, const struct data *d,
		   const struct node_alt *alt, struct core_val *v);

/* Something that is no constant, where one is wanted: the code will not be run. */
static void give_up(struct gen *g, struct pos pos)
{
	g->failed = true;
	push_number(g, pos, 0);
}

static int argument(const struct gen *g, const char *name)
{
	const struct node *ev = g->alt ? g->alt->src : NULL;

	for (unsigned i = 0; ev && i < ev->nargs; i++)
		if (!strcmp(ev->args[i], name))
			return (int)i;
	return -1;
}

static void gen_var(struct gen *g, struct ctx ctx, const struct data *d, const struct sym *sym,
		    unsigned left)
{
	struct core_val v;

	if (g->constant) {
		give_up(g, d->pos);
		return;
	}
	if (left > 1 || (left == 1) != (sym->item->b != NULL))
		spec_error(g->s, d->pos,
			   sym->item->b ? "\"%s\" is an array; expected one index in [ ]"
					: "\"%s\" is not an array; expected no index",
			   d->ref.name);
	if (simple(g->s, ctx, d, g->alt, &v)) {
		push(g, d->pos, CORE_PUSH, v);
		return;
	}
	d = d->ref.index[d->ref.nindex - 1];
	if (simple(g->s, ctx, d, g->alt, &v) && v.src == CORE_S_ARG) {
		v.src = CORE_S_IMM;
		v.scope |= (uint16_t)(v.at << 8);
		v.at = sym->var->id;
		push(g, d->pos, CORE_ITEM, v);
		return;
	}
	gen(g, ctx, d);
	emit(g, CORE_CELL, (struct core_val){ .at = sym->var->id });
}

static void gen_ref(struct gen *g, struct ctx ctx, const struct data *d)
{
	const struct env *index = d->ref.nindex ? NULL : name_index(ctx, d->ref.name);
	int arg = d->ref.nindex ? -1 : argument(g, d->ref.name);
	struct sym *sym;
	unsigned left;

	g->pos = d->pos;
	if (arg >= 0 && index && !(arg == 0 && g->alt->index == index->value))
		spec_error(
			g->s, d->pos,
			"\"%s\" is an argument of %s and the index of a loop; choose with %s[%s]",
			d->ref.name, g->alt->src->name, g->alt->src->name, d->ref.name);
	if (index) {
		push_number(g, d->pos, index->value);
		return;
	}
	if (arg >= 0 && g->constant) {
		give_up(g, d->pos);
		return;
	}
	if (arg >= 0) {
		push(g, d->pos, CORE_PUSH, whole((uint32_t)arg));
		return;
	}
	sym = name_find(g->s, ctx, &d->ref, &left);
	if (!sym) {
		if (g->constant) {
			give_up(g, d->pos);
			return;
		}
		spec_error(
			g->s, d->pos,
			g->alt && g->alt->src->kind == CORE_EVENT
				? "\"%s\" is not declared; expected a variable, a constant or an "
				  "argument of %s"
				: "\"%s\" is not declared; expected a variable or a constant%.0s",
			d->ref.name, g->alt ? g->alt->src->name : "");
	}
	if (sym->kind == S_VAR) {
		gen_var(g, ctx, d, sym, left);
		return;
	}
	if ((sym->kind != S_CONST && sym->kind != S_VALUE) || left)
		spec_error(g->s, d->pos, "\"%s\" is not a number", d->ref.name);
	if (sym->busy)
		spec_error(g->s, d->pos, "\"%s\" is defined by itself", d->ref.name);
	sym->busy = true;
	gen(g, sym->ctx, sym->item->a);
	sym->busy = false;
}

static enum core_code binary_code(int op)
{
	switch (op) {
	case '*':
		return CORE_MUL;
	case '/':
		return CORE_DIV;
	case '%':
		return CORE_MOD;
	case '+':
		return CORE_ADD;
	case '-':
		return CORE_SUBT;
	case T_SHL:
		return CORE_SHL;
	case T_SHR:
		return CORE_SHR;
	case '<':
		return CORE_LT;
	case T_LE:
		return CORE_LE;
	case '>':
		return CORE_GT;
	case T_GE:
		return CORE_GE;
	case T_EQ:
		return CORE_EQL;
	case T_NE:
		return CORE_NE;
	case '&':
		return CORE_AND;
	case '^':
		return CORE_XOR;
	default:
		return CORE_OR;
	}
}

static void gen(struct gen *g, struct ctx ctx, const struct data *d)
{
	uint32_t jump, end;
	struct core_val x;

	switch (d->kind) {
	case D_INT:
		push_number(g, d->pos, d->value);
		return;
	case D_REF:
		gen_ref(g, ctx, d);
		return;
	case D_UNARY:
		gen(g, ctx, d->a);
		emit(g, d->op == '!' ? CORE_NOT : d->op == '~' ? CORE_INV : CORE_NEG, nothing);
		return;
	case D_BINARY:
		gen(g, ctx, d->a);
		if (!g->constant && simple(g->s, ctx, d->b, g->alt, &x)) {
			emit(g, binary_code(d->op), x);
			return;
		}
		gen(g, ctx, d->b);
		emit(g, binary_code(d->op), nothing);
		g->depth--;
		return;
	case D_AND:
	case D_OR:
		gen(g, ctx, d->a);
		jump = emit(g, d->kind == D_AND ? CORE_ANDIF : CORE_ORIF, nothing);
		g->depth--;
		gen(g, ctx, d->b);
		emit(g, CORE_BOOL, nothing);
		g->s->code[jump].imm = g->s->ncode;
		return;
	default: /* D_COND */
		gen(g, ctx, d->a);
		jump = emit(g, CORE_JZ, nothing);
		g->depth--;
		gen(g, ctx, d->b);
		end = emit(g, CORE_JMP, nothing);
		g->depth--;
		g->s->code[jump].imm = g->s->ncode;
		gen(g, ctx, d->c);
		g->s->code[end].imm = g->s->ncode;
	}
}

static uint32_t gen_data(struct ccsl_spec *s, struct ctx ctx, const struct data *d,
			 const struct node_alt *alt)
{
	struct gen g = { .s = s, .alt = alt };
	uint32_t prog = s->ncode;

	gen(&g, ctx, d);
	emit(&g, CORE_RET, nothing);
	return prog;
}

/* Generates code, runs it, and takes it back. */
static bool fold(struct ccsl_spec *s, struct ctx ctx, const struct data *d,
		 const struct node_alt *alt, uint64_t *value)
{
	struct gen g = { .s = s, .alt = alt, .constant = true };
	uint32_t prog = s->ncode;
	struct core_tab tab = { 0 };
	struct core core = { .tab = &tab };

	gen(&g, ctx, d);
	emit(&g, CORE_RET, nothing);
	tab.code = s->code;
	if (!g.failed)
		*value = core_eval(&core, prog, NULL);
	s->ncode = prog;
	return !g.failed;
}

bool gen_const(struct ccsl_spec *s, struct ctx ctx, const struct data *d, uint64_t *value)
{
	return fold(s, ctx, d, NULL, value);
}

void gen_must_const(struct ccsl_spec *s, struct ctx ctx, const struct data *d)
{
	uint32_t prog = s->ncode;
	uint64_t value;

	/* What names nothing is said here, at its place; the code is not wanted. */
	gen_data(s, ctx, d, NULL);
	s->ncode = prog;
	if (!gen_const(s, ctx, d, &value))
		spec_error(s, d->pos, "expected a constant");
}

/* Some bits of an argument: x >> number, x & number, with x an argument or bits of one. */
static bool bits(struct ccsl_spec *s, struct ctx ctx, const struct data *d,
		 const struct node_alt *alt, struct core_val *v)
{
	uint64_t n;

	if (d->kind != D_BINARY || (d->op != '&' && d->op != T_SHR) ||
	    !fold(s, ctx, d->b, alt, &n) || !simple(s, ctx, d->a, alt, v) || v->src != CORE_S_ARG)
		return false;
	if (d->op == '&') {
		v->imm &= n;
		return true;
	}
	if (n >= 64 || n + v->scope >= 64)
		return false;
	v->scope = (uint16_t)(v->scope + n);
	v->imm >>= n;
	return true;
}

/* A number, (bits of) an argument, or a variable or cell of one that is known; false for anything
 * else. */
static bool simple(struct ccsl_spec *s, struct ctx ctx, const struct data *d,
		   const struct node_alt *alt, struct core_val *v)
{
	struct gen g = { .s = s, .alt = alt };
	struct sym *sym;
	unsigned left;
	int arg;

	*v = (struct core_val){ .src = CORE_S_IMM };
	if (fold(s, ctx, d, alt, &v->imm) || bits(s, ctx, d, alt, v))
		return true;
	*v = (struct core_val){ .src = CORE_S_IMM };
	if (d->kind != D_REF || (!d->ref.nindex && name_index(ctx, d->ref.name)))
		return false;
	arg = d->ref.nindex ? -1 : argument(&g, d->ref.name);
	if (arg >= 0) {
		*v = whole((uint32_t)arg);
		return true;
	}
	sym = name_find(s, ctx, &d->ref, &left);
	if (!sym || sym->kind != S_VAR || left > 1 || (left == 1) != (sym->item->b != NULL))
		return false;
	/* It names variable and cell until it is known where that lies. */
	*v = (struct core_val){ .src = CORE_S_VAR, .at = sym->var->id };
	return !left || fold(s, ctx, d->ref.index[d->ref.nindex - 1], alt, &v->imm);
}

struct core_val gen_val(struct ccsl_spec *s, struct ctx ctx, const struct data *d,
			const struct node_alt *alt)
{
	struct core_val v = { .src = CORE_S_IMM };

	if (!d || simple(s, ctx, d, alt, &v))
		return v;
	return (struct core_val){ .src = CORE_S_CODE, .at = gen_data(s, ctx, d, alt) };
}

static bool compares(int op)
{
	return op == '<' || op == '>' || op == T_LE || op == T_GE || op == T_EQ || op == T_NE;
}

static void end_tests(struct ccsl_spec *s)
{
	*(struct core_test *)arena_push(s->arena, &s->tests, &s->ntests, sizeof(struct core_test)) =
		(struct core_test){ .cmp = CORE_RET };
}

/* A condition as a list of tests: its factors, each as simple as can be. */
static void tests(struct ccsl_spec *s, struct ctx ctx, const struct data *d,
		  const struct node_alt *alt)
{
	struct core_test t = { .cmp = CORE_NE, .mask = UINT64_MAX };
	const struct data *x = d;

	if (d->kind == D_AND) {
		tests(s, ctx, d->a, alt);
		tests(s, ctx, d->b, alt);
		return;
	}
	if (d->kind == D_UNARY && d->op == '!') {
		t.cmp = CORE_EQL;
		x = d->a;
	} else if (d->kind == D_BINARY && compares(d->op)) {
		t.cmp = binary_code(d->op);
		t.y = gen_val(s, ctx, d->b, alt);
		x = d->a;
	}
	if (x->kind == D_BINARY && x->op == '&' && fold(s, ctx, x->b, alt, &t.mask))
		x = x->a;
	t.x = gen_val(s, ctx, x, alt);
	*(struct core_test *)arena_push(s->arena, &s->tests, &s->ntests, sizeof(t)) = t;
}

uint32_t gen_tests(struct ccsl_spec *s, struct ctx ctx, const struct data *d,
		   const struct node_alt *alt)
{
	uint32_t list = s->ntests;

	tests(s, ctx, d, alt);
	end_tests(s);
	return list;
}

uint32_t gen_conds(struct ccsl_spec *s, const struct node_alt *alt)
{
	uint32_t list = s->ntests;

	if (!alt->nconds)
		return 0;
	for (unsigned i = 0; i < alt->nconds; i++)
		tests(s, alt->conds[i].ctx, alt->conds[i].data, alt);
	end_tests(s);
	return list;
}

void gen_begin(struct ccsl_spec *s)
{
	end_tests(s); /* list 0 is empty: always true */
}
