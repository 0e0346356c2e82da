/* SPDX-License-Identifier: MIT */
/*
 * What the testbench costs, against a bare loop around the same Verilated class in the same
 * binary (tests/bench/bare.cpp):
 *
 *   dev_idle       cycles a second through struct dev, nothing to do
 *   dev_busy       the same while the driver inflates and deflates without a pause
 *   dev_transfers  register accesses a second, those of a whole life of the driver, one
 *                  after the other, with the observer and the monitor on
 *
 * Both sides have to show the same in as many cycles. usage: bench_dev OUT.json [RUNS]
 */
#include <stdio.h>
#include <stdlib.h>

#include "sim/axil.h"
#include "sim/cmd_rig.h"
#include "sim/dev.h"
#include "sim/mem.h"
#include "tests/bench/bare.h"
#include "tests/lib/bench.h"
#include "tests/lib/session.h"

#define IDLE_CYCLES 1000000
#define TARGET      0x2000 /* pages */
#define ROUNDS      50     /* up to the target and down again */
#define LIVES       200

/* --- two ways to one device ----------------------------------------------------------------- */

struct side {
	struct dev *dev;   /* or */
	struct bare *bare; /* this */
	struct mem *mem;
	uint8_t *ram;
	struct driver drv;
	struct driver_io io;
	uint64_t pages;
};

static uint8_t user(struct dev_reg reg)
{
	return axil_user(reg.space, reg.bar, reg.size);
}

static uint32_t reg_read(struct side *s, struct dev_reg reg)
{
	uint32_t val;

	if (s->bare) {
		val = bare_read(s->bare, reg.addr, user(reg));
		bare_run(s->bare);
	} else if (dev_read(s->dev, reg, &val) || dev_run(s->dev)) {
		bench_die("a register read");
	}
	return val;
}

static void reg_write(struct side *s, struct dev_reg reg, uint32_t val)
{
	if (s->bare) {
		bare_write(s->bare, reg.addr, user(reg), val);
		bare_run(s->bare);
	} else if (dev_write(s->dev, reg, val) || dev_run(s->dev)) {
		bench_die("a register write");
	}
}

static uint32_t cfg_read(void *ctx, unsigned off, unsigned size)
{
	return reg_read(ctx, (struct dev_reg){ BUS_CFG, 0, (uint8_t)size, off });
}

static void cfg_write(void *ctx, unsigned off, unsigned size, uint32_t val)
{
	reg_write(ctx, (struct dev_reg){ BUS_CFG, 0, (uint8_t)size, off }, val);
}

static uint32_t bar_read(void *ctx, unsigned bar, uint32_t off, unsigned size)
{
	return reg_read(ctx, (struct dev_reg){ BUS_BAR, (uint8_t)bar, (uint8_t)size, off });
}

static void bar_write(void *ctx, unsigned bar, uint32_t off, unsigned size, uint32_t val)
{
	reg_write(ctx, (struct dev_reg){ BUS_BAR, (uint8_t)bar, (uint8_t)size, off }, val);
}

static void no_wait(void *ctx)
{
	(void)ctx;
	bench_die("a device that answers at once");
}

static void count_page(void *ctx, enum dev_page dir, uint32_t pfn)
{
	(void)dir;
	(void)pfn;
	((struct side *)ctx)->pages++;
}

static struct mem *make_ram(uint8_t **ram)
{
	struct mem *mem = mem_new();
	struct mem_window win = { .size = SESSION_RAM, .prot = MEM_R | MEM_W, .fd = -1 };

	*ram = win.host = calloc(1, SESSION_RAM);
	if (!mem || !*ram || mem_map(mem, &win))
		bench_die("guest memory");
	return mem;
}

/* A device with a driver that has come to DRIVER_OK. */
static struct side *side_new(bool bare)
{
	struct side *s = calloc(1, sizeof(*s));
	struct dev_config cfg = { .features = DEV_FEATURES_ALL };
	struct dev_sink sink = { .ctx = s, .page = count_page };
	const char *why;

