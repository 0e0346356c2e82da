/* SPDX-License-Identifier: MIT */
#include "sim/cmd_rig.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/virtio_config.h>

#include "monitor/ccsl.h"
#include "sim/lifecycle.h"
#include "sim/mem.h"
#include "sim/observer.h"
#include "sim/trace.h"

#define LAST_EVENTS  6    /* shown with a verdict */
#define VERDICTS_MAX 64   /* kept whole for the report; all are counted */
#define STORY_MAX    4096 /* life-cycle steps kept for the report */

struct rig {
	struct rig_config cfg;
	struct dev_sink front;
	struct dev *dev;
	struct observer *observer;
	struct lifecycle *lifecycle;
	struct ccsl_spec *spec;
	struct ccsl_monitor *monitor;
	struct trace *trace;
	char trace_path[PATH_MAX];
	struct reclaim reclaim;

	unsigned against;         /* verdicts against the driver or the device */
	json_t *verdicts, *steps; /* arrays for the report */
	uint64_t offered, accepted, negotiated;
	uint32_t target, actual;

	uint64_t last_cycle[LAST_EVENTS];
	struct event last[LAST_EVENTS];
	unsigned nlast; /* events ever noted; the ring holds the last of them */
};

_Static_assert(EVENT_MAX_ARGS == CCSL_ARGS && sizeof(struct event) == sizeof(struct ccsl_tick),
	       "an event of the bus is a tick of the monitor");

bool rig_find(const char *name, char *path, size_t len)
{
	static const char *const up[] = { ".", "..", "../..", "../share/vcosim" };
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;

	exe[n < 0 ? 0 : n] = '\0';
	slash = strrchr(exe, '/');
	if (!slash)
		return false;
	*slash = '\0';
	for (unsigned i = 0; i < sizeof(up) / sizeof(up[0]); i++)
		if (snprintf(path, len, "%s/%s/%s", exe, up[i], name) < (int)len &&
		    !access(path, R_OK))
			return true;
	return false;
}

/* --- what the bus tells ------------------------------------------------------------- */

static void tell_last_events(const struct rig *rig, FILE *to)
{
	unsigned n = rig->nlast < LAST_EVENTS ? rig->nlast : LAST_EVENTS;

	for (unsigned i = rig->nlast - n; i != rig->nlast; i++) {
		char text[EVENT_STR_MAX];

		fprintf(to, "    %12" PRIu64 "  %s\n", rig->last_cycle[i % LAST_EVENTS],
			event_str(&rig->last[i % LAST_EVENTS], text, sizeof(text)));
	}
}

static const char *primary(const struct ccsl_rule *rule)
{
	return rule->nclauses ? rule->clauses[0] : rule->name;
}

static void tell_verdict(const struct rig *rig, const struct ccsl_verdict *v)
{
	const struct ccsl_rule *rule = v->rule;
	FILE *to = rig->cfg.story;

	fprintf(to, "\n  VIOLATION  %s  %s %s  (%s)\n", primary(rule), ccsl_blame_name(rule->blame),
		ccsl_level_name(rule->level), rule->name);
	fprintf(to, "    at cycle  %" PRIu64 "\n    event     %s\n    expected  %s\n", v->cycle,
		v->event, rule->expect);
	for (const char *line = v->explain; line && *line;) {
		int n = (int)strcspn(line, "\n");

		fprintf(to, "    | %.*s\n", n, line);
		line += n + (line[n] == '\n');
	}
	fprintf(to, "    the last events, by cycle:\n");
	tell_last_events(rig, to);
	fprintf(to, "\n");
	fflush(to);
}

