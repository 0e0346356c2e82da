/* SPDX-License-Identifier: MIT */
#include "sim/cmd_judge.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_pci.h>

#include "monitor/ccsl.h"
#include "sim/axi_rules.h"
#include "sim/burndown.h"
#include "sim/cmd_coverage.h"
#include "sim/cmd_hidden.h"
#include "sim/cmd_profile.h"
#include "sim/lifecycle.h"
#include "sim/regmap.h"
#include "sim/trace_read.h"

#define LAST_EVENTS  6    /* shown with a verdict */
#define VERDICTS_MAX 64   /* kept whole for the report; all are counted */
#define STORY_MAX    4096 /* life-cycle steps kept for the report */
#define TELL_COLUMNS 80
#define HANGS_MAX    16 /* registers told of; further hangs are counted */

struct judge {
	struct judge_config cfg;
	struct observer *observer;
	struct lifecycle *lifecycle;
	struct burndown *burndown;
	struct ccsl_spec *spec;
	struct ccsl_monitor *monitor;

	struct profile profile;
	unsigned advice; /* not taken */
	uint8_t *said;   /* by rule: enum coverage_told */
	bool *blind;     /* by rule: what it reads is hidden, so it is not judged */

	unsigned against;         /* verdicts against the driver or the device */
	json_t *verdicts, *steps; /* arrays for the report */
	uint64_t offered, accepted, negotiated;
	uint32_t target;

	uint64_t last_cycle[LAST_EVENTS];
	struct event last[LAST_EVENTS];
	unsigned nlast; /* events ever; the ring holds the last of them */

	uint8_t status;         /* of the device, as last seen on the bus */
	uint64_t begun;         /* cycle of the last access, UINT64_MAX: nobody has said */
	uint64_t counted;       /* cycles up to here were looked at for those that do not count */
	bool stopped, restless; /* the device: by its clock; it has not come to rest since told */
	uint64_t hangs;         /* accesses without an answer */
	unsigned ntold;         /* of them, by register */
	struct bus_rec told[HANGS_MAX];
};

_Static_assert(EVENT_MAX_ARGS == CCSL_ARGS && sizeof(struct event) == sizeof(struct ccsl_tick),
	       "an event of the bus is a tick of the monitor");

static void tell_last_events(const struct judge *judge, FILE *to)
{
	unsigned n = judge->nlast < LAST_EVENTS ? judge->nlast : LAST_EVENTS;

	for (unsigned i = judge->nlast - n; i != judge->nlast; i++) {
		char text[EVENT_STR_MAX];

		fprintf(to, "    %12" PRIu64 "  %s\n", judge->last_cycle[i % LAST_EVENTS],
			event_str(&judge->last[i % LAST_EVENTS], text, sizeof(text)));
	}
}

static const char *primary(const struct ccsl_rule *rule)
{
	return rule->nclauses ? rule->clauses[0] : rule->name;
}

/* What the terminal is told of a verdict; the report has it too. */
struct telling {
	FILE *to; /* NULL: no memory */
	char *text;
	size_t len;
};

static FILE *begin_telling(struct telling *telling)
{
	*telling = (struct telling){ NULL, NULL, 0 };
	telling->to = open_memstream(&telling->text, &telling->len);
	return telling->to;
}

static void end_telling(const struct judge *judge, struct telling *telling, json_t *verdict,
			bool aloud)
{
	if (!telling->to || fclose(telling->to))
		return;
	if (judge->cfg.story && aloud) {
		fprintf(judge->cfg.story, "\n%s\n", telling->text);
		fflush(judge->cfg.story);
	}
	json_object_set_new(verdict, "text", json_string(telling->text));
	free(telling->text);
}

/* Of what the specification recommends, or is itself wrong about: it changes no exit status. */
static bool advisory(const struct ccsl_rule *rule)
{
	return rule->blame == CCSL_SPEC || rule->level == CCSL_SHOULD ||
	       rule->level == CCSL_SHOULD_NOT || rule->level == CCSL_MAY;
}

