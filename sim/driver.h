/* SPDX-License-Identifier: MIT */
/*
 * A small virtio balloon driver, over PCI or MMIO, right, odd or wrong on purpose.
 *
 * Freestanding C over an access table, so that one source drives the device from the
 * C testbench (`vcosim drive`) and as a bare-metal guest in QEMU (bridge/guest/metal).
 * It polls; it allocates only from the pool it is given.
 *
 * Source: virtio 1.4, 3.1 (initialisation), 2.7 (split virtqueues), 4.1 (PCI), 4.2 (MMIO),
 * 5.5 (balloon).
 */
#ifndef SIM_DRIVER_H
#define SIM_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

/* What a driver may want the host to do, to have something to answer. */
enum driver_ask {
	DRIVER_ASK_STATS, /* poll statistics */
	DRIVER_ASK_HINTS, /* begin a round of free page hints */
	DRIVER_ASK_HINTS_END,
	DRIVER_ASK_TARGET, /* ask for one page more than now */
};

/* How the driver reaches the device and its own memory. */
struct driver_io {
	void *ctx;
	uint32_t (*cfg_read)(void *ctx, unsigned off, unsigned size);
	void (*cfg_write)(void *ctx, unsigned off, unsigned size, uint32_t val);
	uint32_t (*bar_read)(void *ctx, unsigned bar, uint32_t off, unsigned size);
	void (*bar_write)(void *ctx, unsigned bar, uint32_t off, unsigned size, uint32_t val);
	/* Over virtio-mmio these, at offsets in the register window; and none of the four above. */
	uint32_t (*mmio_read)(void *ctx, uint32_t off, unsigned size);
	void (*mmio_write)(void *ctx, uint32_t off, unsigned size, uint32_t val);
	void (*wait)(void *ctx); /* lets the device work: 10 us or so, or some cycles */
	void (*say)(void *ctx, const char *line);     /* one line of progress, no newline */
	void (*ask)(void *ctx, enum driver_ask what); /* or NULL: the host listens to nobody */
	uint8_t *pool;                                /* DMA memory, zeroed, 4 KiB aligned */
	uint64_t pool_gpa;                            /* its guest physical address */
	uint32_t pool_size;                           /* bytes, at least DRIVER_POOL */
	uint32_t first_pfn, npfns;                    /* 4 KiB pages free to be ballooned */
};

#define DRIVER_POOL   0x10000
#define DRIVER_TWISTS 4 /* deviations a scenario may combine */

/* How a scenario ends; all of them end with a reset. */
enum driver_end {
	END_LIFE,    /* inflated to the target and deflated */
	END_EMPTY,   /* inflated to the target; the reset empties the balloon */
	END_STOP,    /* the driver gives up before DRIVER_OK, and begins a conforming life */
	END_PROVOKE, /* the device asks for a reset; a conforming life recovers it */
	END_REFUSED, /* the device may refuse to go on with such a driver */
};

struct driver_scenario {
	const char *name;
	const char *what;
	const char *clause; /* primary clause a monitor must name, or NULL: conforming */
	bool advisory;      /* the clause is named, and held against nobody */
	enum driver_end end;
	uint8_t twist[DRIVER_TWISTS]; /* enum driver_twist: sim/driver_twist.h */
	uint64_t without;             /* feature bits that the device must not offer for it */
	bool host;                    /* nothing to see where the host listens to nobody */
};

/* n-th scenario, or NULL past the end; by name, or NULL. */
const struct driver_scenario *driver_scenario_at(unsigned n);
const struct driver_scenario *driver_scenario(const char *name);

/* The same for virtio-mmio: those that fit, and its own; what a clause is called there. */
const struct driver_scenario *driver_mmio_scenario_at(unsigned n);
const struct driver_scenario *driver_mmio_scenario(const char *name);
const char *driver_mmio_clause(const struct driver_scenario *sc, bool *advisory);

struct driver_window {
	uint8_t bar;
	uint32_t offset, length;
};

#define DRIVER_QUEUES 5

struct driver_queue {
	uint16_t size, index, last_used, notify_off, notify_data;
	uint8_t *desc, *avail, *used;
	uint8_t *table; /* an indirect one, of 2 descriptors */
	uint32_t *pfns; /* the buffer: up to 256 page frame numbers */
	uint64_t desc_gpa, avail_gpa, used_gpa, table_gpa, pfns_gpa;
};

struct driver {
	const struct driver_io *io;
	uint8_t twist[DRIVER_TWISTS];
	struct driver_window common, notify, isr, device;
	uint32_t notify_multiplier;
	uint8_t msix_cap, access_cap, first_cap; /* offsets in configuration space, 0: none */
	uint64_t offered, accepted;
	struct driver_queue queue[DRIVER_QUEUES]; /* inflateq, deflateq, those below */
	uint16_t statsq, hintq, reportq;          /* their numbers, 0: not negotiated */
	uint32_t ballooned;                       /* pages, from first_pfn up */
	uint32_t used_bytes;                      /* of the pool */
	uint32_t sends;                           /* requests so far */
	bool interrupted;                         /* an interrupted start was made once */
	const char *error;                        /* why the last step failed, a static string */
};

/*
 * Each returns 0, or -1 with drv->error set; driver_start 1 where the scenario has the driver
 * give up. twist: DRIVER_TWISTS of them, or NULL for a driver that conforms.
 */
int driver_probe(struct driver *drv, const struct driver_io *io, const uint8_t *twist);
int driver_start(struct driver *drv);                    /* reset .. DRIVER_OK */
int driver_balloon(struct driver *drv, uint32_t target); /* inflate or deflate to target */
uint32_t driver_target(struct driver *drv);              /* num_pages, as configured */
int driver_reset(struct driver *drv);
bool driver_needs_reset(struct driver *drv); /* DEVICE_NEEDS_RESET is set */

/*
 * The whole story of a scenario: probe, start, inflate to the target, deflate, reset; then what
 * its end asks for.
 */
int driver_play(struct driver *drv, const struct driver_io *io,
		const struct driver_scenario *scenario);

#endif
