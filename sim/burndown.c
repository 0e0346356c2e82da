/* SPDX-License-Identifier: MIT */
#include "sim/burndown.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/virtio_pci.h>

#include "sim/regmap.h"

#define REGS  64 /* room for all of regmap's */
#define ODD   16 /* accesses to no register at all, kept by place */
#define WORDS 2  /* of 32 feature bits */

struct odd {
	uint32_t window, offset;
	uint64_t reads, writes;
};

struct burndown {
	uint64_t reads[REGS], writes[REGS]; /* by number in regmap */
	struct odd odd[ODD];
	unsigned nodd;
	bool mmio;           /* virtio-mmio's registers were touched */
	uint64_t num_queues; /* as the device says, 0: not asked */
	uint64_t notifies[BURNDOWN_QUEUES], chains[BURNDOWN_QUEUES];
	bool enabled[BURNDOWN_QUEUES], shown[BURNDOWN_QUEUES]; /* shown: with a size */
	uint64_t offered, accepted;
};

struct burndown *burndown_new(void)
{
	return calloc(1, sizeof(struct burndown));
}

void burndown_free(struct burndown *b)
{
	free(b);
}

static void odd_access(struct burndown *b, uint32_t window, uint32_t offset, bool write)
{
	unsigned i = 0;

	while (i < b->nodd && (b->odd[i].window != window || b->odd[i].offset != offset))
		i++;
	if (i == ODD)
		return;
	if (i == b->nodd)
		b->odd[b->nodd++] = (struct odd){ .window = window, .offset = offset };
	b->odd[i].reads += !write;
	b->odd[i].writes += write;
}

/* Every register that has a byte in the access. */
static void access(struct burndown *b, const uint64_t arg[])
{
	uint32_t window = (uint32_t)arg[0], from = (uint32_t)arg[1], to = from + (uint32_t)arg[2];
	bool write = arg[3], any = window == VIRTIO_PCI_CAP_NOTIFY_CFG; /* those are queues */
	const struct regmap *reg;

	b->mmio |= window == 0;
	for (unsigned i = 0; (reg = regmap_at(i)) && i < REGS; i++) {
		if (reg->window != window || to <= reg->offset || from >= reg->offset + reg->size)
			continue;
		b->reads[i] += !write;
		b->writes[i] += write;
		any = true;
	}
	if (!any)
		odd_access(b, window, from, write);
}

static void learn_bits(uint64_t *bits, const uint64_t arg[])
{
	if (arg[0] < WORDS)
		*bits |= (arg[1] & UINT32_MAX) << (32 * arg[0]);
}

static void event(struct burndown *b, const struct event *ev)
{
	switch (ev->id) {
	case EV_REG_ACCESS:
		access(b, ev->arg);
		break;
	case EV_NUM_QUEUES_READ:
		b->num_queues = ev->arg[0];
		break;
	case EV_DEVICE_FEATURE_READ:
		learn_bits(&b->offered, ev->arg);
		break;
	case EV_DRIVER_FEATURE_WRITE:
		learn_bits(&b->accepted, ev->arg);
		break;
	case EV_NOTIFY:
		if (ev->arg[0] < BURNDOWN_QUEUES)
			b->notifies[ev->arg[0]]++;
		break;
	case EV_AVAIL_ENTRY_READ:
		if (ev->arg[0] < BURNDOWN_QUEUES)
			b->chains[ev->arg[0]]++;
		break;
	case EV_QUEUE_SIZE_READ:
	case EV_QUEUE_SIZE_MAX_READ:
		if (ev->arg[0] < BURNDOWN_QUEUES && ev->arg[1])
			b->shown[ev->arg[0]] = true;
		break;
	case EV_QUEUE_ENABLE_WRITE:
		if (ev->arg[0] < BURNDOWN_QUEUES && ev->arg[1])
			b->enabled[ev->arg[0]] = true;
		break;
	default:
		break;
	}
}

void burndown_instant(struct burndown *b, const struct event *ev, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		event(b, &ev[i]);
}

/* --- telling ---------------------------------------------------------------------------- */

typedef void tell(void *ctx, const struct burndown_line *line);

/* A device has the registers of its transport; which that is shows in the session. */
static bool of_transport(const struct burndown *b, const struct regmap *reg)
{
	return reg->window == VIRTIO_PCI_CAP_DEVICE_CFG || (reg->window == 0) == b->mmio;
}

static void registers(const struct burndown *b, tell *told, void *ctx)
{
	const struct regmap *reg;

	for (unsigned i = 0; (reg = regmap_at(i)) && i < REGS; i++) {
		bool has = of_transport(b, reg) &&
			   (reg->feature < 0 || b->offered >> reg->feature & 1);
		bool touched = b->reads[i] || b->writes[i];
		struct burndown_line line = { .state = !touched ? BURNDOWN_NEVER
						       : has    ? BURNDOWN_TOUCHED
								: BURNDOWN_ABSENT,
					      .reads = b->reads[i],
					      .writes = b->writes[i] };

		snprintf(line.name, sizeof(line.name), "%s", reg->name);
		if (has || touched)
			told(ctx, &line);
	}
	for (unsigned i = 0; i < b->nodd; i++) {
		struct burndown_line line = { .state = BURNDOWN_ABSENT,
					      .reads = b->odd[i].reads,
					      .writes = b->odd[i].writes };
		char name[REGMAP_STR_MAX];

		snprintf(line.name, sizeof(line.name), "%s",
			 regmap_str(b->odd[i].window, b->odd[i].offset, name));
		told(ctx, &line);
	}
}

static void queues(const struct burndown *b, tell *told, void *ctx)
{
	for (unsigned q = 0; q < BURNDOWN_QUEUES; q++) {
		bool has = q < b->num_queues || b->shown[q];
		bool touched = b->enabled[q] || b->notifies[q] || b->chains[q];
		struct burndown_line line = { .state = !touched ? BURNDOWN_NEVER
						       : has    ? BURNDOWN_TOUCHED
								: BURNDOWN_ABSENT,
					      .reads = b->chains[q],
					      .writes = b->notifies[q] };

		snprintf(line.name, sizeof(line.name), "queue %u", q);
		if (has || touched)
			told(ctx, &line);
	}
}

static void features(const struct burndown *b, tell *told, void *ctx)
{
	for (unsigned bit = 0; bit < 32 * WORDS; bit++) {
		bool has = b->offered >> bit & 1, touched = b->accepted >> bit & 1;
		struct burndown_line line = { .state = !touched ? BURNDOWN_NEVER
						       : has    ? BURNDOWN_TOUCHED
								: BURNDOWN_ABSENT };

		snprintf(line.name, sizeof(line.name), "feature %u", bit);
		if (has || touched)
			told(ctx, &line);
	}
}

void burndown_each(const struct burndown *b, tell *told, void *ctx)
{
	registers(b, told, ctx);
	queues(b, told, ctx);
	features(b, told, ctx);
}