static void tell_verdict(const struct judge *judge, const struct ccsl_verdict *v, FILE *to)
{
	const struct ccsl_rule *rule = v->rule;

	fprintf(to, "  %s  %s  %s %s  (%s)\n", advisory(rule) ? "ADVICE" : "VIOLATION",
		primary(rule), ccsl_blame_name(rule->blame), ccsl_level_name(rule->level),
		rule->name);
	fprintf(to, "    at cycle  %" PRIu64 "\n    event     %s\n    expected  %s\n", v->cycle,
		v->event, rule->expect);
	for (const char *line = v->explain; line && *line;) {
		int n = (int)strcspn(line, "\n");

		fprintf(to, "    | %.*s\n", n, line);
		line += n + (line[n] == '\n');
	}
	fprintf(to, "    the last events, by cycle:\n");
	tell_last_events(judge, to);
}

/* Takes the verdict. `again`: the report has one of this kind already. */
static void keep_verdict(struct judge *judge, json_t *verdict, bool again)
{
	if (judge->cfg.verdict)
		judge->cfg.verdict(judge->cfg.ctx, verdict);
	if (!again && json_array_size(judge->verdicts) < VERDICTS_MAX)
		json_array_append(judge->verdicts, verdict);
	json_decref(verdict);
}

static void on_verdict(void *ctx, const struct ccsl_verdict *v)
{
	struct judge *judge = ctx;
	const struct ccsl_rule *rule = v->rule;
	json_t *clauses, *verdict;
	bool advice = advisory(rule), again = advice && judge->said[v->index];
	struct telling telling;

	if (judge->blind[v->index])
		return;
	if (v->waived) {
		profile_count(&judge->profile, rule->name);
		return;
	}
	if (advice)
		judge->advice++;
	else
		judge->against++;
	clauses = json_array();
	for (unsigned i = 0; i < rule->nclauses; i++)
		json_array_append_new(clauses, json_string(rule->clauses[i]));
	verdict = json_pack("{s:s, s:o, s:s, s:s, s:s, s:I, s:s, s:s}", "clause", primary(rule),
			    "clauses", clauses, "rule", rule->name, "blame",
			    ccsl_blame_name(rule->blame), "level", ccsl_level_name(rule->level),
			    "cycle", (json_int_t)v->cycle, "event", v->event, "expected",
			    rule->expect);
	if (!again && begin_telling(&telling)) {
		tell_verdict(judge, v, telling.to);
		end_telling(judge, &telling, verdict, !advice);
	}
	keep_verdict(judge, verdict, again);
	judge->said[v->index] = advice ? COVERAGE_ADVISED : COVERAGE_HELD;
}

/* --- a device that hangs -------------------------------------------------------------------- */

char *judge_reg_str(const struct judge *judge, enum bus_space space, unsigned bar, uint64_t addr,
		    char buf[JUDGE_REG_MAX])
{
	unsigned window;
	uint32_t offset;

	if (space == BUS_BAR && observer_window(judge->observer, bar, addr, &window, &offset))
		return regmap_str(window, offset, buf);
	if (space == BUS_MMIO && addr < VIRTIO_MMIO_CONFIG)
		return regmap_str(0, (uint32_t)addr, buf);
	if (space == BUS_MMIO)
		return regmap_str(VIRTIO_PCI_CAP_DEVICE_CFG, (uint32_t)addr - VIRTIO_MMIO_CONFIG,
				  buf);
	if (space == BUS_BAR)
		snprintf(buf, JUDGE_REG_MAX, "BAR %u +0x%02" PRIx64, bar, addr);
	else
		snprintf(buf, JUDGE_REG_MAX, "PCI configuration space +0x%02" PRIx64, addr);
	return buf;
}

/*
 * From here to there the device was not free to act: no deadline counts these cycles, neither the
 * device's nor that of a driver who waits for it. All that was seen before has been judged.
 */
