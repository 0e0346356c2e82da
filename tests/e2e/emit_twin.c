/* SPDX-License-Identifier: MIT */
/*
 * The virtio specification twice: parsed, and as the C tables that emit-c made of it, on the
 * same engine. Lives of a driver, most of them with a fault, and random instants of several
 * ticks go through both; every verdict, note and end has to be the same. Built by emit.sh.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "virtio.h" /* written by emit-c --header */

#define TRACES 400
#define MOST   65536

/* What was told: rules, and notes as numbers above them. */
struct told {
	unsigned n;
	struct {
		uint64_t instant;
		uint32_t what;
	} v[MOST];
};

struct one {
	uint16_t event;
	uint8_t nargs;
	uint64_t a, b, c;
};

static uint64_t seed = 88172645463325252u;

static unsigned pick(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % n;
}

static void fail(const char *what)
{
	printf("twins differ: %s\n", what);
	exit(1);
}

static void tell(struct told *t, uint64_t instant, uint32_t what)
{
	if (t->n == MOST)
		fail("too many verdicts to compare");
	t->v[t->n].instant = instant;
	t->v[t->n++].what = what;
}

static void parsed_verdict(void *ctx, const struct ccsl_verdict *v)
{
	tell(ctx, v->instant, v->index);
}

static void parsed_note(void *ctx, const char *clock, const char *text, uint64_t cycle)
{
	for (uint32_t i = 0; i < virtio.nnotes; i++)
		if (!strcmp(virtio.notes[i].clock, clock) && !strcmp(virtio.notes[i].text, text)) {
			tell(ctx, cycle, virtio.tab->nrules + i);
			return;
		}
	fail(text);
}

static void emitted_fail(void *ctx, const struct core *core, uint32_t node)
{
	tell(ctx, core->instant, core->tab->nodes[node].rule);
}

static void emitted_note(void *ctx, const struct core *core, uint32_t node)
{
	for (uint32_t i = 0; i < virtio.nnotes; i++)
		if (virtio.notes[i].node == node) {
			tell(ctx, core->cycle, virtio.tab->nrules + i);
			return;
		}
	fail("a note without a text");
}

static void same_texts(const struct ccsl_spec *spec)
{
	if (virtio.tab->nevents != ccsl_events(spec) || virtio.tab->nrules != ccsl_rules(spec))
		fail("numbers of events and rules");
	for (unsigned i = 0; i < ccsl_events(spec); i++)
		if (strcmp(virtio.events[i].name, ccsl_event_name(spec, i)) ||
		    virtio.events[i].nargs != ccsl_event_nargs(spec, i))
			fail(ccsl_event_name(spec, i));
	for (unsigned i = 0; i < ccsl_rules(spec); i++) {
		const struct ccsl_rule *a = ccsl_rule(spec, i), *b = &virtio.rules[i];
		bool same = a->nclauses == b->nclauses && a->level == b->level &&
			    a->blame == b->blame && a->form == b->form && a->line == b->line &&
			    !strcmp(a->name, b->name) && !strcmp(a->expect, b->expect) &&
			    !strcmp(a->text, b->text) && !strcmp(a->scope, b->scope) &&
			    !strcmp(a->file, b->file);

		for (unsigned k = 0; same && k < a->nclauses; k++)
			same = !strcmp(a->clauses[k], b->clauses[k]);
		if (!same)
			fail(a->name);
	}
}

/* A good life, as a driver leads it. */
static const struct one life[] = {
	{ VIRTIO_EV_STATUS_WRITE, 1, 0, 0, 0 },
	{ VIRTIO_EV_STATUS_READ, 1, 0, 0, 0 },
	{ VIRTIO_EV_STATUS_WRITE, 1, 1, 0, 0 },
	{ VIRTIO_EV_STATUS_WRITE, 1, 3, 0, 0 },
	{ VIRTIO_EV_DEVICE_FEATURE_READ, 2, 0, 3, 0 },
	{ VIRTIO_EV_DEVICE_FEATURE_READ, 2, 1, 1, 0 },
	{ VIRTIO_EV_DRIVER_FEATURE_WRITE, 2, 0, 2, 0 },
	{ VIRTIO_EV_DRIVER_FEATURE_WRITE, 2, 1, 1, 0 },
	{ VIRTIO_EV_STATUS_WRITE, 1, 11, 0, 0 },
	{ VIRTIO_EV_STATUS_READ, 1, 11, 0, 0 },
	{ VIRTIO_EV_QUEUE_SIZE_WRITE, 2, 0, 64, 0 },
	{ VIRTIO_EV_QUEUE_ADDR_WRITE, 3, 0, 0, 4096 },
	{ VIRTIO_EV_QUEUE_ADDR_WRITE, 3, 0, 1, 0 },
	{ VIRTIO_EV_QUEUE_ADDR_WRITE, 3, 0, 2, 8192 },
	{ VIRTIO_EV_QUEUE_ADDR_WRITE, 3, 0, 3, 0 },
	{ VIRTIO_EV_QUEUE_ADDR_WRITE, 3, 0, 4, 12288 },
	{ VIRTIO_EV_QUEUE_ADDR_WRITE, 3, 0, 5, 0 },
	{ VIRTIO_EV_QUEUE_VECTOR_WRITE, 2, 0, 1, 0 },
	{ VIRTIO_EV_QUEUE_VECTOR_READ, 2, 0, 1, 0 },
	{ VIRTIO_EV_QUEUE_ENABLE_WRITE, 2, 0, 1, 0 },
	{ VIRTIO_EV_STATUS_WRITE, 1, 15, 0, 0 },
	{ VIRTIO_EV_STATUS_READ, 1, 15, 0, 0 },
	{ VIRTIO_EV_NOTIFY, 3, 0, 0, 2 },
	{ VIRTIO_EV_USED_IDX_WRITE, 2, 0, 1, 0 },
	{ VIRTIO_EV_IRQ_MSIX, 1, 1, 0, 0 },
	{ VIRTIO_EV_CONFIG_WRITE, 3, 4, 4, 1 },
};

