/* SPDX-License-Identifier: MIT */
/* A driver's life in words: what is told, when, and what is told only once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/lifecycle.h"

struct story {
	struct lifecycle *life;
	uint64_t cycle;
	char text[4096];
};

static void step(void *ctx, uint64_t cycle, const char *text)
{
	struct story *story = ctx;
	size_t len = strlen(story->text);

	assert_int_equal(cycle, story->cycle);
	assert_null(strchr(text, '\n'));
	snprintf(story->text + len, sizeof(story->text) - len, "%s%s", len ? "\n" : "", text);
}

static int setup(void **state)
{
	struct story *story = calloc(1, sizeof(*story));

	*state = story;
	if (story)
		story->life = lifecycle_new(step, story);
	return story && story->life ? 0 : -1;
}

static int teardown(void **state)
{
	struct story *story = *state;

	lifecycle_free(story->life);
	free(story);
	return 0;
}

static void ev3(struct story *story, enum event_id id, uint64_t a, uint64_t b, uint64_t c)
{
	struct event ev = { .id = (uint16_t)id,
			    .nargs = (uint8_t)event_nargs(id),
			    .arg = { a, b, c } };

	story->cycle += 10;
	lifecycle_instant(story->life, story->cycle, &ev, 1);
}

#define EV0(id)       ev3(story, id, 0, 0, 0)
#define EV1(id, a)    ev3(story, id, a, 0, 0)
#define EV2(id, a, b) ev3(story, id, a, b, 0)

static void expect(struct story *story, const char *want)
{
	assert_string_equal(story->text, want);
	story->text[0] = '\0';
}

static void set_up_queue(struct story *story, unsigned q, unsigned size)
{
	EV1(EV_QUEUE_SELECT_WRITE, q);
	EV2(EV_QUEUE_SIZE_READ, q, 256);
	EV2(EV_QUEUE_SIZE_WRITE, q, size);
	ev3(story, EV_QUEUE_ADDR_WRITE, q, 0, 0x1000);
	EV2(EV_QUEUE_ENABLE_WRITE, q, 1);
}

/* virtio 1.4, 3.1.1, step by step. */
static void a_whole_life(void **state)
{
	struct story *story = *state;

	EV0(EV_HOST_RESET);
	EV1(EV_STATUS_WRITE, 0);
	EV1(EV_STATUS_READ, 0);
	EV1(EV_STATUS_WRITE, 1);
	EV1(EV_STATUS_READ, 1);
	EV1(EV_STATUS_WRITE, 3);
	EV1(EV_DEVICE_FEATURE_SELECT_WRITE, 0);
	EV2(EV_DEVICE_FEATURE_READ, 0, 0x30000003);
	EV2(EV_DEVICE_FEATURE_READ, 1, 1);
	EV2(EV_DRIVER_FEATURE_WRITE, 0, 0);
	EV2(EV_DRIVER_FEATURE_WRITE, 1, 1);
	EV1(EV_STATUS_READ, 3);
	EV1(EV_STATUS_WRITE, 0x0b);
	EV1(EV_STATUS_READ, 0x0b);
	set_up_queue(story, 0, 128);
	EV2(EV_QUEUE_SIZE_READ, 1, 256);
	EV2(EV_QUEUE_ENABLE_WRITE, 1, 1);
	EV1(EV_STATUS_READ, 0x0b);
	EV1(EV_STATUS_WRITE, 0x0f);
	ev3(story, EV_NOTIFY, 1, 1, 2);
	ev3(story, EV_NOTIFY, 0, 0, 2);
	ev3(story, EV_NOTIFY, 0, 0, 2);
	EV1(EV_IRQ_INTX, 1);
	EV1(EV_IRQ_INTX, 0);
	EV1(EV_IRQ_INTX, 1);
	EV1(EV_STATUS_WRITE, 0);
	EV1(EV_STATUS_READ, 0x0f);
	EV1(EV_STATUS_READ, 0);
	expect(story, "bus reset\n"
		      "reset\n"
		      "ACKNOWLEDGE\n"
		      "DRIVER\n"
		      "features 0x130000003 offered, 0x100000000 accepted\n"
		      "FEATURES_OK\n"
		      "FEATURES_OK read back: accepted\n"
		      "queue 0: 128 entries, enabled\n"
		      "queue 1: 256 entries, enabled\n"
		      "DRIVER_OK\n"
		      "first notification of queue 1\n"
		      "first notification of queue 0\n"
		      "first interrupt, INTx\n"
		      "reset");
}

static void the_next_life_tells_again(void **state)
{
	struct story *story = *state;

	for (unsigned i = 0; i < 2; i++) {
		EV1(EV_STATUS_WRITE, 0);
		EV1(EV_STATUS_READ, 0);
		EV1(EV_STATUS_WRITE, 1);
		EV2(EV_QUEUE_ENABLE_WRITE, 3, 1);
		ev3(story, EV_NOTIFY, 3, 3, 2);
		EV1(EV_IRQ_MSIX, 1);
		EV1(EV_IRQ_MSIX, 1);
		expect(story, "reset\nACKNOWLEDGE\nqueue 3: enabled\n"
			      "first notification of queue 3\nfirst interrupt, MSI-X vector 1");
	}
}

