/* SPDX-License-Identifier: MIT */
/*
 * The bus observer: turns bus records into instants of named events.
 *
 * It never peeks: its inputs are bus records in order and, when something happens (a
 * notification, a status write, a chain that is returned: observer_snoop.c), guest memory that
 * the device need not fetch. What it reads there it hands out as BUS_SNOOP records, so that a
 * trace that holds them replays to the same events without memory.
 *
 * What it knows of the device it saw on the bus: windows of BARs from the capability list
 * in configuration reads (virtio 1.4, 4.1.4), ring addresses from register writes.
 *
 * An instant is a cycle with at least one event. Its events come in the order of their
 * records, and within one record from low to high addresses.
 */
#ifndef SIM_OBSERVER_H
#define SIM_OBSERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/bus.h"
#include "sim/event.h"

struct observer;

/* All but `instant` may be NULL. None may call observer_*. */
struct observer_sink {
	void *ctx;
	void (*instant)(void *ctx, uint64_t cycle, const struct event *ev, unsigned n);
	/*
	 * Guest memory, 0 or -errno; must not block. NULL in a replay, where the snoops are
	 * in the trace; else every snoop of the live session would be made twice.
	 */
	int (*read)(void *ctx, uint64_t gpa, void *buf, size_t len);
	void (*snoop)(void *ctx, const struct bus_rec *rec); /* belongs after the last record */
};

/* Counts since observer_new; accesses that ended in an error count too. */
struct observer_stats {
	uint64_t records, instants, events;
	uint64_t reads, writes; /* register accesses, PCI configuration space included */
	uint64_t dma_read_bytes, dma_written_bytes;
	uint64_t irqs;      /* MSI-X messages and rising edges of INTx */
	uint64_t unclaimed; /* BAR or MMIO accesses outside the virtio windows: MSI-X table, ... */
	uint64_t malformed; /* records that no bus can produce; ignored */
	uint64_t untracked; /* rings that could not be followed: too many queues or no memory */
};

/* Queues from 0 to OBSERVER_QUEUES - 1 have their rings followed. */
#define OBSERVER_QUEUES 64

/* NULL: out of memory. */
struct observer *observer_new(const struct observer_sink *sink);
void observer_free(struct observer *obs);

/* The next record. Cycles do not decrease; the instant of a cycle goes out after it. */
void observer_rec(struct observer *obs, const struct bus_rec *rec);

/* Hands out the instant of the current cycle; nothing more may come for that cycle. */
void observer_flush(struct observer *obs);

/*
 * Which virtio window (VIRTIO_PCI_CAP_*) this byte of a BAR is in, and where in it. False:
 * none that was learned.
 */
bool observer_window(const struct observer *obs, unsigned bar, uint64_t addr, unsigned *window,
		     uint32_t *offset);

const struct observer_stats *observer_stats(const struct observer *obs);

#endif
