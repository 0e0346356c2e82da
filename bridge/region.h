/* SPDX-License-Identifier: MIT */
/*
 * Region accesses of any length, as clients make them (a whole configuration space in one
 * message), split into the naturally aligned accesses of 4, 2 and 1 bytes that a bus has.
 */
#ifndef BRIDGE_REGION_H
#define BRIDGE_REGION_H

#include <stdint.h>

struct backend;

/* -EINVAL: no such region, no bytes, or not all of them inside it. */
int region_check(const struct backend *be, uint32_t region, uint64_t off, uint32_t count);

/* Data in memory order. The access has passed region_check. */
void region_read(const struct backend *be, uint32_t region, uint64_t off, uint8_t *data,
		 uint32_t count);
void region_write(const struct backend *be, uint32_t region, uint64_t off, const uint8_t *data,
		  uint32_t count);

#endif