static struct ccsl_tick noise(void)
{
	static const uint64_t values[] = { 0, 1, 2, 3, 4, 7, 8, 11, 15, 64, 0x80, 4096, 0xffff };
	struct ccsl_tick t = { (uint16_t)pick(virtio.tab->nevents), 0, { 0 } };

	t.nargs = (uint8_t)virtio.events[t.event].nargs;
	for (unsigned i = 0; i < t.nargs; i++)
		t.arg[i] = values[pick(sizeof(values) / sizeof(values[0]))];
	return t;
}

struct twins {
	struct ccsl_monitor *mon;
	struct core *core;
	uint64_t cycle;
};

static void step(struct twins *tw, const struct ccsl_tick *ticks, unsigned n)
{
	ccsl_step(tw->mon, tw->cycle, ticks, n);
	core_step(tw->core, tw->cycle, ticks, n);
	tw->cycle += 1 + (pick(8) ? 0 : pick(3000));
}

static void scenario(struct twins *tw)
{
	for (unsigned i = 0; i < sizeof(life) / sizeof(life[0]); i++) {
		struct ccsl_tick t = { life[i].event,
				       life[i].nargs,
				       { life[i].a, life[i].b, life[i].c } };
		unsigned luck = pick(40);

		if (luck == 1) {
			struct ccsl_tick other = noise();

			step(tw, &other, 1);
		}
		if (luck != 0)
			step(tw, &t, 1);
		if (luck == 2)
			step(tw, &t, 1);
		if (luck == 3)
			return; /* the life ends here */
	}
}

static void random_instants(struct twins *tw)
{
	for (unsigned i = 0; i < 60; i++) {
		struct ccsl_tick t[3];
		unsigned n = pick(4);

		for (unsigned k = 0; k < n; k++)
			t[k] = noise();
		step(tw, t, n);
	}
}

static void same_end(const struct told *a, const struct told *b)
{
	if (a->n != b->n)
		fail("numbers of verdicts");
	for (unsigned i = 0; i < a->n; i++)
		if (a->v[i].what != b->v[i].what || a->v[i].instant != b->v[i].instant)
			fail("a verdict");
}

int main(int argc, char **argv)
{
	static uint64_t mem[VIRTIO_WORDS];
	static struct told parsed, emitted;
	struct ccsl_sink sink = { &parsed, parsed_verdict, parsed_note };
	struct core_hooks hooks = { &emitted, emitted_fail, emitted_note };
	struct ccsl_error err;
	struct ccsl_spec *spec =
		ccsl_load((const char *const *)argv + 1, (unsigned)argc - 1, NULL, NULL, &err);
	uint64_t verdicts = 0;

	if (!spec)
		fail(err.text);
	if (core_size(virtio.tab) != virtio.bytes || virtio.bytes > sizeof(mem))
		fail("memory");
	same_texts(spec);
	for (unsigned i = 0; i < TRACES; i++) {
		struct twins tw = { .mon = ccsl_monitor_new(spec, &sink) };

		tw.core = core_init(mem, virtio.tab, &hooks);
		parsed.n = emitted.n = 0;
		for (unsigned lives = 1 + pick(4); lives > 0; lives--)
			scenario(&tw);
		if (i % 4 == 0)
			random_instants(&tw);
		ccsl_finish(tw.mon, tw.cycle);
		core_finish(tw.core, tw.cycle);
		same_end(&parsed, &emitted);
		verdicts += parsed.n;
		ccsl_monitor_free(tw.mon);
	}
	ccsl_spec_free(spec);
	if (verdicts < TRACES)
		fail("hardly anything was told");
	printf("the same %llu verdicts and notes\n", (unsigned long long)verdicts);
	return 0;
}
