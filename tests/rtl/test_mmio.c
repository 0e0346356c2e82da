/* SPDX-License-Identifier: MIT */
/*
 * The virtio-mmio transport (virtio 1.4, 4.2): its registers, its interrupt, and the queue
 * that a driver stops. What lies behind is tested over both transports elsewhere.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <linux/virtio_balloon.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_pci.h>

#include "tests/lib/hw.h"

#define QUEUE_RESET 0x0c0
#define SHM_LEN     0x0b0
#define SHM_BASE    0x0b8
#define WINDOW      0x200

#define F_NOTIFICATION_DATA 38
#define F_RING_RESET        40

#define NEGOTIATED \
	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK)

static int setup(void **state)
{
	*state = hw_new_on(*state, DEV_FEATURES_ALL, false);
	return 0;
}

static uint32_t get(struct hw *hw, unsigned off)
{
	return hw_mmio_read(hw, off, 4);
}

static void give_page(struct hw *hw, unsigned q, unsigned n, uint32_t pfn)
{
	struct hw_seg seg = { .addr = HW_DATA + 4 * n, .len = 4 };

	hw_poke(hw, seg.addr, &pfn, 4);
	hw_chain(hw, q, n, &seg, 1);
}

static void identity(void **state)
{
	struct hw *hw = *state;

	assert_int_equal(get(hw, VIRTIO_MMIO_MAGIC_VALUE), 'v' | 'i' << 8 | 'r' << 16 | 't' << 24);
	assert_int_equal(get(hw, VIRTIO_MMIO_VERSION), 2);
	assert_int_equal(get(hw, VIRTIO_MMIO_DEVICE_ID), VIRTIO_ID_BALLOON);
	assert_int_not_equal(get(hw, VIRTIO_MMIO_VENDOR_ID), 0);
	for (unsigned off = 0; off < 0x10; off += 4) {
		uint32_t was = get(hw, off);

		hw_mmio_write(hw, off, ~was);
		assert_int_equal(get(hw, off), was);
	}
}

/* The words, and what the offer has that PCI's does not, or the other way round: 6. */
static void offer(void **state)
{
	const uint32_t high = 1 << 0 | 1 << 1 | 1 << 4 | 1 << 6 | 1 << 8 | 1 << 11;
	const uint32_t words[] = { 0x3f | 1U << 28 | 1U << 29, high, 0, 0 };
	struct hw *hw = *state;

	for (unsigned w = 0; w < 4; w++) {
		hw_mmio_write(hw, VIRTIO_MMIO_DEVICE_FEATURES_SEL, w);
		assert_int_equal(get(hw, VIRTIO_MMIO_DEVICE_FEATURES), words[w]);
	}
	hw_mmio_write(hw, VIRTIO_MMIO_DEVICE_FEATURES_SEL, UINT32_MAX);
	assert_int_equal(get(hw, VIRTIO_MMIO_DEVICE_FEATURES), 0);
	assert_int_equal(hw_negotiate(hw, (uint64_t)high << 32 | words[0]), NEGOTIATED);
	assert_int_equal(hw_negotiate(hw, HW_BIT(39)), NEGOTIATED & ~VIRTIO_CONFIG_S_FEATURES_OK);
}

/* Registers that cannot be read, that are no registers, and shared memory that is not there. */
static void holes(void **state)
{
	static const uint16_t zero[] = { 0x014, 0x018, 0x01c, 0x020, 0x024, 0x028, 0x02c, 0x030,
					 0x038, 0x03c, 0x040, 0x048, 0x04c, 0x050, 0x054, 0x064,
					 0x068, 0x074, 0x080, 0x084, 0x090, 0x094, 0x0a0, 0x0a4,
					 0x0ac, 0x0c4, 0x0f8, 0x110, 0x1fc };
	struct hw *hw = *state;

	hw_start(hw, 8);
	for (unsigned i = 0; i < sizeof(zero) / sizeof(zero[0]); i++)
		assert_int_equal(get(hw, zero[i]), 0);
	for (uint32_t id = 0; id < 3; id++) {
		hw_mmio_write(hw, 0x0ac, id);
		assert_int_equal(get(hw, SHM_LEN), UINT32_MAX);
		assert_int_equal(get(hw, SHM_LEN + 4), UINT32_MAX);
		assert_int_equal(get(hw, SHM_BASE), UINT32_MAX);
		assert_int_equal(get(hw, SHM_BASE + 4), UINT32_MAX);
	}
}

