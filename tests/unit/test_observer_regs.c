/* SPDX-License-Identifier: MIT */
/* Each register of the common configuration, at each width, in each bank, over resets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <linux/virtio_pci.h>

#include "tests/lib/obs_kit.h"

#define AT(field) (KIT_COMMON + VIRTIO_PCI_COMMON_##field)

static int setup(void **state)
{
	struct obs_kit *kit = kit_new(false);

	kit_learn(kit);
	*state = kit;
	return 0;
}

static void select_queue(struct obs_kit *kit, unsigned q)
{
	kit_write(kit, AT(Q_SELECT), 2, q);
	kit_forget(kit);
}

/* virtio 1.4, 4.1.4.3: offset, natural width, and what a read and a write of it are. */
static const struct {
	unsigned offset, width;
	uint32_t value;
	const char *read, *write;
} natural[] = {
	{ 0, 4, 1, "common_other_read(0x00, 4, 0x01)", "device_feature_select_write(0x01)" },
	{ 4, 4, 0x35, "device_feature_read(0, 0x35)", "common_other_write(0x04, 4, 0x35)" },
	{ 8, 4, 1, "common_other_read(0x08, 4, 0x01)", "driver_feature_select_write(0x01)" },
	{ 12, 4, 0x21, "driver_feature_read(0, 0x21)", "driver_feature_write(0, 0x21)" },
	{ 16, 2, 0xffff, "config_vector_read(0xffff)", "config_vector_write(0xffff)" },
	{ 18, 2, 5, "num_queues_read(0x05)", "common_other_write(0x12, 2, 0x05)" },
	{ 20, 1, 0x0b, "status_read(0x0b)", "status_write(0x0b)" },
	{ 21, 1, 9, "config_generation_read(0x09)", "common_other_write(0x15, 1, 0x09)" },
	{ 22, 2, 3, "common_other_read(0x16, 2, 0x03)", "queue_select_write(0x03)" },
	{ 24, 2, 128, "queue_size_read(2, 0x80)", "queue_size_write(2, 0x80)" },
	{ 26, 2, 1, "queue_vector_read(2, 0x01)", "queue_vector_write(2, 0x01)" },
	{ 28, 2, 1, "queue_enable_read(2, 0x01)", "queue_enable_write(2, 0x01)" },
	{ 30, 2, 2, "queue_notify_off_read(2, 0x02)", "common_other_write(0x1e, 2, 0x02)" },
	{ 32, 4, 0x1000, "queue_addr_read(2, 0, 0x1000)", "queue_addr_write(2, 0, 0x1000)" },
	{ 36, 4, 0x1001, "queue_addr_read(2, 1, 0x1001)", "queue_addr_write(2, 1, 0x1001)" },
	{ 40, 4, 0x1002, "queue_addr_read(2, 2, 0x1002)", "queue_addr_write(2, 2, 0x1002)" },
	{ 44, 4, 0x1003, "queue_addr_read(2, 3, 0x1003)", "queue_addr_write(2, 3, 0x1003)" },
	{ 48, 4, 0x1004, "queue_addr_read(2, 4, 0x1004)", "queue_addr_write(2, 4, 0x1004)" },
	{ 52, 4, 0x1005, "queue_addr_read(2, 5, 0x1005)", "queue_addr_write(2, 5, 0x1005)" },
	{ 56, 2, 2, "queue_notify_data_read(2, 0x02)", "common_other_write(0x38, 2, 0x02)" },
	{ 58, 2, 1, "queue_reset_read(2, 0x01)", "queue_reset_write(2, 0x01)" },
	{ 60, 2, 6, "common_other_read(0x3c, 2, 0x06)", "common_other_write(0x3c, 2, 0x06)" },
	{ 62, 2, 1, "common_other_read(0x3e, 2, 0x01)", "common_other_write(0x3e, 2, 0x01)" },
};

static void each_register_at_its_own_width(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(natural) / sizeof(natural[0]); i++) {
		struct obs_kit *kit = kit_new(false);

		kit_learn(kit);
		select_queue(kit, 2);
		kit_write(kit, KIT_COMMON + natural[i].offset, natural[i].width, natural[i].value);
		kit_expect(kit, natural[i].write);
		select_queue(kit, 2);
		kit_write(kit, AT(GFSELECT), 4, 0);
		kit_write(kit, AT(DFSELECT), 4, 0);
		kit_forget(kit);
		kit_read(kit, KIT_COMMON + natural[i].offset, natural[i].width, natural[i].value);
		kit_expect(kit, natural[i].read);
		kit_free(kit);
	}
}

