/* SPDX-License-Identifier: MIT */
/* Buffers through the queue engine: framing, alignment, wrap and order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

#include "tests/lib/hw.h"

static void inflate_deflate(void **state)
{
	struct hw *hw = *state;
	struct hw_seg seg = { .addr = HW_DATA, .len = 4 * 256 };

	hw_start(hw, 256);
	hw_pfns(hw, HW_DATA, 0x1000, 256);
	hw_chain(hw, HW_INFLATE, 3, &seg, 1);
	hw_notify(hw, HW_INFLATE);
	hw_expect_pages(hw, DEV_INFLATE, 0x1000, 256);
	assert_int_equal(hw_used_idx(hw, HW_INFLATE), 1);
	assert_int_equal(hw_used_id(hw, HW_INFLATE, 0), 3);
	assert_int_equal(hw_used_len(hw, HW_INFLATE, 0), 0);
	hw_chain(hw, HW_DEFLATE, 7, &seg, 1);
	hw_notify(hw, HW_DEFLATE);
	hw_expect_pages(hw, DEV_DEFLATE, 0x1000, 256);
	assert_int_equal(hw_used_idx(hw, HW_DEFLATE), 1);
	assert_int_equal(hw_used_id(hw, HW_DEFLATE, 0), 7);
	assert_int_equal(hw_used_idx(hw, HW_INFLATE), 1);
}

/* DEV-2.7.4.1-1: the same bytes, cut everywhere, at every alignment. */
static void framing(void **state)
{
	struct hw *hw = *state;
	unsigned used = 0;

	hw_start(hw, 64);
	for (unsigned step = 1; step <= 13; step++) {
		for (unsigned skew = 0; skew < 8; skew++) {
			uint8_t bytes[4 * 10];
			struct hw_seg seg[40];
			unsigned n = 0;
			uint64_t at = HW_DATA + skew;

			hw_pfns(hw, HW_DATA + 0x1000, 77 * step, 10);
			hw_peek(hw, HW_DATA + 0x1000, bytes, sizeof(bytes));
			for (unsigned done = 0; done < sizeof(bytes); n++) {
				unsigned len = step + n % 2;

				if (len > sizeof(bytes) - done)
					len = sizeof(bytes) - done;
				hw_poke(hw, at, bytes + done, len);
				seg[n] = (struct hw_seg){ .addr = at, .len = len };
				at += len + 3 * (n % 5); /* apart, so no neighbour helps */
				done += len;
			}
			hw_chain(hw, HW_INFLATE, used % 64, seg, n);
			hw_notify(hw, HW_INFLATE);
			hw_expect_pages(hw, DEV_INFLATE, 77 * step, 10);
			assert_int_equal(hw_used_id(hw, HW_INFLATE, used), used % 64);
			assert_int_equal(hw_used_idx(hw, HW_INFLATE), ++used);
		}
	}
}

/* One segment, every length and alignment; a rest of 1 to 3 bytes is no page. */
static void lengths(void **state)
{
	struct hw *hw = *state;

	hw_start(hw, 4);
	for (unsigned skew = 0; skew < 8; skew++) {
		hw_pfns(hw, HW_DATA + skew, 0x500, 64);
		for (unsigned len = 0; len < 100; len++) {
			struct hw_seg seg = { .addr = HW_DATA + skew, .len = len };

			hw_chain(hw, HW_DEFLATE, 2, &seg, 1);
			hw_notify(hw, HW_DEFLATE);
			hw_expect_pages(hw, DEV_DEFLATE, 0x500, len / 4);
		}
	}
	assert_int_equal(hw_used_idx(hw, HW_DEFLATE), 800);
}

/* Bursts stop at 4 KiB: 64 KiB from an odd address. The BFM asserts nothing, so watch. */
struct burst_watch {
	uint64_t next;
	unsigned beats;
};

