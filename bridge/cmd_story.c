/* SPDX-License-Identifier: MIT */
/* What a guest is taken through, and the telling of it. */
#include <errno.h>
#include <linux/virtio_balloon.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_pci.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bridge/agent.h"
#include "bridge/cmd_machine.h"
#include "bridge/cmd_run.h"
#include "bridge/guestdir.h"
#include "bridge/initrd.h"
#include "sim/cmd_judge.h"
#include "sim/cmd_profile.h"
#include "sim/driver.h"

#define BALLOON_MS   120000
#define METAL_MS     120000
#define METAL_FAILED "metal: failed"
#define PAGES(mib)   ((uint32_t)(mib) << 8)

void run_tell(const struct run *run, const char *fmt, ...)
{
	va_list ap;

	if (!run->story)
		return;
	va_start(ap, fmt);
	vfprintf(run->story, fmt, ap);
	va_end(ap);
	fflush(run->story);
}

static struct machine *mount_machine(const struct run *run, const char *name, const char *profile)
{
	char trace[PATH_MAX + 64];
	struct machine_config cfg = { .name = run->name ? run->name : name,
				      .dir = run->dir,
				      .spec = run->spec,
				      .trace = run->trace,
				      .story = run->story,
				      .qmp = run->qmp,
				      .dut = run->dut,
				      .features = run->features,
				      .spec_queues = run->spec_queues,
				      .skew = run->skew,
				      .dmesg = run->dmesg,
				      .profile = run->profile ? run->profile : profile,
				      .limit_s = run->limit_s,
				      .mount = run->mount };

	if (!cfg.trace) {
		snprintf(trace, sizeof(trace), "%s/%s.trace", run->dir, cfg.name);
		cfg.trace = trace;
	}
	return machine_new(&cfg);
}

/* --- Linux ---------------------------------------------------------------------------- */

/* Inflates, looks at the host's memory, deflates. 0 or -1. */
static int story_balloon(const struct run *run, struct machine *m)
{
	uint32_t pages = PAGES(run->target_mib);
	uint64_t before, after, dirty;
	char reply[256];

	if (machine_call(m, reply, sizeof(reply), "fill"))
		return -1;
	before = machine_allocated(m);
	run_tell(run,
		 "\nThe guest has touched its memory: %lu MiB of it are allocated on the host.\n",
		 (unsigned long)(before >> 20));
	run_tell(run, "The host asks for a balloon of %u MiB.\n", run->target_mib);
	if (machine_balloon(m, pages, BALLOON_MS))
		return -1;
	after = machine_allocated(m);
	dirty = machine_dirty_pages(m);
	run_tell(
		run,
		"Inflated: %u pages. The host got %ld KiB back (%.1f %% of them); %lu read back as "
		"anything but zeros.\n",
		pages, (long)(before - after) / 1024,
		100.0 * (double)(before - after) / ((double)pages * 4096), (unsigned long)dirty);
	if (dirty) {
		fprintf(stderr, "vcosim run: %lu ballooned pages still hold data\n",
			(unsigned long)dirty);
		return -1;
	}
	run_tell(run, "The host asks for all of it to go back.\n");
	if (machine_balloon(m, 0, BALLOON_MS))
		return -1;
	run_tell(run, "Deflated.\n");
	return 0;
}

#define HAS(m, bit) (rig_negotiated(machine_rig(m)) >> (bit)&1)

/* What else the driver can tell the host of its memory. 0 or -1. */
static int story_memory(const struct run *run, struct machine *m)
{
	const struct reclaim *rc = rig_reclaim(machine_rig(m));
	const char *never;

	if (HAS(m, VIRTIO_BALLOON_F_STATS_VQ)) {
		if (machine_poll_stats(m, BALLOON_MS))
			return -1;
		run_tell(run, "The host asked for statistics, and the guest answered.\n");
	}
	if (HAS(m, VIRTIO_BALLOON_F_FREE_PAGE_HINT)) {
		if (machine_hint(m, BALLOON_MS))
			return -1;
		run_tell(run, "A round of hints: %lu MiB of the guest's memory are free.\n",
			 (unsigned long)(rc->hinted >> 20));
	}
	if (HAS(m, VIRTIO_BALLOON_F_REPORTING)) {
		if (machine_wait_reported(m, BALLOON_MS, &never))
			return -1;
		if (never)
			run_tell(run, "SKIPPED: the guest reports no free memory: %s.\n", never);
		else
			run_tell(run, "The guest reports free memory.\n");
	}
	return 0;
}

/* Of a register read by a guest program, in microseconds. */
struct latency {
	double p50, p99;
};

