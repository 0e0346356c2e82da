/* SPDX-License-Identifier: MIT */
/* What a split ring can do beyond the plain one: 2.7.5.3, 2.7.7, 2.7.10, 2.6.1, 2.9, 3.4. */
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

#define INDIRECT          HW_BIT(VIRTIO_RING_F_INDIRECT_DESC)
#define EVENT_IDX         HW_BIT(VIRTIO_RING_F_EVENT_IDX)
#define NOTIFICATION_DATA HW_BIT(38) /* these are younger than the header */
#define NOTIF_CONFIG_DATA HW_BIT(39)
#define RING_RESET        HW_BIT(40)
#define SUSPEND           HW_BIT(43)
#define S_SUSPEND         0x10
#define LIVE              0x0f
#define SUSPENDED         (LIVE - VIRTIO_CONFIG_S_DRIVER_OK + S_SUSPEND)
#define Q_NOTIF_DATA      0x38
#define Q_RESET           0x3a
#define TABLE             (HW_DATA + 0x10000)

static bool broken(struct hw *hw)
{
	return hw_status(hw) & VIRTIO_CONFIG_S_NEEDS_RESET;
}

/* One page number in a buffer of its own, made available. */
static void add_page(struct hw *hw, unsigned q, unsigned head, uint32_t pfn)
{
	struct hw_seg seg = { .addr = HW_DATA + 8 * (0x100 * q + head), .len = 4 };

	hw_pfns(hw, seg.addr, pfn, 1);
	hw_chain(hw, q, head, &seg, 1);
}

/* --- indirect descriptors: 2.7.5.3 ------------------------------------------------------- */

static void entry(struct hw *hw, uint64_t table, unsigned n, uint64_t addr, uint32_t len,
		  uint16_t flags, uint16_t next)
{
	struct vring_desc desc = { .addr = addr, .len = len, .flags = flags, .next = next };

	hw_poke(hw, table + 16ULL * n, &desc, sizeof(desc));
}

/* DEV-2.7.5.3.2-1, -2: direct ones first or none, WRITE ignored, any order and alignment. */
static void indirect(void **state)
{
	struct hw *hw = *state;

	for (unsigned skew = 0; skew < 16; skew++) {
		uint64_t table = TABLE + skew;
		unsigned direct = skew % 3;
		uint16_t write = skew & 1 ? VRING_DESC_F_WRITE : 0;

		hw_start_with(hw, INDIRECT, HW_QUEUES, 4);
		hw_pfns(hw, HW_DATA, 10, 30);
		for (unsigned i = 0; i < direct; i++)
			hw_desc(hw, 0, i, HW_DATA + 4 * i, 4, VRING_DESC_F_NEXT, i + 1);
		hw_desc(hw, 0, direct, table, 16 * 20, VRING_DESC_F_INDIRECT | write, 0);
		/* From entry 0 backwards from the end; more than the queue is long. */
		entry(hw, table, 0, HW_DATA + 4 * direct, 4, VRING_DESC_F_NEXT, 19);
		for (unsigned i = 19; i; i--)
			entry(hw, table, i, HW_DATA + 4 * (direct + 20 - i), 4,
			      i > 1 ? VRING_DESC_F_NEXT : 0, (uint16_t)(i - 1));
		hw_avail(hw, 0, 0);
		hw_notify(hw, 0);
		assert_false(broken(hw));
		hw_expect_pages(hw, DEV_INFLATE, 10, direct + 20);
		assert_int_equal(hw_used_id(hw, 0, 0), 0);
		/* The next buffer is direct again. */
		add_page(hw, 0, 3, 5);
		hw_notify(hw, 0);
		hw_expect_pages(hw, DEV_INFLATE, 5, 1);
	}
}

