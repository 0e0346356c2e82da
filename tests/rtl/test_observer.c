/* SPDX-License-Identifier: MIT */
/*
 * The observer on the real device: what the C driver does and what the Verilated balloon
 * does with it, event by event. What the driver and the memory know is the oracle.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/virtio_pci.h>

#include "sim/dev.h"
#include "sim/driver.h"
#include "sim/lifecycle.h"
#include "sim/mem.h"
#include "sim/observer.h"
#include "sim/port_io.h"

#define RAM       (64U << 20)
#define POOL      0x100000U
#define FIRST_PFN 0x1000U
#define TARGET    1000U                  /* pages */
#define BUFFERS   ((TARGET + 255) / 256) /* up to 256 PFNs each */

struct log {
	struct event *ev;
	uint64_t *cycle;
	unsigned n, cap;
	uint64_t instants, last_cycle;
};

struct rig {
	struct mem *mem;
	struct dev *dev;
	uint8_t *ram;
	struct observer *obs;
	struct lifecycle *life;
	struct log log;
	struct bus_rec *rec; /* as a trace would hold them */
	unsigned nrec, cap;
	unsigned snoops;
	char story[4096];
};

static void log_instant(struct log *log, uint64_t cycle, const struct event *ev, unsigned n)
{
	assert_true(!log->instants || cycle > log->last_cycle);
	log->last_cycle = cycle;
	log->instants++;
	if (log->n + n > log->cap) {
		log->cap = 2 * (log->n + n);
		log->ev = realloc(log->ev, log->cap * sizeof(*log->ev));
		log->cycle = realloc(log->cycle, log->cap * sizeof(*log->cycle));
		assert_true(log->ev && log->cycle);
	}
	for (unsigned i = 0; i < n; i++) {
		log->cycle[log->n] = cycle;
		log->ev[log->n++] = ev[i];
	}
}

static void on_instant(void *ctx, uint64_t cycle, const struct event *ev, unsigned n)
{
	struct rig *rig = ctx;

	log_instant(&rig->log, cycle, ev, n);
	lifecycle_instant(rig->life, cycle, ev, n);
}

static void on_step(void *ctx, uint64_t cycle, const char *text)
{
	struct rig *rig = ctx;
	size_t len = strlen(rig->story);

	(void)cycle;
	snprintf(rig->story + len, sizeof(rig->story) - len, "%s%s", len ? "\n" : "", text);
}

static int on_read(void *ctx, uint64_t gpa, void *buf, size_t len)
{
	struct rig *rig = ctx;

	return mem_read(rig->mem, gpa, buf, len);
}

static void keep(struct rig *rig, const struct bus_rec *rec)
{
	if (rig->nrec == rig->cap) {
		rig->cap = rig->cap ? 2 * rig->cap : 4096;
		rig->rec = realloc(rig->rec, rig->cap * sizeof(*rig->rec));
		assert_non_null(rig->rec);
	}
	rig->rec[rig->nrec++] = *rec;
}

static void on_snoop(void *ctx, const struct bus_rec *rec)
{
	struct rig *rig = ctx;

	rig->snoops++;
	keep(rig, rec);
}

static void on_rec(void *ctx, const struct bus_rec *rec)
{
	struct rig *rig = ctx;

	keep(rig, rec);
	observer_rec(rig->obs, rec);
}

static void on_pause(void *ctx)
{
	struct rig *rig = ctx;

	observer_flush(rig->obs);
}

static int setup(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	struct observer_sink bus = {
		.ctx = rig, .instant = on_instant, .read = on_read, .snoop = on_snoop
	};
	struct dev_sink sink = { .ctx = rig, .rec = on_rec, .pause = on_pause };
	struct dev_config cfg = { .features = DEV_FEATURES_ALL };
	struct mem_window win = { .size = RAM, .prot = MEM_R | MEM_W, .fd = -1 };
	const char *err;

	rig->ram = calloc(1, RAM);
	win.host = rig->ram;
	rig->mem = mem_new();
	assert_int_equal(mem_map(rig->mem, &win), 0);
	rig->life = lifecycle_new(on_step, rig);
	rig->obs = observer_new(&bus);
	rig->dev = dev_new(&cfg, rig->mem, &sink, &err);
	assert_true(rig->life && rig->obs && rig->dev);
	*state = rig;
	return 0;
}

