/* SPDX-License-Identifier: MIT */
#include "tests/lib/recorder.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/dev.h"
#include "sim/mem.h"
#include "sim/port_io.h"

#define RAM       (8U << 20)
#define POOL      0x100000U
#define FIRST_PFN 0x300U
#define PAGES     0x100U

struct recorder {
	struct trace_log *log;
	size_t cap;
	unsigned how;
	uint64_t random;
	struct dev *dev;
	struct mem *mem;
	uint8_t *ram;
	unsigned wait; /* how often the message in flight still says -EAGAIN */
	bool asked;
	bool spent; /* something was done that no driver gets over */
};

/* 0 .. n-1 */
static unsigned draw(struct recorder *r, unsigned n)
{
	r->random = r->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(r->random >> 33) % n;
}

static void keep(void *ctx, const struct bus_rec *rec)
{
	struct recorder *r = ctx;

	assert(!r->log->n || rec->cycle >= r->log->rec[r->log->n - 1].cycle); /* as in a trace */
	if (r->log->n == r->cap) {
		r->cap = 2 * r->cap + 4096;
		r->log->rec = realloc(r->log->rec, r->cap * sizeof(*rec));
		assert(r->log->rec);
	}
	r->log->rec[r->log->n++] = *rec;
}

static void on_window(void *ctx, const struct mem_window *win, bool map)
{
	struct recorder *r = ctx;
	struct bus_rec cue = mem_window_cue(win, map, r->dev ? dev_cycle(r->dev) : 0);

	keep(r, &cue);
}

/* --- memory by message ---------------------------------------------------------------------- */

static int message(struct recorder *r)
{
	if (!r->asked) {
		r->asked = true;
		r->wait = draw(r, 4);
	}
	if (r->wait) {
		r->wait--;
		return -EAGAIN;
	}
	r->asked = false;
	return r->how & RECORDER_FAILURES && !draw(r, 10) ? -EIO : 0;
}

static int message_read(void *ctx, uint64_t gpa, void *buf, size_t len)
{
	struct recorder *r = ctx;
	int err = message(r);

	if (!err)
		memcpy(buf, r->ram + gpa, len);
	return err;
}

static int message_write(void *ctx, uint64_t gpa, const void *buf, size_t len)
{
	struct recorder *r = ctx;
	int err = message(r);

	if (!err)
		memcpy(r->ram + gpa, buf, len);
	return err;
}

static const struct mem_ops message_ops = { .read = message_read, .write = message_write };

static void map_memory(struct recorder *r)
{
	bool messages = r->how & (RECORDER_MESSAGES | RECORDER_FAILURES);
	uint32_t split = messages ? POOL + 8 * draw(r, 0x180) : RAM; /* somewhere in the rings */
	struct mem_window low = { .size = split, .prot = MEM_R | MEM_W, .host = r->ram, .fd = -1 };
	struct mem_window high = { .gpa = split,
				   .size = RAM - split,
				   .prot = MEM_R | MEM_W,
				   .fd = -1,
				   .ops = &message_ops,
				   .ctx = r };
	int err = mem_map(r->mem, &low);

	if (!err && split != RAM)
		err = mem_map(r->mem, &high);
	assert(!err);
}

/* From now on all of it is at hand. */
static void grant(struct recorder *r)
{
	struct mem_window all = { .size = RAM, .prot = MEM_R | MEM_W, .host = r->ram, .fd = -1 };
	int err;

	mem_unmap_all(r->mem);
	err = mem_map(r->mem, &all);
	assert(!err);
	r->asked = false;
}

/* --- what surrounds the driver ---------------------------------------------------------------- */

static void look_around(struct recorder *r)
{
	struct dev_reg status = { BUS_BAR, 0, 1, 0x14 }, id = { BUS_CFG, 0, 2, 0 };
	uint32_t val;

	switch (draw(r, 3)) {
	case 0:
		dev_read(r->dev, status, &val);
		break;
	case 1:
		dev_read(r->dev, id, &val);
		break;
	default:
		dev_peek(r->dev, status, &val);
	}
}

static void interfere(struct recorder *r)
{
	switch (draw(r, 60)) {
	case 0:
		dev_set_target(r->dev, draw(r, PAGES));
		break;
	case 1:
	case 2:
	case 3:
		dev_step(r->dev, draw(r, 50));
		break;
	case 4:
	case 5:
		look_around(r);
		break;
	case 6:
		if (!draw(r, 20)) {
			dev_reset(r->dev);
			r->asked = false;
		}
		break;
	case 7:
		if (!draw(r, 20)) {
			mem_unmap_all(r->mem);
			r->spent = true;
		}
		break;
	default:
		break;
	}
}

/* After an access: usually the device works until it is quiet, as a guest would let it. */
static void work(struct recorder *r)
{
	if (r->how & RECORDER_ROUGH) {
		interfere(r);
		if (!draw(r, 8))
			return;
	}
	while (dev_run(r->dev) == -EAGAIN) {
		if (!draw(r, 3))
			look_around(r);
		if (r->how & RECORDER_GRANTS && !draw(r, 8))
			grant(r);
	}
}

static int port_read(void *ctx, struct dev_reg reg, uint32_t *val)
{
	struct recorder *r = ctx;

	dev_read(r->dev, reg, val);
	work(r);
	if (r->spent)
		*val = UINT32_MAX; /* and the driver gives up */
	return 0;
}

static int port_write(void *ctx, struct dev_reg reg, uint32_t val)
{
	struct recorder *r = ctx;

	dev_write(r->dev, reg, val);
	work(r);
	return 0;
}

static int port_run(void *ctx)
{
	(void)ctx;
	return 0; /* it has worked */
}

static void port_step(void *ctx, uint64_t n)
{
	struct recorder *r = ctx;

	dev_step(r->dev, n);
	if (r->how)
		work(r);
}

void recorder_play(struct trace_log *log, const struct driver_scenario *scenario, uint32_t target,
		   unsigned how, unsigned seed)
{
	struct recorder r = { .log = log, .how = how, .random = seed };
	struct dev_sink sink = { .ctx = &r, .rec = keep, .cue = keep };
	struct dev_config cfg = { .features = DEV_FEATURES_ALL };
	struct port port = { .ctx = &r,
			     .read = port_read,
			     .write = port_write,
			     .run = port_run,
			     .step = port_step };
	struct driver_io io = port_io(&port, false);
	struct bus_rec end = { .space = BUS_CUE, .index = BUS_CUE_END };
	struct driver drv;
	const char *why;

	memset(log, 0, sizeof(*log));
	log->header = strdup(RECORDER_HEADER);
	r.mem = mem_new();
	r.ram = calloc(1, RAM);
	assert(log->header && r.mem && r.ram);
	mem_watch(r.mem, on_window, &r);
	map_memory(&r);
	r.dev = dev_new(&cfg, r.mem, &sink, &why);
	assert(r.dev);
	dev_set_target(r.dev, target);
	io.pool = r.ram + POOL;
	io.pool_gpa = POOL;
	io.pool_size = DRIVER_POOL;
	io.first_pfn = FIRST_PFN;
	io.npfns = PAGES;
	driver_play(&drv, &io, scenario);
	end.cycle = dev_cycle(r.dev);
	keep(&r, &end);
	log->ended = true;
	dev_free(r.dev);
	mem_free(r.mem);
	free(r.ram);
}