static void refused_tables(void **state)
{
	static const struct {
		uint32_t len;
		uint16_t head_flags, flags[3], next[3];
	} bad[] = {
		{ 48, VRING_DESC_F_NEXT, { 0 }, { 0 } },            /* not the last */
		{ 0, 0, { 0 }, { 0 } },                             /* no entry */
		{ 24, 0, { 0 }, { 0 } },                            /* one and a half */
		{ 48, 0, { VRING_DESC_F_INDIRECT }, { 0 } },        /* nested */
		{ 32, 0, { 1, 1, 0 }, { 1, 2, 0 } },                /* leaves the table */
		{ 48, 0, { 1, 1, 1 }, { 1, 2, 0 } },                /* loops */
		{ 48, 0, { 1 | VRING_DESC_F_WRITE, 0 }, { 1, 0 } }, /* readable late */
		{ 48, 0, { 1, VRING_DESC_F_INDIRECT }, { 1, 0 } },  /* nested, later */
	};
	struct hw *hw = *state;

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		hw_start_with(hw, INDIRECT, HW_QUEUES, 8);
		for (unsigned n = 0; n < 3; n++)
			entry(hw, TABLE, n, HW_DATA, 16, bad[i].flags[n], bad[i].next[n]);
		hw_desc(hw, 0, 0, TABLE, bad[i].len, VRING_DESC_F_INDIRECT | bad[i].head_flags, 1);
		hw_desc(hw, 0, 1, HW_DATA, 4, 0, 0);
		hw_avail(hw, 0, 0);
		hw_notify(hw, 0);
		if (!broken(hw))
			fail_msg("table %u was taken", i);
		assert_int_equal(hw_used_idx(hw, 0), 0);
	}
	/* A readable one in a table behind a direct writable one. */
	hw_start_with(hw, INDIRECT, HW_QUEUES, 8);
	entry(hw, TABLE, 0, HW_DATA, 4, 0, 0);
	hw_desc(hw, 0, 0, HW_DATA, 4, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, 1);
	hw_desc(hw, 0, 1, TABLE, 16, VRING_DESC_F_INDIRECT, 0);
	hw_avail(hw, 0, 0);
	hw_notify(hw, 0);
	assert_true(broken(hw));
	hw->npages = 0;
}

/* --- EVENT_IDX: 2.7.7.2, 2.7.10.2 -------------------------------------------------------- */

static uint64_t used_event(struct hw *hw, unsigned q)
{
	return hw->queue[q].avail + 4 + 2ULL * hw->queue[q].size;
}

static uint64_t avail_event(struct hw *hw, unsigned q)
{
	return hw->queue[q].used + 4 + 8ULL * hw->queue[q].size;
}

static void events(void **state)
{
	struct hw *hw = *state;
	uint16_t zero = 0, flags, event;

	hw_start_with(hw, EVENT_IDX, HW_QUEUES, 4);
	for (unsigned n = 0; n < 70000; n++) {
		uint16_t want = (uint16_t)(n / 3 * 3 + 1);
		unsigned rises = hw->rises;

		hw_avail_flags(hw, 0, n / 7 % 2); /* means nothing now */
		hw_poke(hw, used_event(hw, 0), &want, 2);
		add_page(hw, 0, n % 4, n);
		hw_notify(hw, 0);
		hw_read(hw, HW_ISR, 1);
		assert_int_equal(hw->rises - rises, (uint16_t)n == want);
		hw_peek(hw, avail_event(hw, 0), &event, 2);
		assert_int_equal(event, (uint16_t)(n + 1));
		hw_peek(hw, hw->queue[0].used, &flags, 2);
		assert_int_equal(flags, zero);
		hw->npages = 0;
	}
	/* The last of a batch, and none of one. */
	for (unsigned round = 0; round < 2; round++) {
		uint16_t want = hw->queue[0].added + (round ? 9 : 3);
		unsigned rises = hw->rises;

		hw_poke(hw, used_event(hw, 0), &want, 2);
		for (unsigned i = 0; i < 4; i++)
			add_page(hw, 0, i, i);
		hw_notify(hw, 0);
		hw_read(hw, HW_ISR, 1);
		assert_int_equal(hw->rises - rises, !round);
		hw_expect_pages(hw, DEV_INFLATE, 0, 4);
	}
}

