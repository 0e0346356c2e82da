/* SPDX-License-Identifier: MIT */
/*
 * The entropy device, and with it the queue engine's other half: bytes into a buffer's
 * writable room. What must be there is computed from the generator's definition.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

#include "tests/lib/hw.h"

#define SEED 0x0123456789abcdefULL
#define MOST 256 /* bytes that a buffer gets */
#define FILL 0x5a

static struct hw *make(uint64_t seed)
{
	struct dev_config cfg = { .dut = "rng-pci", .features = DEV_FEATURES_ALL, .seed = seed };
	struct hw *hw = hw_new_cfg(&cfg);

	hw_enable(hw);
	return hw;
}

static int setup(void **state)
{
	*state = make(SEED);
	return 0;
}

/* Marsaglia, "Xorshift RNGs" (2003): the 64-bit generator with shifts 13, 7, 17. */
static uint64_t next(uint64_t *state)
{
	uint64_t now = *state;

	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return now;
}

/* What a segment of `len` bytes gets: whole beats of the stream, the last one cut. */
static void stream(uint64_t *rng, uint8_t *bytes, unsigned len)
{
	for (unsigned i = 0; i < len; i += 8) {
		uint64_t beat = next(rng);

		memcpy(bytes + i, &beat, len - i < 8 ? len - i : 8);
	}
}

static struct hw_seg room(uint64_t addr, uint32_t len)
{
	return (struct hw_seg){ .addr = addr, .len = len, .flags = VRING_DESC_F_WRITE };
}

static void wipe(struct hw *hw, uint64_t addr, unsigned len)
{
	memset(hw->ram + (addr - HW_RAM), FILL, len);
}

/* `want` bytes of the stream at addr, and untouched ones around them. */
static void expect(struct hw *hw, uint64_t *rng, uint64_t addr, unsigned want, unsigned around)
{
	const uint8_t *at = hw->ram + (addr - HW_RAM);
	uint8_t bytes[MOST];

	assert_true(want <= sizeof(bytes));
	stream(rng, bytes, want);
	assert_memory_equal(at, bytes, want);
	for (unsigned i = 1; i <= around; i++) {
		assert_int_equal(at[-(int)i], FILL);
		assert_int_equal(at[want + i - 1], FILL);
	}
}

/* One buffer of these segments; the length that comes back with it. */
static uint32_t ask(struct hw *hw, const struct hw_seg *seg, unsigned n)
{
	uint16_t used = hw_used_idx(hw, 0);
	unsigned head = used * 3U % hw->queue[0].size;

	hw_chain(hw, 0, head, seg, n);
	hw_notify(hw, 0);
	assert_int_equal(hw_used_idx(hw, 0), (uint16_t)(used + 1));
	assert_int_equal(hw_used_id(hw, 0, used), head);
	return hw_used_len(hw, 0, used);
}

static void start(struct hw *hw, unsigned size)
{
	hw_start_with(hw, 0, 1, size);
}

/* 4.1.2.1, 5.4: the ids, one queue, no device configuration and so no capability for it. */
static void identity(void **state)
{
	struct hw *hw = *state;
	unsigned seen = 0, cap = hw_cfg_read(hw, PCI_CAPABILITY_LIST, 1);

	assert_int_equal(hw_cfg_read(hw, PCI_VENDOR_ID, 2), 0x1af4);
	assert_int_equal(hw_cfg_read(hw, PCI_DEVICE_ID, 2), 0x1040 + VIRTIO_ID_RNG);
	for (; cap; cap = hw_cfg_read(hw, cap + PCI_CAP_LIST_NEXT, 1)) {
		if (hw_cfg_read(hw, cap, 1) != PCI_CAP_ID_VNDR)
			continue;
		seen |= 1U << hw_cfg_read(hw, cap + offsetof(struct virtio_pci_cap, cfg_type), 1);
	}
	assert_int_equal(seen, 1U << VIRTIO_PCI_CAP_COMMON_CFG | 1U << VIRTIO_PCI_CAP_NOTIFY_CFG |
				       1U << VIRTIO_PCI_CAP_ISR_CFG | 1U << VIRTIO_PCI_CAP_PCI_CFG);
	assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_NUMQ, 2), 1);
	hw_write(hw, VIRTIO_PCI_COMMON_Q_SELECT, 2, 1);
	assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_Q_SIZE, 2), 0);
	hw_write(hw, VIRTIO_PCI_COMMON_Q_SELECT, 2, 0);
	assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_Q_SIZE, 2), 256);
	assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_DF, 4) & 0xffffff, 0);
}

