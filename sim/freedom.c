/* SPDX-License-Identifier: MIT */
#include "sim/freedom.h"

#include <stddef.h>
#include <string.h>

#include "sim/regmap.h"

static const struct freedom freedoms[FREE_COUNT] = {
	[FREE_FEATURES] = { "features", "2.2", "a device offers what it has" },
	[FREE_GENERATION] = { "generation", "2.5.2",
			      "it changes when the configuration does, by how much is open" },
	[FREE_SIZE] = { "queue-size", "4.1.4.3",
			"how large a queue may be is the device's to say (QueueSizeMax: 4.2.2)" },
	[FREE_NOTIFY_OFF] = { "notify-offset", "4.1.4.4",
			      "a device says where it wants to be notified of a queue" },
	[FREE_QUEUES] = { "queues", "4.1.4.3",
			  "queues of features that are offered and not accepted count, or do not" },
	[FREE_VENDOR] = { "vendor", "4.2.2", "the vendor's id is the vendor's" },
	[FREE_VECTOR] = { "vector", "4.1.5.1.2.1", "a device may have no room for a mapping" },
	[FREE_CAUSE] = { "cause", "4.1.4.5",
			 "an interrupt status whose cause is in memory, which is not in the "
			 "source" },
	[FREE_SPURIOUS] = { "spurious", "2.7.7.2",
			    "an interrupt that was not asked for SHOULD NOT come, and may" },
	[FREE_SELECT] = { "absent-queue", "4.1.4.3",
			  "but for queue_size, registers of a queue that is not there are open" },
	[FREE_ISR] = { "isr-msix", "4.1.4.5.1",
		       "with MSI-X on nobody asks for the queue bit of the interrupt status" },
	[FREE_HINT] = { "notify-hint", "2.7.10",
			"flags and avail_event of the used ring are hints: when to notify" },
	[FREE_QUEUE_BIT] = { "queue-bit", "4.1.4.5.1",
			     "a change of the configuration may set the queue bit, too" },
	[FREE_SELECTOR] = { "select-kept", "2.4.1", "a reset need not clear the select registers" },
	[FREE_EMPTY] = { "empty-buffer", "2.7.5",
			 "a descriptor of no bytes may be an error: the random driver sends none" },
	[FREE_ACTUAL] = { "actual-kept", "2.4.1",
			  "a reset need not clear a field of the device configuration" },
};

static const struct {
	const char *name; /* in sim/regmap.h */
	enum freedom_id id;
} registers[] = {
	{ "device_feature", FREE_FEATURES },
	{ "DeviceFeatures", FREE_FEATURES },
	{ "config_generation", FREE_GENERATION },
	{ "ConfigGeneration", FREE_GENERATION },
	{ "queue_size", FREE_SIZE },
	{ "QueueSizeMax", FREE_SIZE },
	{ "queue_notify_off", FREE_NOTIFY_OFF },
	{ "num_queues", FREE_QUEUES },
	{ "VendorID", FREE_VENDOR },
	{ "isr_status", FREE_CAUSE },
	{ "InterruptStatus", FREE_CAUSE },
};

const struct freedom *freedom_at(enum freedom_id id)
{
	return id < FREE_COUNT ? &freedoms[id] : NULL;
}

enum freedom_id freedom_of(unsigned window, uint32_t offset, bool sized)
{
	const struct regmap *reg = regmap_find(window, offset);

	for (unsigned i = 0; reg && i < sizeof(registers) / sizeof(registers[0]); i++)
		if (!strcmp(reg->name, registers[i].name))
			return sized && !strcmp(reg->name, "queue_size") ? FREE_COUNT
									 : registers[i].id;
	return FREE_COUNT;
}
