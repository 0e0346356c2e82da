/* SPDX-License-Identifier: MIT */
#include "sim/qemu_log.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_pci.h>

#include "sim/lines.h"

/* Where QEMU puts what of a modern virtio function (its hw/virtio/virtio-pci.c). */
#define OWN_BAR   4
#define OWN_BYTES 0x4000
#define OWN_PAGE  0x1000
#define OWN_CAPS  0x40

static const struct {
	const char *region;
	uint8_t type;
	uint32_t offset, length;
} own[] = {
	{ "virtio-pci-common-", VIRTIO_PCI_CAP_COMMON_CFG, 0x0000, OWN_PAGE },
	{ "virtio-pci-isr-", VIRTIO_PCI_CAP_ISR_CFG, 0x1000, OWN_PAGE },
	{ "virtio-pci-device-", VIRTIO_PCI_CAP_DEVICE_CFG, 0x2000, OWN_PAGE },
	{ "virtio-pci-notify-", VIRTIO_PCI_CAP_NOTIFY_CFG, 0x3000, OWN_PAGE },
};
#define OWN (sizeof(own) / sizeof(own[0]))

static const struct {
	const char *name;
	uint8_t type;
} types[] = {
	{ "virtio-net", 1 },  { "virtio-blk", 2 },     { "virtio-serial", 3 },
	{ "virtio-rng", 4 },  { "virtio-balloon", 5 }, { "virtio-scsi", 8 },
	{ "virtio-gpu", 16 }, { "virtio-input", 18 },  { "virtio-crypto", 20 },
};

struct reader {
	struct seen *seen;
	struct qemu_log_facts *facts;
	void *ctx;
	void (*oddity)(void *ctx, unsigned long line, const char *what);
	uint64_t time;
	struct seen_access read; /* of configuration space: waits for its size */
	bool waits;
	unsigned size; /* of a write to come, 0: not known */
	uint64_t base; /* of QEMU's own BAR, as regions show it; 0: not seen */
	unsigned type;
	uint64_t notified; /* writes that notify, and did not arrive yet */
	uint64_t kicked;   /* bit n: QEMU itself may kick queue n, as it starts its ioeventfds */
	bool failed;
};

static void add(struct reader *r, struct seen_access acc)
{
	acc.time = r->time;
	if (seen_add(r->seen, &acc))
		r->failed = true;
}

static unsigned smallest(uint64_t val)
{
	return val > 0xffff ? 4 : val > 0xff ? 2 : 1;
}

/* The read that waits goes out, of `size` bytes; 0: nobody said. */
static void release(struct reader *r, unsigned size)
{
	if (!r->waits)
		return;
	r->waits = false;
	r->facts->guessed += !size;
	r->read.size = (uint8_t)(size ? size : smallest(r->read.data));
	add(r, r->read);
}

/* Text of "key value" pairs; *at goes behind the value. */
static bool pair(char **at, const char *key, int base, uint64_t *val)
{
	char *word = lines_word(at);

	return word && !strcmp(word, key) && lines_number(lines_word(at), base, val);
}

static void learn_region(struct reader *r, const char *name, uint64_t addr)
{
	for (unsigned i = 0; i < OWN; i++) {
		size_t len = strlen(own[i].region);

		if (strncmp(name, own[i].region, len))
			continue;
		r->base = (addr & ~(uint64_t)(OWN_PAGE - 1)) - own[i].offset;
		for (unsigned k = 0; k < sizeof(types) / sizeof(types[0]); k++)
			if (!strcmp(name + len, types[k].name))
				r->type = types[k].type;
	}
}

static bool is_notify(const char *name, uint64_t addr)
{
	return !strncmp(name, "virtio-pci-notify-", 18) ||
	       (!strcmp(name, "virtio-mmio") && (addr & 0x1ff) == VIRTIO_MMIO_QUEUE_NOTIFY);
}

