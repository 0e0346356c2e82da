/* SPDX-License-Identifier: MIT */
/* vcosim dump: a trace as text, as JSON lines, or as waves. */
#include "sim/cmd_dump.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/cmd.h"
#include "sim/observer.h"

#define LINE_ROOM 256

struct dump {
	const struct dump_format *format;
	void *self;
	FILE *to;
	struct observer *observer;
	bool looking, events_only, cues;
	size_t n; /* records so far */
	uint64_t cycle;
};

/* --- text -------------------------------------------------------------------------------- */

static void text_begin(void *self, FILE *to, const char *header)
{
	(void)self;
	fprintf(to, "# %s\n", header);
}

static char *wall_str(uint64_t ns, char *buf, size_t len)
{
	time_t sec = (time_t)(ns / 1000000000);
	struct tm tm;
	size_t at;

	gmtime_r(&sec, &tm);
	at = strftime(buf, len, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf + at, len - at, ".%03uZ", (unsigned)(ns / 1000000 % 1000));
	return buf;
}

static void text_chunk(void *self, FILE *to, const struct trace_chunk *chunk)
{
	char wall[64];

	(void)self;
	fprintf(to, "# chunk %" PRIu32 " at byte %" PRIu64 ", written %s", chunk->head.number,
		chunk->offset, wall_str(chunk->head.wall_ns, wall, sizeof(wall)));
	if (chunk->json)
		fprintf(to, ": %s\n", chunk->json);
	else
		fprintf(to, ": %zu records\n", chunk->n);
}

static void text_rec(void *self, FILE *to, size_t n, const struct bus_rec *rec)
{
	char text[LINE_ROOM];

	(void)self;
	(void)n;
	fprintf(to, "%s\n", bus_rec_str(rec, text, sizeof(text)));
}

static void text_event(void *self, FILE *to, uint64_t cycle, const struct event *ev)
{
	char text[EVENT_STR_MAX], bits[LINE_ROOM];

	(void)self;
	fprintf(to, "%10" PRIu64 "   * %s", cycle, event_str(ev, text, sizeof(text)));
	if (ev->id == EV_STATUS_WRITE || ev->id == EV_STATUS_READ)
		fprintf(to, " %s", event_status_str((uint8_t)ev->arg[0], bits, sizeof(bits)));
	fputc('\n', to);
}

static void text_damage(void *self, FILE *to, const char *why)
{
	(void)self;
	fprintf(to, "# %s\n", why);
}

static const struct dump_format text_format = { .name = "text",
						.begin = text_begin,
						.chunk = text_chunk,
						.rec = text_rec,
						.event = text_event,
						.damage = text_damage };

/* --- JSON lines ---------------------------------------------------------------------------- */

static void put_json(FILE *to, json_t *line)
{
	json_dumpf(line, to, JSON_COMPACT);
	fputc('\n', to);
	json_decref(line);
}

static json_t *hex(uint64_t val)
{
	return json_sprintf("0x%" PRIx64, val);
}

static void json_begin(void *self, FILE *to, const char *header)
{
	json_t *what = json_loads(header, 0, NULL);

	(void)self;
	put_json(to,
		 json_pack("{s:s, s:o}", "type", "header", "header", what ? what : json_null()));
}

static void json_chunk(void *self, FILE *to, const struct trace_chunk *chunk)
{
	json_t *line =
		json_pack("{s:s, s:i, s:I, s:I, s:I}", "type", "chunk", "number",
			  (int)chunk->head.number, "offset", (json_int_t)chunk->offset, "wall_ns",
			  (json_int_t)chunk->head.wall_ns, "records", (json_int_t)chunk->n);

	(void)self;
	if (chunk->json)
		json_object_set_new(line, "json", json_loads(chunk->json, 0, NULL));
	put_json(to, line);
}

static void json_rec(void *self, FILE *to, size_t n, const struct bus_rec *rec)
{
	(void)self;
	put_json(to, json_pack("{s:s, s:I, s:I, s:s, s:s, s:o, s:o, s:i, s:i, s:i, s:i, s:i}",
			       "type", "record", "n", (json_int_t)n, "cycle",
			       (json_int_t)rec->cycle, "space", bus_space_name(rec->space), "op",
			       rec->op == BUS_WRITE ? "write" : "read", "addr", hex(rec->addr),
			       "data", hex(rec->data), "size", rec->size, "be", rec->be, "resp",
			       rec->resp, "index", rec->index, "flags", rec->flags));
}

