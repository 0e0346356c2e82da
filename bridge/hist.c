/* SPDX-License-Identifier: MIT */
#include "bridge/hist.h"

#define SUB_BITS 5
#define SUB      (1U << SUB_BITS)
#define BAR      (SUB / HIST_BARS) /* buckets a bar */

static unsigned bucket_of(uint64_t val)
{
	unsigned octave;

	if (val < SUB)
		return (unsigned)val;
	octave = 63 - (unsigned)__builtin_clzll(val);
	return (octave - SUB_BITS + 1) * SUB + (unsigned)(val >> (octave - SUB_BITS) & (SUB - 1));
}

/* The largest value in the bucket. */
static uint64_t bucket_end(unsigned n)
{
	unsigned shift = n / SUB ? n / SUB - 1 : 0;

	if (n < SUB)
		return n;
	return ((uint64_t)(SUB + n % SUB) << shift) + ((1ULL << shift) - 1);
}

void hist_add(struct hist *hist, uint64_t val)
{
	hist->count++;
	hist->bucket[bucket_of(val)]++;
	if (val > hist->max)
		hist->max = val;
}

void hist_each(const struct hist *hist, void (*bar)(void *ctx, uint64_t end, uint64_t count),
	       void *ctx)
{
	for (unsigned n = 0; n < HIST_BUCKETS; n += BAR) {
		uint64_t count = 0;

		for (unsigned i = 0; i < BAR; i++)
			count += hist->bucket[n + i];
		if (count)
			bar(ctx, bucket_end(n + BAR - 1), count);
	}
}

uint64_t hist_quantile(const struct hist *hist, double share)
{
	double rank = share * (double)hist->count;
	uint64_t seen = 0;

	for (unsigned n = 0; n < HIST_BUCKETS; n++) {
		seen += hist->bucket[n];
		if (seen && (double)seen >= rank)
			return bucket_end(n) < hist->max ? bucket_end(n) : hist->max;
	}
	return 0;
}
