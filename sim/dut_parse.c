/* SPDX-License-Identifier: MIT */
/* A manifest's text into struct dut: each key known, each value of its kind and in range. */
#include <libconfig.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/dut.h"

#define QUIET      4  /* cycles, where busy_o says when */
#define QUIET_DEAF 64 /* where nothing does */

struct parse {
	const char *path;
	char *err;
	bool failed;
};

/* Keeps the first error: "path:line: ...". */
static void wrong(struct parse *p, const config_setting_t *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void wrong(struct parse *p, const config_setting_t *at, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (p->failed)
		return;
	p->failed = true;
	n = snprintf(p->err, DUT_ERR, "%s:%d: ", p->path,
		     at && config_setting_source_line(at) ? (int)config_setting_source_line(at)
							  : 1);
	va_start(ap, fmt);
	if (n > 0 && n < DUT_ERR)
		vsnprintf(p->err + n, (size_t)(DUT_ERR - n), fmt, ap);
	va_end(ap);
}

static bool known(const char *key, const char *const *keys)
{
	while (*keys && strcmp(*keys, key))
		keys++;
	return *keys;
}

/* The group of that name, or NULL; every key in it is one of `keys`. */
static config_setting_t *group(struct parse *p, config_setting_t *in, const char *name,
			       const char *const *keys)
{
	config_setting_t *at = name ? config_setting_get_member(in, name) : in;

	if (!at)
		return NULL;
	if (!config_setting_is_group(at)) {
		wrong(p, at, "%s: expected a group { ... }", name);
		return NULL;
	}
	for (int i = 0; i < config_setting_length(at); i++) {
		const config_setting_t *e = config_setting_get_elem(at, (unsigned)i);

		if (!known(config_setting_name(e), keys))
			wrong(p, e, "%s: no such key%s%s", config_setting_name(e),
			      name ? " in " : "", name ? name : "");
	}
	return at;
}

static config_setting_t *member(config_setting_t *in, const char *key)
{
	return in ? config_setting_get_member(in, key) : NULL;
}

static void flag(struct parse *p, config_setting_t *in, const char *key, bool *out)
{
	const config_setting_t *at = member(in, key);

	if (at && config_setting_type(at) != CONFIG_TYPE_BOOL)
		wrong(p, at, "%s: expected true or false", key);
	else if (at)
		*out = config_setting_get_bool(at);
}

static void check_number(struct parse *p, const config_setting_t *at, const char *key, unsigned min,
			 unsigned max, unsigned *out)
{
	long long val = config_setting_get_int64(at);

	if (!config_setting_is_number(at) || config_setting_type(at) == CONFIG_TYPE_FLOAT ||
	    val < min || val > max)
		wrong(p, at, "%s: expected a number from %u to %u", key, min, max);
	else
		*out = (unsigned)val;
}

static void number(struct parse *p, config_setting_t *in, const char *key, unsigned min,
		   unsigned max, unsigned *out)
{
	const config_setting_t *at = member(in, key);

	if (at)
		check_number(p, at, key, min, max, out);
}

/* 0 or 1: which of two words; `out` stays if the key is not there. */
static void choice(struct parse *p, config_setting_t *in, const char *key, const char *no,
		   const char *yes, bool *out)
{
	const config_setting_t *at = member(in, key);
	const char *word = at ? config_setting_get_string(at) : NULL;

	if (!at)
		return;
	if (!word || (strcmp(word, no) && strcmp(word, yes)))
		wrong(p, at, "%s: expected \"%s\" or \"%s\"", key, yes, no);
	else
		*out = !strcmp(word, yes);
}

static void text(struct parse *p, const config_setting_t *at, const char *key, char *out,
		 size_t len)
{
	const char *word = config_setting_get_string(at);

	if (!word || !*word || strlen(word) >= len)
		wrong(p, at, "%s: expected text in quotes, 1 to %zu characters", key, len - 1);
	else
		strcpy(out, word);
}

static config_setting_t *needed(struct parse *p, config_setting_t *in, const char *key,
				const char *what)
{
	config_setting_t *at = member(in, key);

	if (!at)
		wrong(p, in, "%s is missing: %s", key, what);
	return at;
}

static bool is_list(const config_setting_t *at)
{
	return (config_setting_is_array(at) || config_setting_is_list(at)) &&
	       config_setting_length(at);
}

static void read_queues(struct parse *p, config_setting_t *root, struct dut *dut)
{
	config_setting_t *at = needed(p, root, "queues", "the names of the virtqueues, in order");

	if (!at)
		return;
	if (!is_list(at) || config_setting_length(at) > DUT_QUEUES) {
		wrong(p, at, "queues: expected [ \"name\", ... ], 1 to %d names", DUT_QUEUES);
		return;
	}
	dut->nqueues = (unsigned)config_setting_length(at);
	for (unsigned i = 0; i < dut->nqueues; i++)
		text(p, config_setting_get_elem(at, i), "queues", dut->queue[i], DUT_TEXT);
}

static void read_files(struct parse *p, config_setting_t *root)
{
	config_setting_t *at = needed(p, root, "files", "the sources, beside the manifest");
	char name[256];

	if (at && !is_list(at))
		wrong(p, at, "files: expected [ \"name\", ... ]");
	for (int i = 0; at && !p->failed && i < config_setting_length(at); i++)
		text(p, config_setting_get_elem(at, (unsigned)i), "files", name, sizeof(name));
}

static void read_ports(struct parse *p, config_setting_t *root, struct dut *dut)
{
	static const char *const ports[] = { "sidebands", "busy",       "features",
					     "msix",      "management", NULL };
	static const char *const widths[] = { "registers", "dma_address", "dma_data", "dma_id",
					      NULL };
	config_setting_t *in = group(p, root, "ports", ports);
	const config_setting_t *data;

	flag(p, in, "sidebands", &dut->sidebands);
	flag(p, in, "busy", &dut->busy);
	flag(p, in, "features", &dut->features);
	flag(p, in, "msix", &dut->msix);
	choice(p, in, "management", "none", "balloon", &dut->balloon);
	in = group(p, root, "widths", widths);
	number(p, in, "registers", 8, 32, &dut->registers);
	number(p, in, "dma_address", 32, 64, &dut->dma_address);
	number(p, in, "dma_data", 32, 64, &dut->dma_data);
	number(p, in, "dma_id", 0, 8, &dut->dma_id);
	data = member(in, "dma_data");
	if (data && dut->dma_data != 32 && dut->dma_data != 64)
		wrong(p, data, "dma_data: expected 32 or 64");
}

static void read_window(struct parse *p, config_setting_t *in, const char *key, unsigned least,
			const struct dut *dut, struct dut_window *win)
{
	config_setting_t *at = member(in, key);

	if (!at)
		return;
	if (!is_list(at) || config_setting_length(at) != 2) {
		wrong(p, at, "%s: expected [ offset, bytes ]", key);
		return;
	}
	check_number(p, config_setting_get_elem(at, 0), key, 0, INT32_MAX, &win->offset);
	check_number(p, config_setting_get_elem(at, 1), key, least, INT32_MAX, &win->bytes);
	if (win->offset % 4 || win->offset > dut->bar_bytes ||
	    win->bytes > dut->bar_bytes - win->offset)
		wrong(p, at, "%s: expected inside the BAR's 0x%x bytes, from a multiple of 4 on",
		      key, dut->bar_bytes);
}

/* Without a configuration space in the RTL we are it, and must know what it would say. */
static void read_bar(struct parse *p, config_setting_t *in, struct dut *dut)
{
	const config_setting_t *at =
		needed(p, in, "bar", "bytes of BAR 0, as configuration is \"vcosim\"");

	if (at)
		check_number(p, at, "bar", 128, 1 << 24, &dut->bar_bytes);
	if (at && dut->bar_bytes & (dut->bar_bytes - 1))
		wrong(p, at, "bar: expected a power of two");
	needed(p, in, "common", "[ offset, bytes ] of the common configuration in the BAR");
	needed(p, in, "notify", "[ offset, bytes ] of the notification registers in the BAR");
	needed(p, in, "isr", "[ offset, bytes ] of the ISR status in the BAR");
	read_window(p, in, "common", 56, dut, &dut->common); /* 4.1.4.3, as of virtio 1.0 */
	read_window(p, in, "notify", 2, dut, &dut->notify);
	read_window(p, in, "isr", 1, dut, &dut->isr);
	read_window(p, in, "config", 1, dut, &dut->config);
	number(p, in, "notify_multiplier", 0, 65536, &dut->notify_multiplier);
}

static void read_pci(struct parse *p, config_setting_t *root, struct dut *dut)
{
	static const char *const keys[] = {
		"configuration",     "bar", "common", "notify", "isr", "config",
		"notify_multiplier", NULL
	};
	config_setting_t *in = group(p, root, "pci", keys);

	dut->config_space = true;
	choice(p, in, "configuration", "vcosim", "rtl", &dut->config_space);
	if (in && dut->transport != DUT_PCI)
		wrong(p, in, "pci: expected only where transport = \"pci\"");
	else if (in && !dut->config_space)
		read_bar(p, in, dut);
	else if (member(in, "bar"))
		wrong(p, member(in, "bar"),
		      "bar: the RTL's configuration space says that; expected "
		      "only with configuration = \"vcosim\"");
	if (dut->transport == DUT_PCI && dut->config_space && !dut->sidebands)
		wrong(p, in ? in : root,
		      "pci: without ports.sidebands the RTL cannot tell configuration space from "
		      "BARs; expected configuration = \"vcosim\"");
	if (!dut->config_space && dut->msix)
		wrong(p, in, "pci: expected no ports.msix with configuration = \"vcosim\"");
}

static void read_root(struct parse *p, config_setting_t *root, struct dut *dut)
{
	static const char *const keys[] = { "top",    "files", "transport", "device",
					    "queues", "spec",  "ports",     "widths",
					    "quiet",  "pci",   NULL };
	const config_setting_t *at;
	bool mmio = false;

	group(p, root, NULL, keys);
	at = needed(p, root, "top", "the module that has the ports");
	if (at)
		text(p, at, "top", dut->top, sizeof(dut->top));
	read_files(p, root);
	needed(p, root, "transport", "\"pci\" or \"mmio\"");
	choice(p, root, "transport", "pci", "mmio", &mmio);
	dut->transport = mmio ? DUT_MMIO : DUT_PCI;
	needed(p, root, "device", "the virtio device type, a number");
	number(p, root, "device", 1, 63, &dut->device);
	read_queues(p, root, dut);
	at = member(root, "spec");
	if (at)
		text(p, at, "spec", dut->spec, sizeof(dut->spec));
	read_ports(p, root, dut);
	dut->quiet = dut->busy ? QUIET : QUIET_DEAF;
	number(p, root, "quiet", 1, 1000000, &dut->quiet);
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
	struct parse p = { .path = path, .err = err };
	config_t cfg;

	*dut = (struct dut){ .path = path,
			     .registers = 32,
			     .dma_address = 64,
			     .dma_data = 64,
			     .dma_id = 4,
			     .notify_multiplier = 4 };
	name_it(path, dut->name);
	config_init(&cfg);
	if (!config_read_string(&cfg, text)) {
		snprintf(err, DUT_ERR, "%s:%d: %s", path, config_error_line(&cfg),
			 config_error_text(&cfg));
		p.failed = true;
	} else {
		read_root(&p, config_root_setting(&cfg), dut);
	}
	config_destroy(&cfg);
	return !p.failed;
}
