/* SPDX-License-Identifier: MIT */
#include "sim/seen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/pci_regs.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_pci.h>

#include "sim/lines.h"
#include "sim/pcicaps.h"

#define FUNCTIONS_MAX 4096
#define MAGIC         0x74726976U /* "virt": virtio 1.4, 4.2.2 */
#define MMIO_BYTES    0x200 /* of a window: the control registers, and room for the device's */
#define MMIO_ALIGN    (~(uint64_t)(MMIO_BYTES - 1))
#define VECTORS       64

struct vector {
	uint32_t lo, hi, data, masked;
};

struct seen {
	struct seen_access *acc;
	size_t n, room;
	struct seen_function **function;
	unsigned nfunctions;
	struct seen_device device;
	struct seen_function *pci; /* picked, or */
	uint64_t mmio;             /* where the registers are */
	uint8_t table_bar;
	uint32_t table; /* MSI-X table: offset in that BAR */
	bool have_table;
	struct vector vector[VECTORS];
	uint64_t cycle, first;
	bool begun;
};

struct seen *seen_new(void)
{
	return calloc(1, sizeof(struct seen));
}

void seen_free(struct seen *seen)
{
	if (!seen)
		return;
	for (unsigned i = 0; i < seen->nfunctions; i++)
		free(seen->function[i]);
	free(seen->function);
	free(seen->acc);
	free(seen);
}

