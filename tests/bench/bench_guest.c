/* SPDX-License-Identifier: MIT */
/*
 * What a guest feels, against baselines that are as good as we can make them:
 *
 *   mmio_read  a register read from a guest program: RTL with monitor and recording on,
 *              against the same server over a plain C register array
 *   inflate    256 MiB of balloon in a 512 MiB guest: RTL, against QEMU's own
 *              virtio-balloon-pci; same kernel, driver and memory backend
 *
 * Sides alternate; each figure is a median. usage: bench_guest OUT.json [RUNS]
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/agent.h"
#include "bridge/cmd_machine.h"
#include "bridge/guestdir.h"
#include "tests/lib/array_backend.h"

#define RUNS_MAX      99
#define READS         20000
#define INFLATE_MIB   256
#define INFLATE_PAGES (INFLATE_MIB << 8)

static const char series[] = "6.1";

static void die(const char *what)
{
	fprintf(stderr, "bench: %s failed\n", what);
	exit(2);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(const double *val, unsigned n)
{
	double sorted[RUNS_MAX];

	memcpy(sorted, val, n * sizeof(*val));
	qsort(sorted, n, sizeof(*sorted), by_value);
	return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

static struct machine *boot(struct machine_config *cfg, const char *dir, unsigned memory_mib)
{
	char guests[PATH_MAX], kernel[PATH_MAX], initrd[PATH_MAX];
	struct machine_guest guest = { .kernel = kernel,
				       .initrd = initrd,
				       .append = guestdir_append,
				       .memory_mib = memory_mib,
				       .agent = true };
	struct machine *m;

	if (guestdir_find(guests))
		die("finding the guest files");
	guestdir_path(kernel, guests, "kernel-%s/vmlinuz", series);
	guestdir_path(initrd, guests, "initramfs-%s.cpio", series);
	cfg->dir = dir;
	m = machine_new(cfg);
	if (!m || machine_boot(m, &guest))
		die(cfg->name);
	return m;
}

/* --- a register read ---------------------------------------------------------------------- */

static double mmio_read(bool rtl, const char *dir)
{
	char trace[PATH_MAX], request[64], reply[512];
	struct machine_config cfg = { .name = rtl ? "bench-rtl" : "bench-array" };
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
	snprintf(request, sizeof(request), "mmio-read 0 0x12 %u 2", READS);
	if (machine_call(m, reply, sizeof(reply), request))
		die(request);
	machine_free(m);
	return (double)agent_number(reply, "p50_ns", 0) / 1000;
}

/* --- inflating -------------------------------------------------------------------------------- */

static double seconds(uint64_t from)
{
	return (double)(loop_now() - from) / 1e9;
}

static double inflate_rtl(const char *dir)
{
	char trace[PATH_MAX];
	struct machine_config cfg = { .name = "bench-rtl", .trace = trace };
	struct machine *m;
	uint64_t start;
	double took;

	snprintf(trace, sizeof(trace), "%s/bench-rtl.trace", dir);
	m = boot(&cfg, dir, 512);
	if (machine_call(m, NULL, 0, "load"))
		die("load");
	start = loop_now();
	if (machine_balloon(m, INFLATE_PAGES, 120000))
		die("inflate");
	took = seconds(start);
	machine_free(m);
	return took;
}

/* One QMP command and its answer; events are passed over. */
static json_t *qmp(int fd, const char *command)
{
	char text[8192];
	size_t n = 0;

	if (dprintf(fd, "%s\n", command) < 0)
		die(command);
	for (;;) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };

		if (poll(&wait, 1, 10000) != 1 || n == sizeof(text) - 1 ||
		    read(fd, text + n, 1) != 1)
			die(command);
		if (text[n++] != '\n')
			continue;
		text[n] = '\0';
		n = 0;
		json_t *answer = json_loads(text, 0, NULL);

		if (json_object_get(answer, "return"))
			return answer;
		if (json_object_get(answer, "error"))
			die(text);
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

static double inflate_qemu(const char *dir)
{
	struct machine_config cfg = { .name = "bench-qemu", .own_balloon = true };
	struct machine *m = boot(&cfg, dir, 512);
	int fd = qemu_qmp(machine_qemu(m));
	json_int_t target = (json_int_t)(512 - INFLATE_MIB) << 20;
	uint64_t start;
	char command[128];
	double took;

	json_decref(qmp(fd, "{\"execute\":\"qmp_capabilities\"}"));
	if (machine_call(m, NULL, 0, "load"))
		die("load");
	snprintf(command, sizeof(command),
		 "{\"execute\":\"balloon\",\"arguments\":{\"value\":%lld}}", (long long)target);
	start = loop_now();
	json_decref(qmp(fd, command));
	while (qmp_actual(fd) != target) {
		if (seconds(start) > 120)
			die("inflate");
		poll(NULL, 0, 2);
	}
	took = seconds(start);
	machine_free(m);
	return took;
}

/* --- the report
 * ----------------------------------------------------------------------------------- */

static void compare(json_t *report, const char *name, const char *unit, const char *baseline,
		    const double *ours, const double *theirs, unsigned n, double goal)
{
	double a = median(ours, n), b = median(theirs, n);

	printf("%-10s RTL %8.3f %s, %s %8.3f %s: ratio %.3f (goal <= %.2f), %u runs each\n", name,
	       a, unit, baseline, b, unit, a / b, goal, n);
	json_object_set_new(report, name,
			    json_pack("{s:s, s:f, s:s, s:f, s:f, s:f, s:i}", "unit", unit, "rtl", a,
				      "baseline", baseline, "baseline_value", b, "ratio", a / b,
				      "goal", goal, "runs", (int)n));
}

int main(int argc, char **argv)
{
	unsigned n = argc > 2 ? (unsigned)atoi(argv[2]) : 5;
	double rtl[RUNS_MAX], other[RUNS_MAX];
	char dir[] = "/tmp/vcosim-bench-XXXXXX", command[64];
	json_t *report;

	if (argc < 2 || !n || n > RUNS_MAX || !mkdtemp(dir)) {
		fprintf(stderr, "usage: bench_guest OUT.json [RUNS]\n");
		return 2;
	}
	report = json_load_file(argv[1], 0, NULL);
	if (!report)
		report = json_object();
	for (unsigned i = 0; i < n; i++) {
		rtl[i] = mmio_read(true, dir);
		other[i] = mmio_read(false, dir);
	}
	compare(report, "mmio_read", "us", "C register array", rtl, other, n, 1.15);
	for (unsigned i = 0; i < n; i++) {
		rtl[i] = inflate_rtl(dir);
		other[i] = inflate_qemu(dir);
	}
	compare(report, "inflate_256MiB", "s", "QEMU virtio-balloon-pci", rtl, other, n, 1.0);
	json_dump_file(report, argv[1], JSON_INDENT(2));
	json_decref(report);
	snprintf(command, sizeof(command), "rm -r '%s'", dir);
	return system(command) ? 2 : 0;
}
