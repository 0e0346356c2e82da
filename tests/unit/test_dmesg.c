/* SPDX-License-Identifier: MIT */
/* Verdicts on their way to the guest's kernel log: a socket pair stands for the serial port. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "bridge/dmesg.h"
#include "bridge/listen.h"
#include "bridge/loop.h"
#include "sim/log.h"

#define CUT     799U /* bytes of a line: the kernel takes not many more in a record */
#define SLOW_US 200000
#define WAITING 256U /* lines that wait for a guest; more are lost */

#define LINE(n)                                                                                   \
	"<4>vcosim: VIOLATION DRV-3.1.1-2 DRIVER MUST (acknowledge_first) by status_write(2) at " \
	"cycle " #n ", expected: the driver says ACKNOWLEDGE first\n"

struct kit {
	struct log log;
	struct loop *loop;
	struct dmesg *dmesg;
	int ours, guest;
	char dir[32], path[64]; /* of a socket to come to, "": none */
};

static void plug(struct kit *k)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair),
			 0);
	k->ours = pair[0];
	k->guest = pair[1];
	dmesg_connect(k->dmesg, k->ours);
}

static void unplug(struct kit *k)
{
	if (k->guest >= 0)
		close(k->guest);
	if (k->ours >= 0)
		close(k->ours);
	k->guest = k->ours = -1;
}

static int setup(void **state)
{
	static struct kit k;

	k = (struct kit){ .log = { .to = stderr, .level = LOG_ERR, .name = "test" },
			  .loop = loop_new(),
			  .ours = -1,
			  .guest = -1 };
	k.dmesg = dmesg_new(k.loop, &k.log);
	*state = &k;
	return k.loop && k.dmesg ? 0 : -1;
}

static int teardown(void **state)
{
	struct kit *k = *state;
	struct stat st;

	dmesg_free(k->dmesg);
	loop_free(k->loop);
	unplug(k);
	if (!k->path[0])
		return 0;
	assert_int_equal(stat(k->path, &st), -1); /* nothing is left of it */
	return rmdir(k->dir);
}

/* Runs the loop until nothing happens any more at once. */
static void settle(struct kit *k)
{
	while (loop_step(k->loop, 0) > 0)
		;
}

static void says(struct kit *k, const char *text)
{
	assert_int_equal(write(k->guest, text, strlen(text)), strlen(text));
	settle(k);
}

/* What has come since, whole. */
static const char *heard(struct kit *k)
{
	static char buf[2048];
	ssize_t n;

	settle(k);
	n = read(k->guest, buf, sizeof(buf) - 1);
	assert_true(n < (ssize_t)sizeof(buf) - 1);
	buf[n < 0 ? 0 : n] = '\0';
	return buf;
}

static void judge(struct kit *k, int cycle, const char *level, const char *expected)
{
	json_t *verdict =
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:s}", "clause", "DRV-3.1.1-2", "blame",
			  "DRIVER", "level", level, "rule", "acknowledge_first", "event",
			  "status_write(2)", "cycle", cycle, "expected", expected);

	assert_non_null(verdict);
	dmesg_verdict(k->dmesg, verdict);
	json_decref(verdict);
}

static void violate(struct kit *k, int cycle)
{
	judge(k, cycle, "MUST", "the driver says ACKNOWLEDGE first");
}

static void expect_report(const struct kit *k, int sent, int lost)
{
	json_t *report = json_object(), *dmesg, *us;

	dmesg_report(k->dmesg, report);
	dmesg = json_object_get(report, "dmesg");
	us = json_object_get(dmesg, "us");
	assert_int_equal(json_integer_value(json_object_get(dmesg, "sent")), sent);
	assert_int_equal(json_integer_value(json_object_get(dmesg, "lost")), lost);
	assert_int_equal(sent > 0, json_real_value(json_object_get(us, "max")) > 0);
	assert_true(json_real_value(json_object_get(us, "p50")) <=
		    json_real_value(json_object_get(us, "max")));
	json_decref(report);
}

