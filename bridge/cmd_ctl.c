/* SPDX-License-Identifier: MIT */
/*
 * vcosim ctl: a word to a control socket. Plain QMP: the same words do at QEMU's own
 * socket.
 */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#include "bridge/listen.h"
#include "sim/cmd.h"

#define ANSWER_S 30 /* seconds that an answer may take */

struct talk {
	const char *path, *balloon;
	bool json;
	FILE *from;
	char *line;
	size_t room;
};

static int usage(FILE *to, int status)
{
	fprintf(to,
		"usage: vcosim ctl SOCKET COMMAND\n"
		"Talks to the control socket of `vcosim serve --qmp` or `vcosim run --qmp`, or to\n"
		"QEMU's own.\n"
		"\n"
		"  balloon SIZE   what the guest may have: 192M, 1G, or bytes\n"
		"  query          what the guest has\n"
		"  status         is there a guest\n"
		"  stats          the guest's statistics, as it last told them\n"
		"  stats SECONDS  asks the guest for new ones that often from now on, 0: no more\n"
		"  hint WORD      start, stop or done: free page hinting (virtio 1.4, 5.5.6.5);\n"
		"                 query: where the driver is. Not QEMU's\n"
		"  clock stop|go  stops the device's clock: it answers nothing any more. Not "
		"QEMU's\n"
		"  events         prints events as they come, one JSON object a line\n"
		"  quit           ends the server\n"
		"  '{...}'        any request of QMP; prints what it returns\n"
		"\n"
		"  --json         print answers as JSON\n"
		"  --balloon PATH which device has the statistics\n"
		"                 (default: /machine/peripheral/balloon)\n"
		"  --help         this text\n");
	return status;
}

static int no(const char *what, const char *why)
{
	fprintf(stderr, "vcosim ctl: %s: %s\n", what, why);
	return 2;
}

/* The next object, or NULL: the other side is gone, silent or talks nonsense. */
static json_t *next(struct talk *t)
{
	json_error_t why;
	json_t *msg;

	errno = 0;
	if (getline(&t->line, &t->room, t->from) < 0) {
		no(t->path, errno == EAGAIN ? "no answer" : "the connection is closed");
		return NULL;
	}
	msg = json_loads(t->line, 0, &why);
	if (!msg) /* QEMU's -1 of 64 bits is no integer of jansson's */
		msg = json_loads(t->line, JSON_DECODE_INT_AS_REAL, &why);
	if (!msg)
		no(t->path, "this is not QMP");
	return msg;
}

/* The answer to a request, events left out; NULL after a line that says why not. */
static json_t *exchange(struct talk *t, const char *request)
{
	json_t *msg;

	if (dprintf(fileno(t->from), "%s\n", request) < 0) {
		no(t->path, "cannot be written to");
		return NULL;
	}
	while ((msg = next(t)) && json_object_get(msg, "event"))
		json_decref(msg);
	return msg;
}

/* Of the answer what is under "return", or NULL after a line that says why not. */
static json_t *ask(struct talk *t, json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT);
	json_t *msg = text ? exchange(t, text) : NULL, *ret = NULL;

	free(text);
	json_decref(request);
	if (msg) {
		json_t *err = json_object_get(msg, "error");

		ret = json_incref(json_object_get(msg, "return"));
		if (err)
			no(t->path, json_string_value(json_object_get(err, "desc"))
					    ? json_string_value(json_object_get(err, "desc"))
					    : "error");
		json_decref(msg);
	}
	return ret;
}

/* Bytes: a number and perhaps K, M, G or T. */
static bool parse_size(const char *text, json_int_t *bytes)
{
	static const char units[] = "KMGT";
	const char *unit;
	char *end;
	unsigned shift = 0;

	errno = 0;
	*bytes = strtoll(text, &end, 0);
	if (end == text || errno)
		return false;
	unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		shift = 10 * (unsigned)(unit - units + 1);
		end++;
	}
	if (*end || *bytes < 0 || *bytes > INT64_MAX >> shift)
		return false;
	*bytes <<= shift;
	return true;
}

/* What was told, a line each: a statistic that was not is -1 in 64 bits. */
static void print_stats(const json_t *ret)
{
	time_t when = (time_t)json_integer_value(json_object_get(ret, "last-update"));
	const char *name;
	json_t *val;
	char text[64];

	strftime(text, sizeof(text), "%F %T", localtime(&when));
	printf("%-24s %s\n", "last-update", when ? text : "never");
	json_object_foreach(json_object_get(ret, "stats"), name, val)
	{
		double told = json_number_value(val);

		if (told >= 0 && told < 0x1p63)
			printf("%-24s %.0f\n", name, told);
	}
}

static int print_answer(const struct talk *t, const char *word, json_t *ret)
{
	const json_t *actual = json_object_get(ret, "actual");
	const char *status = json_string_value(json_object_get(ret, "status"));

	if (!ret)
		return 2;
	if (!t->json && !strcmp(word, "query") && actual)
		printf("%.1f MiB\n", (double)json_integer_value(actual) / 1048576);
	else if (!t->json && !strcmp(word, "status") && status)
		puts(status);
	else if (!t->json && !strcmp(word, "stats") && json_object_get(ret, "stats"))
		print_stats(ret);
	else if (t->json || json_object_size(ret) || !json_is_object(ret)) {
		json_dumpf(ret, stdout, JSON_ENCODE_ANY | (t->json ? 0 : JSON_INDENT(2)));
		puts("");
	}
	json_decref(ret);
	return 0;
}

