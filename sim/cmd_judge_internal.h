/* SPDX-License-Identifier: MIT */
/* Inside of a judge: for cmd_judge*.c alone. */
#ifndef SIM_CMD_JUDGE_INTERNAL_H
#define SIM_CMD_JUDGE_INTERNAL_H

#include "monitor/ccsl.h"
#include "sim/burndown.h"
#include "sim/cmd_judge.h"
#include "sim/cmd_profile.h"
#include "sim/lifecycle.h"

#define JUDGE_LAST_EVENTS 6  /* shown with a verdict */
#define JUDGE_HANGS_MAX   16 /* registers told of; further hangs are counted */

struct judge {
	struct judge_config cfg;
	struct observer *observer;
	struct lifecycle *lifecycle;
	struct burndown *burndown;
	struct ccsl_spec *spec;
	struct ccsl_monitor *monitor;

	struct profile profile;
	unsigned advice; /* not taken */
	uint8_t *said;   /* by rule: enum coverage_told */
	bool *blind;     /* by rule: what it reads is hidden, so it is not judged */

	unsigned against;         /* verdicts against the driver or the device */
	json_t *verdicts, *steps; /* arrays for the report */
	uint64_t offered, accepted, negotiated;
	uint32_t target;

	uint64_t last_cycle[JUDGE_LAST_EVENTS];
	struct event last[JUDGE_LAST_EVENTS];
	unsigned nlast; /* events ever; the ring holds the last of them */

	uint8_t status;         /* of the device, as last seen on the bus */
	uint64_t begun;         /* cycle of the last access, UINT64_MAX: nobody has said */
	uint64_t counted;       /* cycles up to here were looked at for those that do not count */
	bool stopped, restless; /* the device: by its clock; it has not come to rest since told */
	uint64_t hangs;         /* accesses without an answer */
	unsigned ntold;         /* of them, by register */
	struct bus_rec told[JUDGE_HANGS_MAX];
};

/* --- cmd_judge_tell.c: what is told of a verdict --- */

/* For the terminal; the report has it too. */
struct judge_telling {
	FILE *to; /* NULL: no memory */
	char *text;
	size_t len;
};

/* Returns telling->to. */
FILE *judge_telling_begin(struct judge_telling *telling);
void judge_telling_end(const struct judge *judge, struct judge_telling *telling, json_t *verdict,
		       bool aloud);
void judge_tell_last_events(const struct judge *judge, FILE *to);

/* Takes the verdict. `again`: the report has one of this kind already. */
void judge_keep_verdict(struct judge *judge, json_t *verdict, bool again);

/* The monitor's sink: ctx is the judge. */
void judge_verdict(void *ctx, const struct ccsl_verdict *v);

/* A rule of AXI, by its number, was broken at a port: a verdict, if it is the device's. */
void judge_broken(struct judge *judge, uint64_t cycle, unsigned rule);

/* --- cmd_judge_hang.c: a device that hangs, and the time in which it was not free to act --- */

/*
 * From here to there the device was not free to act: no deadline counts these cycles, neither the
 * device's nor that of a driver who waits for it. All that was seen before has been judged.
 */
void judge_stood_still(struct judge *judge, uint64_t from, uint64_t to);

/* Whatever is told next is of this cycle. */
void judge_pass_to(struct judge *judge, uint64_t cycle);

/* An access got no answer; the device does not come to rest. */
void judge_hang(struct judge *judge, const struct bus_rec *rec);
void judge_stalled(struct judge *judge, uint64_t cycle);

#endif
