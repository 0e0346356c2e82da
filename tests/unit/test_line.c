/* SPDX-License-Identifier: MIT */
/* Requests and answers over a line: the agent's dialect and QEMU's, against a fake peer. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "bridge/agent.h"
#include "bridge/qmp.h"

struct kit {
	struct loop *loop;
	int ours, peer;
	struct agent *agent;
	char log[512]; /* what the callbacks said, in order */
};

static void note(struct kit *k, const char *what, const char *text)
{
	size_t n = strlen(k->log);

	snprintf(k->log + n, sizeof(k->log) - n, "[%s %s]", what, text);
}

static void on_ready(void *ctx, const char *release, unsigned boot_ms)
{
	char text[160];

	snprintf(text, sizeof(text), "%s %u", release, boot_ms);
	note(ctx, "ready", text);
}

static void on_closed(void *ctx)
{
	note(ctx, "closed", "");
}

static void on_reply(void *ctx, int ok, const char *text)
{
	note(ctx, ok < 0 ? "none" : ok ? "ok" : "err", text);
}

static void make_pair(struct kit *k)
{
	int pair[2];

	k->log[0] = 0;
	k->loop = loop_new();
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	k->ours = pair[0];
	k->peer = pair[1];
	fcntl(k->ours, F_SETFL, O_NONBLOCK);
	fcntl(k->peer, F_SETFL, O_NONBLOCK);
}

static int setup(void **state)
{
	static struct kit k;
	struct agent_sink sink = { .ctx = &k, .ready = on_ready, .closed = on_closed };

	make_pair(&k);
	k.agent = agent_new(k.loop, k.ours, &sink);
	*state = &k;
	return k.agent ? 0 : -1;
}

static int teardown(void **state)
{
	struct kit *k = *state;

	agent_free(k->agent);
	loop_free(k->loop);
	close(k->ours);
	if (k->peer >= 0)
		close(k->peer);
	return 0;
}

/* Runs the loop until nothing happens any more at once. */
static void settle(struct kit *k)
{
	while (loop_step(k->loop, 0) > 0)
		;
}

static void peer_says(struct kit *k, const char *text)
{
	assert_int_equal(write(k->peer, text, strlen(text)), strlen(text));
	settle(k);
}

static void expect_peer(struct kit *k, const char *text)
{
	char buf[256];
	ssize_t n;

	settle(k);
	n = read(k->peer, buf, sizeof(buf) - 1);
	buf[n < 0 ? 0 : n] = 0;
	assert_string_equal(buf, text);
}

static void expect_log(struct kit *k, const char *text)
{
	assert_string_equal(k->log, text);
	k->log[0] = 0;
}

static void waits_for_ready_and_keeps_order(void **state)
{
	struct kit *k = *state;

	assert_int_equal(agent_call(k->agent, "first", 1000, on_reply, k), 0);
	assert_int_equal(agent_call(k->agent, "second", 1000, on_reply, k), 0);
	expect_peer(k, "");
	peer_says(k, "firmware noise\r\nready 6.1.0-x 15");
	expect_log(k, "");
	peer_says(k, "00\r\n");
	expect_log(k, "[ready 6.1.0-x 1500]");
	expect_peer(k, "first\n");
	peer_says(k, "ok a=1\nnoise\n");
	expect_log(k, "[ok a=1]");
	expect_peer(k, "second\n");
	peer_says(k, "err no such thing\n");
	expect_log(k, "[err no such thing]");
	peer_says(k, "ok nobody asked\nokay is no answer\n");
	expect_log(k, "");
}

static void late_answer_is_nobodys(void **state)
{
	struct kit *k = *state;

	peer_says(k, "ready r 1\n");
	k->log[0] = 0;
	assert_int_equal(agent_call(k->agent, "slow", 1, on_reply, k), 0);
	assert_int_equal(agent_call(k->agent, "next", 60000, on_reply, k), 0);
	while (!k->log[0])
		loop_step(k->loop, -1);
	expect_log(k, "[none no answer in time]");
	expect_peer(k, "slow\nnext\n");
	peer_says(k, "ok slow\n");
	expect_log(k, "");
	peer_says(k, "ok\n");
	expect_log(k, "[ok ]");
}

