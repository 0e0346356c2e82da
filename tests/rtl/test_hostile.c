/* SPDX-License-Identifier: MIT */
/*
 * A driver that means harm, over each transport: any register or configuration access, any
 * bytes in the rings, kicks, the host's requests in between, on a bus with moods. Each access
 * is answered; the device comes to rest or gets on with something; DMA that succeeds lies
 * inside the windows, and what may only be read is never written; without bus mastering
 * nothing new is mastered; a reset always ends, is followed by silence, and the device then
 * works.
 *
 * HOSTILE_SEED=n runs that seed alone; SOAK=1 runs a million operations a transport.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

#include "tests/lib/rough.h"

#define OPS       1000 /* of a seed */
#define SEEDS     10
#define SEEDS_ALL 1000
#define QUEUES    5
#define CAP_MSIX  0x98
#define RO        0x100000ULL /* a window that the device may read only */
#define RO_SIZE   0x1000U
#define PATIENCE  20000 /* cycles that an operation's consequences are watched for */
#define RESETS    4000  /* reads of the status until it has to be 0 */

struct reg {
	uint16_t off;
	uint8_t size;
};

/* What the two transports have in common, and where. */
struct transport {
	const char *dut;
	enum bus_space space;
	uint32_t bytes; /* of that space */
	struct reg status, feature_select, feature, select, size, enable;
	struct reg ring[6]; /* desc, driver, device; low, high */
	struct reg notify;
	unsigned notify_step; /* registers of queues are so far apart */
};

static const struct transport pci = {
	.dut = "balloon-pci",
	.space = BUS_BAR,
	.bytes = 0x8000,
	.status = { VIRTIO_PCI_COMMON_STATUS, 1 },
	.feature_select = { VIRTIO_PCI_COMMON_GFSELECT, 4 },
	.feature = { VIRTIO_PCI_COMMON_GF, 4 },
	.select = { VIRTIO_PCI_COMMON_Q_SELECT, 2 },
	.size = { VIRTIO_PCI_COMMON_Q_SIZE, 2 },
	.enable = { VIRTIO_PCI_COMMON_Q_ENABLE, 2 },
	.ring = { { VIRTIO_PCI_COMMON_Q_DESCLO, 4 },
		  { VIRTIO_PCI_COMMON_Q_DESCHI, 4 },
		  { VIRTIO_PCI_COMMON_Q_AVAILLO, 4 },
		  { VIRTIO_PCI_COMMON_Q_AVAILHI, 4 },
		  { VIRTIO_PCI_COMMON_Q_USEDLO, 4 },
		  { VIRTIO_PCI_COMMON_Q_USEDHI, 4 } },
	.notify = { 0x3000, 2 },
	.notify_step = 4,
};

static const struct transport mmio = {
	.dut = "balloon-mmio",
	.space = BUS_MMIO,
	.bytes = 0x200,
	.status = { VIRTIO_MMIO_STATUS, 4 },
	.feature_select = { VIRTIO_MMIO_DRIVER_FEATURES_SEL, 4 },
	.feature = { VIRTIO_MMIO_DRIVER_FEATURES, 4 },
	.select = { VIRTIO_MMIO_QUEUE_SEL, 4 },
	.size = { VIRTIO_MMIO_QUEUE_NUM, 4 },
	.enable = { VIRTIO_MMIO_QUEUE_READY, 4 },
	.ring = { { VIRTIO_MMIO_QUEUE_DESC_LOW, 4 },
		  { VIRTIO_MMIO_QUEUE_DESC_HIGH, 4 },
		  { VIRTIO_MMIO_QUEUE_AVAIL_LOW, 4 },
		  { VIRTIO_MMIO_QUEUE_AVAIL_HIGH, 4 },
		  { VIRTIO_MMIO_QUEUE_USED_LOW, 4 },
		  { VIRTIO_MMIO_QUEUE_USED_HIGH, 4 } },
	.notify = { VIRTIO_MMIO_QUEUE_NOTIFY, 4 },
};

