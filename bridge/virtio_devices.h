/* SPDX-License-Identifier: MIT */
/* The virtio devices of this machine, as sysfs lists them. */
#ifndef BRIDGE_VIRTIO_DEVICES_H
#define BRIDGE_VIRTIO_DEVICES_H

#include <stddef.h>

/*
 * Writes their names into buf, separated by spaces: of PCI functions, bound to a driver or not,
 * "00:01.0"; over MMIO "virtio0", or what the firmware calls it if no driver has it. Returns how
 * many; what does not fit is counted only.
 */
unsigned virtio_devices(char *buf, size_t len);

/* "virtio0" of a PCI function, "0000:00:01.0": as above. Returns buf, which has the name if not. */
char *virtio_device_name(const char *name, char *buf, size_t len);

/* The type of "virtio0", 0: not known. */
unsigned virtio_device_type(const char *name);

#endif