static const char *region(struct reader *r, enum bus_op op, char *at)
{
	struct seen_access acc = { .kind = SEEN_MEM, .op = (uint8_t)op };
	char *name = lines_word(&at), *end;
	uint64_t mr, size;

	if (!name || strcmp(name, "cpu") || !lines_word(&at)) /* a number, or -1: no processor */
		return "expected cpu, mr, addr, value, size and name";
	if (!pair(&at, "mr", 0, &mr) || !pair(&at, "addr", 0, &acc.addr) ||
	    !pair(&at, "value", 0, &acc.data) || !pair(&at, "size", 10, &size) || size > 8 ||
	    !size || size & (size - 1))
		return "expected cpu, mr, addr, value, size and name";
	name = strchr(at, '\'');
	end = name ? strchr(name + 1, '\'') : NULL;
	if (!end)
		return "expected the region's name in quotes";
	*end = '\0';
	name++;
	acc.size = (uint8_t)size;
	r->facts->accesses++;
	if (!strcmp(name, "pci-conf-data") || !strcmp(name, "pcie-mmcfg-mmio")) {
		if (op == BUS_READ)
			release(r, acc.size > 4 ? 4 : acc.size);
		else
			r->size = acc.size > 4 ? 4 : acc.size;
		return NULL;
	}
	release(r, 0);
	if (!strcmp(name, "apic-msi")) {
		r->facts->msix = true;
		acc.kind = SEEN_MSI;
		if (op == BUS_READ)
			return NULL;
	}
	r->notified += op == BUS_WRITE && is_notify(name, acc.addr);
	learn_region(r, name, acc.addr);
	add(r, acc);
	return NULL;
}

static struct seen_function *function_of(struct reader *r, const char *word)
{
	uint32_t bdf;

	return word && lines_bdf(word, &bdf) ? seen_function(r->seen, bdf) : NULL;
}

/* "virtio-balloon-pci 00:01.0 @0x10 -> 0x0", and <- of a write. */
static const char *config(struct reader *r, enum bus_op op, char *at)
{
	static const char expected[] = "expected device, PCI address, @offset and value";
	struct seen_access acc = { .kind = SEEN_CFG, .op = (uint8_t)op };
	struct seen_function *fn;
	char *word, *arrow;

	word = lines_word(&at);
	if (word && !strcmp(word, "empty")) /* a slot without a device */
		return NULL;
	fn = function_of(r, lines_word(&at));
	word = lines_word(&at);
	arrow = lines_word(&at);
	if (!fn || !word || *word != '@' || !arrow || strcmp(arrow, op == BUS_READ ? "->" : "<-") ||
	    !lines_number(word + 1, 0, &acc.addr) || !lines_number(lines_word(&at), 0, &acc.data) ||
	    acc.addr > 0xfff || acc.data > UINT32_MAX)
		return expected;
	release(r, 0);
	acc.bdf = fn->bdf;
	r->facts->config++;
	if (op == BUS_READ) {
		if (acc.addr == PCI_VENDOR_ID) {
			fn->vendor = (uint16_t)acc.data;
			if (acc.data > 0xffff)
				fn->device = (uint16_t)(acc.data >> 16);
		} else if (acc.addr == PCI_DEVICE_ID) {
			fn->device = (uint16_t)acc.data;
		}
		r->read = acc;
		r->waits = true;
		return NULL;
	}
	r->facts->guessed += !r->size;
	acc.size = (uint8_t)(r->size ? r->size : smallest(acc.data));
	r->size = 0;
	add(r, acc);
	return NULL;
}