int seen_add(struct seen *seen, const struct seen_access *acc)
{
	if (seen->n == seen->room) {
		size_t room = 2 * seen->room + 1024;
		struct seen_access *more = realloc(seen->acc, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		seen->acc = more;
		seen->room = room;
	}
	seen->acc[seen->n++] = *acc;
	return 0;
}

struct seen_function *seen_function_at(struct seen *seen, unsigned n)
{
	return n < seen->nfunctions ? seen->function[n] : NULL;
}

struct seen_function *seen_function(struct seen *seen, uint32_t bdf)
{
	struct seen_function **more, *fn;

	for (unsigned i = 0; i < seen->nfunctions; i++)
		if (seen->function[i]->bdf == bdf)
			return seen->function[i];
	if (seen->nfunctions == FUNCTIONS_MAX)
		return NULL;
	more = realloc(seen->function, (seen->nfunctions + 1) * sizeof(struct seen_function *));
	if (!more)
		return NULL;
	seen->function = more;
	fn = calloc(1, sizeof(*fn));
	if (!fn)
		return NULL;
	fn->bdf = bdf;
	seen->function[seen->nfunctions++] = fn;
	return fn;
}

/* --- which device --------------------------------------------------------------------------- */

static bool is_virtio(const struct seen_function *fn)
{
	return fn->vendor == 0x1af4 && fn->device >= 0x1000 && fn->device <= 0x107f;
}

/* The BAR of this function that an address is in, or -1. */
static int bar_of(const struct seen_function *fn, uint64_t addr)
{
	for (int i = 0; i < SEEN_BARS; i++)
		if (fn->bytes[i] && addr - fn->bar[i] < fn->bytes[i])
			return i;
	return -1;
}

static bool touched(const struct seen *seen, const struct seen_function *fn)
{
	for (size_t i = 0; i < seen->n; i++)
		if (seen->acc[i].kind == SEEN_MEM && bar_of(fn, seen->acc[i].addr) >= 0)
			return true;
	return false;
}

/* The virtio-mmio window that this read of MagicValue shows; 0: it shows none with a device. */
static uint64_t mmio_window(const struct seen *seen, size_t at, unsigned *type)
{
	const struct seen_access *acc = &seen->acc[at];

	if (acc->kind != SEEN_MEM || acc->op != BUS_READ || acc->size != 4 || acc->data != MAGIC)
		return 0;
	for (size_t i = at + 1; i < seen->n; i++) {
		const struct seen_access *id = &seen->acc[i];

		if (id->kind != SEEN_MEM || id->op != BUS_READ || id->size != 4 ||
		    id->addr != acc->addr + VIRTIO_MMIO_DEVICE_ID)
			continue;
		*type = (unsigned)id->data;
		return id->data ? acc->addr : 0; /* 0: a slot without a device (4.2.2) */
	}
	return 0;
}

static int pick_mmio(struct seen *seen, uint64_t which, char why[SEEN_WHY])
{
	for (size_t i = 0; i < seen->n; i++) {
		unsigned type = 0;
		uint64_t at = mmio_window(seen, i, &type);

		if (!at || (which && at != which))
			continue;
		seen->mmio = at;
		seen->device.mmio = seen->device.windows = true;
		seen->device.type = type;
		return 0;
	}
	if (which)
		snprintf(why, SEEN_WHY,
			 "no virtio-mmio device is looked at there: no read of \"virt\"");
	else
		snprintf(why, SEEN_WHY,
			 "no virtio device: expected accesses to a PCI function of vendor 1af4, or "
			 "a "
			 "virtio-mmio device that shows its MagicValue");
	return -ENOENT;
}

static uint32_t le(const uint8_t *at, unsigned n)
{
	uint32_t val = 0;

	while (n--)
		val = val << 8 | at[n];
	return val;
}

/* What is known of a BAR's length only because there is something in it. */
static void reach(struct seen_function *fn, unsigned bar, uint64_t end)
{
	if (bar < SEEN_BARS && fn->bar[bar] && fn->bytes[bar] < end)
		fn->bytes[bar] = end;
}

static void learn_dump(struct seen *seen, struct seen_function *fn)
{
	unsigned at = 0, hops = 0;

	fn->vendor = (uint16_t)le(fn->cfg, 2);
	fn->device = (uint16_t)le(fn->cfg + 2, 2);
	for (unsigned i = 0; i < SEEN_BARS; i++) {
		uint32_t low = le(fn->cfg + PCI_BASE_ADDRESS_0 + 4 * i, 4);

		if (fn->bar[i] || !low || low & PCI_BASE_ADDRESS_SPACE_IO)
			continue;
		fn->bar[i] = low & PCI_BASE_ADDRESS_MEM_MASK;
		if ((low & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64 &&
		    i + 1 < SEEN_BARS) {
			const uint8_t *high = fn->cfg + PCI_BASE_ADDRESS_1 + 4 * i;

			fn->bar[i++] |= (uint64_t)le(high, 4) << 32;
		}
	}
	if (!(le(fn->cfg + PCI_STATUS, 2) & PCI_STATUS_CAP_LIST))
		return;
	while ((at = pcicaps_next(fn->cfg, at, &hops))) {
		const uint8_t *cap = fn->cfg + at;

		if (cap[0] == PCI_CAP_ID_MSIX) {
			uint32_t where = le(cap + PCI_MSIX_TABLE, 4);
			unsigned n = (le(cap + PCI_MSIX_FLAGS, 2) & PCI_MSIX_FLAGS_QSIZE) + 1;

			seen->have_table = true;
			seen->table_bar = where & PCI_MSIX_TABLE_BIR;
			seen->table = where & PCI_MSIX_TABLE_OFFSET;
			reach(fn, seen->table_bar, seen->table + 16ULL * n);
		} else if (cap[0] == PCI_CAP_ID_VNDR &&
			   cap[VIRTIO_PCI_CAP_CFG_TYPE] >= VIRTIO_PCI_CAP_COMMON_CFG &&
			   cap[VIRTIO_PCI_CAP_CFG_TYPE] <= VIRTIO_PCI_CAP_DEVICE_CFG) {
			if (cap[VIRTIO_PCI_CAP_CFG_TYPE] == VIRTIO_PCI_CAP_COMMON_CFG)
				seen->device.windows = true;
			reach(fn, cap[VIRTIO_PCI_CAP_BAR],
			      (uint64_t)le(cap + VIRTIO_PCI_CAP_OFFSET, 4) +
				      le(cap + VIRTIO_PCI_CAP_LENGTH, 4));
		}
	}
}

/* The log's own reads of the configuration space, put together as a dump would show them. */
static void learn_reads(struct seen *seen, struct seen_function *fn)
{
	unsigned caps = 0;

	for (size_t i = 0; i < seen->n; i++) {
		const struct seen_access *acc = &seen->acc[i];

		if (acc->kind != SEEN_CFG || acc->bdf != fn->bdf || acc->op != BUS_READ)
			continue;
		caps += acc->addr == PCI_CAPABILITY_LIST;
		for (unsigned k = 0; k < acc->size && acc->addr + k < SEEN_CFG_BYTES; k++)
			if (!fn->have_cfg)
				fn->cfg[acc->addr + k] = (uint8_t)(acc->data >> (8 * k));
	}
	seen->device.config = caps != 0;
}

static void pick_function(struct seen *seen, struct seen_function *fn)
{
	struct seen_device *dev = &seen->device;

	seen->pci = fn;
	learn_reads(seen, fn);
	if (dev->config || fn->have_cfg)
		learn_dump(seen, fn);
	dev->synthetic = !dev->config && fn->have_cfg;
	/* Transitional ids are the type's by 4.1.2.1; of those only the balloon's concerns us. */
	dev->type = fn->device >= 0x1040 ? fn->device - 0x1040U : fn->device == 0x1002 ? 5 : 0;
}

int seen_pick(struct seen *seen, const char *which, char why[SEEN_WHY])
{
	struct seen_function *found = NULL;
	uint32_t bdf = UINT32_MAX;
	uint64_t at = 0;

	if (which && !lines_bdf(which, &bdf) && !lines_number(which, 16, &at)) {
		snprintf(why, SEEN_WHY,
			 "expected a PCI address like 00:01.0, or one like 0xfeb02e00");
		return -EINVAL;
	}
	if (at)
		return pick_mmio(seen, at, why);
	for (unsigned i = 0; i < seen->nfunctions; i++) {
		struct seen_function *fn = seen->function[i];

		if (which ? fn->bdf != bdf : !is_virtio(fn) && !fn->have_cfg)
			continue;
		if (!found || (!touched(seen, found) && touched(seen, fn)))
			found = fn;
	}
	if (found && !which && !touched(seen, found) && !pick_mmio(seen, 0, why))
		return 0;
	if (found) {
		pick_function(seen, found);
		return 0;
	}
	if (which) {
		snprintf(why, SEEN_WHY, "%s: no such PCI function is in it", which);
		return -ENOENT;
	}
	return pick_mmio(seen, 0, why);
}

const struct seen_device *seen_device(const struct seen *seen)
{
	return &seen->device;
}

/* --- records -------------------------------------------------------------------------------- */

struct out {
	struct seen *seen;
	void (*rec)(void *ctx, const struct bus_rec *rec);
	void *ctx;
};

static void put(struct out *out, uint64_t time, struct bus_rec rec)
{
	struct seen *seen = out->seen;

	if (!seen->begun && time) {
		seen->first = time - seen->cycle;
		seen->begun = true;
	}
	if (time && time - seen->first > seen->cycle && time >= seen->first)
		seen->cycle = time - seen->first;
	rec.cycle = seen->cycle++;
	out->rec(out->ctx, &rec);
}

static uint64_t low_bytes(uint64_t data, unsigned n)
{
	return n >= 8 ? data : data & ((1ULL << (8 * n)) - 1);
}

static uint8_t enables(unsigned n)
{
	return (uint8_t)((1U << n) - 1);
}

static void put_access(struct out *out, const struct seen_access *acc, enum bus_space space,
		       unsigned bar, uint64_t addr)
{
	unsigned n = acc->size > 4 ? 4 : acc->size;

	out->seen->device.wide += acc->size > 4;
	for (unsigned at = 0; at < acc->size; at += n)
		put(out, acc->time,
		    (struct bus_rec){ .space = (uint8_t)space,
				      .op = acc->op,
				      .size = (uint8_t)n,
				      .be = enables(n),
				      .index = (uint8_t)bar,
				      .addr = addr + at,
				      .data = low_bytes(acc->data >> (8 * at), n) });
}

static void note_vector(struct seen *seen, const struct seen_access *acc, uint64_t offset)
{
	uint64_t at = offset - seen->table;
	struct vector *v = &seen->vector[at / 16 % VECTORS];

	if (acc->op != BUS_WRITE || acc->size != 4 || at / 16 >= VECTORS)
		return;
	*(at % 16 == 0   ? &v->lo
	  : at % 16 == 4 ? &v->hi
	  : at % 16 == 8 ? &v->data
			 : &v->masked) = (uint32_t)acc->data;
}

static void put_message(struct out *out, const struct seen_access *acc)
{
	struct seen *seen = out->seen;

	for (unsigned i = 0; i < VECTORS && seen->have_table; i++) {
		const struct vector *v = &seen->vector[i];

		if (!v->lo || v->data != acc->data || ((uint64_t)v->hi << 32 | v->lo) != acc->addr)
			continue;
		put(out, acc->time,
		    (struct bus_rec){ .space = BUS_IRQ,
				      .op = BUS_WRITE,
				      .index = BUS_MSIX,
				      .addr = i,
				      .data = acc->data });
		return;
	}
}

static void put_memory(struct out *out, const struct seen_access *acc)
{
	struct seen *seen = out->seen;
	int bar;

	if (!seen->pci) {
		if (acc->addr - seen->mmio < MMIO_BYTES)
			put_access(out, acc, BUS_MMIO, 0, acc->addr - seen->mmio);
		else
			seen->device.others++;
		return;
	}
	bar = bar_of(seen->pci, acc->addr);
	if (bar < 0) {
		seen->device.others++;
		return;
	}
	if (seen->have_table && bar == seen->table_bar)
		note_vector(seen, acc, acc->addr - seen->pci->bar[bar]);
	put_access(out, acc, BUS_BAR, (unsigned)bar, acc->addr - seen->pci->bar[bar]);
}

static void put_one(struct out *out, const struct seen_access *acc)
{
	const struct seen *seen = out->seen;

	switch (acc->kind) {
	case SEEN_MEM:
		put_memory(out, acc);
		break;
	case SEEN_CFG:
		if (seen->pci && acc->bdf == seen->pci->bdf)
			put_access(out, acc, BUS_CFG, 0, acc->addr);
		break;
	case SEEN_INTX:
		if (!seen->pci)
			put(out, acc->time,
			    (struct bus_rec){ .space = BUS_IRQ,
					      .op = BUS_WRITE,
					      .index = BUS_INTX,
					      .data = acc->data });
		break;
	case SEEN_MSI:
		if (seen->pci)
			put_message(out, acc);
		break;
	default:
		put(out, acc->time,
		    (struct bus_rec){ .space = BUS_HOST,
				      .op = BUS_WRITE,
				      .addr = BUS_HOST_TARGET,
				      .data = acc->data });
	}
}

/* A read that nobody saw. */
static void put_read(struct out *out, unsigned at, unsigned size)
{
	put(out, 0,
	    (struct bus_rec){ .space = BUS_CFG,
			      .op = BUS_READ,
			      .size = (uint8_t)size,
			      .be = enables(size),
			      .addr = at,
			      .data = le(out->seen->pci->cfg + at, size) });
}

/* As a driver looks for its device: virtio 1.4, 4.1.2 and 4.1.4. */
static void put_probe(struct out *out)
{
	const uint8_t *cfg = out->seen->pci->cfg;
	unsigned at = 0, hops = 0;

	put_read(out, PCI_VENDOR_ID, 2);
	put_read(out, PCI_DEVICE_ID, 2);
	put_read(out, PCI_CLASS_REVISION, 4);
	put_read(out, PCI_SUBSYSTEM_VENDOR_ID, 2);
	put_read(out, PCI_SUBSYSTEM_ID, 2);
	put_read(out, PCI_STATUS, 2);
	put_read(out, PCI_CAPABILITY_LIST, 1);
	while ((at = pcicaps_next(cfg, at, &hops))) {
		put_read(out, at, 2);
		if (cfg[at] == PCI_CAP_ID_MSIX) {
			put_read(out, at + PCI_MSIX_FLAGS, 2);
			put_read(out, at + PCI_MSIX_TABLE, 4);
			put_read(out, at + PCI_MSIX_PBA, 4);
		}
		if (cfg[at] != PCI_CAP_ID_VNDR)
			continue;
		put_read(out, at + VIRTIO_PCI_CAP_LEN, 1);
		put_read(out, at + VIRTIO_PCI_CAP_CFG_TYPE, 1);
		put_read(out, at + VIRTIO_PCI_CAP_BAR, 1);
		put_read(out, at + VIRTIO_PCI_CAP_OFFSET, 4);
		put_read(out, at + VIRTIO_PCI_CAP_LENGTH, 4);
		if (cfg[at + VIRTIO_PCI_CAP_CFG_TYPE] == VIRTIO_PCI_CAP_NOTIFY_CFG)
			put_read(out, at + VIRTIO_PCI_NOTIFY_CAP_MULT, 4);
	}
}

size_t seen_records(struct seen *seen, void (*rec)(void *ctx, const struct bus_rec *rec), void *ctx)
{
	struct out out = { .seen = seen, .rec = rec, .ctx = ctx };
	size_t synthetic;

	if (seen->pci && seen->device.synthetic)
		put_probe(&out);
	synthetic = (size_t)seen->cycle;
	for (size_t i = 0; i < seen->n; i++)
		put_one(&out, &seen->acc[i]);
	return synthetic;
}
