/* SPDX-License-Identifier: MIT */
#include "sim/port_io.h"

#define WAIT 16 /* cycles that the driver lets the device work */

static uint32_t get(const struct port *port, struct dev_reg reg)
{
	uint32_t val = UINT32_MAX;

	port->read(port->ctx, reg, &val);
	port->run(port->ctx);
	return val;
}

static void put(const struct port *port, struct dev_reg reg, uint32_t val)
{
	port->write(port->ctx, reg, val);
	port->run(port->ctx);
}

static uint32_t cfg_read(void *ctx, unsigned off, unsigned size)
{
	return get(ctx, (struct dev_reg){ BUS_CFG, 0, (uint8_t)size, off });
}

static void cfg_write(void *ctx, unsigned off, unsigned size, uint32_t val)
{
	put(ctx, (struct dev_reg){ BUS_CFG, 0, (uint8_t)size, off }, val);
}

static uint32_t bar_read(void *ctx, unsigned bar, uint32_t off, unsigned size)
{
	return get(ctx, (struct dev_reg){ BUS_BAR, (uint8_t)bar, (uint8_t)size, off });
}

static void bar_write(void *ctx, unsigned bar, uint32_t off, unsigned size, uint32_t val)
{
	put(ctx, (struct dev_reg){ BUS_BAR, (uint8_t)bar, (uint8_t)size, off }, val);
}

static uint32_t mmio_read(void *ctx, uint32_t off, unsigned size)
{
	return get(ctx, (struct dev_reg){ BUS_MMIO, 0, (uint8_t)size, off });
}

static void mmio_write(void *ctx, uint32_t off, unsigned size, uint32_t val)
{
	put(ctx, (struct dev_reg){ BUS_MMIO, 0, (uint8_t)size, off }, val);
}

static void wait_a_little(void *ctx)
{
	const struct port *port = ctx;

	port->step(port->ctx, WAIT);
}

static void say(void *ctx, const char *line)
{
	(void)ctx;
	(void)line;
}

struct driver_io port_io(struct port *port, bool mmio)
{
	struct driver_io io = { .ctx = port, .wait = wait_a_little, .say = say };

	if (mmio) {
		io.mmio_read = mmio_read;
		io.mmio_write = mmio_write;
		return io;
	}
	io.cfg_read = cfg_read;
	io.cfg_write = cfg_write;
	io.bar_read = bar_read;
	io.bar_write = bar_write;
	return io;
}
