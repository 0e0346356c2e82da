/* SPDX-License-Identifier: MIT */
/*
 * Device faults: a shim between the device's bus records and whoever is told of them. It changes,
 * drops, holds back or adds records, so that the bus shows a device that breaks a clause, while
 * the RTL behind it is right.
 *
 * It knows the layout of our own balloon's BAR (rtl/README.md) and of virtio-mmio (4.2.2),
 * and no other's.
 */
#ifndef SIM_MUTANT_H
#define SIM_MUTANT_H

#include <stdbool.h>

#include "sim/bus.h"

struct mutant;

struct mutant_fault {
	const char *name;
	const char *what;
	const char *clause;   /* primary clause a monitor must name */
	const char *scenario; /* of the C driver, in which the fault shows */
	bool advisory;        /* the clause is a SHOULD */
	bool mmio;            /* of a virtio-mmio device, else of a PCI one */
};

struct mutant_sink {
	void *ctx;
	void (*rec)(void *ctx, const struct bus_rec *rec);
};

/* n-th fault, or NULL past the end; by name, or NULL. */
const struct mutant_fault *mutant_fault_at(unsigned n);
const struct mutant_fault *mutant_fault(const char *name);

/* NULL: no memory, or no such fault. */
struct mutant *mutant_new(const char *name, const struct mutant_sink *sink);
void mutant_free(struct mutant *m);

/* The next record of the device; the sink is told what the faulty device would have shown. */
void mutant_rec(struct mutant *m, const struct bus_rec *rec);

/*
 * What the driver gets for the register read that was recorded last: for most faults the truth
 * (only onlookers see the fault), for some the faulty value. val is the truth.
 */
uint32_t mutant_shown(const struct mutant *m, uint32_t val);

#endif