static void a_line_for_each_verdict(void **state)
{
	struct kit *k = *state;

	plug(k);
	violate(k, 7);
	assert_string_equal(heard(k), ""); /* nobody passes it on yet */
	says(k, "login: \r\n\nready\n");
	assert_string_equal(heard(k), LINE(7));
	violate(k, 8);
	violate(k, 9);
	assert_string_equal(heard(k), ""); /* one at a time */
	says(k, "ok\n");
	assert_string_equal(heard(k), LINE(8));
	says(k, "err\n");
	assert_string_equal(heard(k), LINE(9));
	expect_report(k, 1, 2);
	says(k, "<4>vcosim: an echo, by a terminal\r\n");
	expect_report(k, 2, 1);
}

static void advice_is_not_for_the_log(void **state)
{
	struct kit *k = *state;

	plug(k);
	says(k, "ready\n");
	judge(k, 1, "SHOULD", "advice");
	judge(k, 2, "MAY", "a remark");
	assert_string_equal(heard(k), "");
	expect_report(k, 0, 0);
	judge(k, 3, "MUST NOT", "it does not");
	assert_non_null(strstr(heard(k), "DRIVER MUST NOT (acknowledge_first)"));
}

/* A verdict is one record of the kernel's log, whatever it says. */
static void a_line_is_one_line_and_not_too_long(void **state)
{
	struct kit *k = *state;
	char longer[1500];
	const char *got;

	plug(k);
	says(k, "ready\n");
	judge(k, 1, "MUST", "this\n<0>and no record of its own\n");
	got = heard(k);
	assert_string_equal(strstr(got, "expected: "), "expected: this\n");
	says(k, "ok\n");
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	judge(k, 2, "MUST", longer);
	got = heard(k);
	assert_int_equal(strlen(got), CUT + 1);
	assert_string_equal(got + CUT - 1, "x\n");
	says(k, "ok\n");
	expect_report(k, 2, 0);
}

static void an_answer_may_come_in_pieces(void **state)
{
	struct kit *k = *state;

	plug(k);
	says(k, "rea");
	violate(k, 1);
	assert_string_equal(heard(k), "");
	says(k, "dy\r\n");
	assert_string_equal(heard(k), LINE(1));
	says(k, "o");
	expect_report(k, 0, 1);
	says(k, "k");
	expect_report(k, 0, 1);
	says(k, "\n");
	expect_report(k, 1, 0);
}

/* From its own verdict to its own answer. */
static void each_line_has_its_time(void **state)
{
	struct kit *k = *state;
	json_t *report = json_object(), *us;
	double p50, max;

	plug(k);
	says(k, "ready\n");
	violate(k, 1);
	usleep(SLOW_US);
	violate(k, 2);
	says(k, "ok\n");
	says(k, "ok\n");
	dmesg_report(k->dmesg, report);
	us = json_object_get(json_object_get(report, "dmesg"), "us");
	p50 = json_real_value(json_object_get(us, "p50"));
	max = json_real_value(json_object_get(us, "max"));
	json_decref(report);
	assert_true(p50 > 0 && p50 < SLOW_US);
	assert_true(max >= SLOW_US);
}

/* The host goes on; what there is no room for is lost, and counted. */
static void a_guest_that_does_not_read(void **state)
{
	struct kit *k = *state;
	char junk[4096] = { 0 }, line[256];
	size_t full = 0, drained = 0;
	ssize_t n;

	plug(k);
	says(k, "ready\n");
	while ((n = write(k->ours, junk, sizeof(junk))) > 0)
		full += (size_t)n;
	assert_int_equal(errno, EAGAIN);
	for (unsigned i = 0; i < WAITING + 50; i++)
		violate(k, (int)i);
	settle(k);
	expect_report(k, 0, WAITING + 50);
	while (drained < full && (n = read(k->guest, junk, sizeof(junk))) > 0)
		drained += (size_t)n;
	assert_int_equal(drained, full);
	for (unsigned i = 0; i < WAITING; i++) {
		snprintf(line, sizeof(line), "at cycle %u, expected", i);
		assert_non_null(strstr(heard(k), line));
		says(k, "ok\n");
	}
	assert_string_equal(heard(k), "");
	expect_report(k, WAITING, 50);
}