static void stood_still(struct judge *judge, uint64_t from, uint64_t to)
{
	judge->counted = to;
	if (to <= from)
		return;
	observer_flush(judge->observer);
	ccsl_grant(judge->monitor, to - from);
}

/* Whatever is told next is of this cycle. */
static void pass_to(struct judge *judge, uint64_t cycle)
{
	if (judge->stopped || judge->restless)
		stood_still(judge, judge->counted, cycle);
	else
		judge->counted = cycle;
}

/* No clause of the specification says it: a device answers. */
static void tell_hang(struct judge *judge, uint64_t cycle, const char *what, const char *reg)
{
	struct telling telling;
	FILE *to = begin_telling(&telling);
	double seconds = judge->cfg.elapsed ? (double)judge->cfg.elapsed(judge->cfg.ctx) / 1e9 : 0;
	char state[256] = "";
	json_t *verdict;

	judge->against++;
	if (judge->cfg.state)
		judge->cfg.state(judge->cfg.ctx, state, sizeof(state));
	if (to) {
		fprintf(to, "  HANG  %s%s%s\n    at cycle  %" PRIu64, what, reg ? " " : "",
			reg ? reg : "", cycle);
		if (judge->cfg.budget)
			fprintf(to, ", after %" PRIu64 " cycles", judge->cfg.budget);
		if (judge->cfg.elapsed)
			fprintf(to, ", %.3f s", seconds);
		fprintf(to, "\n    the bus   device_status last seen 0x%02x%s%s\n", judge->status,
			state[0] ? "; " : "", state);
		fprintf(to, "    the last events, by cycle:\n");
		tell_last_events(judge, to);
	}
	verdict = json_pack("{s:s, s:[], s:s, s:s, s:s, s:I, s:s, s:s, s:i, s:s}", "clause", "HANG",
			    "clauses", "rule", "hang", "blame", "DEVICE", "level", "MUST", "cycle",
			    (json_int_t)cycle, "event", what, "expected",
			    reg ? "the device answers within its cycle budget"
				: "the device comes to rest within its cycle budget",
			    "device_status", (int)judge->status, "state", state);
	if (reg)
		json_object_set_new(verdict, "register", json_string(reg));
	if (judge->cfg.budget)
		json_object_set_new(verdict, "cycles", json_integer((json_int_t)judge->cfg.budget));
	if (judge->cfg.elapsed)
		json_object_set_new(verdict, "seconds", json_real(seconds));
	end_telling(judge, &telling, verdict, true);
	keep_verdict(judge, verdict, false);
}

static void hang(struct judge *judge, const struct bus_rec *rec)
{
	char reg[JUDGE_REG_MAX];

	judge->hangs++;
	for (unsigned i = 0; i < judge->ntold; i++)
		if (judge->told[i].space == rec->space && judge->told[i].index == rec->index &&
		    judge->told[i].addr == rec->addr)
			return;
	if (judge->ntold == HANGS_MAX)
		return;
	judge->told[judge->ntold++] = *rec;
	judge_reg_str(judge, rec->space, rec->index, rec->addr, reg);
	tell_hang(judge, rec->cycle, rec->op == BUS_READ ? "read of" : "write of", reg);
}

static void stalled(struct judge *judge, uint64_t cycle)
{
	stood_still(judge, judge->counted, cycle);
	judge->restless = true;
	observer_flush(judge->observer);
	tell_hang(judge, cycle, "the device does not come to rest", NULL);
}

