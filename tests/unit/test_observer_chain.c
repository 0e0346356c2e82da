/* SPDX-License-Identifier: MIT */
/* Which accesses are payload, for how long, over resets; and what a notification shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <linux/virtio_pci.h>

#include "tests/lib/obs_kit.h"

#define AT(field) (KIT_COMMON + VIRTIO_PCI_COMMON_##field)

/* Head 5: a readable buffer in queue 0, 20 bytes at 0x20004. */
static void fetch_chain(struct obs_kit *kit)
{
	kit_dma_read(kit, DRIVER0, 0x30, 5);
	kit_fetch_desc(kit, DESC0 + 5 * 16, 0x20004, 20, 0, 0);
	kit_forget(kit);
}

static void return_chain(struct obs_kit *kit)
{
	kit_dma_write(kit, DEVICE0, 0xf0, 5ULL << 32);
	kit_dma_write(kit, DEVICE0 + 8, 0x0f, 0);
	kit_dma_write(kit, DEVICE0, 0x0c, 1ULL << 16);
	kit_forget(kit);
}

/* --- payload ------------------------------------------------------------------------------------
 */

static void payload_is_what_descriptors_name(void **state)
{
	struct obs_kit *kit = *state;

	fetch_chain(kit);
	kit_dma_read(kit, 0x20000, 0xf0, 0);
	kit_dma_read(kit, 0x20008, 0xff, 0);
	kit_dma_read(kit, 0x20010, 0xff, 0);
	kit_expect(kit, "payload_read(0, 0x20004, 4, 0x00)\n"
			"payload_read(0, 0x20008, 8, 0x00)\n"
			"payload_read(0, 0x20010, 8, 0x00)");
	kit_dma_read(kit, 0x20000, 0xff, 0); /* 4 bytes before the buffer come along */
	kit_dma_read(kit, 0x20000, 0x0f, 0); /* only those */
	kit_dma_read(kit, 0x20018, 0x01, 0); /* the byte after it */
	kit_expect(kit, "payload_read(0, 0x20004, 4, 0x00)\n"
			"dma_other(0x20000, 0)\n"
			"dma_other(0x20018, 0)");
	kit_dma_write(kit, 0x20000, 0xff, 0); /* but who writes, means it */
	kit_dma_write(kit, 0x20018, 0x0f, 0);
	kit_expect(kit, "payload_write(0, 0x20004, 4, 0x00) dma_other(0x20000, 1)\n"
			"dma_other(0x20018, 1)");
}

static void payload_carries_the_flags_of_its_descriptor(void **state)
{
	struct obs_kit *kit = *state;

	kit_dma_read(kit, DRIVER0, 0x30, 1ULL << 32);
	kit_fetch_desc(kit, DESC0 + 16, 0x30000, 8, NEXT, 4);
	kit_fetch_desc(kit, DESC0 + 64, 0x30008, 8, WRITE, 0);
	kit_forget(kit);
	kit_dma_write(kit, 0x30008, 0xff, 0);
	kit_dma_read(kit, 0x30000, 0xff, 0);
	kit_dma_write(kit, 0x30000, 0x01, 0); /* not the device's to write: a fact all the same */
	kit_expect(kit, "payload_write(0, 0x30008, 8, 0x02)\n"
			"payload_read(0, 0x30000, 8, 0x01)\n"
			"payload_write(0, 0x30000, 1, 0x01)");
}

static void adjoining_buffers_share_a_beat(void **state)
{
	struct obs_kit *kit = *state;

	kit_fetch_desc(kit, DESC0, 0x30000, 4, NEXT, 1);
	kit_fetch_desc(kit, DESC0 + 16, 0x30004, 4, WRITE, 0);
	kit_forget(kit);
	kit_dma_read(kit, 0x30000, 0xff, 0);
	kit_expect(kit, "payload_read(0, 0x30000, 4, 0x01) payload_read(0, 0x30004, 4, 0x02)");
}

static void a_returned_chain_is_no_payload(void **state)
{
	struct obs_kit *kit = *state;

	fetch_chain(kit);
	kit_dma_write(kit, DEVICE0, 0xf0, 5ULL << 32);
	kit_dma_write(kit, DEVICE0 + 8, 0x0f, 0);
	kit_forget(kit);
	kit_dma_read(kit, 0x20008, 0xff, 0); /* used.idx does not cover the element yet */
	kit_expect(kit, "payload_read(0, 0x20008, 8, 0x00)");
	kit_dma_write(kit, DEVICE0, 0x0c, 1ULL << 16);
	kit_dma_read(kit, 0x20008, 0xff, 0);
	kit_expect(kit, "used_idx_write(0, 0x01)\ndma_other(0x20008, 0)");
}

