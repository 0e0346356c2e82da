/* SPDX-License-Identifier: MIT */
/*
 * The step engine: flat constant tables, and one block of memory that the caller hands in.
 *
 * Builds freestanding: no libc, no allocation, no recursion that depends on input. Tables come
 * from compile.c or from `vcosim ccsl emit-c`.
 *
 * A specification is a list of nodes in an order in which every node comes after those it
 * reads: events, then derived clocks and scopes, then relations. An instant marks its events,
 * and visits only nodes that something marked, in that order. A node's own state is read by
 * itself alone, so it is committed at the visit; variables are read by others, so they change
 * after the last visit. Hence every test sees the state before the instant.
 *
 * A scope restarts by taking a new generation number. A node whose number is old starts from
 * its initial state when it is next visited; nobody walks over the nodes of a scope.
 *
 * Most of what a life of a scope demands is settled early in it. Nodes that can neither break
 * nor change anything until their scope restarts sleep: the lists that instants walk along
 * are looked through now and then, and such nodes are left out (core_roll.c).
 */
#ifndef MONITOR_CORE_H
#define MONITOR_CORE_H

#include <stddef.h>

#include "monitor/ccsl.h"

#define CORE_NONE  UINT32_MAX
#define CORE_STACK 24          /* depth of a data expression */
#define CORE_NODES (64 * 4096) /* what three levels of the agenda cover */

enum core_kind {
	/* clocks: p[] are parameters, op[] the clocks they read */
	CORE_EVENT,    /* marked by the instant */
	CORE_GUARD,    /* any alternative holds */
	CORE_UNION,    /* any operand ticks */
	CORE_INTER,    /* all operands tick */
	CORE_MINUS,    /* the first ticks and none of the others */
	CORE_INF,      /* max of the counts grows */
	CORE_SUP,      /* min of the counts grows */
	CORE_DELAY,    /* op0 $ p0 */
	CORE_DEFER,    /* op0 $ p0 on op1; p0 = 1: op0 sampledOn op1 */
	CORE_SAMPLE_W, /* op0 weaklySampledOn op1 */
	CORE_EVERY,    /* every p0-th op0 from p1 up to p2, from 0 */
	CORE_FILTER,   /* op0 by the binary word at bits[p0], p1 letters once, p2 for ever */
	CORE_AWAIT,    /* the p0-th op0, then dead */
	CORE_UPTO,     /* op0 until op1, which kills it */
	CORE_ONCE,     /* the first op1 after (p0: or with) op0, then dead */
	CORE_CONCAT,   /* op0 until it is dead, then op1, whose scope p0 restarts */
	/* what clocks do */
	CORE_SCOPE,  /* p0: scope; op0 restarts it, op1 ends it */
	CORE_UPDATE, /* p0: update of a variable */
	CORE_NOTE,   /* tell */
	/* relations */
	CORE_SUB,     /* op0 <- op1 */
	CORE_EQ,      /* op0 iff op1 */
	CORE_EXCL,    /* at most one */
	CORE_PREC,    /* op0 < op1 (p2: <=), init p0, max p1 or UINT64_MAX */
	CORE_FIRST,   /* the first op1 not before the first op0 (p2: or with it) */
	CORE_FORBID,  /* op0.. not in an interval from op[n-2] to op[n-1]; p0: CORE_IN_* */
	CORE_ALLOW,   /* op0.. only in such an interval */
	CORE_WITHIN,  /* op1 within p0 of op0; p1: enum core_unit, op2 the counted clock */
	CORE_REQUIRE, /* each alternative that holds makes its `must` hold */
	CORE_NEVER    /* op0 does not tick */
};

enum { CORE_IN_LEFT = 1, CORE_IN_RIGHT = 2, CORE_IN_ENDLESS = 4 };
enum core_unit { CORE_CYCLES, CORE_INSTANTS, CORE_TICKS };

enum {
	CORE_F_WITNESS = 1, /* a relation reads this clock: remember its ticks */
	CORE_F_MORTAL = 2   /* its death matters: wake its users at every visit */
};

