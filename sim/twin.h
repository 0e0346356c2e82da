/* SPDX-License-Identifier: MIT */
/*
 * One random driver on two devices, step by step: whatever it can observe is compared after each
 * step, registers read, rings and messages in memory, the interrupt line, pages given away. A
 * difference is a named freedom of the specification (sim/freedom.h), or one of the two is wrong.
 * Of messages it is compared which vectors had some in a step, not how many, nor in which order.
 *
 * The driver conforms, so nothing that a device may do to one that does not gets in the way.
 * virtio over PCI, a balloon; virtio 1.4, 3.1, 2.7, 4.1, 5.5.
 */
#ifndef SIM_TWIN_H
#define SIM_TWIN_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/driver.h"
#include "sim/freedom.h"

#define TWIN_MEM   (64u << 20) /* bytes of guest memory, from address 0 on */
#define TWIN_TEXT  160
#define TWIN_STEPS 300 /* of a session */

/* One device, and how to reach it and its memory. */
struct twin_side {
	const char *name;
	const struct driver_io *io;
	uint8_t *mem;
	void *ctx;
	void (*settle)(void *ctx);                 /* until the device is at rest */
	bool (*intx)(void *ctx);                   /* the interrupt line */
	void (*target)(void *ctx, uint32_t pages); /* the host's word */
};

struct twin_config {
	struct twin_side side[2];
	uint64_t seed;
	unsigned steps; /* 0: TWIN_STEPS */
	void *ctx;
	void (*said)(void *ctx, const char *line); /* each step in words, or NULL */
};

struct twin_result {
	uint64_t steps, compared, freedom[FREE_COUNT];
	uint64_t chains, pages, messages, lines, lives; /* what happened: it was a driver */
	bool differs;
	uint64_t step;         /* of the difference, */
	char doing[TWIN_TEXT]; /* what was done, */
	char what[TWIN_TEXT];  /* and what was seen on both sides */
	const char *error;     /* a device that cannot be driven at all; else NULL */
};

void twin_run(const struct twin_config *cfg, struct twin_result *res);

#endif
