/* SPDX-License-Identifier: MIT */
#include "bridge/carrier.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#define CFG_BYTES    256
#define WINDOW_BYTES 4096U    /* of the BAR: a page, of which the device has the beginning */
#define CLASS_OTHER  0x088000 /* base system peripheral, other */

struct carrier {
	struct port inner;
	uint8_t cfg[CFG_BYTES];
};

/* --- configuration space: a header, and what of it can be written ------------------------ */

static void put(uint8_t *at, unsigned size, uint32_t val)
{
	for (unsigned i = 0; i < size; i++)
		at[i] = (uint8_t)(val >> (8 * i));
}

static void power_on(struct carrier *c)
{
	memset(c->cfg, 0, sizeof(c->cfg));
	put(&c->cfg[PCI_VENDOR_ID], 2, CARRIER_VENDOR);
	put(&c->cfg[PCI_DEVICE_ID], 2, CARRIER_DEVICE);
	put(&c->cfg[PCI_CLASS_REVISION + 1], 3, CLASS_OTHER);
	c->cfg[PCI_INTERRUPT_PIN] = 1;
}

/* The bits of a byte that a write changes. */
static uint8_t writable(unsigned off)
{
	static const uint32_t command =
		PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE;
	static const uint32_t bar = ~(WINDOW_BYTES - 1);

	if (off < PCI_STATUS && off >= PCI_COMMAND)
		return (uint8_t)(command >> (8 * (off - PCI_COMMAND)));
	if (off >= PCI_BASE_ADDRESS_0 && off < PCI_BASE_ADDRESS_1)
		return (uint8_t)(bar >> (8 * (off - PCI_BASE_ADDRESS_0)));
	return off == PCI_INTERRUPT_LINE || off == PCI_CACHE_LINE_SIZE ? 0xff : 0;
}

static int cfg_read(const struct carrier *c, struct dev_reg reg, uint32_t *val)
{
	*val = 0;
	for (unsigned i = 0; i < reg.size && reg.addr + i < CFG_BYTES; i++)
		*val |= (uint32_t)c->cfg[reg.addr + i] << (8 * i);
	return 0;
}

static int cfg_write(struct carrier *c, struct dev_reg reg, uint32_t val)
{
	for (unsigned i = 0; i < reg.size && reg.addr + i < CFG_BYTES; i++) {
		uint8_t mask = writable(reg.addr + i), *at = &c->cfg[reg.addr + i];

		*at = (uint8_t)((*at & ~mask) | ((val >> (8 * i)) & mask));
	}
	return 0;
}

/* --- the port ------------------------------------------------------------------------------ */

static struct dev_reg inside(struct dev_reg reg)
{
	reg.space = BUS_MMIO;
	reg.bar = 0;
	return reg;
}

static int port_read(void *ctx, struct dev_reg reg, uint32_t *val)
{
	struct carrier *c = ctx;

	if (reg.space == BUS_CFG)
		return cfg_read(c, reg, val);
	if (reg.space == BUS_BAR && reg.bar == 0)
		return c->inner.read(c->inner.ctx, inside(reg), val);
	*val = UINT32_MAX;
	return -EIO;
}

static int port_write(void *ctx, struct dev_reg reg, uint32_t val)
{
	struct carrier *c = ctx;

	if (reg.space == BUS_CFG)
		return cfg_write(c, reg, val);
	if (reg.space == BUS_BAR && reg.bar == 0)
		return c->inner.write(c->inner.ctx, inside(reg), val);
	return -EIO;
}

static int port_run(void *ctx)
{
	struct carrier *c = ctx;

	return c->inner.run(c->inner.ctx);
}

static void port_step(void *ctx, uint64_t n)
{
	struct carrier *c = ctx;

	c->inner.step(c->inner.ctx, n);
}

static void port_reset(void *ctx)
{
	struct carrier *c = ctx;

	power_on(c);
	c->inner.reset(c->inner.ctx);
}

struct carrier *carrier_new(const struct port *inner)
{
	struct carrier *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->inner = *inner;
	power_on(c);
	return c;
}

void carrier_free(struct carrier *c)
{
	free(c);
}

struct port carrier_port(struct carrier *c)
{
	return (struct port){ .ctx = c,
			      .read = port_read,
			      .write = port_write,
			      .run = port_run,
			      .step = port_step,
			      .reset = port_reset };
}
