/* SPDX-License-Identifier: MIT */
/*
 * What a guest feels, against baselines that are as good as we can make them:
 *
 *   mmio_read       a register read from a guest program: RTL with monitor and recording on,
 *                   against the same server over a plain C register array
 *   mmio_polling    the same RTL and server, which polls the socket while a guest is busy,
 *                   against one that sleeps between messages
 *   posted_write    a register write, likewise against the array: what the guest waits for. A read
 *                   goes before each: QEMU takes a write that comes while another one is under
 *                   way into the same message, which costs a tenth and makes two modes of it
 *   posted_writes   20,000 of them until the last is done: what the device takes, which no
 *                   guest waits for. A figure without a goal
 *   boot            from QEMU's start to DRIVER_OK, against QEMU's own virtio-balloon-pci
 *   inflate_256MiB  and deflate: 256 MiB of balloon in a 512 MiB guest, likewise; same
 *                   kernel, driver and memory backend
 *   replay          a guest's whole session, that one, against its replay without QEMU and guest
 *   idle            processor time of a server whose guest is idle
 *
 * Sides alternate; each figure is a median. What an access takes differs from boot to boot by
 * more than is looked for, so there are more of those. usage: bench_guest OUT.json [RUNS [KEY]]
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/agent.h"
#include "bridge/cmd_machine.h"
#include "bridge/guestdir.h"
#include "sim/cmd_rig.h"
#include "tests/lib/array_backend.h"
#include "tests/lib/bench.h"

#define ACCESSES      20000
#define INFLATE_MIB   256
#define INFLATE_PAGES (INFLATE_MIB << 8)
#define IDLE_MS       5000
#define IDLE_GOAL     2.0 /* per cent */

static const char series[] = "6.1";

/* As Debian boots it, pages zeroed when they are allocated, but for what measuring needs. */
static const char append[] = "console=ttyS0 quiet panic=-1 iomem=relaxed";

static struct machine *boot(struct machine_config *cfg, const char *dir, unsigned memory_mib)
{
	char guests[PATH_MAX], kernel[PATH_MAX], initrd[PATH_MAX];
	struct machine_guest guest = { .kernel = kernel,
				       .initrd = initrd,
				       .append = append,
				       .memory_mib = memory_mib,
				       .agent = true };
	struct machine *m;

	if (guestdir_find(guests))
		bench_die("finding the guest files");
	guestdir_path(kernel, guests, "kernel-%s/vmlinuz", series);
	guestdir_path(initrd, guests, "initramfs-%s.cpio", series);
	cfg->dir = dir;
	m = machine_new(cfg);
	if (!m || machine_boot(m, &guest))
		bench_die(cfg->name);
	return m;
}

/* --- registers ---------------------------------------------------------------------------- */

/* A guest that does `verb` to num_queues (virtio 1.4, 4.1.4.3), BAR 0 + 0x12; what it says. */
static void access_reg(const char *verb, bool rtl, bool blocking, const char *how, const char *dir,
		       char reply[512])
{
	char trace[PATH_MAX], request[64];
	struct machine_config cfg = { .name = rtl ? "bench-rtl" : "bench-array",
				      .blocking = blocking };
	struct array_backend array;
	struct machine *m;

	if (rtl) {
		snprintf(trace, sizeof(trace), "%s/bench-rtl.trace", dir);
		cfg.trace = trace;
	} else {
		array_backend_init(&array);
		cfg.backend = &array.be;
	}
	m = boot(&cfg, dir, 256);
	snprintf(request, sizeof(request), "%s 0 0x12 %u 2%s", verb, ACCESSES, how);
	if (machine_call(m, reply, 512, request))
		bench_die(request);
	machine_free(m);
}

static double p50(const char *verb, bool rtl, bool blocking, const char *how, const char *dir)
{
	char reply[512];

	access_reg(verb, rtl, blocking, how, dir, reply);
	return (double)agent_number(reply, "p50_ns", 0) / 1000;
}

/* An access, the last one's end included: what posted writes cost in the end. */
static double mean(const char *verb, bool rtl, const char *dir)
{
	char reply[512];

	access_reg(verb, rtl, false, "", dir, reply);
	return (double)agent_number(reply, "total_ns", 0) / 1000 / ACCESSES;
}

static double read_rtl(void *dir)
{
	return p50("mmio-read", true, false, "", dir);
}

static double read_array(void *dir)
{
	return p50("mmio-read", false, false, "", dir);
}

static double read_blocking(void *dir)
{
	return p50("mmio-read", true, true, "", dir);
}

static double write_rtl(void *dir)
{
	return p50("mmio-write", true, false, " apart", dir);
}

