/* SPDX-License-Identifier: MIT */
/* An AXI4 burst: where its beats go. Source: AMBA AXI and ACE specification, A3.4.1. */
#ifndef SIM_AXI_BURST_H
#define SIM_AXI_BURST_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/bus.h"

enum axi_burst_type { AXI_FIXED = 0, AXI_INCR = 1, AXI_WRAP = 2 };

struct axi_burst {
	uint64_t addr;
	unsigned beats; /* 1..256 */
	uint8_t id, size, burst;
	bool error;   /* a subordinate answers SLVERR, and moves nothing */
	uint64_t due; /* nor does it answer before that cycle */
};

/* Byte address of beat n. */
static inline uint64_t axi_beat_addr(const struct axi_burst *b, unsigned n)
{
	uint64_t step = 1ULL << b->size, round = step * b->beats;
	uint64_t addr = (b->addr & ~(step - 1)) + n * step;

	if (!n || b->burst == AXI_FIXED)
		return b->addr;
	if (b->burst == AXI_WRAP)
		return (b->addr & ~(round - 1)) | (addr & (round - 1));
	return addr;
}

/* Byte lanes of a 64-bit bus that the beat at addr covers. */
static inline uint8_t axi_beat_lanes(const struct axi_burst *b, uint64_t addr)
{
	unsigned first = addr & 7, bytes = (1U << b->size) - (addr & ((1U << b->size) - 1));

	return (uint8_t)(((1U << bytes) - 1) << first);
}

/* Bits by which our lanes, which are of 8 bytes, are above those of a bus of 4. */
static inline unsigned axi_beat_shift(const struct axi_burst *b, unsigned n, bool narrow)
{
	return narrow && axi_beat_addr(b, n) & 4 ? 32 : 0;
}

/* Beat n as a record, but for its cycle and response; data and strobes are on our lanes. */
struct bus_rec axi_beat_rec(const struct axi_burst *b, unsigned n, enum bus_op op, uint64_t data,
			    uint8_t strb);

#endif
