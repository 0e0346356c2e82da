/* SPDX-License-Identifier: MIT */
/*
 * The registers of a virtio balloon by window, offset and name: the common configuration
 * (virtio 1.4, 4.1.4.3), the ISR status (4.1.4.5), the device configuration (5.5.4), and the
 * control registers of virtio-mmio (4.2.2), which are window 0.
 */
#ifndef SIM_REGMAP_H
#define SIM_REGMAP_H

#include <stdint.h>

struct regmap {
	const char *name;
	uint8_t window; /* VIRTIO_PCI_CAP_*, as in event reg_access */
	uint8_t offset; /* in it */
	uint8_t size;   /* bytes */
	int8_t feature; /* the bit without which a device does not have it, or -1 */
};

/* The n-th, in order of window and offset; NULL past the last. */
const struct regmap *regmap_at(unsigned n);

/* The one that holds this byte, or NULL. */
const struct regmap *regmap_find(unsigned window, uint32_t offset);

#define REGMAP_STR_MAX 64

/* "device_status +0x14", or "common configuration +0x44" when there is none. Returns buf. */
char *regmap_str(unsigned window, uint32_t offset, char buf[REGMAP_STR_MAX]);

#endif