static int teardown(void **state)
{
	struct rig *rig = *state;

	dev_free(rig->dev);
	observer_free(rig->obs);
	lifecycle_free(rig->life);
	mem_free(rig->mem);
	free(rig->ram);
	free(rig->rec);
	free(rig->log.ev);
	free(rig->log.cycle);
	free(rig);
	return 0;
}

/* --- the driver's way to the device ------------------------------------------------------- */

static int port_read(void *ctx, struct dev_reg reg, uint32_t *val)
{
	return dev_read(((struct rig *)ctx)->dev, reg, val);
}

static int port_write(void *ctx, struct dev_reg reg, uint32_t val)
{
	return dev_write(((struct rig *)ctx)->dev, reg, val);
}

static int port_run(void *ctx)
{
	assert_int_equal(dev_run(((struct rig *)ctx)->dev), 0);
	return 0;
}

static void port_step(void *ctx, uint64_t n)
{
	dev_step(((struct rig *)ctx)->dev, n);
}

static void play(struct rig *rig, const char *name, struct driver *drv)
{
	struct port port = { .ctx = rig,
			     .read = port_read,
			     .write = port_write,
			     .run = port_run,
			     .step = port_step };
	struct driver_io io = port_io(&port, false);

	io.pool = rig->ram + POOL;
	io.pool_gpa = POOL;
	io.pool_size = DRIVER_POOL;
	io.first_pfn = FIRST_PFN;
	io.npfns = (RAM >> 12) - FIRST_PFN;
	dev_set_target(rig->dev, TARGET);
	assert_int_equal(driver_play(drv, &io, driver_scenario(name)), 0);
	observer_flush(rig->obs);
	drv->io = NULL;
}

static unsigned count(const struct rig *rig, unsigned id)
{
	unsigned n = 0;

	for (unsigned i = 0; i < rig->log.n; i++)
		n += rig->log.ev[i].id == id;
	return n;
}

/* --- what must come out ----------------------------------------------------------------------- */

static void everything_has_a_name(void **state)
{
	struct rig *rig = *state;
	const struct observer_stats *stats = observer_stats(rig->obs);
	struct driver drv;

	play(rig, "life", &drv);
	assert_int_equal(count(rig, EV_DMA_OTHER), 0);
	assert_int_equal(count(rig, EV_DMA_ERROR), 0);
	assert_int_equal(count(rig, EV_ACCESS_ERROR), 0);
	assert_int_equal(stats->unclaimed, 0);
	assert_int_equal(stats->malformed, 0);
	assert_int_equal(stats->untracked, 0);
	assert_int_equal(stats->records, rig->nrec);
	assert_int_equal(stats->instants, rig->log.instants);
	assert_int_equal(stats->events, rig->log.n);
}

static const struct event *first(const struct rig *rig, unsigned id, uint64_t arg)
{
	for (unsigned i = 0; i < rig->log.n; i++)
		if (rig->log.ev[i].id == id && rig->log.ev[i].arg[0] == arg)
			return &rig->log.ev[i];
	fail_msg("no %s(%u)", event_name(id), (unsigned)arg);
	return NULL;
}

static const struct event *last(const struct rig *rig, unsigned id, uint64_t arg)
{
	for (unsigned i = rig->log.n; i--;)
		if (rig->log.ev[i].id == id && rig->log.ev[i].arg[0] == arg)
			return &rig->log.ev[i];
	fail_msg("no %s(%u)", event_name(id), (unsigned)arg);
	return NULL;
}

