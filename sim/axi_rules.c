/* SPDX-License-Identifier: MIT */
#include "sim/axi_rules.h"

#include <stddef.h>

#define D true
#define T false

/* In the order of the bits: the vectors of axi4_check.sv and axil_check.sv, lowest bit first. */
static const struct axi_rule rules[] = {
	/* The device as the manager of its DMA port. */
	{ "dma-ar-stable", "a read address stays as it is until it is taken", "A3.2.1", D },
	{ "dma-aw-stable", "a write address stays as it is until it is taken", "A3.2.1", D },
	{ "dma-w-stable", "write data stay as they are until they are taken", "A3.2.1", D },
	{ "dma-ar-burst", "a read burst is of a kind that there is", "A3.4.1", D },
	{ "dma-aw-burst", "a write burst is of a kind that there is", "A3.4.1", D },
	{ "dma-ar-4k", "a read burst does not cross a 4 KiB boundary", "A3.4.1", D },
	{ "dma-aw-4k", "a write burst does not cross a 4 KiB boundary", "A3.4.1", D },
	{ "dma-w-last", "WLAST is with the last beat of the burst, and only there", "A3.4.1", D },
	{ "dma-w-lanes", "strobes stay within the lanes of the beat", "A3.4.3", D },
	{ "dma-reset", "nothing is valid during reset", "A3.1.2", D },
	/* The device as the subordinate of the register port. */
	{ "reg-r-stable", "read data stay as they are until they are taken", "A3.2.1", D },
	{ "reg-b-stable", "a write response stays as it is until it is taken", "A3.2.1", D },
	{ "reg-r-due", "read data follow a read", "A3.3.1", D },
	{ "reg-b-due", "a write response follows address and data", "A3.3.1", D },
	{ "reg-resp", "AXI4-Lite answers OKAY, SLVERR or DECERR", "B1.1.1", D },
	{ "reg-reset", "nothing is valid during reset", "A3.1.2", D },
	/* Memory. */
	{ "mem-r-stable", "read data stay as they are until they are taken", "A3.2.1", T },
	{ "mem-b-stable", "a write response stays as it is until it is taken", "A3.2.1", T },
	{ "mem-r-due", "read data follow a read of that id", "A3.3.1", T },
	{ "mem-b-due", "a write response follows address and data of that id", "A3.3.1", T },
	{ "mem-r-last", "RLAST is with the last beat of the burst, and only there", "A3.4.1", T },
	{ "mem-resp", "nobody asked for exclusive access", "A3.4.4", T },
	{ "mem-reset", "nothing is valid during reset", "A3.1.2", T },
	/* The register port's manager. */
	{ "drv-ar-stable", "a read address stays as it is until it is taken", "A3.2.1", T },
	{ "drv-aw-stable", "a write address stays as it is until it is taken", "A3.2.1", T },
	{ "drv-w-stable", "write data stay as they are until they are taken", "A3.2.1", T },
	{ "drv-reset", "nothing is valid during reset", "A3.1.2", T },
};

_Static_assert(sizeof(rules) / sizeof(rules[0]) == AXI_RULES, "one entry a rule");

const struct axi_rule *axi_rule(unsigned n)
{
	return n < AXI_RULES ? &rules[n] : NULL;
}