/* "virtio-balloon-pci 00:01.0 4,0xfebf8000+0x4000" */
static const char *mapping(struct reader *r, char *at)
{
	struct seen_function *fn;
	uint64_t bar, base, bytes;
	char *word, *comma, *plus;

	lines_word(&at);
	fn = function_of(r, lines_word(&at));
	word = lines_word(&at);
	comma = word ? strchr(word, ',') : NULL;
	plus = comma ? strchr(comma, '+') : NULL;
	if (!fn || !plus)
		return "expected device, PCI address, BAR,base+size";
	*comma = *plus = '\0';
	if (!lines_number(word, 10, &bar) || !lines_number(comma + 1, 0, &base) ||
	    !lines_number(plus + 1, 0, &bytes))
		return "expected device, PCI address, BAR,base+size";
	if (bar < SEEN_BARS) { /* 6: the expansion ROM */
		fn->bar[bar] = base;
		fn->bytes[bar] = bytes;
	}
	return NULL;
}

static const char *line_level(struct reader *r, char *at)
{
	struct seen_access acc = { .kind = SEEN_INTX, .op = BUS_WRITE };
	const char *word, *last = NULL;

	while ((word = lines_word(&at)))
		last = word;
	if (!lines_number(last, 10, &acc.data) || acc.data > 1)
		return "expected a level, 0 or 1";
	r->facts->line = true;
	add(r, acc);
	return NULL;
}

/* "balloon target: 0xc000000 num_pages: 65536" */
static const char *target(struct reader *r, char *at)
{
	struct seen_access acc = { .kind = SEEN_TARGET, .op = BUS_WRITE };
	const char *word, *last = NULL;

	while ((word = lines_word(&at)))
		last = word;
	if (!lines_number(last, 10, &acc.data) || acc.data > UINT32_MAX)
		return "expected a number of pages";
	r->facts->target = true;
	add(r, acc);
	return NULL;
}

/* "vdev 0x5555 val 15" */
static const char *set_status(struct reader *r, char *at)
{
	uint64_t vdev, val;

	if (!pair(&at, "vdev", 0, &vdev) || !pair(&at, "val", 10, &val))
		return "expected vdev and val";
	if (val & VIRTIO_CONFIG_S_DRIVER_OK)
		r->kicked = UINT64_MAX;
	return NULL;
}

/* "vdev 0x5555 n 0 vq 0x7f25" */
static const char *kick(struct reader *r, char *at)
{
	uint64_t vdev, n;

	if (!pair(&at, "vdev", 0, &vdev) || !pair(&at, "n", 10, &n))
		return "expected vdev, n and vq";
	if (r->notified)
		r->notified--;
	else if (n < 64 && r->kicked >> n & 1)
		r->kicked &= ~(1ULL << n);
	else
		r->facts->taken++;
	return NULL;
}

/* "1234@1700000000.123456:event": goes behind it. */
static char *take_stamp(struct reader *r, char *text)
{
	char *at = text + strspn(text, "0123456789"), *dot, *colon;
	uint64_t sec, usec;

	if (at == text || *at != '@')
		return text;
	dot = strchr(at, '.');
	colon = dot ? strchr(dot, ':') : NULL;
	if (!colon)
		return text;
	*dot = *colon = '\0';
	if (lines_number(at + 1, 10, &sec) && lines_number(dot + 1, 10, &usec) && usec < 1000000 &&
	    sec < UINT32_MAX)
		r->time = sec * 1000000 + usec;
	return colon + 1;
}

static bool is_event(const char *word)
{
	size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return n && !word[n] && islower((unsigned char)*word) && strchr(word, '_');
}

static const char *on_line(void *ctx, char *text)
{
	struct reader *r = ctx;
	char *at = take_stamp(r, text), *word = lines_word(&at);

	if (!word)
		return NULL;
	if (!strcmp(word, "memory_region_ops_read"))
		return region(r, BUS_READ, at);
	if (!strcmp(word, "memory_region_ops_write"))
		return region(r, BUS_WRITE, at);
	if (!strcmp(word, "pci_cfg_read"))
		return config(r, BUS_READ, at);
	if (!strcmp(word, "pci_cfg_write"))
		return config(r, BUS_WRITE, at);
	if (!strcmp(word, "pci_update_mappings_add"))
		return mapping(r, at);
	if (!strcmp(word, "virtio_mmio_setting_irq"))
		return line_level(r, at);
	if (!strcmp(word, "virtio_balloon_to_target"))
		return target(r, at);
	if (!strcmp(word, "virtio_set_status"))
		return set_status(r, at);
	if (!strcmp(word, "virtio_queue_notify"))
		return kick(r, at);
	return is_event(word) ? NULL : "expected an event of QEMU's -trace";
}

