/* SPDX-License-Identifier: MIT */
/*
 * A bus event: what the observer makes of bus records. The list of events, their
 * arguments and units is specs/events.ccsl.
 */
#ifndef SIM_EVENT_H
#define SIM_EVENT_H

#include <stdint.h>

#include "specs/events.h"

struct event {
	uint16_t id;   /* enum event_id */
	uint8_t nargs; /* as event_nargs(id) */
	uint64_t arg[EVENT_MAX_ARGS];
};

#define EVENT_STR_MAX  160 /* no event is longer in words */
#define EVENT_ARGS_MAX 12  /* nor has an argument a longer name */

/* The name as in specs/events.ccsl, and how many arguments; "?" and 0 for no event. */
const char *event_name(unsigned id);
unsigned event_nargs(unsigned id);

/* The id of that name, or -1. */
int event_find(const char *name);

/* Copies the name of argument n (0..nargs-1) to buf; "" when there is none. Returns buf. */
char *event_arg_name(unsigned id, unsigned n, char buf[EVENT_ARGS_MAX]);

/*
 * "status_write(0x0f)", "queue_size_write(1, 0x80)": values, addresses, offsets and flags
 * in hexadecimal, everything that counts or numbers things in decimal. Returns buf.
 */
char *event_str(const struct event *ev, char *buf, unsigned len);

/*
 * The bits of a device status by their names in virtio 1.4, 2.1: "ACKNOWLEDGE|DRIVER",
 * lowest bit first; bits without a name as one number at the end; "0" for 0. Returns buf.
 */
char *event_status_str(uint8_t status, char *buf, unsigned len);

#endif
