/* SPDX-License-Identifier: MIT */
/* A divergence in words: where, after what, and both sides beat by beat. */
#include "sim/replay.h"

#include <inttypes.h>

#include "sim/event.h"
#include "sim/observer.h"

#define LINE_MAX_ 160

struct last {
	uint64_t cycle;
	struct event ev;
	bool any;
};

static void on_instant(void *ctx, uint64_t cycle, const struct event *ev, unsigned n)
{
	struct last *last = ctx;

	last->cycle = cycle;
	last->ev = ev[n - 1];
	last->any = true;
}

/* The last event of the recording before record `end`: what everybody saw last. */
static void tell_last_event(const struct trace_log *log, size_t end, FILE *to)
{
	struct last last = { 0 };
	struct observer_sink sink = { .ctx = &last, .instant = on_instant };
	struct observer *obs = observer_new(&sink);
	char text[EVENT_STR_MAX];

	if (!obs)
		return;
	for (size_t i = 0; i < end; i++)
		if (log->rec[i].space != BUS_CUE)
			observer_rec(obs, &log->rec[i]);
	observer_flush(obs);
	observer_free(obs);
	if (last.any)
		fprintf(to, "  last event before: %s in cycle %" PRIu64 "\n",
			event_str(&last.ev, text, sizeof(text)), last.cycle);
}

static void tell_rec(char side, const struct bus_rec *rec, FILE *to)
{
	char text[LINE_MAX_];

	fprintf(to, "  %c %s\n", side, bus_rec_str(rec, text, sizeof(text)));
}

static bool shown(const struct bus_rec *rec, bool exact)
{
	if (rec->space == BUS_CUE || rec->space == BUS_SNOOP)
		return false;
	return exact || rec->space != BUS_DMA || rec->op != BUS_READ;
}

/* The recording from the divergence on, as far as the replay is shown. */
static void tell_recorded(const struct trace_log *log, bool exact, size_t at, FILE *to)
{
	unsigned n = 0;

	for (size_t i = at; i < log->n && n < REPLAY_CONTEXT; i++)
		if (shown(&log->rec[i], exact)) {
			tell_rec('-', &log->rec[i], to);
			n++;
		}
	if (!n)
		fprintf(to, "  - (the recording ends)\n");
}

void replay_tell(const struct trace_log *log, bool exact, const struct replay_result *res, FILE *to)
{
	static const char *const what[] = {
		[REPLAY_DIFFERS] = "the device did something else",
		[REPLAY_MISSING] = "the device did not do what it did",
		[REPLAY_EXTRA] = "the device did more than it did",
		[REPLAY_RESTLESS] = "the device does not come to rest",
		[REPLAY_UNKNOWN] = "the device read memory that it had not read",
	};
	unsigned n = res->nbefore < REPLAY_CONTEXT ? res->nbefore : REPLAY_CONTEXT;
	uint64_t cycle = res->at < log->n ? log->rec[res->at].cycle : 0;

	fprintf(to, "  record %zu", res->at);
	if (cycle)
		fprintf(to, ", recorded in cycle %" PRIu64, cycle);
	if (res->ngot)
		fprintf(to, ", replayed in cycle %" PRIu64, res->got[0].cycle);
	fprintf(to, ": %s\n", what[res->kind]);
	tell_last_event(log, res->at < log->n ? res->at : log->n, to);
	fprintf(to, "  - recorded, + replayed%s\n",
		exact ? "" : " (cycles and DMA reads may differ)");
	for (unsigned i = res->nbefore - n; i != res->nbefore; i++)
		tell_rec(' ', &log->rec[res->before[i % REPLAY_CONTEXT]], to);
	tell_recorded(log, exact, res->at, to);
	for (unsigned i = 0; i < res->ngot; i++)
		tell_rec('+', &res->got[i], to);
	if (!res->ngot)
		fprintf(to, "  + (nothing)\n");
}
