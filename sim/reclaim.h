/* SPDX-License-Identifier: MIT */
/*
 * Gives ballooned pages back to the host: holes are punched in the memory's backing file,
 * neighbouring pages in one call.
 *
 * A page frame beyond guest memory is the guest's fault: counted, nothing touched.
 */
#ifndef SIM_RECLAIM_H
#define SIM_RECLAIM_H

#include <stdint.h>

#include "sim/dev.h"

struct mem;

struct reclaim {
	struct mem *mem;
	uint64_t first, npages; /* the run gathered so far, in 4 KiB page frames */

	uint64_t inflated, deflated; /* pages the device told of */
	uint64_t returned;           /* bytes given back to the host */
	uint64_t outside;            /* pages beyond guest memory */
};

/* What the device's page stream says. */
void reclaim_page(struct reclaim *rc, enum dev_page dir, uint32_t pfn);

/* Punches what is gathered: for struct dev_sink.settle. */
void reclaim_flush(struct reclaim *rc);

#endif