static void on_verdict(void *ctx, const struct ccsl_verdict *v)
{
	struct rig *rig = ctx;
	const struct ccsl_rule *rule = v->rule;
	bool advisory = rule->blame == CCSL_SPEC || rule->level == CCSL_SHOULD ||
			rule->level == CCSL_SHOULD_NOT || rule->level == CCSL_MAY;

	if (v->waived)
		return;
	if (!advisory)
		rig->against++;
	if (rig->cfg.story && !advisory)
		tell_verdict(rig, v);
	if (json_array_size(rig->verdicts) < VERDICTS_MAX) {
		json_t *clauses = json_array();

		for (unsigned i = 0; i < rule->nclauses; i++)
			json_array_append_new(clauses, json_string(rule->clauses[i]));
		json_array_append_new(rig->verdicts,
				      json_pack("{s:s, s:o, s:s, s:s, s:s, s:I, s:s, s:s}",
						"clause", primary(rule), "clauses", clauses, "rule",
						rule->name, "blame", ccsl_blame_name(rule->blame),
						"level", ccsl_level_name(rule->level), "cycle",
						(json_int_t)v->cycle, "event", v->event, "expected",
						rule->expect));
	}
}

static void on_step(void *ctx, uint64_t cycle, const char *text)
{
	struct rig *rig = ctx;

	if (json_array_size(rig->steps) < STORY_MAX)
		json_array_append_new(rig->steps, json_pack("{s:I, s:s}", "cycle",
							    (json_int_t)cycle, "event", text));
	if (rig->cfg.story) {
		fprintf(rig->cfg.story, "  %12" PRIu64 "  %s\n", cycle, text);
		fflush(rig->cfg.story);
	}
}

/* Facts for the report that are no step of the life cycle. */
static void note_event(struct rig *rig, const struct event *ev)
{
	unsigned shift = 32 * (ev->arg[0] & 1);
	uint64_t mask = 0xffffffffULL << shift;

	switch (ev->id) {
	case EV_DEVICE_FEATURE_READ:
		if (ev->arg[0] < 2)
			rig->offered = (rig->offered & ~mask) | ev->arg[1] << shift;
		break;
	case EV_DRIVER_FEATURE_WRITE:
		if (ev->arg[0] < 2)
			rig->accepted = (rig->accepted & ~mask) | ev->arg[1] << shift;
		break;
	case EV_STATUS_WRITE:
		if (!ev->arg[0])
			rig->accepted = 0;
		if (ev->arg[0] & VIRTIO_CONFIG_S_FEATURES_OK)
			rig->negotiated = rig->accepted;
		break;
	case EV_TARGET_WRITE:
		rig->target = (uint32_t)ev->arg[0];
		break;
	default:
		break;
	}
}

/* The register's own event says more than that there was an access. */
static void note_last(struct rig *rig, uint64_t cycle, const struct event *ev)
{
	if (ev->id == EV_REG_ACCESS)
		return;
	rig->last[rig->nlast % LAST_EVENTS] = *ev;
	rig->last_cycle[rig->nlast++ % LAST_EVENTS] = cycle;
}

static void on_instant(void *ctx, uint64_t cycle, const struct event *ev, unsigned n)
{
	struct rig *rig = ctx;

	for (unsigned i = 0; i < n; i++) {
		note_last(rig, cycle, &ev[i]);
		note_event(rig, &ev[i]);
	}
	lifecycle_instant(rig->lifecycle, cycle, ev, n);
	/* Layouts are equal: see the assertion above. */
	ccsl_step(rig->monitor, cycle, (const struct ccsl_tick *)(const void *)ev, n);
}

static int on_read(void *ctx, uint64_t gpa, void *buf, size_t len)
{
	struct rig *rig = ctx;

	return mem_peek(rig->cfg.mem, gpa, buf, len); /* asking the peer would block */
}

static void on_snoop(void *ctx, const struct bus_rec *rec)
{
	struct rig *rig = ctx;

	if (rig->trace)
		trace_rec(rig->trace, rec);
}

static void on_rec(void *ctx, const struct bus_rec *rec)
{
	struct rig *rig = ctx;

	if (rig->trace)
		trace_rec(rig->trace, rec);
	observer_rec(rig->observer, rec);
	if (rig->front.rec)
		rig->front.rec(rig->front.ctx, rec);
}

