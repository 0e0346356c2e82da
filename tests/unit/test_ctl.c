/* SPDX-License-Identifier: MIT */
/* The control socket: framing, rates of events, clients that come, go and do not read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bridge/ctl.h"
#include "bridge/ctl_balloon.h"
#include "bridge/frame.h"
#include "bridge/listen.h"
#include "sim/mem.h"

struct fixture {
	struct loop *loop;
	struct ctl *ctl;
	char dir[32], path[64];
	unsigned ran;
	unsigned asked; /* for statistics */
	bool mute;      /* a guest that tells none */
};

static json_t *count(void *ctx, json_t *args, struct ctl_error *err)
{
	struct fixture *f = ctx;

	(void)err;
	f->ran++;
	return json_incref(args);
}

static const struct ctl_command commands[] = {
	{ "count", count, { { "n", 'i', true } } },
	{ NULL, NULL, { { NULL, 0, false } } },
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/vcosim-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/s", f->dir);
	f->loop = loop_new();
	assert_int_equal(ctl_new(f->loop, f->path, NULL, &f->ctl), 0);
	ctl_add(f->ctl, commands, f);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	ctl_free(f->ctl);
	loop_free(f->loop);
	assert_int_equal(access(f->path, F_OK), -1);
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	return 0;
}

static void settle(struct fixture *f)
{
	while (loop_step(f->loop, 0) > 0)
		;
}

static int client(struct fixture *f)
{
	int fd = listen_connect(f->path);

	assert_true(fd >= 0);
	settle(f);
	return fd;
}

/* All that came, as one text. */
static const char *heard(struct fixture *f, int fd)
{
	static char text[65536];
	ssize_t n;

	settle(f);
	n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);
	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static const char *say(struct fixture *f, int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	return heard(f, fd);
}

static int negotiated(struct fixture *f)
{
	int fd = client(f);

	assert_non_null(strstr(heard(f, fd), "\"QMP\""));
	assert_string_equal(say(f, fd, "{\"execute\":\"qmp_capabilities\"}"), "{\"return\": {}}\n");
	return fd;
}

static void frames_are_balanced_values(void **state)
{
	static const struct {
		const char *in, *out; /* values in `out` end with | */
	} cases[] = {
		{ "{}", "{}|" },
		{ " {\"a\": [1, {}]} {}\n", "{\"a\": [1, {}]}|{}|" },
		{ "{\"}\\\"{\": 1}", "{\"}\\\"{\": 1}|" },
		{ "7 \"a b\" x\n", "7|\"a b\"|x|" },
		{ "]{}", "]|{}|" },
		{ "{\"unfinished\": ", "" },
		{ "{'a': 'b\"c'} 'x'", "{\"a\": \"b\\\"c\"}|\"x\"|" },
		{ "['\\'', \"\\'\", \"'\", '\\\\']", "[\"'\", \"'\", \"'\", \"\\\\\"]|" },
	};
	struct frame *frame = malloc(sizeof(*frame));

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[200] = "";

		memset(frame, 0, sizeof(*frame));
		for (const char *c = cases[i].in; *c; c++) {
			if (!frame_byte(frame, *c))
				continue;
			strcat(strcat(out, frame->text), "|");
			frame->len = 0;
		}
		assert_string_equal(out, cases[i].out);
	}
	free(frame);
}

static void a_request_in_pieces(void **state)
{
	struct fixture *f = *state;
	const char *request = "{\"execute\":\"count\",\"arguments\":{\"n\":3},\"id\":\"x\"}";
	int fd = negotiated(f);

	for (const char *c = request; c[1]; c++)
		assert_string_equal(say(f, fd, (char[]){ *c, 0 }), "");
	assert_string_equal(say(f, fd, "}"), "{\"return\": {\"n\": 3}, \"id\": \"x\"}\n");
	assert_int_equal(f->ran, 1);
	close(fd);
}