static double write_array(void *dir)
{
	return p50("mmio-write", false, false, " apart", dir);
}

static void measure_writes(struct bench *b, const char *dir)
{
	double rtl[BENCH_RUNS_MAX], array[BENCH_RUNS_MAX], ours, theirs;

	for (unsigned i = 0; i < b->runs; i++) {
		rtl[i] = mean("mmio-write", true, dir);
		array[i] = mean("mmio-write", false, dir);
	}
	ours = bench_median(rtl, b->runs);
	theirs = bench_median(array, b->runs);
	printf("posted_writes  %u in a row: RTL %.4g us each, C register array %.4g (medians of "
	       "%u)\n",
	       ACCESSES, ours, theirs, b->runs);
	fflush(stdout);
	json_object_set_new(b->report, "posted_writes",
			    json_pack("{s:s, s:f, s:f, s:i}", "unit", "us", "value", ours,
				      "baseline_value", theirs, "runs", (int)b->runs));
}

/* --- booting ---------------------------------------------------------------------------------- */

/* From QEMU's start to the moment that the driver has probed the device. */
static double boot_and_load(struct machine_config *cfg, const char *dir)
{
	double start = bench_seconds(), took;
	struct machine *m = boot(cfg, dir, 256);

	if (machine_call(m, NULL, 0, "load"))
		bench_die("load");
	took = bench_seconds() - start;
	machine_free(m);
	return took;
}

static double boot_rtl(void *dir)
{
	char trace[PATH_MAX];
	struct machine_config cfg = { .name = "bench-rtl", .trace = trace };

	snprintf(trace, sizeof(trace), "%s/bench-rtl.trace", (char *)dir);
	return boot_and_load(&cfg, dir);
}

static double boot_qemu(void *dir)
{
	struct machine_config cfg = { .name = "bench-qemu", .own_balloon = true };

	return boot_and_load(&cfg, dir);
}

/* --- inflating and deflating ------------------------------------------------------------------ */

static double inflate_rtl(void *dir)
{
	char trace[PATH_MAX];
	struct machine_config cfg = { .name = "bench-rtl", .trace = trace };
	struct machine *m;
	double start, took;

	snprintf(trace, sizeof(trace), "%s/bench-rtl.trace", (char *)dir);
	m = boot(&cfg, dir, 512);
	if (machine_call(m, NULL, 0, "load"))
		bench_die("load");
	start = bench_seconds();
	if (machine_balloon(m, INFLATE_PAGES, 120000) || machine_balloon(m, 0, 120000))
		bench_die("inflate");
	took = bench_seconds() - start;
	machine_free(m);
	return took;
}

/* One QMP command and its answer; events are passed over. */
static json_t *qmp(int fd, const char *command)
{
	char text[8192];
	size_t n = 0;

	if (dprintf(fd, "%s\n", command) < 0)
		bench_die(command);
	for (;;) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };

		if (poll(&wait, 1, 10000) != 1 || n == sizeof(text) - 1 ||
		    read(fd, text + n, 1) != 1)
			bench_die(command);
		if (text[n++] != '\n')
			continue;
		text[n] = '\0';
		n = 0;
		json_t *answer = json_loads(text, 0, NULL);

		if (json_object_get(answer, "return"))
			return answer;
		if (json_object_get(answer, "error"))
			bench_die(text);
		json_decref(answer);
	}
}

static json_int_t qmp_actual(int fd)
{
	json_t *answer = qmp(fd, "{\"execute\":\"query-balloon\"}");
	json_int_t actual =
		json_integer_value(json_object_get(json_object_get(answer, "return"), "actual"));

	json_decref(answer);
	return actual;
}

static void qmp_balloon(int fd, json_int_t target)
{
	double start = bench_seconds();
	char command[128];

	snprintf(command, sizeof(command),
		 "{\"execute\":\"balloon\",\"arguments\":{\"value\":%lld}}", (long long)target);
	json_decref(qmp(fd, command));
	while (qmp_actual(fd) != target) {
		if (bench_seconds() - start > 120)
			bench_die("inflate");
		poll(NULL, 0, 2);
	}
}

static double inflate_qemu(void *dir)
{
	struct machine_config cfg = { .name = "bench-qemu", .own_balloon = true };
	struct machine *m = boot(&cfg, dir, 512);
	int fd = qemu_qmp(machine_qemu(m));
	double start, took;

	json_decref(qmp(fd, "{\"execute\":\"qmp_capabilities\"}"));
	if (machine_call(m, NULL, 0, "load"))
		bench_die("load");
	start = bench_seconds();
	qmp_balloon(fd, (json_int_t)(512 - INFLATE_MIB) << 20);
	qmp_balloon(fd, (json_int_t)512 << 20);
	took = bench_seconds() - start;
	machine_free(m);
	return took;
}