static void on_intx(void *ctx, bool level)
{
	struct rig *rig = ctx;

	if (rig->front.intx)
		rig->front.intx(rig->front.ctx, level);
}

static void on_msix(void *ctx, unsigned vector)
{
	struct rig *rig = ctx;

	if (rig->front.msix)
		rig->front.msix(rig->front.ctx, vector);
}

static void on_message(void *ctx, uint64_t addr, uint32_t data)
{
	struct rig *rig = ctx;

	if (rig->front.message)
		rig->front.message(rig->front.ctx, addr, data);
}

static void on_page(void *ctx, enum dev_page dir, uint32_t pfn)
{
	struct rig *rig = ctx;

	reclaim_page(&rig->reclaim, dir, pfn);
	if (rig->front.page)
		rig->front.page(rig->front.ctx, dir, pfn);
}

static void on_settle(void *ctx)
{
	struct rig *rig = ctx;

	reclaim_flush(&rig->reclaim);
}

/* The guest may be idle for long now: what there is to tell is told. */
static void on_pause(void *ctx)
{
	struct rig *rig = ctx;

	observer_flush(rig->observer);
}

/* --- making and ending ---------------------------------------------------------------- */

static bool load_spec(struct rig *rig)
{
	struct ccsl_sink sink = { .ctx = rig, .verdict = on_verdict };
	const char *path = rig->cfg.spec;
	char found[PATH_MAX];
	struct ccsl_error err;

	if (!path) {
		if (!rig_find("specs/virtio.ccsl", found, sizeof(found))) {
			fprintf(stderr, "vcosim: specs/virtio.ccsl not found near the program\n");
			return false;
		}
		path = found;
	}
	rig->spec = ccsl_load(&path, 1, NULL, NULL, &err);
	if (!rig->spec) {
		fprintf(stderr, "%s:%u:%u: %s\n", err.file, err.line, err.col, err.text);
		return false;
	}
	for (unsigned id = 0; id < EV_COUNT; id++)
		if (ccsl_event_find(rig->spec, event_name(id)) != (int)id) {
			fprintf(stderr, "%s: event %s is not the one this program was built with\n",
				path, event_name(id));
			return false;
		}
	rig->monitor = ccsl_monitor_new(rig->spec, &sink);
	return rig->monitor != NULL;
}

static bool open_trace(struct rig *rig)
{
	json_t *header;
	char *text;
	int err;

	if (!rig->trace_path[0])
		return true;
	header = json_pack("{s:i, s:s, s:s, s:I}", "schema", 1, "run", rig->cfg.name, "dut",
			   rig->cfg.dev.dut ? rig->cfg.dev.dut : "balloon-pci", "features",
			   (json_int_t)rig->cfg.dev.features);
	text = json_dumps(header, JSON_COMPACT);
	err = trace_create(rig->trace_path, text, &rig->trace);
	free(text);
	json_decref(header);
	if (err)
		fprintf(stderr, "vcosim: %s: cannot record: %s\n", rig->trace_path, strerror(-err));
	return !err;
}

struct rig *rig_new(const struct rig_config *cfg)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	struct observer_sink bus = {
		.ctx = rig, .instant = on_instant, .read = on_read, .snoop = on_snoop
	};
	struct dev_sink sink = { .ctx = rig,
				 .rec = on_rec,
				 .intx = on_intx,
				 .msix = on_msix,
				 .message = on_message,
				 .page = on_page,
				 .settle = on_settle,
				 .pause = on_pause };
	const char *err = "out of memory";

	if (!rig)
		return NULL;
	rig->cfg = *cfg;
	if (cfg->front)
		rig->front = *cfg->front;
	snprintf(rig->trace_path, sizeof(rig->trace_path), "%s", cfg->trace ? cfg->trace : "");
	rig->reclaim.mem = cfg->backing ? cfg->backing : cfg->mem;
	rig->verdicts = json_array();
	rig->steps = json_array();
	rig->observer = observer_new(&bus);
	rig->lifecycle = lifecycle_new(on_step, rig);
	if (!rig->observer || !rig->lifecycle || !load_spec(rig) || !open_trace(rig)) {
		rig_free(rig);
		return NULL;
	}
	rig->dev = dev_new(&cfg->dev, cfg->mem, &sink, &err);
	if (!rig->dev) {
		fprintf(stderr, "vcosim: %s: %s\n", cfg->dev.dut ? cfg->dev.dut : "balloon-pci",
			err);
		rig_free(rig);
		return NULL;
	}
	return rig;
}