static void json_event(void *self, FILE *to, uint64_t cycle, const struct event *ev)
{
	json_t *args = json_object();

	(void)self;
	for (unsigned i = 0; i < ev->nargs; i++) {
		char name[EVENT_ARGS_MAX];

		json_object_set_new(args, event_arg_name(ev->id, i, name), hex(ev->arg[i]));
	}
	put_json(to, json_pack("{s:s, s:I, s:s, s:o}", "type", "event", "cycle", (json_int_t)cycle,
			       "event", event_name(ev->id), "args", args));
}

static void json_damage(void *self, FILE *to, const char *why)
{
	(void)self;
	put_json(to, json_pack("{s:s, s:s}", "type", "damage", "why", why));
}

static const struct dump_format json_format = { .name = "json",
						.begin = json_begin,
						.chunk = json_chunk,
						.rec = json_rec,
						.event = json_event,
						.damage = json_damage };

/* --- all of them --------------------------------------------------------------------------- */

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

static void take_records(struct dump *d, const struct trace_chunk *chunk)
{
	for (size_t i = 0; i < chunk->n; i++) {
		const struct bus_rec *rec = &chunk->rec[i];

		if (rec->cycle < d->cycle)
			continue; /* no recorder makes such */
		d->cycle = rec->cycle;
		if (rec->space != BUS_CUE)
			observer_rec(d->observer, rec);
		if (!d->looking && !d->events_only && d->format->rec &&
		    (d->cues || rec->space != BUS_CUE))
			d->format->rec(d->self, d->to, d->n, rec);
		d->n++;
	}
}

static void take_chunk(struct dump *d, const struct trace_chunk *chunk, bool first)
{
	if (!d->looking && first && chunk->json && d->format->begin)
		d->format->begin(d->self, d->to, chunk->json);
	else if (!d->looking && !d->events_only && d->format->chunk)
		d->format->chunk(d->self, d->to, chunk);
	take_records(d, chunk);
}

/* Once through the file. 0, -ENODATA if it was cut off, or -errno after a line on stderr. */
static int pass(struct dump *d, const char *path)
{
	struct observer_sink sink = { .ctx = d, .instant = on_instant };
	struct trace_reader *rd;
	struct trace_chunk chunk;
	char why[TRACE_WHY];
	int err = trace_open(path, &rd, why), got;

	if (err) {
		fprintf(stderr, "vcosim dump: %s: %s\n", path, why);
		return err;
	}
	d->n = 0;
	d->cycle = 0;
	d->observer = observer_new(&sink);
	for (bool first = true; d->observer && (got = trace_next(rd, &chunk, why)); first = false) {
		if (got > 0) {
			take_chunk(d, &chunk, first);
			continue;
		}
		err = err && err != -ENODATA ? err : got;
		if (d->looking)
			continue;
		fprintf(stderr, "vcosim dump: %s: %s\n", path, why);
		if (d->format->damage)
			d->format->damage(d->self, d->to, why);
	}
	if (!d->observer)
		err = -ENOMEM;
	else
		observer_flush(d->observer);
	observer_free(d->observer);
	trace_reader_free(rd);
	return err;
}

static int usage(FILE *to, int status)
{
	fprintf(to,
		"usage: vcosim dump [OPTION...] TRACE\n"
		"Writes a recorded session to stdout, a line a record; events begin with a '*'.\n"
		"\n"
		"  --format text|json|vcd  readable (default), JSON lines, or the monitor's "
		"clocks\n"
		"                          and the device's registers as waves, 1 ns a cycle\n"
		"  --events                events only\n"
		"  --cues                  also what was done to the device, and when\n"
		"  --help                  this text\n");
	return status;
}

static const struct dump_format *find_format(const char *name)
{
	static const struct dump_format *const formats[] = { &text_format, &json_format,
							     &dump_vcd };

	for (unsigned i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (!strcmp(name, formats[i]->name))
			return formats[i];
	return NULL;
}

int cmd_dump(int argc, char **argv)
{
	static const struct option options[] = {
		{ "format", required_argument, NULL, 'f' },
		{ "events", no_argument, NULL, 'e' },
		{ "cues", no_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct dump_vcd vcd = { 0 };
	struct dump d = { .format = &text_format, .self = &vcd, .to = stdout };
	int opt, err = 0;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'f':
			d.format = find_format(optarg);
			if (!d.format) {
				fprintf(stderr,
					"vcosim dump: --format %s: expected text, json or vcd\n",
					optarg);
				return 2;
			}
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
	d.looking = true;
	if (d.format->look)
		err = pass(&d, argv[optind]);
	d.looking = false;
	if (!err || err == -ENODATA || err == -EBADMSG)
		err = pass(&d, argv[optind]);
	if (!err && d.format->end)
		d.format->end(d.self, d.to, d.cycle);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "vcosim dump: cannot write: %s\n", strerror(errno));
		return 2;
	}
	return err && err != -ENODATA ? 2 : 0;
}