static void watch_bursts(struct hw *hw, const struct bus_rec *rec)
{
	struct burst_watch *watch = hw->watch_ctx;

	if (rec->space != BUS_DMA || rec->op != BUS_READ)
		return;
	if (watch->beats) {
		assert_int_equal(rec->addr, watch->next);
		assert_int_not_equal(rec->addr % 4096, 0);
	}
	watch->next = rec->addr + 8;
	watch->beats = rec->flags & BUS_F_LAST ? 0 : watch->beats + 1;
	assert_true(watch->beats < 256);
}

static void long_buffer(void **state)
{
	struct hw *hw = *state;
	struct hw_seg seg = { .addr = HW_DATA + 0xffd, .len = 0x10000 };
	struct burst_watch watch = { 0 };
	uint64_t start;

	hw_start(hw, 4);
	hw_pfns(hw, seg.addr, 1, 0x4000);
	hw_chain(hw, HW_INFLATE, 0, &seg, 1);
	hw->watch = watch_bursts;
	hw->watch_ctx = &watch;
	start = dev_cycle(hw->dev);
	hw_notify(hw, HW_INFLATE);
	hw_expect_pages(hw, DEV_INFLATE, 1, 0x4000);
	assert_true(dev_cycle(hw->dev) - start < 0x4000 + 0x4000 / 8); /* about a page a cycle */
}

static void ring_wrap(void **state)
{
	static const unsigned sizes[] = { 1, 2, 8, 256 };
	struct hw *hw = *state;

	for (unsigned s = 0; s < 4; s++) {
		unsigned size = sizes[s], n = 0;

		hw_start(hw, size);
		while (n < 2 * size + 5) {
			unsigned batch = 1 + n % size, first = n;

			for (unsigned i = 0; i < batch; i++, n++) {
				struct hw_seg seg = { .addr = HW_DATA + 8 * (n % 512), .len = 4 };

				hw_pfns(hw, seg.addr, n, 1);
				hw_chain(hw, HW_INFLATE, n % size, &seg, 1);
			}
			hw_notify(hw, HW_INFLATE);
			hw_expect_pages(hw, DEV_INFLATE, first, batch);
			assert_int_equal(hw_used_idx(hw, HW_INFLATE), n);
			for (unsigned i = first; i < n; i++)
				assert_int_equal(hw_used_id(hw, HW_INFLATE, i), i % size);
		}
	}
}

/* Indices run past 65535. */
static void index_wrap(void **state)
{
	struct hw *hw = *state;
	unsigned pages = 0;

	hw_start(hw, 256);
	hw_pfns(hw, HW_DATA, 9, 1);
	for (unsigned round = 0; round < 258; round++) {
		struct hw_seg seg = { .addr = HW_DATA, .len = 4 };

		for (unsigned i = 0; i < 256; i++)
			hw_chain(hw, HW_DEFLATE, i, &seg, 1);
		hw_notify(hw, HW_DEFLATE);
		pages += hw->npages;
		hw->npages = 0;
	}
	assert_int_equal(pages, 258 * 256);
	assert_int_equal(hw_used_idx(hw, HW_DEFLATE), (uint16_t)(258 * 256));
}

static void full_chain(void **state)
{
	struct hw *hw = *state;
	struct hw_seg seg[256];

	hw_start(hw, 256);
	hw_pfns(hw, HW_DATA, 0, 256);
	for (unsigned i = 0; i < 256; i++)
		seg[i] = (struct hw_seg){ .addr = HW_DATA + 4 * i, .len = 4 };
	hw_chain(hw, HW_INFLATE, 100, seg, 256);
	hw_notify(hw, HW_INFLATE);
	hw_expect_pages(hw, DEV_INFLATE, 0, 256);
	assert_int_equal(hw_used_id(hw, HW_INFLATE, 0), 100);
}