/* The driver gives pages from first_pfn up, and takes all of them back. */
static void pages_are_those_of_the_driver(void **state)
{
	struct rig *rig = *state;
	bool in[TARGET] = { false }, out[TARGET] = { false };
	uint64_t bytes = 0;
	struct driver drv;

	play(rig, "life", &drv);
	for (unsigned i = 0; i < rig->log.n; i++) {
		const struct event *ev = &rig->log.ev[i];
		uint64_t pfn = ev->arg[0] - FIRST_PFN;

		if (ev->id == EV_PAGE_INFLATE || ev->id == EV_PAGE_DEFLATE) {
			bool *seen = ev->id == EV_PAGE_INFLATE ? in : out;

			assert_true(pfn < TARGET && !seen[pfn]);
			seen[pfn] = true;
		} else if (ev->id == EV_PAYLOAD_READ) {
			bytes += ev->arg[2];
		}
	}
	assert_int_equal(count(rig, EV_PAGE_INFLATE), TARGET);
	assert_int_equal(count(rig, EV_PAGE_DEFLATE), TARGET);
	assert_int_equal(count(rig, EV_PAYLOAD_WRITE), 0);
	assert_int_equal(bytes, 2 * TARGET * sizeof(uint32_t)); /* each array once */
}

/* Each used element names a head that became available, and whose descriptor was fetched. */
static void used_elements_follow_their_chains(void **state)
{
	struct rig *rig = *state;
	bool fetched[2][256] = { { false } };
	unsigned used[2] = { 0, 0 }, avail[2] = { 0, 0 };
	struct driver drv;

	play(rig, "life", &drv);
	for (unsigned i = 0; i < rig->log.n; i++) {
		const struct event *ev = &rig->log.ev[i];
		uint64_t q = ev->arg[0];

		if (ev->id == EV_CHAIN_AVAILABLE) {
			assert_true(q < 2);
			assert_int_equal(ev->arg[1], avail[q]++);
		} else if (ev->id == EV_DESC_READ) {
			assert_true(q < 2 && ev->arg[1] < 256 && avail[q] == used[q] + 1);
			assert_int_equal(ev->arg[2], drv.queue[q].pfns_gpa);
			fetched[q][ev->arg[1]] = true;
		} else if (ev->id == EV_USED_ENTRY_WRITE) {
			assert_true(q < 2 && ev->arg[2] < 256 && fetched[q][ev->arg[2]]);
			assert_int_equal(ev->arg[1], used[q] % drv.queue[q].size);
			fetched[q][ev->arg[2]] = false;
			used[q]++;
		} else if (ev->id == EV_USED_IDX_WRITE) {
			assert_int_equal(ev->arg[1], used[q]);
		}
	}
	for (unsigned q = 0; q < 2; q++) {
		assert_int_equal(used[q], BUFFERS);
		assert_int_equal(avail[q], BUFFERS);
		assert_int_equal(last(rig, EV_AVAIL_IDX_SNOOP, q)->arg[1], BUFFERS);
		assert_int_equal(last(rig, EV_USED_IDX_WRITE, q)->arg[1], BUFFERS);
	}
}

static void registers_are_as_the_driver_wrote_them(void **state)
{
	struct rig *rig = *state;
	struct driver drv;

	play(rig, "life", &drv);
	for (unsigned q = 0; q < 2; q++) {
		const uint64_t want[] = { drv.queue[q].desc_gpa, drv.queue[q].avail_gpa,
					  drv.queue[q].used_gpa };
		uint64_t got[3] = { 0 };

		for (unsigned i = 0; i < rig->log.n; i++) {
			const struct event *ev = &rig->log.ev[i];

			if (ev->id == EV_QUEUE_ADDR_WRITE && ev->arg[0] == q)
				got[ev->arg[1] / 2] |= ev->arg[2] << (ev->arg[1] % 2 * 32);
		}
		assert_memory_equal(got, want, sizeof(want));
		assert_int_equal(last(rig, EV_QUEUE_SIZE_WRITE, q)->arg[1], drv.queue[q].size);
		assert_int_equal(first(rig, EV_NOTIFY, q)->arg[1], drv.queue[q].notify_data);
	}
	assert_int_equal(last(rig, EV_DEVICE_FEATURE_READ, 1)->arg[1], drv.offered >> 32);
	assert_int_equal(last(rig, EV_DRIVER_FEATURE_WRITE, 1)->arg[1], drv.accepted >> 32);
	assert_int_equal(last(rig, EV_CONFIG_WRITE, 4)->arg[2], 0); /* actual, at the end */
}

