/* SPDX-License-Identifier: MIT */
/*
 * AXI4-Lite manager BFM for the register port: one transfer at a time, all at once or, with
 * a skew, address and data at their own times and the response taken late.
 * Source: AMBA AXI and ACE protocol specification, chapter B1; sidebands as rtl/README.md.
 */
#ifndef SIM_AXIL_H
#define SIM_AXIL_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/bus.h"
#include "sim/pins.h"
#include "sim/skew.h"

struct axil {
	const struct skew *skew; /* NULL: none */
	uint64_t cycle;          /* last sampled */
	enum { AXIL_IDLE, AXIL_READ, AXIL_WRITE } state;
	bool addr_shown, data_shown; /* on offer, and stay so until taken */
	bool addr_done, data_done;
	uint32_t addr, data;
	uint8_t user, strb;
	struct bus_rec rec; /* the transfer as the pins showed it */
};

/* AxUSER of an access. */
uint8_t axil_user(enum bus_space space, unsigned bar, unsigned size);

/* data is right-aligned to the byte at addr. Only from AXIL_IDLE. */
void axil_start_read(struct axil *axil, uint32_t addr, uint8_t user);
void axil_start_write(struct axil *axil, uint32_t addr, uint8_t user, uint32_t data);

/* What a cycle brought: `rec` holds a new record, the transfer has ended. */
enum { AXIL_RECORD = 1, AXIL_DONE = 2 };

/* Before the clock edge: drive, then (after evaluation) sample, which returns AXIL_*. */
void axil_drive(struct axil *axil, const struct pins *pin);
unsigned axil_sample(struct axil *axil, const struct pins *pin, uint64_t cycle);

/* Drops whatever is in flight; for use while the DUT is in reset. */
void axil_reset(struct axil *axil);

#endif
