/* SPDX-License-Identifier: MIT */
/* struct dev over the Verilated balloon: accesses, time, budget, order, independence. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/pci_regs.h>
#include <linux/virtio_balloon.h>
#include <linux/virtio_pci.h>

#include "sim/dev.h"
#include "sim/driver.h"
#include "sim/mem.h"
#include "sim/port_io.h"

#define RAM   (4u << 20)
#define POOL  0x100000
#define PAGES 0x200

struct bench {
	struct mem *mem;
	struct dev *dev;
	struct port port;
	uint8_t *ram;
	struct bus_rec *rec;
	unsigned nrec, cap;
	unsigned pages, unsettled, told_unsettled;
	bool early;      /* reads end when their answer shows */
	unsigned opened; /* cycles that did not end with them */
	uint64_t open;   /* the last of these */
};

static void take(void *ctx, const struct bus_rec *rec)
{
	struct bench *b = ctx;

	if (b->nrec == b->cap) {
		b->cap = b->cap ? 2 * b->cap : 1024;
		b->rec = realloc(b->rec, b->cap * sizeof(*b->rec));
		assert_non_null(b->rec);
	}
	b->rec[b->nrec++] = *rec;
	if (b->opened && rec->cycle == b->open)
		assert_true(rec->space == BUS_CFG || rec->space == BUS_BAR);
	if (rec->space == BUS_DMA && rec->op == BUS_WRITE && b->unsettled)
		b->told_unsettled++;
}

static void page(void *ctx, enum dev_page dir, uint32_t pfn)
{
	struct bench *b = ctx;

	(void)dir;
	(void)pfn;
	b->pages++;
	b->unsettled++;
}

static void settle(void *ctx)
{
	struct bench *b = ctx;

	b->unsettled = 0;
}

static struct bench *bench_new(uint64_t budget)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct dev_config cfg = { .features = DEV_FEATURES_ALL, .cycle_budget = budget };
	struct dev_sink sink = { .ctx = b, .rec = take, .page = page, .settle = settle };
	struct mem_window win = { .size = RAM, .prot = MEM_R | MEM_W, .fd = -1 };
	const char *err;

	b->ram = calloc(1, RAM);
	win.host = b->ram;
	b->mem = mem_new();
	assert_int_equal(mem_map(b->mem, &win), 0);
	b->dev = dev_new(&cfg, b->mem, &sink, &err);
	assert_non_null(b->dev);
	return b;
}

static void bench_free(struct bench *b)
{
	dev_free(b->dev);
	mem_free(b->mem);
	free(b->ram);
	free(b->rec);
	free(b);
}

static int port_read(void *ctx, struct dev_reg reg, uint32_t *val)
{
	struct bench *b = ctx;
	unsigned before = b->nrec;

	if (!b->early) {
		assert_int_equal(dev_read(b->dev, reg, val), 0);
		return 0;
	}
	assert_int_equal(dev_read_early(b->dev, reg, val), 0);
	if (b->nrec == before) {
		b->open = dev_cycle(b->dev) - 1;
		b->opened++;
	}
	return 0;
}

static int port_write(void *ctx, struct dev_reg reg, uint32_t val)
{
	assert_int_equal(dev_write(((struct bench *)ctx)->dev, reg, val), 0);
	return 0;
}

static int port_run(void *ctx)
{
	assert_int_equal(dev_run(((struct bench *)ctx)->dev), 0);
	return 0;
}

static void port_step(void *ctx, uint64_t n)
{
	(void)n;
	dev_step(((struct bench *)ctx)->dev, 1);
}

/* Over the bench's own port, which the bench keeps. */
static struct driver_io io_of(struct bench *b)
{
	struct driver_io io = port_io(&b->port, false);

	b->port = (struct port){
		.ctx = b, .read = port_read, .write = port_write, .run = port_run, .step = port_step
	};
	io.pool = b->ram + POOL;
	io.pool_gpa = POOL;
	io.pool_size = DRIVER_POOL;
	io.first_pfn = 0x200;
	io.npfns = PAGES;
	return io;
}

static void a_whole_life(struct bench *b)
{
	struct driver_io io = io_of(b);
	struct driver drv;

	dev_set_target(b->dev, PAGES);
	if (driver_play(&drv, &io, driver_scenario("life")))
		fail_msg("%s", drv.error);
}

