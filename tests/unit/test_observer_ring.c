/* SPDX-License-Identifier: MIT */
/* DMA beats get the names of what the driver programmed: split rings (virtio 1.4, 2.7). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <linux/virtio_pci.h>

#include "tests/lib/obs_kit.h"

#define AT(field) (KIT_COMMON + VIRTIO_PCI_COMMON_##field)

/* --- the driver area -------------------------------------------------------------------- */

static void byte_enables_say_what_was_fetched(void **state)
{
	struct obs_kit *kit = *state;
	uint64_t data = 0x0005000600010000; /* flags 0, idx 1, entries 6 and 5 */

	kit_dma_read(kit, DRIVER0, 0x0c, data);
	kit_expect(kit, "avail_idx_read(0, 0x01)");
	kit_dma_read(kit, DRIVER0, 0x0f, data);
	kit_expect(kit, "avail_flags_read(0, 0x00) avail_idx_read(0, 0x01)");
	kit_dma_read(kit, DRIVER0, 0xff, data);
	kit_expect(kit, "avail_flags_read(0, 0x00) avail_idx_read(0, 0x01) "
			"avail_entry_read(0, 0, 6) chain_available(0, 0, 6) "
			"avail_entry_read(0, 1, 5)");
	kit_dma_read(kit, DRIVER0, 0xcc, data);
	kit_expect(kit, "avail_idx_read(0, 0x01) avail_entry_read(0, 1, 5)");
}

static void entries_by_their_slot(void **state)
{
	struct obs_kit *kit = *state;

	kit_dma_read(kit, DRIVER0 + 8, 0xff, 0x0003000200010000);  /* slots 2..5 */
	kit_dma_read(kit, DRIVER0 + 16, 0x0f, 0x0000000000070006); /* slots 6, 7 */
	kit_expect(kit, "avail_entry_read(0, 2, 0) avail_entry_read(0, 3, 1) "
			"avail_entry_read(0, 4, 2) avail_entry_read(0, 5, 3)\n"
			"avail_entry_read(0, 6, 6) avail_entry_read(0, 7, 7)");
	kit_dma_read(kit, DRIVER0 + 16, 0xf0, 0xffff000200000000); /* used_event, and beyond */
	kit_expect(kit, "used_event_read(0, 0x02)");
}

static void an_area_need_not_begin_at_a_beat(void **state)
{
	struct obs_kit *kit = *state;

	/* flags at 0x6002, idx at 0x6004, slot 0 at 0x6006, slot 1 at 0x6008 */
	kit_dma_read(kit, 0x6000, 0xfc, 0x0003000200010000);
	kit_dma_read(kit, 0x6008, 0x03, 0x0002);
	kit_expect(kit, "avail_flags_read(1, 0x01) avail_idx_read(1, 0x02) "
			"avail_entry_read(1, 0, 3) chain_available(1, 0, 3)\n"
			"avail_entry_read(1, 1, 2) chain_available(1, 1, 2)");
}

static void fetch_avail(struct obs_kit *kit, unsigned at, uint8_t be, uint64_t data)
{
	kit_dma_read(kit, DRIVER0 + at, be, data);
}

static void an_available_entry_is_told_once(void **state)
{
	struct obs_kit *kit = *state;

	fetch_avail(kit, 8, 0xff, 0x0007000600050004); /* slots 2..5, not available yet */
	fetch_avail(kit, 0, 0x0c, 4 << 16);
	kit_forget(kit);
	fetch_avail(kit, 0, 0xf0, 0x0003000200000000); /* slots 0, 1 */
	fetch_avail(kit, 0, 0x30, 0x0000000200000000); /* again */
	fetch_avail(kit, 8, 0xff, 0x0007000600050004);
	kit_expect(kit, "avail_entry_read(0, 0, 2) chain_available(0, 0, 2) "
			"avail_entry_read(0, 1, 3) chain_available(0, 1, 3)\n"
			"avail_entry_read(0, 0, 2)\n"
			"avail_entry_read(0, 2, 4) chain_available(0, 2, 4) "
			"avail_entry_read(0, 3, 5) chain_available(0, 3, 5) "
			"avail_entry_read(0, 4, 6) avail_entry_read(0, 5, 7)");
	fetch_avail(kit, 0, 0x0c, 6 << 16);
	fetch_avail(kit, 8, 0xff, 0x0001000000050004);
	kit_expect(kit, "avail_idx_read(0, 0x06)\n"
			"avail_entry_read(0, 2, 4) avail_entry_read(0, 3, 5) "
			"avail_entry_read(0, 4, 0) chain_available(0, 4, 0) "
			"avail_entry_read(0, 5, 1) chain_available(0, 5, 1)");
}

