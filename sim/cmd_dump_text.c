/* SPDX-License-Identifier: MIT */
/* A session as lines: text to read, or JSON to work on. */
#include <inttypes.h>
#include <time.h>

#include "sim/cmd_dump.h"

#define LINE_ROOM 256

const char *dump_verdict_str(const json_t *verdict, const char *member)
{
	const char *text = json_string_value(json_object_get(verdict, member));

	return text ? text : "";
}

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

static void text_verdict(void *self, FILE *to, uint64_t cycle, const json_t *v)
{
	(void)self;
	fprintf(to, "%10" PRIu64 "   ! %s %s %s (%s): %s; expected: %s\n", cycle,
		dump_verdict_str(v, "clause"), dump_verdict_str(v, "blame"),
		dump_verdict_str(v, "level"), dump_verdict_str(v, "rule"),
		dump_verdict_str(v, "event"), dump_verdict_str(v, "expected"));
}

const struct dump_format dump_text = { .name = "text",
				       .begin = text_begin,
				       .chunk = text_chunk,
				       .rec = text_rec,
				       .event = text_event,
				       .verdict = text_verdict,
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

static void json_verdict(void *self, FILE *to, uint64_t cycle, const json_t *verdict)
{
	json_t *line = json_deep_copy(verdict);

	(void)self;
	(void)cycle; /* is in it */
	json_object_set_new(line, "type", json_string("verdict"));
	put_json(to, line);
}

const struct dump_format dump_json = { .name = "json",
				       .begin = json_begin,
				       .chunk = json_chunk,
				       .rec = json_rec,
				       .event = json_event,
				       .verdict = json_verdict,
				       .damage = json_damage };
