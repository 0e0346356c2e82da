/* SPDX-License-Identifier: MIT */
/*
 * Any records at all, in any order: the observer neither crashes nor lies about counts.
 * Half of them are noise, half hit what a device would have, so that every path is met.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/virtio_pci.h>

#include "tests/lib/obs_kit.h"

struct seen {
	uint64_t instants, events, last_cycle;
	bool met[EV_COUNT];
};

static uint64_t next(uint64_t *rng)
{
	*rng ^= *rng << 13;
	*rng ^= *rng >> 7;
	*rng ^= *rng << 17;
	return *rng;
}

static void instant(void *ctx, uint64_t cycle, const struct event *ev, unsigned n)
{
	struct seen *seen = ctx;

	assert_true(n > 0);
	assert_true(cycle >= seen->last_cycle);
	seen->last_cycle = cycle;
	seen->instants++;
	seen->events += n;
	for (unsigned i = 0; i < n; i++) {
		assert_true(ev[i].id < EV_COUNT);
		assert_int_equal(ev[i].nargs, event_nargs(ev[i].id));
		seen->met[ev[i].id] = true;
	}
}

/* Memory of which every third address fails. */
static int read_mem(void *ctx, uint64_t gpa, void *buf, size_t len)
{
	(void)ctx;
	assert_true(len > 0 && len <= 8 && (gpa & 7) + len <= 8);
	memset(buf, 0x5a, len);
	return gpa % 3 ? 0 : -1;
}

static struct bus_rec noise(uint64_t *rng)
{
	struct bus_rec rec;
	uint64_t word[sizeof(rec) / 8] = { 0 };

	for (unsigned i = 0; i < sizeof(rec) / 8; i++)
		word[i] = next(rng);
	memcpy(&rec, word, sizeof(rec));
	rec.space %= 9;
	rec.op %= 3;
	return rec;
}

static struct bus_rec registers(uint64_t *rng)
{
	static const uint32_t base[] = { KIT_COMMON, KIT_COMMON, KIT_COMMON,    KIT_ISR,
					 KIT_DEVICE, KIT_NOTIFY, KIT_NOTIFY + 4 };
	uint64_t r = next(rng), which = r % 7;
	uint8_t size = (uint8_t)(1U << (r >> 8 & 3) % 3);
	uint32_t off = which < 3 ? (uint32_t)(r >> 16) % 64 : 0;

	return (struct bus_rec){ .space = BUS_BAR,
				 .op = r >> 24 & 1,
				 .addr = base[which] + (off & ~(size - 1U)),
				 .data = r >> 32 & (r >> 25 & 1 ? 0xfff7 : 3),
				 .size = size,
				 .be = (uint8_t)((1U << size) - 1),
				 .resp = r >> 28 & 0xf ? BUS_OKAY : BUS_SLVERR,
				 .index = KIT_BAR };
}

/* The same fields at virtio-mmio's offsets. */
static struct bus_rec mmio_registers(uint64_t *rng)
{
	uint64_t r = next(rng);

	return (struct bus_rec){ .space = BUS_MMIO,
				 .op = r >> 24 & 1,
				 .addr = (r >> 16) % 0x110 & ~3U,
				 .data = r >> 32 & (r >> 25 & 1 ? 0xfff7 : 3),
				 .size = 4,
				 .be = 15,
				 .resp = r >> 28 & 0xf ? BUS_OKAY : BUS_SLVERR };
}

/* Half of the beats go on where the last one was, as bursts do. */
static struct bus_rec dma(uint64_t *rng, struct bus_rec *last)
{
	uint64_t r = next(rng);

	if (r >> 44 & 1) {
		last->addr = (last->addr + 8) & 0xffff;
		last->data = next(rng) & 0x0003000700030003;
		return *last;
	}
	*last = (struct bus_rec){ .space = r >> 40 & 7 ? BUS_DMA : BUS_SNOOP,
				  .op = r >> 41 & 1,
				  .addr = r >> 52 & 7 ? r & 0xfff8 : 0,
				  .data = next(rng) &
					  (r >> 42 & 1 ? 0x0003000700030003 : UINT64_MAX),
				  .size = 8,
				  .be = r >> 43 & 3 ? 0xff : (uint8_t)(r >> 48),
				  .resp = r >> 58       ? BUS_OKAY
					  : r >> 57 & 1 ? BUS_SLVERR
							: BUS_DECERR,
				  .index = r >> 56 & 3 };
	return *last;
}

