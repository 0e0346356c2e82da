/* SPDX-License-Identifier: MIT */
/*
 * A session as a timeline in the Trace Event Format: the device status as spans, register
 * accesses with their length, descriptor chains from the available to the used ring,
 * interrupts, the balloon's size as a curve, verdicts across all of it. 1 ns is a cycle.
 */
#include <inttypes.h>
#include <string.h>

#include "sim/cmd_dump.h"
#include "sim/regmap.h"

enum track { TRACK_STATUS = 1, TRACK_REGISTERS, TRACK_IRQ, TRACK_HOST, TRACK_QUEUES };

struct chrome {
	uint64_t asked;  /* cycle at which the access under way was begun */
	uint64_t begun;  /* and the one whose records come now */
	bool in_status;  /* a span of the device status is open */
	int64_t pages;   /* in the balloon */
	uint64_t queues; /* bit q: its track has a name */
};

/* Takes `args` (or NULL); what is more in `entry` goes along. */
static void put(FILE *to, const char *ph, const char *name, unsigned track, uint64_t cycle,
		json_t *entry, json_t *args)
{
	json_object_set_new(entry, "ph", json_string(ph));
	json_object_set_new(entry, "name", json_string(name));
	json_object_set_new(entry, "pid", json_integer(1));
	json_object_set_new(entry, "tid", json_integer(track));
	json_object_set_new(entry, "ts", json_real((double)cycle / 1000.0)); /* in us */
	if (args)
		json_object_set_new(entry, "args", args);
	fputs(",\n", to);
	json_dumpf(entry, to, JSON_COMPACT | JSON_REAL_PRECISION(17));
	json_decref(entry);
}

static void mark(FILE *to, const char *name, unsigned track, uint64_t cycle, json_t *args)
{
	put(to, "i", name, track, cycle, json_pack("{s:s}", "s", "t"), args);
}

static void name_track(FILE *to, unsigned track, const char *name)
{
	put(to, "M", "thread_name", track, 0, json_object(), json_pack("{s:s}", "name", name));
	put(to, "M", "thread_sort_index", track, 0, json_object(),
	    json_pack("{s:i}", "sort_index", (int)track));
}

static void begin(void *self, FILE *to, const char *header)
{
	json_t *what = json_loads(header, 0, NULL);

	(void)self;
	fputs("{\"displayTimeUnit\":\"ns\",\"otherData\":", to);
	json_dumpf(what, to, JSON_COMPACT);
	fputs(",\"traceEvents\":[\n{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":1,"
	      "\"args\":{\"name\":\"vcosim\"}}",
	      to);
	name_track(to, TRACK_STATUS, "device status");
	name_track(to, TRACK_REGISTERS, "registers");
	name_track(to, TRACK_IRQ, "interrupts");
	name_track(to, TRACK_HOST, "host");
	json_decref(what);
}

/* An access has one cue, and one record that ends it. */
static void rec(void *self, FILE *to, size_t n, const struct bus_rec *r)
{
	struct chrome *c = self;

	(void)to;
	(void)n;
	if (r->space == BUS_CUE && r->index == BUS_CUE_ACCESS)
		c->asked = r->cycle;
	else if (r->space <= BUS_MMIO)
		c->begun = c->asked;
}

static void put_access(const struct chrome *c, FILE *to, uint64_t cycle, const char *name,
		       bool write)
{
	json_t *entry = json_object();

	json_object_set_new(entry, "dur", json_real((double)(cycle - c->begun + 1) / 1000.0));
	put(to, "X", name, TRACK_REGISTERS, c->begun, entry,
	    json_pack("{s:s}", "access", write ? "write" : "read"));
}

static void put_status(struct chrome *c, FILE *to, uint64_t cycle, uint8_t status)
{
	char text[128];

	if (c->in_status)
		put(to, "E", "", TRACK_STATUS, cycle, json_object(), NULL);
	put(to, "B", event_status_str(status, text, sizeof(text)), TRACK_STATUS, cycle,
	    json_object(), NULL);
	c->in_status = true;
}

static unsigned queue_track(struct chrome *c, FILE *to, uint64_t q)
{
	unsigned track = TRACK_QUEUES + (unsigned)(q & 63);
	char name[32];

	if (!(c->queues >> (q & 63) & 1)) {
		c->queues |= 1ULL << (q & 63);
		snprintf(name, sizeof(name), "queue %" PRIu64, q);
		name_track(to, track, name);
	}
	return track;
}

