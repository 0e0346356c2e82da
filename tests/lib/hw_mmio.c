/* SPDX-License-Identifier: MIT */
/*
 * The bench over virtio-mmio: what the fields of the common configuration, by which tests
 * name registers, are called there (virtio 1.4, 4.1.4.3 and 4.2.2). One access each, as wide
 * as the register; what MMIO lets nobody read is read all the same, and is 0.
 */
#include "tests/lib/hw.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_pci.h>

#define QUEUE_RESET 0x0c0 /* 4.2.2; not in linux/virtio_mmio.h */

static const struct {
	uint8_t common;
	uint16_t mmio;
} names[] = {
	{ VIRTIO_PCI_COMMON_DFSELECT, VIRTIO_MMIO_DEVICE_FEATURES_SEL },
	{ VIRTIO_PCI_COMMON_DF, VIRTIO_MMIO_DEVICE_FEATURES },
	{ VIRTIO_PCI_COMMON_GFSELECT, VIRTIO_MMIO_DRIVER_FEATURES_SEL },
	{ VIRTIO_PCI_COMMON_GF, VIRTIO_MMIO_DRIVER_FEATURES },
	{ VIRTIO_PCI_COMMON_STATUS, VIRTIO_MMIO_STATUS },
	{ VIRTIO_PCI_COMMON_CFGGENERATION, VIRTIO_MMIO_CONFIG_GENERATION },
	{ VIRTIO_PCI_COMMON_Q_SELECT, VIRTIO_MMIO_QUEUE_SEL },
	{ VIRTIO_PCI_COMMON_Q_SIZE, VIRTIO_MMIO_QUEUE_NUM },
	{ VIRTIO_PCI_COMMON_Q_ENABLE, VIRTIO_MMIO_QUEUE_READY },
	{ VIRTIO_PCI_COMMON_Q_DESCLO, VIRTIO_MMIO_QUEUE_DESC_LOW },
	{ VIRTIO_PCI_COMMON_Q_DESCHI, VIRTIO_MMIO_QUEUE_DESC_HIGH },
	{ VIRTIO_PCI_COMMON_Q_AVAILLO, VIRTIO_MMIO_QUEUE_AVAIL_LOW },
	{ VIRTIO_PCI_COMMON_Q_AVAILHI, VIRTIO_MMIO_QUEUE_AVAIL_HIGH },
	{ VIRTIO_PCI_COMMON_Q_USEDLO, VIRTIO_MMIO_QUEUE_USED_LOW },
	{ VIRTIO_PCI_COMMON_Q_USEDHI, VIRTIO_MMIO_QUEUE_USED_HIGH },
	{ 0x3a, QUEUE_RESET },
};

uint32_t hw_mmio_read(struct hw *hw, unsigned off, unsigned size)
{
	struct dev_reg reg = { .space = BUS_MMIO, .size = (uint8_t)size, .addr = off };
	uint32_t val;

	assert_int_equal(dev_read(hw->dev, reg, &val), 0);
	return val;
}

void hw_mmio_post(struct hw *hw, unsigned off, unsigned size, uint32_t val)
{
	struct dev_reg reg = { .space = BUS_MMIO, .size = (uint8_t)size, .addr = off };

	assert_int_equal(dev_write(hw->dev, reg, val), 0);
}

void hw_mmio_write(struct hw *hw, unsigned off, uint32_t val)
{
	hw_mmio_post(hw, off, 4, val);
	hw_run(hw);
}

unsigned hw_mmio_name(unsigned common)
{
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].common == common)
			return names[i].mmio;
	fail_msg("common configuration +0x%02x has no name in virtio-mmio", common);
	return 0;
}

static bool is_vector(unsigned off)
{
	return off == VIRTIO_PCI_COMMON_MSIX || off == VIRTIO_PCI_COMMON_Q_MSIX;
}

/* One more than the last queue that there is. */
static uint32_t count_queues(struct hw *hw)
{
	uint32_t n = 0;

	for (unsigned q = 0; q < 16; q++) {
		hw_mmio_post(hw, VIRTIO_MMIO_QUEUE_SEL, 4, q);
		if (hw_mmio_read(hw, VIRTIO_MMIO_QUEUE_NUM_MAX, 4))
			n = q + 1;
	}
	return n;
}

/* Read and acknowledged, which is what reading the ISR status is. */
static uint32_t take_interrupt(struct hw *hw)
{
	uint32_t val = hw_mmio_read(hw, VIRTIO_MMIO_INTERRUPT_STATUS, 4);

	hw_mmio_post(hw, VIRTIO_MMIO_INTERRUPT_ACK, 4, val);
	return val;
}

uint32_t hw_mmio_named_read(struct hw *hw, unsigned off, unsigned size)
{
	if (off >= HW_DEVICE && off < HW_NOTIFY)
		return hw_mmio_read(hw, VIRTIO_MMIO_CONFIG + off - HW_DEVICE, size);
	if (off == HW_ISR)
		return take_interrupt(hw);
	if (off == VIRTIO_PCI_COMMON_NUMQ)
		return count_queues(hw);
	if (off == VIRTIO_PCI_COMMON_Q_SIZE)
		return hw_mmio_read(hw, VIRTIO_MMIO_QUEUE_NUM_MAX, 4);
	return hw_mmio_read(hw, hw_mmio_name(off), 4);
}

void hw_mmio_named_post(struct hw *hw, unsigned off, unsigned size, uint32_t val)
{
	if (off >= HW_DEVICE && off < HW_NOTIFY)
		hw_mmio_post(hw, VIRTIO_MMIO_CONFIG + off - HW_DEVICE, size, val);
	else if (off >= HW_NOTIFY && off < HW_TABLE)
		hw_mmio_post(hw, VIRTIO_MMIO_QUEUE_NOTIFY, 4, val);
	else if (!is_vector(off)) /* one line for all: there is nothing to map */
		hw_mmio_post(hw, hw_mmio_name(off), 4, val);
}