/* Whatever lies outside of the window, or is asked for in another space, is an error. */
static void outside(void **state)
{
	const struct dev_reg regs[] = { { .space = BUS_MMIO, .size = 4, .addr = WINDOW },
					{ .space = BUS_MMIO, .size = 1, .addr = 0x80000000 },
					{ .space = BUS_BAR, .size = 4, .addr = 0 },
					{ .space = BUS_CFG, .size = 4, .addr = 0 } };
	struct hw *hw = *state;
	uint32_t val;

	for (unsigned i = 0; i < sizeof(regs) / sizeof(regs[0]); i++) {
		assert_int_equal(dev_read(hw->dev, regs[i], &val), -EIO);
		assert_int_equal(dev_write(hw->dev, regs[i], 0), -EIO);
	}
	assert_int_equal(get(hw, WINDOW - 4), 0);
}

/* A control register acts on whole words; the configuration takes any width. */
static void widths(void **state)
{
	struct hw *hw = *state;

	hw_mmio_post(hw, VIRTIO_MMIO_STATUS, 1, 1);
	hw_mmio_post(hw, VIRTIO_MMIO_STATUS, 2, 1);
	assert_int_equal(get(hw, VIRTIO_MMIO_STATUS), 0);
	hw_mmio_write(hw, VIRTIO_MMIO_STATUS, 1);
	hw_mmio_post(hw, VIRTIO_MMIO_STATUS, 1, 0);
	hw_mmio_write(hw, VIRTIO_MMIO_STATUS, 0x100); /* no reset: that is 0 */
	assert_int_equal(get(hw, VIRTIO_MMIO_STATUS), 1);
	hw_mmio_write(hw, VIRTIO_MMIO_STATUS, 0x102);
	assert_int_equal(get(hw, VIRTIO_MMIO_STATUS), 3);
	dev_set_target(hw->dev, 0x12345678);
	hw_run(hw);
	assert_int_equal(hw_mmio_read(hw, VIRTIO_MMIO_CONFIG + 1, 1), 0x56);
	assert_int_equal(hw_mmio_read(hw, VIRTIO_MMIO_CONFIG + 2, 2), 0x1234);
	hw_mmio_post(hw, VIRTIO_MMIO_CONFIG + 6, 2, 0x55aa);
	assert_int_equal(get(hw, VIRTIO_MMIO_CONFIG + 4), 0x55aa0000);
	assert_int_equal(dev_actual(hw->dev), 0x55aa0000);
}

static void queue_registers(void **state)
{
	struct hw *hw = *state;

	for (unsigned q = 0; q < 8; q++) {
		hw_mmio_write(hw, VIRTIO_MMIO_QUEUE_SEL, q);
		assert_int_equal(get(hw, VIRTIO_MMIO_QUEUE_NUM_MAX), q < HW_ROLES ? 256 : 0);
		hw_mmio_write(hw, VIRTIO_MMIO_QUEUE_NUM, 16); /* what is possible stays */
		assert_int_equal(get(hw, VIRTIO_MMIO_QUEUE_NUM_MAX), q < HW_ROLES ? 256 : 0);
		hw_mmio_write(hw, VIRTIO_MMIO_QUEUE_NUM_MAX, 8);
		hw_mmio_write(hw, VIRTIO_MMIO_QUEUE_READY, 2);
		assert_int_equal(get(hw, VIRTIO_MMIO_QUEUE_READY), 0);
		hw_mmio_write(hw, VIRTIO_MMIO_QUEUE_READY, 1);
		assert_int_equal(get(hw, VIRTIO_MMIO_QUEUE_READY), q < HW_ROLES);
	}
	/* No queue by the lower half of its number. */
	hw_mmio_write(hw, VIRTIO_MMIO_QUEUE_SEL, 0x10000);
	assert_int_equal(get(hw, VIRTIO_MMIO_QUEUE_NUM_MAX), 0);
	assert_int_equal(get(hw, VIRTIO_MMIO_QUEUE_READY), 0);
	hw_reset(hw);
	for (unsigned q = 0; q < HW_ROLES; q++) {
		hw_mmio_write(hw, VIRTIO_MMIO_QUEUE_SEL, q);
		assert_int_equal(get(hw, VIRTIO_MMIO_QUEUE_READY), 0);
	}
}

