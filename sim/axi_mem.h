/* SPDX-License-Identifier: MIT */
/*
 * AXI4 subordinate BFM in front of guest memory: what the DUT's manager port talks to.
 * Bursts are answered in order, a beat a cycle, or as a skew has it: late, with pauses, out
 * of order where their ids differ, data taken before their address, some with SLVERR.
 * Bytes outside the windows answer DECERR.
 * A burst to a message window moves as a whole, and waits where its window says -EAGAIN.
 * Source: AMBA AXI and ACE protocol specification, chapters A3 and A5.
 */
#ifndef SIM_AXI_MEM_H
#define SIM_AXI_MEM_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/axi_burst.h"
#include "sim/bus.h"
#include "sim/pins.h"
#include "sim/skew.h"

struct mem;

#define AXI_MEM_DEPTH 8 /* bursts accepted ahead, each way */

struct axi_queue {
	struct axi_burst at[AXI_MEM_DEPTH];
	unsigned head, n;
};

struct axi_mem {
	struct mem *mem;
	void (*rec)(void *ctx, const struct bus_rec *rec);
	void (*cue)(void *ctx, const struct bus_rec *cue); /* BUS_CUE_LOAD, may be NULL */
	void *ctx;
	const struct skew *skew; /* NULL: none */
	bool narrow;             /* a bus of 4 bytes, not 8 */
	bool closed;             /* no new burst is taken */
	bool hold_messages;      /* leave bursts to message windows waiting */
	bool waiting; /* a message window said -EAGAIN: nothing moves until it is there */

	uint64_t cycle;             /* this one */
	struct axi_queue ar, aw, b; /* b: written, response due; size holds the response */
	bool r_chosen;              /* head of ar is being fetched */
	bool r_loaded;              /* and is in r_data */
	bool r_valid, b_valid;      /* on offer, and stays so until taken */
	bool r_split;  /* the burst could not be had whole: fetched beat by beat from r_beat on */
	bool r_waited; /* head of ar was asked for in vain, its window may have changed since */
	unsigned r_beat, w_beat;
	uint8_t w_resp;
	uint64_t r_data[256];
	uint8_t r_resp[256];
	bool w_message;    /* head of aw goes by message: its beats are gathered here */
	unsigned w_stored; /* of them, already written */
	uint64_t w_data[256];
	uint8_t w_strb[256];
	struct axi_beat {
		uint64_t data;
		uint8_t strb;
	} w[AXI_MEM_DEPTH]; /* taken, maybe before their address */
	unsigned nw;
};

/* In each cycle one call of each, before and after the model's evaluation. */
void axi_mem_drive(struct axi_mem *am, const struct pins *pin, uint64_t cycle);
void axi_mem_sample(struct axi_mem *am, const struct pins *pin);

/* No burst accepted and unanswered, no data without an address. */
bool axi_mem_idle(const struct axi_mem *am);

/* Drops all bursts; for use while the DUT is in reset. */
void axi_mem_reset(struct axi_mem *am);

#endif