static void bad_accesses_are_refused(void **state)
{
	struct bench *b = bench_new(0);
	unsigned before = b->nrec;
	uint32_t val = 0;

	(void)state;
	assert_int_equal(dev_read(b->dev, (struct dev_reg){ BUS_CFG, 0, 3, 0 }, &val), -EINVAL);
	assert_int_equal(val, UINT32_MAX);
	assert_int_equal(dev_read(b->dev, (struct dev_reg){ BUS_CFG, 0, 4, 2 }, &val), -EINVAL);
	assert_int_equal(dev_read(b->dev, (struct dev_reg){ BUS_CFG, 0, 8, 0 }, &val), -EINVAL);
	assert_int_equal(dev_read(b->dev, (struct dev_reg){ BUS_DMA, 0, 4, 0 }, &val), -EINVAL);
	assert_int_equal(dev_write(b->dev, (struct dev_reg){ BUS_BAR, 6, 4, 0 }, 0), -EINVAL);
	assert_int_equal(b->nrec, before);
	bench_free(b);
}

/* A budget that no access can meet: all ones, a HANG record, and the next one goes on. */
static void an_empty_budget_is_a_hang(void **state)
{
	struct bench *b = bench_new(1);
	struct dev_reg id = { BUS_CFG, 0, 2, 0 };
	unsigned tries = 0;
	uint32_t val;
	int err;

	(void)state;
	assert_int_equal(dev_read(b->dev, id, &val), -ETIMEDOUT);
	assert_int_equal(val, 0xffff);
	assert_int_equal(b->rec[b->nrec - 1].resp, BUS_HANG);
	assert_int_equal(b->rec[b->nrec - 1].addr, 0);
	assert_int_equal(b->rec[b->nrec - 1].size, 2);
	do
		err = dev_read(b->dev, id, &val);
	while (err == -ETIMEDOUT && ++tries < 100);
	/* The transfer that hung ends in some later cycle; the object survives all of it. */
	dev_reset(b->dev);
	assert_int_equal(dev_read(b->dev, id, &val), -ETIMEDOUT);
	bench_free(b);
}

/* What the device does because of a write is recorded after the write. */
static void effects_follow_their_cause(void **state)
{
	struct bench *b = bench_new(0);
	bool notified = false;

	(void)state;
	a_whole_life(b);
	for (unsigned i = 0; i < b->nrec; i++) {
		const struct bus_rec *rec = &b->rec[i];

		if (i)
			assert_true(rec->cycle >= rec[-1].cycle);
		if (rec->space == BUS_BAR && rec->op == BUS_WRITE &&
		    rec->addr == VIRTIO_PCI_COMMON_STATUS)
			notified = rec->data & 4;
		if (rec->space == BUS_DMA && !notified)
			fail_msg("DMA at cycle %lu before DRIVER_OK", (unsigned long)rec->cycle);
	}
	assert_true(b->pages);
	bench_free(b);
}

static void pages_settle_before_the_driver_knows(void **state)
{
	struct bench *b = bench_new(0);

	(void)state;
	a_whole_life(b);
	assert_int_equal(b->pages, 2 * PAGES);
	assert_int_equal(b->told_unsettled, 0);
	assert_int_equal(b->unsettled, 0);
	bench_free(b);
}

/* The same accesses give the same records, whatever else runs in the process. */
static void devices_are_deterministic_and_apart(void **state)
{
	struct bench *a = bench_new(0), *b = bench_new(0), *c = bench_new(0);

	(void)state;
	a_whole_life(a);
	dev_step(c->dev, 1000);
	a_whole_life(b);
	assert_int_equal(a->nrec, b->nrec);
	assert_memory_equal(a->rec, b->rec, a->nrec * sizeof(*a->rec));
	bench_free(a);
	bench_free(b);
	bench_free(c);
}

/*
 * Whenever a read's answer is taken, what the bus shows is the same. What else the device has to
 * show in that cycle, an interrupt that the read takes back say, comes before the answer.
 */
