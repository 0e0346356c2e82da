/* SPDX-License-Identifier: MIT */
/*
 * From calls of a virtio driver in Linux, as ftrace shows them, to bus records.
 *
 * What is real: which register a driver reads or writes, for which device and queue, in which
 * order, and with kprobe events the values. What is synthetic: cycles (microseconds since the
 * first line, and at least one between two records); offsets and the widths of accesses; of a
 * PCI function its configuration space, which says that all registers lie in BAR 0; which bits
 * and queues selectors select. Plain tracers show no values: see ftrace_order.c.
 *
 * A device is told of from its next reset on, or from the first look at its status if that
 * shows that no features were chosen yet: then the reset and the bits up to there are made up.
 */
#ifndef SIM_FTRACE_BUS_H
#define SIM_FTRACE_BUS_H

#include "sim/bus.h"
#include "sim/event.h"
#include "sim/ftrace.h"

#define FTRACE_DEVICES 32
#define FTRACE_TEXT    200

struct ftrace_device {
	char name[32]; /* "00:01.0" of PCI; else "virtio-mmio" or "device", with a number */
	unsigned type; /* virtio device type, 0: not known */
	bool mmio;
	bool order;      /* only the order of calls was seen, no values */
	unsigned lives;  /* whole ones, since a reset that was seen */
	unsigned joined; /* lives of which the beginning was made up */
	uint64_t missed; /* calls that were left out: nobody saw how its life began */
	uint64_t records;
};

struct ftrace_bus_sink {
	void *ctx;
	void (*rec)(void *ctx, unsigned dev, const struct bus_rec *rec);
	/* Something about the line just taken that one should know; a text of one line. */
	void (*remark)(void *ctx, const char *text);
};

struct ftrace_bus;

/* NULL: out of memory. */
struct ftrace_bus *ftrace_bus_new(const struct ftrace_bus_sink *sink);
void ftrace_bus_free(struct ftrace_bus *bus);

/* The next line. 0, or -EBADMSG: the call of a function that is known lacks what `why` says. */
int ftrace_bus_line(struct ftrace_bus *bus, const struct ftrace_line *line, char why[FTRACE_WHY]);

/* Said beforehand: these functions are probed; then others count as hidden. By name. */
void ftrace_bus_probed(struct ftrace_bus *bus, const char *func);

/* The virtio device type of a device that does not show it; -1: of all of those. */
void ftrace_bus_type(struct ftrace_bus *bus, int dev, unsigned type);

/* Devices so far: 0 to n - 1. */
unsigned ftrace_bus_devices(const struct ftrace_bus *bus);
const struct ftrace_device *ftrace_bus_device(const struct ftrace_bus *bus, unsigned dev);

/* The last cycle of a device. */
uint64_t ftrace_bus_cycle(const struct ftrace_bus *bus, unsigned dev);

/*
 * The n-th thing that was not shown of a device: as the entries of "hidden" in sim/cmd_hidden.h.
 * Returns buf, or NULL: there are no more.
 */
#define FTRACE_HIDDEN 64
char *ftrace_bus_hidden(const struct ftrace_bus *bus, unsigned dev, unsigned n,
			char buf[FTRACE_HIDDEN]);

/* Of a device with `order`: the n-th rule that order decides, or NULL. */
const char *ftrace_bus_decides(const struct ftrace_bus *bus, unsigned dev, unsigned n);

#endif