/* Chain 1 -> 4 is returned by its head; 2 stays. Then 4 heads a chain of its own. */
static void chains_are_returned_whole_and_alone(void **state)
{
	struct obs_kit *kit = *state;

	kit_dma_read(kit, DRIVER0, 0xfc, 2 << 16 | 1ULL << 32 | 2ULL << 48);
	kit_fetch_desc(kit, DESC0 + 16, 0x30000, 8, NEXT, 4);
	kit_fetch_desc(kit, DESC0 + 32, 0x40000, 8, 0, 0);
	kit_fetch_desc(kit, DESC0 + 64, 0x50000, 8, 0, 0);
	kit_dma_write(kit, DEVICE0, 0xf0, 1ULL << 32);
	kit_dma_write(kit, DEVICE0 + 8, 0x0f, 0);
	kit_dma_write(kit, DEVICE0, 0x0c, 1ULL << 16);
	kit_forget(kit);
	kit_dma_read(kit, 0x30000, 0xff, 0);
	kit_dma_read(kit, 0x40000, 0xff, 0);
	kit_dma_read(kit, 0x50000, 0xff, 0);
	kit_expect(kit, "dma_other(0x30000, 0)\n"
			"payload_read(0, 0x40000, 8, 0x00)\n"
			"dma_other(0x50000, 0)");

	kit_dma_read(kit, DRIVER0, 0x0c, 3 << 16);
	kit_dma_read(kit, DRIVER0 + 8, 0x03, 4);
	kit_fetch_desc(kit, DESC0 + 64, 0x60000, 8, 0, 0);
	kit_forget(kit);
	kit_dma_read(kit, 0x60000, 0xff, 0);
	kit_expect(kit, "payload_read(0, 0x60000, 8, 0x00)");
	kit_dma_write(kit, DEVICE0 + 8, 0xf0, 4ULL << 32);
	kit_dma_write(kit, DEVICE0 + 16, 0x0f, 0);
	kit_dma_write(kit, DEVICE0, 0x0c, 2ULL << 16);
	kit_forget(kit);
	kit_dma_read(kit, 0x60000, 0xff, 0);
	kit_dma_read(kit, 0x40000, 0xff, 0);
	kit_expect(kit, "dma_other(0x60000, 0)\npayload_read(0, 0x40000, 8, 0x00)");
}

/* An entry of the last round names 4 as a head; in this one it is the end of 1's chain. */
static void a_stale_entry_breaks_no_chain(void **state)
{
	struct obs_kit *kit = *state;

	kit_dma_read(kit, DRIVER0, 0x3c, 1 << 16 | 1ULL << 32);
	kit_fetch_desc(kit, DESC0 + 16, 0x30000, 8, NEXT, 4);
	kit_fetch_desc(kit, DESC0 + 64, 0x50000, 8, 0, 0);
	kit_dma_read(kit, DRIVER0, 0xfc, 1 << 16 | 1ULL << 32 | 4ULL << 48);
	kit_dma_write(kit, DEVICE0, 0xf0, 1ULL << 32);
	kit_dma_write(kit, DEVICE0 + 8, 0x0f, 0);
	kit_dma_write(kit, DEVICE0, 0x0c, 1ULL << 16);
	kit_forget(kit);
	kit_dma_read(kit, 0x50000, 0xff, 0);
	kit_expect(kit, "dma_other(0x50000, 0)");
}

static void a_refetched_descriptor_names_its_new_buffer(void **state)
{
	struct obs_kit *kit = *state;

	fetch_chain(kit);
	kit_fetch_desc(kit, DESC0 + 5 * 16, 0x70000, 8, 0, 0);
	kit_forget(kit);
	kit_dma_read(kit, 0x70000, 0xff, 0);
	kit_dma_read(kit, 0x20008, 0xff, 0);
	kit_expect(kit, "payload_read(0, 0x70000, 8, 0x00)\ndma_other(0x20008, 0)");
}