	s->mem = make_ram(&s->ram);
	if (bare)
		s->bare = bare_new(s->ram, SESSION_RAM, DEV_FEATURES_ALL, 0);
	else
		s->dev = dev_new(&cfg, s->mem, &sink, &why);
	s->io = (struct driver_io){ .ctx = s,
				    .cfg_read = cfg_read,
				    .cfg_write = cfg_write,
				    .bar_read = bar_read,
				    .bar_write = bar_write,
				    .wait = no_wait,
				    .pool = s->ram + SESSION_POOL,
				    .pool_gpa = SESSION_POOL,
				    .pool_size = DRIVER_POOL,
				    .first_pfn = SESSION_FIRST_PFN,
				    .npfns = (SESSION_RAM >> 12) - SESSION_FIRST_PFN };
	if (driver_probe(&s->drv, &s->io, 0) || driver_start(&s->drv))
		bench_die(s->drv.error);
	return s;
}

static void side_free(struct side *s)
{
	if (s->bare)
		bare_free(s->bare);
	dev_free(s->dev);
	mem_free(s->mem);
	free(s->ram);
	free(s);
}

static uint64_t cycles(const struct side *s)
{
	return s->bare ? bare_cycle(s->bare) : dev_cycle(s->dev);
}

/* --- cycles a second ------------------------------------------------------------------------ */

struct measure {
	struct side *dev, *bare;
	struct dev_reg *reg; /* the accesses of a life */
	uint32_t *val;
	bool *write;
	size_t n;
	struct {
		uint32_t sum;    /* of what was read */
		uint64_t cycles; /* that it took */
	} dev_saw, bare_saw;
};

static double idle_dev(void *ctx)
{
	struct measure *m = ctx;
	double from = bench_cpu();

	dev_step(m->dev->dev, IDLE_CYCLES);
	return IDLE_CYCLES / (bench_cpu() - from) / 1e6;
}

static double idle_bare(void *ctx)
{
	struct measure *m = ctx;
	double from = bench_cpu();

	bare_idle(m->bare->bare, IDLE_CYCLES);
	return IDLE_CYCLES / (bench_cpu() - from) / 1e6;
}

static double busy(struct side *s)
{
	uint64_t from_cycle = cycles(s);
	double from = bench_cpu();

	for (unsigned i = 0; i < ROUNDS; i++)
		if (driver_balloon(&s->drv, TARGET) || driver_balloon(&s->drv, 0))
			bench_die(s->drv.error);
	return (double)(cycles(s) - from_cycle) / (bench_cpu() - from) / 1e6;
}

static double busy_dev(void *ctx)
{
	return busy(((struct measure *)ctx)->dev);
}

static double busy_bare(void *ctx)
{
	return busy(((struct measure *)ctx)->bare);
}

/* The loops are comparable only if the device did the same in the same time. */
static void same_work(struct side *a, struct side *b)
{
	uint64_t from_a = cycles(a), from_b = cycles(b), took_a, took_b;

	busy(a);
	busy(b);
	took_a = cycles(a) - from_a;
	took_b = cycles(b) - from_b;
	printf("%-14s %lu and %lu cycles for %lu and %lu pages\n", "dev_busy",
	       (unsigned long)took_a, (unsigned long)took_b, (unsigned long)a->pages,
	       (unsigned long)bare_pages(b->bare));
	if (took_a != took_b || a->pages != bare_pages(b->bare) || !a->pages)
		bench_die("the same work in the same cycles");
}

/* --- register accesses a second -----------------------------------------------------------------
 */

/* The accesses of a life, as they crossed the bus. */
static void take_accesses(struct measure *m)
{
	struct session s = { 0 };

	session_play(&s, driver_scenario("life"), 4096);
	m->reg = calloc(s.nrecs, sizeof(*m->reg));
	m->val = calloc(s.nrecs, sizeof(*m->val));
	m->write = calloc(s.nrecs, sizeof(*m->write));
	if (!m->reg || !m->val || !m->write)
		bench_die("memory");
	for (size_t i = 0; i < s.nrecs; i++) {
		const struct bus_rec *rec = &s.recs[i];

		if (rec->space > BUS_MMIO)
			continue;
		m->reg[m->n] = (struct dev_reg){ (enum bus_space)rec->space, rec->index, rec->size,
						 (uint32_t)rec->addr };
		m->val[m->n] = (uint32_t)rec->data;
		m->write[m->n++] = rec->op == BUS_WRITE;
	}
	session_free(&s);
}

