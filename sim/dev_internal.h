/* SPDX-License-Identifier: MIT */
/* struct dev inside: the clock and the ports (dev.c), the host's side, configuration space. */
#ifndef SIM_DEV_INTERNAL_H
#define SIM_DEV_INTERNAL_H

#include "sim/axi_mem.h"
#include "sim/axil.h"
#include "sim/dev.h"
#include "sim/dut.h"
#include "sim/model.h"
#include "sim/pcifn.h"
#include "sim/skew.h"

struct dev {
	struct dut dut;
	struct pcifn fn; /* PCI configuration space, where the RTL has none */
	struct model *model;
	struct dev_sink sink;
	uint64_t cycle, budget;
	uint64_t features;
	bool dense;
	uint64_t seed;
	uint32_t target;
	uint32_t hint, hint_last; /* command id on show; the last that was no end */
	struct axil axil;
	struct dev_reg reg; /* the access in flight, as the front end asked for it */
	enum bus_op op;
	uint32_t val;
	struct axi_mem axi_mem;
	bool intx;          /* level last reported */
	uint32_t hint_sent; /* by the driver, as last reported */
	bool unsettled;     /* pages told since the last settle */
	bool muted;         /* the access in flight is a debugger's */
	bool rested;        /* quiet was told, and no cycle has passed since */
	bool stopped;       /* its clock */
	unsigned open;      /* AXIL_* of a cycle that is not over; 0: there is none */
	unsigned quiet;
	void (*look)(void *ctx, struct model *model, uint64_t cycle, bool high);
	void *look_ctx;
	struct skew skew;
	uint32_t broken; /* rules of sim/axi_rules.h that were told of */
};

/* Told as a record, unless the access in flight is a debugger's. */
void dev_record(struct dev *dev, const struct bus_rec *rec);
void dev_record_host(struct dev *dev, enum bus_op op, uint64_t what, uint64_t data);
void dev_cue_access(struct dev *dev, struct dev_reg reg, enum bus_op op, uint32_t val);

/* One access on the register port, whatever it is. Errors as dev_read; dev->axil.rec has the data.
 */
int dev_transfer(struct dev *dev, struct dev_reg reg, enum bus_op op, uint32_t val);

/* --- dev_cfg.c: a PCI function whose configuration space is ours ------------------------- */

static inline bool dev_lacks_config(const struct dev *dev)
{
	return !dev->dut.config_space;
}

void dev_cfg_reset(struct dev *dev);

/* True: it was for configuration space, or claimed by nobody; *err as dev_read. */
bool dev_cfg_access(struct dev *dev, struct dev_reg reg, enum bus_op op, uint32_t *val, int *err);

#endif