struct hostile {
	const struct transport *on;
	struct rough *r;
	uint8_t ro[RO_SIZE];
	uint32_t pfn;             /* told last */
	uint64_t ring[QUEUES][3]; /* desc, driver, device, as last programmed */
	uint16_t added[QUEUES];   /* available index, as last written there */
};

static uint32_t any(struct hostile *h, uint32_t below)
{
	return rough_rand(h->r, below);
}

/* --- accesses ------------------------------------------------------------------------------------
 */

/* Error responses are fine, no response is not. */
static uint32_t touch(struct hostile *h, enum bus_op op, enum bus_space space, uint32_t off,
		      unsigned size, uint32_t val)
{
	struct dev_reg reg = { .space = space, .size = (uint8_t)size, .addr = off };
	int err = rough_try(h->r, op, reg, &val);

	if (err && err != -EIO)
		fail_msg("%s of 0x%x, %u bytes, in space %u: not answered",
			 op == BUS_READ ? "read" : "write", off, size, space);
	return val;
}

static void put(struct hostile *h, struct reg reg, uint32_t val)
{
	touch(h, BUS_WRITE, h->on->space, reg.off, reg.size, val);
}

static uint32_t get(struct hostile *h, struct reg reg)
{
	return touch(h, BUS_READ, h->on->space, reg.off, reg.size, 0);
}

/* What the device may do from now on is what its command register says. */
static void note_mastering(struct hostile *h)
{
	struct dev_reg reg = { .space = BUS_CFG, .size = 2, .addr = PCI_COMMAND };
	uint32_t command = PCI_COMMAND_MASTER;

	if (h->on->space == BUS_BAR)
		assert_int_equal(dev_peek(h->r->dev, reg, &command), 0);
	h->r->mastering = command & PCI_COMMAND_MASTER;
}

/* --- what a driver that means harm does
 * ------------------------------------------------------------ */

static uint32_t any_value(struct hostile *h)
{
	switch (any(h, 6)) {
	case 0:
		return 0;
	case 1:
		return UINT32_MAX;
	case 2:
		return 1U << any(h, 32);
	case 3:
		return any(h, 16);
	case 4:
		return (uint32_t)ROUGH_RAM + any(h, ROUGH_RAM_SIZE);
	default:
		return any(h, UINT32_MAX);
	}
}

static void any_access(struct hostile *h)
{
	bool config = h->on->space == BUS_BAR && !any(h, 4);
	enum bus_space space = config ? BUS_CFG : h->on->space;
	unsigned size = 1U << any(h, 3);
	uint32_t off = any(h, config ? 256 : any(h, 2) ? 64 : h->on->bytes) & ~(size - 1);

	h->r->mastering |= config;
	touch(h, any(h, 3) ? BUS_WRITE : BUS_READ, space, off, size, any_value(h));
	if (config)
		note_mastering(h);
}

static uint64_t somewhere(struct hostile *h)
{
	switch (any(h, 12)) {
	case 0:
		return (uint64_t)any(h, UINT32_MAX) << 32 | any(h, UINT32_MAX);
	case 1:
		return UINT64_MAX - any(h, 64);
	case 2:
		return RO + any(h, RO_SIZE);
	case 3:
		return ROUGH_RAM + ROUGH_RAM_SIZE - any(h, 64);
	default:
		return ROUGH_RAM + any(h, ROUGH_RAM_SIZE - 0x2000);
	}
}

/* Where the device sees memory at gpa, if that many bytes of it are there. */
static uint8_t *at(struct hostile *h, uint64_t gpa, uint64_t len)
{
	uint64_t off = gpa - ROUGH_RAM;

	return off < ROUGH_RAM_SIZE && len <= ROUGH_RAM_SIZE - off ? h->r->ram + off : NULL;
}