static void without_a_guest_lines_are_lost(void **state)
{
	struct kit *k = *state;

	violate(k, 1);
	expect_report(k, 0, 1);
	plug(k);
	says(k, "ready\n");
	violate(k, 2);
	close(k->guest);
	k->guest = -1;
	settle(k);
	expect_report(k, 0, 2); /* on its way when the guest went */
	violate(k, 3);
	expect_report(k, 0, 3);
	dmesg_connect(k->dmesg, -1);
	violate(k, 4);
	expect_report(k, 0, 4);
}

static void the_next_guest_gets_what_comes_then(void **state)
{
	struct kit *k = *state;
	int first;

	plug(k);
	says(k, "ready\n");
	violate(k, 1);
	violate(k, 2);
	assert_string_equal(heard(k), LINE(1));
	first = k->ours;
	close(k->guest);
	plug(k); /* without a word about the first */
	close(first);
	expect_report(k, 0, 2);
	violate(k, 3);
	assert_string_equal(heard(k), "");
	says(k, "ready\n");
	assert_string_equal(heard(k), LINE(3));
	says(k, "ok\n");
	expect_report(k, 1, 2);
}

/* The same port, another kernel: what the last one has not answered nobody will. */
static void a_guest_that_boots_again(void **state)
{
	struct kit *k = *state;

	plug(k);
	says(k, "ready\n");
	violate(k, 1);
	violate(k, 2);
	assert_string_equal(heard(k), LINE(1));
	says(k, "\nready\n");
	expect_report(k, 0, 2); /* an empty line is no answer */
	assert_string_equal(heard(k), LINE(2));
	says(k, "ok\n");
	expect_report(k, 1, 1);
	violate(k, 3);
	assert_string_equal(heard(k), LINE(3));
	says(k, "ok\n");
	expect_report(k, 2, 1);
}

static int come(struct kit *k)
{
	int fd = listen_connect(k->path);

	assert_true(fd >= 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	settle(k);
	return fd;
}

static void guests_come_to_a_path_one_after_the_other(void **state)
{
	struct kit *k = *state;
	int second;
	char c;

	strcpy(k->dir, "/tmp/dmesg.XXXXXX");
	assert_non_null(mkdtemp(k->dir));
	snprintf(k->path, sizeof(k->path), "%s/port", k->dir);
	assert_int_equal(dmesg_listen(k->dmesg, k->path), 0);
	violate(k, 1);
	k->guest = come(k);
	says(k, "ready\n");
	violate(k, 2);
	assert_string_equal(heard(k), LINE(2));
	second = come(k);
	assert_int_equal(read(second, &c, 1), 0); /* turned away */
	close(second);
	says(k, "ok\n");
	expect_report(k, 1, 1);
	close(k->guest);
	settle(k);
	k->guest = come(k);
	says(k, "ready\n");
	violate(k, 3);
	assert_string_equal(heard(k), LINE(3));
	says(k, "ok\n");
	expect_report(k, 2, 1);
}

static void a_path_that_cannot_be(void **state)
{
	struct kit *k = *state;

	k->log.to = NULL;
	assert_int_equal(dmesg_listen(k->dmesg, "/nowhere/at/all"), -ENOENT);
	violate(k, 1);
	expect_report(k, 0, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		TEST(a_line_for_each_verdict),
		TEST(advice_is_not_for_the_log),
		TEST(a_line_is_one_line_and_not_too_long),
		TEST(an_answer_may_come_in_pieces),
		TEST(each_line_has_its_time),
		TEST(a_guest_that_does_not_read),
		TEST(without_a_guest_lines_are_lost),
		TEST(the_next_guest_gets_what_comes_then),
		TEST(a_guest_that_boots_again),
		TEST(guests_come_to_a_path_one_after_the_other),
		TEST(a_path_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
