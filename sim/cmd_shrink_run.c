/* SPDX-License-Identifier: MIT */
/* A thinned out session, done again on the RTL and judged as it goes. */
#include "sim/cmd_shrink.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "sim/cmd_rig.h"
#include "sim/mem.h"

#define GAP_MAX 1000000 /* cycles between two actions; no verdict needs more silence */

static bool same(const json_t *a, const json_t *b)
{
	return json_equal(json_object_get(a, "clause"), json_object_get(b, "clause")) &&
	       json_equal(json_object_get(a, "blame"), json_object_get(b, "blame"));
}

static void on_verdict(void *ctx, const json_t *verdict)
{
	struct shrink *s = ctx;
	const json_t *known;

	if (s->kept || s->foreign)
		return;
	if (same(verdict, s->keep)) {
		s->kept = true;
		return;
	}
	for (size_t i = 0; (known = json_array_get(s->before, i)); i++)
		if (same(verdict, known))
			return;
	s->foreign = true;
}

static void map(struct shrink *s, struct mem *mem, const struct bus_rec *rec)
{
	struct mem_window win = { .gpa = rec->addr,
				  .size = rec->data,
				  .prot = rec->be,
				  .fd = -1,
				  .ops = &ram_ops,
				  .ctx = s->ram,
				  .at_once = true };

	mem_map(mem, &win); /* left out the unmapping, it may be there already */
}

static void access_reg(struct dev *dev, const struct bus_rec *rec)
{
	struct dev_reg reg = { .space = (enum bus_space)(rec->addr >> 40 & 0xff),
			       .bar = (uint8_t)(rec->addr >> 32),
			       .size = rec->size,
			       .addr = (uint32_t)rec->addr };
	uint32_t val;

	if (rec->op == BUS_WRITE)
		dev_write(dev, reg, (uint32_t)rec->data);
	else
		dev_read(dev, reg, &val);
}

static void host(struct dev *dev, const struct bus_rec *rec)
{
	if (rec->addr == BUS_HOST_TARGET)
		dev_set_target(dev, (uint32_t)rec->data);
	else if (rec->addr == BUS_HOST_POLL)
		dev_poll_stats(dev);
	else if (rec->addr == BUS_HOST_HINT)
		dev_set_hint(dev, (uint32_t)rec->data);
	else
		dev_reset(dev);
}

static void act(struct shrink *s, struct rig *rig, struct mem *mem, const struct action *act)
{
	struct dev *dev = rig_dev(rig);

	switch (act->kind) {
	case ACTION_ACCESS:
		access_reg(dev, &act->rec);
		break;
	case ACTION_HOST:
		host(dev, &act->rec);
		break;
	case ACTION_MAP:
		map(s, mem, &act->rec);
		break;
	case ACTION_UNMAP:
		mem_unmap(mem, act->rec.addr, act->rec.data);
		break;
	case ACTION_REST:
		if (dev_run(dev) == -ETIMEDOUT)
			rig_stalled(rig);
		break;
	case ACTION_POKE:
		if (ram_write(s->ram, act->rec.addr, act->data, act->len))
			s->broken = true;
		break;
	}
}

static void act_all(struct shrink *s, struct rig *rig, struct mem *mem)
{
	uint64_t anchor = dev_cycle(rig_dev(rig)), gap = 0;

	for (size_t i = s->acts.power + 1; i < s->acts.n && !s->kept && !s->foreign; i++) {
		const struct action *a = &s->acts.at[i];
		uint64_t passed = dev_cycle(rig_dev(rig)) - anchor;

		gap += a->gap; /* time goes by, whoever is left out */
		if (gap > GAP_MAX)
			gap = GAP_MAX;
		if (a->off)
			continue;
		if (gap > passed)
			dev_step(rig_dev(rig), gap - passed);
		gap = 0;
		if (a->kind != ACTION_POKE && a->kind != ACTION_REST)
			anchor = dev_cycle(rig_dev(rig));
		act(s, rig, mem, a);
		if (a->kind == ACTION_REST)
			anchor = dev_cycle(rig_dev(rig));
		s->end = i;
	}
	if (gap && !s->kept && !s->foreign) {
		dev_step(rig_dev(rig), gap);
		s->end = s->acts.n - 1;
	}
}

static uint64_t events_of(const struct rig *rig)
{
	json_t *report = rig_report(rig);
	uint64_t n = (uint64_t)json_integer_value(
		json_object_get(json_object_get(report, "monitor"), "events"));

	json_decref(report);
	return n;
}

bool shrink_spent(const struct shrink *s)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return s->broken || (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec > s->until;
}

bool shrink_run(struct shrink *s, const char *trace)
{
	struct rig_config cfg = { .name = s->name,
				  .dev = s->dev,
				  .mem = mem_new(),
				  .trace = trace,
				  .spec = s->spec,
				  .verdict = on_verdict,
				  .verdict_ctx = s };
	struct rig *rig;

	s->kept = s->foreign = false;
	s->runs++;
	ram_clear(s->ram);
	for (size_t i = 0; cfg.mem && i < s->acts.power; i++)
		if (s->acts.at[i].kind == ACTION_MAP && !s->acts.at[i].off)
			map(s, cfg.mem, &s->acts.at[i].rec);
	rig = cfg.mem ? rig_new(&cfg) : NULL;
	if (rig) {
		act_all(s, rig, cfg.mem);
		s->broken = rig_end(rig) || s->broken;
		s->events = events_of(rig);
	} else {
		s->broken = true;
	}
	rig_free(rig);
	mem_free(cfg.mem);
	return s->kept && !s->broken;
}