static void the_story_is_that_of_the_driver(void **state)
{
	struct rig *rig = *state;
	struct driver drv;
	char want[1000];

	play(rig, "life", &drv);
	snprintf(want, sizeof(want),
		 "bus reset\nreset\nACKNOWLEDGE\nDRIVER\n"
		 "features 0x%llx offered, 0x%llx accepted\n"
		 "FEATURES_OK\nFEATURES_OK read back: accepted\n"
		 "queue 0: %u entries, enabled\nqueue 1: %u entries, enabled\nDRIVER_OK\n"
		 "first notification of queue 0\nfirst interrupt, INTx\n"
		 "first notification of queue 1\nreset",
		 (unsigned long long)drv.offered, (unsigned long long)drv.accepted,
		 drv.queue[0].size, drv.queue[1].size);
	assert_string_equal(rig->story, want);
}

/* When the device pauses there is nothing left to tell: an idle guest hides no event. */
static void nothing_waits_for_the_next_access(void **state)
{
	struct rig *rig = *state;
	const struct observer_stats *stats = observer_stats(rig->obs);

	assert_int_equal(dev_run(rig->dev), 0);
	assert_int_equal(stats->instants, 1); /* the reset */
	for (unsigned i = 0; i < 3; i++) {
		uint64_t before = stats->instants;
		uint32_t val;

		dev_read(rig->dev, (struct dev_reg){ BUS_CFG, 0, 4, 0 }, &val);
		assert_int_equal(dev_run(rig->dev), 0);
		assert_int_equal(stats->instants, before + 1);
		assert_int_equal(rig->log.ev[rig->log.n - 1].id, EV_PCI_CFG_READ);
	}
	dev_set_target(rig->dev, 5);
	assert_int_equal(dev_run(rig->dev), 0);
	assert_int_equal(rig->log.ev[rig->log.n - 1].id, EV_TARGET_WRITE);
}

static void on_replayed(void *ctx, uint64_t cycle, const struct event *ev, unsigned n)
{
	log_instant(ctx, cycle, ev, n);
}

/* What was recorded, snoops included, says the same to an observer without memory. */
static void a_replay_is_the_same(void **state)
{
	struct rig *rig = *state;
	struct log log = { 0 };
	struct observer_sink sink = { .ctx = &log, .instant = on_replayed };
	struct observer *obs = observer_new(&sink);
	struct driver drv;

	play(rig, "life", &drv);
	assert_true(rig->snoops > 0);
	for (unsigned i = 0; i < rig->nrec; i++)
		observer_rec(obs, &rig->rec[i]);
	observer_flush(obs);
	assert_int_equal(log.n, rig->log.n);
	assert_int_equal(log.instants, rig->log.instants);
	assert_memory_equal(log.ev, rig->log.ev, log.n * sizeof(*log.ev));
	assert_memory_equal(log.cycle, rig->log.cycle, log.n * sizeof(*log.cycle));
	observer_free(obs);
	free(log.ev);
	free(log.cycle);
}

/* Whatever the driver plays, the observer knows the places: only memory may refuse. */
static void no_scenario_confuses(void **state)
{
	const struct driver_scenario *sc;

	(void)state;
	for (unsigned i = 0; (sc = driver_scenario_at(i)); i++) {
		struct driver drv;
		struct rig *rig;
		void *fresh;

		setup(&fresh);
		rig = fresh;
		play(rig, sc->name, &drv);
		/* The MSI-X table is in no virtio window. */
		if (!strstr(sc->name, "msix") && strcmp(sc->name, "access-outside"))
			assert_int_equal(observer_stats(rig->obs)->unclaimed, 0);
		assert_int_equal(observer_stats(rig->obs)->malformed, 0);
		/* A ring that nobody has said the place of has no name either. */
		if (count(rig, EV_DMA_OTHER) && strcmp(sc->name, "queue-reset-bare"))
			fail_msg("%s: %u beats without a name", sc->name, count(rig, EV_DMA_OTHER));
		if (count(rig, EV_DMA_ERROR) && !strstr(sc->name, "outside"))
			fail_msg("%s: unexpected DMA errors", sc->name);
		teardown(&fresh);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(everything_has_a_name),
		T(pages_are_those_of_the_driver),
		T(used_elements_follow_their_chains),
		T(registers_are_as_the_driver_wrote_them),
		T(the_story_is_that_of_the_driver),
		T(nothing_waits_for_the_next_access),
		T(a_replay_is_the_same),
		cmocka_unit_test(no_scenario_confuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
