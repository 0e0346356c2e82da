/* SPDX-License-Identifier: MIT */
/* The observer on virtio-mmio registers (virtio 1.4, 4.2.2): which events, and which not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <linux/virtio_mmio.h>

#include "tests/lib/obs_kit.h"

#define QUEUE_RESET 0x0c0

static int setup(void **state)
{
	*state = kit_new(true);
	return 0;
}

static void access(struct obs_kit *kit, enum bus_op op, uint32_t off, unsigned size, uint32_t val)
{
	kit_rec(kit, (struct bus_rec){ .space = BUS_MMIO,
				       .op = (uint8_t)op,
				       .addr = off,
				       .data = val,
				       .size = (uint8_t)size,
				       .be = (uint8_t)((1U << size) - 1) });
}

static void put(struct obs_kit *kit, uint32_t off, uint32_t val)
{
	access(kit, BUS_WRITE, off, 4, val);
}

static void got(struct obs_kit *kit, uint32_t off, uint32_t val)
{
	access(kit, BUS_READ, off, 4, val);
}

/* Each register in a direction that it has. */
static void registers(void **state)
{
	struct obs_kit *kit = *state;

	got(kit, VIRTIO_MMIO_MAGIC_VALUE, 0x74726976);
	got(kit, VIRTIO_MMIO_DEVICE_ID, 5);
	put(kit, VIRTIO_MMIO_STATUS, 3);
	got(kit, VIRTIO_MMIO_STATUS, 3);
	put(kit, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
	got(kit, VIRTIO_MMIO_DEVICE_FEATURES, 0x11);
	put(kit, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
	put(kit, VIRTIO_MMIO_DRIVER_FEATURES, 1);
	kit_expect(kit, "identity_read(0x00, 0x74726976)\n"
			"identity_read(0x08, 0x05)\n"
			"status_write(0x03)\n"
			"status_read(0x03)\n"
			"device_feature_select_write(0x01)\n"
			"device_feature_read(1, 0x11)\n"
			"driver_feature_select_write(0x01)\n"
			"driver_feature_write(1, 0x01)");
	put(kit, VIRTIO_MMIO_QUEUE_SEL, 2);
	got(kit, VIRTIO_MMIO_QUEUE_NUM_MAX, 256);
	put(kit, VIRTIO_MMIO_QUEUE_NUM, 8);
	put(kit, VIRTIO_MMIO_QUEUE_DESC_LOW, 0x1000);
	put(kit, VIRTIO_MMIO_QUEUE_USED_HIGH, 9);
	put(kit, VIRTIO_MMIO_QUEUE_READY, 1);
	got(kit, VIRTIO_MMIO_QUEUE_READY, 1);
	put(kit, QUEUE_RESET, 1);
	got(kit, QUEUE_RESET, 0);
	kit_expect(kit, "queue_select_write(0x02)\n"
			"queue_size_max_read(2, 0x100)\n"
			"queue_size_write(2, 0x08)\n"
			"queue_addr_write(2, 0, 0x1000)\n"
			"queue_addr_write(2, 5, 0x09)\n"
			"queue_enable_write(2, 0x01)\n"
			"queue_enable_read(2, 0x01)\n"
			"queue_reset_write(2, 0x01)\n"
			"queue_reset_read(2, 0x00)");
	got(kit, VIRTIO_MMIO_INTERRUPT_STATUS, 1);
	put(kit, VIRTIO_MMIO_INTERRUPT_ACK, 1);
	got(kit, VIRTIO_MMIO_CONFIG_GENERATION, 7);
	put(kit, VIRTIO_MMIO_CONFIG + 4, 12);
	access(kit, BUS_READ, VIRTIO_MMIO_CONFIG + 1, 1, 0xab);
	kit_expect(kit, "isr_read(0x01)\n"
			"isr_ack(0x01)\n"
			"config_generation_read(0x07)\n"
			"config_write(0x04, 4, 0x0c)\n"
			"config_read(0x01, 1, 0xab)");
	assert_int_equal(observer_stats(kit->obs)->unclaimed, 0);
}

/* Accesses that the specification gives no meaning change nothing of what is known. */
static void meaningless(void **state)
{
	struct obs_kit *kit = *state;

	put(kit, VIRTIO_MMIO_QUEUE_SEL, 1);
	put(kit, VIRTIO_MMIO_QUEUE_NUM, 8);
	kit_forget(kit);
	got(kit, VIRTIO_MMIO_QUEUE_NUM, 0);               /* write-only */
	got(kit, VIRTIO_MMIO_QUEUE_SEL, 0);               /* the same */
	put(kit, VIRTIO_MMIO_DEVICE_ID, 5);               /* read-only */
	put(kit, VIRTIO_MMIO_QUEUE_NUM_MAX, 4);           /* the same */
	access(kit, BUS_WRITE, VIRTIO_MMIO_STATUS, 1, 0); /* no reset: not the register */
	access(kit, BUS_WRITE, VIRTIO_MMIO_QUEUE_SEL, 2, 3);
	access(kit, BUS_WRITE, VIRTIO_MMIO_QUEUE_NOTIFY, 2, 1);
	got(kit, 0x028, 0);
	kit_expect(kit, "common_other_read(0x38, 4, 0x00)\n"
			"common_other_read(0x30, 4, 0x00)\n"
			"common_other_write(0x08, 4, 0x05)\n"
			"common_other_write(0x34, 4, 0x04)\n"
			"common_other_write(0x70, 1, 0x00)\n"
			"common_other_write(0x30, 2, 0x03)\n"
			"common_other_write(0x50, 2, 0x01)\n"
			"common_other_read(0x28, 4, 0x00)");
	got(kit, VIRTIO_MMIO_QUEUE_READY, 0);
	kit_expect(kit, "queue_enable_read(1, 0x00)");
}

/* The queue is in the lower half, whatever NOTIFICATION_DATA puts above; the ring is looked at. */
static void notifications(void **state)
{
	struct obs_kit *kit = *state;

	memcpy(kit->mem, "\x01\x00\x05\x00", 4);
	put(kit, VIRTIO_MMIO_QUEUE_SEL, 3);
	put(kit, VIRTIO_MMIO_QUEUE_NUM, 8);
	put(kit, VIRTIO_MMIO_QUEUE_AVAIL_LOW, KIT_MEM);
	put(kit, VIRTIO_MMIO_QUEUE_AVAIL_HIGH, 0);
	put(kit, VIRTIO_MMIO_QUEUE_READY, 1);
	put(kit, VIRTIO_MMIO_STATUS, 15);
	kit_forget(kit);
	put(kit, VIRTIO_MMIO_QUEUE_NOTIFY, 0x50003);
	observer_flush(kit->obs);
	assert_non_null(strstr(kit->text, "notify(3, 0x50003, 4)"));
	assert_non_null(strstr(kit->text, "avail_flags_snoop(3, 0x01)"));
	assert_non_null(strstr(kit->text, "avail_idx_snoop(3, 0x05)"));
}

/* Its rings are rings while it is ready, and until it has been seen to have stopped. */
static void a_stopped_queue(void **state)
{
	struct obs_kit *kit = *state;

	put(kit, VIRTIO_MMIO_QUEUE_SEL, 1);
	put(kit, VIRTIO_MMIO_QUEUE_NUM, 8);
	put(kit, VIRTIO_MMIO_QUEUE_AVAIL_LOW, 0x9000);
	kit_forget(kit);
	kit_dma_read(kit, 0x9000, 0x0c, 1 << 16);
	kit_expect(kit, "dma_other(0x9002, 0)");
	put(kit, VIRTIO_MMIO_QUEUE_READY, 1);
	kit_forget(kit);
	kit_dma_read(kit, 0x9000, 0x0c, 1 << 16);
	kit_expect(kit, "avail_idx_read(1, 0x01)");
	put(kit, VIRTIO_MMIO_QUEUE_READY, 0);
	kit_forget(kit);
	kit_dma_read(kit, 0x9000, 0x0c, 2 << 16);
	kit_expect(kit, "avail_idx_read(1, 0x02)");
	got(kit, VIRTIO_MMIO_QUEUE_READY, 0);
	kit_forget(kit);
	kit_dma_read(kit, 0x9000, 0x0c, 2 << 16);
	kit_expect(kit, "dma_other(0x9002, 0)");
	put(kit, VIRTIO_MMIO_QUEUE_READY, 1); /* as it was set up before */
	kit_forget(kit);
	kit_dma_read(kit, 0x9000, 0x0c, 0);
	kit_expect(kit, "avail_idx_read(1, 0x00)");
}

/* What a register access is, and where, whatever it means. */
static void accesses(void **state)
{
	struct obs_kit *kit = *state;

	kit->all = true;
	got(kit, VIRTIO_MMIO_STATUS, 1);
	access(kit, BUS_WRITE, VIRTIO_MMIO_CONFIG + 6, 2, 1);
	kit_expect(kit, "reg_access(0, 0x70, 4, 0) status_read(0x01)\n"
			"reg_access(4, 0x06, 2, 1) config_write(0x06, 2, 0x01)");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { T(registers), T(meaningless), T(notifications),
					    T(a_stopped_queue), T(accesses) };

	return cmocka_run_group_tests_name("unit/observer_mmio", tests, NULL, NULL);
}