static void of_two_buffers_at_a_place_the_later_counts(void **state)
{
	struct obs_kit *kit = *state;

	kit_fetch_desc(kit, DESC0, 0x30000, 0x1000, 0, 0);
	kit_fetch_desc(kit, DESC0 + 16, 0x30100, 8, WRITE, 0);
	kit_forget(kit);
	kit_dma_read(kit, 0x30100, 0xff, 0);
	kit_expect(kit, "payload_read(0, 0x30100, 8, 0x02)");
	kit_fetch_desc(kit, DESC0 + 32, 0x50000, 8, 0, 0);
	kit_forget(kit);
	kit_dma_read(kit, 0x30100, 0xff, 0);
	kit_expect(kit, "payload_read(0, 0x30100, 8, 0x02)");
}

static void a_descriptor_fetched_again_is_live_again(void **state)
{
	struct obs_kit *kit = *state;

	fetch_chain(kit);
	kit_dma_write(kit, DEVICE0, 0xf0, 5ULL << 32);
	kit_dma_write(kit, DEVICE0 + 8, 0x0f, 0);
	kit_fetch_desc(kit, DESC0 + 5 * 16, 0x20004, 20, 0, 0);
	kit_dma_write(kit, DEVICE0, 0x0c, 1ULL << 16);
	kit_forget(kit);
	kit_dma_read(kit, 0x20008, 0xff, 0);
	kit_expect(kit, "payload_read(0, 0x20008, 8, 0x00)");
}

/* 1000 buffers through 8 slots: slots and descriptors come round, indices go on. */
static void rings_wrap(void **state)
{
	struct obs_kit *kit = *state;
	char want[200];

	for (unsigned i = 65000; i < 66000; i++) {
		unsigned slot = i % 8, head = (i * 3) % 8, idx = (i + 1) & 0xffff;
		uint64_t at = DRIVER0 + 4 + 2 * slot, buf = 0x80000 + 64ULL * i;
		uint64_t used = DEVICE0 + 4 + 8ULL * slot;

		kit->n_rec = 0;
		kit_dma_read(kit, at & ~7ULL, (uint8_t)(3U << (at & 7)),
			     (uint64_t)head << (8 * (at & 7)));
		kit_fetch_desc(kit, DESC0 + 16ULL * head, buf, 64, 0, 0);
		kit_dma_read(kit, buf + 56, 0xff, 0);
		kit_dma_write(kit, used & ~7ULL, 0xf0, (uint64_t)head << 32);
		kit_dma_write(kit, (used & ~7ULL) + 8, 0x0f, 0);
		kit_dma_write(kit, DEVICE0, 0x0c, (uint64_t)idx << 16);
		snprintf(want, sizeof(want),
			 "avail_entry_read(0, %u, %u)\n"
			 "desc_read(0, %u, 0x%llx, 64, 0x00, 0)\n"
			 "payload_read(0, 0x%llx, 8, 0x00)\n"
			 "used_entry_write(0, %u, %u, 0)\n"
			 "used_idx_write(0, 0x%02x)",
			 slot, head, head, (unsigned long long)buf, (unsigned long long)(buf + 56),
			 slot, head, idx);
		kit_expect(kit, want);
	}
}

static void two_queues_keep_apart(void **state)
{
	struct obs_kit *kit = *state;

	kit_dma_read(kit, DRIVER0, 0x30, 2ULL << 32);
	kit_dma_read(kit, DRIVER1 - 2, 0xc0, 2ULL << 48);
	kit_fetch_desc(kit, DESC0 + 32, 0xa0000, 8, 0, 0);
	kit_fetch_desc(kit, DESC1 + 32, 0xb0000, 8, WRITE, 0);
	kit_forget(kit);
	kit_dma_read(kit, 0xa0000, 0xff, 0);
	kit_dma_write(kit, 0xb0000, 0xff, 0);
	kit_dma_read(kit, 0xa0000, 0xff, 0);
	kit_expect(kit, "payload_read(0, 0xa0000, 8, 0x00)\n"
			"payload_write(1, 0xb0000, 8, 0x02)\n"
			"payload_read(0, 0xa0000, 8, 0x00)");
	return_chain(kit); /* head 5 of queue 0: not this one */
	kit_dma_write(kit, DEVICE1 + 4, 0xff, 2);
	kit_dma_write(kit, DEVICE1 - 4, 0xc0, 1ULL << 48);
	kit_forget(kit);
	kit_dma_write(kit, 0xb0000, 0xff, 0);
	kit_dma_read(kit, 0xa0000, 0xff, 0);
	kit_expect(kit, "dma_other(0xb0000, 1)\npayload_read(0, 0xa0000, 8, 0x00)");
}