struct core_node {
	uint8_t kind, flags;
	uint16_t scope;
	uint32_t rule;        /* of a relation, else CORE_NONE */
	uint32_t op, nop;     /* in ops[]: node numbers */
	uint32_t user, nuser; /* in users[]: nodes to visit when this one ticks */
	uint32_t alt, nalt;   /* in alts[] */
	uint32_t state;       /* first word of its state */
	uint32_t nstate;
	uint64_t p[3];
};

/* One alternative of a guarded clock. */
struct core_alt {
	uint32_t src;   /* node: an event, or another clock */
	uint32_t index; /* value its first argument must have, or CORE_NONE */
	uint32_t guard; /* first of its tests */
	uint32_t must;
};

enum core_src {
	CORE_S_IMM,  /* imm */
	CORE_S_ARG,  /* argument `at` of the tick, shifted right by `scope`, and imm */
	CORE_S_VAR,  /* cell `at`, of a variable of that scope, with imm as initial value */
	CORE_S_CODE, /* of the program from code[at] on */
	CORE_S_TOP   /* in a program: what is on the stack */
};

/* A value, as simply as it can be had; in a program with what is done to it. */
struct core_val {
	uint8_t src, code; /* enum core_src, enum core_code */
	uint16_t scope;
	uint32_t at;
	uint64_t imm;
};

/* A factor of a condition: (x & mask) compared with y. Tests[0] is the empty list. */
struct core_test {
	struct core_val x, y;
	uint64_t mask;
	uint32_t cmp; /* CORE_LT .. CORE_NE, or CORE_RET: the end of the list */
};

/* A node that an event touches; tests of the alternative by which it does, if it has any. */
struct core_sub {
	uint32_t node;
	uint32_t guard, must; /* guard CORE_NONE: no alternative */
};

/* What a tick of an event touches: nodes in subs[], in their order, and updates in onupd[]. */
struct core_slot {
	uint32_t sub, nsub;
	uint32_t upd, nupd;
};

struct core_event {
	uint32_t slot, nfamily; /* slots[slot + 1 + k] instead, for first argument k < nfamily */
};

struct core_var {
	uint64_t init;
	uint32_t cell, ncell;
	uint32_t scope;
};

struct core_update {
	uint32_t var;
	uint32_t guard; /* tests */
	struct core_val index, value;
};

struct core_scope {
	uint32_t parent;        /* CORE_NONE for the root, which is scope 0 */
	uint32_t end;           /* this scope and those inside are [own number, end) */
	uint32_t frail, nfrail; /* in frail[]: clocks in it that may begin dead */
	bool window;            /* closed until its restart clock ticks */
};

struct core_rule {
	uint32_t scope;
	uint32_t need, nneed; /* in needs[]: rules whose failure silences this one */
};

/*
 * What a program does with its operand x, a value as above, and with the top y of its stack,
 * which the result replaces.
 */
enum core_code {
	CORE_PUSH, /* a new top: x */
	CORE_ITEM, /* a new top: the cell of variable `at` that bits of an argument choose, as for
		      CORE_S_ARG, with the argument in scope >> 8; 0 outside */
	CORE_CELL, /* the cell of variable `at` that y chooses; 0 outside */
	CORE_NOT,
	CORE_INV,
	CORE_NEG,
	CORE_BOOL,  /* y != 0 */
	CORE_ANDIF, /* y is 0: jump to imm; else pop */
	CORE_ORIF,  /* y is not 0: 1, and jump; else pop */
	CORE_JZ,    /* pop; 0: jump */
	CORE_JMP,
	CORE_RET,
	/* y op x; with CORE_S_TOP x is popped first, and y is what was below it */
	CORE_MUL,
	CORE_DIV,
	CORE_MOD,
	CORE_ADD,
	CORE_SUBT,
	CORE_SHL,
	CORE_SHR,
	CORE_LT,
	CORE_LE,
	CORE_GT,
	CORE_GE,
	CORE_EQL,
	CORE_NE,
	CORE_AND,
	CORE_XOR,
	CORE_OR
};

