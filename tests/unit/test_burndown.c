/* SPDX-License-Identifier: MIT */
/* The burn-down: what was touched, what never, and what is not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "sim/burndown.h"
#include "sim/regmap.h"

enum { MMIO = 0, COMMON = 1, NOTIFY = 2, ISR = 3, DEVICE = 4 };

static void one(struct burndown *b, unsigned id, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3)
{
	const struct event ev = { .id = (uint16_t)id, .arg = { a0, a1, a2, a3 } };

	burndown_instant(b, &ev, 1);
}

struct search {
	const char *name;
	struct burndown_line line;
	unsigned found, lines;
};

static void look(void *ctx, const struct burndown_line *line)
{
	struct search *s = ctx;

	s->lines++;
	if (strcmp(line->name, s->name))
		return;
	s->line = *line;
	s->found++;
}

/* "never", "touched R/W", "absent R/W" or "-": no such line. */
static const char *said(const struct burndown *b, const char *name)
{
	static const char *const states[] = { "touched", "never", "absent" };
	static char text[64];
	struct search s = { .name = name };

	burndown_each(b, look, &s);
	assert_true(s.found <= 1);
	if (!s.found)
		return "-";
	snprintf(text, sizeof(text), s.line.state == BURNDOWN_NEVER ? "%s" : "%s %u/%u",
		 states[s.line.state], (unsigned)s.line.reads, (unsigned)s.line.writes);
	return text;
}

static void nothing_was_touched(void **state)
{
	struct burndown *b = burndown_new();

	(void)state;
	assert_string_equal(said(b, "device_status"), "never");
	assert_string_equal(said(b, "queue_reset"), "-"); /* a device without the feature */
	assert_string_equal(said(b, "queue 0"), "-");     /* nobody asked how many there are */
	assert_string_equal(said(b, "feature 32"), "-");
	burndown_free(b);
}

static void accesses_count_by_register(void **state)
{
	struct burndown *b = burndown_new();

	(void)state;
	one(b, EV_REG_ACCESS, COMMON, 0x14, 1, 0);
	one(b, EV_REG_ACCESS, COMMON, 0x14, 1, 1);
	one(b, EV_REG_ACCESS, COMMON, 0x14, 1, 1);
	one(b, EV_REG_ACCESS, COMMON, 0x24, 4, 1); /* the upper half of queue_desc */
	one(b, EV_REG_ACCESS, COMMON, 0x18, 4, 0); /* queue_size and queue_msix_vector at once */
	one(b, EV_REG_ACCESS, ISR, 0, 1, 0);
	one(b, EV_REG_ACCESS, DEVICE, 4, 4, 1);
	assert_string_equal(said(b, "device_status"), "touched 1/2");
	assert_string_equal(said(b, "config_generation"), "never");
	assert_string_equal(said(b, "queue_desc"), "touched 0/1");
	assert_string_equal(said(b, "queue_driver"), "never");
	assert_string_equal(said(b, "queue_size"), "touched 1/0");
	assert_string_equal(said(b, "queue_msix_vector"), "touched 1/0");
	assert_string_equal(said(b, "queue_enable"), "never");
	assert_string_equal(said(b, "isr_status"), "touched 1/0");
	assert_string_equal(said(b, "actual"), "touched 0/1");
	assert_string_equal(said(b, "num_pages"), "never");
	burndown_free(b);
}

static void what_the_device_does_not_have(void **state)
{
	struct burndown *b = burndown_new();

	(void)state;
	one(b, EV_REG_ACCESS, COMMON, 0x3a, 2, 1);
	one(b, EV_REG_ACCESS, COMMON, 0x80, 4, 0);
	one(b, EV_REG_ACCESS, DEVICE, 0x20, 1, 0);
	assert_string_equal(said(b, "queue_reset"), "absent 0/1");
	assert_string_equal(said(b, "common configuration +0x80"), "absent 1/0");
	assert_string_equal(said(b, "device configuration +0x20"), "absent 1/0");
	one(b, EV_DEVICE_FEATURE_READ, 1, 1 << (40 - 32), 0, 0);
	assert_string_equal(said(b, "queue_reset"), "touched 0/1");
	burndown_free(b);
}

