/* SPDX-License-Identifier: MIT */
/* The C driver's accesses, over a port: after each one the device works until it is at rest. */
#ifndef SIM_PORT_IO_H
#define SIM_PORT_IO_H

#include "sim/driver.h"
#include "sim/port.h"

/*
 * All but the driver's memory, for a device over PCI or (mmio) over virtio-mmio. The port is the
 * caller's, lives as long, and is the ctx of all calls; it says nothing, and the host listens to
 * nobody. What read, write and run return is for nobody: who wants to know, or has something to do
 * around an access, gives a port of his own.
 */
struct driver_io port_io(struct port *port, bool mmio);

#endif
