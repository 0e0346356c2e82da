/* SPDX-License-Identifier: MIT */
/* The generated event list is the written one; events in words. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sim/event.h"

#define LIST "specs/events.ccsl"

/* Takes an identifier off *at, or fails. */
static void ident(const char **at, char *buf, size_t len)
{
	size_t n = 0;

	while (**at == ' ')
		++*at;
	while (isalnum((unsigned char)**at) || **at == '_') {
		assert_true(n + 1 < len);
		buf[n++] = *(*at)++;
	}
	assert_true(n > 0);
	buf[n] = '\0';
	while (**at == ' ')
		++*at;
}

static void check_line(const char *line, unsigned id)
{
	const char *at = line + strlen("Event ");
	char word[64], arg[EVENT_ARGS_MAX];
	unsigned n = 0;

	ident(&at, word, sizeof(word));
	assert_string_equal(event_name(id), word);
	assert_int_equal(event_find(word), id);
	assert_int_equal(*at++, '(');
	while (*at != ')') {
		ident(&at, word, sizeof(word));
		assert_string_equal(event_arg_name(id, n, arg), word);
		n++;
		if (*at == ',')
			at++;
	}
	assert_int_equal(event_nargs(id), n);
	assert_true(n <= EVENT_MAX_ARGS);
}

static void the_header_is_the_list(void **state)
{
	FILE *file = fopen(LIST, "r");
	char line[200];
	unsigned id = 0;

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		assert_non_null(strchr(line, '\n'));
		if (strncmp(line, "Event ", 6)) {
			assert_true(!strncmp(line, "//", 2) || line[0] == '\n');
			continue;
		}
		check_line(line, id++);
	}
	fclose(file);
	assert_int_equal(id, EV_COUNT);
}

/* Ids that files of the project may rely on: each name means its own event. */
static void names_and_enumerators_agree(void **state)
{
	(void)state;
	assert_int_equal(EV_HOST_RESET, 0);
	assert_string_equal(event_name(EV_STATUS_WRITE), "status_write");
	assert_string_equal(event_name(EV_QUEUE_ADDR_WRITE), "queue_addr_write");
	assert_string_equal(event_name(EV_DESC_READ), "desc_read");
	assert_string_equal(event_name(EV_HANG), "hang");
	assert_int_equal(event_nargs(EV_HOST_RESET), 0);
	assert_int_equal(event_nargs(EV_DESC_READ), 6);
}

/* An event states a fact: no name is a judgement. */
static void no_name_judges(void **state)
{
	static const char *const words[] = { "bad",     "wrong",  "illegal",
					     "invalid", "violat", "unexpected" };

	(void)state;
	for (unsigned id = 0; id < EV_COUNT; id++)
		for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			assert_null(strstr(event_name(id), words[i]));
}

static void what_is_no_event_has_no_name(void **state)
{
	char arg[EVENT_ARGS_MAX];

	(void)state;
	assert_string_equal(event_name(EV_COUNT), "?");
	assert_int_equal(event_nargs(EV_COUNT), 0);
	assert_int_equal(event_find("status_writ"), -1);
	assert_int_equal(event_find(""), -1);
	assert_string_equal(event_arg_name(EV_STATUS_WRITE, 1, arg), "");
	assert_string_equal(event_arg_name(EV_COUNT, 0, arg), "");
}

static void events_in_words(void **state)
{
	static const struct {
		struct event ev;
		const char *want;
	} cases[] = {
		{ { EV_HOST_RESET, 0, { 0 } }, "host_reset()" },
		{ { EV_STATUS_WRITE, 1, { 0x0f } }, "status_write(0x0f)" },
		{ { EV_QUEUE_SIZE_WRITE, 2, { 1, 128 } }, "queue_size_write(1, 0x80)" },
		{ { EV_QUEUE_ADDR_WRITE, 3, { 4, 5, 0xffffffff } },
		  "queue_addr_write(4, 5, 0xffffffff)" },
		{ { EV_NOTIFY, 3, { 10, 10, 2 } }, "notify(10, 0x0a, 2)" },
		{ { EV_IRQ_MSIX, 1, { 11 } }, "irq_msix(11)" },
		{ { EV_PAGE_INFLATE, 1, { 1000 } }, "page_inflate(1000)" },
		{ { EV_DESC_READ, 6, { 0, 7, UINT64_MAX, 4096, 3, 8 } },
		  "desc_read(0, 7, 0xffffffffffffffff, 4096, 0x03, 8)" },
		{ { EV_COUNT, 0, { 0 } }, "?()" },
	};
	char buf[EVENT_STR_MAX];

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(event_str(&cases[i].ev, buf, sizeof(buf)), cases[i].want);
}

static void long_words_are_cut(void **state)
{
	const struct event ev = { EV_QUEUE_ADDR_WRITE, 3, { 4, 5, 6 } };
	char buf[32];

	(void)state;
	for (unsigned len = 1; len < sizeof(buf); len++) {
		memset(buf, '#', sizeof(buf));
		event_str(&ev, buf, len);
		assert_int_equal(strlen(buf), len - 1 < 28 ? len - 1 : 28);
		assert_int_equal(strncmp(buf, "queue_addr_write(4, 5, 0x06)", len - 1), 0);
		assert_int_equal(buf[len], '#');
	}
	buf[0] = '#';
	event_str(&ev, buf, 0);
	assert_int_equal(buf[0], '#');
}

static void the_longest_event_fits(void **state)
{
	(void)state;
	for (unsigned id = 0; id < EV_COUNT; id++) {
		struct event ev = { .id = (uint16_t)id, .nargs = (uint8_t)event_nargs(id) };
		char buf[EVENT_STR_MAX];

		for (unsigned n = 0; n < EVENT_MAX_ARGS; n++)
			ev.arg[n] = UINT64_MAX;
		event_str(&ev, buf, sizeof(buf));
		assert_int_equal(buf[strlen(buf) - 1], ')');
	}
}

/* virtio 1.4, 2.1 */
static void status_bits_by_name(void **state)
{
	static const struct {
		uint8_t status;
		const char *want;
	} cases[] = {
		{ 0, "0" },
		{ 1, "ACKNOWLEDGE" },
		{ 3, "ACKNOWLEDGE|DRIVER" },
		{ 0x0b, "ACKNOWLEDGE|DRIVER|FEATURES_OK" },
		{ 0x0f, "ACKNOWLEDGE|DRIVER|DRIVER_OK|FEATURES_OK" },
		{ 0x10, "SUSPEND" },
		{ 0x40, "DEVICE_NEEDS_RESET" },
		{ 0x80, "FAILED" },
		{ 0x20, "0x20" },
		{ 0xff, "ACKNOWLEDGE|DRIVER|DRIVER_OK|FEATURES_OK|SUSPEND|"
			"DEVICE_NEEDS_RESET|FAILED|0x20" },
	};
	char buf[EVENT_STR_MAX], small[5];

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(event_status_str(cases[i].status, buf, sizeof(buf)),
				    cases[i].want);
	assert_string_equal(event_status_str(3, small, sizeof(small)), "ACKN");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_header_is_the_list),
		cmocka_unit_test(names_and_enumerators_agree),
		cmocka_unit_test(no_name_judges),
		cmocka_unit_test(what_is_no_event_has_no_name),
		cmocka_unit_test(events_in_words),
		cmocka_unit_test(long_words_are_cut),
		cmocka_unit_test(the_longest_event_fits),
		cmocka_unit_test(status_bits_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
