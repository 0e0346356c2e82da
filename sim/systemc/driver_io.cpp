/* SPDX-License-Identifier: MIT */
#include "sim/systemc/driver_io.h"

static uint32_t cfg_read(void *ctx, unsigned off, unsigned size)
{
	struct port *port = static_cast<struct port *>(ctx);
	uint32_t val;

	port->read(port->ctx, { BUS_CFG, 0, static_cast<uint8_t>(size), off }, &val);
	port->run(port->ctx);
	return val;
}

static void cfg_write(void *ctx, unsigned off, unsigned size, uint32_t val)
{
	struct port *port = static_cast<struct port *>(ctx);

	port->write(port->ctx, { BUS_CFG, 0, static_cast<uint8_t>(size), off }, val);
	port->run(port->ctx);
}

static struct dev_reg bar_reg(unsigned bar, uint32_t off, unsigned size)
{
	return { BUS_BAR, static_cast<uint8_t>(bar), static_cast<uint8_t>(size), off };
}

static uint32_t bar_read(void *ctx, unsigned bar, uint32_t off, unsigned size)
{
	struct port *port = static_cast<struct port *>(ctx);
	uint32_t val;

	port->read(port->ctx, bar_reg(bar, off, size), &val);
	port->run(port->ctx);
	return val;
}

static void bar_write(void *ctx, unsigned bar, uint32_t off, unsigned size, uint32_t val)
{
	struct port *port = static_cast<struct port *>(ctx);

	port->write(port->ctx, bar_reg(bar, off, size), val);
	port->run(port->ctx);
}

static void wait_a_little(void *ctx)
{
	struct port *port = static_cast<struct port *>(ctx);

	port->step(port->ctx, 16);
}

static void say(void *ctx, const char *line)
{
	(void)ctx;
	(void)line;
}

struct driver_io driver_io_over(struct port *port)
{
	struct driver_io io = {};

	io.ctx = port;
	io.cfg_read = cfg_read;
	io.cfg_write = cfg_write;
	io.bar_read = bar_read;
	io.bar_write = bar_write;
	io.wait = wait_a_little;
	io.say = say;
	return io;
}