/* Without the feature neither field means anything, to nobody. */
static void no_events(void **state)
{
	struct hw *hw = *state;
	uint16_t junk = 0x7777, event;

	hw_start(hw, 4);
	hw_poke(hw, used_event(hw, 0), &junk, 2);
	hw_poke(hw, avail_event(hw, 0), &junk, 2);
	add_page(hw, 0, 0, 1);
	hw_notify(hw, 0);
	assert_int_equal(hw->rises, 1);
	hw_peek(hw, avail_event(hw, 0), &event, 2);
	assert_int_equal(event, junk);
}

/* Added without a notification, while the device asks for one: found all the same. */
static void watch_race(struct hw *hw, const struct bus_rec *rec)
{
	bool *added = hw->watch_ctx;

	if (rec->space != BUS_DMA || rec->op != BUS_WRITE || !rec->be || *added ||
	    rec->addr != (avail_event(hw, 1) & ~7ULL))
		return;
	*added = true;
	add_page(hw, 1, 1, 43);
}

static void event_race(void **state)
{
	struct hw *hw = *state;
	bool added = false;

	hw_start_with(hw, EVENT_IDX, HW_QUEUES, 4);
	hw->watch = watch_race;
	hw->watch_ctx = &added;
	add_page(hw, 1, 0, 42);
	hw_notify(hw, 1);
	hw->watch = NULL;
	assert_true(added);
	hw_expect_pages(hw, DEV_DEFLATE, 42, 2);
	assert_int_equal(hw_used_idx(hw, 1), 2);
}

/* --- queue reset: 2.6.1, 4.1.4.3 ------------------------------------------------------------ */

static void select_queue(struct hw *hw, unsigned q)
{
	hw_write(hw, VIRTIO_PCI_COMMON_Q_SELECT, 2, q);
}

static void queue_reset(void **state)
{
	struct hw *hw = *state;
	/* Between the two the device has half of a page number. */
	struct hw_seg seg[] = { { .addr = HW_DATA + 3, .len = 38 },
				{ .addr = HW_DATA + 0x1001, .len = 42 } };
	unsigned waits = 0;
	uint16_t used = 0;

	/* Not negotiated: there is no such register. */
	hw_start(hw, 8);
	select_queue(hw, 0);
	hw_write(hw, Q_RESET, 2, 1);
	assert_int_equal(hw_read(hw, Q_RESET, 2), 0);
	assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_Q_ENABLE, 2), 1);
	for (unsigned delay = 0; !used; delay++) {
		assert_true(delay < 500);
		hw_start_with(hw, RING_RESET | EVENT_IDX, HW_QUEUES, 8);
		add_page(hw, 1, 0, 3);
		hw_notify(hw, 1);
		add_page(hw, 1, 1, 4);
		hw_chain(hw, 0, 0, seg, 2);
		select_queue(hw, 0);
		hw_post(hw, HW_NOTIFY, 2, 0);
		dev_step(hw->dev, delay);
		used = hw_used_idx(hw, 0);
		hw_post(hw, Q_RESET, 2, 1);
		while (hw_read(hw, Q_RESET, 2))
			waits++;
		hw->dma_reads = hw->dma_writes = hw->npages = hw->rises = 0;
		assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_Q_ENABLE, 2), 0);
		assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_Q_SIZE, 2), 256);
		assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_Q_DESCLO, 4), 0);
		hw_notify(hw, 0);
		assert_int_equal(hw->dma_reads + hw->dma_writes + hw->npages + hw->rises, 0);
		/* The other queue goes on where it was. */
		hw_notify(hw, 1);
		hw_expect_pages(hw, DEV_DEFLATE, 4, 1);
		assert_int_equal(hw_used_idx(hw, 1), 2);
		/* Again, with another size: from the start. */
		hw_queue(hw, 0, 2, 1);
		for (unsigned i = 0; i < 3; i++) {
			add_page(hw, 0, i % 2, 70 + i);
			hw_notify(hw, 0);
		}
		hw_expect_pages(hw, DEV_INFLATE, 70, 3);
		assert_int_equal(hw_used_idx(hw, 0), 3);
		assert_int_equal(hw_status(hw), LIVE);
	}
	assert_true(waits);
}

