/* SPDX-License-Identifier: MIT */
/* Feature bits of a balloon by name (virtio 1.4, 5.5.3 and 6), as options give them. */
#ifndef SIM_FEATURES_H
#define SIM_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

/*
 * "stats_vq,event_idx", "0x30000003f", or both mixed; "all", "none". VERSION_1 is always
 * offered. False: an unknown name, and *bits is as it was.
 */
bool features_parse(const char *text, uint64_t *bits);

/* The n-th name that is known, or NULL past the end. */
const char *features_name(unsigned n);

#endif