static void a_write_of_some_bytes_keeps_the_others(void **state)
{
	struct obs_kit *kit = *state;

	kit_write(kit, AT(GF), 2, 0x5678);
	kit_write(kit, AT(GF) + 2, 2, 0x1234);
	kit_write(kit, AT(GF) + 1, 1, 0xff);
	kit_expect(kit, "driver_feature_write(0, 0x5678)\n"
			"driver_feature_write(0, 0x12345678)\n"
			"driver_feature_write(0, 0x1234ff78)");
	kit_write(kit, AT(Q_SIZE), 1, 0x80);
	kit_write(kit, AT(Q_SIZE) + 1, 1, 0x01);
	kit_write(kit, AT(Q_DESCLO) + 3, 1, 0x7f);
	kit_expect(kit, "queue_size_write(0, 0x80)\n"
			"queue_size_write(0, 0x180)\n"
			"queue_addr_write(0, 0, 0x7f000000)");
}

/* What the device showed is what the other bytes are. */
static void a_partial_write_starts_from_the_value_last_read(void **state)
{
	struct obs_kit *kit = *state;

	kit_read(kit, AT(Q_SIZE), 2, 0x100);
	kit_write(kit, AT(Q_SIZE), 1, 0x40);
	kit_expect(kit, "queue_size_read(0, 0x100)\nqueue_size_write(0, 0x140)");
}

static void a_read_in_parts_is_one_read(void **state)
{
	struct obs_kit *kit = *state;

	kit_read(kit, AT(DF), 2, 0x0035);
	kit_read(kit, AT(DF) + 2, 2, 0x3000);
	kit_expect(kit, "device_feature_read(0, 0x30000035)");
	for (unsigned i = 4; i--;)
		kit_read(kit, AT(DF) + i, 1, 0x10 + i);
	kit_expect(kit, "device_feature_read(0, 0x13121110)");
	kit_read(kit, AT(DF), 2, 0x1111); /* never finished */
	kit_read(kit, AT(Q_SIZE), 1, 0x80);
	kit_read(kit, AT(DF) + 2, 2, 0x2222);
	kit_expect(kit, "");
}

static void halves_of_different_banks_are_not_one_read(void **state)
{
	struct obs_kit *kit = *state;

	kit_read(kit, AT(DF), 2, 0x1111);
	kit_write(kit, AT(DFSELECT), 4, 1);
	kit_read(kit, AT(DF) + 2, 2, 0x2222);
	kit_expect(kit, "device_feature_select_write(0x01)");
	kit_read(kit, AT(DF), 2, 0x3333);
	kit_expect(kit, "device_feature_read(1, 0x22223333)");
}

static void a_wide_access_is_one_of_each_register(void **state)
{
	struct obs_kit *kit = *state;

	kit->all = true;
	kit_write(kit, AT(STATUS), 4, 0x0002aa03);
	kit_expect(kit, "reg_access(1, 0x14, 4, 1) status_write(0x03) "
			"common_other_write(0x15, 1, 0xaa) queue_select_write(0x02)");
	kit_read(kit, AT(MSIX), 4, 0x0005ffff);
	kit_expect(kit, "reg_access(1, 0x10, 4, 0) config_vector_read(0xffff) "
			"num_queues_read(0x05)");
	kit_write(kit, AT(Q_SIZE), 4, 0x00010040);
	kit_expect(kit, "reg_access(1, 0x18, 4, 1) queue_size_write(2, 0x40) "
			"queue_vector_write(2, 0x01)");
	kit_read(kit, KIT_COMMON + 20, 2, 0x0503);
	kit_expect(kit, "reg_access(1, 0x14, 2, 0) status_read(0x03) config_generation_read(0x05)");
}

static void features_by_their_selectors(void **state)
{
	struct obs_kit *kit = *state;

	kit_write(kit, AT(DFSELECT), 4, 1);
	kit_read(kit, AT(DF), 4, 1);
	kit_write(kit, AT(DFSELECT), 4, 7);
	kit_read(kit, AT(DF), 4, 0);
	kit_write(kit, AT(GF), 4, 0x21); /* the other selector is still 0 */
	kit_write(kit, AT(GFSELECT), 4, 1);
	kit_write(kit, AT(GF), 4, 1);
	kit_write(kit, AT(GFSELECT), 4, 0x80000001);
	kit_write(kit, AT(GF), 4, 0);
	kit_expect(kit, "device_feature_select_write(0x01)\n"
			"device_feature_read(1, 0x01)\n"
			"device_feature_select_write(0x07)\n"
			"device_feature_read(7, 0x00)\n"
			"driver_feature_write(0, 0x21)\n"
			"driver_feature_select_write(0x01)\n"
			"driver_feature_write(1, 0x01)\n"
			"driver_feature_select_write(0x80000001)\n"
			"driver_feature_write(2147483649, 0x00)");
}

