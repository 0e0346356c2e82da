/* SPDX-License-Identifier: MIT */
/*
 * Between the server and a device's port: passes everything on, takes the time of each
 * access, and notices a device that does not come to rest and a guest that polls.
 */
#ifndef BRIDGE_PROBE_H
#define BRIDGE_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "bridge/hist.h"
#include "sim/port.h"

struct probe;

/* The same register read again and again, the same value each time, nothing in between. */
struct probe_spin {
	struct dev_reg reg;
	uint32_t val;
	uint64_t count; /* reads */
	uint64_t ns;    /* from the first to the last */
	bool over;      /* something else was done; else it goes on */
};

struct probe_config {
	void *ctx;
	void (*ran)(void *ctx);                  /* the device was let work; or NULL */
	void (*stalled)(void *ctx, uint64_t ns); /* it did not come to rest, first time; or NULL */
	/* After PROBE_SPIN_NS of it, and when it is over; or NULL. */
	void (*spin)(void *ctx, const struct probe_spin *spin);
	uint64_t (*cycle)(void *ctx); /* the device's clock, or NULL */
	uint64_t (*now)(void);        /* nanoseconds, NULL: loop_now */
};

#define PROBE_SPIN_NS    1000000000ULL
#define PROBE_SPIN_COUNT 20 /* reads at least */

/* NULL: no memory. */
struct probe *probe_new(const struct port *inner, const struct probe_config *cfg);
void probe_free(struct probe *probe);

/* Use this instead of the inner one. */
struct port probe_port(struct probe *probe);

/* Nanoseconds since the access under way, or the device's work, was begun; 0: there is none. */
uint64_t probe_elapsed(const struct probe *probe);

/* RTL cycles of each access; empty without a clock. */
const struct hist *probe_cycles(const struct probe *probe);

/* The guest is gone: what it polled, it polls no more. */
void probe_flush(struct probe *probe);

#endif