/* Times a register that reading does not change; p50 and p99 in microseconds. */
static int story_latency(const struct run *run, struct machine *m, struct latency *latency)
{
	char request[64], reply[512];

	/* num_queues of the common configuration (virtio 1.4, 4.1.4.3), in our RTL at BAR 0 + 0x12;
	 * over MMIO the device id (4.2.2). */
	if (run->what.transport == DUT_MMIO)
		snprintf(request, sizeof(request), "mmio-read 0 0x%x 2000 4",
			 VIRTIO_MMIO_DEVICE_ID);
	else
		snprintf(request, sizeof(request), "mmio-read 0 0x%x 2000 2",
			 run->what.common.offset + VIRTIO_PCI_COMMON_NUMQ);
	if (machine_call(m, reply, sizeof(reply), request))
		return -1;
	latency->p50 = (double)agent_number(reply, "p50_ns", 0) / 1000;
	latency->p99 = (double)agent_number(reply, "p99_ns", 0) / 1000;
	run_tell(run,
		 "A guest program reads a register in %.1f us (median of 2000; p99 %.1f us).\n",
		 latency->p50, latency->p99);
	return 0;
}

static int story_reloads(const struct run *run, struct machine *m)
{
	for (unsigned n = 1; n <= run->reloads; n++) {
		run_tell(run, "\nDriver unloaded and loaded again, %u of %u.\n", n, run->reloads);
		if (machine_call(m, NULL, 0, "unload") || machine_call(m, NULL, 0, "load"))
			return -1;
	}
	return 0;
}

static int story_of_type(const struct run *run, struct machine *m)
{
	switch (run->what.device) {
	case VIRTIO_ID_BALLOON:
		return story_balloon(run, m) || story_memory(run, m) ? -1 : 0;
	case VIRTIO_ID_RNG:
		return story_rng(run, m);
	default:
		return 0;
	}
}

int story_load(const struct run *run, struct machine *m)
{
	char reply[512];

	/* A kernel with virtio built in has bound the device already. */
	if (machine_call(m, NULL, 0, "unload") ||
	    machine_call(m, NULL, 0, run->intx ? "msix off" : "msix on"))
		return -1;
	run_tell(run, "\nThe guest loads its driver.\n");
	if (machine_call(m, NULL, 0, "load"))
		return -1;
	if (machine_call(m, reply, sizeof(reply), "balloon-info"))
		return -1;
	run_tell(run, "The guest says: %s\n", reply);
	if (!strstr(reply, run->intx ? "irq=intx" : "irq=msix")) {
		fprintf(stderr, "vcosim run: the driver does not use %s: %s\n",
			run->intx ? "INTx" : "MSI-X", reply);
		return -1;
	}
	return 0;
}

int story_leave(const struct run *run, struct machine *m)
{
	run_tell(run, "\nThe guest unloads its driver and powers off.\n");
	if (machine_call(m, NULL, 0, "unload") || machine_call(m, NULL, 0, "poweroff"))
		return -1;
	return machine_wait_gone(m, 30000);
}

/* The main job's. */
static int story_linux(const struct run *run, struct machine *m, const struct machine_guest *guest,
		       void *ctx)
{
	struct latency *latency = ctx;
	int err = 0;

	for (unsigned n = 0; n < run->boots && !err; n++) {
		run_tell(run, "Booting (%s)%s.\n", qemu_accel(),
			 n ? ", again on the same server" : "");
		err = machine_boot(m, guest) || story_load(run, m) || story_of_type(run, m) ||
		      story_latency(run, m, latency) || story_reloads(run, m) ||
		      story_leave(run, m);
	}
	return err;
}

/* --- reports and endings ------------------------------------------------------------------ */

static void summarize(const struct run *run, const json_t *report)
{
	json_t *monitor = json_object_get(report, "monitor");
	json_t *verdicts = json_object_get(monitor, "verdicts");
	json_t *bus = json_object_get(report, "bus");
	json_t *guest = json_object_get(report, "guest");

	run_tell(run, "\n%s (%s): %s. %lld constraints judged %lld instants, %lld events.\n",
		 json_string_value(json_object_get(report, "name")),
		 json_string_value(json_object_get(guest, "kernel")),
		 json_string_value(json_object_get(report, "verdict")),
		 (long long)json_integer_value(json_object_get(monitor, "constraints")),
		 (long long)json_integer_value(json_object_get(monitor, "instants")),
		 (long long)json_integer_value(json_object_get(monitor, "events")));
	if (!json_integer_value(json_object_get(bus, "reads")) &&
	    !json_integer_value(json_object_get(bus, "writes")))
		run_tell(run, "  The guest never touched the device%s.\n",
			 run->what.transport == DUT_MMIO
				 ? ": a Linux one needs pci=off on its command line"
				 : "");
	if (!run->what.sidebands)
		run_tell(run, "  Without sidebands no pin shows the size and space of an access: "
			      "that is the "
			      "front end's word alone.\n");
	for (size_t i = 0; i < json_array_size(verdicts); i++) {
		const json_t *v = json_array_get(verdicts, i);

		run_tell(run, "  %-8s %-18s %s\n", json_string_value(json_object_get(v, "blame")),
			 json_string_value(json_object_get(v, "clause")),
			 json_string_value(json_object_get(v, "expected")));
	}
	if (run->story)
		judge_tell_clauses(report, run->story);
}

