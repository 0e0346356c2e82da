/* SPDX-License-Identifier: MIT */
/*
 * A PCI function's configuration space for RTL that has none, as where a PCIe core beside the
 * device keeps it: a type 0 header with one 32-bit memory BAR, INTx, and the virtio capabilities
 * that the manifest describes (virtio 1.4, 4.1.4). No MSI-X.
 */
#ifndef SIM_PCIFN_H
#define SIM_PCIFN_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/dut.h"

#define PCIFN_BYTES 256

struct pcifn {
	uint8_t bytes[PCIFN_BYTES];
	uint8_t writable[PCIFN_BYTES]; /* bits */
	unsigned access;               /* where pci_cfg_data is: 4.1.4.9 */
};

/* As after power-on. */
void pcifn_reset(struct pcifn *fn, const struct dut *dut);

/* 1, 2 or 4 bytes, naturally aligned; beyond 256 bytes zeros. `intx`: the device's line. */
uint32_t pcifn_read(const struct pcifn *fn, uint32_t off, unsigned size, bool intx);
void pcifn_write(struct pcifn *fn, uint32_t off, unsigned size, uint32_t val);

/* What the command register allows. */
bool pcifn_memory(const struct pcifn *fn);
bool pcifn_master(const struct pcifn *fn);
bool pcifn_intx(const struct pcifn *fn);

/*
 * Is this an access to pci_cfg_data, and so to the BAR? Then where and how wide; size 0: what
 * the driver has set there is no access, and nothing happens.
 */
bool pcifn_window(const struct pcifn *fn, uint32_t off, uint32_t *bar_off, unsigned *size);

/* The bytes of pci_cfg_data that such an access is about. */
uint32_t pcifn_data(const struct pcifn *fn, unsigned size);
void pcifn_set_data(struct pcifn *fn, unsigned size, uint32_t val);

#endif