/* Nor of that: the bus that a device speaks is its own affair, but it is to speak it. */
static void broken(struct judge *judge, uint64_t cycle, unsigned rule)
{
	const struct axi_rule *what = axi_rule(rule);
	struct telling telling;
	json_t *verdict;
	FILE *to;

	if (!what || !what->device)
		return;
	observer_flush(judge->observer);
	judge->against++;
	to = begin_telling(&telling);
	if (to) {
		fprintf(to, "  AXI  %s  DEVICE MUST  (AMBA AXI, %s)\n", what->name, what->section);
		fprintf(to, "    at cycle  %" PRIu64 "\n    expected  %s\n", cycle, what->text);
		fprintf(to, "    the last events, by cycle:\n");
		tell_last_events(judge, to);
	}
	verdict = json_pack("{s:s, s:[s], s:s, s:s, s:s, s:I, s:s, s:s}", "clause", "AXI",
			    "clauses", what->section, "rule", what->name, "blame", "DEVICE",
			    "level", "MUST", "cycle", (json_int_t)cycle, "event",
			    "a rule of AXI broken", "expected", what->text);
	end_telling(judge, &telling, verdict, true);
	keep_verdict(judge, verdict, false);
}

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
	judge->last[judge->nlast % LAST_EVENTS] = *ev;
	judge->last_cycle[judge->nlast++ % LAST_EVENTS] = cycle;
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
	struct ccsl_sink sink = { .ctx = judge, .verdict = on_verdict };
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

/* FNV-1a, 64 bits, of a file's bytes: tells specifications apart, resists nobody. */
static void hash_file(json_t *files, const char *path)
{
	uint64_t hash = 0xcbf29ce484222325ULL;
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	FILE *file;
	int c;

	if (json_object_get(files, name))
		return;
	file = fopen(path, "rb");
	if (!file)
		return;
	while ((c = getc(file)) != EOF)
		hash = (hash ^ (uint64_t)c) * 0x100000001b3ULL;
	fclose(file);
	json_object_set_new(files, name, json_sprintf("%016" PRIx64, hash));
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
		stood_still(judge, judge->begun, rec->cycle);
	else
		pass_to(judge, rec->cycle);
	if (rec->space == BUS_HOST && rec->addr == BUS_HOST_RESET)
		judge->stopped = judge->restless = false;
	observer_rec(judge->observer, rec);
	if (rec->resp == BUS_HANG)
		hang(judge, rec);
}

void judge_cue(struct judge *judge, const struct bus_rec *cue)
{
	if (cue->index != BUS_CUE_STALLED)
		pass_to(judge, cue->cycle);
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
		stalled(judge, cue->cycle);
		break;
	case BUS_CUE_BROKEN:
		broken(judge, cue->cycle, (unsigned)cue->data);
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
	pass_to(judge, cycle);
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

json_t *judge_specs(const struct judge *judge)
{
	json_t *files = json_object();

	hash_file(files, judge->cfg.spec);
	for (unsigned i = 0; i < ccsl_rules(judge->spec); i++)
		hash_file(files, ccsl_rule(judge->spec, i)->file);
	return files;
}

static json_t *hex(uint64_t val)
{
	return json_sprintf("0x%" PRIx64, val);
}

static void burndown_line(void *ctx, const struct burndown_line *line)
{
	static const char *const states[] = {
		[BURNDOWN_TOUCHED] = "touched",
		[BURNDOWN_NEVER] = "never",
		[BURNDOWN_ABSENT] = "not_modelled",
	};
	json_t *list = json_object_get(ctx, states[line->state]);

	if (line->state == BURNDOWN_NEVER)
		json_array_append_new(list, json_string(line->name));
	else
		json_array_append_new(list, json_pack("{s:s, s:I, s:I}", "name", line->name,
						      "reads", (json_int_t)line->reads, "writes",
						      (json_int_t)line->writes));
}

static json_t *burndown(const struct judge *judge)
{
	json_t *lists = json_pack("{s:[], s:[], s:[]}", "touched", "never", "not_modelled");

	burndown_each(judge->burndown, burndown_line, lists);
	return lists;
}

static json_t *waivers(const struct profile *profile)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < profile->n; i++) {
		const struct profile_waiver *w = &profile->waiver[i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:I}", "rule", w->rule,
						      "clause", w->clause, "driver", w->driver,
						      "evidence", w->evidence, "times",
						      (json_int_t)w->times));
	}
	return list;
}