/* Each length at each alignment, across page boundaries too. */
static void lengths(void **state)
{
	static const unsigned len[] = { 1, 2, 3, 7, 8, 9, 15, 16, 17, 63, 64, 65, 255, 256 };
	struct hw *hw = *state;
	uint64_t rng = SEED;

	start(hw, 8);
	for (unsigned i = 0; i < sizeof(len) / sizeof(len[0]); i++) {
		for (unsigned skew = 0; skew < 8; skew++) {
			uint64_t at = HW_DATA + 0x1000 - 8 * (i % 3) + skew;
			struct hw_seg seg = room(at, len[i]);

			wipe(hw, at - 16, len[i] + 32);
			assert_int_equal(ask(hw, &seg, 1), len[i]);
			expect(hw, &rng, at, len[i], 16);
		}
	}
	assert_true(hw->intx);
}

/* 2.7.4.1: how a buffer is cut is no matter; its length is the sum. */
static void segments(void **state)
{
	struct hw *hw = *state;
	const struct hw_seg seg[] = { room(HW_DATA + 5, 3),      room(HW_DATA + 0x100, 0),
				      room(HW_DATA + 0x201, 40), room(HW_DATA + 0x300, 8),
				      room(HW_DATA + 0xffe, 17), room(HW_DATA + 0x2000, 1) };
	uint64_t rng = SEED;

	start(hw, 16);
	wipe(hw, HW_DATA, 0x3000);
	assert_int_equal(ask(hw, seg, 6), 3 + 40 + 8 + 17 + 1);
	for (unsigned i = 0; i < 6; i++)
		expect(hw, &rng, seg[i].addr, seg[i].len, 4);
}

/* 5.4.6.1: a long buffer gets what there is, and its length says how much that is. */
static void partial(void **state)
{
	struct hw *hw = *state;
	const struct hw_seg cut[] = { room(HW_DATA, 200), room(HW_DATA + 0x200, 100),
				      room(HW_DATA + 0x400, 100) };
	const struct hw_seg whole = room(HW_DATA + 0x1000, 0x8000);
	uint64_t rng = SEED;

	start(hw, 8);
	wipe(hw, HW_DATA, 0xa000);
	assert_int_equal(ask(hw, &whole, 1), MOST);
	expect(hw, &rng, whole.addr, MOST, 16);
	assert_int_equal(ask(hw, cut, 3), MOST);
	expect(hw, &rng, cut[0].addr, 200, 0);
	expect(hw, &rng, cut[1].addr, MOST - 200, 0);
	expect(hw, &rng, cut[2].addr, 0, 16);
	expect(hw, &rng, cut[1].addr + MOST - 200, 0, 0);
	assert_int_equal(hw->ram[cut[1].addr - HW_RAM + MOST - 200], FILL);
	wipe(hw, HW_DATA, 0xa000);
	assert_int_equal(ask(hw, &cut[1], 1), 100); /* and the next buffer is entitled anew */
	expect(hw, &rng, cut[1].addr, 100, 16);
}

/* A driver must not send readable bytes (5.4.6.1): thrown away. No room: nothing written. */
static void readable(void **state)
{
	struct hw *hw = *state;
	const struct hw_seg seg[] = { { .addr = HW_DATA, .len = 100 }, room(HW_DATA + 0x100, 24) };
	uint64_t rng = SEED;

	start(hw, 8);
	wipe(hw, HW_DATA, 0x200);
	assert_int_equal(ask(hw, seg, 1), 0);
	assert_int_equal(ask(hw, seg, 2), 24);
	expect(hw, &rng, seg[1].addr, 24, 16);
	assert_int_equal(ask(hw, &(struct hw_seg){ .addr = HW_DATA }, 1), 0);
}

