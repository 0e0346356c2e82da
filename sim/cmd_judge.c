/* SPDX-License-Identifier: MIT */
#include "sim/cmd_judge_internal.h"

#include <inttypes.h>
#include <stdlib.h>

#include <linux/virtio_config.h>

#include "sim/cmd_hidden.h"
#include "sim/trace_read.h"

#define STORY_MAX 4096 /* life-cycle steps kept for the report */

_Static_assert(EVENT_MAX_ARGS == CCSL_ARGS && sizeof(struct event) == sizeof(struct ccsl_tick),
	       "an event of the bus is a tick of the monitor");

static void on_step(void *ctx, uint64_t cycle, const char *text)
{
	struct judge *judge = ctx;

	if (json_array_size(judge->steps) < STORY_MAX)
		json_array_append_new(judge->steps, json_pack("{s:I, s:s}", "cycle",
							      (json_int_t)cycle, "event", text));
	if (judge->cfg.story) {
		fprintf(judge->cfg.story, "  %12" PRIu64 "  %s\n", cycle, text);
		fflush(judge->cfg.story);
	}
}

/* Facts for the report that are no step of the life cycle. */
static void note_event(struct judge *judge, const struct event *ev)
{
	unsigned shift = 32 * (ev->arg[0] & 1);
	uint64_t mask = 0xffffffffULL << shift;

	switch (ev->id) {
	case EV_DEVICE_FEATURE_READ:
		if (ev->arg[0] < 2)
			judge->offered = (judge->offered & ~mask) | ev->arg[1] << shift;
		break;
	case EV_DRIVER_FEATURE_WRITE:
		if (ev->arg[0] < 2)
			judge->accepted = (judge->accepted & ~mask) | ev->arg[1] << shift;
		break;
	case EV_STATUS_READ:
		judge->status = (uint8_t)ev->arg[0];
		break;
	case EV_STATUS_WRITE:
		judge->status = (uint8_t)ev->arg[0];
		if (!ev->arg[0])
			judge->accepted = 0;
		if (ev->arg[0] & VIRTIO_CONFIG_S_FEATURES_OK)
			judge->negotiated = judge->accepted;
		break;
	case EV_TARGET_WRITE:
		judge->target = (uint32_t)ev->arg[0];
		break;
	default:
		break;
	}
}

/* The register's own event says more than that there was an access. */
static void note_last(struct judge *judge, uint64_t cycle, const struct event *ev)
{
	if (ev->id == EV_REG_ACCESS)
		return;
	judge->last[judge->nlast % JUDGE_LAST_EVENTS] = *ev;
	judge->last_cycle[judge->nlast++ % JUDGE_LAST_EVENTS] = cycle;
}

static void on_instant(void *ctx, uint64_t cycle, const struct event *ev, unsigned n)
{
	struct judge *judge = ctx;

	if (judge->cfg.instant)
		judge->cfg.instant(judge->cfg.ctx, cycle, ev, n);
	for (unsigned i = 0; i < n; i++) {
		note_last(judge, cycle, &ev[i]);
		note_event(judge, &ev[i]);
	}
	lifecycle_instant(judge->lifecycle, cycle, ev, n);
	burndown_instant(judge->burndown, ev, n);
	/* Layouts are equal: see the assertion above. */
	ccsl_step(judge->monitor, cycle, (const struct ccsl_tick *)(const void *)ev, n);
}

static int on_read(void *ctx, uint64_t gpa, void *buf, size_t len)
{
	struct judge *judge = ctx;

	return judge->cfg.read(judge->cfg.ctx, gpa, buf, len);
}

static void on_snoop(void *ctx, const struct bus_rec *rec)
{
	struct judge *judge = ctx;

	if (judge->cfg.snoop)
		judge->cfg.snoop(judge->cfg.ctx, rec);
}

/* --- making and ending ---------------------------------------------------------------- */

