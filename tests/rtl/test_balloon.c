/* SPDX-License-Identifier: MIT */
/* The balloon beyond inflating: statistics, hints, reports, poison, and the queue map. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <linux/pci_regs.h>
#include <linux/virtio_balloon.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

#include "tests/lib/hw.h"

#define STATS   HW_BIT(VIRTIO_BALLOON_F_STATS_VQ)
#define HINT    HW_BIT(VIRTIO_BALLOON_F_FREE_PAGE_HINT)
#define POISON  HW_BIT(VIRTIO_BALLOON_F_PAGE_POISON)
#define REPORT  HW_BIT(VIRTIO_BALLOON_F_REPORTING)
#define ALL     (STATS | HINT | POISON | REPORT)
#define Q_RESET 0x3a

#define CMD_ID (HW_DEVICE + offsetof(struct virtio_balloon_config, free_page_hint_cmd_id))
#define VAL    (HW_DEVICE + offsetof(struct virtio_balloon_config, poison_val))

static void poll(struct hw *hw)
{
	dev_poll_stats(hw->dev);
	hw_run(hw);
}

/* A statistics buffer of n entries, tag 3i, value v + i, cut after `cut` bytes. */
static void give_stats(struct hw *hw, unsigned n, uint64_t v, unsigned cut)
{
	uint64_t at = HW_DATA + 5;
	struct hw_seg seg[2] = { { .addr = at, .len = cut },
				 { .addr = at + cut, .len = 10 * n - cut } };

	for (unsigned i = 0; i < n; i++) {
		struct virtio_balloon_stat stat = { .tag = (uint16_t)(3 * i), .val = v + i };

		hw_poke(hw, at + 10 * i, &stat, sizeof(stat));
	}
	hw_chain(hw, HW_STATS, 0, seg, 2);
	hw_notify(hw, HW_STATS);
}

static void expect_stats(struct hw *hw, unsigned n, uint64_t v)
{
	assert_int_equal(hw->nstats, n);
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(hw->stat[i].tag, 3 * i);
		assert_int_equal(hw->stat[i].value, v + i);
	}
	hw->nstats = 0;
}

/* The buffer stays with the device until the host asks; then it comes back, once. */
static void stats(void **state)
{
	struct hw *hw = *state;
	uint64_t v = 0x123456789abcdef0;

	for (unsigned events = 0; events < 2; events++) {
		hw_start_with(hw, ALL | (events ? HW_BIT(VIRTIO_RING_F_EVENT_IDX) : 0), HW_ROLES,
			      8);
		for (unsigned round = 0; round < 20; round++) {
			uint16_t event = (uint16_t)round;
			unsigned rises;

			hw_poke(hw, hw->queue[HW_STATS].avail + 4 + 16, &event, 2);
			give_stats(hw, 10, v + round, 1 + 4 * round);
			expect_stats(hw, 10, v + round);
			assert_int_equal(hw_used_idx(hw, HW_STATS), round);
			hw_notify(hw, HW_STATS); /* redundant */
			assert_int_equal(hw_used_idx(hw, HW_STATS), round);
			hw_read(hw, HW_ISR, 1);
			rises = hw->rises;
			poll(hw);
			assert_int_equal(hw_used_idx(hw, HW_STATS), round + 1);
			assert_int_equal(hw_used_id(hw, HW_STATS, round), 0);
			assert_int_equal(hw_used_len(hw, HW_STATS, round), 0);
			assert_int_equal(hw->rises, rises + 1);
			poll(hw); /* once more: answered by the next buffer, below */
			poll(hw);
			give_stats(hw, 3, v, 7);
			expect_stats(hw, 3, v);
			assert_int_equal(hw_used_idx(hw, HW_STATS), round + 2);
			round++;
		}
		assert_int_equal(hw_status(hw), 15);
	}
}

