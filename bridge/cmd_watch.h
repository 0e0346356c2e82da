/* SPDX-License-Identifier: MIT */
/* `vcosim watch`: what it was asked, and the devices that it tells of (cmd_watched.c). */
#ifndef BRIDGE_CMD_WATCH_H
#define BRIDGE_CMD_WATCH_H

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/bus.h"
#include "sim/ftrace_bus.h"

struct watch_config {
	const char *device; /* as virtio_device_name says it, or NULL: all */
	const char *spec, *record, *profile;
	bool json;
};

/* The devices of a machine, each with a judge of its own. */
struct watched;

/* cfg is borrowed. NULL: no memory. */
struct watched *watched_new(const struct watch_config *cfg);
void watched_free(struct watched *w);

/* A record of device number dev of bus. */
void watched_rec(struct watched *w, struct ftrace_bus *bus, unsigned dev,
		 const struct bus_rec *rec);

/* To be called about twice a second. */
void watched_poll(struct watched *w);

/* The end: tells the rest, prints the report. Returns the exit status: 0, 1 or 2. */
int watched_end(struct watched *w, const struct ftrace_bus *bus);

#endif
