/* SPDX-License-Identifier: MIT */
/* What calls of a driver do not show of a device. */
#include <stdio.h>

#include "sim/ftrace_internal.h"

/* Arguments that are made up, though the event is real. */
static const struct {
	const char *name;
	bool pci, mmio;
} made_up[] = {
	{ "notify.value", true, true },
	{ "notify.size", true, true },
	{ "config_read.size", true, true },
	{ "config_read.value", true, true },
	{ "config_write.size", true, true },
	{ "driver_feature_write.value", false, true },
	{ "queue_size_write.value", false, true },
	{ "queue_addr_write.part", false, true },
	{ "queue_addr_write.value", false, true },
};

/* Rules about how a life begins. */
static const char *const beginnings[] = { "rule:starts_with_reset", "rule:reset_awaited",
					  "rule:acknowledge_first" };

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* Without these a driver that looks, or chooses, is not told from one that does not. */
static bool is_proof(unsigned event)
{
	return event == EV_STATUS_READ || event == EV_DEVICE_FEATURE_READ ||
	       event == EV_DRIVER_FEATURE_WRITE;
}

static bool shown(const struct ftrace_bus *bus, const struct device *dev, unsigned event)
{
	const struct ftrace_call *call;

	/* Who resets the whole device restarts the kernel that is traced. */
	if (event == EV_HOST_RESET)
		return true;
	for (unsigned i = 0; (call = ftrace_call(i)); i++) {
		bool there = bus->probed_said  ? bus->probed >> i & 1
			     : is_proof(event) ? bus->seen >> i & 1
					       : true;

		if (call->mmio != dev->pub.mmio || !there)
			continue;
		for (unsigned k = 0; k < FTRACE_SHOWS; k++)
			if (call->shows[k] == (int)event + 1)
				return true;
	}
	return false;
}

char *ftrace_bus_hidden(const struct ftrace_bus *bus, unsigned dev, unsigned n,
			char buf[FTRACE_HIDDEN])
{
	const struct device *d = &bus->device[dev];

	for (unsigned ev = 0; ev < EV_COUNT && !d->pub.order; ev++)
		if (!shown(bus, d, ev) && !n--) {
			snprintf(buf, FTRACE_HIDDEN, "%s", event_name(ev));
			return buf;
		}
	for (unsigned i = 0; i < COUNT(made_up) && !d->pub.order; i++)
		if ((d->pub.mmio ? made_up[i].mmio : made_up[i].pci) && !n--) {
			snprintf(buf, FTRACE_HIDDEN, "%s", made_up[i].name);
			return buf;
		}
	if (!d->pub.lives && n < COUNT(beginnings)) {
		snprintf(buf, FTRACE_HIDDEN, "%s", beginnings[n]);
		return buf;
	}
	return NULL;
}