/* The size that a driver wrote is the one that rings are walked by; a foreign one is not taken. */
static void queue_size(void **state)
{
	struct hw *hw = *state;

	for (unsigned bad = 0; bad < 2; bad++) {
		assert_int_equal(hw_negotiate(hw, 0), NEGOTIATED);
		hw_queue(hw, 0, 4, 0);
		hw_mmio_write(hw, VIRTIO_MMIO_QUEUE_READY, 0);
		assert_int_equal(get(hw, VIRTIO_MMIO_QUEUE_READY), 0);
		hw_mmio_write(hw, VIRTIO_MMIO_QUEUE_NUM, bad ? 0x10008 : 4);
		hw_mmio_write(hw, VIRTIO_MMIO_QUEUE_READY, 1);
		hw_driver_ok(hw);
		for (unsigned i = 0; i < 9; i++) {
			give_page(hw, 0, i % 4, 100 + i);
			hw_notify(hw, 0);
		}
		hw_expect_pages(hw, DEV_INFLATE, 100, 9);
	}
}

/* DEV-4.2.2.1-3..5: a bit from the event to its acknowledgement, the line as long as any is set. */
static void interrupts(void **state)
{
	struct hw *hw = *state;

	hw_start(hw, 8);
	assert_false(hw->intx);
	give_page(hw, 0, 0, 1);
	hw_notify(hw, 0);
	assert_true(hw->intx);
	assert_int_equal(get(hw, VIRTIO_MMIO_INTERRUPT_STATUS), VIRTIO_MMIO_INT_VRING);
	assert_int_equal(get(hw, VIRTIO_MMIO_INTERRUPT_STATUS), VIRTIO_MMIO_INT_VRING);
	dev_set_target(hw->dev, 7);
	hw_run(hw);
	assert_int_equal(get(hw, VIRTIO_MMIO_INTERRUPT_STATUS),
			 VIRTIO_MMIO_INT_VRING | VIRTIO_MMIO_INT_CONFIG);
	hw_mmio_write(hw, VIRTIO_MMIO_INTERRUPT_STATUS, 0); /* read-only */
	hw_mmio_post(hw, VIRTIO_MMIO_INTERRUPT_ACK, 1, 3);  /* not a word */
	hw_mmio_write(hw, VIRTIO_MMIO_INTERRUPT_ACK, 0);
	hw_mmio_write(hw, VIRTIO_MMIO_INTERRUPT_ACK, ~3U);
	assert_int_equal(get(hw, VIRTIO_MMIO_INTERRUPT_STATUS), 3);
	hw_mmio_write(hw, VIRTIO_MMIO_INTERRUPT_ACK, VIRTIO_MMIO_INT_VRING);
	assert_int_equal(get(hw, VIRTIO_MMIO_INTERRUPT_STATUS), VIRTIO_MMIO_INT_CONFIG);
	assert_true(hw->intx);
	assert_int_equal(hw->rises, 1);
	hw_mmio_write(hw, VIRTIO_MMIO_INTERRUPT_ACK, VIRTIO_MMIO_INT_CONFIG);
	assert_int_equal(get(hw, VIRTIO_MMIO_INTERRUPT_STATUS), 0);
	assert_false(hw->intx);
	give_page(hw, 0, 1, 2);
	hw_notify(hw, 0);
	assert_true(hw->intx);
	hw_reset(hw);
	assert_int_equal(get(hw, VIRTIO_MMIO_INTERRUPT_STATUS), 0);
	assert_false(hw->intx);
}