static void entries_may_be_fetched_out_of_order(void **state)
{
	struct obs_kit *kit = *state;

	fetch_avail(kit, 0, 0x0c, 3 << 16);
	kit_forget(kit);
	fetch_avail(kit, 8, 0x03, 1);
	fetch_avail(kit, 0, 0xc0, 2ULL << 48);
	fetch_avail(kit, 8, 0x03, 1);
	fetch_avail(kit, 0, 0x30, 3ULL << 32);
	kit_expect(kit, "avail_entry_read(0, 2, 1) chain_available(0, 2, 1)\n"
			"avail_entry_read(0, 1, 2) chain_available(0, 1, 2)\n"
			"avail_entry_read(0, 2, 1)\n"
			"avail_entry_read(0, 0, 3) chain_available(0, 0, 3)");
}

static void available_indices_run_on_over_wraps(void **state)
{
	struct obs_kit *kit = *state;
	char want[160];

	for (unsigned i = 0; i < 0x10010; i++) {
		unsigned slot = i % 8, at = 4 + 2 * slot, head = i % 5;

		kit->n_rec = 0;
		fetch_avail(kit, 0, 0x0c, (uint64_t)((i + 1) & 0xffff) << 16);
		kit_forget(kit);
		fetch_avail(kit, at & ~7U, (uint8_t)(3U << (at & 7)),
			    (uint64_t)head << (8 * (at & 7)));
		snprintf(want, sizeof(want),
			 "avail_entry_read(0, %u, %u) chain_available(0, %u, %u)", slot, head,
			 i & 0xffff, head);
		kit_expect(kit, want);
	}
}

static void available_indices_begin_anew_with_the_queue(void **state)
{
	struct obs_kit *kit = *state;

	for (unsigned i = 0; i < 2; i++) {
		fetch_avail(kit, 0, 0x3c, 1 << 16 | 5ULL << 32);
		kit_expect(kit, "avail_idx_read(0, 0x01) avail_entry_read(0, 0, 5) "
				"chain_available(0, 0, 5)");
		kit_write(kit, AT(STATUS), 1, 0);
		kit_read(kit, AT(STATUS), 1, 0);
		kit_queue(kit, 0, 8, DESC0, DRIVER0, DEVICE0);
	}
}

static void half_a_field_is_no_event(void **state)
{
	struct obs_kit *kit = *state;

	kit_dma_read(kit, DRIVER0, 0x04, 0x10000); /* one byte of idx */
	kit_dma_read(kit, DRIVER0, 0x06, 0x10000); /* one of flags, one of idx */
	kit_expect(kit, "dma_other(0x100002002, 0)\ndma_other(0x100002001, 0)");
}

/* --- descriptors -------------------------------------------------------------------------- */

static void a_descriptor_in_two_beats(void **state)
{
	struct obs_kit *kit = *state;

	kit_dma_read(kit, DESC0 + 0x20, 0xff, 0x123456789000);
	kit_expect(kit, "");
	kit_dma_read(kit, DESC0 + 0x28, 0xff, 0x0007000300000400);
	kit_expect(kit, "desc_read(0, 2, 0x123456789000, 1024, 0x03, 7)");
	kit_fetch_desc(kit, DESC1, 0x8000, 4, WRITE, 0);
	kit_expect(kit, "desc_read(1, 0, 0x8000, 4, 0x02, 0)");
	kit_fetch_desc(kit, DESC0 + 7 * 16, 0, 0xffffffff, 0, 0xffff);
	kit_expect(kit, "desc_read(0, 7, 0x00, 4294967295, 0x00, 65535)");
}