static void any_queue(struct hostile *h)
{
	unsigned q = any(h, QUEUES + 1);

	put(h, h->on->select, q);
	put(h, h->on->size, any(h, 4) ? 1U << any(h, 9) : any_value(h));
	for (unsigned i = 0; i < 3; i++) {
		uint64_t gpa =
			(any(h, 12) ? ROUGH_RAM + any(h, ROUGH_RAM_SIZE - 0x2000) : somewhere(h)) &
			(any(h, 8) ? ~15ULL : ~0ULL);
		uint8_t *mem = at(h, gpa, 0x400);

		put(h, h->on->ring[2 * i], (uint32_t)gpa);
		put(h, h->on->ring[2 * i + 1], (uint32_t)(gpa >> 32));
		if (q < QUEUES)
			h->ring[q][i] = gpa;
		if (mem && any(h, 12))
			memset(mem, 0, 0x400);
	}
	if (q < QUEUES)
		h->added[q] = 0;
	put(h, h->on->enable, any(h, 8) ? 1 : any_value(h));
}

/* Memory space, bus mastering, and MSI-X with any vectors, or not. */
static void any_function(struct hostile *h)
{
	h->r->mastering = true;
	touch(h, BUS_WRITE, BUS_CFG, PCI_COMMAND, 2,
	      PCI_COMMAND_MEMORY | (any(h, 8) ? PCI_COMMAND_MASTER : 0));
	touch(h, BUS_WRITE, BUS_CFG, CAP_MSIX + PCI_MSIX_FLAGS, 2, any(h, 2) << 15);
	for (unsigned v = 0; v < 6; v++)
		touch(h, BUS_WRITE, BUS_BAR, 0x4000 + 16 * v + 12, 4, !any(h, 4));
	put(h, (struct reg){ VIRTIO_PCI_COMMON_MSIX, 2 }, any(h, 7));
	for (unsigned q = 0; q < QUEUES; q++) {
		put(h, h->on->select, q);
		put(h, (struct reg){ VIRTIO_PCI_COMMON_Q_MSIX, 2 }, any(h, 7));
	}
	note_mastering(h);
}

/* Up to DRIVER_OK, by and large as it should be. */
static void any_start(struct hostile *h)
{
	if (any(h, 4))
		put(h, h->on->status, 0);
	if (h->on->space == BUS_BAR && any(h, 4))
		any_function(h);
	put(h, h->on->status, 3);
	for (unsigned i = 0; i < 2; i++) {
		put(h, h->on->feature_select, i);
		put(h, h->on->feature, any(h, 2) ? UINT32_MAX : any_value(h) | i);
	}
	put(h, h->on->status, 11);
	if (!(get(h, h->on->status) & VIRTIO_CONFIG_S_FEATURES_OK)) {
		put(h, h->on->feature_select, 0);
		put(h, h->on->feature, any(h, 64) | (any(h, 4) << VIRTIO_RING_F_INDIRECT_DESC));
		put(h, h->on->feature_select, 1);
		put(h, h->on->feature, 1);
		put(h, h->on->status, 11);
	}
	for (unsigned i = any(h, 12); i; i--)
		any_queue(h);
	put(h, h->on->status, 15);
}

/* A buffer, or several, in a queue: chains that mostly end, of what is mostly there. */
static void any_buffer(struct hostile *h)
{
	unsigned q = any(h, QUEUES), n = 1 + any(h, 4);
	uint8_t *desc = at(h, h->ring[q][0], 16 * 16), *avail = at(h, h->ring[q][1], 40);

	if (!desc || !avail)
		return;
	for (unsigned i = 0; i < 16; i++) {
		struct vring_desc d = { .addr = somewhere(h),
					.len = any(h, 8) ? 4 * any(h, 100) : any_value(h),
					.flags = any(h, 3) ? 0 : (uint16_t)any(h, 8),
					.next = (uint16_t)any(h, any(h, 8) ? 16 : 65536) };

		if (any(h, 2))
			memcpy(desc + 16 * i, &d, sizeof(d));
	}
	for (unsigned i = 0; i < 16; i++)
		avail[4 + 2 * i] = (uint8_t)any(h, any(h, 16) ? 8 : 256);
	h->added[q] = (uint16_t)(h->added[q] + n);
	memcpy(avail + 2, &h->added[q], 2);
}

