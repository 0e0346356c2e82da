/* SPDX-License-Identifier: MIT */
/* Register accesses that somebody else wrote down: Linux's mmiotrace, QEMU's -trace. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cmd_import.h"
#include "sim/dut.h"
#include "sim/mmiotrace.h"
#include "sim/pcidump.h"
#include "sim/qemu_log.h"

#define ODDITIES_MAX 8 /* told of; all are counted */

struct logs {
	struct import *im;
	const char *path; /* of what is being read */
	struct seen *seen;
	unsigned oddities;
	struct bus_rec *rec;
	size_t n, room;
	json_t *hidden; /* events that cannot be seen: sim/cmd_hidden.h */
};

static void on_oddity(void *ctx, unsigned long line, const char *what)
{
	struct logs *l = ctx;

	if (l->oddities++ < ODDITIES_MAX)
		fprintf(stderr, "vcosim import: %s:%lu: %s\n", l->path, line, what);
}

static void on_rec(void *ctx, const struct bus_rec *rec)
{
	struct logs *l = ctx;

	if (l->n == l->room) {
		size_t room = 2 * l->room + 4096;
		struct bus_rec *more = realloc(l->rec, room * sizeof(*more));

		if (!more)
			return; /* n stays behind what was told: found out by the caller */
		l->rec = more;
		l->room = room;
	}
	l->rec[l->n++] = *rec;
}

static void blind(struct logs *l, const char *what)
{
	json_array_append_new(l->im->blind, json_string(what));
}

static void blind_count(struct logs *l, uint64_t n, const char *what)
{
	char text[160];

	if (!n)
		return;
	snprintf(text, sizeof(text), "%" PRIu64 " %s", n, what);
	blind(l, text);
}

static void hide(struct logs *l, const char *const *event)
{
	for (; *event; event++)
		json_array_append_new(l->hidden, json_string(*event));
}

/* What neither of them shows. */
static const char *const memory_events[] = { "avail_flags_read",
					     "avail_idx_read",
					     "avail_entry_read",
					     "desc_read",
					     "payload_read",
					     "payload_write",
					     "used_entry_write",
					     "used_idx_write",
					     "used_flags_write",
					     "dma_other",
					     "dma_error",
					     "dma_fault",
					     "avail_flags_snoop",
					     "avail_idx_snoop",
					     "used_event_read",
					     "avail_event_write",
					     "chain_available",
					     "avail_idx_look",
					     "used_flags_look",
					     "avail_entry_snoop",
					     "desc_look",
					     "range_look",
					     "indirect_read",
					     "payload_start",
					     NULL };
static const char *const other_events[] = { "page_inflate", "page_deflate",   "actual_read",
					    "stats_poll",   "stat",           "hint_command",
					    "range_hinted", "range_reported", NULL };
static const char *const config_events[] = { "pci_cfg_read", "pci_cfg_write", NULL };
static const char *const message_events[] = { "irq_msix", NULL };
static const char *const notify_events[] = { "notify", NULL };
static const char *const line_events[] = { "irq_intx", NULL };
static const char *const target_events[] = { "target_write", NULL };

static void tell_common(struct logs *l)
{
	const struct seen_device *dev = seen_device(l->seen);

	hide(l, memory_events);
	hide(l, other_events);
	blind(l, "guest memory: rings, buffers and all DMA");
	blind(l, "resets of the device that are no register access");
	blind(l, "answers that took too long, and error responses");
	if (!dev->mmio && !dev->config) {
		hide(l, config_events);
		blind(l, dev->synthetic
				 ? "accesses to PCI configuration space: bus mastering, MSI-X "
				   "enable, function resets"
				 : "PCI configuration space, so which register is which: give a "
				   "dump of it with --pci");
	}
	blind_count(l, dev->wide, "accesses of 8 bytes in one piece: each is two of 4");
}

/* The built-in device of that kind: by its name check knows what to judge by. */
static const char *alike(const struct seen_device *dev)
{
	char why[DUT_ERR];
	struct dut dut;
	const char *name;

	for (unsigned i = 0; (name = dut_name(i)); i++)
		if (dut_find(name, &dut, why) && dut.device == dev->type && dut.sidebands &&
		    (dut.transport == DUT_MMIO) == dev->mmio)
			return name;
	return "";
}

static int read_dump(struct logs *l)
{
	int err;

	l->path = l->im->pci;
	err = pcidump_read(l->path, l->seen, l, on_oddity);
	if (err == -ENODATA)
		fprintf(stderr,
			"vcosim import: %s: no bytes of a PCI function: expected what "
			"`lspci -xxxx` prints\n",
			l->path);
	else if (err)
		fprintf(stderr, "vcosim import: %s: %s\n", l->path, strerror(-err));
	l->path = l->im->path;
	return err;
}

