/* SPDX-License-Identifier: MIT */
/* The observer finds the virtio structures on the bus, and says what is accessed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <linux/pci_regs.h>
#include <linux/virtio_pci.h>

#include "tests/lib/obs_kit.h"

#define STATUS (KIT_COMMON + VIRTIO_PCI_COMMON_STATUS)

static int setup(void **state)
{
	*state = kit_new(false);
	return 0;
}

static void nothing_is_known_before_it_was_read(void **state)
{
	struct obs_kit *kit = *state;

	kit_device(kit);
	kit_write(kit, STATUS, 1, 1);
	kit_expect(kit, "");
	assert_int_equal(observer_stats(kit->obs)->unclaimed, 1);
}

static void learns_from_a_bulk_read(void **state)
{
	struct obs_kit *kit = *state;

	kit_learn(kit);
	kit_write(kit, STATUS, 1, 3);
	kit_expect(kit, "status_write(0x03)");
	assert_int_equal(observer_stats(kit->obs)->unclaimed, 0);
}

static void learns_from_a_bulk_read_backwards_in_bytes(void **state)
{
	struct obs_kit *kit = *state;

	kit_device(kit);
	for (unsigned off = 256; off--;)
		kit_cfg_read(kit, off, 1);
	kit_write(kit, STATUS, 1, 3);
	kit_expect(kit, "status_write(0x03)");
}

/* As a driver does it: pointer, id and next by 16 bits, then the fields it needs. */
static void walk_to_common(struct obs_kit *kit)
{
	kit_cfg_read(kit, PCI_CAPABILITY_LIST, 1);
	kit_cfg_read(kit, 0x40, 2);
	kit_cfg_read(kit, KIT_CAP_COMMON, 2);
	kit_cfg_read(kit, KIT_CAP_COMMON + VIRTIO_PCI_CAP_CFG_TYPE, 1);
	kit_cfg_read(kit, KIT_CAP_COMMON + VIRTIO_PCI_CAP_BAR, 1);
	kit_cfg_read(kit, KIT_CAP_COMMON + VIRTIO_PCI_CAP_OFFSET, 4);
}

static void learns_from_a_walk(void **state)
{
	struct obs_kit *kit = *state;

	kit_device(kit);
	walk_to_common(kit);
	kit_write(kit, STATUS, 1, 1);
	kit_expect(kit, ""); /* the length is still missing */
	kit_cfg_read(kit, KIT_CAP_COMMON + VIRTIO_PCI_CAP_LENGTH, 4);
	kit_write(kit, STATUS, 1, 1);
	kit_expect(kit, "status_write(0x01)");
	kit_read(kit, KIT_ISR, 1, 1);
	kit_expect(kit, ""); /* its capability was not read */
}

static void other_capabilities_are_no_windows(void **state)
{
	struct obs_kit *kit = *state;

	kit->cfg[PCI_CAPABILITY_LIST] = 0x40;
	kit_cap(kit, 0x40, 0x50, 0xff, KIT_BAR, KIT_COMMON, 0x40); /* reserved cfg_type */
	kit_cap(kit, 0x50, 0x64, VIRTIO_PCI_CAP_SHARED_MEMORY_CFG, KIT_BAR, KIT_COMMON, 0x40);
	kit_cap(kit, 0x64, 0x78, VIRTIO_PCI_CAP_COMMON_CFG, KIT_BAR, KIT_COMMON, 0x40);
	kit->cfg[0x64] = PCI_CAP_ID_EXP; /* not a vendor capability */
	kit_cap(kit, 0x80, 0, VIRTIO_PCI_CAP_COMMON_CFG, KIT_BAR, KIT_COMMON, 0x40); /* unlinked */
	for (unsigned off = 0; off < 256; off += 4)
		kit_cfg_read(kit, off, 4);
	kit_write(kit, STATUS, 1, 1);
	kit_expect(kit, "");
}

