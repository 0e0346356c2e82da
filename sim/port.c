/* SPDX-License-Identifier: MIT */
/* A device as its own port. */
#include "sim/port.h"

static int port_read(void *ctx, struct dev_reg reg, uint32_t *val)
{
	return dev_read(ctx, reg, val);
}

static int port_read_early(void *ctx, struct dev_reg reg, uint32_t *val)
{
	return dev_read_early(ctx, reg, val);
}

static int port_write(void *ctx, struct dev_reg reg, uint32_t val)
{
	return dev_write(ctx, reg, val);
}

static int port_run(void *ctx)
{
	return dev_run(ctx);
}

static void port_step(void *ctx, uint64_t n)
{
	dev_step(ctx, n);
}

static void port_reset(void *ctx)
{
	dev_reset(ctx);
}

struct port port_of_dev(struct dev *dev)
{
	return (struct port){ .ctx = dev,
			      .read = port_read,
			      .write = port_write,
			      .run = port_run,
			      .step = port_step,
			      .reset = port_reset };
}

struct port port_of_dev_early(struct dev *dev)
{
	struct port port = port_of_dev(dev);

	port.read = port_read_early;
	return port;
}
