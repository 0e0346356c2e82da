/* SPDX-License-Identifier: MIT */
/* The capabilities of a virtio function (virtio 1.4, 4.1.4), from its configuration space. */
#ifndef SIM_PCICAPS_H
#define SIM_PCICAPS_H

#include <stdbool.h>
#include <stdint.h>

#define PCICAPS_BYTES 256

struct pcicaps_window {
	uint8_t bar;
	uint32_t offset, length; /* length 0: there is none */
};

struct pcicaps {
	struct pcicaps_window window[6]; /* by VIRTIO_PCI_CAP_*; of several the first */
	uint32_t multiplier;             /* notify_off_multiplier */
	uint8_t msix;                    /* offset of the MSI-X capability, 0: none; its table: */
	uint8_t table_bar;
	uint32_t table;
	unsigned vectors;
};

void pcicaps_parse(const uint8_t cfg[PCICAPS_BYTES], struct pcicaps *caps);

/*
 * The next capability behind the one at `at` (0: the first), or 0. hops counts them, from 0: a
 * list that loops ends.
 */
unsigned pcicaps_next(const uint8_t cfg[PCICAPS_BYTES], unsigned at, unsigned *hops);

#endif