static void a_feature_word_keeps_its_bytes_in_its_bank(void **state)
{
	struct obs_kit *kit = *state;

	kit_write(kit, AT(GF), 4, 0x11111111);
	kit_write(kit, AT(GFSELECT), 4, 1);
	kit_write(kit, AT(GF), 1, 0x22);
	kit_write(kit, AT(GFSELECT), 1, 0);
	kit_forget(kit);
	kit_write(kit, AT(GF), 1, 0x33);
	kit_expect(kit, "driver_feature_write(0, 0x11111133)");
}

static void queue_registers_by_queue(void **state)
{
	struct obs_kit *kit = *state;

	kit_write(kit, AT(Q_SELECT), 2, 1);
	kit_write(kit, AT(Q_SIZE), 2, 0x140);
	kit_write(kit, AT(Q_SELECT), 2, 0);
	kit_write(kit, AT(Q_SIZE), 2, 0x80);
	kit_write(kit, AT(Q_SELECT), 2, 1);
	kit_write(kit, AT(Q_SIZE), 1, 0x20); /* the high byte is queue 1's */
	kit_write(kit, AT(Q_SELECT), 2, 1000);
	kit_write(kit, AT(Q_ENABLE), 2, 1);
	kit_read(kit, AT(Q_SIZE), 2, 0);
	kit_expect(kit, "queue_select_write(0x01)\n"
			"queue_size_write(1, 0x140)\n"
			"queue_select_write(0x00)\n"
			"queue_size_write(0, 0x80)\n"
			"queue_select_write(0x01)\n"
			"queue_size_write(1, 0x120)\n"
			"queue_select_write(0x3e8)\n"
			"queue_enable_write(1000, 0x01)\n"
			"queue_size_read(1000, 0x00)");
}

static void the_selector_as_read_back_is_believed(void **state)
{
	struct obs_kit *kit = *state;

	kit_write(kit, AT(Q_SELECT), 2, 3);
	kit_read(kit, AT(Q_SELECT), 2, 1);
	kit_write(kit, AT(Q_ENABLE), 2, 1);
	kit_expect(kit, "queue_select_write(0x03)\n"
			"common_other_read(0x16, 2, 0x01)\n"
			"queue_enable_write(1, 0x01)");
}

static void reset_clears_selectors_and_registers(void **state)
{
	struct obs_kit *kit = *state;

	kit_write(kit, AT(Q_SELECT), 2, 3);
	kit_write(kit, AT(DFSELECT), 4, 1);
	kit_write(kit, AT(Q_DESCLO), 4, 0x12345000);
	kit_write(kit, AT(GF), 4, 0x11111111);
	kit_write(kit, AT(STATUS), 1, 0);
	kit_forget(kit);
	kit_read(kit, AT(STATUS), 1, 0x0f); /* not reset yet: as it is */
	kit_read(kit, AT(STATUS), 1, 0);
	kit_read(kit, AT(DF), 4, 5);
	kit_write(kit, AT(Q_ENABLE), 2, 0);
	kit_write(kit, AT(Q_SELECT), 2, 3);
	kit_write(kit, AT(Q_DESCLO), 1, 0x10);
	kit_write(kit, AT(GF), 1, 0x22);
	kit_expect(kit, "status_read(0x0f)\n"
			"status_read(0x00)\n"
			"device_feature_read(0, 0x05)\n"
			"queue_enable_write(0, 0x00)\n"
			"queue_select_write(0x03)\n"
			"queue_addr_write(3, 0, 0x10)\n"
			"driver_feature_write(0, 0x22)");
}

static void after_a_reset_queue_registers_are_still_registers(void **state)
{
	struct obs_kit *kit = *state;

	/* As drivers do when they tear down: vectors are taken back after the reset. */
	kit_write(kit, AT(STATUS), 1, 0);
	kit_read(kit, AT(STATUS), 1, 0);
	kit_write(kit, AT(Q_SELECT), 2, 1);
	kit_write(kit, AT(Q_MSIX), 2, 0xffff);
	kit_read(kit, AT(Q_MSIX), 2, 0xffff);
	kit_expect(kit, "status_write(0x00)\n"
			"status_read(0x00)\n"
			"queue_select_write(0x01)\n"
			"queue_vector_write(1, 0xffff)\n"
			"queue_vector_read(1, 0xffff)");
}

static void host_reset_clears_too(void **state)
{
	struct obs_kit *kit = *state;

	kit_write(kit, AT(Q_SELECT), 2, 3);
	kit_forget(kit);
	kit_rec(kit, (struct bus_rec){ .space = BUS_HOST, .op = BUS_WRITE });
	kit_write(kit, AT(Q_ENABLE), 2, 1);
	kit_expect(kit, "host_reset()\nqueue_enable_write(0, 0x01)");
}

