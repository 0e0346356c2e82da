/* SPDX-License-Identifier: MIT */
/*
 * A device without RTL: registers are a C array. What the protocol tests talk to, and
 * what the benchmarks compare RTL with.
 *
 * Configuration space says 1af4:1045 with the virtio vendor capabilities, an MSI-X
 * capability and INTx pin A, as the balloon does; BAR 0 is plain memory.
 */
#ifndef TESTS_LIB_ARRAY_BACKEND_H
#define TESTS_LIB_ARRAY_BACKEND_H

#include "bridge/backend.h"

#define ARRAY_CFG_BYTES 256
#define ARRAY_BAR_BYTES 32768
#define ARRAY_VECTORS   6
#define ARRAY_TABLE     0x4000 /* MSI-X table and pending bits in BAR 0 */
#define ARRAY_PBA       0x5000

struct array_backend {
	struct backend be; /* .ctx is this */
	uint8_t cfg[ARRAY_CFG_BYTES];
	uint8_t bar[ARRAY_BAR_BYTES];
	unsigned reads, writes, runs, resets;
	bool on[ARRAY_VECTORS]; /* vectors as last told by the server */
	/* What the device does when it may work; NULL: nothing. As backend_ops.run. */
	int (*work)(void *ctx);
	void *work_ctx;
};

void array_backend_init(struct array_backend *ab);

#endif
