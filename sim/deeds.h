/* SPDX-License-Identifier: MIT */
/*
 * What a driver did, as lines that are the same whenever it did the same: on another device, in
 * another guest, at another speed. Made from instants; it judges nothing.
 *
 * Told are status writes, the features accepted, how queues were set up, vectors, writes to the
 * device configuration, queue resets, and the first notification of each queue in a life. Not
 * told are times, addresses, how often something was looked at or notified, and what a device
 * answered; a queue size that is the device's own is "as offered". Of writes to one field in a
 * row only the last one is told.
 */
#ifndef SIM_DEEDS_H
#define SIM_DEEDS_H

#include <stdint.h>

#include "sim/event.h"

struct deeds;

/* `deed` is called for each line. NULL: out of memory. */
struct deeds *deeds_new(void (*deed)(void *ctx, uint64_t cycle, const char *text), void *ctx);
void deeds_free(struct deeds *deeds);
void deeds_instant(struct deeds *deeds, uint64_t cycle, const struct event *ev, unsigned n);

/* The session is over: what was held back is told. */
void deeds_end(struct deeds *deeds);

#endif
