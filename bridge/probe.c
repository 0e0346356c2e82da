/* SPDX-License-Identifier: MIT */
#include "bridge/probe.h"

#include <errno.h>
#include <stdlib.h>

#include "bridge/loop.h"

struct probe {
	struct port inner;
	struct probe_config cfg;
	struct probe_spin spin;
	uint64_t spin_start;
	uint64_t begun; /* what is under way, or 0 */
	struct hist cycles;
	bool told;    /* of this spin */
	bool stalled; /* since the last reset */
};

static bool same_reg(struct dev_reg a, struct dev_reg b)
{
	return a.space == b.space && a.bar == b.bar && a.size == b.size && a.addr == b.addr;
}

static void tell(struct probe *p, bool over)
{
	p->spin.over = over;
	if (p->cfg.spin)
		p->cfg.spin(p->cfg.ctx, &p->spin);
	p->told = true;
}

void probe_flush(struct probe *p)
{
	if (p->told)
		tell(p, true);
	p->told = false;
	p->spin.count = 0;
}

static void note_read(struct probe *p, struct dev_reg reg, uint32_t val)
{
	uint64_t now = p->cfg.now();

	if (!p->spin.count || !same_reg(p->spin.reg, reg) || p->spin.val != val) {
		probe_flush(p);
		p->spin = (struct probe_spin){ .reg = reg, .val = val };
		p->spin_start = now;
	}
	p->spin.count++;
	p->spin.ns = now - p->spin_start;
	if (!p->told && p->spin.ns >= PROBE_SPIN_NS && p->spin.count >= PROBE_SPIN_COUNT)
		tell(p, false);
}

static uint64_t cycle(struct probe *p)
{
	return p->cfg.cycle ? p->cfg.cycle(p->cfg.ctx) : 0;
}

static void note_cycles(struct probe *p, uint64_t from)
{
	if (p->cfg.cycle)
		hist_add(&p->cycles, cycle(p) - from);
}

static int probe_read(void *ctx, struct dev_reg reg, uint32_t *val)
{
	struct probe *p = ctx;
	uint64_t from = cycle(p);
	int err;

	p->begun = p->cfg.now();
	err = p->inner.read(p->inner.ctx, reg, val);
	p->begun = 0;
	note_cycles(p, from);
	note_read(p, reg, *val);
	return err;
}

static int probe_write(void *ctx, struct dev_reg reg, uint32_t val)
{
	struct probe *p = ctx;
	uint64_t from = cycle(p);
	int err;

	probe_flush(p);
	p->begun = p->cfg.now();
	err = p->inner.write(p->inner.ctx, reg, val);
	p->begun = 0;
	note_cycles(p, from);
	return err;
}

static int probe_run(void *ctx)
{
	struct probe *p = ctx;
	int err;

	p->begun = p->cfg.now();
	err = p->inner.run(p->inner.ctx);
	if (err == -ETIMEDOUT && !p->stalled) {
		p->stalled = true;
		if (p->cfg.stalled)
			p->cfg.stalled(p->cfg.ctx, p->cfg.now() - p->begun);
	}
	p->begun = 0;
	if (p->cfg.ran)
		p->cfg.ran(p->cfg.ctx);
	return err;
}

static void probe_step(void *ctx, uint64_t n)
{
	struct probe *p = ctx;

	p->inner.step(p->inner.ctx, n);
}

static void probe_reset(void *ctx)
{
	struct probe *p = ctx;

	probe_flush(p);
	p->stalled = false;
	p->inner.reset(p->inner.ctx);
}

struct probe *probe_new(const struct port *inner, const struct probe_config *cfg)
{
	struct probe *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->inner = *inner;
	p->cfg = *cfg;
	if (!p->cfg.now)
		p->cfg.now = loop_now;
	return p;
}

void probe_free(struct probe *p)
{
	free(p);
}

uint64_t probe_elapsed(const struct probe *p)
{
	return p->begun ? p->cfg.now() - p->begun : 0;
}

const struct hist *probe_cycles(const struct probe *p)
{
	return &p->cycles;
}

struct port probe_port(struct probe *p)
{
	return (struct port){ .ctx = p,
			      .read = probe_read,
			      .write = probe_write,
			      .run = probe_run,
			      .step = probe_step,
			      .reset = probe_reset };
}
