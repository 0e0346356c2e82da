/* SPDX-License-Identifier: MIT */
/* What a conforming driver, and the system under it, may do with the PCI function: 4.1. */
#include <linux/pci_regs.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_pci.h>
#include <stddef.h>

#include "tests/lib/legal_internal.h"

#define MESSAGE_ADDR 0xfee00000U
#define AF_TP_BIT    1U

/* A field of configuration space, by accesses of one width or another. */
static uint32_t field(struct legal *l, unsigned off, unsigned size)
{
	unsigned width = 1U << legal_rand(l, 3);
	uint32_t val = 0;

	if (width < size) {
		for (unsigned i = 0; i < size; i += width)
			val |= legal_cfg_get(l, off + i, width) << 8 * i;
		return val;
	}
	val = legal_cfg_get(l, off & ~(width - 1), width) >> 8 * (off & (width - 1));
	return size == 4 ? val : val & ((1U << 8 * size) - 1);
}

static void take(struct legal *l, unsigned at, unsigned type)
{
	struct legal_window win = { .bar = (uint8_t)field(l, at + VIRTIO_PCI_CAP_BAR, 1),
				    .offset = field(l, at + VIRTIO_PCI_CAP_OFFSET, 4),
				    .length = field(l, at + VIRTIO_PCI_CAP_LENGTH, 4) };
	struct legal_window *const is[] = { [VIRTIO_PCI_CAP_COMMON_CFG] = &l->common,
					    [VIRTIO_PCI_CAP_NOTIFY_CFG] = &l->notify,
					    [VIRTIO_PCI_CAP_ISR_CFG] = &l->isr,
					    [VIRTIO_PCI_CAP_DEVICE_CFG] = &l->device };

	if (type == VIRTIO_PCI_CAP_PCI_CFG)
		l->access_cap = (uint8_t)at;
	if (type == VIRTIO_PCI_CAP_NOTIFY_CFG)
		l->multiplier = field(l, at + VIRTIO_PCI_NOTIFY_CAP_MULT, 4);
	if (type >= 1 && type < sizeof(is) / sizeof(is[0]))
		*is[type] = win;
}

static void put_command(struct legal *l, uint16_t command)
{
	legal_cfg_put(l, PCI_COMMAND, 2, command); /* the end of this life, perhaps */
	l->command = command;
}

/* How large is the BAR? Asked with decoding off, as PCI wants it. */
static void size_bar(struct legal *l, unsigned bar)
{
	unsigned off = PCI_BASE_ADDRESS_0 + 4 * bar;
	uint32_t was = legal_cfg_get(l, off, 4);

	legal_cfg_put(l, off, 4, UINT32_MAX);
	legal_cfg_get(l, off, 4);
	legal_cfg_put(l, off, 4, was);
}

