/* SPDX-License-Identifier: MIT */
/*
 * Gives ballooned pages back to the host: holes are punched in the memory's backing file,
 * neighbouring pages in one call.
 *
 * What is beyond guest memory is the guest's fault: counted, nothing touched.
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
	uint64_t hinted, reported;   /* bytes of free memory the device told of */
	uint64_t returned;           /* bytes given back to the host: of the balloon, */
	uint64_t returned_free;      /* and of that free memory */
	uint64_t fell_free;          /* allocated bytes of the file that went with that */
	uint64_t outside;            /* pages beyond guest memory */
};

/* What the device's page stream says. */
void reclaim_page(struct reclaim *rc, enum dev_page dir, uint32_t pfn);

/*
 * Free memory the driver told of: the whole pages in it go back at once. Reported pages that
 * the driver wants poisoned stay: a hole reads as zeros (5.5.6.7.2). A hint stands only until
 * the driver writes the page, and nothing here sees such writes: between the driver's notification
 * and this call a driver that takes pages back early (5.5.6.5.1 lets it) could lose a write.
 */
void reclaim_range(struct reclaim *rc, const struct dev_range *range);

/* Punches what is gathered: for struct dev_sink.settle. */
void reclaim_flush(struct reclaim *rc);

#endif
