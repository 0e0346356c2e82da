/* SPDX-License-Identifier: MIT */
#include "tests/lib/array_backend.h"

#include <linux/pci_regs.h>
#include <linux/virtio_pci.h>
#include <string.h>

static uint8_t *at(struct array_backend *ab, unsigned region, uint32_t off)
{
	return region == VFIO_PCI_CONFIG_REGION_INDEX ? ab->cfg + off : ab->bar + off;
}

static void array_read(void *ctx, unsigned region, uint32_t off, unsigned size, uint32_t *val)
{
	struct array_backend *ab = ctx;

	ab->reads++;
	*val = 0;
	memcpy(val, at(ab, region, off), size);
}

/* Writable: command, the interrupt line, MSI-X control and all of the BARs' registers. */
static bool cfg_writable(uint32_t off)
{
	return off < PCI_BASE_ADDRESS_1 + 20 && off >= PCI_BASE_ADDRESS_0
		       ? off < PCI_BASE_ADDRESS_1
		       : off == PCI_COMMAND || off == PCI_COMMAND + 1 ||
				 off == PCI_INTERRUPT_LINE || off == 0x43;
}

static void array_write(void *ctx, unsigned region, uint32_t off, unsigned size, uint32_t val)
{
	struct array_backend *ab = ctx;
	uint32_t bar = ~(ARRAY_BAR_BYTES - 1U);

	ab->writes++;
	if (region != VFIO_PCI_CONFIG_REGION_INDEX) {
		memcpy(at(ab, region, off), &val, size);
		return;
	}
	for (unsigned i = 0; i < size; i++, val >>= 8)
		if (cfg_writable(off + i))
			ab->cfg[off + i] = (uint8_t)val;
	for (unsigned i = 0; i < 4; i++) /* a BAR's low bits are fixed: that is its size */
		ab->cfg[PCI_BASE_ADDRESS_0 + i] &= (uint8_t)(bar >> (8 * i));
}

static int array_run(void *ctx)
{
	struct array_backend *ab = ctx;

	ab->runs++;
	return ab->work ? ab->work(ab->work_ctx) : 0;
}

static void put(struct array_backend *ab, unsigned off, unsigned size, uint32_t val)
{
	memcpy(ab->cfg + off, &val, size);
}

static void put_vendor_cap(struct array_backend *ab, unsigned off, uint8_t next, uint8_t type,
			   uint32_t bar_off, uint32_t len)
{
	struct virtio_pci_cap cap = { .cap_vndr = PCI_CAP_ID_VNDR,
				      .cap_next = next,
				      .cap_len = sizeof(cap),
				      .cfg_type = type,
				      .offset = bar_off,
				      .length = len };

	if (type == VIRTIO_PCI_CAP_NOTIFY_CFG)
		cap.cap_len += 4;
	memcpy(ab->cfg + off, &cap, sizeof(cap));
}

static void array_reset(void *ctx)
{
	struct array_backend *ab = ctx;

	ab->resets++;
	memset(ab->cfg, 0, sizeof(ab->cfg));
	memset(ab->bar, 0, sizeof(ab->bar));
	put(ab, PCI_VENDOR_ID, 2, 0x1af4);
	put(ab, PCI_DEVICE_ID, 2, 0x1045);
	put(ab, PCI_STATUS, 2, PCI_STATUS_CAP_LIST);
	put(ab, PCI_REVISION_ID, 4, 0x00ff0001);
	put(ab, PCI_SUBSYSTEM_VENDOR_ID, 4, 0x00401af4);
	put(ab, PCI_CAPABILITY_LIST, 1, 0x40);
	put(ab, PCI_INTERRUPT_PIN, 1, 1);
	put(ab, 0x40, 2, PCI_CAP_ID_MSIX | 0x50 << 8);
	put(ab, 0x40 + PCI_MSIX_FLAGS, 2, ARRAY_VECTORS - 1);
	put(ab, 0x40 + PCI_MSIX_TABLE, 4, ARRAY_TABLE);
	put(ab, 0x40 + PCI_MSIX_PBA, 4, ARRAY_PBA);
	put_vendor_cap(ab, 0x50, 0x60, VIRTIO_PCI_CAP_COMMON_CFG, 0, 0x1000);
	put_vendor_cap(ab, 0x60, 0x70, VIRTIO_PCI_CAP_ISR_CFG, 0x1000, 0x1000);
	put_vendor_cap(ab, 0x70, 0x80, VIRTIO_PCI_CAP_DEVICE_CFG, 0x2000, 0x1000);
	put_vendor_cap(ab, 0x80, 0, VIRTIO_PCI_CAP_NOTIFY_CFG, 0x3000, 0x1000);
}

static void array_msix(void *ctx, unsigned vector, bool on)
{
	struct array_backend *ab = ctx;

	ab->on[vector] = on;
}

static const struct backend_ops array_ops = {
	.read = array_read,
	.write = array_write,
	.run = array_run,
	.reset = array_reset,
	.msix = array_msix,
};

void array_backend_init(struct array_backend *ab)
{
	*ab = (struct array_backend){
		.be = { .ops = &array_ops, .ctx = ab, .vectors = ARRAY_VECTORS, .intx = true }
	};
	ab->be.size[VFIO_PCI_CONFIG_REGION_INDEX] = ARRAY_CFG_BYTES;
	ab->be.size[VFIO_PCI_BAR0_REGION_INDEX] = ARRAY_BAR_BYTES;
	array_reset(ab);
	ab->resets = 0;
}
