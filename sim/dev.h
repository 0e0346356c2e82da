/* SPDX-License-Identifier: MIT */
/*
 * struct dev: a device under test, Verilated, as a C object.
 *
 * Everything that drives RTL goes through here: C drivers, the bridge to QEMU,
 * SystemC and replay. It owns the clock. Time is RTL cycles and event driven: an
 * access runs the clock until the response; dev_run then runs it until the device
 * is quiet. Idle guest time does not advance it.
 *
 * Functions return 0 or -errno unless they say otherwise:
 *   -ETIMEDOUT  the cycle budget ran out (the device hangs); the value is all ones
 *   -EIO        the device answered with an AXI error response; value all ones
 *   -EINVAL     size not 1, 2 or 4, or not naturally aligned, or unknown space
 */
#ifndef SIM_DEV_H
#define SIM_DEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/bus.h"
#include "sim/skew.h"

struct dev;
struct mem;
struct model;

enum dev_page { DEV_INFLATE, DEV_DEFLATE };

/* Free memory that the driver told of. */
struct dev_range {
	enum { DEV_HINTED, DEV_REPORTED } kind;
	uint64_t gpa;
	uint32_t len;    /* bytes */
	uint32_t poison; /* what the driver expects in free pages, 0: zeros or anything */
};

/* Where an access goes and how wide it is. */
struct dev_reg {
	enum bus_space space; /* BUS_CFG, BUS_BAR or BUS_MMIO */
	uint8_t bar;          /* BAR number, 0 outside BUS_BAR */
	uint8_t size;         /* 1, 2 or 4 bytes, naturally aligned */
	uint32_t addr;        /* byte offset in that space */
};

/* What the device does to the outside. Called from within dev_*; must not call dev_*. */
struct dev_sink {
	void *ctx;
	void (*rec)(void *ctx, const struct bus_rec *rec);        /* every bus record, in order */
	void (*cue)(void *ctx, const struct bus_rec *cue);        /* BUS_CUE: what a replay needs */
	void (*intx)(void *ctx, bool level);                      /* on change */
	void (*msix)(void *ctx, unsigned vector);                 /* once a message */
	void (*message)(void *ctx, uint64_t addr, uint32_t data); /* the same, as what it writes */
	void (*page)(void *ctx, enum dev_page dir, uint32_t pfn); /* 4 KiB page frame number */
	void (*stat)(void *ctx, uint16_t tag, uint64_t value);    /* VIRTIO_BALLOON_S_* */
	void (*range)(void *ctx, const struct dev_range *range);
	void (*hint)(void *ctx, uint32_t id); /* the driver's command id, on change */
	/* Before the device writes memory after a page or range: a driver may learn of it from now
	 * on. */
	void (*settle)(void *ctx);
	void (*pause)(void *ctx); /* dev_run returns: no record of this cycle is to come */
	/* A rule of AXI was broken at a port, each rule once (sim/axi_rules.h). */
	void (*broken)(void *ctx, unsigned rule);
};

#define DEV_DUT "balloon-pci" /* the one that is meant where none is named */

struct dev_config {
	const char *dut;       /* name of one that is built in (sim/dut.h), NULL: DEV_DUT */
	uint64_t features;     /* offered feature bits; RTL masks what it does not have */
	bool dense;            /* optional queues numbered without gaps, as stock drivers do */
	uint64_t seed;         /* of a device that makes numbers up, 0: its own */
	uint64_t cycle_budget; /* cycles a message may take, 0: DEV_CYCLE_BUDGET */
	struct skew skew;      /* moods of what is around the device; all zero: none */
};

#define DEV_CYCLE_BUDGET 1000000
#define DEV_FEATURES_ALL UINT64_MAX

/* NULL and *err (a static string) when the name is unknown. The device is in reset. */
struct dev *dev_new(const struct dev_config *cfg, struct mem *mem, const struct dev_sink *sink,
		    const char **err);
void dev_free(struct dev *dev);

/* Pulses rst_ni: power-on, bus reset, function reset. */
void dev_reset(struct dev *dev);

/* 0, or -EINVAL: no access to the device can be like that. */
int dev_reg_check(const struct dev *dev, struct dev_reg reg);

/*
 * One register access. Runs the clock until the response, no further, so that a peer
 * can be answered first; DMA to windows without host memory waits meanwhile.
 */
int dev_read(struct dev *dev, struct dev_reg reg, uint32_t *val);
int dev_write(struct dev *dev, struct dev_reg reg, uint32_t val);

/*
 * dev_read for a peer that waits: up to the moment at which the answer shows on the pins. The rest
 * of that cycle, the access's record included, comes with the next call, dev_run say; with this one
 * if the device has more to show in it than the answer, DMA or an interrupt.
 */
int dev_read_early(struct dev *dev, struct dev_reg reg, uint32_t *val);

/*
 * Ends the cycle that dev_read_early has left open, if there is one, as every other call that can
 * change or tell something does first: for who notes something at dev_cycle.
 */
void dev_catch_up(struct dev *dev);

/*
 * dev_read for a debugger: the clock runs, but nobody is told of the access. Reading can
 * have effects (ISR status): which register that is, the caller knows.
 */
int dev_peek(struct dev *dev, struct dev_reg reg, uint32_t *val);

/*
 * Runs the clock until the device is quiet: no work, no DMA in flight, no message due.
 * -EAGAIN: all that is left waits for a window's callback that said so; run again when it
 * can answer. Register accesses are fine meanwhile.
 */
int dev_run(struct dev *dev);

/* dev_run for at most so many cycles; -EINPROGRESS: they were not enough. */
int dev_run_for(struct dev *dev, uint64_t cycles);

/* Runs the clock n cycles, quiet or not. */
void dev_step(struct dev *dev, uint64_t n);

/* Those of the neighbours (1 << SKEW_*) do nothing until they are let go. */
void dev_hold(struct dev *dev, uint32_t who);

/*
 * Fault injection: a device whose clock was stopped does nothing and answers nothing, while
 * cycles are counted on. dev_reset starts it again, too.
 */
void dev_clock(struct dev *dev, bool on);

/* Cycles since dev_new. */
uint64_t dev_cycle(const struct dev *dev);

/*
 * Calls `look` twice a cycle, when the model has been evaluated: with the clock low, as the
 * cycle's edge will sample it, and high. For waves; it must not call dev_*. NULL ends it.
 */
void dev_watch(struct dev *dev,
	       void (*look)(void *ctx, struct model *model, uint64_t cycle, bool high), void *ctx);

/* What the pins say of work under way, in words: for a device that does not answer. */
char *dev_ports_str(const struct dev *dev, char *buf, size_t len);

/* Management port: the host side of the balloon, in 4 KiB pages. Follow with dev_run. */
void dev_set_target(struct dev *dev, uint32_t pages);
uint32_t dev_target(const struct dev *dev);
uint32_t dev_actual(struct dev *dev);

/* Asks the driver for statistics: sink.stat follows once it has answered. */
void dev_poll_stats(struct dev *dev);

/*
 * Free page hinting (5.5.6.5): the command id on show. VIRTIO_BALLOON_CMD_ID_STOP and _DONE
 * end a round; dev_next_hint is an id that was not used yet, to start one with.
 */
void dev_set_hint(struct dev *dev, uint32_t cmd);
uint32_t dev_next_hint(const struct dev *dev);
uint32_t dev_hint_sent(struct dev *dev); /* by the driver: its last id, 0 when it is through */

/* poison_val, 0 as long as PAGE_POISON is not negotiated. */
uint32_t dev_poison(struct dev *dev);

#endif