static int print_events(struct talk *t)
{
	struct timeval for_ever = { 0, 0 };

	setsockopt(fileno(t->from), SOL_SOCKET, SO_RCVTIMEO, &for_ever, sizeof(for_ever));
	while (getline(&t->line, &t->room, t->from) > 0) {
		fputs(t->line, stdout);
		fflush(stdout);
	}
	return 0;
}

/* Requests from stdin, one a line, and their whole answers; nothing is negotiated first. */
static int pass_on(struct talk *t)
{
	char *line = NULL;
	size_t room = 0;
	json_t *msg;
	int status = 0;

	while (!status && getline(&line, &room, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		msg = exchange(t, line);
		if (msg) {
			json_dumpf(msg, stdout, JSON_SORT_KEYS);
			puts("");
		} else {
			status = 2;
		}
		json_decref(msg);
	}
	free(line);
	return status;
}

static json_t *simple(const char *command)
{
	return json_pack("{s:s}", "execute", command);
}

/* To tell what is known, or how often to ask. */
static json_t *stats_request(const struct talk *t, const char *arg)
{
	json_int_t seconds;

	if (!arg)
		return json_pack("{s:s, s:{s:s, s:s}}", "execute", "qom-get", "arguments", "path",
				 t->balloon, "property", "guest-stats");
	if (parse_size(arg, &seconds))
		return json_pack("{s:s, s:{s:s, s:s, s:I}}", "execute", "qom-set", "arguments",
				 "path", t->balloon, "property", "guest-stats-polling-interval",
				 "value", seconds);
	no("stats", "expected a number of seconds");
	return NULL;
}

/* The request for a word of the command line, or NULL after a line that says why not. */
static json_t *request(const struct talk *t, const char *word, const char *arg)
{
	json_t *req = NULL;
	json_int_t bytes;

	if (word[0] == '{') {
		req = json_loads(word, 0, NULL);
		if (!req)
			no(word, "expected JSON");
	} else if (!strcmp(word, "balloon")) {
		if (arg && parse_size(arg, &bytes))
			req = json_pack("{s:s, s:{s:I}}", "execute", "balloon", "arguments",
					"value", bytes);
		else
			no("balloon", "expected a size such as 192M");
	} else if (!strcmp(word, "query")) {
		req = simple("query-balloon");
	} else if (!strcmp(word, "status")) {
		req = simple("query-status");
	} else if (!strcmp(word, "stats")) {
		req = stats_request(t, arg);
	} else if (!strcmp(word, "hint")) {
		if (arg)
			req = json_pack("{s:s, s:{s:s}}", "execute", "x-vcosim-hint", "arguments",
					"action", arg);
		else
			no("hint", "expected start, stop, done or query");
	} else if (!strcmp(word, "clock")) {
		if (arg)
			req = json_pack("{s:s, s:{s:s}}", "execute", "x-vcosim-clock", "arguments",
					"action", arg);
		else
			no("clock", "expected stop or go");
	} else if (!strcmp(word, "quit")) {
		req = simple("quit");
	} else {
		no(word, "no such command; `vcosim ctl --help` lists them");
	}
	return req;
}

/* Negotiates and does what the word says; the exit status. */
static int converse(struct talk *t, const char *word, json_t *req)
{
	json_t *msg = next(t);

	if (msg && !json_object_get(msg, "QMP")) {
		json_decref(msg);
		return no(t->path, "this is not QMP");
	}
	json_decref(msg);
	if (!msg)
		return 2;
	if (!strcmp(word, "raw"))
		return pass_on(t);
	msg = ask(t, simple("qmp_capabilities"));
	json_decref(msg);
	if (!msg)
		return 2;
	return req ? print_answer(t, word, ask(t, json_incref(req))) : print_events(t);
}

static int talk(struct talk *t, const char *word, const char *arg)
{
	const struct timeval limit = { ANSWER_S, 0 };
	bool plain = !strcmp(word, "events") || !strcmp(word, "raw");
	json_t *req = plain ? NULL : request(t, word, arg);
	int fd, status;

	if (!req && !plain)
		return 2;
	fd = listen_connect(t->path);
	if (fd >= 0)
		t->from = fdopen(fd, "r+");
	if (!t->from) {
		json_decref(req);
		return no(t->path, strerror(fd < 0 ? -fd : errno));
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	status = converse(t, word, req);
	json_decref(req);
	fclose(t->from);
	free(t->line);
	return status;
}

int cmd_ctl(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "balloon", required_argument, NULL, 'b' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct talk t = { .balloon = "/machine/peripheral/balloon" };
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'j':
			t.json = true;
			break;
		case 'b':
			t.balloon = optarg;
			break;
		case 'h':
			return usage(stdout, 0);
		default:
			return usage(stderr, 2);
		}
	}
	if (argc - optind < 2 || argc - optind > 3)
		return usage(stderr, 2);
	t.path = argv[optind];
	return talk(&t, argv[optind + 1], argv[optind + 2]);
}