/* Does the acknowledgement, or the buffer's return, come last? */
static void watch_order(struct hw *hw, const struct bus_rec *rec)
{
	bool *returned_last = hw->watch_ctx;

	if (rec->space == BUS_MMIO && rec->addr == VIRTIO_MMIO_INTERRUPT_ACK)
		*returned_last = false;
	if (rec->space == BUS_DMA && rec->op == BUS_WRITE &&
	    rec->addr == (hw->queue[0].used & ~7ULL) && rec->be & 0xc)
		*returned_last = true;
}

/* An event around its acknowledgement, at every distance: never lost, and not told for ever. */
static void acknowledged_late(void **state)
{
	struct hw *hw = *state;
	unsigned told = 0, done = 0;

	for (unsigned delay = 0; delay < 200; delay++) {
		bool returned_last = false;

		hw_start(hw, 8);
		hw->watch = watch_order;
		hw->watch_ctx = &returned_last;
		give_page(hw, 0, 0, 1);
		hw_notify(hw, 0);
		give_page(hw, 0, 1, 2);
		hw_mmio_post(hw, VIRTIO_MMIO_QUEUE_NOTIFY, 4, 0);
		dev_step(hw->dev, delay);
		hw_mmio_post(hw, VIRTIO_MMIO_INTERRUPT_ACK, 4, VIRTIO_MMIO_INT_VRING);
		hw_run(hw);
		hw->watch = NULL;
		assert_int_equal(hw_used_idx(hw, 0), 2);
		assert_int_equal(get(hw, VIRTIO_MMIO_INTERRUPT_STATUS), hw->intx);
		if (returned_last)
			assert_true(hw->intx);
		told += hw->intx;
		done += !hw->intx;
	}
	assert_true(told > 20 && done > 20);
}

