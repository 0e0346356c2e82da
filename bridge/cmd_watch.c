/* SPDX-License-Identifier: MIT */
/*
 * vcosim watch: the virtio drivers of this machine, judged while they run, by the kprobe events
 * that ftrace gives of the functions with which they reach their devices. No RTL, no QEMU.
 */
#include "bridge/cmd_watch.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/loop.h"
#include "bridge/probes.h"
#include "bridge/tracefs.h"
#include "bridge/virtio_devices.h"
#include "sim/cmd.h"
#include "sim/ftrace_calls.h"

#define KALLSYMS "/proc/kallsyms"
#define POLL_MS  50

struct watch {
	struct watch_config cfg;
	const char *text_path, *root; /* --text; --tracefs */
	uint64_t seconds;
	char device[64];

	struct loop *loop;
	struct tracefs *tracefs;
	struct ftrace *parser;
	struct ftrace_bus *bus;
	struct watched *watched;
	FILE *text;
	uint64_t probed; /* calls, bits */
	unsigned line;
	size_t len;
	bool cut; /* the line at hand is too long */
	char buf[16384];
};

static int no(const char *what, const char *why)
{
	fprintf(stderr, "vcosim watch: %s: %s\n", what, why);
	return 2;
}

/* --- what ftrace writes ---------------------------------------------------------------------- */

static void on_rec(void *ctx, unsigned dev, const struct bus_rec *rec)
{
	struct watch *w = ctx;

	watched_rec(w->watched, w->bus, dev, rec);
}

static void on_remark(void *ctx, const char *text)
{
	(void)ctx;
	fprintf(stderr, "vcosim watch: %s\n", text);
}

/* What is probed: who reads the text later must know, too. */
static void tell_probes(struct watch *w)
{
	const struct ftrace_call *call;

	if (w->text)
		fprintf(w->text, "# vcosim: probes");
	for (unsigned i = 0; (call = ftrace_call(i)); i++)
		if (w->probed >> i & 1) {
			ftrace_bus_probed(w->bus, call->func);
			if (w->text)
				fprintf(w->text, " %s", call->func);
		}
	if (w->text)
		fprintf(w->text, "\n");
}

/* A module came: it may have what could not be probed before. */
static void more_probes(struct watch *w)
{
	char why[TRACEFS_WHY];

	if (probes_add(w->tracefs, KALLSYMS, &w->probed) <= 0)
		return;
	if (tracefs_start(w->tracefs, why))
		no("tracefs", why);
	tell_probes(w);
}

static void take_line(struct watch *w, char *text)
{
	char why[FTRACE_WHY] = "";
	struct ftrace_line line;
	int err;

	w->line++;
	if (w->text)
		fprintf(w->text, "%s\n", text);
	err = ftrace_read(w->parser, text, &line, why);
	if (!err && line.kind == FTRACE_EVENT && !strcmp(line.event, "module_load") &&
	    !strncmp(line.rest, "virtio_", strlen("virtio_")))
		more_probes(w);
	else if (!err)
		err = ftrace_bus_line(w->bus, &line, why);
	if (err)
		fprintf(stderr, "vcosim watch: line %u of trace_pipe: %s\n", w->line, why);
}

/* Whole lines of what was read; the rest waits for more. */
static void take(struct watch *w, const char *data, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (data[i] != '\n') {
			w->cut |= w->len + 1 >= sizeof(w->buf);
			if (!w->cut)
				w->buf[w->len++] = data[i];
			continue;
		}
		w->buf[w->len] = '\0';
		if (!w->cut)
			take_line(w, w->buf);
		else
			no("trace_pipe", "a line is too long, and left out");
		w->len = 0;
		w->cut = false;
	}
}

static void drain(struct watch *w)
{
	char data[8192];
	ssize_t n;

	while ((n = read(tracefs_pipe(w->tracefs), data, sizeof(data))) > 0)
		take(w, data, (size_t)n);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		no("trace_pipe", strerror(errno));
	watched_poll(w->watched);
	if (w->text)
		fflush(w->text);
}

/* trace_pipe is not sure to wake who polls before its buffer has filled up. */
static void on_tick(void *ctx)
{
	struct watch *w = ctx;

	drain(w);
	if (!loop_timer(w->loop, POLL_MS, on_tick, w))
		loop_stop(w->loop, 2);
}

static void on_end(void *ctx)
{
	loop_stop(ctx, 0);
}

static void on_signal(void *ctx, int signo)
{
	(void)signo;
	loop_stop(ctx, 0);
}

/* --- setting up ---------------------------------------------------------------------------------
 */

static int find_devices(struct watch *w)
{
	char names[1024];

	if (!virtio_devices(names, sizeof(names)))
		return no("no virtio device", "there is none on this machine's buses");
	if (!w->cfg.json)
		printf("virtio devices here: %s\n", names);
	if (!w->cfg.device)
		return 0;
	virtio_device_name(w->cfg.device, w->device, sizeof(w->device));
	w->cfg.device = w->device;
	for (const char *at = names; (at = strstr(at, w->device)); at++)
		if ((at == names || at[-1] == ' ') && strchr(" ", at[strlen(w->device)]))
			return 0;
	fprintf(stderr, "vcosim watch: --device %s: expected one of %s\n", w->device, names);
	return 2;
}