static void interrupts_and_the_host_side(void **state)
{
	struct obs_kit *kit = *state;
	struct bus_rec irq = { .space = BUS_IRQ, .op = BUS_WRITE };
	struct bus_rec host = { .space = BUS_HOST, .op = BUS_WRITE };
	uint64_t irqs = observer_stats(kit->obs)->irqs;

	irq.data = 1;
	kit_rec(kit, irq);
	irq.data = 0;
	kit_rec(kit, irq);
	irq.index = BUS_MSIX;
	irq.addr = 2;
	irq.data = 0x4041;
	kit_rec(kit, irq);
	kit_expect(kit, "irq_intx(1)\nirq_intx(0)\nirq_msix(2)");
	assert_int_equal(observer_stats(kit->obs)->irqs - irqs, 2);

	host.addr = BUS_HOST_TARGET;
	host.data = 512;
	kit_rec(kit, host);
	host.addr = BUS_HOST_INFLATE;
	host.data = 0x1234;
	kit_rec(kit, host);
	host.addr = BUS_HOST_DEFLATE;
	kit_rec(kit, host);
	host.addr = BUS_HOST_ACTUAL;
	host.op = BUS_READ;
	host.data = 7;
	kit_rec(kit, host);
	kit_expect(kit,
		   "target_write(512)\npage_inflate(4660)\npage_deflate(4660)\nactual_read(7)");
	host.op = BUS_WRITE;
	host.addr = BUS_HOST_POLL;
	kit_rec(kit, host);
	host.addr = BUS_HOST_STAT | 9ULL << 32;
	kit_rec(kit, host);
	host.addr = BUS_HOST_HINT;
	kit_rec(kit, host);
	host.addr = BUS_HOST_HINTED | 4096ULL << 32;
	kit_rec(kit, host);
	host.addr = BUS_HOST_REPORTED | 8192ULL << 32;
	kit_rec(kit, host);
	kit_expect(kit, "stats_poll(0x07)\nstat(9, 0x07)\nhint_command(0x07)\n"
			"range_hinted(0x07, 4096)\nrange_reported(0x07, 8192)");
}

static void one_cycle_is_one_instant(void **state)
{
	struct obs_kit *kit = *state;

	kit_write(kit, AT(STATUS), 1, 1);
	kit->hold = true;
	kit_rec(kit, (struct bus_rec){ .space = BUS_IRQ, .op = BUS_WRITE, .data = 1 });
	kit->hold = false;
	kit_write(kit, AT(STATUS), 1, 3);
	kit_expect(kit, "status_write(0x01) irq_intx(1)\nstatus_write(0x03)");
}

static void an_instant_waits_for_its_cycle_to_end(void **state)
{
	struct obs_kit *kit = *state;

	kit_write(kit, AT(STATUS), 1, 1);
	assert_string_equal(kit->text, "");
	kit_write(kit, AT(STATUS), 1, 3);
	assert_string_equal(kit->text, "status_write(0x01)");
	observer_flush(kit->obs);
	observer_flush(kit->obs);
	assert_string_equal(kit->text, "status_write(0x01)\nstatus_write(0x03)");
}

static void no_event_of_a_crowded_cycle_is_lost(void **state)
{
	struct obs_kit *kit = *state;
	uint64_t before = observer_stats(kit->obs)->events;

	kit->hold = true;
	for (unsigned i = 0; i < 1000; i++)
		kit_rec(kit, (struct bus_rec){ .space = BUS_HOST,
					       .op = BUS_WRITE,
					       .addr = BUS_HOST_INFLATE,
					       .data = i });
	observer_flush(kit->obs);
	assert_int_equal(observer_stats(kit->obs)->events - before, 1000);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_register_at_its_own_width),
		T(a_write_of_some_bytes_keeps_the_others),
		T(a_partial_write_starts_from_the_value_last_read),
		T(a_read_in_parts_is_one_read),
		T(halves_of_different_banks_are_not_one_read),
		T(a_wide_access_is_one_of_each_register),
		T(features_by_their_selectors),
		T(a_feature_word_keeps_its_bytes_in_its_bank),
		T(queue_registers_by_queue),
		T(the_selector_as_read_back_is_believed),
		T(reset_clears_selectors_and_registers),
		T(after_a_reset_queue_registers_are_still_registers),
		T(host_reset_clears_too),
		T(interrupts_and_the_host_side),
		T(one_cycle_is_one_instant),
		T(an_instant_waits_for_its_cycle_to_end),
		T(no_event_of_a_crowded_cycle_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
