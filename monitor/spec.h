/* SPDX-License-Identifier: MIT */
/*
 * A specification while it is compiled: families expanded, names resolved, one node for
 * each clock and relation, not yet in order. flat.c turns it into the tables of the engine.
 */
#ifndef MONITOR_SPEC_H
#define MONITOR_SPEC_H

#include <setjmp.h>

#include "monitor/arena.h"
#include "monitor/ast.h"
#include "monitor/core.h"

/* The values of the indexes of the enclosing For loops, innermost first. */
struct env {
	const char *name;
	uint64_t value;
	const struct env *outer;
};

struct scope {
	const char *name; /* "life", "queue[3]" */
	struct scope *parent;
	struct node *node; /* the CORE_SCOPE node; NULL: nothing restarts it by itself */
	bool window;
	uint32_t id, end;
	struct scope *child, *last, *next; /* for numbering */
};

/* Where names are looked up: a scope or a rule, within another. */
struct space {
	struct space *outer;
	struct scope *scope;
};

/* A name in its place: what a piece of the syntax tree needs to be understood. */
struct ctx {
	struct space *space;
	const struct env *env;
};

enum sym_kind { S_CLOCK, S_CONST, S_VALUE, S_VAR, S_SCOPE, S_RULE, S_FAMILY };

struct var {
	const char *name;
	struct scope *scope;
	uint64_t init;
	uint32_t ncell, id;
};

struct sym {
	enum sym_kind kind;
	const char *name; /* with indexes: "ntf[3]" */
	struct ctx ctx;   /* in which its item was written */
	const struct item *item;
	struct node *node; /* S_CLOCK */
	struct var *var;
	struct space *space; /* S_SCOPE, S_RULE */
	struct rule *rule;
	struct sym **member; /* S_FAMILY */
	unsigned nmember;
	bool used, busy;
	struct sym *chain;
};

/* One factor of a guard, with the place where it was written. */
struct cond {
	const struct data *data;
	struct ctx ctx;
};

struct node_alt {
	struct node *src;
	uint32_t index;
	struct cond *conds;
	unsigned nconds;
	uint32_t must; /* of a requirement */
};

struct node {
	enum core_kind kind;
	const char *name; /* as a reader would call it */
	struct pos pos;
	struct scope *scope;
	struct node **op;
	unsigned nop;
	struct node_alt *alts;
	unsigned nalts;
	uint64_t p[3];
	const char *word;  /* of CORE_FILTER */
	struct scope *sub; /* of CORE_CONCAT, CORE_SCOPE */
	struct rule *rule; /* of a relation */
	const char *text;  /* of a relation or a note */
	const char **args; /* of an event */
	unsigned nargs;
	struct sym *sym;
	bool defined, mortal, input;
	bool frail; /* what it reads may be dead already as its scope begins */
	bool live;  /* somebody wants to know whether it ticks */
	int mark;   /* of the depth-first search: 1 open, 2 done */
	uint32_t id;
};

struct rule {
	struct ccsl_rule pub;
	struct scope *scope;
	struct ctx ctx;
	const struct item *item;
	struct node **rel;
	unsigned nrel;
	struct rule **need;
	unsigned nneed;
	int mark;
	uint32_t id;
};

/* An update of a variable by an event, or by a clock through a CORE_UPDATE node. */
struct update {
	struct node *event; /* NULL: by a node */
	uint32_t slot;      /* first argument it wants, or CORE_NONE */
	struct core_update core;
};

#define SYM_HASH 4096

struct ccsl_spec {
	struct arena *arena;
	ccsl_warn_fn *warn;
	void *warn_ctx;
	struct ccsl_error *err;
	jmp_buf out;

	struct sym *hash[SYM_HASH];
	struct space root;
	struct scope **scopes;
	unsigned nscopes;
	struct node **events, **clocks, **doers; /* doers: scopes, updates, notes */
	unsigned nevents, nclocks, ndoers;
	struct rule **rules;
	unsigned nrules;
	struct var **vars;
	unsigned nvars;
	struct update *updates;
	unsigned nupdates;
	struct core_val *code;
	unsigned ncode;
	struct core_test *tests;
	unsigned ntests;

	struct core_tab tab;
	struct node **order; /* by node number of the tables */
	struct rule **rule_order;
};

/* Stop with an error, or tell of a finding that does not stop. */
__attribute__((noreturn)) void spec_error(struct ccsl_spec *s, struct pos pos, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void spec_warn(struct ccsl_spec *s, struct pos pos, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* names.c */
struct sym *name_add(struct ccsl_spec *s, struct ctx ctx, enum sym_kind kind, const char *name,
		     const struct item *it);
struct sym *name_own(struct ccsl_spec *s, struct ctx ctx, const char *name);
/* Resolves ref; *left tells how many trailing indexes did not serve to choose a member. */
struct sym *name_find(struct ccsl_spec *s, struct ctx ctx, const struct ref *ref, unsigned *left);
const char *name_mangle(struct ccsl_spec *s, const char *name, const struct env *env);
const struct env *name_index(struct ctx ctx, const char *name);
struct space *name_space(struct ccsl_spec *s, struct space *outer, struct scope *scope);

/* gen.c: programs and tests; alt gives the arguments, NULL where there are none */
void gen_begin(struct ccsl_spec *s);
uint32_t gen_conds(struct ccsl_spec *s, const struct node_alt *alt);
uint32_t gen_tests(struct ccsl_spec *s, struct ctx ctx, const struct data *d,
		   const struct node_alt *alt);
/* NULL is 0. */
struct core_val gen_val(struct ccsl_spec *s, struct ctx ctx, const struct data *d,
			const struct node_alt *alt);
bool gen_const(struct ccsl_spec *s, struct ctx ctx, const struct data *d, uint64_t *value);
/* An error, at its place in the text, unless d is a constant. */
void gen_must_const(struct ccsl_spec *s, struct ctx ctx, const struct data *d);

/* build.c */
void spec_build(struct ccsl_spec *s, const struct item *items);
struct node *build_node(struct ccsl_spec *s, enum core_kind kind, struct scope *scope,
			struct pos pos);
void build_op(struct ccsl_spec *s, struct node *n, struct node *op);
uint64_t build_number(struct ccsl_spec *s, struct ctx ctx, const struct data *d);
/* build_expr.c */
struct node *build_clock(struct ccsl_spec *s, struct ctx ctx, const struct cx *x);
void build_operands(struct ccsl_spec *s, struct ctx ctx, struct node *n, struct cx *const *arg,
		    unsigned narg);
void build_alts(struct ccsl_spec *s, struct ctx ctx, struct node *n, const struct alt *alts,
		unsigned nalts);
/* Fills a clock's node from its definition. */
void build_define(struct ccsl_spec *s, struct sym *sym);
struct scope *build_scope(struct ccsl_spec *s, const char *name, struct scope *parent);
/* build_rel.c */
void build_relation(struct ccsl_spec *s, struct ctx ctx, struct rule *rule, const struct item *it);
struct rule *build_rule(struct ccsl_spec *s, struct ctx ctx, const char *name,
			const struct item *it);
void build_check(struct ccsl_spec *s, struct ctx ctx, struct node *clock, const struct item *it);

/* flat.c */
void spec_flatten(struct ccsl_spec *s);
/* check.c: findings that do not stop the load */
void spec_check(struct ccsl_spec *s);

#endif
