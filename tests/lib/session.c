/* SPDX-License-Identifier: MIT */
/* The C driver on the balloon, and lists that grow. */
#include "tests/lib/session.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/dev.h"
#include "sim/mem.h"
#include "sim/observer.h"
#include "sim/port_io.h"

_Static_assert(EVENT_MAX_ARGS == CCSL_ARGS && sizeof(struct event) == sizeof(struct ccsl_tick),
	       "an event of the bus is a tick of the monitor");

struct play {
	struct session *session;
	struct mem *mem;
	struct port port;
	struct observer *observer;
	uint64_t base; /* cycle at which this session begins in the whole */
};

/* Makes room for n more of `size` bytes at the end of a list. */
static void *grow(void *list, size_t *room, size_t used, size_t n, size_t size)
{
	if (used + n > *room) {
		*room = 2 * (used + n);
		list = realloc(list, *room * size);
		assert(list);
	}
	return list;
}

static void keep(void *ctx, const struct bus_rec *rec)
{
	struct session *s = ((struct play *)ctx)->session;

	s->recs = grow(s->recs, &s->room.recs, s->nrecs, 1, sizeof(*s->recs));
	s->recs[s->nrecs++] = *rec;
}

static void on_rec(void *ctx, const struct bus_rec *rec)
{
	keep(ctx, rec);
	observer_rec(((struct play *)ctx)->observer, rec);
}

static void on_instant(void *ctx, uint64_t cycle, const struct event *ev, unsigned n)
{
	struct play *p = ctx;
	struct session *s = p->session;

	s->instants = grow(s->instants, &s->room.instants, s->ninstants, 1, sizeof(*s->instants));
	s->ticks = grow(s->ticks, &s->room.ticks, s->nticks, n, sizeof(*s->ticks));
	s->instants[s->ninstants++] =
		(struct session_instant){ p->base + cycle, (uint32_t)s->nticks, n };
	memcpy(s->ticks + s->nticks, ev, n * sizeof(*ev)); /* same layout: asserted above */
	s->nticks += n;
}

/* Nothing more comes for this cycle. */
static void on_pause(void *ctx)
{
	observer_flush(((struct play *)ctx)->observer);
}

static int on_read(void *ctx, uint64_t gpa, void *buf, size_t len)
{
	return mem_read(((struct play *)ctx)->mem, gpa, buf, len);
}

static uint64_t last_cycle(const struct session *s)
{
	return s->ninstants ? s->instants[s->ninstants - 1].cycle + 1 : 0;
}

void session_play(struct session *s, const struct driver_scenario *scenario, uint32_t target)
{
	struct play p = { .session = s, .mem = mem_new(), .base = last_cycle(s) };
	struct observer_sink bus = {
		.ctx = &p, .instant = on_instant, .read = on_read, .snoop = keep
	};
	struct dev_sink sink = { .ctx = &p, .rec = on_rec, .pause = on_pause };
	struct dev_config cfg = { .features = DEV_FEATURES_ALL };
	uint8_t *ram = calloc(1, SESSION_RAM);
	struct mem_window win = {
		.size = SESSION_RAM, .prot = MEM_R | MEM_W, .host = ram, .fd = -1
	};
	struct driver_io io = port_io(&p.port, false);
	struct driver drv;
	struct dev *dev;
	const char *why;
	int err;

	err = mem_map(p.mem, &win);
	p.observer = observer_new(&bus);
	assert(!err && p.observer);
	dev = dev_new(&cfg, p.mem, &sink, &why);
	assert(dev);
	p.port = port_of_dev(dev);
	io.pool = ram + SESSION_POOL;
	io.pool_gpa = SESSION_POOL;
	io.pool_size = DRIVER_POOL;
	io.first_pfn = SESSION_FIRST_PFN;
	io.npfns = (SESSION_RAM >> 12) - SESSION_FIRST_PFN;
	dev_set_target(dev, target);
	err = driver_play(&drv, &io, scenario);
	assert(!err);
	observer_flush(p.observer);
	dev_free(dev);
	observer_free(p.observer);
	mem_free(p.mem);
	free(ram);
}

void session_free(struct session *s)
{
	free(s->recs);
	free(s->instants);
	free(s->ticks);
	*s = (struct session){ 0 };
}
