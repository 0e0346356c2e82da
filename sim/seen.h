/* SPDX-License-Identifier: MIT */
/*
 * What somebody else's log shows of a virtio device: accesses at the addresses of a CPU, and
 * whatever it tells of PCI functions. When all of it was read, one device is picked, and its
 * accesses become bus records. mmiotrace (sim/mmiotrace.h) and QEMU (sim/qemu_log.h) feed it.
 *
 * Where the log has no reads of the configuration space but somebody knows what is in it, the
 * reads that a driver would have made come first: synthetic, and counted.
 */
#ifndef SIM_SEEN_H
#define SIM_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/bus.h"

#define SEEN_WHY       160
#define SEEN_CFG_BYTES 256 /* bytes of configuration space: capabilities are in the first 256 */
#define SEEN_BARS      6

enum seen_kind {
	SEEN_MEM,    /* addr: of the CPU */
	SEEN_CFG,    /* addr: offset in configuration space of function `bdf` */
	SEEN_INTX,   /* an interrupt line of a virtio-mmio device: data is its level */
	SEEN_MSI,    /* a message: addr, data */
	SEEN_TARGET, /* the host asks for a balloon of `data` pages of 4 KiB */
};

struct seen_access {
	uint64_t time; /* microseconds, or 0: not known */
	uint64_t addr, data;
	uint32_t bdf; /* bus << 8 | device << 3 | function */
	uint8_t kind, op, size;
};

struct seen_function {
	uint32_t bdf;
	uint16_t vendor, device; /* 0: not known */
	uint64_t bar[SEEN_BARS], bytes[SEEN_BARS];
	uint8_t cfg[SEEN_CFG_BYTES];
	bool have_cfg; /* cfg is a dump of it, not of what the log shows */
};

struct seen;

struct seen *seen_new(void);
void seen_free(struct seen *seen);

/* 0 or -ENOMEM. */
int seen_add(struct seen *seen, const struct seen_access *acc);

/* That function, made if there is none yet; NULL: out of memory, or there are too many. */
struct seen_function *seen_function(struct seen *seen, uint32_t bdf);

/* The n-th in the order in which they came, or NULL. */
struct seen_function *seen_function_at(struct seen *seen, unsigned n);

/*
 * Picks the device: `which` is its PCI address ("00:01.0"), or that of its virtio-mmio registers
 * ("0xfeb02e00"); NULL: the first PCI function of virtio that was touched, else the first
 * virtio-mmio device. 0, or -ENOENT and in `why` one line.
 */
int seen_pick(struct seen *seen, const char *which, char why[SEEN_WHY]);

/* Of the device that was picked. */
struct seen_device {
	bool mmio;
	unsigned type;   /* virtio device type, 0: not known */
	bool windows;    /* which register is which can be told */
	bool config;     /* the log shows its configuration space */
	bool synthetic;  /* it does not, but a dump does */
	uint64_t wide;   /* accesses of 8 bytes, each two records */
	uint64_t others; /* accesses that are none of this device's */
};

const struct seen_device *seen_device(const struct seen *seen);

/* Its records, in order: first the synthetic ones, whose number is returned. */
size_t seen_records(struct seen *seen, void (*rec)(void *ctx, const struct bus_rec *rec),
		    void *ctx);

#endif