/* A transfer that waits for bus mastering does not hold a queue's reset up. */
static void queue_reset_without_mastering(void **state)
{
	struct hw *hw = *state;
	struct hw_seg seg = { .addr = HW_DATA, .len = 0x8000 };

	hw_start_with(hw, RING_RESET, HW_QUEUES, 8);
	hw_chain(hw, 0, 0, &seg, 1);
	select_queue(hw, 0);
	hw_post(hw, HW_NOTIFY, 2, 0);
	dev_step(hw->dev, 1000);
	hw_cfg_write(hw, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	hw_write(hw, Q_RESET, 2, 1);
	assert_int_equal(hw_read(hw, Q_RESET, 2), 0);
	hw_enable(hw);
	hw->npages = 0;
	add_page(hw, 1, 0, 3);
	hw_notify(hw, 1);
	hw_expect_pages(hw, DEV_DEFLATE, 3, 1);
}

/* DEV-2.6.1.1.1-2: nothing pending for it remains, unless someone shares its vector. */
static void queue_reset_messages(void **state)
{
	struct hw *hw = *state;

	hw_enable_msix(hw);
	for (unsigned shared = 0; shared < 3; shared++) {
		hw_start_with(hw, RING_RESET, HW_QUEUES, 8);
		select_queue(hw, 1);
		if (shared == 1)
			hw_write(hw, VIRTIO_PCI_COMMON_Q_MSIX, 2, 1);
		if (shared == 2)
			hw_write(hw, VIRTIO_PCI_COMMON_MSIX, 2, 1);
		memset(hw->msix, 0, sizeof(hw->msix));
		hw_write(hw, HW_TABLE + 16 + PCI_MSIX_ENTRY_VECTOR_CTRL, 4, 1);
		add_page(hw, 0, 0, 3);
		hw_notify(hw, 0);
		assert_int_equal(hw_read(hw, HW_PBA, 4), 2);
		select_queue(hw, 0);
		hw_write(hw, Q_RESET, 2, 1);
		assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_Q_MSIX, 2), VIRTIO_MSI_NO_VECTOR);
		assert_int_equal(hw_read(hw, HW_PBA, 4), shared ? 2 : 0);
		hw_write(hw, HW_TABLE + 16 + PCI_MSIX_ENTRY_VECTOR_CTRL, 4, 0);
		assert_int_equal(hw->msix[1], shared != 0);
	}
}

/* --- notifications: 2.9, 4.1.5.2 ------------------------------------------------------------- */

static void notification_data(void **state)
{
	struct hw *hw = *state;

	for (unsigned named = 0; named < 2; named++) {
		hw_start_with(hw, NOTIFICATION_DATA | (named ? NOTIF_CONFIG_DATA : 0), HW_QUEUES,
			      8);
		for (unsigned q = 0; q < HW_QUEUES; q++) {
			uint32_t data;

			select_queue(hw, q);
			data = hw_read(hw, Q_NOTIF_DATA, 2);
			if (!named)
				assert_int_equal(data, 0);
			add_page(hw, q, 0, 7);
			hw_write(hw, HW_NOTIFY + 4 * q, 4,
				 (named ? data : q) | (uint32_t)hw->queue[q].added << 16);
			hw_expect_pages(hw, q ? DEV_DEFLATE : DEV_INFLATE, 7, 1);
		}
	}
	/* Alone: the device's word instead of the number, 16 bits. */
	hw_start_with(hw, NOTIF_CONFIG_DATA, HW_QUEUES, 8);
	for (unsigned q = 0; q < HW_QUEUES; q++) {
		select_queue(hw, q);
		add_page(hw, q, 0, 7);
		assert_int_not_equal(hw_read(hw, Q_NOTIF_DATA, 2), 0);
		hw_write(hw, HW_NOTIFY + 4 * q, 2, hw_read(hw, Q_NOTIF_DATA, 2));
		hw_expect_pages(hw, q ? DEV_DEFLATE : DEV_INFLATE, 7, 1);
	}
}