/* 2.7.5.3: the room lies in an indirect table. */
static void indirect(void **state)
{
	struct hw *hw = *state;
	const struct vring_desc table[] = {
		{ HW_DATA, 20, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, 2 },
		{ 0 },
		{ HW_DATA + 0x40, 12, VRING_DESC_F_WRITE, 0 },
	};
	const struct hw_seg seg = { HW_DATA + 0x1000, sizeof(table), VRING_DESC_F_INDIRECT };
	uint64_t rng = SEED;

	hw_start_with(hw, HW_BIT(VIRTIO_RING_F_INDIRECT_DESC), 1, 8);
	wipe(hw, HW_DATA, 0x100);
	hw_poke(hw, HW_DATA + 0x1000, table, sizeof(table));
	assert_int_equal(ask(hw, &seg, 1), 32);
	expect(hw, &rng, HW_DATA, 20, 0);
	expect(hw, &rng, HW_DATA + 0x40, 12, 16);
}

/* Room that is no memory, or ends in the middle: the device gives up, unused, and recovers. */
static void nowhere(void **state)
{
	struct hw *hw = *state;
	const struct hw_seg bad[] = { room(HW_NOWHERE, 8), room(HW_RAM + HW_RAM_SIZE - 100, 200),
				      room(UINT64_MAX - 3, 8) };
	const struct hw_seg good = room(HW_DATA, 32);

	for (unsigned i = 0; i < 3; i++) {
		start(hw, 8);
		hw_chain(hw, 0, 0, &bad[i], 1);
		hw_notify(hw, 0);
		assert_true(hw_status(hw) & VIRTIO_CONFIG_S_NEEDS_RESET);
		assert_int_equal(hw_used_idx(hw, 0), 0);
		start(hw, 8);
		assert_int_equal(ask(hw, &good, 1), 32);
	}
}

/* The bytes are there before the used element, the element before the index, that before INTx. */
struct order {
	uint64_t data, used;
	unsigned bytes, elem;
	bool index;
};

static void watch_order(struct hw *hw, const struct bus_rec *rec)
{
	struct order *order = hw->watch_ctx;

	if (rec->space == BUS_IRQ && rec->data)
		assert_true(order->index);
	if (rec->space != BUS_DMA || rec->op != BUS_WRITE)
		return;
	for (unsigned lane = 0; lane < 8; lane++) {
		uint64_t at = rec->addr + lane;

		if (!(rec->be >> lane & 1))
			continue;
		if (at >= order->data) {
			assert_int_equal(order->elem, 0);
			order->bytes++;
		} else if (at - order->used >= 4) {
			assert_int_equal(order->bytes, 100);
			order->elem++;
		} else {
			assert_int_equal(order->elem, 8);
			order->index = true;
		}
	}
}

static void used_order(void **state)
{
	struct hw *hw = *state;
	const struct hw_seg seg[] = { room(HW_DATA + 3, 60), room(HW_DATA + 0x1003, 40) };
	struct order order = { .data = HW_DATA };

	start(hw, 8);
	order.used = hw->queue[0].used;
	hw->watch = watch_order;
	hw->watch_ctx = &order;
	assert_int_equal(ask(hw, seg, 2), 100);
	assert_true(order.index && hw->intx);
}