/* PCI: the low two bits of a capability pointer are reserved. */
static void reserved_pointer_bits_are_ignored(void **state)
{
	struct obs_kit *kit = *state;

	kit_device(kit);
	kit->cfg[PCI_CAPABILITY_LIST] |= 3;
	kit->cfg[0x41] |= 1;
	for (unsigned off = 0; off < 256; off += 4)
		kit_cfg_read(kit, off, 4);
	kit_write(kit, STATUS, 1, 1);
	kit_expect(kit, "status_write(0x01)");
}

static void a_capability_loop_ends(void **state)
{
	struct obs_kit *kit = *state;

	kit_device(kit);
	kit->cfg[KIT_CAP_PCI_CFG + VIRTIO_PCI_CAP_NEXT] = KIT_CAP_COMMON;
	for (unsigned off = 0; off < 256; off += 4)
		kit_cfg_read(kit, off, 4);
	kit_write(kit, STATUS, 1, 1);
	kit_expect(kit, "status_write(0x01)");
}

static void a_second_window_of_a_type_counts_too(void **state)
{
	struct obs_kit *kit = *state;

	kit_device(kit);
	kit->cfg[KIT_CAP_PCI_CFG + VIRTIO_PCI_CAP_NEXT] = 0xb0;
	kit_cap(kit, 0xb0, 0, VIRTIO_PCI_CAP_COMMON_CFG, KIT_BAR, 0x8000, 0x40);
	for (unsigned off = 0; off < 256; off += 4)
		kit_cfg_read(kit, off, 4);
	kit_write(kit, STATUS, 1, 1);
	kit_write(kit, 0x8000 + VIRTIO_PCI_COMMON_STATUS, 1, 3);
	kit_expect(kit, "status_write(0x01)\nstatus_write(0x03)");
}

static void only_the_bar_and_range_of_a_window_count(void **state)
{
	struct obs_kit *kit = *state;
	struct bus_rec rec = { .space = BUS_BAR,
			       .op = BUS_WRITE,
			       .addr = STATUS,
			       .size = 1,
			       .be = 1,
			       .index = KIT_BAR - 1 };

	kit_learn(kit);
	kit_rec(kit, rec);
	kit_write(kit, 0, 4, 0xfee00000); /* an MSI-X table, say */
	kit_write(kit, KIT_COMMON - 1, 1, 0);
	kit_write(kit, KIT_COMMON + 0x40, 1, 0);
	kit_expect(kit, "");
	assert_int_equal(observer_stats(kit->obs)->unclaimed, 4);
	assert_int_equal(observer_stats(kit->obs)->writes, 4);
}

static void isr_and_device_configuration(void **state)
{
	struct obs_kit *kit = *state;

	kit_learn(kit);
	kit_read(kit, KIT_ISR, 1, 3);
	kit_write(kit, KIT_ISR, 1, 0);
	kit_read(kit, KIT_ISR + 1, 1, 0); /* not the ISR status */
	kit_read(kit, KIT_DEVICE + 0, 4, 0x10000);
	kit_write(kit, KIT_DEVICE + 4, 4, 0xabcd);
	kit_read(kit, KIT_DEVICE + 6, 1, 0x7f);
	kit_expect(kit, "isr_read(0x03)\n"
			"isr_write(0x00)\n"
			"config_read(0x00, 4, 0x10000)\n"
			"config_write(0x04, 4, 0xabcd)\n"
			"config_read(0x06, 1, 0x7f)");
}

static void every_window_access_says_its_width(void **state)
{
	struct obs_kit *kit = *state;

	kit_learn(kit);
	kit->all = true;
	kit_write(kit, STATUS, 1, 0);
	kit_read(kit, KIT_ISR, 4, 0);
	kit_write(kit, KIT_NOTIFY, 2, 0);
	kit_read(kit, KIT_DEVICE + 8, 2, 1);
	kit_expect(kit, "reg_access(1, 0x14, 1, 1) status_write(0x00)\n"
			"reg_access(3, 0x00, 4, 0) isr_read(0x00)\n"
			"reg_access(2, 0x00, 2, 1) notify(0, 0x00, 2)\n"
			"reg_access(4, 0x08, 2, 0) config_read(0x08, 2, 0x01)");
}

