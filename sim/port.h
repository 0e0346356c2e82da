/* SPDX-License-Identifier: MIT */
/*
 * How a front end reaches a device: straight through struct dev, or across a platform
 * that has one in it. Calls mean and return what dev_* of the same name do.
 */
#ifndef SIM_PORT_H
#define SIM_PORT_H

#include "sim/dev.h"

struct port {
	void *ctx;
	int (*read)(void *ctx, struct dev_reg reg, uint32_t *val);
	int (*write)(void *ctx, struct dev_reg reg, uint32_t val);
	int (*run)(void *ctx);
	void (*step)(void *ctx, uint64_t n);
	void (*reset)(void *ctx);
};

struct port port_of_dev(struct dev *dev);

/* Its read is dev_read_early: for who answers a peer, then runs. */
struct port port_of_dev_early(struct dev *dev);

#endif