static uint32_t mix(uint32_t sum, uint32_t val)
{
	return (sum ^ val) * 16777619;
}

static double transfers_dev(void *ctx)
{
	struct measure *m = ctx;
	struct rig_config cfg = { .name = "bench", .dev = { .features = DEV_FEATURES_ALL } };
	struct rig *rig;
	struct dev *dev;
	uint32_t val = 0, sum = 0;
	uint8_t *ram;
	double from, took;

	cfg.mem = make_ram(&ram);
	rig = rig_new(&cfg);
	if (!rig)
		bench_die("the rig");
	dev = rig_dev(rig);
	from = bench_cpu();
	for (unsigned life = 0; life < LIVES; life++)
		for (size_t i = 0; i < m->n; i++) {
			if (m->write[i]) {
				dev_write(dev, m->reg[i], m->val[i]);
			} else {
				dev_read(dev, m->reg[i], &val);
				sum = mix(sum, val);
			}
		}
	took = bench_cpu() - from;
	if (rig_verdicts(rig))
		bench_die("a life without violations");
	m->dev_saw.sum = sum;
	m->dev_saw.cycles = dev_cycle(dev);
	rig_free(rig);
	mem_free(cfg.mem);
	free(ram);
	return LIVES * (double)m->n / took / 1e6;
}

static double transfers_bare(void *ctx)
{
	struct measure *m = ctx;
	struct bare *bare;
	uint32_t sum = 0;
	uint8_t *ram = calloc(1, SESSION_RAM);
	double from, took;

	if (!ram)
		bench_die("guest memory");
	bare = bare_new(ram, SESSION_RAM, DEV_FEATURES_ALL, 0);
	from = bench_cpu();
	for (unsigned life = 0; life < LIVES; life++)
		for (size_t i = 0; i < m->n; i++) {
			if (m->write[i])
				bare_write(bare, m->reg[i].addr, user(m->reg[i]), m->val[i]);
			else
				sum = mix(sum, bare_read(bare, m->reg[i].addr, user(m->reg[i])));
		}
	took = bench_cpu() - from;
	m->bare_saw.sum = sum;
	m->bare_saw.cycles = bare_cycle(bare);
	bare_free(bare);
	free(ram);
	return LIVES * (double)m->n / took / 1e6;
}

static const struct bench_pair pairs[] = {
	{ .key = "dev_idle",
	  .unit = "Mcycle/s",
	  .ours = { "struct dev", idle_dev },
	  .baseline = { "a bare loop", idle_bare },
	  .goal = 0.8,
	  .more = true },
	{ .key = "dev_busy",
	  .unit = "Mcycle/s",
	  .ours = { "struct dev", busy_dev },
	  .baseline = { "a bare loop", busy_bare },
	  .goal = 0.8,
	  .more = true },
	{ .key = "dev_transfers",
	  .unit = "M transfers/s",
	  .ours = { "dev, observer and monitor", transfers_dev },
	  .baseline = { "a bare loop", transfers_bare },
	  .goal = 0.5,
	  .more = true },
};

int main(int argc, char **argv)
{
	struct measure m = { .dev = side_new(false), .bare = side_new(true) };
	struct bench b;

	bench_open(&b, argc, argv);
	same_work(m.dev, m.bare);
	take_accesses(&m);
	for (unsigned i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		bench_compare(&b, &pairs[i], &m);
	if (m.dev_saw.sum != m.bare_saw.sum || m.dev_saw.cycles != m.bare_saw.cycles)
		bench_die("reading the same in the same cycles");
	side_free(m.dev);
	side_free(m.bare);
	free(m.reg);
	free(m.val);
	free(m.write);
	return bench_close(&b);
}
