/* SPDX-License-Identifier: MIT */
/* The C driver's access table over a port: an access returns when the device is at rest. */
#ifndef SIM_SYSTEMC_DRIVER_IO_H
#define SIM_SYSTEMC_DRIVER_IO_H

#include "sim/systemc/clib.h"

extern "C" {
#include "sim/driver.h"
}

/* All but the driver's memory; the port is the caller's. */
struct driver_io driver_io_over(struct port *port);

#endif
