/* SPDX-License-Identifier: MIT */
/* What the queue engine refuses: chains that are none, and memory that is not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

#include "tests/lib/hw.h"

/* What the device must refuse; each is set up on a live queue of 8 and notified. */
static void chain_loop(struct hw *hw)
{
	hw_desc(hw, 0, 0, HW_DATA, 4, VRING_DESC_F_NEXT, 1);
	hw_desc(hw, 0, 1, HW_DATA, 4, VRING_DESC_F_NEXT, 0);
	hw_avail(hw, 0, 0);
}

static void next_outside(struct hw *hw)
{
	hw_desc(hw, 0, 0, HW_DATA, 4, VRING_DESC_F_NEXT, 8);
	hw_avail(hw, 0, 0);
}

static void head_outside(struct hw *hw)
{
	hw_avail(hw, 0, 8);
}

static void too_many(struct hw *hw)
{
	hw->queue[0].added += 8;
	hw_avail(hw, 0, 0);
}

static void indirect(struct hw *hw)
{
	hw_desc(hw, 0, 0, HW_DATA, 16, VRING_DESC_F_INDIRECT, 0);
	hw_avail(hw, 0, 0);
}

static void readable_late(struct hw *hw)
{
	hw_desc(hw, 0, 0, HW_DATA, 4, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, 1);
	hw_desc(hw, 0, 1, HW_DATA, 4, 0, 0);
	hw_avail(hw, 0, 0);
}

static void payload_nowhere(struct hw *hw)
{
	hw_desc(hw, 0, 0, HW_NOWHERE, 4, 0, 0);
	hw_avail(hw, 0, 0);
}

static void payload_runs_out(struct hw *hw)
{
	hw_desc(hw, 0, 0, HW_RAM + HW_RAM_SIZE - 0x10005, 0x20000, 0, 0);
	hw_avail(hw, 0, 0);
}

static void payload_at_the_top(struct hw *hw)
{
	hw_desc(hw, 0, 0, UINT64_MAX - 2, UINT32_MAX, 0, 0);
	hw_avail(hw, 0, 0);
}

static void used_nowhere(struct hw *hw)
{
	struct mem_window win = *mem_at(hw->mem, 0);

	/* Only the used ring is out of reach, and with it what lies above. */
	hw_desc(hw, 0, 0, HW_DATA, 0, 0, 0);
	hw_avail(hw, 0, 0);
	assert_int_equal(mem_unmap(hw->mem, win.gpa, win.size), 0);
	win.size = hw->queue[0].used - win.gpa;
	assert_int_equal(mem_map(hw->mem, &win), 0);
}

static void hostile(void **state)
{
	static void (*const plant[])(struct hw *) = {
		chain_loop,    next_outside,    head_outside,     too_many,           indirect,
		readable_late, payload_nowhere, payload_runs_out, payload_at_the_top, used_nowhere
	};
	const struct hw_seg seg = { .addr = HW_DATA, .len = 4 };
	const struct hw *like = *state;

	for (unsigned i = 0; i < sizeof(plant) / sizeof(plant[0]); i++) {
		struct hw *hw = hw_new_on(like->dut, DEV_FEATURES_ALL, false);
		struct mem_window win = *mem_at(hw->mem, 0);
		unsigned rises, used;

		hw_enable(hw);
		hw_start(hw, 8);
		used = hw_used_idx(hw, 0);
		plant[i](hw);
		rises = hw->rises;
		hw_notify(hw, 0);
		assert_true(hw_status(hw) & VIRTIO_CONFIG_S_NEEDS_RESET);
		assert_int_equal(hw->rises, rises + 1);
		assert_int_equal(hw_read(hw, HW_ISR, 1), VIRTIO_PCI_ISR_CONFIG);
		/* Nothing moves any more, on no queue. */
		hw->dma_reads = hw->dma_writes = 0;
		hw_notify(hw, 0);
		hw_notify(hw, 1);
		assert_int_equal(hw->dma_reads + hw->dma_writes, 0);
		/* A reset recovers. */
		mem_unmap_all(hw->mem);
		assert_int_equal(mem_map(hw->mem, &win), 0);
		assert_int_equal(hw_used_idx(hw, 0), used);
		hw->npages = 0;
		hw_start(hw, 8);
		assert_false(hw_status(hw) & VIRTIO_CONFIG_S_NEEDS_RESET);
		hw_pfns(hw, HW_DATA, 31, 1);
		hw_chain(hw, HW_INFLATE, 0, &seg, 1);
		hw_notify(hw, HW_INFLATE);
		hw_expect_pages(hw, DEV_INFLATE, 31, 1);
		hw_free(hw);
	}
}