static void notifications(void **state)
{
	struct hw *hw = *state;

	hw_start(hw, 8);
	give_page(hw, 0, 0, 1);
	hw_mmio_post(hw, VIRTIO_MMIO_QUEUE_NOTIFY, 2, 0);
	hw_mmio_write(hw, VIRTIO_MMIO_QUEUE_NOTIFY, 0x10000);
	hw_mmio_write(hw, VIRTIO_MMIO_QUEUE_NOTIFY, HW_ROLES);
	hw_mmio_write(hw, VIRTIO_MMIO_QUEUE_NOTIFY, 8); /* its low bits are 0 */
	hw_mmio_write(hw, VIRTIO_MMIO_QUEUE_NOTIFY, UINT32_MAX);
	hw_expect_pages(hw, DEV_INFLATE, 1, 0);
	hw_mmio_write(hw, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	hw_expect_pages(hw, DEV_INFLATE, 1, 1);
	hw_start_with(hw, HW_BIT(F_NOTIFICATION_DATA), HW_QUEUES, 8);
	give_page(hw, 1, 0, 5);
	hw_mmio_write(hw, VIRTIO_MMIO_QUEUE_NOTIFY, 1U << 16 | 1); /* next index, queue */
	hw_expect_pages(hw, DEV_DEFLATE, 5, 1);
}

/*
 * A queue stopped at any moment: once QueueReady reads 0 nothing of it is touched, the other
 * one lives, the interrupt status stays, and it can be made ready again (4.2.2.1, 4.2.2.2).
 */
static void stopped(void **state)
{
	struct hw *hw = *state;
	struct hw_seg seg[] = { { .addr = HW_DATA + 3, .len = 40 },
				{ .addr = HW_DATA + 0x1001, .len = 40 } };
	unsigned used = 0;

	for (unsigned delay = 0; !used; delay++) {
		assert_true(delay < 500);
		hw_start(hw, 8);
		give_page(hw, 1, 7, 3);
		hw_notify(hw, 1);
		hw_chain(hw, 0, 0, seg, 2);
		hw_mmio_post(hw, VIRTIO_MMIO_QUEUE_NOTIFY, 4, 0);
		dev_step(hw->dev, delay);
		used = hw_used_idx(hw, 0);
		hw_mmio_post(hw, VIRTIO_MMIO_QUEUE_SEL, 4, 0);
		hw_mmio_post(hw, VIRTIO_MMIO_QUEUE_READY, 4, 0);
		assert_int_equal(get(hw, QUEUE_RESET), 0);
		assert_int_equal(get(hw, VIRTIO_MMIO_QUEUE_READY), 0);
		hw->dma_reads = hw->dma_writes = hw->npages = 0;
		hw_run(hw);
		hw_notify(hw, 0);
		dev_step(hw->dev, 50);
		assert_int_equal(hw->dma_reads + hw->dma_writes + hw->npages, 0);
		assert_true(get(hw, VIRTIO_MMIO_INTERRUPT_STATUS) & VIRTIO_MMIO_INT_VRING);
		give_page(hw, 1, 6, 4);
		hw_notify(hw, 1);
		hw_expect_pages(hw, DEV_DEFLATE, 4, 1);
		hw_pfns(hw, HW_DATA + 3, 8, 10);
		hw_pfns(hw, HW_DATA + 0x1001, 18, 10);
		hw_queue(hw, 0, 16, 1);
		hw_chain(hw, 0, 3, seg, 2);
		hw_notify(hw, 0);
		hw_expect_pages(hw, DEV_INFLATE, 8, 20);
		assert_int_equal(hw_status(hw), NEGOTIATED | VIRTIO_CONFIG_S_DRIVER_OK);
	}
}

/* A queue that is being stopped and is reset as well ends as one that was reset. */
static void stopped_and_reset(void **state)
{
	struct hw *hw = *state;
	struct hw_seg seg = { .addr = HW_DATA, .len = 400 };

	bool seen = false;

	for (unsigned delay = 0; delay < 80; delay++) {
		hw_start_with(hw, HW_BIT(F_RING_RESET), HW_QUEUES, 8);
		hw_chain(hw, 0, 0, &seg, 1);
		hw_mmio_post(hw, VIRTIO_MMIO_QUEUE_NOTIFY, 4, 0);
		dev_step(hw->dev, delay);
		hw_mmio_post(hw, VIRTIO_MMIO_QUEUE_SEL, 4, 0);
		hw_mmio_post(hw, VIRTIO_MMIO_QUEUE_READY, 4, 0);
		hw_mmio_post(hw, QUEUE_RESET, 4, 1);
		seen |= get(hw, QUEUE_RESET);
		hw_run(hw);
		assert_int_equal(get(hw, QUEUE_RESET), 0);
		assert_int_equal(get(hw, VIRTIO_MMIO_QUEUE_READY), 0);
		hw_queue(hw, 0, 16, 0);
		assert_int_equal(get(hw, QUEUE_RESET), 0);
		hw->npages = 0;
		give_page(hw, 0, 0, 77);
		hw_notify(hw, 0);
		hw_expect_pages(hw, DEV_INFLATE, 77, 1);
	}
	assert_true(seen); /* under way while it was being stopped */
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, hw_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { T(identity),      T(offer),      T(holes),
					    T(outside),       T(widths),     T(queue_registers),
					    T(queue_size),    T(interrupts), T(acknowledged_late),
					    T(notifications), T(stopped),    T(stopped_and_reset) };

	return cmocka_run_group_tests_name("rtl/mmio", tests, hw_group_mmio, NULL);
}