static bool load_spec(struct judge *judge)
{
	struct ccsl_sink sink = { .ctx = judge, .verdict = judge_verdict };
	const char *path = judge->cfg.spec;
	struct ccsl_error err;

	judge->spec = ccsl_load(&path, 1, NULL, NULL, &err);
	if (!judge->spec) {
		fprintf(stderr, "%s:%u:%u: %s\n", err.file, err.line, err.col, err.text);
		return false;
	}
	for (unsigned id = 0; id < EV_COUNT; id++)
		if (ccsl_event_find(judge->spec, event_name(id)) != (int)id) {
			fprintf(stderr, "%s: event %s is not the one this program was built with\n",
				path, event_name(id));
			return false;
		}
	judge->monitor = ccsl_monitor_new(judge->spec, &sink);
	if (!judge->monitor)
		return false;
	judge->said = calloc(ccsl_rules(judge->spec) + 1, sizeof(*judge->said));
	judge->blind = calloc(ccsl_rules(judge->spec) + 1, sizeof(*judge->blind));
	if (!judge->blind || !hidden_rules(judge->spec, judge->cfg.header, judge->blind))
		return false;
	if (!judge->said || !profile_load(&judge->profile, judge->cfg.profile))
		return false;
	/* A specification without the rule: nothing to waive. */
	for (const char *const *rule = judge->cfg.waive; rule && *rule; rule++)
		ccsl_waive(judge->monitor, *rule);
	for (unsigned i = 0; i < judge->profile.n; i++)
		ccsl_waive(judge->monitor, judge->profile.waiver[i].rule);
	return true;
}

bool judge_hide(struct judge *judge, const json_t *header)
{
	return hidden_rules(judge->spec, header, judge->blind);
}

struct judge *judge_new(const struct judge_config *cfg)
{
	struct judge *judge = calloc(1, sizeof(*judge));
	struct observer_sink bus = {
		.ctx = judge, .instant = on_instant, .read = on_read, .snoop = on_snoop
	};

	if (!judge)
		return NULL;
	judge->cfg = *cfg;
	judge->begun = UINT64_MAX;
	if (!cfg->read)
		bus.read = NULL;
	judge->verdicts = json_array();
	judge->steps = json_array();
	judge->observer = observer_new(&bus);
	judge->lifecycle = lifecycle_new(on_step, judge);
	judge->burndown = burndown_new();
	if (judge->observer && judge->lifecycle && judge->burndown && load_spec(judge))
		return judge;
	judge_free(judge);
	return NULL;
}

void judge_free(struct judge *judge)
{
	if (!judge)
		return;
	observer_free(judge->observer);
	lifecycle_free(judge->lifecycle);
	burndown_free(judge->burndown);
	ccsl_monitor_free(judge->monitor);
	ccsl_spec_free(judge->spec);
	json_decref(judge->verdicts);
	json_decref(judge->steps);
	profile_unload(&judge->profile);
	free(judge->said);
	free(judge->blind);
	free(judge);
}

void judge_rec(struct judge *judge, const struct bus_rec *rec)
{
	if (rec->resp == BUS_HANG && !judge->stopped && !judge->restless)
		judge_stood_still(judge, judge->begun, rec->cycle);
	else
		judge_pass_to(judge, rec->cycle);
	if (rec->space == BUS_HOST && rec->addr == BUS_HOST_RESET)
		judge->stopped = judge->restless = false;
	observer_rec(judge->observer, rec);
	if (rec->resp == BUS_HANG)
		judge_hang(judge, rec);
}

void judge_cue(struct judge *judge, const struct bus_rec *cue)
{
	if (cue->index != BUS_CUE_STALLED)
		judge_pass_to(judge, cue->cycle);
	switch (cue->index) {
	case BUS_CUE_ACCESS:
		judge->begun = cue->cycle;
		break;
	case BUS_CUE_QUIET:
		judge->restless = false;
		break;
	case BUS_CUE_CLOCK:
		judge->stopped = !cue->data;
		break;
	case BUS_CUE_STALLED:
		judge_stalled(judge, cue->cycle);
		break;
	case BUS_CUE_BROKEN:
		judge_broken(judge, cue->cycle, (unsigned)cue->data);
		break;
	default:
		break;
	}
}

void judge_flush(struct judge *judge)
{
	observer_flush(judge->observer);
}

void judge_end(struct judge *judge, uint64_t cycle)
{
	judge_pass_to(judge, cycle);
	observer_flush(judge->observer);
	ccsl_finish(judge->monitor, cycle);
}

void judge_log(struct judge *judge, const struct trace_log *log)
{
	for (size_t i = 0; i < log->n; i++)
		if (log->rec[i].space == BUS_CUE)
			judge_cue(judge, &log->rec[i]);
		else
			judge_rec(judge, &log->rec[i]);
	judge_end(judge, log->n ? log->rec[log->n - 1].cycle : 0);
}

uint64_t judge_negotiated(const struct judge *judge)
{
	return judge->negotiated;
}

unsigned judge_verdicts(const struct judge *judge)
{
	return judge->against;
}
