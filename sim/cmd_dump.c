/* SPDX-License-Identifier: MIT */
/* vcosim dump: a trace as text, JSON lines, waves, packets or a timeline. */
#include "sim/cmd_dump.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cmd.h"
#include "sim/cmd_judge.h"
#include "sim/cmd_rig.h"
#include "sim/observer.h"

static const struct dump_format *const formats[] = { &dump_text, &dump_json, &dump_vcd,
						     &dump_pcapng, &dump_chrome };

struct dump {
	const struct dump_format *format;
	void *self;
	FILE *to;
	const char *spec; /* judges by it; NULL: no verdicts */
	struct observer *observer;
	struct judge *judge;
	bool looking, events_only, cues;
	size_t n; /* records so far */
	uint64_t cycle;
};

static void on_instant(void *ctx, uint64_t cycle, const struct event *ev, unsigned n)
{
	struct dump *d = ctx;

	for (unsigned i = 0; i < n; i++) {
		if (d->looking && d->format->look)
			d->format->look(d->self, cycle, &ev[i]);
		if (!d->looking && d->format->event)
			d->format->event(d->self, d->to, cycle, &ev[i]);
	}
}

static void on_verdict(void *ctx, const json_t *verdict)
{
	struct dump *d = ctx;

	d->format->verdict(d->self, d->to,
			   (uint64_t)json_integer_value(json_object_get(verdict, "cycle")),
			   verdict);
}

/* From the header on. False, after a line on stderr: the specification cannot be used. */
static bool begin_judging(struct dump *d, const char *text)
{
	json_t *header = json_loads(text, 0, NULL);
	struct judge_config cfg = {
		.name = "trace", .spec = d->spec, .ctx = d, .verdict = on_verdict
	};

	cfg.budget = (uint64_t)json_integer_value(json_object_get(header, "cycle_budget"));
	json_decref(header);
	d->judge = judge_new(&cfg);
	return d->judge != NULL;
}

/* The observer comes first, so that a verdict follows the events of its cycle. */
static void watch(struct dump *d, const struct bus_rec *rec)
{
	if (rec->space != BUS_CUE)
		observer_rec(d->observer, rec);
	if (!d->judge)
		return;
	if (rec->space != BUS_CUE)
		judge_rec(d->judge, rec);
	else
		judge_cue(d->judge, rec);
}

static void take_records(struct dump *d, const struct trace_chunk *chunk)
{
	for (size_t i = 0; i < chunk->n; i++) {
		const struct bus_rec *rec = &chunk->rec[i];

		if (rec->cycle < d->cycle)
			continue; /* no recorder makes such */
		d->cycle = rec->cycle;
		watch(d, rec);
		if (!d->looking && !d->events_only && d->format->rec &&
		    (d->cues || d->format->cues || rec->space != BUS_CUE))
			d->format->rec(d->self, d->to, d->n, rec);
		d->n++;
	}
}

/* 0, or -EINVAL: the session cannot be judged. */
static int take_chunk(struct dump *d, const struct trace_chunk *chunk, bool first)
{
	if (!d->looking && first && d->spec && !begin_judging(d, chunk->json ? chunk->json : "{}"))
		return -EINVAL;
	if (!d->looking && first && chunk->json && d->format->begin)
		d->format->begin(d->self, d->to, chunk->json);
	else if (!d->looking && !d->events_only && d->format->chunk)
		d->format->chunk(d->self, d->to, chunk);
	take_records(d, chunk);
	return 0;
}

static void tell_damage(struct dump *d, const char *path, const char *why)
{
	if (d->looking)
		return;
	fprintf(stderr, "vcosim dump: %s: %s\n", path, why);
	if (d->format->damage)
		d->format->damage(d->self, d->to, why);
}

/* All chunks. 0, -ENODATA if the trace was cut off, or -errno. */
static int take_all(struct dump *d, const char *path, struct trace_reader *rd)
{
	struct trace_chunk chunk;
	char why[TRACE_WHY];
	int err = 0, got;

	for (bool first = true; (got = trace_next(rd, &chunk, why)); first = false) {
		if (got > 0 && take_chunk(d, &chunk, first))
			return -EINVAL;
		if (got > 0)
			continue;
		err = err && err != -ENODATA ? err : got;
		tell_damage(d, path, why);
	}
	observer_flush(d->observer);
	if (d->judge)
		judge_end(d->judge, d->cycle);
	return err;
}

