/* SPDX-License-Identifier: MIT */
/*
 * A histogram of numbers of any size in constant memory: 32 buckets an octave, so that a
 * quantile is off by no more than a 32nd of itself.
 */
#ifndef BRIDGE_HIST_H
#define BRIDGE_HIST_H

#include <stdint.h>

#define HIST_BUCKETS 1920
#define HIST_BARS    8 /* an octave, of hist_each */

struct hist {
	uint64_t count, max;
	uint64_t bucket[HIST_BUCKETS];
};

void hist_add(struct hist *hist, uint64_t val);

/*
 * The value that this share of the values (0 to 1) does not exceed, rounded up to the end of its
 * bucket but never above the largest; 0 when there are none.
 */
uint64_t hist_quantile(const struct hist *hist, double share);

/*
 * For a chart: calls `bar` for each that is not empty, in order, with the largest value that falls
 * into it and how many did.
 */
void hist_each(const struct hist *hist, void (*bar)(void *ctx, uint64_t end, uint64_t count),
	       void *ctx);

#endif
