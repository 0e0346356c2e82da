/* SPDX-License-Identifier: MIT */
/*
 * RTL as what the server serves. What a client must be told (region sizes, MSI-X
 * vectors, the INTx pin) is found in configuration space, as firmware finds it.
 */
#ifndef BRIDGE_BACKEND_DEV_H
#define BRIDGE_BACKEND_DEV_H

#include "bridge/backend.h"
#include "sim/port.h"

struct backend_dev;
struct log;

/*
 * Probes the device behind the port and leaves it as it was; it and the log stay the
 * caller's. NULL with errno set and a line logged: not a PCI function that can be served,
 * or no memory.
 */
struct backend_dev *backend_dev_new(const struct port *port, const struct log *log);
void backend_dev_free(struct backend_dev *bd);

const struct backend *backend_dev_get(const struct backend_dev *bd);

/* Accesses that the device did not answer in time, or answered with an error. */
uint64_t backend_dev_hangs(const struct backend_dev *bd);
uint64_t backend_dev_errors(const struct backend_dev *bd);

#endif