static void configuration_space_accesses_are_events(void **state)
{
	struct obs_kit *kit = *state;

	kit->all = true;
	kit->cfg[0] = 0xf4;
	kit->cfg[1] = 0x1a;
	kit_cfg_read(kit, 0, 2);
	kit_cfg_write(kit, PCI_COMMAND, 2, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);
	kit_expect(kit, "pci_cfg_read(0x00, 2, 0x1af4)\npci_cfg_write(0x04, 2, 0x06)");
}

/* 4.1.4.9: bar, offset and length by configuration writes, then pci_cfg_data. */
static void registers_through_configuration_space(void **state)
{
	struct obs_kit *kit = *state;
	unsigned data = KIT_CAP_PCI_CFG + sizeof(struct virtio_pci_cap);

	kit_learn(kit);
	kit_cfg_write(kit, KIT_CAP_PCI_CFG + VIRTIO_PCI_CAP_BAR, 1, KIT_BAR);
	kit_cfg_write(kit, KIT_CAP_PCI_CFG + VIRTIO_PCI_CAP_OFFSET, 4, STATUS);
	kit_cfg_write(kit, data, 4, 1);
	kit_expect(kit, ""); /* length still 0 */
	kit_cfg_write(kit, KIT_CAP_PCI_CFG + VIRTIO_PCI_CAP_LENGTH, 4, 1);
	kit_cfg_write(kit, data, 4, 0xffffff0b);
	kit->cfg[data] = 0x0b;
	kit_cfg_read(kit, data, 1);
	kit_expect(kit, "status_write(0x0b)\nstatus_read(0x0b)");
	kit_write(kit, STATUS, 1, 0x0f); /* the direct way still works */
	kit_expect(kit, "status_write(0x0f)");
	kit_cfg_write(kit, KIT_CAP_PCI_CFG + VIRTIO_PCI_CAP_OFFSET, 4, KIT_DEVICE);
	kit_cfg_write(kit, KIT_CAP_PCI_CFG + VIRTIO_PCI_CAP_LENGTH, 4, 2);
	kit_cfg_write(kit, data, 1, 1); /* less than a whole access */
	kit_cfg_write(kit, data, 4, 0xffff1234);
	kit_expect(kit, "config_write(0x00, 2, 0x1234)");
}

static void a_write_elsewhere_in_configuration_space_teaches_nothing(void **state)
{
	struct obs_kit *kit = *state;

	kit_learn(kit);
	kit_cfg_write(kit, KIT_CAP_COMMON + VIRTIO_PCI_CAP_OFFSET, 4, 0x7000);
	kit_write(kit, STATUS, 1, 1);
	kit_expect(kit, "status_write(0x01)");
}

static void failed_accesses_are_not_register_events(void **state)
{
	struct obs_kit *kit = *state;
	struct bus_rec rec = { .space = BUS_BAR,
			       .op = BUS_READ,
			       .addr = STATUS,
			       .size = 1,
			       .be = 1,
			       .data = 0xff,
			       .index = KIT_BAR };

	kit_learn(kit);
	rec.resp = BUS_SLVERR;
	kit_rec(kit, rec);
	rec.resp = BUS_HANG;
	kit_rec(kit, rec);
	rec.space = BUS_CFG;
	rec.addr = 0x34;
	rec.resp = BUS_DECERR;
	kit_rec(kit, rec);
	kit_expect(kit, "access_error(1, 0x1014)\nhang(1, 0x1014)\naccess_error(0, 0x34)");
	kit_write(kit, STATUS, 1, 1);
	kit_expect(kit, "status_write(0x01)");
}