/* Ids, as many a line as fit. */
static void tell_hidden(const json_t *ids, FILE *to)
{
	const json_t *id;
	int column = 0;
	size_t i;

	if (!json_array_size(ids))
		return;
	fprintf(to, "NOT OBSERVABLE in this session, and so neither kept nor broken: %zu clauses\n",
		json_array_size(ids));
	json_array_foreach(ids, i, id)
	{
		if (column > TELL_COLUMNS)
			column = fprintf(to, "\n") - 1;
		column += fprintf(to, "  %s", json_string_value(id));
	}
	fprintf(to, "\n");
}

void judge_tell_clauses(const json_t *report, FILE *to)
{
	const json_t *monitor = json_object_get(report, "monitor");
	const json_t *clauses = json_object_get(monitor, "clauses");
	const json_t *list = json_object_get(monitor, "waivers"), *w;
	size_t i;

	fprintf(to,
		"Of %zu clauses %zu were exercised, so that they could have been broken, and %zu "
		"never; %zu were broken, and advice of %zu was not taken.\n",
		json_array_size(json_object_get(clauses, "exercised")) +
			json_array_size(json_object_get(clauses, "never")),
		json_array_size(json_object_get(clauses, "exercised")),
		json_array_size(json_object_get(clauses, "never")),
		json_array_size(json_object_get(clauses, "violated")),
		json_array_size(json_object_get(clauses, "advised")));
	tell_hidden(json_object_get(clauses, "not_observable"), to);
	json_array_foreach(list, i, w) if (json_integer_value(json_object_get(w, "times"))) fprintf(
		to, "Waived by the profile %s, %" JSON_INTEGER_FORMAT " times: %s %s (%s: %s)\n",
		json_string_value(json_object_get(monitor, "profile")),
		json_integer_value(json_object_get(w, "times")),
		json_string_value(json_object_get(w, "clause")),
		json_string_value(json_object_get(w, "rule")),
		json_string_value(json_object_get(w, "driver")),
		json_string_value(json_object_get(w, "evidence")));
}

json_t *judge_report(const struct judge *judge)
{
	const struct observer_stats *bus = observer_stats(judge->observer);
	struct ccsl_count count;
	json_t *report, *monitor;

	ccsl_count(judge->monitor, &count);
	report = json_pack("{s:s, s:s, s:i, s:O, s:{s:o, s:o}, s:{s:I},"
			   " s:{s:i, s:I, s:I, s:O, s:I}, s:{s:I, s:I, s:I, s:I, s:I}}",
			   "name", judge->cfg.name, "verdict",
			   judge->against ? "violations" : "conforms", "exit",
			   judge->against ? 1 : 0, "lifecycle", judge->steps, "features", "offered",
			   hex(judge->offered), "negotiated", hex(judge->negotiated), "balloon",
			   "target_pages", (json_int_t)judge->target, "monitor", "constraints",
			   (int)count.constraints, "instants", (json_int_t)count.instants, "events",
			   (json_int_t)count.events, "verdicts", judge->verdicts, "waived",
			   (json_int_t)count.waived, "bus", "reads", (json_int_t)bus->reads,
			   "writes", (json_int_t)bus->writes, "dma_read_bytes",
			   (json_int_t)bus->dma_read_bytes, "dma_written_bytes",
			   (json_int_t)bus->dma_written_bytes, "irqs", (json_int_t)bus->irqs);
	json_object_set_new(report, "burndown", burndown(judge));
	monitor = json_object_get(report, "monitor");
	json_object_set_new(monitor, "advice", json_integer(judge->advice));
	json_object_set_new(monitor, "profile",
			    json_string(judge->cfg.profile ? judge->cfg.profile : PROFILE_STRICT));
	json_object_set_new(monitor, "waivers", waivers(&judge->profile));
	json_object_set_new(
		monitor, "clauses",
		coverage_report(judge->spec, judge->monitor, judge->said, judge->blind));
	return report;
}
