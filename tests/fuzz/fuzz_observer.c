/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer: bus records, those of a damaged or hostile trace. An input is 32-byte records as
 * in sim/bus.h, read as they come; whatever a snoop asks for is made up from its address.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "sim/lifecycle.h"
#include "sim/observer.h"

struct seen {
	uint64_t cycle, events;
	struct lifecycle *life;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_instant(void *ctx, uint64_t cycle, const struct event *ev, unsigned n)
{
	struct seen *seen = ctx;

	assert(n && cycle >= seen->cycle);
	seen->cycle = cycle;
	seen->events += n;
	for (unsigned i = 0; i < n; i++) {
		char text[EVENT_STR_MAX];

		assert(ev[i].nargs == event_nargs(ev[i].id));
		assert(strlen(event_str(&ev[i], text, sizeof(text))) < sizeof(text) - 1);
	}
	lifecycle_instant(seen->life, cycle, ev, n);
}

static int on_read(void *ctx, uint64_t gpa, void *buf, size_t len)
{
	(void)ctx;
	if (gpa >> 40)
		return -EFAULT;
	if (gpa >> 32)
		return -EAGAIN;
	memset(buf, (int)(gpa >> 4 & 7), len);
	return 0;
}

static void on_snoop(void *ctx, const struct bus_rec *rec)
{
	(void)ctx;
	assert(rec->space == BUS_SNOOP);
}

static void on_step(void *ctx, uint64_t cycle, const char *text)
{
	(void)ctx;
	(void)cycle;
	assert(text[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen seen = { .life = lifecycle_new(on_step, NULL) };
	struct observer_sink sink = {
		.ctx = &seen, .instant = on_instant, .read = on_read, .snoop = on_snoop
	};
	struct observer *obs = observer_new(&sink);
	uint64_t last = 0;

	assert(obs && seen.life);
	for (size_t i = 0; i + sizeof(struct bus_rec) <= size; i += sizeof(struct bus_rec)) {
		struct bus_rec rec;
		char text[160];

		memcpy(&rec, data + i, sizeof(rec));
		if (rec.cycle < last) /* the caller's promise */
			rec.cycle = last;
		last = rec.cycle;
		bus_rec_str(&rec, text, sizeof(text));
		observer_rec(obs, &rec);
	}
	observer_flush(obs);
	assert(observer_stats(obs)->events == seen.events);
	observer_free(obs);
	lifecycle_free(seen.life);
	return 0;
}