static void a_descriptor_in_any_order_and_width(void **state)
{
	struct obs_kit *kit = *state;

	kit_dma_read(kit, DESC0 + 8, 0xff, 16 | NEXT << 32 | 3ULL << 48);
	kit_dma_read(kit, DESC0, 0xff, 0x9000);
	kit_expect(kit, "desc_read(0, 0, 0x9000, 16, 0x01, 3)");
	kit_dma_read(kit, DESC0 + 16, 0x0f, 0x9000);
	kit_dma_read(kit, DESC0 + 16, 0xf0, 0x1ULL << 32);
	kit_dma_read(kit, DESC0 + 24, 0x0f, 8);
	kit_dma_read(kit, DESC0 + 24, 0xf0, 0);
	kit_expect(kit, "desc_read(0, 1, 0x100009000, 8, 0x00, 0)");
}

static void halves_of_two_descriptors_are_none(void **state)
{
	struct obs_kit *kit = *state;

	kit_dma_read(kit, DESC0, 0xff, 0x9000);
	kit_dma_read(kit, DESC0 + 24, 0xff, 16);
	kit_dma_read(kit, DESC0 + 8, 0xff, 16); /* the first half was long ago */
	kit_dma_read(kit, DESC1, 0xff, 16);     /* the same index, another queue */
	kit_expect(kit, "");
}

static void bursts_of_two_axi_ids_may_interleave(void **state)
{
	struct obs_kit *kit = *state;
	const struct {
		uint64_t addr, data;
		uint8_t id;
	} beats[] = {
		{ DESC0, 0xa000, 0 },      { DESC1, 0xb000, 1 }, { DESC0 + 8, 1, 0 },
		{ DESC0 + 16, 0xc000, 0 }, { DESC1 + 8, 2, 1 },  { DESC0 + 24, 3, 0 },
	};

	for (unsigned i = 0; i < 6; i++)
		kit_rec(kit, (struct bus_rec){ .space = BUS_DMA,
					       .size = 8,
					       .be = 0xff,
					       .addr = beats[i].addr,
					       .data = beats[i].data,
					       .index = beats[i].id });
	kit_expect(kit, "desc_read(0, 0, 0xa000, 1, 0x00, 0)\n"
			"desc_read(1, 0, 0xb000, 2, 0x00, 0)\n"
			"desc_read(0, 1, 0xc000, 3, 0x00, 0)");
}

static void tables_end_where_the_queue_size_says(void **state)
{
	struct obs_kit *kit = *state;

	kit_fetch_desc(kit, DESC1 + 4 * 16, 0x8000, 4, 0, 0);
	kit_expect(kit, "dma_other(0x5050, 0)\ndma_other(0x5058, 0)");
	kit_dma_read(kit, DESC0 - 8, 0xff, 0);
	kit_expect(kit, "dma_other(0x100000ff8, 0)");
}

/* --- the device area -------------------------------------------------------------------------- */

static void a_used_element_over_two_beats(void **state)
{
	struct obs_kit *kit = *state;

	kit_dma_write(kit, DEVICE0, 0xf0, 3ULL << 32); /* id of slot 0 */
	kit_expect(kit, "");
	kit_dma_write(kit, DEVICE0 + 8, 0xff, 0x0000000500000400); /* its len, id of slot 1 */
	kit_expect(kit, "used_entry_write(0, 0, 3, 1024)");
	kit_dma_write(kit, DEVICE0 + 16, 0x0f, 8);
	kit_expect(kit, "used_entry_write(0, 1, 5, 8)");
	kit_dma_write(kit, DEVICE0, 0x0c, 2ULL << 16);
	kit_expect(kit, "used_idx_write(0, 0x02)");
	kit_dma_write(kit, DEVICE0, 0x03, 1);
	kit_expect(kit, "used_flags_write(0, 0x01)");
}