/* Held buffers go with a reset, of the device or of the queue; the others are served meanwhile. */
static void stats_and_resets(void **state)
{
	struct hw *hw = *state;
	struct hw_seg page = { .addr = HW_DATA + 0x1000, .len = 4 };

	for (unsigned how = 0; how < 2; how++) {
		hw_start_with(hw, ALL | HW_BIT(40), HW_ROLES, 8);
		give_stats(hw, 10, 1, 10);
		hw_pfns(hw, page.addr, 77, 1);
		hw_chain(hw, HW_INFLATE, 0, &page, 1);
		hw_notify(hw, HW_INFLATE);
		hw_expect_pages(hw, DEV_INFLATE, 77, 1);
		if (how) {
			hw_write(hw, VIRTIO_PCI_COMMON_Q_SELECT, 2, HW_STATS);
			hw_write(hw, Q_RESET, 2, 1);
			assert_int_equal(hw_read(hw, Q_RESET, 2), 0);
			poll(hw);
			assert_int_equal(hw_used_idx(hw, HW_STATS), 0);
			hw_queue(hw, HW_STATS, 4, 0);
		} else {
			hw_reset(hw);
			poll(hw);
			hw_start_with(hw, ALL, HW_ROLES, 8);
		}
		hw->nstats = 0;
		give_stats(hw, 2, 5, 3);
		expect_stats(hw, 2, 5);
		poll(hw);
		assert_int_equal(hw_used_idx(hw, HW_STATS), 1);
	}
}

/* Two buffers at once are against the rules; nobody is hurt. */
static void two_stats_buffers(void **state)
{
	struct hw *hw = *state;

	hw_start_with(hw, ALL, HW_ROLES, 8);
	give_stats(hw, 2, 5, 3);
	give_stats(hw, 4, 9, 3);
	expect_stats(hw, 2, 5);
	poll(hw);
	expect_stats(hw, 4, 9);
	assert_int_equal(hw_used_idx(hw, HW_STATS), 1);
	poll(hw);
	assert_int_equal(hw_used_idx(hw, HW_STATS), 2);
	assert_int_equal(hw_status(hw), 15);
}

static void poll_without_stats(void **state)
{
	struct hw *hw = *state;

	poll(hw);
	hw_start(hw, 8);
	poll(hw);
	assert_int_equal(hw->rises, 0);
}

/* --- hints ------------------------------------------------------------------------------ */

static void command(struct hw *hw, uint32_t id)
{
	dev_set_hint(hw->dev, id);
	hw_run(hw);
}

static void send_id(struct hw *hw, uint32_t id)
{
	struct hw_seg seg = { .addr = HW_DATA + 2, .len = 4 };

	hw_pfns(hw, seg.addr, id, 1);
	hw_chain(hw, HW_HINT, 0, &seg, 1);
	hw_notify(hw, HW_HINT);
}

static void give(struct hw *hw, unsigned q, uint64_t gpa, unsigned n)
{
	struct hw_seg seg[8];

	for (unsigned i = 0; i < n; i++)
		seg[i] = (struct hw_seg){ .addr = gpa + 0x10000 * i,
					  .len = 0x1000 * (i + 1),
					  .flags = VRING_DESC_F_WRITE };
	hw_chain(hw, q, 0, seg, n);
	hw_notify(hw, q);
}

static void expect_ranges(struct hw *hw, int kind, uint64_t gpa, unsigned n)
{
	assert_int_equal(hw->nranges, n);
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(hw->range[i].kind, kind);
		assert_int_equal(hw->range[i].gpa, gpa + 0x10000 * i);
		assert_int_equal(hw->range[i].len, 0x1000 * (i + 1));
	}
	hw->nranges = 0;
}