/* Once through the file. As take_all, after a line on stderr. */
static int pass(struct dump *d, const char *path)
{
	struct observer_sink sink = { .ctx = d, .instant = on_instant };
	struct trace_reader *rd;
	char why[TRACE_WHY];
	int err = trace_open(path, &rd, why);

	if (err) {
		fprintf(stderr, "vcosim dump: %s: %s\n", path, why);
		return err;
	}
	d->n = 0;
	d->cycle = 0;
	d->observer = observer_new(&sink);
	err = d->observer ? take_all(d, path, rd) : -ENOMEM;
	judge_free(d->judge);
	d->judge = NULL;
	observer_free(d->observer);
	trace_reader_free(rd);
	return err;
}

static int dump(struct dump *d, const char *path)
{
	int err = 0;

	d->self = calloc(1, d->format->self_size + 1);
	if (!d->self)
		return -ENOMEM;
	d->looking = true;
	if (d->format->look)
		err = pass(d, path);
	d->looking = false;
	if (!err || err == -ENODATA || err == -EBADMSG)
		err = pass(d, path);
	if ((!err || err == -ENODATA || err == -EBADMSG) && d->format->end)
		d->format->end(d->self, d->to, d->cycle);
	free(d->self);
	return err == -ENODATA ? 0 : err;
}

static int usage(FILE *to, int status)
{
	fprintf(to,
		"usage: vcosim dump [OPTION...] TRACE\n"
		"Writes a recorded session to stdout, a line a record; events begin with a '*'.\n"
		"\n"
		"  --format FORMAT  text    readable (default)\n"
		"                   json    JSON lines\n"
		"                   vcd     the monitor's clocks and the device's registers as\n"
		"                           waves, 1 ns a cycle\n"
		"                   pcapng  packets, with verdicts, for Wireshark and tshark:\n"
		"                           tshark -X lua_script:sim/virtio.lua -r FILE\n"
		"                   chrome  a timeline, with verdicts, for Perfetto and Chrome\n"
		"  --verdicts       also what the monitor says, lines that begin with a '!'\n"
		"  --spec FILE      it judges by this specification (default: the built-in one)\n"
		"  --events         events only, and verdicts where they are asked for\n"
		"  --cues           also what was done to the device, and when\n"
		"  --help           this text\n");
	return status;
}

static const struct dump_format *find_format(const char *name)
{
	for (unsigned i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (!strcmp(name, formats[i]->name))
			return formats[i];
	fprintf(stderr, "vcosim dump: --format %s: expected text, json, vcd, pcapng or chrome\n",
		name);
	return NULL;
}

/* The specification to judge by, NULL for none, in *spec. False after a line on stderr. */
static bool find_spec(const struct dump_format *format, bool verdicts, char path[PATH_MAX],
		      const char **spec)
{
	if (!format->verdict || (!verdicts && !*spec && !format->judges)) {
		*spec = NULL;
		return true;
	}
	if (*spec)
		return true;
	*spec = path;
	if (rig_find("specs/virtio.ccsl", path, PATH_MAX))
		return true;
	fprintf(stderr, "vcosim dump: specs/virtio.ccsl not found near the program\n");
	return false;
}

int cmd_dump(int argc, char **argv)
{
	static const struct option options[] = {
		{ "format", required_argument, NULL, 'f' },
		{ "verdicts", no_argument, NULL, 'v' },
		{ "spec", required_argument, NULL, 's' },
		{ "events", no_argument, NULL, 'e' },
		{ "cues", no_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct dump d = { .format = &dump_text, .to = stdout };
	char found[PATH_MAX];
	bool verdicts = false;
	int opt, err;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'f':
			d.format = find_format(optarg);
			if (!d.format)
				return 2;
			break;
		case 'v':
			verdicts = true;
			break;
		case 's':
			d.spec = optarg;
			break;
		case 'e':
			d.events_only = true;
			break;
		case 'c':
			d.cues = true;
			break;
		case 'h':
			return usage(stdout, 0);
		default:
			return usage(stderr, 2);
		}
	}
	if (optind + 1 != argc)
		return usage(stderr, 2);
	if (!find_spec(d.format, verdicts, found, &d.spec))
		return 2;
	err = dump(&d, argv[optind]);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "vcosim dump: cannot write: %s\n", strerror(errno));
		return 2;
	}
	return err ? 2 : 0;
}
