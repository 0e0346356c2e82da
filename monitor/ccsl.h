/* SPDX-License-Identifier: MIT */
/*
 * CCSL: load a specification, step a monitor over instants, be told of violations.
 *
 * The language and its denotation are in specs/README.md. A monitor sees instants only: a
 * cycle number and the events that tick together. It knows no virtio and no bus.
 *
 * Event ids are dense: the `Event` declarations in the order in which they are read, then
 * the input clocks (`Clock a` without a definition), which are events without arguments.
 */
#ifndef MONITOR_CCSL_H
#define MONITOR_CCSL_H

#include <stdbool.h>
#include <stdint.h>

#define CCSL_ARGS 6 /* arguments an event may have */

struct ccsl_spec;
struct ccsl_monitor;

/* Where a specification is wrong. line and col count from 1; 0: the file as a whole. */
struct ccsl_error {
	char file[256];
	unsigned line, col;
	char text[256]; /* what was found and what was expected, one line */
};

/* Called for each finding of the load-time checks that does not stop the load. */
typedef void ccsl_warn_fn(void *ctx, const struct ccsl_error *warning);

enum ccsl_level { CCSL_MUST, CCSL_MUST_NOT, CCSL_SHOULD, CCSL_SHOULD_NOT, CCSL_MAY };
enum ccsl_blame { CCSL_DRIVER, CCSL_DEVICE, CCSL_SPEC };

/* What a rule is made of; `vcosim ccsl list` counts them apart. */
enum ccsl_form { CCSL_ORDER, CCSL_STATELESS, CCSL_INTERVAL, CCSL_TIMED, CCSL_DATA, CCSL_NEVER };

/* One constraint with its tags. A rule over a family has one instance a member. */
struct ccsl_rule {
	const char *name;           /* "features_reread", "enable_order[3]" */
	const char *const *clauses; /* primary first; may be empty */
	unsigned nclauses;
	enum ccsl_level level;
	enum ccsl_blame blame;
	enum ccsl_form form;
	const char *expect; /* one sentence, or "" */
	const char *text;   /* the relation itself, as CCSL text */
	const char *scope;  /* dotted names of the enclosing scopes, or "" */
	const char *file;
	unsigned line;
};

#define CCSL_WHOLE (-1)

/* What somebody is not shown: an event, or one argument of it, by position. */
struct ccsl_hidden {
	uint16_t event;
	int16_t arg; /* CCSL_WHOLE: the event itself */
};

/* One tick of an event; arguments by position, as declared. */
struct ccsl_tick {
	uint16_t event;
	uint8_t nargs;
	uint64_t arg[CCSL_ARGS];
};

/* A violation, the moment it happens. Everything is valid during the call only. */
struct ccsl_verdict {
	const struct ccsl_rule *rule;
	unsigned index;                /* of the rule, 0 .. ccsl_rules() - 1 */
	bool waived;                   /* by ccsl_waive: counted, not held against anybody */
	uint64_t cycle;                /* of the instant */
	uint64_t instant;              /* number of the instant, from 0 */
	const struct ccsl_tick *ticks; /* the whole instant */
	unsigned nticks;
	const char *event;   /* the ticks that broke the rule: "status_write(15)" */
	const char *explain; /* several lines: witness, state before, what was allowed */
};

/* What the monitor tells; each callback may be NULL. They must not call ccsl_step. */
struct ccsl_sink {
	void *ctx;
	void (*verdict)(void *ctx, const struct ccsl_verdict *v);
	/* `Note clock "text"` ticked: the story of a session as the specification tells it. */
	void (*note)(void *ctx, const char *clock, const char *text, uint64_t cycle);
};

enum ccsl_result { CCSL_OK, CCSL_VIOLATED, CCSL_PENDING, CCSL_VACUOUS };

struct ccsl_count {
	uint64_t instants, events; /* stepped so far; events are ticks */
	uint64_t violations;       /* told to the sink, waived ones not counted */
	uint64_t waived;
	unsigned constraints; /* rules, instances counted one by one */
};

/*
 * Loads files (and what they import, each file once) into one specification. NULL and *err
 * on failure. warn may be NULL.
 */
struct ccsl_spec *ccsl_load(const char *const *paths, unsigned n, ccsl_warn_fn *warn, void *ctx,
			    struct ccsl_error *err);
/* The same from memory; name stands for the file, imports are relative to it. */
struct ccsl_spec *ccsl_load_text(const char *name, const char *text, ccsl_warn_fn *warn, void *ctx,
				 struct ccsl_error *err);
void ccsl_spec_free(struct ccsl_spec *spec);

unsigned ccsl_events(const struct ccsl_spec *spec);
const char *ccsl_event_name(const struct ccsl_spec *spec, unsigned event);
unsigned ccsl_event_nargs(const struct ccsl_spec *spec, unsigned event);
int ccsl_event_find(const struct ccsl_spec *spec, const char *name); /* id or -1 */
unsigned ccsl_rules(const struct ccsl_spec *spec);
const struct ccsl_rule *ccsl_rule(const struct ccsl_spec *spec, unsigned index);
/*
 * rules[i]: rule i reads something of what is hidden, so that who is not shown it cannot decide
 * the rule. 0 or -ENOMEM.
 */
int ccsl_blind(const struct ccsl_spec *spec, const struct ccsl_hidden *hidden, unsigned n,
	       bool *rules);
const char *ccsl_level_name(enum ccsl_level level);
const char *ccsl_blame_name(enum ccsl_blame blame);
const char *ccsl_result_name(enum ccsl_result result);

/* One line of text for a tick: "status_write(15)". Returns buf. */
char *ccsl_tick_str(const struct ccsl_spec *spec, const struct ccsl_tick *tick, char *buf,
		    unsigned len);

/* spec must outlive the monitor; one spec serves many monitors. NULL: no memory. */
struct ccsl_monitor *ccsl_monitor_new(const struct ccsl_spec *spec, const struct ccsl_sink *sink);
void ccsl_monitor_free(struct ccsl_monitor *mon);

/*
 * A violation of this rule (all instances of a family) is waived; of "rule(n)", n up to 62,
 * only one by ticks whose first argument is n, and then each such tick is counted.
 * -ENOENT: no such rule; -EINVAL: what is in the brackets is no such number.
 */
int ccsl_waive(struct ccsl_monitor *mon, const char *rule);

/*
 * One instant: n events tick together at `cycle`, which never falls. No allocation. An event
 * id out of range is a bug of the caller.
 */
void ccsl_step(struct ccsl_monitor *mon, uint64_t cycle, const struct ccsl_tick *ticks, unsigned n);

/*
 * So many cycles have passed since the last instant in which time stood still: no wait in cycles
 * that is on counts them.
 */
void ccsl_grant(struct ccsl_monitor *mon, uint64_t cycles);

/* The trace ends at `cycle`: deadlines that passed by then are judged. */
void ccsl_finish(struct ccsl_monitor *mon, uint64_t cycle);

/* What is known about a rule so far; violations may be NULL, else all of them are counted. */
enum ccsl_result ccsl_result(const struct ccsl_monitor *mon, unsigned rule, uint64_t *violations);
void ccsl_count(const struct ccsl_monitor *mon, struct ccsl_count *count);

#endif