/* DEV-5.5.6.5.2-3: told only under the id on show. */
static void hints(void **state)
{
	struct hw *hw = *state;
	uint32_t id = dev_next_hint(hw->dev);
	unsigned used = 0;

	assert_true(id >= 2);
	hw_start_with(hw, ALL, HW_ROLES, 8);
	assert_int_equal(hw_read(hw, CMD_ID, 4), VIRTIO_BALLOON_CMD_ID_STOP);
	give(hw, HW_HINT, 0x40000000, 1); /* unasked, id 0 and 0 */
	expect_ranges(hw, DEV_HINTED, 0, 0);
	command(hw, id);
	assert_int_equal(hw->rises, 1);
	assert_int_equal(hw_read(hw, HW_ISR, 1), HW_ISR_QUEUE | VIRTIO_PCI_ISR_CONFIG);
	assert_int_equal(hw_read(hw, CMD_ID, 4), id);
	assert_int_equal(dev_next_hint(hw->dev), id + 1);
	send_id(hw, id);
	assert_int_equal(dev_hint_sent(hw->dev), id);
	give(hw, HW_HINT, 0xfff123450000, 8);
	expect_ranges(hw, DEV_HINTED, 0xfff123450000, 8);
	send_id(hw, id + 1); /* stale, or from nowhere */
	give(hw, HW_HINT, 0x40000000, 1);
	expect_ranges(hw, DEV_HINTED, 0, 0);
	send_id(hw, id);
	command(hw, VIRTIO_BALLOON_CMD_ID_STOP);
	give(hw, HW_HINT, 0x40000000, 1);
	expect_ranges(hw, DEV_HINTED, 0, 0);
	send_id(hw, VIRTIO_BALLOON_CMD_ID_STOP);
	command(hw, VIRTIO_BALLOON_CMD_ID_DONE);
	send_id(hw, VIRTIO_BALLOON_CMD_ID_DONE);
	give(hw, HW_HINT, 0x40000000, 1);
	expect_ranges(hw, DEV_HINTED, 0, 0);
	used = hw_used_idx(hw, HW_HINT);
	assert_int_equal(used, 10);
	for (unsigned i = 0; i < used && i < 8; i++)
		assert_int_equal(hw_used_len(hw, HW_HINT, i), 0);
	/* Id and pages in one chain. */
	command(hw, id + 1);
	{
		struct hw_seg seg[] = {
			{ .addr = HW_DATA, .len = 4 },
			{ .addr = 0x50000000, .len = 0x1000, .flags = VRING_DESC_F_WRITE }
		};

		hw_pfns(hw, HW_DATA, id + 1, 1);
		hw_chain(hw, HW_HINT, 2, seg, 2);
		hw_notify(hw, HW_HINT);
	}
	expect_ranges(hw, DEV_HINTED, 0x50000000, 1);
	/* Another driver has sent nothing yet. */
	hw_start_with(hw, ALL, HW_ROLES, 8);
	assert_int_equal(dev_hint_sent(hw->dev), 0);
	give(hw, HW_HINT, 0x40000000, 1);
	expect_ranges(hw, DEV_HINTED, 0, 0);
	/* Without the feature: no command, no interrupt. */
	hw_start(hw, 8);
	hw->rises = 0;
	command(hw, id + 2);
	assert_int_equal(hw->rises, 0);
	assert_int_equal(hw_read(hw, CMD_ID, 4), 0);
}

/* --- reports and poison -------------------------------------------------------------------- */

struct order {
	unsigned ranges;
};

static void watch_ranges(struct hw *hw, const struct bus_rec *rec)
{
	struct order *order = hw->watch_ctx;

	if (rec->space == BUS_HOST && (uint32_t)rec->addr == BUS_HOST_REPORTED)
		order->ranges++;
	if (rec->space == BUS_DMA && rec->op == BUS_WRITE)
		assert_int_equal(order->ranges, 8);
}

/* Told before the buffer is used, and not touched; readable bytes mean nothing. */
static void reports(void **state)
{
	struct hw *hw = *state;
	struct order order = { 0 };
	struct hw_seg seg[] = { { .addr = HW_DATA, .len = 12 },
				{ .addr = UINT64_MAX - 0xfff, .flags = VRING_DESC_F_WRITE } };

	hw_start_with(hw, ALL, HW_ROLES, 8);
	hw->watch = watch_ranges;
	hw->watch_ctx = &order;
	give(hw, HW_REPORT, 0x7000000000, 8);
	hw->watch = NULL;
	expect_ranges(hw, DEV_REPORTED, 0x7000000000, 8);
	assert_int_equal(hw_used_idx(hw, HW_REPORT), 1);
	assert_int_equal(hw_used_len(hw, HW_REPORT, 0), 0);
	seg[1].len = 0x1000;
	hw_chain(hw, HW_REPORT, 3, seg, 2);
	hw_notify(hw, HW_REPORT);
	assert_int_equal(hw->nranges, 1);
	assert_int_equal(hw->range[0].gpa, UINT64_MAX - 0xfff);
	/* On the other queues writable segments are nothing. */
	for (unsigned q = HW_INFLATE; q <= HW_STATS; q++)
		give(hw, q, 0x1000, 3);
	assert_int_equal(hw->nranges, 1);
	assert_int_equal(hw->npages, 0);
}

/* The buffer goes back when the host has taken the range, however long that lasts. */
static void reports_wait(void **state)
{
	struct hw *hw = *state;
	struct hw_seg seg = { .addr = 0x10000, .len = 0x1000, .flags = VRING_DESC_F_WRITE };

	hw_start_with(hw, ALL, HW_ROLES, 8);
	dev_hold(hw->dev, 1U << SKEW_RANGE);
	hw_chain(hw, HW_REPORT, 0, &seg, 1);
	hw_post(hw, HW_NOTIFY + 4 * HW_REPORT, 2, HW_REPORT);
	dev_step(hw->dev, 500);
	assert_int_equal(hw->nranges, 0);
	assert_int_equal(hw_used_idx(hw, HW_REPORT), 0);
	dev_hold(hw->dev, 0);
	hw_run(hw);
	assert_int_equal(hw->nranges, 1);
	assert_int_equal(hw_used_idx(hw, HW_REPORT), 1);
}