static void identify_function(struct legal *l)
{
	unsigned at, hops = 0;

	put_command(l, 0);
	l->aimed = (struct legal_window){ .bar = 0xff };
	if (field(l, PCI_VENDOR_ID, 2) != 0x1af4 ||
	    field(l, PCI_DEVICE_ID, 2) != (l->rng ? 0x1044 : 0x1045))
		legal_fail(l, "not the device that was meant");
	field(l, PCI_REVISION_ID, 1);
	if (legal_one_in(l, 2))
		size_bar(l, 0);
	legal_cfg_put(l, PCI_BASE_ADDRESS_0, 4, 0xfe000000U);
	for (at = field(l, PCI_CAPABILITY_LIST, 1); at && hops < 48;
	     at = field(l, at + 1, 1), hops++) {
		unsigned id = field(l, at, 1);

		if (id == PCI_CAP_ID_MSIX) {
			l->msix_cap = (uint8_t)at;
			l->vectors = (uint16_t)((field(l, at + PCI_MSIX_FLAGS, 2) &
						 PCI_MSIX_FLAGS_QSIZE) +
						1);
		} else if (id == PCI_CAP_ID_AF) {
			l->af_cap = (uint8_t)at;
		} else if (id == PCI_CAP_ID_VNDR) {
			take(l, at, field(l, at + VIRTIO_PCI_CAP_CFG_TYPE, 1));
		}
	}
	put_command(l, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

/* MagicValue and Version, in either order, then DeviceID: 4.2.3.1 */
static void identify_window(struct legal *l)
{
	bool version = legal_one_in(l, 2);

	if (version && legal_mmio_get(l, VIRTIO_MMIO_VERSION) != 2)
		legal_fail(l, "not version 2");
	if (legal_mmio_get(l, VIRTIO_MMIO_MAGIC_VALUE) != 0x74726976)
		legal_fail(l, "not a virtio device");
	if (!version && legal_mmio_get(l, VIRTIO_MMIO_VERSION) != 2)
		legal_fail(l, "not version 2");
	if (legal_mmio_get(l, VIRTIO_MMIO_DEVICE_ID) != 5)
		legal_fail(l, "not a balloon");
	if (legal_one_in(l, 2))
		legal_mmio_get(l, VIRTIO_MMIO_VENDOR_ID);
}

void legal_identify(struct legal *l)
{
	if (l->mmio)
		identify_window(l);
	else
		identify_function(l);
}

/* --- messages ------------------------------------------------------------------------ */

static void put_msix(struct legal *l, uint16_t set, uint16_t clear)
{
	uint16_t flags = (uint16_t)legal_cfg_get(l, l->msix_cap + PCI_MSIX_FLAGS, 2);

	legal_cfg_put(l, l->msix_cap + PCI_MSIX_FLAGS, 2, (flags & ~(unsigned)clear) | set);
}

/* The table is written while no message can come of it. */
void legal_vectors(struct legal *l)
{
	uint32_t table;

	if (!l->msix_cap)
		return;
	put_msix(l, 0, PCI_MSIX_FLAGS_ENABLE);
	if (!l->style.msix)
		return;
	table = legal_cfg_get(l, l->msix_cap + PCI_MSIX_TABLE, 4);
	for (uint32_t v = 0; v < l->vectors; v++) {
		uint32_t entry = (table & PCI_MSIX_TABLE_OFFSET) + 16 * v;
		uint8_t bar = table & PCI_MSIX_TABLE_BIR;

		legal_bar_put(l, bar, entry, 4, MESSAGE_ADDR);
		legal_bar_put(l, bar, entry + 4, 4, 0);
		legal_bar_put(l, bar, entry + 8, 4, 0x40 + v);
		legal_bar_put(l, bar, entry + 12, 4, legal_one_in(l, 6));
	}
	put_msix(l, PCI_MSIX_FLAGS_ENABLE, PCI_MSIX_FLAGS_MASKALL);
}

void legal_map_config(struct legal *l)
{
	if (l->mmio || !l->vectors)
		return;
	if (legal_one_in(l, 3)) {
		legal_put(l, R_CONFIG_VECTOR, NO_VECTOR);
		return;
	}
	legal_put(l, R_CONFIG_VECTOR, legal_rand(l, l->vectors));
	legal_get(l, R_CONFIG_VECTOR); /* 4.1.5.1.2.2: did it work? */
}

static void mask_vector(struct legal *l)
{
	uint32_t table = legal_cfg_get(l, l->msix_cap + PCI_MSIX_TABLE, 4);
	uint32_t entry = (table & PCI_MSIX_TABLE_OFFSET) + 16 * legal_rand(l, l->vectors);

	legal_bar_put(l, table & PCI_MSIX_TABLE_BIR, entry + 12, 4, legal_one_in(l, 3));
}

/* Any dword of configuration space, but the window that is aimed at nothing: 4.1.4.9.2. */
static void look_around(struct legal *l)
{
	unsigned off = 4 * legal_rand(l, 64);

	if (!l->access_cap ||
	    off != l->access_cap + offsetof(struct virtio_pci_cfg_cap, pci_cfg_data))
		field(l, off, 4);
}

/* Whatever the system does to a function that is running. */
void legal_function_play(struct legal *l)
{
	switch (legal_rand(l, 6)) {
	case 0: /* no DMA for a while */
		put_command(l, l->command & ~(unsigned)PCI_COMMAND_MASTER);
		legal_wait(l, 1 + legal_rand(l, 300));
		put_command(l, l->command | PCI_COMMAND_MASTER);
		break;
	case 1: /* INTx off, or on */
		put_command(l, l->command ^ PCI_COMMAND_INTX_DISABLE);
		break;
	case 2: /* no registers for a while: the system moves them */
		put_command(l, l->command & ~(unsigned)PCI_COMMAND_MEMORY);
		legal_cfg_get(l, PCI_STATUS, 2);
		size_bar(l, 0);
		put_command(l, l->command | PCI_COMMAND_MEMORY);
		break;
	case 3:
		if (l->style.msix && l->msix_cap)
			mask_vector(l);
		break;
	case 4:
		if (!l->style.msix || !l->msix_cap)
			break;
		put_msix(l, PCI_MSIX_FLAGS_MASKALL, 0);
		legal_wait(l, 1 + legal_rand(l, 300));
		put_msix(l, 0, PCI_MSIX_FLAGS_MASKALL);
		break;
	default:
		look_around(l);
		break;
	}
}

/* Wherever the last life ended: registers can be reached, and so can memory. */
void legal_function_wakes(struct legal *l)
{
	const uint16_t on = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;

	if (!l->mmio && (l->command & on) != on)
		put_command(l, l->command | on);
}

/* PCI Advanced Features: quiet first, then the reset, then it is a function that nobody knows. */
void legal_function_reset(struct legal *l)
{
	put_command(l, 0);
	for (unsigned i = 0; legal_cfg_get(l, l->af_cap + PCI_AF_STATUS, 1) & AF_TP_BIT; i++) {
		if (i == 20000)
			legal_fail(l, "transactions stay pending");
		legal_wait(l, 16);
	}
	legal_cfg_put(l, l->af_cap + PCI_AF_CTRL, 1, PCI_AF_CTRL_FLR);
	legal_wait(l, 0);
	dev_step(l->dev, 200);
	identify_function(l);
}