/* Ends a machine's run; its exit status, and its entry in the report. */
static int conclude(const struct run *run, struct machine *m, int err, json_t *runs,
		    struct latency *latency)
{
	json_t *report = machine_report(m); /* judges what only the end can tell */
	int status = err ? 2 : rig_verdicts(machine_rig(m)) ? 1 : 0;

	if (run->end) {
		run->end->late = machine_late(m);
		run->end->alive = machine_alive(m);
		if (!run->end->why[0])
			snprintf(run->end->why, sizeof(run->end->why), "%s", machine_why(m));
	}
	json_object_set_new(report, "exit", json_integer(status));
	json_object_set_new(report, "mmio_read_us",
			    json_pack("{s:f, s:f}", "p50", latency->p50, "p99", latency->p99));
	summarize(run, report);
	json_array_append_new(runs, report);
	machine_free(m);
	return status;
}

/* What is said of an initrd that cannot be made ends the run. */
static void keep_why(void *ctx, enum log_level level, const char *line)
{
	struct run_end *end = ctx;

	(void)level;
	snprintf(end->why, sizeof(end->why), "%s", line);
}

static struct log initrd_log(const struct run *run)
{
	return (struct log){ .to = stderr,
			     .level = LOG_ERR,
			     .name = "vcosim run",
			     .hook = run->end ? keep_why : NULL,
			     .ctx = run->end };
}

/* A copy of an initrd with the user's modules in it, if there are any; its path. */
static int add_modules(const struct run *run, char initrd[PATH_MAX])
{
	struct log log = initrd_log(run);
	char out[PATH_MAX];

	if (!run->nmodules)
		return 0;
	guestdir_path(out, run->dir, "initrd.cpio");
	if (initrd_add_modules(out, initrd, run->modules, &log))
		return 2;
	memcpy(initrd, out, PATH_MAX);
	return 0;
}

/*
 * A copy of an initrd with the kernel in it, for a guest that starts it again; its path. It is in
 * memory, behind *held, so that a run that is killed leaves no 20 MiB behind.
 */
static int add_kernel(const struct run *run, const char *kernel, char initrd[PATH_MAX], int *held)
{
	struct log log = initrd_log(run);
	char out[PATH_MAX];

	if (!run->kexec)
		return 0;
	*held = memfd_create("initrd", MFD_CLOEXEC);
	snprintf(out, sizeof(out), "/proc/%d/fd/%d", getpid(), *held);
	if (initrd_add_kernel(out, initrd, kernel, &log))
		return 2;
	memcpy(initrd, out, PATH_MAX);
	return 0;
}

/* Boots as the story says, and tells it. */
static int linux_through(const struct run *run, const char *series, run_story *story, void *ctx,
			 json_t *runs, struct latency *latency)
{
	char kernel[PATH_MAX], initrd[PATH_MAX], name[2 * DUT_TEXT], append[512];
	struct machine_guest guest = { .kernel = kernel,
				       .initrd = initrd,
				       .append = append,
				       .memory_mib = run->memory_mib,
				       .iommu = run->iommu,
				       .agent = true,
				       .prealloc = true,
				       .extra = run->extra };
	struct machine *m = NULL;
	int held = -1, err;

	snprintf(name, sizeof(name), "%s%slinux-%s%s%s", run->dut ? run->dut : "",
		 run->dut ? "-" : "", series, run->intx ? "-intx" : "", run->iommu ? "-iommu" : "");
	/* Strict: what was unmapped is unmapped at once. */
	snprintf(append, sizeof(append), "%s%s%s", guestdir_append, run->dmesg ? " loglevel=5" : "",
		 run->iommu                        ? " intel_iommu=on iommu.strict=1"
		 : run->what.transport == DUT_MMIO ? " " GUESTDIR_MMIO_APPEND
						   : "");
	guestdir_path(kernel, run->guests, "kernel-%s/vmlinuz", series);
	guestdir_path(initrd, run->guests, "initramfs-%s.cpio", series);
	if (!add_modules(run, initrd) && !add_kernel(run, kernel, initrd, &held)) {
		run_tell(run, "\n=== Linux %s on %s, %s ===\n", series, run->what.name,
			 !run->intx                        ? "MSI-X"
			 : run->what.transport == DUT_MMIO ? "one interrupt"
							   : "INTx");
		m = mount_machine(run, name, PROFILE_PRACTICE);
	}
	err = m ? story(run, m, &guest, ctx) : 2;
	if (held >= 0)
		close(held);
	return m ? conclude(run, m, err, runs, latency) : 2;
}