/* A write is a fact when the device accepts it, its error response is another. */
static void a_late_error_is_no_second_write(void **state)
{
	struct obs_kit *kit = *state;
	struct bus_rec rec = { .space = BUS_BAR,
			       .op = BUS_WRITE,
			       .addr = STATUS,
			       .size = 1,
			       .be = 1,
			       .data = 1,
			       .index = KIT_BAR };

	kit_learn(kit);
	kit_rec(kit, rec);
	rec.flags = BUS_F_RESP;
	rec.resp = BUS_SLVERR;
	kit_rec(kit, rec);
	kit_expect(kit, "status_write(0x01)\naccess_error(1, 0x1014)");
	assert_int_equal(observer_stats(kit->obs)->writes, 1);
	rec.resp = BUS_OKAY;
	kit_rec(kit, rec);
	kit_expect(kit, "");
	assert_int_equal(observer_stats(kit->obs)->malformed, 1);
}

/* --- notifications (4.1.4.4, 4.1.5.2) --------------------------------------------------- */

static void notify_off(struct obs_kit *kit, unsigned q, unsigned off)
{
	kit_write(kit, KIT_COMMON + VIRTIO_PCI_COMMON_Q_SELECT, 2, q);
	kit_read(kit, KIT_COMMON + VIRTIO_PCI_COMMON_Q_NOFF, 2, off);
	kit_forget(kit);
}

static void the_address_tells_the_queue(void **state)
{
	struct obs_kit *kit = *state;

	kit_learn(kit);
	notify_off(kit, 0, 7);
	notify_off(kit, 1, 3);
	kit_write(kit, KIT_NOTIFY + 3 * KIT_MULTIPLIER, 2, 1);
	kit_write(kit, KIT_NOTIFY + 7 * KIT_MULTIPLIER, 2, 0);
	kit_expect(kit, "notify(1, 0x01, 2)\nnotify(0, 0x00, 2)");
	kit_write(kit, KIT_NOTIFY + 3 * KIT_MULTIPLIER, 2, 0); /* address and value disagree */
	kit_expect(kit, "notify(1, 0x00, 2)");
	kit_write(kit, KIT_NOTIFY + 7 * KIT_MULTIPLIER, 4, 0x00050000); /* with extra data */
	kit_expect(kit, "notify(0, 0x50000, 4)");
	kit_write(kit, KIT_NOTIFY + 9 * KIT_MULTIPLIER, 2, 5); /* nobody's address */
	kit_expect(kit, "notify(5, 0x05, 2)");
}

static void at_a_shared_address_the_value_tells(void **state)
{
	struct obs_kit *kit = *state;

	kit_learn(kit);
	for (unsigned q = 0; q < 3; q++)
		notify_off(kit, q, q == 2 ? 1 : 0);
	kit_write(kit, KIT_NOTIFY, 2, 1);
	kit_write(kit, KIT_NOTIFY, 2, 0);
	kit_write(kit, KIT_NOTIFY, 4, 0x70001);
	kit_expect(kit, "notify(1, 0x01, 2)\nnotify(0, 0x00, 2)\nnotify(1, 0x70001, 4)");
}

static void with_multiplier_0_the_value_tells(void **state)
{
	struct obs_kit *kit = *state;

	kit_device(kit);
	memset(kit->cfg + KIT_CAP_NOTIFY + VIRTIO_PCI_NOTIFY_CAP_MULT, 0, 4);
	for (unsigned off = 0; off < 256; off += 4)
		kit_cfg_read(kit, off, 4);
	kit_forget(kit);
	for (unsigned q = 0; q < 3; q++)
		notify_off(kit, q, q);
	kit_write(kit, KIT_NOTIFY, 2, 2);
	kit_write(kit, KIT_NOTIFY, 2, 0);
	kit_expect(kit, "notify(2, 0x02, 2)\nnotify(0, 0x00, 2)");
}

static void with_no_multiplier_read_the_value_tells(void **state)
{
	struct obs_kit *kit = *state;

	kit_device(kit);
	for (unsigned off = 0; off < 256; off += 4)
		if (off != KIT_CAP_NOTIFY + VIRTIO_PCI_NOTIFY_CAP_MULT)
			kit_cfg_read(kit, off, 4);
	kit_forget(kit);
	notify_off(kit, 1, 3);
	kit_write(kit, KIT_NOTIFY, 2, 2);
	kit_write(kit, KIT_NOTIFY + 12, 2, 1);
	kit_expect(kit, "notify(2, 0x02, 2)\nnotify(1, 0x01, 2)");
}