static void a_request_too_long(void **state)
{
	struct fixture *f = *state;
	int fd = negotiated(f);
	char text[4097];

	memset(text, ' ', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	say(f, fd, "{\"execute\":");
	for (unsigned i = 0; i < 2 * FRAME_MAX / 4096; i++)
		assert_string_equal(say(f, fd, text), "");
	assert_non_null(strstr(say(f, fd, "\"count\"}"), "JSON token size limit exceeded"));
	assert_int_equal(f->ran, 0);
	assert_string_equal(say(f, fd, "{\"execute\":\"count\"}"), "{\"return\": {}}\n");
	close(fd);
}

static void events_wait_for_negotiation(void **state)
{
	struct fixture *f = *state;
	int mute = client(f), fd = negotiated(f);

	heard(f, mute);
	ctl_event(f->ctl, "THING", json_pack("{s:i}", "n", 1), 0);
	assert_string_equal(heard(f, mute), "");
	assert_non_null(strstr(heard(f, fd), "\"event\": \"THING\", \"data\": {\"n\": 1}}"));
	close(mute);
	close(fd);
}

static void of_events_with_a_rate_the_last_remains(void **state)
{
	struct fixture *f = *state;
	int fd = negotiated(f);
	const char *text;

	for (int i = 1; i <= 5; i++)
		ctl_event(f->ctl, "SIZE", json_pack("{s:i}", "n", i), 50);
	text = heard(f, fd);
	assert_non_null(strstr(text, "\"n\": 1}"));
	assert_null(strstr(text, "\"n\": 2}"));
	assert_true(loop_step(f->loop, 1000) > 0); /* the rate's timer */
	text = heard(f, fd);
	assert_non_null(strstr(text, "\"n\": 5}"));
	assert_null(strstr(text, "\"n\": 4}"));
	assert_true(loop_step(f->loop, 1000) > 0);
	assert_string_equal(heard(f, fd), "");
	ctl_event(f->ctl, "SIZE", json_pack("{s:i}", "n", 6), 50);
	assert_non_null(strstr(heard(f, fd), "\"n\": 6}"));
	close(fd);
}

static void one_who_does_not_read_is_let_go(void **state)
{
	struct fixture *f = *state;
	int deaf = negotiated(f), fd = negotiated(f);
	char text[4096];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (unsigned i = 0; i < 1000; i++) {
		ctl_event(f->ctl, "BIG", json_pack("{s:s}", "x", text), 0);
		heard(f, fd);
	}
	settle(f);
	while (recv(deaf, text, sizeof(text), 0) > 0)
		;
	assert_string_equal(say(f, fd, "{\"execute\":\"count\"}"), "{\"return\": {}}\n");
	close(deaf);
	close(fd);
}

static void more_clients_than_there_is_room_for(void **state)
{
	struct fixture *f = *state;
	int fd[24];

	for (unsigned i = 0; i < 24; i++)
		fd[i] = client(f);
	assert_string_equal(heard(f, fd[23]), "");
	for (unsigned i = 0; i < 23; i++)
		close(fd[i]);
	assert_non_null(strstr(heard(f, fd[23]), "\"QMP\""));
	close(fd[23]);
}

/* --- statistics -------------------------------------------------------------------------- */

static bool yes(void *ctx)
{
	(void)ctx;
	return true;
}

static void no_target(void *ctx, uint32_t pages)
{
	(void)ctx;
	(void)pages;
}

static uint32_t no_pages(void *ctx)
{
	(void)ctx;
	return 0;
}

static bool ask_stats(void *ctx)
{
	struct fixture *f = ctx;

	f->asked++;
	return !f->mute;
}

static void no_quit(void *ctx)
{
	(void)ctx;
}

#define QOM(verb, property)                                                            \
	"{'execute':'qom-" verb "','arguments':{'path':'/machine/peripheral/balloon'," \
	"'property':'" property "'"
#define STATS    QOM("get", "guest-stats") "}}"
#define POLL(n)  QOM("set", "guest-stats-polling-interval") ",'value':" #n "}}"
#define NOT_TOLD "18446744073709551615"

static void statistics_are_those_last_told(void **state)
{
	struct fixture *f = *state;
	const struct ctl_balloon_host host = { f, yes, no_target, no_pages, ask_stats, no_quit };
	struct mem *mem = mem_new();
	struct ctl_balloon *b = ctl_balloon_new(f->ctl, f->loop, mem, &host);
	int fd = negotiated(f);
	const char *text = say(f, fd, STATS);

	assert_non_null(strstr(text, "\"stat-swap-in\": " NOT_TOLD ","));
	assert_non_null(strstr(text, "\"last-update\": 0"));
	ctl_balloon_stat(b, 0, 5);
	ctl_balloon_stat(b, 4, UINT64_MAX - 1);
	ctl_balloon_stat(b, 16, 7); /* no such tag */
	ctl_balloon_stat(b, 65535, 7);
	text = say(f, fd, STATS);
	assert_non_null(strstr(text, "\"stat-swap-in\": 5,"));
	assert_non_null(strstr(text, "\"stat-free-memory\": 18446744073709551614,"));
	assert_non_null(strstr(text, "\"stat-total-memory\": " NOT_TOLD ","));
	assert_null(strstr(text, "\"last-update\": 0"));
	/* A tag told again begins a new set, and so does an answer. */
	ctl_balloon_stat(b, 4, 1);
	assert_non_null(strstr(say(f, fd, STATS), "\"stat-swap-in\": " NOT_TOLD ","));
	assert_string_equal(say(f, fd, POLL(1)), "{\"return\": {}}\n");
	ctl_balloon_stat(b, 5, 2);
	text = say(f, fd, STATS);
	assert_non_null(strstr(text, "\"stat-free-memory\": " NOT_TOLD ","));
	assert_non_null(strstr(text, "\"stat-total-memory\": 2,"));
	ctl_balloon_guest_gone(b);
	assert_non_null(strstr(say(f, fd, STATS), "\"stat-total-memory\": " NOT_TOLD ","));
	close(fd);
	ctl_balloon_free(b);
	mem_free(mem);
}

static void statistics_are_asked_for(void **state)
{
	struct fixture *f = *state;
	const struct ctl_balloon_host host = { f, yes, no_target, no_pages, ask_stats, no_quit };
	struct mem *mem = mem_new();
	struct ctl_balloon *b = ctl_balloon_new(f->ctl, f->loop, mem, &host);
	int fd = negotiated(f);
	uint64_t start;

	assert_int_equal(f->asked, 0);
	say(f, fd, POLL(1));
	assert_int_equal(f->asked, 1); /* at once */
	f->mute = true;
	ctl_balloon_stat(b, 4, 1);
	start = loop_now();
	while (f->asked < 2)
		loop_step(f->loop, -1);
	assert_in_range((loop_now() - start) / 1000000, 900, 60000);
	/* Not answered: what was told stands. */
	assert_non_null(strstr(say(f, fd, STATS), "\"stat-free-memory\": 1,"));
	assert_string_equal(say(f, fd, POLL(0)), "{\"return\": {}}\n");
	assert_int_equal(loop_step(f->loop, 1200), 0);
	assert_int_equal(f->asked, 2);
	say(f, fd, POLL(1000)); /* freed with its timer on */
	close(fd);
	ctl_balloon_free(b);
	mem_free(mem);
}

/* What a client made up to look like one of our numbers comes back as the string it was. */
static void a_string_is_no_number(void **state)
{
	struct fixture *f = *state;
	int fd = negotiated(f);

	assert_string_equal(say(f, fd, "{'execute':'count','id':'\\u0001x'}"),
			    "{\"return\": {}, \"id\": \"\\u0001x\"}\n");
	assert_string_equal(say(f, fd, "{'execute':'count','id':'\\\"\\u00017'}"),
			    "{\"return\": {}, \"id\": \"\\\"\\u00017\"}\n");
	close(fd);
}

static int no_bytes(void *ctx, uint64_t gpa, void *buf, size_t len)
{
	(void)ctx;
	(void)gpa;
	(void)buf;
	(void)len;
	return -EIO;
}

static void memory_is_what_the_files_hold(void **state)
{
	static const struct mem_ops ops = { .read = no_bytes };
	char name[] = "/tmp/vcosim-XXXXXX", bytes[4096];
	int fd = mkstemp(name);
	struct mem *mem = mem_new();
	struct mem_window low = { .gpa = 0, .size = 4096, .prot = MEM_R, .host = bytes, .fd = fd };
	struct mem_window high = { .gpa = 1 << 20, .size = 4096, .host = bytes, .fd = fd };
	struct mem_window rom = { .gpa = 0xfffff000, .size = 4096, .fd = -1, .ops = &ops };

	(void)state;
	unlink(name);
	assert_int_equal(ftruncate(fd, 3 << 20), 0);
	assert_int_equal(mem_map(mem, &rom), 0);
	assert_int_equal(ctl_balloon_ram(mem), 0);
	assert_int_equal(mem_map(mem, &low), 0);
	assert_int_equal(mem_map(mem, &high), 0);
	assert_int_equal(ctl_balloon_ram(mem), 3 << 20); /* one file, counted once */
	mem_unmap_all(mem);
	low.fd = high.fd = -1;
	assert_int_equal(mem_map(mem, &rom), 0);
	assert_int_equal(mem_map(mem, &low), 0);
	assert_int_equal(mem_map(mem, &high), 0);
	assert_int_equal(ctl_balloon_ram(mem), (1 << 20) + 4096);
	mem_free(mem);
	close(fd);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_balanced_values),
		WITH(a_request_in_pieces),
		WITH(a_request_too_long),
		WITH(events_wait_for_negotiation),
		WITH(of_events_with_a_rate_the_last_remains),
		WITH(one_who_does_not_read_is_let_go),
		WITH(more_clients_than_there_is_room_for),
		WITH(statistics_are_those_last_told),
		WITH(statistics_are_asked_for),
		WITH(a_string_is_no_number),
		cmocka_unit_test(memory_is_what_the_files_hold),
	};

	return cmocka_run_group_tests_name("ctl", tests, NULL, NULL);
}
