/* SPDX-License-Identifier: MIT */
/*
 * A device on a rough bench: struct dev among neighbours that are late, early and reluctant
 * out of a seed (sim/skew.h), watched at its pins in every cycle. What AXI asks for is
 * sim/axi's to watch; here: that what it offers the host stays until it is taken, that it
 * masters nothing when it may not, and that it is busy while a burst is out. A breach fails
 * the test with its cycle.
 */
#ifndef TESTS_LIB_ROUGH_H
#define TESTS_LIB_ROUGH_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/dev.h"
#include "sim/mem.h"

#define ROUGH_RAM      0x40000ULL /* guest physical */
#define ROUGH_RAM_SIZE 0x40000U

enum rough_offer { ROUGH_AR, ROUGH_AW, ROUGH_MESSAGE, ROUGH_PAGE, ROUGH_STAT, ROUGH_RANGE };
#define ROUGH_OFFERS 6

struct rough {
	struct dev *dev;
	struct mem *mem;
	const struct pins *pin; /* of the cycle that passes, or has passed last */
	uint8_t ram[ROUGH_RAM_SIZE];
	uint64_t rng, seed;
	/* What the device did. */
	uint64_t reads, writes;   /* beats */
	uint64_t bad;             /* of them, those that were answered with an error */
	unsigned pages, messages; /* told, MSI-X */
	unsigned flying;          /* bursts taken and not answered */
	bool mastering; /* by what the test has written: may new bursts and messages start? */
	void (*page)(void *ctx, enum dev_page dir, uint32_t pfn);
	void (*dma)(void *ctx, const struct bus_rec *rec); /* a beat, or NULL */
	void (*cycle)(void *ctx);                          /* each cycle, before its edge */
	void *ctx;
	struct rough_held {
		uint64_t a, b;
		bool held;
	} last[ROUGH_OFFERS];
};

/* `skew` as struct dev takes it; `seed` is what the test's own choices come from. */
struct rough *rough_new(const char *dut, uint64_t seed, const struct skew *skew);
void rough_free(struct rough *r);

uint32_t rough_rand(struct rough *r, uint32_t below); /* 0 .. below - 1 */

/* Until the device has nothing to do; false: it is busy with nothing. */
bool rough_settle(struct rough *r);

/* An access that must be answered OKAY; and any, whose error is returned. */
uint32_t rough_read(struct rough *r, enum bus_space space, uint32_t off, unsigned size);
void rough_write(struct rough *r, enum bus_space space, uint32_t off, unsigned size, uint32_t val);
int rough_try(struct rough *r, enum bus_op op, struct dev_reg reg, uint32_t *val);

void rough_poke(struct rough *r, uint64_t gpa, const void *buf, unsigned len);
void rough_peek(struct rough *r, uint64_t gpa, void *buf, unsigned len);

#endif
