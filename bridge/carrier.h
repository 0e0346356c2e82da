/* SPDX-License-Identifier: MIT */
/*
 * What brings a device without a PCI function of its own to a guest: a plain function whose
 * BAR 0 is the device's virtio-mmio window, and whose INTA# is the device's interrupt. It
 * has ids that no driver knows; the guest finds the window by ACPI (bridge/guest/mmio.asl).
 *
 * It stands between a server and the device's port, as a port: accesses to configuration
 * space end here, those to BAR 0 go on as BUS_MMIO.
 */
#ifndef BRIDGE_CARRIER_H
#define BRIDGE_CARRIER_H

#include "sim/port.h"

#define CARRIER_VENDOR 0x1b36
#define CARRIER_DEVICE 0x1000
#define CARRIER_SLOT   1 /* the device number that the ACPI table expects, on bus 0 */

struct carrier;

/* NULL: no memory. The inner port's context lives on. */
struct carrier *carrier_new(const struct port *inner);
void carrier_free(struct carrier *carrier);

struct port carrier_port(struct carrier *carrier);

#endif