/* --- replaying ---------------------------------------------------------------------------- */

/* All of it: booting, the driver's start, inflating and deflating, the end. */
static double session_live(void *dir)
{
	double from = bench_seconds();

	inflate_rtl(dir);
	return bench_seconds() - from;
}

/* The last one's trace. */
static double session_replay(void *dir)
{
	char program[PATH_MAX], command[2 * PATH_MAX];
	double from;

	if (!rig_find("vcosim", program, sizeof(program)))
		bench_die("finding vcosim");
	snprintf(command, sizeof(command), "'%s' replay '%s/bench-rtl.trace' >/dev/null", program,
		 (char *)dir);
	from = bench_seconds();
	if (system(command))
		bench_die(command);
	return bench_seconds() - from;
}

/* --- idling ------------------------------------------------------------------------------------
 */

static bool never(void *ctx)
{
	(void)ctx;
	return false;
}

/* Per cent of a processor that this process, the server, takes with a guest that is idle. */
static double idle(const char *dir)
{
	char trace[PATH_MAX];
	struct machine_config cfg = { .name = "bench-rtl", .trace = trace };
	struct machine *m;
	double start, cpu;

	snprintf(trace, sizeof(trace), "%s/bench-rtl.trace", dir);
	m = boot(&cfg, dir, 256);
	if (machine_call(m, NULL, 0, "load") || machine_balloon(m, 1024, 120000))
		bench_die("load");
	machine_wait(m, 1000, never, NULL); /* what the driver had left to do */
	start = bench_seconds();
	cpu = bench_cpu();
	machine_wait(m, IDLE_MS, never, NULL);
	cpu = 100 * (bench_cpu() - cpu) / (bench_seconds() - start);
	machine_free(m);
	return cpu;
}

static void measure_idle(struct bench *b, const char *dir)
{
	double percent[BENCH_RUNS_MAX], median;
	char text[100];

	for (unsigned i = 0; i < b->runs; i++)
		percent[i] = idle(dir);
	median = bench_median(percent, b->runs);
	snprintf(text, sizeof(text), "%.2f %% of a processor with an idle guest, goal <= %.0f",
		 median, IDLE_GOAL);
	bench_figure(b, "idle", text, median <= IDLE_GOAL,
		     json_pack("{s:f, s:f, s:i}", "percent", median, "goal", IDLE_GOAL, "runs",
			       (int)b->runs));
}

static const struct bench_pair pairs[] = {
	{ .key = "mmio_read",
	  .unit = "us",
	  .ours = { "RTL", read_rtl },
	  .baseline = { "C register array", read_array },
	  .goal = 1.05,
	  .times = 5 },
	{ .key = "mmio_polling",
	  .unit = "us",
	  .ours = { "RTL, server polls", read_rtl },
	  .baseline = { "RTL, server sleeps", read_blocking },
	  .goal = 0.8 },
	{ .key = "posted_write",
	  .unit = "us",
	  .ours = { "RTL", write_rtl },
	  .baseline = { "C register array", write_array },
	  .goal = 1.0,
	  .times = 5 },
	{ .key = "boot",
	  .unit = "s",
	  .ours = { "RTL", boot_rtl },
	  .baseline = { "QEMU virtio-balloon-pci", boot_qemu },
	  .goal = 1.1 },
	{ .key = "inflate_256MiB",
	  .unit = "s",
	  .ours = { "RTL", inflate_rtl },
	  .baseline = { "QEMU virtio-balloon-pci", inflate_qemu },
	  .goal = 1.0 },
	{ .key = "replay",
	  .unit = "s",
	  .ours = { "live", session_live },
	  .baseline = { "replayed", session_replay },
	  .goal = 20,
	  .more = true },
};

int main(int argc, char **argv)
{
	char dir[] = "/tmp/vcosim-bench-XXXXXX", command[64];
	const char *only = argc > 3 ? argv[3] : NULL;
	struct bench b;

	bench_open(&b, argc, argv);
	if (!mkdtemp(dir))
		bench_die("mkdtemp");
	for (unsigned i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (!only || !strcmp(only, pairs[i].key))
			bench_compare(&b, &pairs[i], dir);
	if (!only || !strcmp(only, "posted_writes"))
		measure_writes(&b, dir);
	if (!only || !strcmp(only, "idle"))
		measure_idle(&b, dir);
	snprintf(command, sizeof(command), "rm -r '%s'", dir);
	if (system(command))
		bench_die(command);
	return bench_close(&b);
}
