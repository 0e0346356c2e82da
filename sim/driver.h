/* SPDX-License-Identifier: MIT */
/*
 * A small virtio-pci balloon driver, right or wrong on purpose.
 *
 * Freestanding C over an access table, so that one source drives the device from the
 * C testbench (`vcosim drive`) and as a bare-metal guest in QEMU (bridge/guest/metal).
 * It polls; it allocates only from the pool it is given.
 *
 * Source: virtio 1.4, 3.1 (initialisation), 2.7 (split virtqueues), 4.1 (PCI), 5.5 (balloon).
 */
#ifndef SIM_DRIVER_H
#define SIM_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

/* How the driver reaches the device and its own memory. */
struct driver_io {
	void *ctx;
	uint32_t (*cfg_read)(void *ctx, unsigned off, unsigned size);
	void (*cfg_write)(void *ctx, unsigned off, unsigned size, uint32_t val);
	uint32_t (*bar_read)(void *ctx, unsigned bar, uint32_t off, unsigned size);
	void (*bar_write)(void *ctx, unsigned bar, uint32_t off, unsigned size, uint32_t val);
	void (*wait)(void *ctx); /* lets the device work: 10 us or so, or some cycles */
	void (*say)(void *ctx, const char *line); /* one line of progress, no newline */
	uint8_t *pool;                            /* DMA memory, zeroed, 4 KiB aligned */
	uint64_t pool_gpa;                        /* its guest physical address */
	uint32_t pool_size;                       /* bytes, at least DRIVER_POOL */
	uint32_t first_pfn, npfns;                /* 4 KiB pages free to be ballooned */
};

#define DRIVER_POOL 0x10000

/* Deviations, combinable. Each names what the driver does wrong, or oddly. */
enum driver_wrong {
	WRONG_NO_RESET = 1 << 0,            /* starts without writing 0 to device_status */
	WRONG_NO_RESET_WAIT = 1 << 1,       /* goes on before device_status reads 0 */
	WRONG_NO_ACKNOWLEDGE = 1 << 2,      /* sets DRIVER without ACKNOWLEDGE */
	WRONG_NO_DRIVER = 1 << 3,           /* goes from ACKNOWLEDGE to FEATURES_OK */
	WRONG_FEATURE_NOT_OFFERED = 1 << 4, /* accepts bit 22, which is not on offer */
	WRONG_FEATURES_UNREAD = 1 << 5,     /* writes features it never read */
	WRONG_NO_FEATURES_OK = 1 << 6,      /* sets up queues without FEATURES_OK */
	WRONG_SKIP_REREAD = 1 << 7,         /* carries on without reading FEATURES_OK back */
	WRONG_FEATURES_LATE = 1 << 8,       /* writes a feature word after FEATURES_OK */
	WRONG_NOTIFY_EARLY = 1 << 9,        /* notifies before DRIVER_OK */
	WRONG_CLEAR_BIT = 1 << 10,          /* writes DRIVER_OK alone, dropping the other bits */
	WRONG_GO_ON_FAILED = 1 << 11,       /* sets FAILED, then carries on */
	WRONG_CONFIG_EARLY = 1 << 12,       /* writes device configuration before FEATURES_OK */
	WRONG_DESC_OUTSIDE = 1 << 13,       /* a descriptor outside guest memory */
	WRONG_DESC_LOOP = 1 << 14,          /* a chain that loops */
	WRONG_PFN_BEYOND = 1 << 15,         /* a page frame beyond guest memory */
	WRONG_RING_OUTSIDE = 1 << 16,       /* rings outside guest memory */
	ODD_ABSOLUTE_STATUS = 1 << 17,      /* legal: absolute values, not read-modify-write */
	ODD_RESET_TWICE = 1 << 18,          /* legal: an aborted life before the real one */
};

struct driver_scenario {
	const char *name;
	const char *what;
	unsigned wrong;     /* enum driver_wrong */
	const char *clause; /* primary clause a monitor must name, or NULL: conforming */
};

/* n-th scenario, or NULL past the end; by name, or NULL. */
const struct driver_scenario *driver_scenario_at(unsigned n);
const struct driver_scenario *driver_scenario(const char *name);

struct driver_window {
	uint8_t bar;
	uint32_t offset, length;
};

struct driver_queue {
	uint16_t size, index, last_used, notify_off;
	uint8_t *desc, *avail, *used;
	uint32_t *pfns; /* the buffer: up to 256 page frame numbers */
	uint64_t desc_gpa, avail_gpa, used_gpa, pfns_gpa;
};

struct driver {
	const struct driver_io *io;
	unsigned wrong;
	struct driver_window common, notify, isr, device;
	uint32_t notify_multiplier;
	uint64_t offered, accepted;
	struct driver_queue queue[2]; /* inflateq, deflateq */
	uint32_t ballooned;           /* pages, from first_pfn up */
	uint32_t used_bytes;          /* of the pool */
	const char *error;            /* why the last step failed, a static string */
};

/* Each returns 0, or -1 with drv->error set. */
int driver_probe(struct driver *drv, const struct driver_io *io, unsigned wrong);
int driver_start(struct driver *drv);                    /* reset .. DRIVER_OK */
int driver_balloon(struct driver *drv, uint32_t target); /* inflate or deflate to target */
uint32_t driver_target(struct driver *drv);              /* num_pages, as configured */
int driver_reset(struct driver *drv);
bool driver_needs_reset(struct driver *drv); /* DEVICE_NEEDS_RESET is set */

/*
 * The whole story of a scenario: probe, start, inflate to the target, deflate, reset;
 * where the scenario provokes the device, a reset and a conforming life to recover.
 */
int driver_play(struct driver *drv, const struct driver_io *io,
		const struct driver_scenario *scenario);

#endif
