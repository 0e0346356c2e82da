/* SPDX-License-Identifier: MIT */
/*
 * The same model in a loop as bare as it can be written: members of the Verilated class,
 * driven directly, and a flat memory behind its DMA port. No records, no checks, no windows.
 * This is the yardstick of bench_dev.
 */
#ifndef TESTS_BENCH_BARE_H
#define TESTS_BENCH_BARE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bare;

/* Out of reset; ram is what is at guest physical 0 to size - 1. */
struct bare *bare_new(uint8_t *ram, uint64_t size, uint64_t features, uint32_t target);
void bare_free(struct bare *bare);

/* One access, `user` as in rtl/README.md (axil_user): the clock runs until the response. */
uint32_t bare_read(struct bare *bare, uint32_t addr, uint8_t user);
void bare_write(struct bare *bare, uint32_t addr, uint8_t user, uint32_t val);

/* Runs until the device has nothing to do. */
void bare_run(struct bare *bare);

/* Runs n cycles with nothing on any port. */
void bare_idle(struct bare *bare, uint64_t n);

uint64_t bare_cycle(const struct bare *bare);
uint64_t bare_pages(const struct bare *bare); /* told through the management port */
void bare_set_target(struct bare *bare, uint32_t pages);

#ifdef __cplusplus
}
#endif

#endif