static void notify_offsets_outlive_resets(void **state)
{
	struct obs_kit *kit = *state;

	kit_learn(kit);
	notify_off(kit, 0, 7);
	notify_off(kit, 1, 3);
	kit_write(kit, STATUS, 1, 0);
	kit_rec(kit, (struct bus_rec){ .space = BUS_HOST, .op = BUS_WRITE });
	kit_forget(kit);
	kit_write(kit, KIT_NOTIFY + 3 * KIT_MULTIPLIER, 2, 0);
	kit_expect(kit, "notify(1, 0x00, 2)");
}

/* One beat, of nothing that anybody has told of. */
static void beat(struct obs_kit *kit)
{
	kit_rec(kit,
		(struct bus_rec){
			.space = BUS_DMA, .op = BUS_READ, .addr = 0x7000, .size = 8, .be = 0xff });
}

/* PCI, Advanced Features: a reset as a whole; what was in flight is nothing new. */
static void a_function_level_reset_is_a_reset(void **state)
{
	struct obs_kit *kit = *state;
	const unsigned af = 0xb0;

	kit_device(kit);
	kit->cfg[KIT_CAP_PCI_CFG + PCI_CAP_LIST_NEXT] = af;
	kit->cfg[af] = PCI_CAP_ID_AF;
	kit->cfg[af + PCI_CAP_LIST_NEXT] = 0;
	for (unsigned off = 0; off < 256; off += 4)
		kit_cfg_read(kit, off, 4);
	kit_forget(kit);
	kit_cfg_write(kit, af + PCI_AF_CTRL, 1, 0);
	kit_cfg_write(kit, af + PCI_AF_STATUS, 1, PCI_AF_CTRL_FLR);
	kit_expect(kit, "");
	kit_cfg_write(kit, af, 4, PCI_AF_CTRL_FLR); /* its control is the fifth byte */
	kit_expect(kit, "");
	beat(kit);
	kit_expect(kit, "dma_other(0x7000, 0)");
	kit_cfg_write(kit, af + PCI_AF_CTRL, 2, PCI_AF_CTRL_FLR);
	kit_expect(kit, "host_reset()");
	beat(kit);
	kit->cfg[af + PCI_AF_STATUS] = PCI_AF_STATUS_TP;
	kit_cfg_read(kit, af + PCI_AF_STATUS, 1);
	beat(kit);
	kit_expect(kit, "");
	kit->cfg[af + PCI_AF_STATUS] = 0;
	kit_cfg_read(kit, af + PCI_AF_STATUS, 1);
	beat(kit);
	kit_expect(kit, "dma_other(0x7000, 0)");
	kit_cfg_write(kit, af + PCI_AF_CTRL, 1, PCI_AF_CTRL_FLR);
	kit_write(kit, STATUS, 1, 1);
	beat(kit);
	kit_expect(kit, "host_reset()\nstatus_write(0x01)\ndma_other(0x7000, 0)");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(nothing_is_known_before_it_was_read),
		T(learns_from_a_bulk_read),
		T(learns_from_a_bulk_read_backwards_in_bytes),
		T(learns_from_a_walk),
		T(other_capabilities_are_no_windows),
		T(reserved_pointer_bits_are_ignored),
		T(a_capability_loop_ends),
		T(a_second_window_of_a_type_counts_too),
		T(only_the_bar_and_range_of_a_window_count),
		T(isr_and_device_configuration),
		T(every_window_access_says_its_width),
		T(configuration_space_accesses_are_events),
		T(registers_through_configuration_space),
		T(a_write_elsewhere_in_configuration_space_teaches_nothing),
		T(failed_accesses_are_not_register_events),
		T(a_late_error_is_no_second_write),
		T(the_address_tells_the_queue),
		T(at_a_shared_address_the_value_tells),
		T(with_multiplier_0_the_value_tells),
		T(with_no_multiplier_read_the_value_tells),
		T(notify_offsets_outlive_resets),
		T(a_function_level_reset_is_a_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