/* Bytes in the rings: noise, descriptors that look like some, or indices nearby. */
static void any_memory(struct hostile *h)
{
	unsigned at = any(h, ROUGH_RAM_SIZE - 0x1000), n = 1 + any(h, 64);

	for (unsigned i = 0; i < n; i++) {
		struct vring_desc desc = { .addr = somewhere(h),
					   .len = any(h, 3) ? any(h, 600) : any_value(h),
					   .flags = (uint16_t)any(h, 8),
					   .next = (uint16_t)any(h, any(h, 4) ? 8 : 65536) };

		if (any(h, 4))
			memcpy(h->r->ram + (at & ~15U) + 16 * i, &desc, sizeof(desc));
		else
			memset(h->r->ram + at + i, (int)any(h, 3), 4);
	}
}

static void any_kick(struct hostile *h)
{
	unsigned q = any(h, QUEUES + 1);
	struct reg reg = h->on->notify;

	reg.off = (uint16_t)(reg.off + q * h->on->notify_step);
	put(h, reg, any(h, 8) ? q : any_value(h));
}

static void any_host(struct hostile *h)
{
	switch (any(h, 4)) {
	case 0:
		dev_set_target(h->r->dev, any_value(h));
		break;
	case 1:
		dev_poll_stats(h->r->dev);
		break;
	case 2:
		dev_set_hint(h->r->dev, any(h, 2) ? any(h, 2) : dev_next_hint(h->r->dev));
		break;
	default:
		dev_step(h->r->dev, any(h, 300));
	}
}

/*
 * A ring inside a ring can keep the device busy for ever, and may: but with something. That
 * it works on for nothing to be seen of it is a hang.
 */
static void watch(struct hostile *h)
{
	uint64_t end = dev_cycle(h->r->dev) + PATIENCE;

	while (dev_cycle(h->r->dev) < end) {
		uint64_t before = h->r->reads + h->r->writes + h->r->pages + h->r->messages;

		if (!dev_run_for(h->r->dev, PATIENCE / 4))
			return;
		if (h->r->reads + h->r->writes + h->r->pages + h->r->messages == before)
			fail_msg("cycle %llu: busy with nothing",
				 (unsigned long long)dev_cycle(h->r->dev));
	}
}

/* --- and then it has to work
 * ------------------------------------------------------------------------- */

static void silent(struct hostile *h)
{
	uint64_t reads = h->r->reads, writes = h->r->writes;
	unsigned pages = h->r->pages, messages = h->r->messages;

	dev_step(h->r->dev, 60);
	assert_true(h->r->reads == reads && h->r->writes == writes);
	assert_true(h->r->pages == pages && h->r->messages == messages);
}

static void on_page(void *ctx, enum dev_page dir, uint32_t pfn)
{
	struct hostile *h = ctx;

	(void)dir;
	h->pfn = pfn;
}