static struct bus_rec config(uint64_t *rng, const uint8_t image[256])
{
	uint64_t r = next(rng);
	unsigned off = r & 0xfc;
	uint32_t val;

	memcpy(&val, image + off, 4);
	return (struct bus_rec){ .space = BUS_CFG,
				 .op = !(r >> 32 & 7),
				 .addr = off,
				 .data = r >> 35 & 0x7f ? val : (uint32_t)(r >> 3),
				 .size = 4,
				 .be = 15 };
}

static struct bus_rec host(uint64_t *rng)
{
	uint64_t r = next(rng);

	return (struct bus_rec){ .space = r & 1 ? BUS_HOST : BUS_IRQ,
				 .op = BUS_WRITE,
				 .addr = r >> 8 & 0x7f ? (1 + (r >> 16 & 15)) | r >> 48 << 32
						       : BUS_HOST_RESET,
				 .index = r >> 1 & 1,
				 .data = r >> 32 };
}

static struct bus_rec any(uint64_t *rng, const uint8_t image[256], struct bus_rec *last_beat)
{
	switch (next(rng) >> 20 & 15) {
	case 0:
		return noise(rng);
	case 1:
		return config(rng, image);
	case 2:
		return host(rng);
	case 3:
	case 4:
	case 5:
	case 6:
		return registers(rng);
	case 7:
		return mmio_registers(rng);
	default:
		return dma(rng, last_beat);
	}
}

/* Queue q's areas, sizes and statuses as a driver would write them, now and then. */
static void program(struct observer *obs, uint64_t *rng, uint64_t cycle)
{
	uint64_t r = next(rng);
	const uint32_t regs[][3] = {
		{ VIRTIO_PCI_COMMON_Q_SELECT, 2, (uint32_t)(r & 3) },
		{ VIRTIO_PCI_COMMON_Q_SIZE, 2, 1U << (r >> 2 & 7) },
		{ VIRTIO_PCI_COMMON_Q_DESCLO, 4, (uint32_t)(r >> 8 & 0xfff0) },
		{ VIRTIO_PCI_COMMON_Q_AVAILLO, 4, (uint32_t)(r >> 24 & 0xfffe) },
		{ VIRTIO_PCI_COMMON_Q_USEDLO, 4, (uint32_t)(r >> 40 & 0xfffc) },
		{ VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1 },
	};

	for (unsigned i = 0; i < sizeof(regs) / sizeof(regs[0]); i++) {
		struct bus_rec rec = { .space = BUS_BAR,
				       .op = BUS_WRITE,
				       .addr = KIT_COMMON + regs[i][0],
				       .size = (uint8_t)regs[i][1],
				       .data = regs[i][2],
				       .index = KIT_BAR,
				       .cycle = cycle };

		observer_rec(obs, &rec);
	}
}

static void check_counts(const struct observer *obs, const struct seen *seen, uint64_t fed)
{
	const struct observer_stats *stats = observer_stats(obs);

	assert_int_equal(stats->instants, seen->instants);
	assert_int_equal(stats->events, seen->events);
	assert_true(stats->records >= fed); /* snoops are records too */
}

static void anything_may_come(void **state)
{
	bool met[EV_COUNT] = { false };

	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct obs_kit *kit = kit_new(false); /* for its device */
		struct seen seen = { 0 };
		struct observer_sink sink = { .ctx = &seen, .instant = instant };
		struct bus_rec beat = { 0 };
		struct observer *obs;
		uint64_t rng = seed * 0x9e3779b97f4a7c15ULL, fed = 0;

		sink.read = seed & 1 ? read_mem : NULL;
		obs = observer_new(&sink);
		assert_non_null(obs);
		kit_device(kit);
		for (unsigned i = 0; i < 20000; i++) {
			struct bus_rec rec = any(&rng, kit->cfg, &beat);

			rec.cycle = i / 2;
			observer_rec(obs, &rec);
			fed++;
			if (!(next(&rng) >> 30 & 0xff))
				program(obs, &rng, i / 2);
		}
		observer_flush(obs);
		check_counts(obs, &seen, fed);
		for (unsigned id = 0; id < EV_COUNT; id++)
			met[id] |= seen.met[id];
		observer_free(obs);
		kit_free(kit);
	}
	/* The noise was not in vain: no event stayed unseen. */
	for (unsigned id = 0; id < EV_COUNT; id++)
		if (!met[id])
			fail_msg("%s never came", event_name(id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(anything_may_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