static void a_used_element_in_one_beat(void **state)
{
	struct obs_kit *kit = *state;

	/* Device area at 4 modulo 8: elements are on their own beats. */
	kit_dma_write(kit, DEVICE1 + 4, 0xff, 0x0000001000000002);
	kit_dma_write(kit, DEVICE1 + 4 + 3 * 8, 0xff, 0x0000002000000001);
	kit_dma_write(kit, DEVICE1 - 4, 0xc0, 0xffffULL << 48);
	kit_expect(kit, "used_entry_write(1, 0, 2, 16)\n"
			"used_entry_write(1, 3, 1, 32)\n"
			"used_idx_write(1, 0xffff)");
	kit_dma_write(kit, DEVICE1 + 4 + 4 * 8, 0x03, 9);
	kit_expect(kit, "avail_event_write(1, 0x09)");
	kit_dma_write(kit, DEVICE1 + 4 + 4 * 8, 0x0c, 0);
	kit_expect(kit, "dma_other(0x702a, 1)");
}

static void index_and_element_in_one_beat(void **state)
{
	struct obs_kit *kit = *state;

	kit_dma_write(kit, DEVICE0, 0xfc, 0x0000000700010000);
	kit_dma_write(kit, DEVICE0 + 8, 0x0f, 4);
	kit_expect(kit, "used_idx_write(0, 0x01)\nused_entry_write(0, 0, 7, 4)");
}

static void ids_and_lengths_are_32_bits(void **state)
{
	struct obs_kit *kit = *state;

	kit_dma_write(kit, DEVICE0 + 8, 0xf0, 0xdeadbeefULL << 32);
	kit_dma_write(kit, DEVICE0 + 16, 0x0f, 0xfffffff0);
	kit_expect(kit, "used_entry_write(0, 1, 3735928559, 4294967280)");
}

static void writes_where_the_device_may_only_read(void **state)
{
	struct obs_kit *kit = *state;

	kit_dma_write(kit, DESC0, 0xff, 0);
	kit_dma_write(kit, DRIVER0, 0x0f, 0);
	kit_dma_read(kit, DEVICE0, 0x0f, 0);
	kit_expect(kit, "dma_other(0x100001000, 1)\n"
			"dma_other(0x100002000, 1)\n"
			"dma_other(0x100003000, 0)");
}

static void a_write_without_strobes_writes_nothing(void **state)
{
	struct obs_kit *kit = *state;

	kit_dma_write(kit, DEVICE0, 0, 0);
	kit_expect(kit, "");
}

/* --- errors, and what is not known ------------------------------------------------------------ */

static void an_error_response_carries_no_ring(void **state)
{
	struct obs_kit *kit = *state;
	struct bus_rec rec = { .space = BUS_DMA,
			       .op = BUS_READ,
			       .addr = DRIVER0,
			       .size = 8,
			       .be = 0x0c,
			       .resp = BUS_DECERR };

	kit_rec(kit, rec);
	rec.op = BUS_WRITE;
	rec.addr = DEVICE0;
	rec.be = 0xff;
	rec.resp = BUS_SLVERR;
	kit_rec(kit, rec);
	kit_expect(kit, "dma_error(0x100002002, 0)\ndma_fault(0x100003000, 1)");
}

static void without_a_size_there_is_no_ring(void **state)
{
	struct obs_kit *kit = *state;

	kit_write(kit, AT(Q_SELECT), 2, 2);
	kit_write(kit, AT(Q_DESCLO), 4, 0x9000);
	kit_write(kit, AT(Q_ENABLE), 2, 1);
	kit_forget(kit);
	kit_fetch_desc(kit, 0x9000, 0, 0, 0, 0);
	kit_expect(kit, "dma_other(0x9000, 0)\ndma_other(0x9008, 0)");
	kit_read(kit, AT(Q_SIZE), 2, 256); /* the device's own size will do */
	kit_forget(kit);
	kit_fetch_desc(kit, 0x9000, 0, 0, 0, 0);
	kit_expect(kit, "desc_read(2, 0, 0x00, 0, 0x00, 0)");
}

