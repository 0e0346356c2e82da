/* SPDX-License-Identifier: MIT */
/*
 * Scenarios that only virtio-mmio has (virtio 1.4, 4.2). Some of them need a device that is
 * not what it should be: they are played with the device fault of that name.
 */
#include <stddef.h>

#include "sim/driver_twist.h"

#define WRONG(n, w, c, e, ...)                                                        \
	{                                                                             \
		.name = n, .what = w, .clause = c, .end = e, .twist = { __VA_ARGS__ } \
	}
#define ODD(n, w, ...)                                                        \
	{                                                                     \
		.name = n, .what = "conforming: " w, .twist = { __VA_ARGS__ } \
	}

const struct driver_scenario driver_mmio[] = {
	ODD("restart-queue", "a queue stopped and made ready again", ODD_MMIO_RESTART),
	ODD("early-look", "the interrupt status looked at, nothing to acknowledge",
	    ODD_MMIO_EARLY_LOOK),
	ODD("look-twice", "the interrupt status read twice before it is acknowledged",
	    ODD_MMIO_LOOK_TWICE),
	/* finding the device: 4.2.3.1 */
	ODD("any-magic", "a driver that would take any magic value", WRONG_MMIO_ANY_MAGIC),
	ODD("any-version", "a driver that would take any version", WRONG_MMIO_ANY_VERSION),
	ODD("any-device", "a driver that would take any device id", WRONG_MMIO_ANY_ID),
	WRONG("no-magic", "begins with the device id", "DRV-4.2.3.1.1-1", END_LIFE,
	      WRONG_MMIO_NO_MAGIC),
	WRONG("no-device-id", "goes on without the device id", "DRV-4.2.3.1.1-2", END_LIFE,
	      WRONG_MMIO_NO_ID),
	WRONG("shared-memory", "looks for shared memory", "DRV-4.2.3.1.1-5", END_LIFE,
	      WRONG_MMIO_SHM),
	/* registers: 4.2.2.2 */
	WRONG("hole", "reads a legacy register", "DRV-4.2.2.2-1", END_LIFE, WRONG_MMIO_HOLE),
	WRONG("hole-write", "writes a legacy register", "DRV-4.2.2.2-1", END_LIFE,
	      WRONG_MMIO_HOLE_WRITE),
	WRONG("config-beyond", "reads configuration that no balloon has", "DRV-4.2.2.2-2", END_LIFE,
	      WRONG_MMIO_CONFIG_BEYOND),
	WRONG("write-vendor", "writes the vendor id", "DRV-4.2.2.2-3", END_LIFE,
	      WRONG_MMIO_READ_ONLY),
	WRONG("read-address", "reads a queue's address", "DRV-4.2.2.2-4", END_LIFE,
	      WRONG_MMIO_WRITE_ONLY),
	WRONG("status-byte", "reads a byte of the status", "DRV-4.2.2.2-5", END_LIFE,
	      WRONG_MMIO_BYTE),
	WRONG("select-half", "writes half of the selector", "DRV-4.2.2.2-5", END_LIFE,
	      WRONG_MMIO_WORD),
	WRONG("no-offer-select", "reads features without selecting them", "DRV-4.2.2.2-15",
	      END_LIFE, WRONG_MMIO_NO_OFFER_SEL),
	WRONG("no-accept-select", "writes features without selecting them", "DRV-4.2.2.2-16",
	      END_LIFE, WRONG_MMIO_NO_ACCEPT_SEL),
	WRONG("size-beyond", "a queue larger than the device can", "DRV-4.2.2.2-17", END_LIFE,
	      WRONG_MMIO_SIZE_BEYOND),
	WRONG("stop-blind", "a stopped queue not read back", "DRV-4.2.2.2-20", END_REFUSED,
	      WRONG_MMIO_STOP_BLIND),
	/* interrupts: 4.2.2.2, 4.2.3.4 */
	WRONG("ack-more", "acknowledges what did not happen", "DRV-4.2.2.2-22", END_LIFE,
	      WRONG_MMIO_ACK_MORE),
	WRONG("ack-undefined", "acknowledges an undefined bit", "DRV-4.2.2.2-23", END_LIFE,
	      WRONG_MMIO_ACK_UNDEFINED),
	WRONG("ack-never", "never acknowledges", "DRV-4.2.3.4.1-3", END_LIFE, WRONG_MMIO_ACK_NEVER,
	      ODD_LINGER),
	WRONG("ack-blind", "acknowledges what it did not look at", "DRV-4.2.3.4.1-1", END_LIFE,
	      WRONG_MMIO_ACK_BLIND),
};

const unsigned driver_nmmio = sizeof(driver_mmio) / sizeof(driver_mmio[0]);
