/* SPDX-License-Identifier: MIT */
/*
 * From bus records to a report: the observer, the monitor that judges its instants, the
 * driver's life in words, and what was found. The same for a live device and for a trace.
 */
#ifndef SIM_CMD_JUDGE_H
#define SIM_CMD_JUDGE_H

#include <jansson.h>
#include <stdio.h>

#include "sim/observer.h"

struct judge;

struct judge_config {
	const char *name; /* of the run, in the report */
	const char *spec; /* specification file */
	FILE *story;      /* the driver's steps and verdicts as they happen, or NULL */
	void *ctx;
	/* As in struct observer_sink; read is NULL for a trace. */
	int (*read)(void *ctx, uint64_t gpa, void *buf, size_t len);
	void (*snoop)(void *ctx, const struct bus_rec *rec);
	/* Each instant, before it is judged; or NULL. */
	void (*instant)(void *ctx, uint64_t cycle, const struct event *ev, unsigned n);
	/* Each verdict that counts or advises, as its entry in the report; or NULL. */
	void (*verdict)(void *ctx, const json_t *verdict);
	/* What the device shows while it hangs, in words; NULL for a trace. */
	void (*state)(void *ctx, char *buf, size_t len);
	/* Nanoseconds that the access or the device's work has taken so far; or NULL. */
	uint64_t (*elapsed)(void *ctx);
	uint64_t budget;          /* cycles that an access may take, 0: not known */
	const char *const *waive; /* names of rules, NULL-terminated: known findings; or NULL */
	const char *profile;      /* see sim/cmd_profile.h; NULL: nothing is waived by it */
	const json_t *header;     /* of the trace: what it hides (sim/cmd_hidden.h), or NULL */
};

/* NULL, and one line on stderr that says why. Strings are borrowed. */
struct judge *judge_new(const struct judge_config *cfg);
void judge_free(struct judge *judge);

/* Records and flushes as of struct observer. */
void judge_rec(struct judge *judge, const struct bus_rec *rec);
void judge_flush(struct judge *judge);

/* A whole recorded session, its end included. */
struct trace_log;
void judge_log(struct judge *judge, const struct trace_log *log);

/*
 * What was done to the device (BUS_CUE): since when an access waits, whether the device is free to
 * act. One that does not come to rest is a verdict HANG, as for a register that hangs; one that
 * breaks a rule of AXI at a port (sim/axi_rules.h) is the verdict AXI.
 */
void judge_cue(struct judge *judge, const struct bus_rec *cue);

#define JUDGE_REG_MAX 80

/* "device_status +0x14" where the windows are known, else "BAR 0 +0x14". Returns buf. */
char *judge_reg_str(const struct judge *judge, enum bus_space space, unsigned bar, uint64_t addr,
		    char buf[JUDGE_REG_MAX]);

/* What is hidden, as in the configuration's header: known better by now. False: no memory. */
bool judge_hide(struct judge *judge, const json_t *header);

/* The session ended at this cycle. */
void judge_end(struct judge *judge, uint64_t cycle);

/* Verdicts so far against the driver or the device, waived ones left out. */
unsigned judge_verdicts(const struct judge *judge);

/* The features that the driver has negotiated, 0 so far. */
uint64_t judge_negotiated(const struct judge *judge);

/* The specification's files with rules, and their hashes: {"life.ccsl": "01ab...", ..}. */
json_t *judge_specs(const struct judge *judge);

/*
 * For people, from a report: how many clauses were exercised, so that they could have been broken,
 * how many never; which advice was not taken; what the profile waived.
 */
void judge_tell_clauses(const json_t *report, FILE *to);

/* As rig_report; of "balloon" only what the bus tells. */
json_t *judge_report(const struct judge *judge);

#endif