static void on_oddity(void *ctx, unsigned long line, const char *what)
{
	struct reader *r = ctx;

	r->oddity(r->ctx, line, what);
}

/* --- what QEMU's own layout says, where nobody read the configuration space ---------------- */

static void store(uint8_t *at, uint64_t val, unsigned n)
{
	for (; n--; val >>= 8)
		*at++ = (uint8_t)val;
}

static void make_config(struct seen_function *fn, unsigned type)
{
	uint8_t *cap = fn->cfg + OWN_CAPS;

	store(fn->cfg + PCI_VENDOR_ID, 0x1af4, 2);
	store(fn->cfg + PCI_DEVICE_ID, 0x1040 + type, 2);
	store(fn->cfg + PCI_STATUS, PCI_STATUS_CAP_LIST, 2);
	store(fn->cfg + PCI_REVISION_ID, 1, 1);
	fn->cfg[PCI_CAPABILITY_LIST] = OWN_CAPS;
	for (unsigned i = 0; i < OWN; i++) {
		unsigned len = own[i].type == VIRTIO_PCI_CAP_NOTIFY_CFG ? 20 : 16;

		cap[0] = PCI_CAP_ID_VNDR;
		cap[PCI_CAP_LIST_NEXT] = i + 1 < OWN ? (uint8_t)(cap - fn->cfg + len) : 0;
		cap[VIRTIO_PCI_CAP_LEN] = (uint8_t)len;
		cap[VIRTIO_PCI_CAP_CFG_TYPE] = own[i].type;
		cap[VIRTIO_PCI_CAP_BAR] = OWN_BAR;
		store(cap + VIRTIO_PCI_CAP_OFFSET, own[i].offset, 4);
		store(cap + VIRTIO_PCI_CAP_LENGTH, own[i].length, 4);
		if (len == 20)
			store(cap + VIRTIO_PCI_NOTIFY_CAP_MULT, 4, 4);
		cap += len;
	}
	fn->vendor = 0x1af4;
	fn->device = (uint16_t)(0x1040 + type);
	fn->have_cfg = true;
}

/* The one function whose accesses were seen, though nobody saw how they were found. */
static void by_region(struct reader *r)
{
	struct seen_function *fn;

	for (unsigned i = 0; (fn = seen_function_at(r->seen, i)); i++)
		for (unsigned bar = 0; bar < SEEN_BARS; bar++)
			if (fn->bytes[bar] && fn->bar[bar] == r->base)
				return;
	fn = seen_function(r->seen, 0);
	if (!fn)
		return;
	memset(fn, 0, sizeof(*fn));
	fn->bar[OWN_BAR] = r->base;
	fn->bytes[OWN_BAR] = OWN_BYTES;
	make_config(fn, r->type);
	r->facts->by_region = true;
}

int qemu_log_read(const char *path, struct seen *seen, struct qemu_log_facts *facts, void *ctx,
		  void (*oddity)(void *ctx, unsigned long line, const char *what))
{
	struct reader r = { .seen = seen, .facts = facts, .ctx = ctx, .oddity = oddity };
	struct lines_reader reader = { .ctx = &r, .line = on_line, .oddity = on_oddity };
	int err = lines_read(path, &reader);

	release(&r, 0);
	if (r.base)
		by_region(&r);
	return err ? err : r.failed ? -ENOMEM : 0;
}