static void the_size_may_come_last_and_change(void **state)
{
	struct obs_kit *kit = *state;

	kit_write(kit, AT(Q_SELECT), 2, 2);
	kit_write(kit, AT(Q_DESCLO), 4, 0x9000);
	kit_write(kit, AT(Q_SIZE), 2, 4);
	kit_write(kit, AT(Q_ENABLE), 2, 1);
	kit_forget(kit);
	kit_fetch_desc(kit, 0x9000, 0x30000, 8, 0, 0);
	kit_expect(kit, "desc_read(2, 0, 0x30000, 8, 0x00, 0)");
	kit_write(kit, AT(Q_SIZE), 2, 256);
	kit_forget(kit);
	kit_dma_read(kit, 0x30000, 0xff, 0); /* of the smaller queue */
	kit_fetch_desc(kit, 0x9000 + 255 * 16, 0x40000, 8, 0, 0);
	kit_dma_read(kit, 0x40000, 0xff, 0);
	kit_expect(kit, "dma_other(0x30000, 0)\n"
			"desc_read(2, 255, 0x40000, 8, 0x00, 0)\n"
			"payload_read(2, 0x40000, 8, 0x00)");
}

static void an_area_that_was_not_written_is_nowhere(void **state)
{
	struct obs_kit *kit = *state;

	kit_write(kit, AT(Q_SELECT), 2, 2);
	kit_write(kit, AT(Q_SIZE), 2, 8);
	kit_write(kit, AT(Q_AVAILLO), 4, 0x9000);
	kit_write(kit, AT(Q_ENABLE), 2, 1);
	kit_forget(kit);
	kit_dma_read(kit, 0, 0xff, 0);
	kit_dma_write(kit, 0, 0x0f, 0);
	kit_dma_read(kit, 0x9000, 0x0c, 1 << 16);
	kit_expect(kit, "dma_other(0x00, 0)\ndma_other(0x00, 1)\navail_idx_read(2, 0x01)");
}

static void a_queue_beyond_the_table_is_not_followed(void **state)
{
	struct obs_kit *kit = *state;

	kit_queue(kit, OBSERVER_QUEUES, 8, 0x9000, 0xa000, 0xb000);
	kit_fetch_desc(kit, 0x9000, 0, 0, 0, 0);
	kit_expect(kit, "dma_other(0x9000, 0)\ndma_other(0x9008, 0)");
	assert_true(observer_stats(kit->obs)->untracked > 0);
}

static void bytes_are_counted_as_enabled(void **state)
{
	struct obs_kit *kit = *state;

	kit_dma_read(kit, DRIVER0, 0x0c, 0);
	kit_dma_read(kit, 0x123450, 0xff, 0);
	kit_dma_write(kit, DEVICE0, 0x0f, 0);
	assert_int_equal(observer_stats(kit->obs)->dma_read_bytes, 10);
	assert_int_equal(observer_stats(kit->obs)->dma_written_bytes, 4);
}

#define T(f) cmocka_unit_test_setup_teardown(f, kit_setup_queues, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(byte_enables_say_what_was_fetched),
		T(entries_by_their_slot),
		T(an_area_need_not_begin_at_a_beat),
		T(an_available_entry_is_told_once),
		T(entries_may_be_fetched_out_of_order),
		T(available_indices_run_on_over_wraps),
		T(available_indices_begin_anew_with_the_queue),
		T(half_a_field_is_no_event),
		T(a_descriptor_in_two_beats),
		T(a_descriptor_in_any_order_and_width),
		T(halves_of_two_descriptors_are_none),
		T(bursts_of_two_axi_ids_may_interleave),
		T(tables_end_where_the_queue_size_says),
		T(a_used_element_over_two_beats),
		T(a_used_element_in_one_beat),
		T(index_and_element_in_one_beat),
		T(ids_and_lengths_are_32_bits),
		T(writes_where_the_device_may_only_read),
		T(a_write_without_strobes_writes_nothing),
		T(an_error_response_carries_no_ring),
		T(without_a_size_there_is_no_ring),
		T(the_size_may_come_last_and_change),
		T(an_area_that_was_not_written_is_nowhere),
		T(a_queue_beyond_the_table_is_not_followed),
		T(bytes_are_counted_as_enabled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
