/* SPDX-License-Identifier: MIT */
#include "sim/pcicaps.h"

#include <string.h>

#include <linux/pci_regs.h>
#include <linux/virtio_pci.h>

#define HOPS_MAX 48 /* what fits behind the header: a longer list is a loop */

static uint32_t le(const uint8_t *at, unsigned n)
{
	uint32_t val = 0;

	while (n--)
		val = val << 8 | at[n];
	return val;
}

unsigned pcicaps_next(const uint8_t cfg[PCICAPS_BYTES], unsigned at, unsigned *hops)
{
	unsigned next = cfg[at ? at + PCI_CAP_LIST_NEXT : PCI_CAPABILITY_LIST] & ~3U;

	if (++*hops > HOPS_MAX || next < PCI_STD_HEADER_SIZEOF ||
	    next + sizeof(struct virtio_pci_cfg_cap) > PCICAPS_BYTES)
		return 0;
	return next;
}

static void take_vendor(const uint8_t *cap, struct pcicaps *caps)
{
	unsigned type = cap[VIRTIO_PCI_CAP_CFG_TYPE];
	struct pcicaps_window *win = &caps->window[type];

	if (type < VIRTIO_PCI_CAP_COMMON_CFG || type > VIRTIO_PCI_CAP_DEVICE_CFG || win->length)
		return;
	win->bar = cap[VIRTIO_PCI_CAP_BAR];
	win->offset = le(cap + VIRTIO_PCI_CAP_OFFSET, 4);
	win->length = le(cap + VIRTIO_PCI_CAP_LENGTH, 4);
	if (type == VIRTIO_PCI_CAP_NOTIFY_CFG)
		caps->multiplier = le(cap + VIRTIO_PCI_NOTIFY_CAP_MULT, 4);
}

void pcicaps_parse(const uint8_t cfg[PCICAPS_BYTES], struct pcicaps *caps)
{
	unsigned at = 0, hops = 0;

	memset(caps, 0, sizeof(*caps));
	while ((at = pcicaps_next(cfg, at, &hops))) {
		const uint8_t *cap = cfg + at;

		if (cap[0] == PCI_CAP_ID_VNDR)
			take_vendor(cap, caps);
		if (cap[0] == PCI_CAP_ID_MSIX) {
			uint32_t where = le(cap + PCI_MSIX_TABLE, 4);

			caps->msix = (uint8_t)at;
			caps->table_bar = where & PCI_MSIX_TABLE_BIR;
			caps->table = where & PCI_MSIX_TABLE_OFFSET;
			caps->vectors = (le(cap + PCI_MSIX_FLAGS, 2) & PCI_MSIX_FLAGS_QSIZE) + 1;
		}
	}
}
