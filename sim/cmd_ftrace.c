/* SPDX-License-Identifier: MIT */
#include "sim/cmd_ftrace.h"

#include <stdlib.h>
#include <string.h>

#include <linux/virtio_ids.h>

/* A specification that knows no type of device says nothing of these. */
static const char *const of_a_type[] = { "rule:features_of_another_type", "rule:offer_defined" };

static const char *spec_of(const struct ftrace_device *d)
{
	switch (d->type) {
	case VIRTIO_ID_BALLOON:
		return d->mmio ? "specs/virtio_mmio.ccsl" : "specs/virtio.ccsl";
	case VIRTIO_ID_RNG:
		return d->mmio ? "specs/virtio_mmio_rng.ccsl" : "specs/virtio_rng.ccsl";
	default:
		return d->mmio ? "specs/virtio_mmio_any.ccsl" : "specs/virtio_any.ccsl";
	}
}

static bool has_spec(unsigned type)
{
	return type == VIRTIO_ID_BALLOON || type == VIRTIO_ID_RNG;
}

static json_t *hidden(const struct ftrace_bus *bus, unsigned dev)
{
	json_t *list = json_array();
	char text[FTRACE_HIDDEN];

	for (unsigned n = 0; ftrace_bus_hidden(bus, dev, n, text); n++)
		json_array_append_new(list, json_string(text));
	if (has_spec(ftrace_bus_device(bus, dev)->type))
		return list;
	for (unsigned i = 0; i < sizeof(of_a_type) / sizeof(of_a_type[0]); i++)
		json_array_append_new(list, json_string(of_a_type[i]));
	return list;
}

static json_t *blind(const struct ftrace_device *d)
{
	json_t *list = json_pack("[s, s, s]", "what the device does: DMA, rings, interrupts",
				 "memory, and the host's side",
				 "offsets and widths of accesses, PCI configuration space");

	if (d->order)
		json_array_append_new(list, json_string("values: status bits go by who sets them, "
							"queues are counted, devices are one"));
	else if (d->mmio)
		json_array_append_new(list, json_string("features that are accepted; sizes and "
							"addresses of queues"));
	if (!d->order)
		json_array_append_new(list, json_string("values that configuration reads give"));
	if (!d->lives)
		json_array_append_new(list,
				      json_string("how the life began: the trace begins later"));
	return list;
}

json_t *ftrace_header(const struct ftrace_bus *bus, unsigned dev)
{
	const struct ftrace_device *d = ftrace_bus_device(bus, dev);
	json_t *header =
		json_pack("{s:o, s:o, s:s, s:s, s:s, s:i}", "hidden", hidden(bus, dev),
			  "not_observable", blind(d), "synthetic",
			  d->mmio ? "cycles, widths, selectors"
				  : "cycles, offsets, widths, selectors, configuration "
				    "space",
			  "judged_by", spec_of(d), "device", d->name, "type", (int)d->type);
	const char *rule;

	if (!d->order)
		return header;
	json_object_set_new(header, "decides", json_array());
	for (unsigned n = 0; (rule = ftrace_bus_decides(bus, dev, n)); n++)
		json_array_append_new(json_object_get(header, "decides"), json_string(rule));
	return header;
}

void ftrace_remarked(struct ftrace_bus *bus, const char *text)
{
	char copy[FTRACE_TEXT * 8], *at = copy, *word;

	snprintf(copy, sizeof(copy), "%s", text);
	word = strsep(&at, " ");
	if (!strcmp(word, "type") && at)
		ftrace_bus_type(bus, -1, (unsigned)strtoul(at, NULL, 10));
	while (!strcmp(copy, "probes") && (word = strsep(&at, " ")))
		ftrace_bus_probed(bus, word);
}
