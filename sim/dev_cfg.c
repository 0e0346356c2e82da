/* SPDX-License-Identifier: MIT */
/*
 * Configuration space for RTL without one: what a PCIe core beside the device would do. Accesses
 * end here and take a cycle; the BAR answers only while memory space is enabled, DMA passes only
 * while bus mastering is.
 */
#include <errno.h>

#include "sim/dev_internal.h"

void dev_cfg_reset(struct dev *dev)
{
	if (!dev_lacks_config(dev))
		return;
	pcifn_reset(&dev->fn, &dev->dut);
	dev->axi_mem.closed = true;
}

static void tell(struct dev *dev, struct dev_reg reg, enum bus_op op, uint32_t val, uint8_t resp,
		 uint8_t flags)
{
	struct bus_rec rec = { .cycle = dev->cycle,
			       .addr = reg.addr,
			       .data = val,
			       .space = (uint8_t)reg.space,
			       .op = (uint8_t)op,
			       .size = reg.size,
			       .be = (uint8_t)((1U << reg.size) - 1),
			       .resp = resp,
			       .index = reg.bar,
			       .flags = flags };

	dev_record(dev, &rec);
}

static uint32_t cut(uint32_t val, unsigned size)
{
	return size == 4 ? val : val & ((1U << (8 * size)) - 1);
}

/* Nobody claims it: as the RTL's own decoder would answer (rtl/pci_config.sv). */
static int unclaimed(struct dev *dev, struct dev_reg reg, enum bus_op op, uint32_t *val)
{
	dev_cue_access(dev, reg, op, op == BUS_WRITE ? *val : 0);
	dev_step(dev, 1);
	if (op == BUS_READ)
		*val = cut(UINT32_MAX, reg.size);
	else
		tell(dev, reg, op, cut(*val, reg.size), BUS_OKAY, 0);
	tell(dev, reg, op, cut(*val, reg.size), BUS_DECERR, op == BUS_WRITE ? BUS_F_RESP : 0);
	return -EIO;
}

/* pci_cfg_data stands for an access to the BAR, which the configuration access alone shows. */
static int window(struct dev *dev, uint32_t off, unsigned size, enum bus_op op)
{
	struct dev_reg reg = { .space = BUS_BAR, .size = (uint8_t)size, .addr = off };
	bool muted = dev->muted;
	uint32_t val = 0;
	int err;

	if (op == BUS_WRITE)
		val = pcifn_data(&dev->fn, size);
	dev->muted = true;
	err = dev_transfer(dev, reg, op, val);
	dev->muted = muted;
	if (op == BUS_READ)
		pcifn_set_data(&dev->fn, size, err ? UINT32_MAX : (uint32_t)dev->axil.rec.data);
	return err == -ETIMEDOUT ? err : 0;
}

static int access_config(struct dev *dev, struct dev_reg reg, enum bus_op op, uint32_t *val)
{
	unsigned size = 0;
	uint32_t off = 0;
	int err = 0;

	dev_cue_access(dev, reg, op, op == BUS_WRITE ? *val : 0);
	dev_step(dev, 1);
	if (op == BUS_WRITE) {
		pcifn_write(&dev->fn, reg.addr, reg.size, *val);
		dev->axi_mem.closed = !pcifn_master(&dev->fn);
		tell(dev, reg, op, cut(*val, reg.size), BUS_OKAY, 0);
	}
	if (pcifn_window(&dev->fn, reg.addr, &off, &size) && size)
		err = window(dev, off, size, op);
	if (op == BUS_READ) {
		*val = pcifn_read(&dev->fn, reg.addr, reg.size, *dev->model->pin.intx_o);
		tell(dev, reg, op, *val, BUS_OKAY, 0);
	}
	dev->quiet = 0;
	return err;
}

bool dev_cfg_access(struct dev *dev, struct dev_reg reg, enum bus_op op, uint32_t *val, int *err)
{
	if (reg.space == BUS_CFG)
		*err = access_config(dev, reg, op, val);
	else if (reg.bar || reg.addr >= dev->dut.bar_bytes || !pcifn_memory(&dev->fn))
		*err = unclaimed(dev, reg, op, val);
	else
		return false;
	return true;
}
