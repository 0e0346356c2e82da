/* SPDX-License-Identifier: MIT */
#include "sim/replay_regs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <linux/pci_regs.h>
#include <linux/virtio_balloon.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_pci.h>

#include "sim/dev.h"
#include "sim/mem.h"
#include "sim/observer.h"
#include "sim/pcicaps.h"
#include "sim/regmap.h"

#define QUEUES OBSERVER_QUEUES

struct replay {
	const struct trace_log *log;
	struct replay_regs_result *res;
	struct mem *mem;
	struct dev *dev;
	struct pcicaps theirs, ours;
	struct observer *observer; /* of the recorded session: which register is which */
	uint64_t offered;          /* by the recorded device */
	uint32_t select, feature_select;
	bool sized[QUEUES];
	uint32_t notify_off[QUEUES]; /* of the RTL */
	uint32_t notified;           /* queue that the last record notified */
	bool balloon, msix;
};

/* --- the recorded session --------------------------------------------------------------------- */

static void on_instant(void *ctx, uint64_t cycle, const struct event *ev, unsigned n)
{
	struct replay *r = ctx;

	(void)cycle;
	for (unsigned i = 0; i < n; i++) {
		if (ev[i].id == EV_DEVICE_FEATURE_READ && ev[i].arg[0] < 2)
			r->offered |= ev[i].arg[1] << (32 * ev[i].arg[0]);
		if (ev[i].id == EV_NOTIFY)
			r->notified = (uint32_t)ev[i].arg[0];
	}
}

/* What it offered, from all of it; and the capabilities of its function. */
static bool look_ahead(struct replay *r)
{
	struct observer_sink sink = { .ctx = r, .instant = on_instant };
	struct observer *obs = observer_new(&sink);
	uint8_t cfg[PCICAPS_BYTES] = { 0 };

	for (size_t i = 0; obs && i < r->log->n; i++) {
		const struct bus_rec *rec = &r->log->rec[i];

		if (rec->space != BUS_CUE)
			observer_rec(obs, rec);
		for (unsigned k = 0; rec->space == BUS_CFG && rec->op == BUS_READ && k < rec->size;
		     k++)
			if (rec->addr + k < sizeof(cfg))
				cfg[rec->addr + k] = (uint8_t)(rec->data >> (8 * k));
	}
	if (obs)
		observer_flush(obs);
	observer_free(obs);
	pcicaps_parse(cfg, &r->theirs);
	r->observer = observer_new(&sink);
	return obs && r->observer;
}

/* --- the RTL ------------------------------------------------------------------------------------
 */

static int zeros(void *ctx, uint64_t gpa, void *buf, size_t len)
{
	(void)ctx;
	(void)gpa;
	memset(buf, 0, len);
	return 0;
}

static int nowhere(void *ctx, uint64_t gpa, const void *buf, size_t len)
{
	(void)ctx;
	(void)gpa;
	(void)buf;
	(void)len;
	return 0;
}

static bool power_on(struct replay *r, const char *dut)
{
	static const struct mem_ops ops = { .read = zeros, .write = nowhere };
	struct mem_window win = {
		.size = 1ULL << 48, .prot = MEM_R | MEM_W, .fd = -1, .ops = &ops, .at_once = true
	};
	struct dev_sink sink = { .ctx = r };
	struct dev_config cfg = { .dut = dut,
				  .features = r->offered | 1ULL << VIRTIO_F_VERSION_1,
				  .dense = true };
	const char *why = "out of memory";

	r->mem = mem_new();
	if (r->mem && !mem_map(r->mem, &win))
		r->dev = dev_new(&cfg, r->mem, &sink, &why);
	if (!r->dev) {
		r->res->failed = true;
		snprintf(r->res->why, sizeof(r->res->why), "%s", why);
		return false;
	}
	dev_reset(r->dev);
	dev_run(r->dev);
	return true;
}

static struct dev_reg cfg_reg(unsigned off, unsigned size)
{
	return (struct dev_reg){ BUS_CFG, 0, (uint8_t)size, off };
}