/* Areas at the least alignment that 2.7 allows; nothing else of them is written. */
static void least_alignment(void **state)
{
	struct hw *hw = *state;

	for (unsigned skew = 1; skew < 4; skew++) {
		struct hw_seg seg = { .addr = HW_DATA, .len = 4 };
		uint8_t area[4 + 8 * 4 + 8], zero[4] = { 0 };

		hw_negotiate(hw, 0);
		hw_queue(hw, HW_INFLATE, 4, skew);
		hw_driver_ok(hw);
		memset(area, 0xee, sizeof(area));
		hw_poke(hw, hw->queue[0].used + 4, area, sizeof(area) - 4);
		for (unsigned i = 0; i < 3; i++) {
			hw_pfns(hw, HW_DATA, 50 + i, 1);
			hw_chain(hw, HW_INFLATE, i, &seg, 1);
			hw_notify(hw, HW_INFLATE);
			hw_expect_pages(hw, DEV_INFLATE, 50 + i, 1);
			assert_int_equal(hw_used_id(hw, HW_INFLATE, i), i);
			assert_int_equal(hw_used_len(hw, HW_INFLATE, i), 0);
		}
		hw_peek(hw, hw->queue[0].used, area, sizeof(area));
		assert_memory_equal(area, zero, 2); /* flags */
		for (unsigned i = 4 + 8 * 3; i < sizeof(area) - 4; i++)
			assert_int_equal(area[i], 0xee);
	}
}

/* Added before DRIVER_OK, notified or not: untouched until then, found right after. */
static void before_driver_ok(void **state)
{
	struct hw *hw = *state;
	struct hw_seg seg = { .addr = HW_DATA, .len = 8 };

	for (unsigned notified = 0; notified < 2; notified++) {
		hw_negotiate(hw, 0);
		hw_queue(hw, HW_INFLATE, 8, 0);
		hw_queue(hw, HW_DEFLATE, 8, 0);
		hw->dma_reads = 0;
		hw_pfns(hw, HW_DATA, 4, 2);
		hw_chain(hw, HW_DEFLATE, 0, &seg, 1);
		if (notified)
			hw_notify(hw, HW_DEFLATE);
		assert_int_equal(hw->dma_reads, 0);
		hw_driver_ok(hw);
		hw_expect_pages(hw, DEV_DEFLATE, 4, 2);
	}
}

/* Enabled after DRIVER_OK: looked at at once. Not enabled: notifying does nothing. */
static void late_enable(void **state)
{
	struct hw *hw = *state;

	hw_negotiate(hw, 0);
	hw_driver_ok(hw);
	hw_notify(hw, HW_INFLATE);
	hw_write(hw, HW_NOTIFY + 4 * 4, 2, 4); /* no such queue yet */
	assert_int_equal(hw->dma_reads, 0);
	hw_queue(hw, HW_INFLATE, 8, 0);
	assert_int_equal(hw->dma_reads, 1);
	hw_notify(hw, HW_INFLATE); /* redundant, harmless */
	assert_int_equal(hw->dma_reads, 2);
	assert_int_equal(hw_used_idx(hw, HW_INFLATE), 0);
}

/* Writable descriptors behind the readable ones are left alone. */
static void writable_tail(void **state)
{
	struct hw *hw = *state;
	struct hw_seg seg[] = { { .addr = HW_DATA, .len = 8 },
				{ .addr = HW_DATA + 64, .len = 8, .flags = VRING_DESC_F_WRITE } };
	uint64_t val;

	hw_start(hw, 8);
	hw_pfns(hw, HW_DATA, 4, 2);
	hw_pfns(hw, HW_DATA + 64, 0x77, 2);
	hw_chain(hw, HW_INFLATE, 0, seg, 2);
	hw_notify(hw, HW_INFLATE);
	hw_expect_pages(hw, DEV_INFLATE, 4, 2);
	hw_peek(hw, HW_DATA + 64, &val, 8);
	assert_int_equal(val, 0x7800000077);
	assert_int_equal(hw_used_len(hw, HW_INFLATE, 0), 0);
	hw_chain(hw, HW_INFLATE, 4, seg, 2); /* and the next buffer is as good */
	hw_notify(hw, HW_INFLATE);
	hw_expect_pages(hw, DEV_INFLATE, 4, 2);
}

