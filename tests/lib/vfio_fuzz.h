/* SPDX-License-Identifier: MIT */
/* Messages at random at the server of a peer: sane ones, odd ones and nonsense. */
#ifndef TESTS_LIB_VFIO_FUZZ_H
#define TESTS_LIB_VFIO_FUZZ_H

#include <stdint.h>

struct peer;

/*
 * Sends n messages with client after client, checks that the server never dies and that
 * no descriptor leaks, and leaves a fresh client behind. The same seed does the same.
 */
void vfio_fuzz(struct peer *peer, uint64_t seed, unsigned n);

#endif