int run_linux(const struct run *run, const char *series, json_t *runs)
{
	struct latency latency = { 0, 0 };

	return linux_through(run, series, story_linux, &latency, runs, &latency);
}

int run_linux_through(const struct run *run, const char *series, run_story *story, void *ctx,
		      json_t *runs)
{
	struct latency none = { 0, 0 };

	return linux_through(run, series, story, ctx, runs, &none);
}

/* What the bare-metal driver wants of its host, on the console: "metal: ask 3 stats". */
struct ears {
	struct machine *m;
	unsigned heard; /* the number of the last one */
};

static void do_as_asked(struct machine *m, const char *what)
{
	struct dev *dev = rig_dev(machine_rig(m));

	if (!strcmp(what, "stats"))
		dev_poll_stats(dev);
	else if (!strcmp(what, "hints"))
		dev_set_hint(dev, dev_next_hint(dev));
	else if (!strcmp(what, "hints-end"))
		dev_set_hint(dev, VIRTIO_BALLOON_CMD_ID_DONE);
	else if (!strcmp(what, "target"))
		dev_set_target(dev, dev_target(dev) + 1);
	machine_kick(m);
}

/* Never done: it ends with the guest. */
static bool hear(void *ctx)
{
	struct ears *ears = ctx;
	unsigned n;
	char what[16];

	if (sscanf(machine_last_line(ears->m), "metal: ask %u %15s", &n, what) == 2 &&
	    n > ears->heard) {
		ears->heard = n;
		do_as_asked(ears->m, what);
	}
	return false;
}

static int let_play(struct machine *m)
{
	struct ears ears = { .m = m };

	machine_wait(m, METAL_MS, hear, &ears);
	return machine_wait_gone(m, METAL_MS);
}

int run_metal(const struct run *run, const char *scenario, json_t *runs)
{
	const struct driver_scenario *sc = run_scenario(run, scenario);
	struct run own = *run;
	char kernel[PATH_MAX], append[128], name[64];
	struct machine_guest guest = { .kernel = kernel, .append = append, .memory_mib = 64 };
	struct latency latency = { 0, 0 };
	struct machine *m;
	int err;

	snprintf(name, sizeof(name), "%smetal-%s", run->what.transport == DUT_MMIO ? "mmio-" : "",
		 scenario);
	snprintf(append, sizeof(append), "scenario=%s asks=1", scenario);
	guestdir_path(kernel, run->guests, "metal.elf");
	run_tell(run, "\n=== Bare metal on %s: %s ===\n", run->what.name, sc->what);
	own.features = (run->features ? run->features : DEV_FEATURES_ALL) & ~sc->without;
	m = mount_machine(&own, name, NULL);
	if (!m)
		return 2;
	dev_set_target(rig_dev(machine_rig(m)), PAGES(8));
	err = machine_boot(m, &guest) || let_play(m);
	if (!err && strcmp(machine_last_line(m), "metal: done")) {
		run_no(name, machine_last_line(m));
		if (run->end) {
			run->end->gave_up =
				!strncmp(machine_last_line(m), METAL_FAILED, strlen(METAL_FAILED));
			snprintf(run->end->why, sizeof(run->end->why), "%s", machine_last_line(m));
		}
		err = -1;
	}
	return conclude(run, m, err, runs, &latency);
}

/* The user's own kernel: no agent, no questions; it runs until it powers off. */
int run_own(const struct run *run, json_t *runs)
{
	char initrd[PATH_MAX];
	struct machine_guest guest = { .kernel = run->kernel,
				       .initrd = run->initrd ? initrd : NULL,
				       .append = run->append,
				       .memory_mib = run->memory_mib };
	struct latency latency = { 0, 0 };
	struct machine *m = NULL;
	int err = 0;

	if (run->initrd) {
		snprintf(initrd, sizeof(initrd), "%s", run->initrd);
		err = add_modules(run, initrd);
	} else if (run->nmodules) {
		err = run_no("--module", "needs --initrd when there is a --kernel");
	}
	if (!err)
		m = mount_machine(run, "own", NULL);
	if (!m)
		return 2;
	dev_set_target(rig_dev(machine_rig(m)), PAGES(run->target_mib));
	run_tell(run, "Booting %s; its console is %s/own.console.\n", run->kernel, run->dir);
	err = machine_boot(m, &guest) || machine_wait_gone(m, UINT32_MAX);
	return conclude(run, m, err, runs, &latency);
}