/* A rest of bytes does not leak into the next buffer. */
static void rest_is_dropped(void **state)
{
	struct hw *hw = *state;
	struct hw_seg seg[] = { { .addr = HW_DATA, .len = 7 }, { .addr = HW_DATA + 64, .len = 4 } };

	hw_start(hw, 8);
	hw_pfns(hw, HW_DATA, 4, 2);
	hw_pfns(hw, HW_DATA + 64, 5, 1);
	hw_chain(hw, HW_INFLATE, 0, &seg[0], 1);
	hw_chain(hw, HW_INFLATE, 1, &seg[1], 1);
	hw_notify(hw, HW_INFLATE);
	hw_expect_pages(hw, DEV_INFLATE, 4, 2);
}

/* Written after the buffer's last page was taken, in this order: element, index. */
struct order_watch {
	unsigned pages, elems, indices;
	uint64_t used;
};

static void watch_order(struct hw *hw, const struct bus_rec *rec)
{
	struct order_watch *watch = hw->watch_ctx;

	if (rec->space == BUS_HOST && rec->addr == BUS_HOST_INFLATE)
		watch->pages++;
	if (rec->space == BUS_IRQ && rec->data)
		assert_int_equal(watch->indices, 1);
	if (rec->space != BUS_DMA || rec->op != BUS_WRITE)
		return;
	assert_int_equal(watch->pages, 100);
	for (unsigned lane = 0; lane < 8; lane++) {
		uint64_t at = rec->addr + lane - watch->used;

		if (!(rec->be >> lane & 1))
			continue;
		if (at == 2 || at == 3) {
			assert_int_equal(watch->elems, 8);
			watch->indices = 1;
		} else {
			assert_in_range(at, 4, 11);
			assert_int_equal(watch->indices, 0);
			watch->elems++;
		}
	}
}

static void used_order(void **state)
{
	struct hw *hw = *state;
	struct hw_seg seg = { .addr = HW_DATA, .len = 400 };
	struct order_watch watch = { 0 };

	hw_start(hw, 8);
	hw_pfns(hw, HW_DATA, 1, 100);
	hw_chain(hw, HW_INFLATE, 0, &seg, 1);
	watch.used = hw->queue[0].used;
	hw->watch = watch_order;
	hw->watch_ctx = &watch;
	hw_notify(hw, HW_INFLATE);
	assert_int_equal(watch.indices, 1);
	assert_true(hw->intx);
}