static void recovers(struct hostile *h)
{
	const uint64_t area[3] = { ROUGH_RAM, ROUGH_RAM + 0x1000, ROUGH_RAM + 0x2000 };
	const uint32_t pfn = 0x10000 + any(h, 0x10000);
	const struct vring_desc desc = { .addr = ROUGH_RAM + 0x3000, .len = 4 };
	const uint16_t one = 1;
	uint64_t bad;
	uint16_t used;

	if (h->on->space == BUS_BAR) {
		h->r->mastering = true;
		touch(h, BUS_WRITE, BUS_CFG, PCI_COMMAND, 2,
		      PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	}
	put(h, h->on->status, 0);
	for (unsigned i = 0; get(h, h->on->status); i++)
		if (i > RESETS)
			fail_msg("the reset does not end");
	silent(h);
	bad = h->r->bad;
	memset(h->r->ram, 0, 0x4000);
	put(h, h->on->status, 3);
	put(h, h->on->feature_select, 1);
	put(h, h->on->feature, 1); /* VERSION_1 */
	put(h, h->on->status, 11);
	assert_int_equal(get(h, h->on->status), 11);
	put(h, h->on->select, 0);
	put(h, h->on->size, 8);
	for (unsigned i = 0; i < 3; i++) {
		put(h, h->on->ring[2 * i], (uint32_t)area[i]);
		put(h, h->on->ring[2 * i + 1], 0);
	}
	put(h, h->on->enable, 1);
	put(h, h->on->status, 15);
	rough_poke(h->r, desc.addr, &pfn, 4);
	rough_poke(h->r, area[0], &desc, sizeof(desc));
	rough_poke(h->r, area[1] + 2, &one, 2);
	put(h, h->on->notify, 0);
	assert_true(rough_settle(h->r));
	rough_peek(h->r, area[2] + 2, &used, 2);
	if (h->r->bad == bad) { /* memory has not failed meanwhile */
		assert_int_equal(used, 1);
		assert_int_equal(h->pfn, pfn);
	}
	put(h, h->on->status, 0);
}

/* --- a life
 * ------------------------------------------------------------------------------------------ */

static void on_dma(void *ctx, const struct bus_rec *rec)
{
	struct hostile *h = ctx;
	bool ram = rec->addr - ROUGH_RAM < ROUGH_RAM_SIZE;
	bool ro = rec->addr - RO < RO_SIZE && rec->op == BUS_READ;

	(void)h;
	if (rec->resp == BUS_OKAY && rec->be && !ram && !ro)
		fail_msg("DMA to 0x%llx, outside the windows", (unsigned long long)rec->addr);
}

static void operate(struct hostile *h)
{
	unsigned what = any(h, 64);

	if (what < 14)
		any_access(h);
	else if (what < 18)
		any_memory(h);
	else if (what < 34)
		any_buffer(h);
	else if (what < 48)
		any_kick(h);
	else if (what < 50)
		any_queue(h);
	else if (what < 58)
		any_start(h);
	else if (what < 62)
		any_host(h);
	else
		recovers(h);
	if (!any(h, 4))
		watch(h);
}

/* Returns how many beats of DMA memory refused. */
static uint64_t run_seed(const struct transport *on, uint64_t seed)
{
	uint64_t refused;
	const struct skew skew = { .on = seed % 3, .seed = seed, .errors = seed % 5 ? 0 : 500 };
	struct hostile *h = calloc(1, sizeof(*h));
	struct mem_window win = {
		.gpa = RO, .size = RO_SIZE, .prot = MEM_R, .fd = -1, .host = h ? h->ro : NULL
	};

	assert_non_null(h);
	h->on = on;
	h->r = rough_new(on->dut, seed, &skew);
	h->r->ctx = h;
	h->r->page = on_page;
	h->r->dma = on_dma;
	memset(h->ro, 0x5a, RO_SIZE);
	assert_int_equal(mem_map(h->r->mem, &win), 0);
	note_mastering(h);
	for (unsigned i = 0; i < OPS; i++)
		operate(h);
	recovers(h);
	for (unsigned i = 0; i < RO_SIZE; i++)
		assert_int_equal(h->ro[i], 0x5a);
	fprintf(stderr, "#   %llu DMA beats, %llu of them refused; %u pages, %u messages\n",
		(unsigned long long)(h->r->reads + h->r->writes), (unsigned long long)h->r->bad,
		h->r->pages, h->r->messages);
	/* It was a driver of sorts. */
	assert_true(h->r->reads > 100 && h->r->writes > 10 && h->r->pages > 10);
	refused = h->r->bad;
	rough_free(h->r);
	free(h);
	return refused;
}

static void seeds(void **state)
{
	const struct transport *on = *state;
	const char *one = getenv("HOSTILE_SEED"), *soak = getenv("SOAK");
	unsigned n = soak && *soak == '1' ? SEEDS_ALL : SEEDS;
	uint64_t refused = 0;

	if (one) {
		run_seed(on, strtoull(one, NULL, 0));
		return;
	}
	for (unsigned seed = 1; seed <= n; seed++) {
		/* A failure leaves the function: say first whose it would be. */
		fprintf(stderr, "# %s HOSTILE_SEED=%u\n", on->dut, seed);
		refused += run_seed(on, seed);
	}
	assert_true(refused > n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ .name = "balloon-pci", .test_func = seeds, .initial_state = (void *)&pci },
		{ .name = "balloon-mmio", .test_func = seeds, .initial_state = (void *)&mmio },
	};

	return cmocka_run_group_tests_name("rtl/hostile", tests, NULL, NULL);
}
