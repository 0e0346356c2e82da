/* SPDX-License-Identifier: MIT */
/* One device of vcosim serve: its RTL, trace, monitor, socket and control socket. */
#ifndef BRIDGE_CMD_SERVED_H
#define BRIDGE_CMD_SERVED_H

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/log.h"
#include "sim/skew.h"

struct loop;
struct served;

struct served_config {
	char name[64];                        /* in story and report */
	char socket[PATH_MAX], qmp[PATH_MAX]; /* socket "": as SERVER_HIDDEN; qmp "": none */
	char trace[PATH_MAX], spec[PATH_MAX]; /* trace "": do not record */
	const char *const *waive;             /* as in struct rig_config */
	const char *profile;                  /* as in struct rig_config */
	const char *dut;                      /* the RTL's name, NULL: DEV_DUT */
	uint64_t features;                    /* that the device offers */
	bool spec_queues;                     /* queues as 5.5.2 numbers them, not as Linux does */
	bool dmesg;                           /* violations into the guest's kernel log */
	unsigned target;                      /* MiB */
	uint64_t cycle_budget;                /* 0: DEV_CYCLE_BUDGET */
	struct skew skew;                     /* all zero: none */
	struct loop *loop;
	struct log log;
	FILE *story; /* or NULL */
	void *ctx;
	void (*quit)(void *ctx); /* a control client asks for the end */
};

/* Serves from the loop. NULL after one line on stderr. */
struct served *served_new(const struct served_config *cfg);
void served_free(struct served *sv);

/* The path that clients connect to. */
const char *served_socket(const struct served *sv);

/* Its RTL and what is around it; lets it work, after something gave it work past the guest. */
struct rig *served_rig(const struct served *sv);
void served_run(struct served *sv);

/* What to say to QEMU for this device, quoted for a shell. False after a line on stderr. */
bool served_print_device(const struct served *sv, FILE *to);

/*
 * The end: lets the guest go, closes the trace. 0, 1 or 2 as an exit status; the run's
 * entry goes to the report's `runs`.
 */
int served_end(struct served *sv, json_t *runs);

#endif