void rig_free(struct rig *rig)
{
	if (!rig)
		return;
	dev_free(rig->dev);
	trace_close(rig->trace);
	observer_free(rig->observer);
	lifecycle_free(rig->lifecycle);
	ccsl_monitor_free(rig->monitor);
	ccsl_spec_free(rig->spec);
	json_decref(rig->verdicts);
	json_decref(rig->steps);
	free(rig);
}

struct rig *rig_mount(const struct rig_mount *where, const struct rig_config *cfg,
		      struct port *port)
{
	struct rig *rig;

	if (where)
		return where->mount(where->ctx, cfg, port);
	rig = rig_new(cfg);
	if (rig)
		*port = port_of_dev(rig->dev);
	return rig;
}

void rig_unmount(const struct rig_mount *where, struct rig *rig)
{
	if (where && rig)
		where->unmount(where->ctx, rig);
	else
		rig_free(rig);
}

struct dev *rig_dev(struct rig *rig)
{
	return rig->dev;
}

const struct reclaim *rig_reclaim(const struct rig *rig)
{
	return &rig->reclaim;
}

unsigned rig_verdicts(const struct rig *rig)
{
	return rig->against;
}

int rig_end(struct rig *rig)
{
	int err;

	rig->actual = dev_actual(rig->dev);
	observer_flush(rig->observer);
	ccsl_finish(rig->monitor, dev_cycle(rig->dev));
	err = trace_close(rig->trace);
	rig->trace = NULL;
	if (err)
		fprintf(stderr, "vcosim: %s: the trace is incomplete: %s\n", rig->trace_path,
			strerror(-err));
	return err;
}

/* --- the report -------------------------------------------------------------------------- */

static json_t *hex(uint64_t val)
{
	return json_sprintf("0x%" PRIx64, val);
}

json_t *rig_report(const struct rig *rig)
{
	const struct observer_stats *bus = observer_stats(rig->observer);
	struct ccsl_count count;

	ccsl_count(rig->monitor, &count);
	return json_pack("{s:s, s:s, s:i, s:O, s:{s:o, s:o}, s:{s:I, s:I, s:I, s:I, s:I},"
			 " s:{s:i, s:I, s:I, s:O, s:I}, s:{s:I, s:I, s:I, s:I, s:I}}",
			 "name", rig->cfg.name, "verdict", rig->against ? "violations" : "conforms",
			 "exit", rig->against ? 1 : 0, "lifecycle", rig->steps, "features",
			 "offered", hex(rig->offered), "negotiated", hex(rig->negotiated),
			 "balloon", "target_pages", (json_int_t)rig->target, "actual_pages",
			 (json_int_t)rig->actual, "inflated", (json_int_t)rig->reclaim.inflated,
			 "deflated", (json_int_t)rig->reclaim.deflated, "host_bytes_returned",
			 (json_int_t)rig->reclaim.returned, "monitor", "constraints",
			 (int)count.constraints, "instants", (json_int_t)count.instants, "events",
			 (json_int_t)count.events, "verdicts", rig->verdicts, "waived",
			 (json_int_t)count.waived, "bus", "reads", (json_int_t)bus->reads, "writes",
			 (json_int_t)bus->writes, "dma_read_bytes", (json_int_t)bus->dma_read_bytes,
			 "dma_written_bytes", (json_int_t)bus->dma_written_bytes, "irqs",
			 (json_int_t)bus->irqs);
}
