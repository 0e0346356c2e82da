/* SPDX-License-Identifier: MIT */
#include "bridge/backend_dev.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>

#include "sim/log.h"

#define CFG_BYTES 256

struct backend_dev {
	struct port port;
	const struct log *log;
	struct backend be;
	unsigned table_bar;
	uint32_t table_off;
	uint64_t hangs, errors;
};

static struct dev_reg place(unsigned region, uint32_t off, unsigned size)
{
	struct dev_reg reg = { .space = BUS_CFG, .size = (uint8_t)size, .addr = off };

	if (region != VFIO_PCI_CONFIG_REGION_INDEX) {
		reg.space = BUS_BAR;
		reg.bar = (uint8_t)(region - VFIO_PCI_BAR0_REGION_INDEX);
	}
	return reg;
}

/* A device that hangs once tends to hang on: it is said once, then counted. */
static void note(struct backend_dev *bd, const char *what, struct dev_reg reg, int err)
{
	if (!err)
		return;
	if (err != -ETIMEDOUT) {
		bd->errors++;
		return;
	}
	if (bd->hangs++)
		return;
	if (reg.space == BUS_CFG)
		log_warn(bd->log, "the device does not answer: %s at configuration space +0x%x",
			 what, reg.addr);
	else
		log_warn(bd->log, "the device does not answer: %s at BAR %u +0x%x", what, reg.bar,
			 reg.addr);
}

static void bd_read(void *ctx, unsigned region, uint32_t off, unsigned size, uint32_t *val)
{
	struct backend_dev *bd = ctx;
	struct dev_reg reg = place(region, off, size);

	note(bd, "read", reg, bd->port.read(bd->port.ctx, reg, val));
}

static void bd_write(void *ctx, unsigned region, uint32_t off, unsigned size, uint32_t val)
{
	struct backend_dev *bd = ctx;
	struct dev_reg reg = place(region, off, size);

	note(bd, "write", reg, bd->port.write(bd->port.ctx, reg, val));
}

static int bd_run(void *ctx)
{
	struct backend_dev *bd = ctx;

	return bd->port.run(bd->port.ctx);
}

static void bd_reset(void *ctx)
{
	struct backend_dev *bd = ctx;

	bd->port.reset(bd->port.ctx);
}

/*
 * Address and data are the client's business: its eventfd stands for them. These say which
 * vector it is to whoever looks at the bus.
 */
static void bd_msix(void *ctx, unsigned vector, bool on)
{
	struct backend_dev *bd = ctx;
	unsigned region = VFIO_PCI_BAR0_REGION_INDEX + bd->table_bar;
	uint32_t at = bd->table_off + vector * PCI_MSIX_ENTRY_SIZE;

	if (on) {
		bd_write(bd, region, at + PCI_MSIX_ENTRY_LOWER_ADDR, 4, 0xfee00000);
		bd_write(bd, region, at + PCI_MSIX_ENTRY_UPPER_ADDR, 4, 0);
		bd_write(bd, region, at + PCI_MSIX_ENTRY_DATA, 4, vector);
	}
	bd_write(bd, region, at + PCI_MSIX_ENTRY_VECTOR_CTRL, 4,
		 on ? 0 : PCI_MSIX_ENTRY_CTRL_MASKBIT);
}

static const struct backend_ops ops = {
	.read = bd_read,
	.write = bd_write,
	.run = bd_run,
	.reset = bd_reset,
	.msix = bd_msix,
};

/* --- probing ---------------------------------------------------------------------------- */

static uint32_t cfg(struct backend_dev *bd, uint32_t off, unsigned size)
{
	uint32_t val;

	bd_read(bd, VFIO_PCI_CONFIG_REGION_INDEX, off, size, &val);
	return val;
}