/* Takes [gpa, gpa + len) out of guest memory. */
static void hole(struct hw *hw, uint64_t gpa, uint64_t len)
{
	struct mem_window win = *mem_find(hw->mem, gpa, len);
	uint64_t end = win.gpa + win.size;
	uint8_t *host = win.host;

	assert_int_equal(mem_unmap(hw->mem, win.gpa, win.size), 0);
	win.size = gpa - win.gpa;
	assert_int_equal(mem_map(hw->mem, &win), 0);
	win.host = host + (gpa + len - win.gpa);
	win.gpa = gpa + len;
	win.size = end - win.gpa;
	assert_int_equal(mem_map(hw->mem, &win), 0);
}

/* A used element that memory refuses, whole or its first half: its index never comes. */
static void used_hole(void **state)
{
	struct hw *hw = *state;
	struct hw_seg seg = { .addr = HW_DATA, .len = 0 };

	hw_negotiate(hw, 0);
	hw_queue(hw, HW_INFLATE, 8, 1); /* elements are multiples of 8 */
	hw_queue(hw, HW_DEFLATE, 64, 0);
	hw_driver_ok(hw);
	hole(hw, hw->queue[0].used + 4, 8);
	hw_chain(hw, HW_INFLATE, 0, &seg, 1);
	hw_notify(hw, HW_INFLATE);
	assert_true(hw_status(hw) & VIRTIO_CONFIG_S_NEEDS_RESET);
	assert_int_equal(hw_used_idx(hw, HW_INFLATE), 0);
	hw_negotiate(hw, 0);
	hw_queue(hw, HW_DEFLATE, 64, 0); /* element 63 spans two bursts */
	hw_driver_ok(hw);
	assert_int_equal(hw->queue[1].used % 512, 0);
	for (unsigned i = 0; i < 63; i++)
		hw_chain(hw, HW_DEFLATE, i, &seg, 1);
	hw_notify(hw, HW_DEFLATE);
	assert_int_equal(hw_used_idx(hw, HW_DEFLATE), 63);
	hole(hw, hw->queue[1].used + 508, 4);
	hw_chain(hw, HW_DEFLATE, 63, &seg, 1);
	hw_notify(hw, HW_DEFLATE);
	assert_true(hw_status(hw) & VIRTIO_CONFIG_S_NEEDS_RESET);
	assert_int_equal(hw_used_idx(hw, HW_DEFLATE), 63);
}

/* A page number is whole or not there: none is made of bytes that memory refused. */
static void last_beat_refused(void **state)
{
	struct hw *hw = *state;
	struct hw_seg seg = { .addr = HW_RAM + HW_RAM_SIZE - 13, .len = 20 };

	hw_start(hw, 8);
	hw_pfns(hw, seg.addr, 1, 3);
	hw_chain(hw, HW_INFLATE, 0, &seg, 1);
	hw_notify(hw, HW_INFLATE);
	assert_true(hw_status(hw) & VIRTIO_CONFIG_S_NEEDS_RESET);
	assert_in_range(hw->npages, 0, 3);
	hw_expect_pages(hw, DEV_INFLATE, 1, hw->npages);
}

#define T(name) cmocka_unit_test_setup_teardown(name, hw_setup, hw_teardown)

int main(void)
{
	const struct CMUnitTest both[] = { T(hostile), T(used_hole), T(last_beat_refused) };

	return cmocka_run_group_tests_name("rtl/refusal", both, NULL, NULL) +
	       cmocka_run_group_tests_name("rtl/refusal mmio", both, hw_group_mmio, NULL);
}
