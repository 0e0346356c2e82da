/* SPDX-License-Identifier: MIT */
#include "sim/axi_burst.h"

struct bus_rec axi_beat_rec(const struct axi_burst *b, unsigned n, enum bus_op op, uint64_t data,
			    uint8_t strb)
{
	uint64_t addr = axi_beat_addr(b, n);
	struct bus_rec rec = { .addr = addr & ~7ULL,
			       .data = data,
			       .space = BUS_DMA,
			       .op = (uint8_t)op,
			       .size = 8,
			       .be = strb & axi_beat_lanes(b, addr),
			       .index = b->id,
			       .flags = n == b->beats - 1 ? BUS_F_LAST : 0 };

	for (unsigned i = 0; i < 8; i++)
		if (!(rec.be >> i & 1))
			rec.data &= ~(0xffULL << (8 * i));
	return rec;
}
