/* SPDX-License-Identifier: MIT */
/*
 * What the whole specification takes of a guest's run, in per cent of its time: a kernel boots,
 * loads the driver, is told to fill the balloon and to empty it, and unloads. The session is
 * recorded, and judged again without a guest: by the specification, and by one without rules, which
 * leaves what the bus observer takes. The difference, against what the run took.
 *
 *   monitor_share       of the whole run
 *   monitor_share_busy  of the part in which nothing but the balloon is at work
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/cmd_machine.h"
#include "bridge/guestdir.h"
#include "sim/cmd_judge.h"
#include "sim/cmd_rig.h"
#include "sim/trace_read.h"
#include "tests/lib/bench.h"

#define PAGES      (64U << 8)
#define BALLOON_MS 120000
#define AGAIN      5 /* times that a session is judged: the least counts */
#define GOAL       5.0

static const char series[] = "6.12";

struct times {
	double run, busy, full, bare; /* seconds */
};

/* A guest's life with a balloon of 64 MiB. */
static void guest_run(const char *dir, const char *trace, struct times *t)
{
	char guests[PATH_MAX], kernel[PATH_MAX], initrd[PATH_MAX];
	struct machine_config cfg = { .name = "bench-share", .trace = trace, .dir = dir };
	struct machine_guest guest = { .kernel = kernel,
				       .initrd = initrd,
				       .append = "console=ttyS0 quiet panic=-1",
				       .memory_mib = 256,
				       .agent = true };
	struct machine *m;

	if (guestdir_find(guests))
		bench_die("finding the guest files");
	guestdir_path(kernel, guests, "kernel-%s/vmlinuz", series);
	guestdir_path(initrd, guests, "initramfs-%s.cpio", series);
	t->run = bench_seconds();
	m = machine_new(&cfg);
	if (!m || machine_boot(m, &guest) || machine_call(m, NULL, 0, "load"))
		bench_die("boot and load");
	t->busy = bench_seconds();
	if (machine_balloon(m, PAGES, BALLOON_MS) || machine_balloon(m, 0, BALLOON_MS))
		bench_die("fill and empty the balloon");
	t->busy = bench_seconds() - t->busy;
	if (machine_call(m, NULL, 0, "unload"))
		bench_die("unload");
	t->run = bench_seconds() - t->run;
	machine_free(m);
}

static double judge(const struct trace_log *log, const char *spec)
{
	double least = 0;

	for (unsigned i = 0; i < AGAIN; i++) {
		struct judge_config cfg = { .name = "bench", .spec = spec };
		struct judge *judge = judge_new(&cfg);
		double cpu;

		if (!judge)
			bench_die(spec);
		cpu = bench_cpu();
		judge_log(judge, log);
		cpu = bench_cpu() - cpu;
		least = i && least < cpu ? least : cpu;
		judge_free(judge);
	}
	return least;
}

/* A specification without rules, of the same events. */
static void write_bare(const char *path, const char *events)
{
	FILE *f = fopen(path, "w");

	if (!f || fprintf(f, "Import \"%s\"\n", events) < 0 || fclose(f))
		bench_die(path);
}

static void measure(const char *dir, struct times *t)
{
	char trace[PATH_MAX], bare[PATH_MAX], spec[PATH_MAX], events[PATH_MAX];
	struct trace_log log;

	snprintf(trace, sizeof(trace), "%s/share.trace", dir);
	snprintf(bare, sizeof(bare), "%s/bare.ccsl", dir);
	if (!rig_find("specs/virtio.ccsl", spec, sizeof(spec)) ||
	    !rig_find("specs/events.ccsl", events, sizeof(events)))
		bench_die("finding specs/");
	write_bare(bare, events);
	guest_run(dir, trace, t);
	if (trace_load(trace, &log))
		bench_die(log.why);
	t->full = judge(&log, spec);
	t->bare = judge(&log, bare);
	trace_unload(&log);
}

static void tell(struct bench *b, const char *key, const double *percent,
		 const double *with_observer)
{
	double median = bench_median(percent, b->runs), both = bench_median(with_observer, b->runs);
	char text[160];

	snprintf(text, sizeof(text),
		 "%.2f %% of a guest's time is the specification's, %.2f with the observer; goal "
		 "<= %.0f",
		 median, both, GOAL);
	bench_figure(b, key, text, median <= GOAL,
		     json_pack("{s:f, s:f, s:f, s:i}", "percent", median, "with_observer", both,
			       "goal", GOAL, "runs", (int)b->runs));
}

int main(int argc, char **argv)
{
	double run[BENCH_RUNS_MAX], run_both[BENCH_RUNS_MAX], busy[BENCH_RUNS_MAX],
		busy_both[BENCH_RUNS_MAX];
	char dir[] = "/tmp/vcosim-bench-XXXXXX", command[64];
	struct bench b;

	bench_open(&b, argc, argv);
	if (!mkdtemp(dir))
		bench_die("mkdtemp");
	for (unsigned i = 0; i < b.runs; i++) {
		struct times t;

		measure(dir, &t);
		run[i] = 100 * (t.full - t.bare) / t.run;
		run_both[i] = 100 * t.full / t.run;
		busy[i] = 100 * (t.full - t.bare) / t.busy;
		busy_both[i] = 100 * t.full / t.busy;
	}
	tell(&b, "monitor_share", run, run_both);
	tell(&b, "monitor_share_busy", busy, busy_both);
	snprintf(command, sizeof(command), "rm -r '%s'", dir);
	if (system(command))
		bench_die(command);
	return bench_close(&b);
}
