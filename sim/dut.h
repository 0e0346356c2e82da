/* SPDX-License-Identifier: MIT */
/*
 * What a device under test is, as its manifest says: the few things that its RTL does not
 * tell by itself. A manifest is a file NAME.dut in libconfig's syntax (README, "Bring your
 * own RTL"); those that make was given are built in.
 */
#ifndef SIM_DUT_H
#define SIM_DUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DUT_QUEUES 16
#define DUT_TEXT   64   /* room for a name */
#define DUT_ERR    1024 /* and for an error's line: SETTINGS_ERR */

enum dut_transport { DUT_PCI, DUT_MMIO };

/* A structure of registers in the BAR (virtio 1.4, 4.1.4): bytes from its start on. */
struct dut_window {
	uint32_t offset, bytes; /* bytes 0: there is none */
};

struct dut {
	char name[DUT_TEXT]; /* the manifest's: rng_pci.dut is "rng-pci" */
	const char *path;    /* the manifest, as make was given it */
	char top[DUT_TEXT];
	char spec[256]; /* beside the manifest, "": by the type */
	enum dut_transport transport;
	unsigned device; /* virtio device type, 5: "Device Types" */
	char queue[DUT_QUEUES][DUT_TEXT];
	unsigned nqueues;
	/* Optional ports: the RTL has them. */
	bool sidebands, busy, features, msix, balloon;
	/* Bits of addresses, data and ids. */
	unsigned registers, dma_address, dma_data, dma_id;
	unsigned quiet; /* cycles without DMA that mean "at rest"; with busy_o: without it */
	/* PCI: configuration space is in the RTL; if not, what is in its one BAR. */
	bool config_space;
	uint32_t bar_bytes, notify_multiplier;
	struct dut_window common, notify, isr, config;
};

/*
 * Reads a manifest's text. `path` names it in errors, and its last part the device; it must
 * live on. False, and in err (DUT_ERR bytes) one line "path:line: what and what was expected".
 */
bool dut_parse(const char *path, const char *text, struct dut *dut, char *err);

/* One that is built in, by its name. False: no such, or as dut_parse; err says. */
bool dut_find(const char *name, struct dut *dut, char *err);

/* n-th name that dut_find knows, or NULL. */
const char *dut_name(unsigned n);

/*
 * What to judge the device by: its own specification, or that of its type below specs/;
 * "" if there is neither. Relative to the checkout or installation unless it begins with '/'.
 */
void dut_spec(const struct dut *dut, char *path, size_t len);

#endif
