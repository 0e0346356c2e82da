/* SPDX-License-Identifier: MIT */
#include "sim/replay.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "sim/build.h"
#include "sim/mem.h"
#include "sim/replay_cmp.h"
#include "sim/replay_mem.h"

#define BURST_MAX    4096       /* AXI: a burst stays within 4 KiB */
#define SILENCE_MAX  1000000000 /* cycles without a record: nobody recorded that */
#define AFTER_CYCLES 2000       /* shown of the replay behind a divergence, at most */

struct replay {
	const struct trace_log *log;
	bool exact;
	const struct replay_watch *watch; /* or NULL */
	struct replay_result *res;
	struct replay_cmp cmp;
	struct replay_mem *rm;
	struct mem *mem;
	const struct replay_stage *stage;
	struct dev *dev;
	struct port port; /* to it */
	struct dev_config cfg;
	size_t load;                             /* the next BUS_CUE_LOAD in the log */
	uint64_t recorded_anchor, replay_anchor; /* the cycle of the same thing in both */
	uint64_t stop;                           /* after a divergence: no cycle behind this */
};

static void fail(struct replay *r, const char *what, size_t at)
{
	if (r->res->outcome == REPLAY_FAILED)
		return;
	r->res->outcome = REPLAY_FAILED;
	snprintf(r->res->why, sizeof(r->res->why), "record %zu: %s", at, what);
}

/* --- the memory that the device sees ------------------------------------------------------ */

static int host_read(void *ctx, uint64_t gpa, void *buf, size_t len)
{
	struct replay *r = ctx;

	replay_mem_read(r->rm, gpa, buf, len);
	return 0;
}

/* Onlookers get nothing: what they read the device could not read any more. */
static int host_peek(void *ctx, uint64_t gpa, void *buf, size_t len)
{
	(void)ctx;
	(void)gpa;
	(void)buf;
	(void)len;
	return -EAGAIN;
}

static int host_write(void *ctx, uint64_t gpa, const void *buf, size_t len)
{
	struct replay *r = ctx;

	replay_mem_write(r->rm, gpa, buf, len);
	return 0;
}

/* True if what the log has at `cue` has not happened yet: a message is on its way. */
static bool yet_to_come(const struct replay *r, size_t cue)
{
	if (r->exact)
		return dev_cycle(r->dev) < r->log->rec[cue].cycle;
	return cue >= r->cmp.bound;
}

static void find_load(struct replay *r, size_t from)
{
	for (r->load = from; r->load < r->log->n; r->load++)
		if (r->log->rec[r->load].space == BUS_CUE &&
		    r->log->rec[r->load].index == BUS_CUE_LOAD)
			break;
}

static int message_read(void *ctx, uint64_t gpa, void *buf, size_t len)
{
	struct replay *r = ctx;

	if (r->load == r->log->n && !r->log->ended)
		return -EAGAIN; /* nobody knows when it came */
	if (r->load < r->log->n && gpa - r->log->rec[r->load].addr < BURST_MAX &&
	    yet_to_come(r, r->load))
		return -EAGAIN;
	if (replay_mem_fails(r->rm, gpa, len))
		return -EIO;
	replay_mem_read(r->rm, gpa, buf, len);
	return 0;
}

static int message_write(void *ctx, uint64_t gpa, const void *buf, size_t len)
{
	struct replay *r = ctx;
	size_t i = replay_cmp_next_write(&r->cmp);

	if (i == r->log->n && !r->log->ended)
		return -EAGAIN;
	if (i < r->log->n && r->log->rec[i].addr == (gpa & ~7ULL)) {
		if (yet_to_come(r, i))
			return -EAGAIN;
		if (r->log->rec[i].resp != BUS_OKAY)
			return -EIO;
	}
	replay_mem_write(r->rm, gpa, buf, len);
	return 0;
}

static const struct mem_ops host_ops = { .read = host_read,
					 .write = host_write,
					 .peek = host_peek };
static const struct mem_ops message_ops = { .read = message_read, .write = message_write };

static void map(struct replay *r, size_t at)
{
	const struct bus_rec *cue = &r->log->rec[at];
	bool message = cue->flags & BUS_F_MSG;
	struct mem_window win = { .gpa = cue->addr,
				  .size = cue->data,
				  .prot = cue->be,
				  .fd = -1,
				  .ops = message ? &message_ops : &host_ops,
				  .ctx = r,
				  .at_once = !message };

	if (mem_map(r->mem, &win))
		fail(r, "no window can be there", at);
}

/* --- what the device does ------------------------------------------------------------------ */

static void on_rec(void *ctx, const struct bus_rec *rec)
{
	struct replay *r = ctx;

	if (rec->space == BUS_DMA && rec->op == BUS_READ && rec->resp == BUS_OKAY && !r->exact &&
	    replay_mem_unknown(r->rm, rec->addr, rec->be))
		replay_cmp_unknown(&r->cmp, rec);
	replay_cmp_rec(&r->cmp, rec);
}

static void on_cue(void *ctx, const struct bus_rec *cue)
{
	struct replay *r = ctx;

	if (cue->index == BUS_CUE_LOAD && r->load < r->log->n)
		find_load(r, r->load + 1);
}