/* Without bus mastering nothing moves and the device is quiet; then it goes on. */
static void bus_master(void **state)
{
	struct hw *hw = *state;
	struct hw_seg seg = { .addr = HW_DATA, .len = 0x8000 };

	hw_start(hw, 8);
	hw_pfns(hw, HW_DATA, 1, 0x2000);
	hw_cfg_write(hw, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	hw->dma_reads = 0;
	hw_chain(hw, HW_INFLATE, 0, &seg, 1);
	hw_notify(hw, HW_INFLATE);
	assert_int_equal(hw->dma_reads, 0);
	hw_enable(hw);
	hw_expect_pages(hw, DEV_INFLATE, 1, 0x2000);
	/* In the middle of a buffer. */
	hw_chain(hw, HW_INFLATE, 0, &seg, 1);
	hw_post(hw, HW_NOTIFY, 2, 0);
	dev_step(hw->dev, 1000);
	hw_cfg_write(hw, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_in_range(hw->npages, 100, 0x1fff);
	assert_int_equal(hw_used_idx(hw, 0), 1);
	hw_enable(hw);
	hw_expect_pages(hw, DEV_INFLATE, 1, 0x2000);
	/* Reset while it waits. */
	hw_chain(hw, HW_INFLATE, 0, &seg, 1);
	hw_post(hw, HW_NOTIFY, 2, 0);
	dev_step(hw->dev, 1000);
	hw_cfg_write(hw, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	hw_reset(hw);
}

/* A reset at every point of a buffer's life: silence once the status reads 0, then anew. */
static void reset_anywhere(void **state)
{
	struct hw *hw = *state;
	struct hw_seg seg[] = { { .addr = HW_DATA + 3, .len = 40 },
				{ .addr = HW_DATA + 0x1001, .len = 40 } };
	uint16_t used = 0;

	for (unsigned delay = 0; !used; delay++) {
		assert_true(delay < 500);
		hw_start(hw, 8);
		hw_pfns(hw, HW_DATA + 3, 8, 10);
		hw_pfns(hw, HW_DATA + 0x1001, 18, 10);
		hw_chain(hw, HW_INFLATE, 0, seg, 2);
		hw_post(hw, HW_NOTIFY, 2, 0);
		dev_step(hw->dev, delay);
		used = hw_used_idx(hw, 0);
		hw_post(hw, VIRTIO_PCI_COMMON_STATUS, 1, 0);
		for (unsigned i = 0; hw_status(hw); i++)
			assert_true(i < 100);
		hw->dma_reads = hw->dma_writes = hw->npages = hw->rises = 0;
		assert_false(hw->intx);
		hw_run(hw);
		dev_step(hw->dev, 50);
		assert_int_equal(hw->dma_reads + hw->dma_writes + hw->npages + hw->rises, 0);
		hw_start(hw, 8);
		hw->npages = 0;
		hw_chain(hw, HW_INFLATE, 0, seg, 2);
		hw_notify(hw, HW_INFLATE);
		hw_expect_pages(hw, DEV_INFLATE, 8, 20);
	}
}

/* Both queues full: neither waits for the other to run dry. */
static void fairness(void **state)
{
	struct hw *hw = *state;
	unsigned turns = 0;

	hw_start(hw, 64);
	for (unsigned i = 0; i < 64; i++) {
		struct hw_seg seg = { .addr = HW_DATA + 4 * i, .len = 4 };

		hw_pfns(hw, seg.addr, i, 1);
		hw_chain(hw, HW_INFLATE, i, &seg, 1);
		hw_chain(hw, HW_DEFLATE, i, &seg, 1);
	}
	hw_post(hw, HW_NOTIFY, 2, 0);
	hw_post(hw, HW_NOTIFY + 4, 2, 1);
	hw_run(hw);
	assert_int_equal(hw->npages, 128);
	for (unsigned i = 1; i < 128; i++)
		turns += hw->page[i].dir != hw->page[i - 1].dir;
	assert_true(turns > 100);
	assert_int_equal(hw_used_idx(hw, 0), 64);
	assert_int_equal(hw_used_idx(hw, 1), 64);
}

#define T(name) cmocka_unit_test_setup_teardown(name, hw_setup, hw_teardown)

int main(void)
{
	const struct CMUnitTest both[] = {
		T(inflate_deflate),  T(framing),        T(lengths),       T(long_buffer),
		T(ring_wrap),        T(index_wrap),     T(full_chain),    T(least_alignment),
		T(before_driver_ok), T(late_enable),    T(writable_tail), T(rest_is_dropped),
		T(used_order),       T(reset_anywhere), T(fairness)
	};
	const struct CMUnitTest pci[] = { T(bus_master) };

	return cmocka_run_group_tests_name("rtl/queue", both, NULL, NULL) +
	       cmocka_run_group_tests_name("rtl/queue pci", pci, NULL, NULL) +
	       cmocka_run_group_tests_name("rtl/queue mmio", both, hw_group_mmio, NULL);
}
