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
#include "tests/lib/bench.h"

#define READS         20000
#define INFLATE_MIB   256
#define INFLATE_PAGES (INFLATE_MIB << 8)

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
		bench_die(request);
	machine_free(m);
	return (double)agent_number(reply, "p50_ns", 0) / 1000;
}

/* --- inflating -------------------------------------------------------------------------------- */

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
	if (machine_balloon(m, INFLATE_PAGES, 120000))
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

static double inflate_qemu(void *dir)
{
	struct machine_config cfg = { .name = "bench-qemu", .own_balloon = true };
	struct machine *m = boot(&cfg, dir, 512);
	int fd = qemu_qmp(machine_qemu(m));
	json_int_t target = (json_int_t)(512 - INFLATE_MIB) << 20;
	double start, took;
	char command[128];

	json_decref(qmp(fd, "{\"execute\":\"qmp_capabilities\"}"));
	if (machine_call(m, NULL, 0, "load"))
		bench_die("load");
	snprintf(command, sizeof(command),
		 "{\"execute\":\"balloon\",\"arguments\":{\"value\":%lld}}", (long long)target);
	start = bench_seconds();
	json_decref(qmp(fd, command));
	while (qmp_actual(fd) != target) {
		if (bench_seconds() - start > 120)
			bench_die("inflate");
		poll(NULL, 0, 2);
	}
	took = bench_seconds() - start;
	machine_free(m);
	return took;
}

static double mmio_read_rtl(void *dir)
{
	return mmio_read(true, dir);
}

static double mmio_read_array(void *dir)
{
	return mmio_read(false, dir);
}

static const struct bench_pair pairs[] = {
	{ .key = "mmio_read",
	  .unit = "us",
	  .ours = { "RTL", mmio_read_rtl },
	  .baseline = { "C register array", mmio_read_array },
	  .goal = 1.15 },
	{ .key = "inflate_256MiB",
	  .unit = "s",
	  .ours = { "RTL", inflate_rtl },
	  .baseline = { "QEMU virtio-balloon-pci", inflate_qemu },
	  .goal = 1.0 },
};

int main(int argc, char **argv)
{
	char dir[] = "/tmp/vcosim-bench-XXXXXX", command[64];
	struct bench b;

	bench_open(&b, argc, argv);
	if (!mkdtemp(dir))
		bench_die("mkdtemp");
	for (unsigned i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		bench_compare(&b, &pairs[i], dir);
	snprintf(command, sizeof(command), "rm -r '%s'", dir);
	if (system(command))
		bench_die(command);
	return bench_close(&b);
}