/* --- what is done to it -------------------------------------------------------------------- */

/* A record that says what was done, not what came of it. */
static bool is_action(const struct bus_rec *rec)
{
	if (rec->space == BUS_CUE)
		return rec->index != BUS_CUE_LOAD;
	return rec->space == BUS_HOST && rec->op == BUS_WRITE &&
	       (rec->addr == BUS_HOST_RESET || rec->addr == BUS_HOST_TARGET ||
		rec->addr == BUS_HOST_POLL || rec->addr == BUS_HOST_HINT);
}

static size_t next_action(const struct trace_log *log, size_t at)
{
	while (at < log->n && !is_action(&log->rec[at]))
		at++;
	return at;
}

static bool done(const struct replay *r)
{
	const struct replay_result *res = r->res;

	return res->outcome == REPLAY_FAILED ||
	       (r->watch && r->watch->until && dev_cycle(r->dev) > r->watch->until) ||
	       (res->outcome == REPLAY_DIVERGED &&
		(res->ngot == REPLAY_CONTEXT || dev_cycle(r->dev) >= r->stop));
}

/* After a divergence a little more is shown, and only a little. */
static void note_stop(struct replay *r)
{
	if (r->res->outcome == REPLAY_DIVERGED && !r->stop)
		r->stop = dev_cycle(r->dev) + AFTER_CYCLES;
}

/* Lets as many cycles pass since the last action as were recorded. */
static void wait_for(struct replay *r, size_t at)
{
	uint64_t gap = r->log->rec[at].cycle - r->recorded_anchor;
	uint64_t passed = dev_cycle(r->dev) - r->replay_anchor;

	if (gap > SILENCE_MAX) {
		fail(r, "no session is silent for so long", at);
		return;
	}
	for (; passed < gap && !done(r); passed++) {
		r->port.step(r->port.ctx, 1);
		note_stop(r);
	}
}

static void rest(struct replay *r, size_t at)
{
	if (r->port.run(r->port.ctx) == -ETIMEDOUT)
		replay_cmp_restless(&r->cmp, at);
}

static void access_reg(struct replay *r, size_t at)
{
	const struct bus_rec *cue = &r->log->rec[at];
	struct dev_reg reg = { .space = (enum bus_space)(cue->addr >> 40 & 0xff),
			       .bar = (uint8_t)(cue->addr >> 32),
			       .size = cue->size,
			       .addr = (uint32_t)cue->addr };
	uint32_t val;
	int err = 0;

	if (cue->op == BUS_WRITE)
		err = r->port.write(r->port.ctx, reg, (uint32_t)cue->data);
	else if (!(cue->flags & BUS_F_PEEK))
		err = r->port.read(r->port.ctx, reg, &val);
	else if (r->exact) /* all that it leaves behind is the cycles it took */
		err = dev_peek(r->dev, reg, &val);
	if (err == -EINVAL)
		fail(r, "no access can be like that", at);
}

static void power_on(struct replay *r, size_t at)
{
	struct dev_sink sink = { .ctx = r, .rec = on_rec, .cue = on_cue };
	const char *why;

	if (r->stage)
		r->dev = r->stage->enter(r->stage->ctx, &r->cfg, r->mem, &sink, &r->port, &why);
	else
		r->dev = dev_new(&r->cfg, r->mem, &sink, &why);
	if (!r->dev)
		fail(r, why, at);
	else if (!r->stage)
		r->port = port_of_dev(r->dev);
	if (r->dev && r->watch && r->watch->powered)
		r->watch->powered(r->watch->ctx, r->dev);
	find_load(r, 0);
}

static void act(struct replay *r, size_t at)
{
	const struct bus_rec *rec = &r->log->rec[at];

	if (rec->space == BUS_HOST) {
		if (rec->addr == BUS_HOST_TARGET)
			dev_set_target(r->dev, (uint32_t)rec->data);
		else if (rec->addr == BUS_HOST_POLL)
			dev_poll_stats(r->dev);
		else if (rec->addr == BUS_HOST_HINT)
			dev_set_hint(r->dev, (uint32_t)rec->data);
		else if (r->dev)
			r->port.reset(r->port.ctx);
		else
			power_on(r, at);
		return;
	}
	switch (rec->index) {
	case BUS_CUE_ACCESS:
		access_reg(r, at);
		break;
	case BUS_CUE_MAP:
		map(r, at);
		break;
	case BUS_CUE_UNMAP:
		if (mem_unmap(r->mem, rec->addr, rec->data))
			fail(r, "no such window is there", at);
		break;
	case BUS_CUE_CLOCK:
		dev_clock(r->dev, rec->data);
		break;
	default:
		break;
	}
}