static int write_trace(struct logs *l, const char *from)
{
	struct import *im = l->im;
	size_t synthetic = seen_records(l->seen, on_rec, l);
	const struct seen_device *dev = seen_device(l->seen);
	int err;

	tell_common(l);
	im->dut = alike(dev);
	im->more = json_pack("{s:s, s:{s:s, s:i, s:I}}", "unit", "us", "registers", "from", from,
			     "device", (int)dev->type, "synthetic", (json_int_t)synthetic);
	json_object_set(im->more, "hidden", l->hidden);
	if (!dev->windows) /* not one rule can be decided */
		json_object_set_new(im->more, "decides", json_array());
	err = import_begin(im);
	for (size_t i = 0; !err && i < l->n; i++)
		trace_rec(im->trace, &l->rec[i]);
	if (l->n)
		im->cycle = l->rec[l->n - 1].cycle;
	if (!err && synthetic)
		printf("%zu reads of configuration space are synthetic: nobody saw them\n",
		       synthetic);
	return err;
}

/* Everything was read: the device, its records, and whether they are whole. */
static int finish(struct logs *l, const char *from)
{
	char why[SEEN_WHY];
	int err = seen_pick(l->seen, l->im->device, why);

	if (err) {
		fprintf(stderr, "vcosim import: %s: %s\n", l->im->path, why);
		return err;
	}
	err = write_trace(l, from);
	if (l->oddities > ODDITIES_MAX)
		fprintf(stderr, "vcosim import: %s: %u more lines like that\n", l->im->path,
			l->oddities - ODDITIES_MAX);
	return err ? err : l->oddities ? -EBADMSG : 0;
}

static int begin(struct logs *l, struct import *im)
{
	*l = (struct logs){
		.im = im, .path = im->path, .seen = seen_new(), .hidden = json_array()
	};
	if (!l->seen || !l->hidden)
		return -ENOMEM;
	return im->pci ? read_dump(l) : 0;
}

static int end(struct logs *l, int err)
{
	seen_free(l->seen);
	json_decref(l->hidden);
	free(l->rec);
	return err;
}

static int told(const struct logs *l, int err)
{
	if (err)
		fprintf(stderr, "vcosim import: %s: %s\n", l->path, strerror(-err));
	return err;
}

int import_mmiotrace(struct import *im)
{
	struct mmiotrace_facts facts = { 0 };
	struct logs l;
	int err = begin(&l, im);

	if (!err)
		err = told(&l, mmiotrace_read(im->path, l.seen, &facts, &l, on_oddity));
	if (!err) {
		hide(&l, message_events);
		hide(&l, line_events);
		hide(&l, target_events);
		blind(&l, "interrupts");
		blind(&l, "the host's side");
		blind(&l, "accesses to mappings that are older than the recording");
		blind_count(&l, facts.unaligned,
			    "mappings that begin inside a page: Linux shows no access to them");
		blind_count(&l, facts.lost, "events that the kernel lost");
		blind_count(&l, facts.unknown, "accesses that the kernel could not decode");
		err = finish(&l, "mmiotrace");
	}
	return end(&l, err);
}

static void blind_qemu(struct logs *l, const struct qemu_log_facts *facts)
{
	if (!facts->msix) {
		hide(l, message_events);
		blind(l, "MSI-X messages: no write to apic-msi");
	}
	if (!facts->line) {
		hide(l, line_events);
		blind(l,
		      "the interrupt line: no virtio_mmio_setting_irq, and of PCI there is no such "
		      "event");
	}
	if (facts->taken) {
		hide(l, notify_events);
		blind_count(l, facts->taken,
			    "notifications that an ioeventfd took: expected ioeventfd=off");
	}
	if (!facts->target)
		hide(l, target_events);
	blind(l,
	      facts->target ? "the host's side, but for the balloon's target" : "the host's side");
	blind_count(l, facts->guessed,
		    "sizes of configuration accesses: as small as the value allows");
	if (facts->by_region)
		blind(l, "where the windows are: as QEMU has them, by the names of its regions");
}

int import_qemu(struct import *im)
{
	struct qemu_log_facts facts = { 0 };
	struct logs l;
	int err = begin(&l, im);

	if (!err)
		err = told(&l, qemu_log_read(im->path, l.seen, &facts, &l, on_oddity));
	if (!err && !facts.accesses) {
		fprintf(stderr,
			"vcosim import: %s: no register accesses: expected a log with -trace "
			"memory_region_ops_read and -trace memory_region_ops_write\n",
			im->path);
		err = -ENODATA;
	}
	if (!err) {
		blind_qemu(&l, &facts);
		err = finish(&l, "qemu");
	}
	return end(&l, err);
}
