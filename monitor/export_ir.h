/* SPDX-License-Identifier: MIT */
/*
 * Between the files export*.c: clocks of plain CCSL, without scopes.
 * A definition is written when it is made, so each comes after those that it reads.
 */
#ifndef MONITOR_EXPORT_IR_H
#define MONITOR_EXPORT_IR_H

#include "monitor/export.h"
#include "monitor/spec.h"

enum xkind {
	XC_INPUT,
	XC_UNION, /* of one: another name for it */
	XC_INTER,
	XC_MINUS,
	XC_INF,
	XC_SUP,
	XC_DELAY, /* op0 $ p0 */
	XC_DEFER, /* op0 $ p0 on op1 */
	XC_SAMPLED,
	XC_EVERY /* p0 op0 from p1 upTo p2, UINT64_MAX: no end */
};

struct xclock {
	enum xkind kind;
	const char *name;
	struct xclock **op;
	unsigned nop;
	uint64_t p[3];
};

struct xlist {
	struct xclock **v;
	unsigned n;
};

/* Clocks of the encodings are made once for each pair. */
struct xmemo {
	const char *role;
	const struct xclock *a, *b;
	struct xclock *made;
};

struct export
{
	const struct ccsl_spec *spec;
	enum export_to to;
	FILE *body;
	struct arena *arena;
	struct ccsl_error *err;
	jmp_buf out;
	const char **names; /* that are taken */
	unsigned nnames;
	struct xclock **by_node, **by_scope;
	struct xlist inputs, defined;
	struct xlist *exclusions;
	unsigned nexclusions;
	struct xmemo *memos;
	unsigned nmemos;
};

__attribute__((noreturn)) void export_refuse(struct export *x, struct pos pos, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* export.c: clocks */
struct xclock *export_clock(struct export *x, struct node *n);
/* What restarts a scope, those around it included; NULL: nothing. */
struct xclock *export_restart(struct export *x, const struct scope *scope, struct pos pos);
struct xclock *export_def(struct export *x, const char *name, enum xkind kind, struct xclock *a,
			  struct xclock *b);
/* The union of a list, without repeats: a clock of its own only if there are several. */
struct xclock *export_union(struct export *x, const char *name, struct xlist list);
void export_add(struct export *x, struct xlist *list, struct xclock *c);
/* a sampledOn b that forgets with the scope's restart r, which may be NULL. */
struct xclock *export_sampled(struct export *x, const char *name, struct xclock *a,
			      struct xclock *b, struct xclock *r);
struct xclock *export_never(struct export *x, struct xclock *any);
/* role_of, or with a number if that is taken or of is NULL. */
const char *export_name(struct export *x, const char *role, const char *of);
/* The clock made for these before, or *made to be set. */
struct xmemo *export_memo(struct export *x, const char *role, const struct xclock *a,
			  const struct xclock *b);

/* export_apart.c */
/* It follows from the definitions, and from Exclusion, that they never tick together. */
bool export_disjoint(const struct export *x, const struct xclock *a, const struct xclock *b);
/* It follows from the definitions that b ticks whenever a does. */
bool export_within(const struct xclock *a, const struct xclock *b);

/* export_rel.c */
void export_relation(struct export *x, struct node *n);

/* export_text.c */
bool text_reserved(enum export_to to, const char *name);
void text_define(const struct export *x, const struct xclock *c);
void text_comment(struct export *x, const char *name, const char *text);
void text_sub(struct export *x, const struct xclock *a, const struct xclock *b);
void text_exclusion(struct export *x, const struct xlist *list);
/* max: UINT64_MAX if there is none */
void text_precedence(struct export *x, const struct xclock *a, const struct xclock *b, bool weak,
		     uint64_t init, uint64_t max);
void text_file(const struct export *x, const char *name, const char *body, FILE *out);

#endif
