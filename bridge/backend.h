/* SPDX-License-Identifier: MIT */
/*
 * What the server serves: a PCI function behind a handful of calls. RTL is one such
 * (backend_dev.h); tests and the benchmarks' baseline use a plain C array.
 *
 * Interrupts go the other way: whoever makes the backend hands its INTx level and its
 * MSI-X messages to server_intx and server_msix.
 */
#ifndef BRIDGE_BACKEND_H
#define BRIDGE_BACKEND_H

#include <linux/vfio.h>
#include <stdbool.h>
#include <stdint.h>

struct backend_ops {
	/*
	 * One access of 1, 2 or 4 bytes, naturally aligned, inside the region.
	 * `region` is a VFIO_PCI_*_REGION_INDEX. A read that fails still sets *val: the
	 * guest gets that, as it would from a bus; the failure is the backend's to report.
	 */
	void (*read)(void *ctx, unsigned region, uint32_t off, unsigned size, uint32_t *val);
	void (*write)(void *ctx, unsigned region, uint32_t off, unsigned size, uint32_t val);

	/*
	 * Lets the device work until it is quiet; called when the peer has its answer.
	 * -EAGAIN: it waits for DMA by message; called again when that is there.
	 */
	int (*run)(void *ctx);

	/* Function reset: registers as after power-on, no DMA in flight. */
	void (*reset)(void *ctx);

	/*
	 * The client gave (on) or took away the eventfd of a vector. A client keeps the
	 * MSI-X table that its guest sees to itself, so this is what unmasks the device's.
	 */
	void (*msix)(void *ctx, unsigned vector, bool on);
};

struct backend {
	const struct backend_ops *ops;
	void *ctx;
	uint64_t size[VFIO_PCI_NUM_REGIONS]; /* bytes, 0: the region is not there */
	unsigned vectors;                    /* MSI-X vectors, 0: none */
	bool intx;                           /* has an INTx pin */
};

#endif