/* --- suspend: 3.4 -------------------------------------------------------------------------- */

static void set_status(struct hw *hw, uint8_t bits)
{
	hw_write(hw, VIRTIO_PCI_COMMON_STATUS, 1, bits);
}

static void suspend_early(void **state)
{
	struct hw *hw = *state;

	/* Not live: ignored. Not negotiated: ignored. */
	hw_negotiate(hw, SUSPEND);
	set_status(hw, LIVE - VIRTIO_CONFIG_S_DRIVER_OK + S_SUSPEND);
	assert_int_equal(hw_status(hw), LIVE - VIRTIO_CONFIG_S_DRIVER_OK);
	set_status(hw, LIVE + S_SUSPEND);
	assert_int_equal(hw_status(hw), LIVE);
	hw_start(hw, 8);
	set_status(hw, LIVE + S_SUSPEND);
	assert_int_equal(hw_status(hw), LIVE);
	add_page(hw, 0, 0, 1);
	hw_notify(hw, 0);
	hw_expect_pages(hw, DEV_INFLATE, 1, 1);
}

/* DEV-3.4.2-2 .. -12, from any cycle of two buffers. */
static void suspend(void **state)
{
	struct hw *hw = *state;
	struct hw_seg seg = { .addr = HW_DATA + 0x4003, .len = 0x100 };
	unsigned waits = 0, taken[3] = { 0 };

	hw_enable_msix(hw);
	for (unsigned delay = 0; delay < 400; delay += 3) {
		unsigned used, messages;

		dev_set_target(hw->dev, 0);
		hw_run(hw);
		hw_start_with(hw, SUSPEND | (delay & 1 ? EVENT_IDX : 0), HW_QUEUES, 8);
		memset(hw->msix, 0, sizeof(hw->msix));
		hw_pfns(hw, seg.addr, 1, 64);
		hw_chain(hw, 0, 0, &seg, 1);
		hw_chain(hw, 0, 1, &seg, 1);
		/* In the first round memory does not let it read the ring before that. */
		dev_hold(hw->dev, delay ? 0 : 1U << SKEW_AR);
		hw_post(hw, HW_NOTIFY, 2, 0);
		dev_step(hw->dev, delay);
		hw_post(hw, VIRTIO_PCI_COMMON_STATUS, 1, LIVE + S_SUSPEND);
		dev_hold(hw->dev, 0);
		while (hw_status(hw) != SUSPENDED)
			assert_true(++waits < 100000);
		used = hw_used_idx(hw, 0);
		assert_int_equal(hw->npages, 64 * used);
		messages = hw->msix[1];
		if (!(delay & 1))
			assert_int_equal(messages, used);
		taken[used]++;
		/* Silence, whatever happens. */
		hw->dma_reads = hw->dma_writes = 0;
		dev_set_target(hw->dev, 9);
		hw_write(hw, HW_DEVICE + 4, 4, 5);
		hw_notify(hw, 0);
		hw_notify(hw, 1);
		assert_int_equal(hw_read(hw, HW_DEVICE, 4), 0);
		assert_int_equal(hw_read(hw, HW_DEVICE + 4, 4), 0);
		assert_int_equal(hw->dma_reads + hw->dma_writes, 0);
		assert_int_equal(hw->msix[1], messages);
		assert_int_equal(hw->msix[0], 0);
		set_status(hw, SUSPENDED);
		assert_int_equal(hw_status(hw), SUSPENDED);
		/* And on, with what was held back. */
		set_status(hw, LIVE + S_SUSPEND);
		assert_int_equal(hw_status(hw), LIVE);
		assert_int_equal(hw->msix[0], 1);
		assert_int_equal(hw_read(hw, HW_DEVICE, 4), 9);
		hw_run(hw);
		assert_int_equal(hw_used_idx(hw, 0), 2);
		assert_int_equal(hw->npages, 128);
		hw->npages = 0;
	}
	assert_true(waits && taken[0] && taken[1] && taken[2]);
}

