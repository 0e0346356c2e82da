/* SPDX-License-Identifier: MIT */
#include "sim/cmd_session.h"

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

struct session {
	struct session_config cfg;
	struct dev *dev;
	struct observer *observer;
	struct lifecycle *lifecycle;
	struct ccsl_spec *spec;
	struct ccsl_monitor *monitor;
	struct trace *trace;
	struct reclaim reclaim;

	unsigned against;         /* verdicts against the driver or the device */
	json_t *verdicts, *steps; /* arrays for the report */
	uint64_t offered, accepted, negotiated;
	uint32_t target, actual;

	uint64_t last_cycle[LAST_EVENTS];
	struct event last[LAST_EVENTS];
	unsigned nlast; /* events ever; the ring holds the last of them */
};

_Static_assert(EVENT_MAX_ARGS == CCSL_ARGS && sizeof(struct event) == sizeof(struct ccsl_tick),
	       "an event of the bus is a tick of the monitor");

bool session_find(const char *name, char *path, size_t len)
{
	static const char *const up[] = { "..", "../..", "../share/vcosim" };
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

static void tell_last_events(const struct session *s, FILE *to)
{
	unsigned n = s->nlast < LAST_EVENTS ? s->nlast : LAST_EVENTS;

	for (unsigned i = s->nlast - n; i != s->nlast; i++) {
		char text[EVENT_STR_MAX];

		fprintf(to, "    %12" PRIu64 "  %s\n", s->last_cycle[i % LAST_EVENTS],
			event_str(&s->last[i % LAST_EVENTS], text, sizeof(text)));
	}
}

static const char *primary(const struct ccsl_rule *rule)
{
	return rule->nclauses ? rule->clauses[0] : rule->name;
}

static void tell_verdict(const struct session *s, const struct ccsl_verdict *v)
{
	const struct ccsl_rule *rule = v->rule;
	FILE *to = s->cfg.story;

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
	tell_last_events(s, to);
	fprintf(to, "\n");
	fflush(to);
}

static void on_verdict(void *ctx, const struct ccsl_verdict *v)
{
	struct session *s = ctx;
	const struct ccsl_rule *rule = v->rule;
	bool advisory = rule->blame == CCSL_SPEC || rule->level == CCSL_SHOULD ||
			rule->level == CCSL_SHOULD_NOT || rule->level == CCSL_MAY;

	if (v->waived)
		return;
	if (!advisory)
		s->against++;
	if (s->cfg.story && !advisory)
		tell_verdict(s, v);
	if (json_array_size(s->verdicts) < VERDICTS_MAX) {
		json_t *clauses = json_array();

		for (unsigned i = 0; i < rule->nclauses; i++)
			json_array_append_new(clauses, json_string(rule->clauses[i]));
		json_array_append_new(s->verdicts,
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
	struct session *s = ctx;

	if (json_array_size(s->steps) < STORY_MAX)
		json_array_append_new(s->steps, json_pack("{s:I, s:s}", "cycle", (json_int_t)cycle,
							  "event", text));
	if (s->cfg.story) {
		fprintf(s->cfg.story, "  %12" PRIu64 "  %s\n", cycle, text);
		fflush(s->cfg.story);
	}
}

/* Facts for the report that are no step of the life cycle. */
static void note_event(struct session *s, const struct event *ev)
{
	unsigned shift = 32 * (ev->arg[0] & 1);
	uint64_t mask = 0xffffffffULL << shift;

	switch (ev->id) {
	case EV_DEVICE_FEATURE_READ:
		if (ev->arg[0] < 2)
			s->offered = (s->offered & ~mask) | ev->arg[1] << shift;
		break;
	case EV_DRIVER_FEATURE_WRITE:
		if (ev->arg[0] < 2)
			s->accepted = (s->accepted & ~mask) | ev->arg[1] << shift;
		break;
	case EV_STATUS_WRITE:
		if (!ev->arg[0])
			s->accepted = 0;
		if (ev->arg[0] & VIRTIO_CONFIG_S_FEATURES_OK)
			s->negotiated = s->accepted;
		break;
	case EV_TARGET_WRITE:
		s->target = (uint32_t)ev->arg[0];
		break;
	default:
		break;
	}
}

static void on_instant(void *ctx, uint64_t cycle, const struct event *ev, unsigned n)
{
	struct session *s = ctx;

	for (unsigned i = 0; i < n; i++) {
		s->last[s->nlast % LAST_EVENTS] = ev[i];
		s->last_cycle[s->nlast++ % LAST_EVENTS] = cycle;
		note_event(s, &ev[i]);
	}
	lifecycle_instant(s->lifecycle, cycle, ev, n);
	/* Layouts are equal: see the assertion above. */
	ccsl_step(s->monitor, cycle, (const struct ccsl_tick *)(const void *)ev, n);
}

static int on_read(void *ctx, uint64_t gpa, void *buf, size_t len)
{
	struct session *s = ctx;

	if (mem_by_message(s->cfg.mem, gpa, len))
		return -EAGAIN; /* asking the peer would block */
	return mem_read(s->cfg.mem, gpa, buf, len);
}

static void on_snoop(void *ctx, const struct bus_rec *rec)
{
	struct session *s = ctx;

	if (s->trace)
		trace_rec(s->trace, rec);
}

static void on_rec(void *ctx, const struct bus_rec *rec)
{
	struct session *s = ctx;

	if (s->trace)
		trace_rec(s->trace, rec);
	observer_rec(s->observer, rec);
	if (s->cfg.front && s->cfg.front->rec)
		s->cfg.front->rec(s->cfg.front->ctx, rec);
}

static void on_intx(void *ctx, bool level)
{
	struct session *s = ctx;

	if (s->cfg.front && s->cfg.front->intx)
		s->cfg.front->intx(s->cfg.front->ctx, level);
}

static void on_msix(void *ctx, unsigned vector)
{
	struct session *s = ctx;

	if (s->cfg.front && s->cfg.front->msix)
		s->cfg.front->msix(s->cfg.front->ctx, vector);
}

static void on_page(void *ctx, enum dev_page dir, uint32_t pfn)
{
	struct session *s = ctx;

	reclaim_page(&s->reclaim, dir, pfn);
}

static void on_settle(void *ctx)
{
	struct session *s = ctx;

	reclaim_flush(&s->reclaim);
}

/* --- making and ending ---------------------------------------------------------------- */

static bool load_spec(struct session *s)
{
	struct ccsl_sink sink = { .ctx = s, .verdict = on_verdict };
	const char *path = s->cfg.spec;
	char found[PATH_MAX];
	struct ccsl_error err;

	if (!path) {
		if (!session_find("specs/virtio.ccsl", found, sizeof(found))) {
			fprintf(stderr, "vcosim: specs/virtio.ccsl not found near the program\n");
			return false;
		}
		path = found;
	}
	s->spec = ccsl_load(&path, 1, NULL, NULL, &err);
	if (!s->spec) {
		fprintf(stderr, "%s:%u:%u: %s\n", err.file, err.line, err.col, err.text);
		return false;
	}
	for (unsigned id = 0; id < EV_COUNT; id++)
		if (ccsl_event_find(s->spec, event_name(id)) != (int)id) {
			fprintf(stderr, "%s: event %s is not the one this program was built with\n",
				path, event_name(id));
			return false;
		}
	s->monitor = ccsl_monitor_new(s->spec, &sink);
	return s->monitor != NULL;
}

static bool open_trace(struct session *s)
{
	json_t *header;
	char *text;
	int err;

	if (!s->cfg.trace)
		return true;
	header = json_pack("{s:i, s:s, s:s, s:I}", "schema", 1, "run", s->cfg.name, "dut",
			   s->cfg.dev.dut ? s->cfg.dev.dut : "balloon-pci", "features",
			   (json_int_t)s->cfg.dev.features);
	text = json_dumps(header, JSON_COMPACT);
	err = trace_create(s->cfg.trace, text, &s->trace);
	free(text);
	json_decref(header);
	if (err)
		fprintf(stderr, "vcosim: %s: cannot record: %s\n", s->cfg.trace, strerror(-err));
	return !err;
}

struct session *session_new(const struct session_config *cfg)
{
	struct session *s = calloc(1, sizeof(*s));
	struct observer_sink bus = {
		.ctx = s, .instant = on_instant, .read = on_read, .snoop = on_snoop
	};
	struct dev_sink sink = { .ctx = s,
				 .rec = on_rec,
				 .intx = on_intx,
				 .msix = on_msix,
				 .page = on_page,
				 .settle = on_settle };
	const char *err = "out of memory";

	if (!s)
		return NULL;
	s->cfg = *cfg;
	s->reclaim.mem = cfg->mem;
	s->verdicts = json_array();
	s->steps = json_array();
	s->observer = observer_new(&bus);
	s->lifecycle = lifecycle_new(on_step, s);
	if (!s->observer || !s->lifecycle || !load_spec(s) || !open_trace(s)) {
		session_free(s);
		return NULL;
	}
	s->dev = dev_new(&cfg->dev, cfg->mem, &sink, &err);
	if (!s->dev) {
		fprintf(stderr, "vcosim: %s: %s\n", cfg->dev.dut ? cfg->dev.dut : "balloon-pci",
			err);
		session_free(s);
		return NULL;
	}
	return s;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	dev_free(s->dev);
	trace_close(s->trace);
	observer_free(s->observer);
	lifecycle_free(s->lifecycle);
	ccsl_monitor_free(s->monitor);
	ccsl_spec_free(s->spec);
	json_decref(s->verdicts);
	json_decref(s->steps);
	free(s);
}

struct dev *session_dev(struct session *s)
{
	return s->dev;
}

const struct reclaim *session_reclaim(const struct session *s)
{
	return &s->reclaim;
}

unsigned session_verdicts(const struct session *s)
{
	return s->against;
}

int session_end(struct session *s)
{
	int err;

	s->actual = dev_actual(s->dev);
	observer_flush(s->observer);
	ccsl_finish(s->monitor, dev_cycle(s->dev));
	err = trace_close(s->trace);
	s->trace = NULL;
	if (err)
		fprintf(stderr, "vcosim: %s: the trace is incomplete: %s\n", s->cfg.trace,
			strerror(-err));
	return err;
}

/* --- the report -------------------------------------------------------------------------- */

static json_t *hex(uint64_t val)
{
	return json_sprintf("0x%" PRIx64, val);
}

json_t *session_report(const struct session *s)
{
	const struct observer_stats *bus = observer_stats(s->observer);
	struct ccsl_count count;

	ccsl_count(s->monitor, &count);
	return json_pack(
		"{s:s, s:s, s:i, s:O, s:{s:o, s:o}, s:{s:I, s:I, s:I, s:I, s:I},"
		" s:{s:i, s:I, s:I, s:O, s:I}, s:{s:I, s:I, s:I, s:I, s:I}}",
		"name", s->cfg.name, "verdict", s->against ? "violations" : "conforms", "exit",
		s->against ? 1 : 0, "lifecycle", s->steps, "features", "offered", hex(s->offered),
		"negotiated", hex(s->negotiated), "balloon", "target_pages", (json_int_t)s->target,
		"actual_pages", (json_int_t)s->actual, "inflated", (json_int_t)s->reclaim.inflated,
		"deflated", (json_int_t)s->reclaim.deflated, "host_bytes_returned",
		(json_int_t)s->reclaim.returned, "monitor", "constraints", (int)count.constraints,
		"instants", (json_int_t)count.instants, "events", (json_int_t)count.events,
		"verdicts", s->verdicts, "waived", (json_int_t)count.waived, "bus", "reads",
		(json_int_t)bus->reads, "writes", (json_int_t)bus->writes, "dma_read_bytes",
		(json_int_t)bus->dma_read_bytes, "dma_written_bytes",
		(json_int_t)bus->dma_written_bytes, "irqs", (json_int_t)bus->irqs);
}