static void features_may_be_refused_and_tried_again(void **state)
{
	struct story *story = *state;

	EV1(EV_STATUS_WRITE, 3);
	EV2(EV_DEVICE_FEATURE_READ, 0, 7);
	EV2(EV_DRIVER_FEATURE_WRITE, 0, 8);
	EV1(EV_STATUS_WRITE, 0x0b);
	EV1(EV_STATUS_READ, 3);
	EV1(EV_STATUS_WRITE, 0x0b);
	EV1(EV_STATUS_READ, 0x0b);
	EV1(EV_STATUS_WRITE, 0x8b);
	expect(story, "ACKNOWLEDGE|DRIVER\n"
		      "features 0x7 offered, 0x8 accepted\n"
		      "FEATURES_OK\n"
		      "FEATURES_OK read back: refused\n"
		      "FEATURES_OK\n"
		      "FEATURES_OK read back: accepted\n"
		      "FAILED");
}

static void steps_left_out_show_by_their_absence(void **state)
{
	struct story *story = *state;

	EV1(EV_STATUS_WRITE, 0);
	EV1(EV_STATUS_WRITE, 1);
	EV1(EV_STATUS_WRITE, 0x0b); /* no read back, features unread */
	EV1(EV_STATUS_WRITE, 0x0f);
	expect(story, "reset\nACKNOWLEDGE\nfeatures not read, 0x0 accepted\n"
		      "DRIVER|FEATURES_OK\nDRIVER_OK");
	EV1(EV_STATUS_WRITE, 0x0f);
	expect(story, "");
	EV1(EV_STATUS_WRITE, 0x04);
	expect(story, "status 0x04, without ACKNOWLEDGE|DRIVER|FEATURES_OK");
}

static void the_device_asks_for_a_reset_once(void **state)
{
	struct story *story = *state;

	EV1(EV_STATUS_WRITE, 0x0f);
	expect(story, "features not read, 0x0 accepted\n"
		      "ACKNOWLEDGE|DRIVER|DRIVER_OK|FEATURES_OK");
	EV1(EV_DMA_ERROR, 0x1000);
	EV1(EV_DMA_ERROR, 0x1008);
	EV1(EV_STATUS_READ, 0x4f);
	EV1(EV_STATUS_READ, 0x4f);
	EV1(EV_STATUS_WRITE, 0x0f);
	expect(story, "first DMA error\nFEATURES_OK read back: accepted\nDEVICE_NEEDS_RESET");
}

static void the_old_status_of_a_reset_is_not_the_new_life(void **state)
{
	struct story *story = *state;

	EV1(EV_STATUS_WRITE, 1);
	EV1(EV_STATUS_WRITE, 0);
	EV1(EV_STATUS_READ, 1);
	EV1(EV_STATUS_WRITE, 1);
	expect(story, "ACKNOWLEDGE\nreset\nACKNOWLEDGE");
}

static void vectors_are_told_with_their_queue(void **state)
{
	struct story *story = *state;

	EV2(EV_QUEUE_SIZE_READ, 0, 64);
	EV2(EV_QUEUE_VECTOR_WRITE, 0, 1);
	EV2(EV_QUEUE_VECTOR_READ, 0, 1);
	EV2(EV_QUEUE_ENABLE_WRITE, 0, 1);
	EV2(EV_QUEUE_VECTOR_WRITE, 1, 0);
	EV2(EV_QUEUE_VECTOR_READ, 1, 0xffff);
	EV2(EV_QUEUE_ENABLE_WRITE, 1, 1);
	EV2(EV_QUEUE_ENABLE_WRITE, 1, 0);
	EV2(EV_QUEUE_ENABLE_WRITE, 60000, 1);
	expect(story, "queue 0: 64 entries, enabled, MSI-X vector 1\n"
		      "queue 1: enabled\n"
		      "queue 1: disabled\n"
		      "queue 60000: enabled");
}

static void the_first_message_says_whose_it_is(void **state)
{
	struct story *story = *state;

	EV1(EV_CONFIG_VECTOR_WRITE, 0);
	EV2(EV_QUEUE_VECTOR_WRITE, 1, 2);
	EV1(EV_IRQ_MSIX, 0);
	EV1(EV_IRQ_MSIX, 2);
	expect(story, "first interrupt, MSI-X vector 0, configuration");
	EV1(EV_STATUS_WRITE, 0);
	EV2(EV_QUEUE_VECTOR_WRITE, 1, 2);
	EV2(EV_QUEUE_VECTOR_WRITE, 2, 2);
	EV1(EV_IRQ_MSIX, 2);
	expect(story, "reset\nfirst interrupt, MSI-X vector 2, queue 1");
}

static void a_dead_register_is_told(void **state)
{
	struct story *story = *state;

	EV2(EV_HANG, 1, 0x14);
	EV2(EV_HANG, 1, 0x14); /* once is enough */
	EV2(EV_ACCESS_ERROR, 1, 0x14);
	expect(story, "no answer from the register at offset 0x14");
}

static void one_instant_may_hold_several_steps(void **state)
{
	struct story *story = *state;
	const struct event ev[] = { { EV_STATUS_WRITE, 1, { 1 } },
				    { EV_IRQ_INTX, 1, { 1 } },
				    { EV_PAGE_INFLATE, 1, { 7 } } };

	story->cycle = 77;
	lifecycle_instant(story->life, 77, ev, 3);
	expect(story, "ACKNOWLEDGE\nfirst interrupt, INTx");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_whole_life),
		T(the_next_life_tells_again),
		T(features_may_be_refused_and_tried_again),
		T(steps_left_out_show_by_their_absence),
		T(the_device_asks_for_a_reset_once),
		T(the_old_status_of_a_reset_is_not_the_new_life),
		T(vectors_are_told_with_their_queue),
		T(the_first_message_says_whose_it_is),
		T(a_dead_register_is_told),
		T(one_instant_may_hold_several_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
