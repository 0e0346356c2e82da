/* SPDX-License-Identifier: MIT */
/*
 * What recording costs, and what a recording is good for; commands as a user gives them:
 *
 *   recording     elapsed time of a long run of the C driver, recorded against not recorded
 *   waves_window  seconds for a window of +-500 cycles at the end of 10 million cycles: the whole
 *                 session is run again for it
 *
 * Sides alternate; each figure is a median. usage: bench_record OUT.json [RUNS [KEY]]
 */
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/cmd_rig.h"
#include "tests/lib/bench.h"

#define GOAL_SECONDS 10.0
#define VIOLATIONS   1 /* exit status of a run with verdicts */

extern char **environ;

struct paths {
	char program[PATH_MAX], dir[32], trace[64], fst[64];
};

/* Seconds that `vcosim ARGS` takes, its output thrown away; *cpu: of processor time, or NULL. */
static double run(const struct paths *p, const char *const *args, int expected, double *cpu)
{
	posix_spawn_file_actions_t quiet;
	double from = bench_seconds();
	struct rusage used;
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (posix_spawn(&pid, p->program, &quiet, NULL, (char *const *)args, environ) ||
	    wait4(pid, &status, 0, &used) != pid || !WIFEXITED(status) ||
	    WEXITSTATUS(status) != expected)
		bench_die(args[1]);
	posix_spawn_file_actions_destroy(&quiet);
	if (cpu)
		*cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
		       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
	return bench_seconds() - from;
}

static double recorded(void *ctx)
{
	const struct paths *p = ctx;
	const char *const args[] = { "vcosim", "drive",   "--lives", "100", "--target",
				     "48",     "--trace", p->trace,  NULL };

	return run(p, args, 0, NULL);
}

static double not_recorded(void *ctx)
{
	static const char *const args[] = { "vcosim",   "drive", "--lives", "100",
					    "--target", "48",    NULL };

	return run(ctx, args, 0, NULL);
}

static void measure_window(struct bench *b, const struct paths *p)
{
	const char *const make[] = { "vcosim",   "drive",  "--lives",    "340",
				     "--target", "48",     "--scenario", "skip-features-ok-reread",
				     "--trace",  p->trace, NULL };
	const char *const look[] = { "vcosim",    "waves",    p->trace, "--around",
				     "verdict:1", "--before", "500",    "--after",
				     "500",       "-o",       p->fst,   NULL };
	double took[BENCH_RUNS_MAX], cpu[BENCH_RUNS_MAX], median;
	char text[120];

	run(p, make, VIOLATIONS, NULL);
	for (unsigned i = 0; i < b->runs; i++)
		took[i] = run(p, look, 0, &cpu[i]);
	median = bench_median(took, b->runs);
	snprintf(text, sizeof(text),
		 "%.1f s (%.1f s of a processor) for a window at the end of 10 million cycles, "
		 "goal < %.0f",
		 median, bench_median(cpu, b->runs), GOAL_SECONDS);
	bench_figure(b, "waves_window", text, median < GOAL_SECONDS,
		     json_pack("{s:f, s:f, s:f, s:i}", "seconds", median, "cpu_seconds",
			       bench_median(cpu, b->runs), "goal", GOAL_SECONDS, "runs",
			       (int)b->runs));
}

static const struct bench_pair recording = { .key = "recording",
					     .unit = "s",
					     .ours = { "recorded", recorded },
					     .baseline = { "not recorded", not_recorded },
					     .goal = 1.05 };

int main(int argc, char **argv)
{
	struct paths p = { .dir = "/tmp/vcosim-bench-XXXXXX" };
	const char *only = argc > 3 ? argv[3] : NULL;
	struct bench b;

	bench_open(&b, argc, argv);
	if (!rig_find("vcosim", p.program, sizeof(p.program)) || !mkdtemp(p.dir))
		bench_die("finding vcosim, or a folder");
	snprintf(p.trace, sizeof(p.trace), "%s/trace", p.dir);
	snprintf(p.fst, sizeof(p.fst), "%s/w.fst", p.dir);
	if (!only || !strcmp(only, recording.key))
		bench_compare(&b, &recording, &p);
	if (!only || !strcmp(only, "waves_window"))
		measure_window(&b, &p);
	unlink(p.trace);
	unlink(p.fst);
	snprintf(p.fst, sizeof(p.fst), "%s/w.gtkw", p.dir);
	unlink(p.fst);
	rmdir(p.dir);
	return bench_close(&b);
}
