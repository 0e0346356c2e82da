/* SPDX-License-Identifier: MIT */
/* A manifest's text into struct dut: each key known, each value of its kind and in range. */
#include <stdio.h>
#include <string.h>

#include "sim/dut.h"
#include "sim/settings.h"

#define QUIET      2  /* cycles, where busy_o says when: it rises a cycle late at most */
#define QUIET_DEAF 64 /* where nothing does */

static void read_queues(struct settings *p, config_setting_t *root, struct dut *dut)
{
	config_setting_t *at =
		settings_needed(p, root, "queues", "the names of the virtqueues, in order");

	if (!at)
		return;
	if (!settings_is_list(at) || config_setting_length(at) > DUT_QUEUES) {
		settings_wrong(p, at, "queues: expected [ \"name\", ... ], 1 to %d names",
			       DUT_QUEUES);
		return;
	}
	dut->nqueues = (unsigned)config_setting_length(at);
	for (unsigned i = 0; i < dut->nqueues; i++)
		settings_text(p, config_setting_get_elem(at, i), "queues", dut->queue[i], DUT_TEXT);
}

static void read_files(struct settings *p, config_setting_t *root)
{
	config_setting_t *at =
		settings_needed(p, root, "files", "the sources, beside the manifest");
	char name[256];

	if (at && !settings_is_list(at))
		settings_wrong(p, at, "files: expected [ \"name\", ... ]");
	for (int i = 0; at && !p->failed && i < config_setting_length(at); i++)
		settings_text(p, config_setting_get_elem(at, (unsigned)i), "files", name,
			      sizeof(name));
}

static void read_ports(struct settings *p, config_setting_t *root, struct dut *dut)
{
	static const char *const ports[] = { "sidebands", "busy",       "features",
					     "msix",      "management", NULL };
	static const char *const widths[] = { "registers", "dma_address", "dma_data", "dma_id",
					      NULL };
	config_setting_t *in = settings_group(p, root, "ports", ports);
	const config_setting_t *data;

	settings_flag(p, in, "sidebands", &dut->sidebands);
	settings_flag(p, in, "busy", &dut->busy);
	settings_flag(p, in, "features", &dut->features);
	settings_flag(p, in, "msix", &dut->msix);
	settings_choice(p, in, "management", "none", "balloon", &dut->balloon);
	in = settings_group(p, root, "widths", widths);
	settings_number(p, in, "registers", 8, 32, &dut->registers);
	settings_number(p, in, "dma_address", 32, 64, &dut->dma_address);
	settings_number(p, in, "dma_data", 32, 64, &dut->dma_data);
	settings_number(p, in, "dma_id", 0, 8, &dut->dma_id);
	data = settings_member(in, "dma_data");
	if (data && dut->dma_data != 32 && dut->dma_data != 64)
		settings_wrong(p, data, "dma_data: expected 32 or 64");
}

static void read_window(struct settings *p, config_setting_t *in, const char *key, unsigned least,
			const struct dut *dut, struct dut_window *win)
{
	config_setting_t *at = settings_member(in, key);

	if (!at)
		return;
	if (!settings_is_list(at) || config_setting_length(at) != 2) {
		settings_wrong(p, at, "%s: expected [ offset, bytes ]", key);
		return;
	}
	settings_check_number(p, config_setting_get_elem(at, 0), key, 0, INT32_MAX, &win->offset);
	settings_check_number(p, config_setting_get_elem(at, 1), key, least, INT32_MAX,
			      &win->bytes);
	if (win->offset % 4 || win->offset > dut->bar_bytes ||
	    win->bytes > dut->bar_bytes - win->offset)
		settings_wrong(p, at,
			       "%s: expected inside the BAR's 0x%x bytes, from a multiple of 4 on",
			       key, dut->bar_bytes);
}