/* With EVENT_IDX, suspended in any cycle: the driver hears which buffer it is to tell of next. */
static void suspend_asks_again(void **state)
{
	struct hw *hw = *state;
	uint16_t event;

	for (unsigned delay = 0; delay < 100; delay++) {
		hw_start_with(hw, SUSPEND | EVENT_IDX, HW_QUEUES, 8);
		add_page(hw, 0, 0, 1);
		hw_post(hw, HW_NOTIFY, 2, 0);
		dev_step(hw->dev, delay);
		hw_post(hw, VIRTIO_PCI_COMMON_STATUS, 1, LIVE + S_SUSPEND);
		for (unsigned n = 0; hw_status(hw) != SUSPENDED; n++)
			assert_true(n < 1000);
		set_status(hw, LIVE + S_SUSPEND);
		assert_int_equal(hw_status(hw), LIVE);
		hw_expect_pages(hw, DEV_INFLATE, 1, 1);
		hw_peek(hw, avail_event(hw, 0), &event, 2);
		assert_int_equal(event, 1);
	}
}

/* Buffers made available before a suspension are found after it without a new notification. */
static void suspend_keeps_kicks(void **state)
{
	struct hw *hw = *state;
	struct hw_seg seg = { .addr = HW_DATA + 0x4000, .len = 0x400 };

	hw_start_with(hw, SUSPEND, HW_QUEUES, 8);
	hw_chain(hw, 0, 0, &seg, 1);
	hw_chain(hw, 0, 1, &seg, 1);
	add_page(hw, 1, 0, 1);
	hw_post(hw, HW_NOTIFY, 2, 0);
	hw_post(hw, HW_NOTIFY + 4, 2, 1);
	set_status(hw, LIVE + S_SUSPEND);
	assert_int_equal(hw_status(hw), SUSPENDED);
	assert_int_equal(hw_used_idx(hw, 0), 1);
	set_status(hw, LIVE);
	assert_int_equal(hw_status(hw), LIVE);
	assert_int_equal(hw_used_idx(hw, 0), 2);
	assert_int_equal(hw_used_idx(hw, 1), 1);
	/* A masked message waits for the resumption too. */
	hw_enable_msix(hw);
	hw->npages = 0;
	hw_start_with(hw, SUSPEND, HW_QUEUES, 8);
	hw_write(hw, HW_TABLE + 16 + PCI_MSIX_ENTRY_VECTOR_CTRL, 4, 1);
	add_page(hw, 0, 0, 1);
	hw_notify(hw, 0);
	set_status(hw, LIVE + S_SUSPEND);
	memset(hw->msix, 0, sizeof(hw->msix));
	hw_write(hw, HW_TABLE + 16 + PCI_MSIX_ENTRY_VECTOR_CTRL, 4, 0);
	assert_int_equal(hw->msix[1], 0);
	set_status(hw, LIVE);
	assert_int_equal(hw->msix[1], 1);
	/* A reset from there. */
	set_status(hw, LIVE + S_SUSPEND);
	hw_reset(hw);
	hw->npages = 0;
	hw_start(hw, 8);
	add_page(hw, 0, 0, 1);
	hw_notify(hw, 0);
	hw_expect_pages(hw, DEV_INFLATE, 1, 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, hw_setup, hw_teardown)

int main(void)
{
	const struct CMUnitTest both[] = { T(indirect),      T(refused_tables),    T(events),
					   T(no_events),     T(event_race),        T(queue_reset),
					   T(suspend_early), T(suspend_asks_again) };
	const struct CMUnitTest pci[] = { T(queue_reset_without_mastering), T(queue_reset_messages),
					  T(notification_data), T(suspend),
					  T(suspend_keeps_kicks) };

	return cmocka_run_group_tests_name("rtl/ring", both, NULL, NULL) +
	       cmocka_run_group_tests_name("rtl/ring pci", pci, NULL, NULL) +
	       cmocka_run_group_tests_name("rtl/ring mmio", both, hw_group_mmio, NULL);
}