static void a_queue_that_moves_begins_anew(void **state)
{
	struct obs_kit *kit = *state;

	kit_dma_read(kit, DRIVER0, 0x3c, 1 << 16 | 5ULL << 32);
	fetch_chain(kit);
	kit_queue(kit, 0, 8, DESC0, DRIVER0, DEVICE0); /* where it was */
	kit_dma_read(kit, 0x20008, 0xff, 0);
	kit_expect(kit, "payload_read(0, 0x20008, 8, 0x00)");
	kit_queue(kit, 0, 8, DESC0, 0xd000, DEVICE0);
	kit_dma_read(kit, 0x20008, 0xff, 0);
	kit_dma_read(kit, 0xd000, 0x3c, 1 << 16 | 5ULL << 32);
	kit_expect(kit, "dma_other(0x20008, 0)\n"
			"avail_idx_read(0, 0x01) avail_entry_read(0, 0, 5) "
			"chain_available(0, 0, 5)");
}

/* --- resets -------------------------------------------------------------------------------------
 */

static void beats_before_the_reset_shows_are_still_named(void **state)
{
	struct obs_kit *kit = *state;

	fetch_chain(kit);
	kit_write(kit, AT(STATUS), 1, 0);
	kit_read(kit, AT(STATUS), 1, 0x0f); /* still draining */
	kit_dma_read(kit, 0x20008, 0xff, 0);
	kit_dma_write(kit, DEVICE0, 0x0c, 1ULL << 16);
	kit_expect(kit, "status_write(0x00)\nstatus_read(0x0f)\n"
			"payload_read(0, 0x20008, 8, 0x00)\nused_idx_write(0, 0x01)");
	kit_read(kit, AT(STATUS), 1, 0);
	kit_dma_read(kit, 0x20008, 0xff, 0);
	kit_dma_write(kit, DEVICE0, 0x0c, 1ULL << 16);
	kit_expect(kit, "status_read(0x00)\ndma_other(0x20008, 0)\ndma_other(0x100003002, 1)");
}

static void a_queue_programmed_while_draining_is_the_new_one(void **state)
{
	struct obs_kit *kit = *state;

	fetch_chain(kit);
	kit_write(kit, AT(STATUS), 1, 0);
	kit_queue(kit, 0, 4, 0xc000, 0xd000, 0xe000);
	kit_dma_read(kit, 0xd000, 0x0c, 1ULL << 16);
	kit_dma_read(kit, DRIVER0, 0x0c, 1ULL << 16);     /* queue 0's old place */
	kit_dma_read(kit, DRIVER1 - 2, 0x30, 1ULL << 32); /* queue 1 is still draining */
	kit_dma_read(kit, 0x20008, 0xff, 0);
	kit_expect(kit, "avail_idx_read(0, 0x01)\ndma_other(0x100002002, 0)\n"
			"avail_idx_read(1, 0x01)\ndma_other(0x20008, 0)");
	kit_read(kit, AT(STATUS), 1, 0);
	kit_dma_read(kit, 0xd000, 0x0c, 2ULL << 16);
	kit_dma_read(kit, DRIVER1 - 2, 0x30, 1ULL << 32);
	kit_expect(kit, "status_read(0x00)\navail_idx_read(0, 0x02)\ndma_other(0x6004, 0)");
}

static void touching_other_registers_does_not_end_draining(void **state)
{
	struct obs_kit *kit = *state;

	kit_write(kit, AT(STATUS), 1, 0);
	kit_write(kit, AT(Q_SELECT), 2, 1);
	kit_write(kit, AT(Q_MSIX), 2, 0xffff);
	kit_read(kit, AT(Q_SIZE), 2, 256);
	kit_forget(kit);
	kit_dma_write(kit, DEVICE1 - 4, 0xc0, 3ULL << 48);
	kit_expect(kit, "used_idx_write(1, 0x03)");
}

static void host_reset_forgets_at_once(void **state)
{
	struct obs_kit *kit = *state;

	fetch_chain(kit);
	kit_rec(kit, (struct bus_rec){ .space = BUS_HOST, .op = BUS_WRITE });
	kit_dma_write(kit, DEVICE0, 0x0c, 1ULL << 16);
	kit_expect(kit, "host_reset()\ndma_other(0x100003002, 1)");
}