static void poison(void **state)
{
	struct hw *hw = *state;

	hw_start_with(hw, ALL, HW_ROLES, 8);
	assert_int_equal(hw_read(hw, VAL, 4), 0);
	hw_write(hw, VAL, 4, 0xaaaaaaaa);
	hw_write(hw, VAL + 2, 1, 0x55);
	assert_int_equal(hw_read(hw, VAL, 4), 0xaa55aaaa);
	assert_int_equal(dev_poison(hw->dev), 0xaa55aaaa);
	give(hw, HW_REPORT, 0x10000, 1);
	assert_int_equal(hw->range[0].poison, 0xaa55aaaa);
	hw_write(hw, CMD_ID, 4, 7); /* not the driver's */
	assert_int_equal(hw_read(hw, CMD_ID, 4), 0);
	hw_start_with(hw, REPORT | HINT | STATS, HW_ROLES, 8);
	hw_write(hw, VAL, 4, 0xaaaaaaaa);
	assert_int_equal(hw_read(hw, VAL, 4), 0);
	assert_int_equal(dev_poison(hw->dev), 0);
}

/* --- the queue map ---------------------------------------------------------------------------- */

static bool exists(struct hw *hw, unsigned q)
{
	hw_write(hw, VIRTIO_PCI_COMMON_Q_SELECT, 2, q);
	return hw_read(hw, VIRTIO_PCI_COMMON_Q_SIZE, 2);
}

/* Any subset, both ways of numbering: which queues there are, and that each plays its role. */
static void queue_map(void **state)
{
	static const uint64_t bit[] = { STATS, HINT, REPORT };
	const struct hw *like = *state;

	for (unsigned map = 0; map < 16; map++) {
		bool dense = map & 8;
		struct hw *hw = hw_new_on(like->dut, DEV_FEATURES_ALL, dense);
		uint64_t features = 0;
		unsigned number[3], n = 2, queues = 2;

		for (unsigned i = 0; i < 3; i++) {
			bool there = map >> i & 1;

			number[i] = dense ? n : 2 + i;
			features |= there ? bit[i] : 0;
			n += there;
			queues = there ? number[i] + 1 : queues;
		}
		hw_enable(hw);
		assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_NUMQ, 2), HW_ROLES); /* offered */
		hw_start_with(hw, features, HW_ROLES, 8);
		assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_NUMQ, 2), queues);
		for (unsigned q = 0; q < HW_ROLES + 1; q++) {
			bool there = q < 2;

			for (unsigned i = 0; i < 3; i++)
				there |= (map >> i & 1) && number[i] == q;
			assert_int_equal(exists(hw, q), there);
		}
		for (unsigned i = 0; i < 3; i++) {
			struct hw_seg seg = { .addr = HW_DATA,
					      .len = i ? 4096 : 10,
					      .flags = i ? VRING_DESC_F_WRITE : 0 };

			if (!(map >> i & 1))
				continue;
			if (i == 1) {
				struct hw_seg id = { .addr = HW_DATA, .len = 4 };

				hw_pfns(hw, HW_DATA, 2, 1);
				command(hw, 2);
				hw_chain(hw, number[i], 7, &id, 1);
			}
			hw_chain(hw, number[i], 0, &seg, 1);
			hw_notify(hw, number[i]);
			assert_int_equal(hw->nstats, i == 0);
			assert_int_equal(hw->nranges, i != 0);
			if (i)
				assert_int_equal(hw->range[0].kind,
						 i == 1 ? DEV_HINTED : DEV_REPORTED);
			hw->nstats = hw->nranges = 0;
		}
		assert_int_equal(hw->npages, 0);
		hw_free(hw);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, hw_setup, hw_teardown)

int main(void)
{
	const struct CMUnitTest both[] = { T(stats),
					   T(stats_and_resets),
					   T(two_stats_buffers),
					   T(hints),
					   T(poll_without_stats),
					   T(reports),
					   T(reports_wait),
					   T(poison),
					   T(queue_map) };

	return cmocka_run_group_tests_name("rtl/balloon", both, NULL, NULL) +
	       cmocka_run_group_tests_name("rtl/balloon mmio", both, hw_group_mmio, NULL);
}