/* Everything up to action `at`, then that. */
static void step(struct replay *r, size_t at)
{
	const struct bus_rec *rec = &r->log->rec[at];
	bool quiet = rec->space == BUS_CUE && rec->index == BUS_CUE_QUIET;

	if (r->dev) {
		if (quiet && !r->exact)
			rest(r, at);
		else
			wait_for(r, at);
		if (done(r))
			return;
		if (r->exact || quiet)
			replay_cmp_reached(&r->cmp, at);
		note_stop(r);
		if (done(r))
			return;
		r->recorded_anchor = rec->cycle;
		r->replay_anchor = dev_cycle(r->dev);
	} else if (rec->space != BUS_HOST && rec->index == BUS_CUE_ACCESS) {
		fail(r, "an access before power-on", at);
		return;
	} else if (rec->space == BUS_HOST && rec->addr != BUS_HOST_RESET) {
		fail(r, "the host's word before power-on", at);
		return;
	}
	r->cmp.bound = next_action(r->log, at + 1);
	if (!r->exact) /* effects are only sorted by the rests of the device */
		while (r->cmp.bound < r->log->n &&
		       !(r->log->rec[r->cmp.bound].space == BUS_CUE &&
			 r->log->rec[r->cmp.bound].index == BUS_CUE_QUIET))
			r->cmp.bound = next_action(r->log, r->cmp.bound + 1);
	replay_mem_segment(r->rm, at, r->cmp.bound);
	if (r->res->outcome == REPLAY_SAME)
		r->res->action = at;
	r->res->actions++;
	act(r, at);
	if (r->dev)
		note_stop(r);
}

/* A recording that was cut off: what it has must still come. */
static void finish(struct replay *r)
{
	const struct trace_log *log = r->log;

	if (!r->dev || log->ended || done(r))
		return;
	if (r->exact) {
		wait_for(r, log->n - 1);
		r->port.step(r->port.ctx, 1);
	} else {
		r->port.run(r->port.ctx);
	}
	replay_cmp_reached(&r->cmp, log->n);
}

/* --- making and ending --------------------------------------------------------------------- */

const char *replay_device(json_t *header, struct dev_config *cfg, const char **rtl)
{
	const char *features, *dut, *seed = NULL;
	json_int_t budget = 0, errors = 0;
	int dense = 0;

	*rtl = "";
	if (json_unpack(header, "{s:s, s:s, s?s, s?b, s?I, s?{s:s, s:I}}", "dut", &dut, "features",
			&features, "rtl", rtl, "dense", &dense, "cycle_budget", &budget, "skew",
			"seed", &seed, "errors", &errors) ||
	    budget < 0 || errors < 0)
		return json_object_get(header, "source")
			       ? "it was imported: nobody recorded what was done to the device"
			       : "the header does not say which device";
	memset(cfg, 0, sizeof(*cfg));
	cfg->dut = dut;
	cfg->features = strtoull(features, NULL, 16);
	cfg->dense = dense;
	cfg->cycle_budget = (uint64_t)budget;
	cfg->skew = (struct skew){ .on = seed,
				   .seed = seed ? strtoull(seed, NULL, 16) : 0,
				   .errors = (unsigned)errors };
	return NULL;
}

/* False: nothing that can be replayed. */
static bool read_header(struct replay *r, json_t *header)
{
	const char *rtl, *why = replay_device(header, &r->cfg, &rtl);

	if (why) {
		snprintf(r->res->why, sizeof(r->res->why), "%s", why);
		return false;
	}
	r->res->same_rtl = !strcmp(rtl, build_rtl(r->cfg.dut));
	return true;
}

static void run(struct replay *r)
{
	size_t at = next_action(r->log, 0);

	replay_cmp_init(&r->cmp, r->log, r->exact, r->res);
	while (at < r->log->n && !(r->dev && done(r)) && r->res->outcome != REPLAY_FAILED) {
		step(r, at);
		at = next_action(r->log, at + 1);
	}
	finish(r);
	if (r->dev)
		r->res->cycles = dev_cycle(r->dev);
	else if (r->log->ended) /* else it was cut off before that */
		fail(r, "the device was never powered on", r->log->n);
}

/* r->res is to be filled. */
static void play(struct replay *r)
{
	json_t *header;

	memset(r->res, 0, sizeof(*r->res));
	header = json_loads(r->log->header, 0, NULL);
	r->mem = mem_new();
	r->rm = replay_mem_new(r->log);
	if (!r->mem || !r->rm) {
		r->res->outcome = REPLAY_FAILED;
		snprintf(r->res->why, sizeof(r->res->why), "out of memory");
	} else if (!read_header(r, header)) {
		r->res->outcome = REPLAY_FAILED;
	} else {
		run(r);
	}
	if (r->stage)
		r->stage->leave(r->stage->ctx);
	else
		dev_free(r->dev);
	mem_free(r->mem);
	replay_mem_free(r->rm);
	json_decref(header);
}

void replay_run(const struct trace_log *log, bool exact, struct replay_result *res)
{
	play(&(struct replay){ .log = log, .exact = exact, .res = res });
}

void replay_watched(const struct trace_log *log, bool exact, const struct replay_watch *watch,
		    struct replay_result *res)
{
	play(&(struct replay){ .log = log, .exact = exact, .watch = watch, .res = res });
}

void replay_staged(const struct trace_log *log, const struct replay_stage *stage,
		   struct replay_result *res)
{
	play(&(struct replay){ .log = log, .stage = stage, .res = res });
}