struct core_tab {
	const struct core_node *nodes;
	const uint32_t *ops, *users;
	const struct core_alt *alts;
	const struct core_event *events; /* event n is node n */
	const struct core_slot *slots;
	const struct core_sub *subs;
	const struct core_test *tests;
	const uint32_t *onupd;
	const struct core_update *updates;
	const struct core_var *vars;
	const struct core_scope *scopes;
	const struct core_rule *rules;
	const uint32_t *needs;
	const struct core_val *code;
	const uint64_t *bits;
	const uint32_t *timed; /* CORE_WITHIN nodes that a clock may expire */
	const uint32_t *frail;
	uint32_t nnodes, nevents, nvars, nscopes, nrules, ntimed;
	uint32_t nstate, ncells, nscratch, nslots, nsubs;
	uint32_t ring; /* ticks remembered for explanations, a power of two */
};

struct core_mark {
	uint64_t instant, cycle;
	uint32_t node;
};

struct core_clock {
	uint64_t stamp; /* the step in which it last ticked */
	uint64_t gen;   /* generation its state belongs to */
	uint64_t count; /* ticks in all */
	uint64_t seen;  /* visits while its scope was open */
};

struct core_life {
	uint64_t gen;
	uint64_t instant; /* in which it began */
	bool open;
	bool slept_in; /* some list leaves out a node of this scope until it restarts */
};

/* A slot's list as it is walked: shorter than subs[] once some of it can sleep. */
struct core_roll {
	uint64_t epoch;
	const struct core_sub *sub;
	uint32_t nsub, nupd;
	int32_t left, lull; /* walks before it is looked through again: still, and at first */
};

struct core_verdicts {
	uint64_t muted; /* generation of its scope in which it failed */
	uint64_t violations, silenced;
};

struct core;

/* The core tells; node is the relation or note. State is still that before the instant. */
struct core_hooks {
	void *ctx;
	void (*fail)(void *ctx, const struct core *core, uint32_t node);
	void (*note)(void *ctx, const struct core *core, uint32_t node);
};

struct core_cell {
	uint64_t gen, value;
};

struct core_pend {
	uint64_t gen, value;
	uint32_t cell;
};

struct core {
	const struct core_tab *tab;
	struct core_hooks hooks;
	uint64_t step; /* number of the current step, from 1; the end of the trace is one too */
	uint64_t instant, instants; /* the current one, from 0; those so far */
	uint64_t cycle;
	uint64_t gens;                   /* generations given out */
	uint64_t epoch;                  /* rolls made in another one are void */
	uint64_t due_cycle, due_instant; /* no deadline passes up to here */
	uint64_t marks;                  /* ever written to the ring */
	const struct ccsl_tick *ticks;
	unsigned nticks;
	struct core_clock *clocks; /* by node */
	uint64_t *state;
	struct core_life *lives;
	struct core_verdicts *verdicts;
	struct core_cell *cells;
	struct core_mark *ring;
	struct core_pend *scratch;
	uint32_t *late; /* updates by derived clocks, for the end of the step */
	uint32_t nlate;
	uint64_t *day, *week;    /* the agenda: one bit a node, one bit a word of day */
	uint64_t month;          /* one bit a word of week */
	uint32_t low;            /* nothing below this node is on the agenda */
	struct core_roll *rolls; /* by slot */
	struct core_sub *subs;   /* of the rolls, where tab->subs has those of the slot */
};

/* Bytes that core_init wants, aligned for uint64_t. */
size_t core_size(const struct core_tab *tab);
struct core *core_init(void *mem, const struct core_tab *tab, const struct core_hooks *hooks);
void core_step(struct core *core, uint64_t cycle, const struct ccsl_tick *ticks, unsigned n);
void core_finish(struct core *core, uint64_t cycle);
/* Waits in cycles that are on are due that much later. Not within a step. */
void core_grant(struct core *core, uint64_t cycles);

/* The value of variable cell, as tests of the current step see it. */
uint64_t core_var_get(const struct core *core, uint32_t var, uint64_t cell);
/* State words of a node as its next test will see them; initial ones if its scope restarted. */
uint64_t core_state_get(const struct core *core, uint32_t node, uint32_t word);
/* Its node's relation owes something: an unmet deadline, an interval or a count left open. */
bool core_pending(const struct core *core, uint32_t node);

#endif
