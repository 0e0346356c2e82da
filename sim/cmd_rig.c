/* SPDX-License-Identifier: MIT */
#include "sim/cmd_rig.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/axi_rules.h"
#include "sim/build.h"
#include "sim/cmd_judge.h"
#include "sim/mem.h"
#include "sim/mutant.h"
#include "sim/trace.h"

#define RIG_STATS 10 /* tags of 5.5.6.4 */

struct rig {
	struct rig_config cfg;
	struct dut dut;
	struct dev_sink front;
	struct dev *dev;
	struct judge *judge;
	struct trace *trace;
	char trace_path[PATH_MAX];
	struct mutant *mutant; /* what the bus is made to show, or NULL: the truth */
	struct reclaim reclaim;
	char spec_path[PATH_MAX];
	uint32_t actual;
	uint32_t stats; /* bit n: tag n was told */
	uint64_t stat[RIG_STATS];
};

bool rig_find(const char *name, char *path, size_t len)
{
	/* An installed program; one in the build folder, its tests/, or SAN=1's below that. */
	static const char *const up[] = { ".",     "..",       "../share/vcosim",
					  "../..", "../../..", "../../../.." };
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

bool rig_dut(const char *name, struct dut *dut)
{
	char why[DUT_ERR];

	if (dut_find(name ? name : DEV_DUT, dut, why))
		return true;
	fprintf(stderr, "vcosim: %s\n", why);
	return false;
}

bool rig_spec(const struct dut *dut, char *path, size_t len)
{
	char name[PATH_MAX];

	dut_spec(dut, name, sizeof(name));
	if (!name[0]) {
		fprintf(stderr,
			"vcosim: %s: expected spec = \"FILE\", and make DUT=%s after it: there is "
			"none for devices of type %u\n",
			dut->path, dut->path, dut->device);
		return false;
	}
	if (name[0] == '/') {
		snprintf(path, len, "%s", name);
		return true;
	}
	if (rig_find(name, path, len))
		return true;
	fprintf(stderr, "vcosim: %s not found near the program\n", name);
	return false;
}

bool rig_spec_of(const char *name, char *path, size_t len)
{
	char why[DUT_ERR];
	struct dut dut;

	if (!name || !dut_find(name, &dut, why))
		return rig_dut(NULL, &dut) && rig_spec(&dut, path, len);
	return rig_spec(&dut, path, len);
}

/* --- what the bus tells ------------------------------------------------------------- */

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

static void note_cue(struct rig *rig, const struct bus_rec *cue)
{
	if (rig->trace)
		trace_rec(rig->trace, cue);
	judge_cue(rig->judge, cue);
}

static void on_cue(void *ctx, const struct bus_rec *cue)
{
	struct rig *rig = ctx;

	note_cue(rig, cue);
	if (rig->front.cue)
		rig->front.cue(rig->front.ctx, cue);
}

/* What was before it has been noted. */
static uint64_t now(struct rig *rig)
{
	if (!rig->dev)
		return 0;
	dev_catch_up(rig->dev);
	return dev_cycle(rig->dev);
}

static void on_window(void *ctx, const struct mem_window *win, bool map)
{
	struct rig *rig = ctx;
	struct bus_rec cue = mem_window_cue(win, map, now(rig));

	note_cue(rig, &cue);
}

static void told_rec(void *ctx, const struct bus_rec *rec)
{
	struct rig *rig = ctx;

	if (rig->trace)
		trace_rec(rig->trace, rec);
	judge_rec(rig->judge, rec);
	if (rig->front.rec)
		rig->front.rec(rig->front.ctx, rec);
}

static void on_rec(void *ctx, const struct bus_rec *rec)
{
	struct rig *rig = ctx;

	if (rig->mutant)
		mutant_rec(rig->mutant, rec);
	else
		told_rec(rig, rec);
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

static void on_stat(void *ctx, uint16_t tag, uint64_t value)
{
	struct rig *rig = ctx;

	if (tag < RIG_STATS) {
		rig->stat[tag] = value;
		rig->stats |= 1U << tag;
	}
	if (rig->front.stat)
		rig->front.stat(rig->front.ctx, tag, value);
}

static void on_range(void *ctx, const struct dev_range *range)
{
	struct rig *rig = ctx;

	reclaim_range(&rig->reclaim, range);
	if (rig->front.range)
		rig->front.range(rig->front.ctx, range);
}

static void on_hint(void *ctx, uint32_t id)
{
	struct rig *rig = ctx;

	if (rig->front.hint)
		rig->front.hint(rig->front.ctx, id);
}

static void on_settle(void *ctx)
{
	struct rig *rig = ctx;

	reclaim_flush(&rig->reclaim);
}

static void on_verdict(void *ctx, const json_t *verdict)
{
	const struct rig *rig = ctx;

	if (rig->cfg.verdict)
		rig->cfg.verdict(rig->cfg.verdict_ctx, verdict);
}

static void on_state(void *ctx, char *buf, size_t len)
{
	const struct rig *rig = ctx;

	dev_ports_str(rig->dev, buf, len);
}

static uint64_t on_elapsed(void *ctx)
{
	const struct rig *rig = ctx;

	return rig->cfg.elapsed(rig->cfg.verdict_ctx);
}

/* The guest may be idle for long now: what there is to tell is told. */
static void on_pause(void *ctx)
{
	struct rig *rig = ctx;

	judge_flush(rig->judge);
}

/* A rule that is the testbench's to keep is an error of ours, and no session goes on from it. */
static void on_broken(void *ctx, unsigned rule)
{
	struct rig *rig = ctx;
	const struct axi_rule *what = axi_rule(rule);
	struct bus_rec cue = { .cycle = dev_cycle(rig->dev),
			       .data = rule,
			       .space = BUS_CUE,
			       .index = BUS_CUE_BROKEN };

	if (!what->device) {
		fprintf(stderr, "vcosim: cycle %" PRIu64 ": bug: AXI %s, %s: expected that %s\n",
			cue.cycle, what->section, what->name, what->text);
		abort();
	}
	on_cue(rig, &cue);
}

/* --- making and ending ---------------------------------------------------------------- */

/* Without it no replay would meet the same neighbours. */
static void note_skew(const struct skew *skew, json_t *to)
{
	if (skew->on)
		json_object_set_new(to, "skew",
				    json_pack("{s:o, s:I}", "seed",
					      json_sprintf("0x%" PRIx64, skew->seed), "errors",
					      (json_int_t)skew->errors));
}

static bool open_trace(struct rig *rig)
{
	const struct dev_config *dev = &rig->cfg.dev;
	const char *dut = rig->dut.name;
	const struct mem_window *win;
	json_t *header;
	char *text;
	int err;

	if (!rig->trace_path[0])
		return true;
	header = json_pack(
		"{s:i, s:s, s:s, s:s, s:o, s:o, s:b, s:I}", "schema", 2, "run", rig->cfg.name,
		"dut", dut, "rtl", build_rtl(dut), "spec", judge_specs(rig->judge), "features",
		json_sprintf("0x%" PRIx64, dev->features), "dense", dev->dense, "cycle_budget",
		(json_int_t)(dev->cycle_budget ? dev->cycle_budget : DEV_CYCLE_BUDGET));
	note_skew(&dev->skew, header);
	text = json_dumps(header, JSON_COMPACT);
	err = trace_create(rig->trace_path, text, &rig->trace);
	free(text);
	json_decref(header);
	if (err)
		fprintf(stderr, "vcosim: %s: cannot record: %s\n", rig->trace_path, strerror(-err));
	for (unsigned n = 0; !err && (win = mem_at(rig->cfg.mem, n)); n++)
		on_window(rig, win, true);
	if (!err)
		mem_watch(rig->cfg.mem, on_window, rig);
	return !err;
}

static bool open_judge(struct rig *rig)
{
	struct judge_config cfg = { .name = rig->cfg.name,
				    .spec = rig->cfg.spec,
				    .story = rig->cfg.story,
				    .waive = rig->cfg.waive,
				    .profile = rig->cfg.profile,
				    .ctx = rig,
				    .read = on_read,
				    .snoop = on_snoop,
				    .verdict = on_verdict,
				    .state = on_state,
				    .elapsed = rig->cfg.elapsed ? on_elapsed : NULL,
				    .budget = rig->cfg.dev.cycle_budget };

	if (!cfg.budget)
		cfg.budget = DEV_CYCLE_BUDGET;
	if (!cfg.spec && !rig_spec(&rig->dut, rig->spec_path, sizeof(rig->spec_path)))
		return false;
	if (!cfg.spec)
		cfg.spec = rig->spec_path;
	rig->judge = judge_new(&cfg);
	return rig->judge != NULL;
}

struct rig *rig_new(const struct rig_config *cfg)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	struct dev_sink sink = { .ctx = rig,
				 .rec = on_rec,
				 .cue = on_cue,
				 .intx = on_intx,
				 .msix = on_msix,
				 .message = on_message,
				 .page = on_page,
				 .stat = on_stat,
				 .range = on_range,
				 .hint = on_hint,
				 .settle = on_settle,
				 .pause = on_pause,
				 .broken = on_broken };
	const char *err = "out of memory";

	if (!rig)
		return NULL;
	rig->cfg = *cfg;
	if (cfg->front)
		rig->front = *cfg->front;
	snprintf(rig->trace_path, sizeof(rig->trace_path), "%s", cfg->trace ? cfg->trace : "");
	rig->reclaim.mem = cfg->backing ? cfg->backing : cfg->mem;
	if (!rig_dut(cfg->dev.dut, &rig->dut) || !open_judge(rig) || !open_trace(rig)) {
		rig_free(rig);
		return NULL;
	}
	if (cfg->fault) {
		struct mutant_sink told = { .ctx = rig, .rec = told_rec };

		rig->mutant = mutant_new(cfg->fault, &told);
		if (!rig->mutant) {
			fprintf(stderr, "vcosim: no device fault '%s'\n", cfg->fault);
			rig_free(rig);
			return NULL;
		}
	}
	rig->dev = dev_new(&cfg->dev, cfg->mem, &sink, &err);
	if (!rig->dev) {
		fprintf(stderr, "vcosim: %s: %s\n", rig->dut.path, err);
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
	if (rig->trace)
		mem_watch(rig->cfg.mem, NULL, NULL);
	trace_close(rig->trace);
	judge_free(rig->judge);
	mutant_free(rig->mutant);
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
		*port = cfg->early ? port_of_dev_early(rig->dev) : port_of_dev(rig->dev);
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

bool rig_is_mmio(const struct rig *rig)
{
	return rig->dut.transport == DUT_MMIO;
}

bool rig_transport(const char *name, const char **dut)
{
	if (strcmp(name, "pci") && strcmp(name, "mmio"))
		return false;
	*dut = strcmp(name, "mmio") ? DEV_DUT : "balloon-mmio";
	return true;
}

const struct reclaim *rig_reclaim(const struct rig *rig)
{
	return &rig->reclaim;
}

uint32_t rig_shown(const struct rig *rig, uint32_t val)
{
	return rig->mutant ? mutant_shown(rig->mutant, val) : val;
}

uint64_t rig_negotiated(const struct rig *rig)
{
	return judge_negotiated(rig->judge);
}

unsigned rig_verdicts(const struct rig *rig)
{
	return judge_verdicts(rig->judge);
}

void rig_stalled(struct rig *rig)
{
	struct bus_rec cue = { .cycle = now(rig), .space = BUS_CUE, .index = BUS_CUE_STALLED };

	note_cue(rig, &cue);
}

char *rig_reg_str(const struct rig *rig, struct dev_reg reg, char buf[RIG_REG_MAX])
{
	_Static_assert(RIG_REG_MAX == JUDGE_REG_MAX, "one buffer for both");
	return judge_reg_str(rig->judge, reg.space, reg.bar, reg.addr, buf);
}

void rig_poll(struct rig *rig)
{
	if (rig->trace)
		trace_poll(rig->trace);
}

void rig_note(struct rig *rig, const char *name, json_t *value)
{
	json_t *note = json_pack("{s:o}", name, value);
	char *text = json_dumps(note, JSON_COMPACT);

	if (rig->trace && text)
		trace_note(rig->trace, text);
	free(text);
	json_decref(note);
}

/* The last words of a trace: that the session was ended, and what came of it. */
static int end_trace(struct rig *rig)
{
	struct bus_rec end = { .cycle = now(rig), .space = BUS_CUE, .index = BUS_CUE_END };
	int err;

	if (!rig->trace)
		return 0;
	mem_watch(rig->cfg.mem, NULL, NULL);
	note_cue(rig, &end);
	rig_note(rig, "result", rig_report(rig));
	err = trace_close(rig->trace);
	rig->trace = NULL;
	return err;
}

int rig_end(struct rig *rig)
{
	int err;

	rig->actual = dev_actual(rig->dev);
	judge_end(rig->judge, now(rig));
	err = end_trace(rig);
	if (err)
		fprintf(stderr, "vcosim: %s: the trace is incomplete: %s\n", rig->trace_path,
			strerror(-err));
	return err;
}

/* What the guest last said, by the names of 5.5.6.4. */
static json_t *stats(const struct rig *rig)
{
	static const char *const name[RIG_STATS] = { "swap_in",    "swap_out", "majflt",
						     "minflt",     "memfree",  "memtot",
						     "avail",      "caches",   "htlb_pgalloc",
						     "htlb_pgfail" };
	json_t *all = json_object();

	for (unsigned i = 0; i < RIG_STATS; i++)
		if (rig->stats >> i & 1)
			json_object_set_new(all, name[i], json_integer((json_int_t)rig->stat[i]));
	return all;
}

json_t *rig_report(const struct rig *rig)
{
	json_t *report = judge_report(rig->judge);
	const struct dut *dut = &rig->dut;

	note_skew(&rig->cfg.dev.skew, report);
	json_object_set_new(report, "dut",
			    json_pack("{s:s, s:s, s:i, s:b}", "name", dut->name, "transport",
				      dut->transport == DUT_PCI ? "pci" : "mmio", "type",
				      (int)dut->device, "sidebands", dut->sidebands));
	if (!dut->balloon) {
		json_object_del(report, "balloon");
		return report;
	}
	json_object_update_new(
		json_object_get(report, "balloon"),
		json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "actual_pages",
			  (json_int_t)rig->actual, "inflated", (json_int_t)rig->reclaim.inflated,
			  "deflated", (json_int_t)rig->reclaim.deflated, "host_bytes_returned",
			  (json_int_t)rig->reclaim.returned, "hinted_bytes",
			  (json_int_t)rig->reclaim.hinted, "reported_bytes",
			  (json_int_t)rig->reclaim.reported, "free_bytes_returned",
			  (json_int_t)rig->reclaim.returned_free, "stats", stats(rig)));
	return report;
}