static void early_answers_change_nothing(void **state)
{
	struct bench *a = bench_new(0), *b = bench_new(0);

	(void)state;
	b->early = true;
	a_whole_life(a);
	a_whole_life(b);
	assert_int_equal(a->nrec, b->nrec);
	assert_memory_equal(a->rec, b->rec, a->nrec * sizeof(*a->rec));
	assert_true(dev_cycle(a->dev) == dev_cycle(b->dev));
	assert_true(b->opened > 20);
	bench_free(a);
	bench_free(b);
}

static const struct dev_reg vendor = { .space = BUS_CFG, .size = 2, .addr = PCI_VENDOR_ID };

static void go_run(struct dev *dev)
{
	assert_int_equal(dev_run(dev), 0);
}

static void go_step(struct dev *dev)
{
	dev_step(dev, 0);
}

static void go_read(struct dev *dev)
{
	uint32_t val;

	assert_int_equal(dev_read_early(dev, vendor, &val), 0);
}

static void go_peek(struct dev *dev)
{
	uint32_t val;

	assert_int_equal(dev_peek(dev, vendor, &val), 0);
}

static void go_write(struct dev *dev)
{
	assert_int_equal(dev_write(dev, vendor, 0), 0);
}

static void go_hold(struct dev *dev)
{
	dev_hold(dev, 0);
}

static void go_clock(struct dev *dev)
{
	dev_clock(dev, false);
}

static void go_target(struct dev *dev)
{
	dev_set_target(dev, 1);
}

static void go_hint(struct dev *dev)
{
	dev_set_hint(dev, VIRTIO_BALLOON_CMD_ID_STOP);
}

static void go_actual(struct dev *dev)
{
	dev_actual(dev);
}

static void go_hint_sent(struct dev *dev)
{
	dev_hint_sent(dev);
}

static void go_poison(struct dev *dev)
{
	dev_poison(dev);
}

static void go_watch(struct dev *dev)
{
	dev_watch(dev, NULL, NULL);
}

/* The rest of the cycle comes with whatever is next, before it, and is told as it was. */
static void open_cycles_end_with_the_next_call(void **state)
{
	static void (*const go[])(struct dev *) = {
		go_run,       go_step,   go_read,   go_peek,        go_write, dev_reset,
		go_hold,      go_clock,  go_target, dev_poll_stats, go_hint,  go_actual,
		go_hint_sent, go_poison, go_watch,  dev_catch_up,
	};
	uint64_t at;
	unsigned n;

	(void)state;
	for (unsigned i = 0; i < sizeof(go) / sizeof(go[0]); i++) {
		struct bench *b = bench_new(0);
		uint32_t val;

		n = b->nrec;
		assert_int_equal(dev_read_early(b->dev, vendor, &val), 0);
		at = dev_cycle(b->dev);
		assert_int_equal(val, 0x1af4);
		assert_int_equal(b->nrec, n);
		go[i](b->dev);
		assert_true(b->nrec > n);
		assert_true(b->rec[n].space == BUS_CFG && b->rec[n].op == BUS_READ);
		assert_true(b->rec[n].cycle == at - 1 && b->rec[n].data == 0x1af4);
		bench_free(b);
	}
}

static void quiet_devices_cost_no_time(void **state)
{
	struct bench *b = bench_new(0);
	uint64_t before;

	(void)state;
	assert_int_equal(dev_run(b->dev), 0);
	before = dev_cycle(b->dev);
	assert_int_equal(dev_run(b->dev), 0);
	assert_true(dev_cycle(b->dev) == before);
	bench_free(b);
}

static void unknown_duts_are_named(void **state)
{
	struct dev_config cfg = { .dut = "toaster" };
	const char *err = NULL;

	(void)state;
	assert_null(dev_new(&cfg, NULL, NULL, &err));
	assert_non_null(err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_accesses_are_refused),
		cmocka_unit_test(an_empty_budget_is_a_hang),
		cmocka_unit_test(effects_follow_their_cause),
		cmocka_unit_test(pages_settle_before_the_driver_knows),
		cmocka_unit_test(devices_are_deterministic_and_apart),
		cmocka_unit_test(early_answers_change_nothing),
		cmocka_unit_test(open_cycles_end_with_the_next_call),
		cmocka_unit_test(quiet_devices_cost_no_time),
		cmocka_unit_test(unknown_duts_are_named),
	};

	return cmocka_run_group_tests_name("dev", tests, NULL, NULL);
}