static void a_second_life_starts_afresh(void **state)
{
	struct obs_kit *kit = *state;

	fetch_chain(kit);
	kit_dma_read(kit, DESC0, 0xff, 0x1234); /* half a descriptor */
	kit_write(kit, AT(STATUS), 1, 0);
	kit_read(kit, AT(STATUS), 1, 0);
	kit_queue(kit, 0, 8, DESC0, DRIVER0, DEVICE0);
	kit_dma_read(kit, 0x20008, 0xff, 0);
	kit_dma_read(kit, DESC0 + 8, 0xff, 16);
	kit_expect(kit, "dma_other(0x20008, 0)");
	fetch_chain(kit);
	kit_dma_read(kit, 0x20008, 0xff, 0);
	kit_expect(kit, "payload_read(0, 0x20008, 8, 0x00)");
}

static void one_queue_may_be_reset(void **state)
{
	struct obs_kit *kit = *state;

	kit_write(kit, AT(Q_SELECT), 2, 0);
	kit_write(kit, AT(Q_RESET), 2, 1);
	kit_read(kit, AT(Q_RESET), 2, 1); /* under way */
	kit_forget(kit);
	kit_dma_write(kit, DEVICE0, 0x0c, 1ULL << 16);
	kit_expect(kit, "used_idx_write(0, 0x01)");
	kit_read(kit, AT(Q_RESET), 2, 0);
	kit_forget(kit);
	kit_dma_write(kit, DEVICE0, 0x0c, 1ULL << 16);
	kit_dma_write(kit, DEVICE1 - 4, 0xc0, 3ULL << 48);
	kit_expect(kit, "dma_other(0x100003002, 1)\nused_idx_write(1, 0x03)");
}

/* --- snoops
 * --------------------------------------------------------------------------------------- */

static void put16(struct obs_kit *kit, uint64_t gpa, unsigned val)
{
	kit->mem[gpa - KIT_MEM] = (uint8_t)val;
	kit->mem[gpa - KIT_MEM + 1] = (uint8_t)(val >> 8);
}

static void a_notification_shows_the_driver_area(void **state)
{
	struct obs_kit *kit = kit_new(true);

	(void)state;
	kit_learn(kit);
	kit_write(kit, KIT_NOTIFY, 2, 0);
	kit_expect(kit, "notify(0, 0x00, 2)"); /* no driver area yet */
	kit_queue(kit, 0, 8, 0x9000, KIT_MEM + 0x100, 0xb000);
	kit_queue(kit, 1, 8, 0x9800, KIT_MEM + 0x206, 0xb800);  /* over a beat's end */
	kit_queue(kit, 2, 8, 0x9900, KIT_MEM + 0x1000, 0xb900); /* outside memory */
	put16(kit, KIT_MEM + 0x100, 1);
	put16(kit, KIT_MEM + 0x102, 2);
	put16(kit, KIT_MEM + 0x104, 7);
	put16(kit, KIT_MEM + 0x106, 5);
	put16(kit, KIT_MEM + 0x208, 0xfffe);
	kit_write(kit, KIT_NOTIFY, 2, 0);
	kit_write(kit, KIT_NOTIFY, 2, 1);
	kit_write(kit, KIT_NOTIFY, 2, 2);
	kit_expect(kit, "notify(0, 0x00, 2) avail_flags_snoop(0, 0x01) avail_idx_snoop(0, 0x02) "
			"avail_entry_snoop(0, 0, 7) avail_entry_snoop(0, 1, 5)\n"
			"notify(1, 0x01, 2) avail_flags_snoop(1, 0x00) avail_idx_snoop(1, 0xfffe) "
			"avail_entry_snoop(1, 65526, 0) avail_entry_snoop(1, 65527, 0) "
			"avail_entry_snoop(1, 65528, 0) avail_entry_snoop(1, 65529, 0) "
			"avail_entry_snoop(1, 65530, 0) avail_entry_snoop(1, 65531, 0) "
			"avail_entry_snoop(1, 65532, 0) avail_entry_snoop(1, 65533, 0)\n"
			"notify(2, 0x02, 2)");
	put16(kit, KIT_MEM + 0x102, 3);
	put16(kit, KIT_MEM + 0x108, 6);
	kit_write(kit, KIT_NOTIFY, 2, 0); /* what is new, and no more */
	kit_expect(kit, "notify(0, 0x00, 2) avail_flags_snoop(0, 0x01) avail_idx_snoop(0, 0x03) "
			"avail_entry_snoop(0, 2, 6)");
	kit_free(kit);
}