/* As a driver sets the function up, before it touches a register. */
static void set_up_function(struct replay *r)
{
	uint8_t cfg[PCICAPS_BYTES];

	for (unsigned at = 0; at < sizeof(cfg); at += 4) {
		uint32_t val = 0;

		dev_read(r->dev, cfg_reg(at, 4), &val);
		memcpy(cfg + at, &val, 4);
	}
	pcicaps_parse(cfg, &r->ours);
	dev_write(r->dev, cfg_reg(PCI_COMMAND, 2), PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	dev_run(r->dev);
}

/* --- one access ---------------------------------------------------------------------------------
 */

struct target {
	struct dev_reg reg;
	unsigned window; /* of the register, */
	uint32_t offset; /* and where in it */
	bool table;      /* it is MSI-X's table */
};

static bool in_table(const struct replay *r, const struct bus_rec *rec, struct target *t)
{
	const struct pcicaps *a = &r->theirs, *b = &r->ours;

	if (!a->msix || !b->msix || rec->index != a->table_bar ||
	    rec->addr - a->table >= 16ULL * a->vectors ||
	    rec->addr - a->table >= 16ULL * b->vectors)
		return false;
	t->table = true;
	t->reg = (struct dev_reg){ BUS_BAR, b->table_bar, rec->size,
				   b->table + (uint32_t)(rec->addr - a->table) };
	return true;
}

/* Where the RTL has the register that was accessed. False: it is none of virtio's. */
static bool find(const struct replay *r, const struct bus_rec *rec, struct target *t)
{
	const struct pcicaps_window *win;

	*t = (struct target){ .window = 0, .offset = (uint32_t)rec->addr };
	if (rec->space == BUS_MMIO) {
		t->reg = (struct dev_reg){ BUS_MMIO, 0, rec->size, (uint32_t)rec->addr };
		if (rec->addr >= VIRTIO_MMIO_CONFIG) {
			t->window = VIRTIO_PCI_CAP_DEVICE_CFG;
			t->offset -= VIRTIO_MMIO_CONFIG;
		}
		return true;
	}
	if (in_table(r, rec, t))
		return true;
	if (!observer_window(r->observer, rec->index, rec->addr, &t->window, &t->offset))
		return false;
	win = &r->ours.window[t->window];
	if (t->window == VIRTIO_PCI_CAP_NOTIFY_CFG && r->notified < QUEUES)
		t->offset = r->notify_off[r->notified] * r->ours.multiplier;
	t->reg = (struct dev_reg){ BUS_BAR, win->bar, rec->size, win->offset + t->offset };
	return t->offset < win->length;
}

static bool is(const struct target *t, const char *pci, const char *mmio)
{
	const struct regmap *reg = t->table ? NULL : regmap_find(t->window, t->offset);

	return reg && (!strcmp(reg->name, pci) || !strcmp(reg->name, mmio));
}

/* What must be known of what the driver writes. The value that the RTL gets. */
static uint32_t prepare(struct replay *r, const struct target *t, uint32_t val)
{
	if (is(t, "driver_feature_select", "DriverFeaturesSel"))
		r->feature_select = val;
	if (is(t, "queue_select", "QueueSel"))
		r->select = val;
	if (is(t, "queue_size", "QueueSize") && r->select < QUEUES)
		r->sized[r->select] = true;
	if (is(t, "device_status", "Status") && !val)
		memset(r->sized, 0, sizeof(r->sized));
	if (t->table && !r->msix) { /* nobody saw the bit being set */
		r->msix = true;
		dev_write(r->dev, cfg_reg(r->ours.msix + PCI_MSIX_FLAGS, 2), PCI_MSIX_FLAGS_ENABLE);
		dev_run(r->dev);
	}
	return val;
}

static void do_write(struct replay *r, const struct bus_rec *rec, const struct target *t)
{
	uint32_t val = prepare(r, t, (uint32_t)rec->data);

	dev_write(r->dev, t->reg, val);
	dev_run(r->dev);
}

/* The host's word is in no such source: what came of it is. */
static void follow_host(struct replay *r, const struct bus_rec *rec, const struct target *t)
{
	if (r->balloon && is(t, "num_pages", "num_pages") && rec->size == 4) {
		if (dev_target(r->dev) != (uint32_t)rec->data)
			dev_set_target(r->dev, (uint32_t)rec->data);
		dev_run(r->dev);
	}
}

static void compare(struct replay *r, size_t at, const struct target *t, uint32_t got)
{
	struct replay_regs_result *res = r->res;
	uint32_t was = (uint32_t)r->log->rec[at].data;
	bool sized = r->select < QUEUES && r->sized[r->select];
	enum freedom_id freedom = t->table ? FREE_COUNT : freedom_of(t->window, t->offset, sized);

	res->compared++;
	if (got == was)
		return;
	if (is(t, "queue_msix_vector", "") && got == VIRTIO_MSI_NO_VECTOR)
		freedom = FREE_VECTOR;
	if (freedom != FREE_COUNT) {
		res->freedom[freedom]++;
		return;
	}
	if (!res->differences++) {
		res->diverged = true;
		res->at = at;
		res->recorded = was;
		res->replayed = got;
		if (t->table)
			snprintf(res->name, sizeof(res->name), "MSI-X table +0x%" PRIx64,
				 r->log->rec[at].addr - r->theirs.table);
		else
			regmap_str(t->window, t->offset, res->name);
	}
}

static void do_read(struct replay *r, size_t at, const struct target *t)
{
	const struct bus_rec *rec = &r->log->rec[at];
	uint32_t got = 0;
	int err;

	follow_host(r, rec, t);
	err = dev_read(r->dev, t->reg, &got);
	dev_run(r->dev);
	if (err == -EINVAL) {
		r->res->skipped++;
		return;
	}
	if (is(t, "queue_notify_off", "") && r->select < QUEUES)
		r->notify_off[r->select] = got;
	compare(r, at, t, got);
}

static void access_again(struct replay *r, size_t at)
{
	const struct bus_rec *rec = &r->log->rec[at];
	struct target t;

	r->notified = QUEUES;
	observer_rec(r->observer, rec);
	observer_flush(r->observer);
	if (rec->space != BUS_BAR && rec->space != BUS_MMIO)
		return;
	if (!find(r, rec, &t)) {
		r->res->skipped++;
		return;
	}
	r->res->accesses++;
	if (rec->op == BUS_WRITE)
		do_write(r, rec, &t);
	else
		do_read(r, at, &t);
}

/* --- all of it ----------------------------------------------------------------------------------
 */

bool replay_regs_is(const json_t *header)
{
	return json_object_get(json_object_get(header, "registers"), "from") != NULL;
}

static void play(struct replay *r, const json_t *header)
{
	const char *dut = json_string_value(json_object_get(header, "dut"));
	const json_t *regs = json_object_get(header, "registers");

	if (!dut || !*dut) {
		r->res->failed = true;
		snprintf(r->res->why, sizeof(r->res->why),
			 "no built-in device is of its type and transport");
		return;
	}
	r->balloon = json_integer_value(json_object_get(regs, "device")) == 5;
	for (unsigned q = 0; q < QUEUES; q++)
		r->notify_off[q] = q;
	if (!look_ahead(r)) {
		r->res->failed = true;
		snprintf(r->res->why, sizeof(r->res->why), "out of memory");
		return;
	}
	if (!power_on(r, dut))
		return;
	if (!dev_reg_check(r->dev, cfg_reg(0, 4)))
		set_up_function(r);
	for (size_t i = 0; i < r->log->n; i++)
		if (r->log->rec[i].space != BUS_CUE)
			access_again(r, i);
	if (!r->res->accesses) {
		r->res->failed = true;
		snprintf(r->res->why, sizeof(r->res->why),
			 "no access to a register of virtio is in it");
	}
}

void replay_regs_run(const struct trace_log *log, struct replay_regs_result *res)
{
	struct replay r = { .log = log, .res = res };
	json_t *header = json_loads(log->header, 0, NULL);

	memset(res, 0, sizeof(*res));
	play(&r, header);
	dev_free(r.dev);
	mem_free(r.mem);
	observer_free(r.observer);
	json_decref(header);
}

void replay_regs_tell(const struct trace_log *log, const struct replay_regs_result *res, FILE *to)
{
	fprintf(to,
		"  registers only: of %" PRIu64 " accesses %" PRIu64 " were reads, and compared\n",
		res->accesses, res->compared);
	for (unsigned i = 0; i < FREE_COUNT; i++)
		if (res->freedom[i])
			fprintf(to, "  differs as it may: %s, %" PRIu64 " times (%s: %s)\n",
				freedom_at(i)->name, res->freedom[i], freedom_at(i)->clause,
				freedom_at(i)->what);
	fprintf(to,
		"  NOT OBSERVABLE: rings, buffers, interrupts, pages: no memory was recorded\n");
	if (res->diverged)
		fprintf(to,
			"  record %zu, cycle %" PRIu64
			": %s: recorded 0x%x, replayed 0x%x; %" PRIu64 " such differences\n",
			res->at, log->rec[res->at].cycle, res->name, res->recorded, res->replayed,
			res->differences);
}
