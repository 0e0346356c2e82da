/* SPDX-License-Identifier: MIT */
#include "sim/pcifn.h"

#include <linux/pci_regs.h>
#include <linux/virtio_pci.h>
#include <stddef.h>
#include <string.h>

#define VIRTIO_VENDOR 0x1af4 /* 4.1.2 */
#define MODERN_ID     0x1040 /* plus the device type */

static void put(uint8_t *at, unsigned size, uint32_t val)
{
	for (unsigned i = 0; i < size; i++)
		at[i] = (uint8_t)(val >> (8 * i));
}

static uint32_t get(const uint8_t *at, unsigned size)
{
	uint32_t val = 0;

	for (unsigned i = 0; i < size; i++)
		val |= (uint32_t)at[i] << (8 * i);
	return val;
}

/* The list of capabilities as it grows. */
struct caps {
	unsigned last; /* where the next one's place is to be written */
	unsigned next; /* that place */
};

static unsigned add_cap(struct pcifn *fn, struct caps *caps, uint8_t type, unsigned len,
			const struct dut_window *win)
{
	unsigned at = caps->next;

	fn->bytes[caps->last] = (uint8_t)at;
	fn->bytes[at] = PCI_CAP_ID_VNDR;
	fn->bytes[at + PCI_CAP_FLAGS] = (uint8_t)len;
	fn->bytes[at + offsetof(struct virtio_pci_cap, cfg_type)] = type;
	put(fn->bytes + at + VIRTIO_PCI_CAP_OFFSET, 4, win->offset);
	put(fn->bytes + at + VIRTIO_PCI_CAP_LENGTH, 4, win->bytes);
	*caps = (struct caps){ at + PCI_CAP_LIST_NEXT, at + len };
	return at;
}

static void add_caps(struct pcifn *fn, const struct dut *dut)
{
	const unsigned len = sizeof(struct virtio_pci_cap);
	struct caps caps = { PCI_CAPABILITY_LIST, PCI_STD_HEADER_SIZEOF };
	unsigned at;

	add_cap(fn, &caps, VIRTIO_PCI_CAP_COMMON_CFG, len, &dut->common);
	at = add_cap(fn, &caps, VIRTIO_PCI_CAP_NOTIFY_CFG, sizeof(struct virtio_pci_notify_cap),
		     &dut->notify);
	put(fn->bytes + at + VIRTIO_PCI_NOTIFY_CAP_MULT, 4, dut->notify_multiplier);
	add_cap(fn, &caps, VIRTIO_PCI_CAP_ISR_CFG, len, &dut->isr);
	if (dut->config.bytes)
		add_cap(fn, &caps, VIRTIO_PCI_CAP_DEVICE_CFG, len, &dut->config);
	fn->access = add_cap(fn, &caps, VIRTIO_PCI_CAP_PCI_CFG, sizeof(struct virtio_pci_cfg_cap),
			     &(const struct dut_window){ 0 });
	fn->writable[fn->access + VIRTIO_PCI_CAP_BAR] = 0xff;
	memset(fn->writable + fn->access + VIRTIO_PCI_CAP_OFFSET, 0xff, 12); /* length, data too */
}

void pcifn_reset(struct pcifn *fn, const struct dut *dut)
{
	memset(fn, 0, sizeof(*fn));
	put(fn->bytes + PCI_VENDOR_ID, 2, VIRTIO_VENDOR);
	put(fn->bytes + PCI_DEVICE_ID, 2, MODERN_ID + dut->device);
	put(fn->bytes + PCI_STATUS, 2, PCI_STATUS_CAP_LIST);
	put(fn->bytes + PCI_CLASS_REVISION, 4, 0x00ff0001); /* of no class, revision 1 */
	put(fn->bytes + PCI_SUBSYSTEM_VENDOR_ID, 2, VIRTIO_VENDOR);
	put(fn->bytes + PCI_SUBSYSTEM_ID, 2, 0x1100); /* 4.1.2.1: 0x40 or more */
	fn->bytes[PCI_INTERRUPT_PIN] = 1;             /* INTA# */
	put(fn->writable + PCI_COMMAND, 2,
	    PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
	put(fn->writable + PCI_BASE_ADDRESS_0, 4, ~(dut->bar_bytes - 1));
	fn->writable[PCI_CACHE_LINE_SIZE] = 0xff;
	fn->writable[PCI_INTERRUPT_LINE] = 0xff;
	add_caps(fn, dut);
}

uint32_t pcifn_read(const struct pcifn *fn, uint32_t off, unsigned size, bool intx)
{
	uint8_t bytes[4];

	if (off + size > PCIFN_BYTES)
		return 0;
	memcpy(bytes, fn->bytes + off, size);
	if (intx && off <= PCI_STATUS && off + size > PCI_STATUS)
		bytes[PCI_STATUS - off] |= PCI_STATUS_INTERRUPT;
	return get(bytes, size);
}

void pcifn_write(struct pcifn *fn, uint32_t off, unsigned size, uint32_t val)
{
	for (unsigned i = 0; i < size && off + i < PCIFN_BYTES; i++) {
		uint8_t mask = fn->writable[off + i], *at = &fn->bytes[off + i];

		*at = (uint8_t)((*at & ~mask) | ((val >> (8 * i)) & mask));
	}
}

static bool command(const struct pcifn *fn, uint16_t bit)
{
	return get(fn->bytes + PCI_COMMAND, 2) & bit;
}

bool pcifn_memory(const struct pcifn *fn)
{
	return command(fn, PCI_COMMAND_MEMORY);
}

bool pcifn_master(const struct pcifn *fn)
{
	return command(fn, PCI_COMMAND_MASTER);
}

bool pcifn_intx(const struct pcifn *fn)
{
	return !command(fn, PCI_COMMAND_INTX_DISABLE);
}

static unsigned data_at(const struct pcifn *fn)
{
	return fn->access + offsetof(struct virtio_pci_cfg_cap, pci_cfg_data);
}

bool pcifn_window(const struct pcifn *fn, uint32_t off, uint32_t *bar_off, unsigned *size)
{
	const uint8_t *cap = fn->bytes + fn->access;
	uint32_t length = get(cap + VIRTIO_PCI_CAP_LENGTH, 4);
	uint32_t last = ~get(fn->writable + PCI_BASE_ADDRESS_0, 4); /* byte of the BAR */

	if (off < data_at(fn) || off >= data_at(fn) + 4)
		return false;
	*bar_off = get(cap + VIRTIO_PCI_CAP_OFFSET, 4);
	*size = 0;
	if (!cap[VIRTIO_PCI_CAP_BAR] && (length == 1 || length == 2 || length == 4) &&
	    !(*bar_off & (length - 1)) && *bar_off <= last)
		*size = length;
	return true;
}

uint32_t pcifn_data(const struct pcifn *fn, unsigned size)
{
	return get(fn->bytes + data_at(fn), size);
}

void pcifn_set_data(struct pcifn *fn, unsigned size, uint32_t val)
{
	put(fn->bytes + data_at(fn), size, val);
}