static void enabling_shows_the_used_flags(void **state)
{
	struct obs_kit *kit = kit_new(true);

	(void)state;
	kit_learn(kit);
	kit_queue(kit, 0, 8, 0x9000, KIT_MEM + 0x100, KIT_MEM + 0x204);
	put16(kit, KIT_MEM + 0x204, 1);
	kit_write(kit, KIT_COMMON + VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
	kit_expect(kit, "queue_enable_write(0, 0x01) used_flags_look(0, 0x01)");
	kit_free(kit);
}

static void a_status_write_shows_available_indices(void **state)
{
	struct obs_kit *kit = kit_new(true);

	(void)state;
	kit_learn(kit);
	kit_queue(kit, 1, 8, 0x9000, KIT_MEM + 0x100, KIT_MEM + 0x204);
	put16(kit, KIT_MEM + 0x102, 5);
	kit_write(kit, KIT_COMMON + VIRTIO_PCI_COMMON_STATUS, 1, 0x1f);
	kit_expect(kit, "status_write(0x1f) avail_idx_look(1, 0x05)");
	kit_write(kit, KIT_COMMON + VIRTIO_PCI_COMMON_STATUS, 1, 0);
	kit_expect(kit, "status_write(0x00)");
	kit_free(kit);
}

static void returning_a_chain_shows_its_descriptors(void **state)
{
	struct obs_kit *kit = kit_new(true);

	(void)state;
	kit_learn(kit);
	kit_queue(kit, 0, 8, KIT_MEM, KIT_MEM + 0x100, 0xb000);
	kit_fetch_desc(kit, KIT_MEM + 16, 0x20000, 8, NEXT, 2);
	kit_fetch_desc(kit, KIT_MEM + 32, 0x30000, 4, WRITE, 0);
	kit_fetch_desc(kit, KIT_MEM + 48, 0x40000, 4, 0, 0); /* a chain of its own */
	put16(kit, KIT_MEM + 16 + 8, 9);                     /* not what was fetched */
	put16(kit, KIT_MEM + 32 + 12, 2);
	put16(kit, KIT_MEM + 32 + 14, 3);
	kit_forget(kit);
	kit_dma_write(kit, 0xb000, 0xf0, 1ULL << 32);
	kit_dma_write(kit, 0xb008, 0x0f, 0);
	kit_expect(kit, "used_entry_write(0, 0, 1, 0) desc_look(0, 1, 0x00, 9, 0x00, 0) "
			"desc_look(0, 2, 0x00, 0, 0x02, 3)");
	kit_free(kit);
}

static void a_reported_range_shows_its_first_bytes(void **state)
{
	struct obs_kit *kit = kit_new(true);

	(void)state;
	put16(kit, KIT_MEM + 0x10, 0xaaaa);
	kit_rec(kit, (struct bus_rec){ .space = BUS_HOST,
				       .op = BUS_WRITE,
				       .addr = 4096ULL << 32 | BUS_HOST_REPORTED,
				       .data = KIT_MEM + 0x10 });
	kit_expect(kit, "range_reported(0x10010, 4096) range_look(0x10010, 0xaaaa)");
	kit_free(kit);
}

/* --- indirect tables --------------------------------------------------------------------- */

#define INDIRECT 4ULL

static void an_indirect_table_is_followed(void **state)
{
	struct obs_kit *kit = *state;

	kit_fetch_desc(kit, DESC0 + 16, 0x20008, 32, INDIRECT, 0);
	kit_forget(kit);
	kit_dma_read(kit, 0x20008, 0xff, 0x50000);
	kit_dma_read(kit, 0x20010, 0xff, 8 | NEXT << 32 | 1ULL << 48);
	kit_dma_read(kit, 0x50000, 0xff, 0);
	kit_dma_read(kit, 0x20018, 0xff, 0x60000);
	kit_dma_read(kit, 0x20020, 0xff, 8 | WRITE << 32);
	kit_dma_write(kit, 0x60000, 0x03, 0);
	kit_expect(kit,
		   "payload_read(0, 0x20008, 8, 0x04)\n"
		   "indirect_read(0, 0, 0x50000, 8, 0x01, 1) payload_read(0, 0x20010, 8, 0x04)\n"
		   "payload_read(0, 0x50000, 8, 0x01)\n"
		   "payload_read(0, 0x20018, 8, 0x04)\n"
		   "indirect_read(0, 1, 0x60000, 8, 0x02, 0) payload_read(0, 0x20020, 8, 0x04)\n"
		   "payload_write(0, 0x60000, 2, 0x02)");
	kit_dma_write(kit, DEVICE0, 0xf0, 1ULL << 32);
	kit_dma_write(kit, DEVICE0 + 8, 0x0f, 0);
	kit_forget(kit);
	kit_dma_read(kit, 0x50000, 0xff, 0); /* returned with its chain */
	kit_expect(kit, "dma_other(0x50000, 0)");
}

/* All 8 of them, if it takes two beats; and once, though a beat brings them again. */
static void the_first_bytes_of_a_buffer_are_told(void **state)
{
	struct obs_kit *kit = *state;

	kit->all = true;
	kit_fetch_desc(kit, DESC0 + 16, 0x20004, 12, 0, 0);
	kit_forget(kit);
	kit_dma_read(kit, 0x20000, 0xff, 7ULL << 32 | 1);
	kit_dma_read(kit, 0x20008, 0xff, 9);
	kit_expect(kit, "payload_read(0, 0x20004, 4, 0x00)\n"
			"payload_read(0, 0x20008, 8, 0x00) payload_start(0, 8, 0x900000007)");
	kit_dma_read(kit, 0x20000, 0xff, 7ULL << 32 | 1);
	kit_dma_read(kit, 0x20008, 0xff, 9);
	kit_expect(kit, "payload_read(0, 0x20004, 4, 0x00)\npayload_read(0, 0x20008, 8, 0x00)");
}

static void a_replay_without_memory_says_the_same(void **state)
{
	struct obs_kit *live = kit_new(true), *replay = kit_new(false);
	char text[1000];
	unsigned begin;

	(void)state;
	kit_learn(live);
	kit_queue(live, 1, 8, 0x9800, KIT_MEM + 0x206, 0xb800);
	begin = live->n_rec;
	put16(live, KIT_MEM + 0x208, 7);
	kit_write(live, KIT_NOTIFY, 2, 1);
	put16(live, KIT_MEM + 0x208, 9);
	kit_write(live, KIT_NOTIFY, 2, 1);
	observer_flush(live->obs);
	strcpy(text, live->text);
	assert_non_null(strstr(text, "avail_idx_snoop(1, 0x09)"));

	for (unsigned i = 0; i < live->n_rec; i++) {
		if (i == begin)
			kit_forget(replay);
		observer_rec(replay->obs, &live->rec[i]);
	}
	kit_expect(replay, text);
	kit_free(replay);
	kit_free(live);
}

#define T(f) cmocka_unit_test_setup_teardown(f, kit_setup_queues, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_queue_that_moves_begins_anew),
		T(payload_is_what_descriptors_name),
		T(payload_carries_the_flags_of_its_descriptor),
		T(adjoining_buffers_share_a_beat),
		T(a_returned_chain_is_no_payload),
		T(chains_are_returned_whole_and_alone),
		T(a_stale_entry_breaks_no_chain),
		T(a_refetched_descriptor_names_its_new_buffer),
		T(of_two_buffers_at_a_place_the_later_counts),
		T(a_descriptor_fetched_again_is_live_again),
		T(rings_wrap),
		T(two_queues_keep_apart),
		T(beats_before_the_reset_shows_are_still_named),
		T(a_queue_programmed_while_draining_is_the_new_one),
		T(touching_other_registers_does_not_end_draining),
		T(host_reset_forgets_at_once),
		T(a_second_life_starts_afresh),
		T(one_queue_may_be_reset),
		cmocka_unit_test(a_notification_shows_the_driver_area),
		cmocka_unit_test(enabling_shows_the_used_flags),
		cmocka_unit_test(a_status_write_shows_available_indices),
		cmocka_unit_test(returning_a_chain_shows_its_descriptors),
		cmocka_unit_test(a_reported_range_shows_its_first_bytes),
		T(an_indirect_table_is_followed),
		T(the_first_bytes_of_a_buffer_are_told),
		cmocka_unit_test(a_replay_without_memory_says_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