/* Without a configuration space in the RTL we are it, and must know what it would say. */
static void read_bar(struct settings *p, config_setting_t *in, struct dut *dut)
{
	const config_setting_t *at =
		settings_needed(p, in, "bar", "bytes of BAR 0, as configuration is \"vcosim\"");

	if (at)
		settings_check_number(p, at, "bar", 128, 1 << 24, &dut->bar_bytes);
	if (at && dut->bar_bytes & (dut->bar_bytes - 1))
		settings_wrong(p, at, "bar: expected a power of two");
	settings_needed(p, in, "common",
			"[ offset, bytes ] of the common configuration in the BAR");
	settings_needed(p, in, "notify",
			"[ offset, bytes ] of the notification registers in the BAR");
	settings_needed(p, in, "isr", "[ offset, bytes ] of the ISR status in the BAR");
	read_window(p, in, "common", 56, dut, &dut->common); /* 4.1.4.3, as of virtio 1.0 */
	read_window(p, in, "notify", 2, dut, &dut->notify);
	read_window(p, in, "isr", 1, dut, &dut->isr);
	read_window(p, in, "config", 1, dut, &dut->config);
	settings_number(p, in, "notify_multiplier", 0, 65536, &dut->notify_multiplier);
}

static void read_pci(struct settings *p, config_setting_t *root, struct dut *dut)
{
	static const char *const keys[] = {
		"configuration",     "bar", "common", "notify", "isr", "config",
		"notify_multiplier", NULL
	};
	config_setting_t *in = settings_group(p, root, "pci", keys);

	dut->config_space = true;
	settings_choice(p, in, "configuration", "vcosim", "rtl", &dut->config_space);
	if (in && dut->transport != DUT_PCI)
		settings_wrong(p, in, "pci: expected only where transport = \"pci\"");
	else if (in && !dut->config_space)
		read_bar(p, in, dut);
	else if (settings_member(in, "bar"))
		settings_wrong(p, settings_member(in, "bar"),
			       "bar: the RTL's configuration space says that; expected "
			       "only with configuration = \"vcosim\"");
	if (dut->transport == DUT_PCI && dut->config_space && !dut->sidebands)
		settings_wrong(
			p, in ? in : root,
			"pci: without ports.sidebands the RTL cannot tell configuration space from "
			"BARs; expected configuration = \"vcosim\"");
	if (!dut->config_space && dut->msix)
		settings_wrong(p, in,
			       "pci: expected no ports.msix with configuration = \"vcosim\"");
}

static void read_root(struct settings *p, config_setting_t *root, struct dut *dut)
{
	static const char *const keys[] = { "top",    "files", "transport", "device",
					    "queues", "spec",  "ports",     "widths",
					    "quiet",  "pci",   NULL };
	const config_setting_t *at;
	bool mmio = false;

	settings_group(p, root, NULL, keys);
	at = settings_needed(p, root, "top", "the module that has the ports");
	if (at)
		settings_text(p, at, "top", dut->top, sizeof(dut->top));
	read_files(p, root);
	settings_needed(p, root, "transport", "\"pci\" or \"mmio\"");
	settings_choice(p, root, "transport", "pci", "mmio", &mmio);
	dut->transport = mmio ? DUT_MMIO : DUT_PCI;
	settings_needed(p, root, "device", "the virtio device type, a number");
	settings_number(p, root, "device", 1, 63, &dut->device);
	read_queues(p, root, dut);
	at = settings_member(root, "spec");
	if (at)
		settings_text(p, at, "spec", dut->spec, sizeof(dut->spec));
	read_ports(p, root, dut);
	dut->quiet = dut->busy ? QUIET : QUIET_DEAF;
	settings_number(p, root, "quiet", 1, 1000000, &dut->quiet);
	read_pci(p, root, dut);
}

/* "rtl/rng_pci.dut" is "rng-pci". */
static void name_it(const char *path, char name[DUT_TEXT])
{
	const char *last = strrchr(path, '/');
	size_t n;

	last = last ? last + 1 : path;
	n = strcspn(last, ".");
	snprintf(name, DUT_TEXT, "%.*s", (int)n, last);
	for (char *c = name; *c; c++)
		if (*c == '_')
			*c = '-';
}

bool dut_parse(const char *path, const char *text, struct dut *dut, char *err)
{
	struct settings p = { .path = path, .err = err };
	config_t cfg;

	*dut = (struct dut){ .path = path,
			     .registers = 32,
			     .dma_address = 64,
			     .dma_data = 64,
			     .dma_id = 4,
			     .notify_multiplier = 4 };
	name_it(path, dut->name);
	if (settings_read(&p, &cfg, text)) {
		read_root(&p, config_root_setting(&cfg), dut);
		config_destroy(&cfg);
	}
	return !p.failed;
}