static int set_probes(struct watch *w)
{
	char why[TRACEFS_WHY];
	int got = probes_add(w->tracefs, KALLSYMS, &w->probed);

	if (got < 0)
		return no(KALLSYMS, strerror(-got));
	if (!probes_enough(w->probed))
		return no("kernel without the symbols",
			  "expected vp_modern_set_status or vm_set_status");
	if (tracefs_start(w->tracefs, why))
		return no("tracefs", why);
	tell_probes(w);
	if (w->cfg.json)
		return 0;
	printf("%u functions of the kernel are watched%s; Ctrl-C ends it\n",
	       (unsigned)__builtin_popcountll(w->probed), w->seconds ? " for a while" : "");
	fflush(stdout);
	return 0;
}

static bool make_parts(struct watch *w)
{
	struct ftrace_bus_sink sink = { w, on_rec, on_remark };

	w->loop = loop_new();
	w->parser = ftrace_new();
	w->bus = ftrace_bus_new(&sink);
	w->watched = watched_new(&w->cfg);
	return w->loop && w->parser && w->bus && w->watched;
}

/* Signals first: from here on nothing ends us without the probes' going. */
static int prepare(struct watch *w)
{
	char why[TRACEFS_WHY];
	int status = find_devices(w);

	if (status)
		return status;
	if (!make_parts(w) || !loop_signal(w->loop, SIGINT, on_signal, w->loop) ||
	    !loop_signal(w->loop, SIGTERM, on_signal, w->loop) ||
	    !loop_signal(w->loop, SIGHUP, on_signal, w->loop) ||
	    !loop_timer(w->loop, POLL_MS, on_tick, w) ||
	    (w->seconds && !loop_timer(w->loop, w->seconds * 1000, on_end, w->loop)))
		return no("set-up", strerror(errno));
	if (w->text_path && !(w->text = fopen(w->text_path, "we")))
		return no(w->text_path, strerror(errno));
	if (tracefs_open(w->root, &w->tracefs, why)) {
		fprintf(stderr, "vcosim watch: %s\n", why);
		return 2;
	}
	return set_probes(w);
}

static int watch(struct watch *w)
{
	int status = prepare(w);

	if (!status)
		status = loop_run(w->loop);
	if (!status) {
		drain(w);
		status = watched_end(w->watched, w->bus);
	}
	tracefs_close(w->tracefs);
	watched_free(w->watched);
	ftrace_bus_free(w->bus);
	ftrace_free(w->parser);
	loop_free(w->loop);
	if (w->text && fclose(w->text))
		status = no(w->text_path, strerror(errno));
	return status < 0 ? 2 : status;
}

static int usage(FILE *to, int status)
{
	fprintf(to,
		"usage: vcosim watch [OPTION...]\n"
		"Judges the virtio drivers of this machine while they run: kprobe events on the\n"
		"functions with which Linux reaches its devices, no RTL and no QEMU. Needs root.\n"
		"What a driver's calls do not show is said at the end, and never called kept.\n"
		"\n"
		"  --device NAME   a PCI function (00:01.0) or virtio0 (default: every virtio "
		"device)\n"
		"  --spec FILE     judge by this specification (default: that of the device's "
		"type)\n"
		"  --profile P     spec-1.4, which waives nothing (default), or practice\n"
		"  --seconds N     end after so long (default: at Ctrl-C)\n"
		"  --record TRACE  leave a trace for check, dump and diff; of a second device\n"
		"                  TRACE.NAME\n"
		"  --text FILE     leave what ftrace said, for `vcosim import`\n"
		"  --tracefs DIR   where tracefs is mounted\n"
		"  --json          print the report as JSON instead of the story\n"
		"  --help          this text\n"
		"\n"
		"Exit status: 0 no verdict against a driver or device, 1 some, 2 could not "
		"watch.\n");
	return status;
}

static bool seconds(struct watch *w, const char *text)
{
	char *end;

	errno = 0;
	w->seconds = strtoull(text, &end, 10);
	if (!errno && *text >= '0' && *text <= '9' && !*end && w->seconds && w->seconds < 1000000)
		return true;
	fprintf(stderr, "vcosim watch: --seconds %s: expected a number, 1 to 999999\n", text);
	return false;
}

int cmd_watch(int argc, char **argv)
{
	static const struct option options[] = {
		{ "device", required_argument, NULL, 'd' },
		{ "spec", required_argument, NULL, 'c' },
		{ "profile", required_argument, NULL, 'p' },
		{ "seconds", required_argument, NULL, 's' },
		{ "record", required_argument, NULL, 'r' },
		{ "text", required_argument, NULL, 't' },
		{ "tracefs", required_argument, NULL, 'T' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct watch *w = calloc(1, sizeof(*w));
	int opt, status = -1;

	while (w && status < 0 && (opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'd':
			w->cfg.device = optarg;
			break;
		case 'c':
			w->cfg.spec = optarg;
			break;
		case 'p':
			w->cfg.profile = optarg;
			break;
		case 's':
			if (!seconds(w, optarg))
				status = 2;
			break;
		case 'r':
			w->cfg.record = optarg;
			break;
		case 't':
			w->text_path = optarg;
			break;
		case 'T':
			w->root = optarg;
			break;
		case 'j':
			w->cfg.json = true;
			break;
		case 'h':
			status = usage(stdout, 0);
			break;
		default:
			status = usage(stderr, 2);
		}
	}
	if (w && status < 0)
		status = optind < argc ? usage(stderr, 2) : watch(w);
	free(w);
	return status < 0 ? 2 : status;
}