static void closing_answers_everybody(void **state)
{
	struct kit *k = *state;

	peer_says(k, "ready r 1\n");
	k->log[0] = 0;
	agent_call(k->agent, "one", 1000, on_reply, k);
	agent_call(k->agent, "two", 1000, on_reply, k);
	close(k->peer);
	k->peer = -1;
	settle(k);
	expect_log(k, "[none the peer is gone][none the peer is gone][closed ]");
	assert_int_equal(agent_call(k->agent, "three", 1000, on_reply, k), -EPIPE);
}

/* A guest that boots again: what it was asked before, its agent does not know. */
static void who_begins_anew_owes_nothing(void **state)
{
	struct kit *k = *state;

	peer_says(k, "ready r 1\n");
	k->log[0] = 0;
	agent_call(k->agent, "slow", 1, on_reply, k);
	while (!k->log[0])
		loop_step(k->loop, -1);
	expect_log(k, "[none no answer in time]");
	agent_call(k->agent, "lost", 60000, on_reply, k);
	agent_call(k->agent, "next", 60000, on_reply, k);
	expect_peer(k, "slow\nlost\n");
	peer_says(k, "ready r 1\n");
	expect_log(k, "[none the peer began anew][ready r 1]");
	expect_peer(k, "next\n");
	peer_says(k, "ok next\n");
	expect_log(k, "[ok next]");
}

static void refuses_what_is_no_line(void **state)
{
	struct kit *k = *state;

	assert_int_equal(agent_call(k->agent, "", 1000, on_reply, k), -EINVAL);
	assert_int_equal(agent_call(k->agent, "a\nb", 1000, on_reply, k), -EINVAL);
}

static void overlong_line_is_dropped(void **state)
{
	struct kit *k = *state;
	char big[5000];

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = 0;
	for (int i = 0; i < 20; i++)
		peer_says(k, big);
	peer_says(k, "\nready r 1\n");
	expect_log(k, "[ready r 1]");
}

static void numbers_by_key(void **state)
{
	const char *text = "pages=12 free_pages=7 mask=0xff name=x";

	(void)state;
	assert_int_equal(agent_number(text, "pages", 0), 12);
	assert_int_equal(agent_number(text, "free_pages", 0), 7);
	assert_int_equal(agent_number(text, "mask", 0), 255);
	assert_int_equal(agent_number(text, "page", 99), 99);
	assert_int_equal(agent_number("", "page", 99), 99);
}

static void qmp_negotiates_then_answers(void **state)
{
	struct kit k;
	struct qmp *q;

	(void)state;
	make_pair(&k);
	q = qmp_new(k.loop, k.ours, on_closed, &k);
	assert_non_null(q);
	qmp_call(q, "{\"execute\":\"query-balloon\"}", 1000, on_reply, &k);
	qmp_call(q, "{\"execute\":\"nonsense\"}", 1000, on_reply, &k);
	expect_peer(&k, "");
	peer_says(&k, "{\"QMP\": {\"version\": {}}}\r\n");
	expect_peer(&k, "{\"execute\":\"qmp_capabilities\"}\n");
	peer_says(&k, "{\"return\": {}}\r\n");
	expect_peer(&k, "{\"execute\":\"query-balloon\"}\n");
	peer_says(&k, "{\"event\": \"BALLOON_CHANGE\", \"data\": {\"actual\": 1}}\r\n");
	expect_log(&k, "");
	peer_says(&k, "{\"return\": {\"actual\": 4096}}\r\n");
	expect_log(&k, "[ok {\"actual\":4096}]");
	peer_says(&k, "{\"error\": {\"class\": \"C\", \"desc\": \"not found\"}}\r\n");
	expect_log(&k, "[err not found]");
	close(k.peer);
	settle(&k);
	expect_log(&k, "[closed ]");
	qmp_free(q);
	loop_free(k.loop);
	close(k.ours);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(waits_for_ready_and_keeps_order, setup, teardown),
		cmocka_unit_test_setup_teardown(late_answer_is_nobodys, setup, teardown),
		cmocka_unit_test_setup_teardown(closing_answers_everybody, setup, teardown),
		cmocka_unit_test_setup_teardown(who_begins_anew_owes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_what_is_no_line, setup, teardown),
		cmocka_unit_test_setup_teardown(overlong_line_is_dropped, setup, teardown),
		cmocka_unit_test(numbers_by_key),
		cmocka_unit_test(qmp_negotiates_then_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