/* What stays of a BAR of which all bits were written: its size's complement, and flags. */
static uint32_t bar_mask(struct backend_dev *bd, unsigned bar)
{
	uint32_t off = PCI_BASE_ADDRESS_0 + 4 * bar, was = cfg(bd, off, 4), mask;

	bd_write(bd, VFIO_PCI_CONFIG_REGION_INDEX, off, 4, UINT32_MAX);
	mask = cfg(bd, off, 4);
	bd_write(bd, VFIO_PCI_CONFIG_REGION_INDEX, off, 4, was);
	return mask;
}

static void probe_bars(struct backend_dev *bd)
{
	for (unsigned bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
		uint32_t mask = bar_mask(bd, bar);
		uint32_t size = ~(mask & (uint32_t)PCI_BASE_ADDRESS_MEM_MASK) + 1;

		if (!mask || mask & PCI_BASE_ADDRESS_SPACE_IO)
			continue; /* none, or ports: which virtio does not use */
		bd->be.size[VFIO_PCI_BAR0_REGION_INDEX + bar] = size;
		if ((mask & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64)
			bar++;
	}
}

static int probe_msix(struct backend_dev *bd, uint32_t cap)
{
	uint32_t flags = cfg(bd, cap + PCI_MSIX_FLAGS, 2);
	uint32_t table = cfg(bd, cap + PCI_MSIX_TABLE, 4);
	uint64_t bytes = ((flags & PCI_MSIX_FLAGS_QSIZE) + 1ULL) * PCI_MSIX_ENTRY_SIZE, room;

	bd->table_bar = table & PCI_MSIX_TABLE_BIR;
	bd->table_off = table & PCI_MSIX_TABLE_OFFSET;
	if (bd->table_bar >= PCI_STD_NUM_BARS)
		return -EINVAL;
	room = bd->be.size[VFIO_PCI_BAR0_REGION_INDEX + bd->table_bar];
	if (bd->table_off > room || bytes > room - bd->table_off)
		return -EINVAL;
	bd->be.vectors = (flags & PCI_MSIX_FLAGS_QSIZE) + 1;
	return 0;
}

static int probe(struct backend_dev *bd)
{
	uint32_t cap = 0;
	int err = 0;

	bd->be.size[VFIO_PCI_CONFIG_REGION_INDEX] = CFG_BYTES;
	if (cfg(bd, PCI_VENDOR_ID, 2) == 0xffff || bd->hangs || bd->errors)
		return -ENODEV;
	probe_bars(bd);
	bd->be.intx = cfg(bd, PCI_INTERRUPT_PIN, 1) != 0;
	if (cfg(bd, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST)
		cap = cfg(bd, PCI_CAPABILITY_LIST, 1);
	/* Bounded, in case the list is a ring. */
	for (unsigned n = 0; cap >= PCI_STD_HEADER_SIZEOF && n < 48 && !err; n++) {
		if (cfg(bd, cap, 1) == PCI_CAP_ID_MSIX)
			err = probe_msix(bd, cap);
		cap = cfg(bd, cap + PCI_CAP_LIST_NEXT, 1) & ~3U;
	}
	return err;
}

struct backend_dev *backend_dev_new(const struct port *port, const struct log *log)
{
	struct backend_dev *bd = calloc(1, sizeof(*bd));
	int err;

	if (!bd)
		return NULL;
	bd->port = *port;
	bd->log = log;
	bd->be.ops = &ops;
	bd->be.ctx = bd;
	err = probe(bd);
	if (!err)
		return bd;
	log_err(log, "the device's configuration space is not that of a PCI function");
	free(bd);
	errno = -err;
	return NULL;
}

void backend_dev_free(struct backend_dev *bd)
{
	free(bd);
}

const struct backend *backend_dev_get(const struct backend_dev *bd)
{
	return &bd->be;
}

uint64_t backend_dev_hangs(const struct backend_dev *bd)
{
	return bd->hangs;
}

uint64_t backend_dev_errors(const struct backend_dev *bd)
{
	return bd->errors;
}