/* Chains may be used in any order: spans that are told apart by queue and head. */
static void put_chain(struct chrome *c, FILE *to, uint64_t cycle, const char *ph, uint64_t q,
		      uint64_t head)
{
	json_t *entry = json_pack("{s:s}", "cat", "chain");
	char name[64];

	snprintf(name, sizeof(name), "chain %" PRIu64, head);
	json_object_set_new(entry, "id", json_sprintf("%" PRIu64 ".%" PRIu64, q, head));
	put(to, ph, name, queue_track(c, to, q), cycle, entry, NULL);
}

static void put_pages(struct chrome *c, FILE *to, uint64_t cycle, int more)
{
	c->pages += more;
	put(to, "C", "balloon", TRACK_HOST, cycle, json_object(),
	    json_pack("{s:I}", "pages", (json_int_t)c->pages));
}

static void put_reg(struct chrome *c, FILE *to, uint64_t cycle, const struct event *ev)
{
	char text[REGMAP_STR_MAX];

	if (ev->id == EV_REG_ACCESS)
		regmap_str((unsigned)ev->arg[0], (uint32_t)ev->arg[1], text);
	else
		snprintf(text, sizeof(text), "cfg +0x%02" PRIx64, ev->arg[0]);
	put_access(c, to, cycle, text,
		   ev->id == EV_REG_ACCESS ? ev->arg[3] != 0 : ev->id == EV_PCI_CFG_WRITE);
}

static void event(void *self, FILE *to, uint64_t cycle, const struct event *ev)
{
	struct chrome *c = self;
	char text[EVENT_STR_MAX];

	switch (ev->id) {
	case EV_REG_ACCESS:
	case EV_PCI_CFG_READ:
	case EV_PCI_CFG_WRITE:
		put_reg(c, to, cycle, ev);
		break;
	case EV_HOST_RESET:
		put_status(c, to, cycle, 0);
		break;
	case EV_STATUS_WRITE:
		put_status(c, to, cycle, (uint8_t)ev->arg[0]);
		break;
	case EV_NOTIFY:
		mark(to, "notify", queue_track(c, to, ev->arg[0]), cycle, NULL);
		break;
	case EV_CHAIN_AVAILABLE:
		put_chain(c, to, cycle, "b", ev->arg[0], ev->arg[2]);
		break;
	case EV_USED_ENTRY_WRITE:
		put_chain(c, to, cycle, "e", ev->arg[0], ev->arg[2]);
		break;
	case EV_PAGE_INFLATE:
		put_pages(c, to, cycle, 1);
		break;
	case EV_PAGE_DEFLATE:
		put_pages(c, to, cycle, -1);
		break;
	case EV_IRQ_INTX:
	case EV_IRQ_MSIX:
		mark(to, event_str(ev, text, sizeof(text)), TRACK_IRQ, cycle, NULL);
		break;
	case EV_TARGET_WRITE:
	case EV_STATS_POLL:
	case EV_HINT_COMMAND:
	case EV_RANGE_HINTED:
	case EV_RANGE_REPORTED:
		mark(to, event_str(ev, text, sizeof(text)), TRACK_HOST, cycle, NULL);
		break;
	default:
		break;
	}
}

static void verdict(void *self, FILE *to, uint64_t cycle, const json_t *v)
{
	(void)self;
	put(to, "i", dump_verdict_str(v, "clause"), TRACK_STATUS, cycle,
	    json_pack("{s:s, s:s}", "s", "g", "cat", "verdict"),
	    json_pack("{s:s, s:s, s:s, s:s, s:s}", "blame", dump_verdict_str(v, "blame"), "level",
		      dump_verdict_str(v, "level"), "rule", dump_verdict_str(v, "rule"), "event",
		      dump_verdict_str(v, "event"), "expected", dump_verdict_str(v, "expected")));
}

static void end(void *self, FILE *to, uint64_t cycle)
{
	struct chrome *c = self;

	if (c->in_status)
		put(to, "E", "", TRACK_STATUS, cycle, json_object(), NULL);
	fputs("\n]}\n", to);
}

const struct dump_format dump_chrome = { .name = "chrome",
					 .self_size = sizeof(struct chrome),
					 .cues = true,
					 .judges = true,
					 .begin = begin,
					 .rec = rec,
					 .event = event,
					 .verdict = verdict,
					 .end = end };
