/* SPDX-License-Identifier: MIT */
/*
 * A model on a bench of unpleasant neighbours: an AXI subordinate, an MSI-X sink and a
 * page sink that are late, early and reluctant, all from one seed, plus checks of what
 * the AXI specification asks of the manager at every cycle (A3.2.1 stability, A3.4.1
 * bursts, A3.3 dependencies). A broken rule fails the test with its name and cycle.
 */
#ifndef TESTS_LIB_SKEW_H
#define TESTS_LIB_SKEW_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/axil.h"
#include "sim/model.h"

#define SKEW_RAM      0x40000ULL /* guest physical */
#define SKEW_RAM_SIZE 0x40000U
enum {
	SKEW_AR,
	SKEW_AW,
	SKEW_W,
	SKEW_MESSAGE,
	SKEW_PAGE,
	SKEW_STAT,
	SKEW_RANGE,
	SKEW_OUT, /* those that the device offers something to */
	SKEW_R = SKEW_OUT,
	SKEW_B
};

#define SKEW_DEPTH 4

struct skew_burst {
	uint64_t addr;
	unsigned beats, wait;
	bool error;
};

struct skew_fifo {
	struct skew_burst at[SKEW_DEPTH];
	unsigned n;
};

struct skew {
	struct model *model;
	struct axil axil;
	uint64_t rng, cycle;
	unsigned lazy; /* 0..255: how often a neighbour is not ready */
	unsigned hold; /* 1 << SKEW_*: those that do nothing for now */
	uint8_t ram[SKEW_RAM_SIZE];
	struct skew_fifo ar, aw, b;
	struct skew_data {
		uint64_t data;
		uint8_t strb;
		bool last;
	} w[SKEW_DEPTH]; /* data taken, maybe before its address */
	unsigned nw;
	bool data_first; /* takes an address only once it has data */
	unsigned r_beat, w_beat;
	bool r_valid, b_valid; /* on offer, and stays so until taken */
	/* What the device did. */
	uint64_t reads, writes; /* beats */
	uint64_t pages;
	unsigned messages; /* MSI-X */
	void (*page)(void *ctx, unsigned op, uint32_t pfn);
	void (*stat)(void *ctx, uint16_t tag, uint64_t value);
	void (*range)(void *ctx, unsigned kind, uint64_t addr, uint32_t len);
	void *ctx;
	unsigned quiet; /* cycles in a row */
	bool mastering; /* by what the test has written: may new bursts and messages start? */
	struct {
		uint64_t payload[SKEW_OUT][2];
		bool held[SKEW_OUT];
	} last;
};

/* lazy: as in the struct, or negative: from the seed too */
struct skew *skew_new(uint64_t seed, int lazy);
void skew_free(struct skew *sk);

uint32_t skew_rand(struct skew *sk, uint32_t below); /* 0 .. below - 1 */
void skew_tick(struct skew *sk);
/* Until the device has been quiet for some cycles; false if it is busy with nothing. */
bool skew_settle(struct skew *sk);

uint32_t skew_read(struct skew *sk, enum bus_space space, uint32_t off, unsigned size);
void skew_write(struct skew *sk, enum bus_space space, uint32_t off, unsigned size, uint32_t val);

#endif