static void queues_and_features(void **state)
{
	struct burndown *b = burndown_new();

	(void)state;
	one(b, EV_NUM_QUEUES_READ, 3, 0, 0, 0);
	one(b, EV_QUEUE_ENABLE_WRITE, 1, 1, 0, 0);
	one(b, EV_QUEUE_ENABLE_WRITE, 2, 0, 0, 0);
	one(b, EV_NOTIFY, 0, 0, 2, 0);
	one(b, EV_REG_ACCESS, NOTIFY, 0, 2, 1);
	one(b, EV_AVAIL_ENTRY_READ, 0, 0, 0, 0);
	one(b, EV_AVAIL_ENTRY_READ, 0, 1, 0, 0);
	one(b, EV_NOTIFY, 7, 0, 2, 0);
	one(b, EV_QUEUE_SIZE_READ, 5, 128, 0, 0);
	one(b, EV_QUEUE_SIZE_READ, 6, 0, 0, 0);
	one(b, EV_DEVICE_FEATURE_READ, 0, 6, 0, 0);
	one(b, EV_DRIVER_FEATURE_WRITE, 0, 2, 0, 0);
	one(b, EV_DRIVER_FEATURE_WRITE, 1, 1, 0, 0);
	assert_string_equal(said(b, "queue 0"), "touched 2/1");
	assert_string_equal(said(b, "queue 1"), "touched 0/0");
	assert_string_equal(said(b, "queue 2"), "never");
	assert_string_equal(said(b, "queue 3"), "-");
	assert_string_equal(said(b, "queue 5"), "never"); /* it has a size: it is there */
	assert_string_equal(said(b, "queue 6"), "-");
	assert_string_equal(said(b, "queue 7"), "absent 0/1");
	assert_string_equal(said(b, "feature 1"), "touched 0/0");
	assert_string_equal(said(b, "feature 2"), "never");
	assert_string_equal(said(b, "feature 32"), "absent 0/0");
	assert_string_equal(said(b, "notification +0x00"), "-");
	burndown_free(b);
}

/* A device has the registers of one transport; those of the other are no lines. */
static void one_transport(void **state)
{
	struct burndown *b = burndown_new();

	(void)state;
	one(b, EV_REG_ACCESS, MMIO, 0x70, 4, 1);
	assert_string_equal(said(b, "Status"), "touched 0/1");
	assert_string_equal(said(b, "QueueSel"), "never");
	assert_string_equal(said(b, "device_status"), "-");
	assert_string_equal(said(b, "num_pages"), "never");
	one(b, EV_REG_ACCESS, MMIO, 0x28, 4, 0); /* a register of version 1 */
	assert_string_equal(said(b, "virtio-mmio +0x28"), "absent 1/0");
	burndown_free(b);
	b = burndown_new();
	one(b, EV_REG_ACCESS, COMMON, 0x14, 1, 1);
	assert_string_equal(said(b, "device_status"), "touched 0/1");
	assert_string_equal(said(b, "Status"), "-");
	burndown_free(b);
}

/*
 * The specification's layout: registers do not overlap (4.2.2) nor, over PCI, leave gaps
 * (4.1.4.3).
 */
static void the_map_is_dense(void **state)
{
	const struct regmap *reg;
	unsigned at = 0, window = 0;

	(void)state;
	for (unsigned i = 0; (reg = regmap_at(i)); i++) {
		if (reg->window != window) {
			if (window == COMMON)
				assert_int_equal(at, 0x40);
			window = reg->window;
			at = 0;
		}
		if (window == MMIO)
			assert_true(reg->offset >= at);
		else
			assert_int_equal(reg->offset, at);
		at = reg->offset + reg->size;
		assert_ptr_equal(regmap_find(window, reg->offset), reg);
		assert_ptr_equal(regmap_find(window, at - 1U), reg);
	}
	assert_null(regmap_find(COMMON, 0x40));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_was_touched),
		cmocka_unit_test(accesses_count_by_register),
		cmocka_unit_test(what_the_device_does_not_have),
		cmocka_unit_test(queues_and_features),
		cmocka_unit_test(one_transport),
		cmocka_unit_test(the_map_is_dense),
	};

	return cmocka_run_group_tests_name("burndown", tests, NULL, NULL);
}