/* Bus mastering off in each cycle of a fill: it waits, and goes on when it may. */
static void bus_master(void **state)
{
	struct hw *hw = *state;
	const struct hw_seg seg = room(HW_DATA + 0xffc, 200); /* three bursts */
	uint64_t rng = SEED;
	uint16_t used = 0;

	start(hw, 8);
	for (unsigned delay = 0; delay < 120; delay++) {
		wipe(hw, HW_DATA + 0xf00, 0x400);
		hw_chain(hw, 0, 0, &seg, 1);
		hw_post(hw, HW_NOTIFY, 2, 0);
		dev_step(hw->dev, delay);
		hw_cfg_write(hw, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
		hw->dma_reads = hw->dma_writes = 0;
		dev_step(hw->dev, 50);
		assert_int_equal(hw->dma_reads + hw->dma_writes, 0);
		hw_enable(hw);
		assert_int_equal(hw_used_idx(hw, 0), ++used);
		assert_int_equal(hw_used_len(hw, 0, used - 1U), 200);
		expect(hw, &rng, seg.addr, 200, 16);
	}
}

/* A reset of the device or its queue in each cycle of a fill: then silence, then anew. */
static void reset_anywhere(void **state)
{
	struct hw *hw = *state;
	const struct hw_seg seg[] = { room(HW_DATA + 0xffc, 40), room(HW_DATA + 0x2000, 100) };
	const struct hw_seg next_seg = room(HW_DATA + 0x3000, MOST);
	unsigned done = 0;

	for (unsigned delay = 0; done < 2; delay++) {
		bool whole = delay % 2;

		assert_true(delay < 400);
		hw_start_with(hw, HW_BIT(VIRTIO_F_RING_RESET), 1, 8);
		hw_chain(hw, 0, 0, seg, 2);
		hw_post(hw, HW_NOTIFY, 2, 0);
		dev_step(hw->dev, delay / 2);
		done += hw_used_idx(hw, 0);
		if (whole)
			hw_post(hw, VIRTIO_PCI_COMMON_STATUS, 1, 0);
		else
			hw_post(hw, VIRTIO_PCI_COMMON_Q_RESET, 2, 1);
		for (unsigned i = 0;
		     whole ? hw_status(hw) : hw_read(hw, VIRTIO_PCI_COMMON_Q_RESET, 2); i++)
			assert_true(i < 100);
		hw->dma_reads = hw->dma_writes = 0;
		hw_run(hw);
		dev_step(hw->dev, 50);
		assert_int_equal(hw->dma_reads + hw->dma_writes, 0);
		if (whole)
			start(hw, 8);
		else
			hw_queue(hw, 0, 8, 0);
		assert_int_equal(ask(hw, &next_seg, 1), MOST); /* nothing of the old one counted */
	}
}

/* The seed decides; without one there still is a stream. A reset does not bring it back. */
static void seeds(void **state)
{
	const struct hw_seg seg = room(HW_DATA, 64);
	const uint64_t seed[] = { SEED, SEED + 1, 0 };
	uint8_t got[4][64];

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct hw *hw = make(seed[i]);

		start(hw, 8);
		assert_int_equal(ask(hw, &seg, 1), 64);
		hw_peek(hw, HW_DATA, got[i], 64);
		start(hw, 8);
		assert_int_equal(ask(hw, &seg, 1), 64);
		hw_peek(hw, HW_DATA, got[3], 64);
		assert_memory_not_equal(got[i], got[3], 64);
		hw_free(hw);
	}
	assert_memory_not_equal(got[0], got[1], 64);
	assert_memory_not_equal(got[0], got[2], 64);
	assert_memory_not_equal(got[1], got[2], 64);
}

/* A full ring, twice round: each buffer once, in order. */
static void full_ring(void **state)
{
	struct hw *hw = *state;
	uint64_t rng = SEED;

	start(hw, 256);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 256; i++) {
			struct hw_seg seg = room(HW_DATA + 64 * i, 1 + i % 64);

			hw_chain(hw, 0, i, &seg, 1);
		}
		hw_notify(hw, 0);
		assert_int_equal(hw_used_idx(hw, 0), 256 * (round + 1));
		for (unsigned i = 0; i < 256; i++) {
			assert_int_equal(hw_used_id(hw, 0, i), i);
			assert_int_equal(hw_used_len(hw, 0, i), 1 + i % 64);
			expect(hw, &rng, HW_DATA + 64 * i, 1 + i % 64, 0);
		}
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, hw_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(identity),   T(lengths),        T(segments),  T(partial),
		T(readable),   T(indirect),       T(nowhere),   T(used_order),
		T(bus_master), T(reset_anywhere), T(full_ring), cmocka_unit_test(seeds)
	};

	return cmocka_run_group_tests_name("rtl/rng", tests, NULL, NULL);
}
