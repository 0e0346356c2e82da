/* SPDX-License-Identifier: MIT */
/*
 * vcosim run: a real guest on the RTL device, and the story of it in the terminal.
 *
 * Without a guest named, the main job: Debian's kernels through a whole life of the
 * balloon, then a bare-metal driver that breaks a rule.
 */
#include "bridge/cmd_run.h"

#include <errno.h>
#include <getopt.h>
#include <linux/virtio_config.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge/cmd_scene.h"
#include "bridge/guestdir.h"
#include "sim/cmd.h"
#include "sim/cmd_profile.h"
#include "sim/driver.h"
#include "sim/features.h"

int run_no(const char *what, const char *why)
{
	fprintf(stderr, "vcosim run: %s: %s\n", what, why);
	return 2;
}

const struct driver_scenario *run_scenario(const struct run *run, const char *name)
{
	return run->what.transport == DUT_MMIO ? driver_mmio_scenario(name) : driver_scenario(name);
}

/* --- the main job ---------------------------------------------------------------------------- */

/* Linux must conform; the bare-metal driver must be caught, by its primary clause first. */
static int main_job(struct run *run, json_t *runs)
{
	const struct driver_scenario *sc = run_scenario(run, "skip-features-ok-reread");
	json_t *first;
	int status = 0;

	for (unsigned i = 0; guestdir_series[i] && status < 2; i++) {
		int got;

		run->intx = i % 2 ||
			    !run->what.msix; /* MSI-X on the first kernel, INTx on the second */
		got = run_linux(run, guestdir_series[i], runs);
		status = got > status ? got : status;
	}
	if (status == 2)
		return 2;
	if (!run->what.balloon) /* which the bare-metal driver is for */
		return status;
	if (run_metal(run, sc->name, runs) == 2)
		return 2;
	first = json_object_get(json_array_get(runs, json_array_size(runs) - 1), "monitor");
	first = json_array_get(json_object_get(first, "verdicts"), 0);
	first = json_object_get(first, "clause");
	if (!first || strcmp(json_string_value(first), sc->clause)) {
		fprintf(stderr, "vcosim run: the planted violation of %s was not named first\n",
			sc->clause);
		return 2;
	}
	run_tell(run, "\nThe planted violation was named: %s.\n", sc->clause);
	return status;
}

static int write_report(const struct run *run, json_t *runs)
{
	json_t *report = json_pack("{s:i, s:O}", "schema", 1, "runs", runs);
	int err = json_dump_file(report, run->report, JSON_INDENT(2));

	if (run->json) {
		json_dumpf(report, stdout, JSON_INDENT(2));
		puts("");
	}
	json_decref(report);
	if (err)
		return run_no(run->report, "cannot write the report");
	run_tell(run, "Report: %s\n", run->report);
	return 0;
}

static int usage(FILE *to, int status)
{
	fprintf(to,
		"usage: vcosim run [OPTION...]\n"
		"       vcosim run FILE.scn [OPTION...]\n"
		"Boots a guest on a device in RTL and tells what its driver does, and does wrong.\n"
		"Without --guest or --kernel: Debian's kernels 6.1 and 6.12, then a wrong driver.\n"
		"With a file: the scenario in it (tests/scenarios/README.md), judged by what it "
		"says;\n"
		"of the options --guest, --transport and --seed choose which of its runs, "
		"--report,\n"
		"--trace, --qmp and --json are as without.\n"
		"\n"
		"  --dut NAME       the device: `vcosim duts` lists them (default: balloon-pci)\n"
		"  --transport NAME pci (default) or mmio: the balloon over that\n"
		"  --guest NAME     6.1, 6.12 or metal\n"
		"  --scenario NAME  what the bare-metal driver plays (`vcosim drive --list`)\n"
		"  --kernel FILE    your own kernel, until it powers off; with\n"
		"  --initrd FILE      its initial ramdisk and\n"
		"  --append TEXT      its command line (a Linux needs pci=off for an mmio device)\n"
		"  --module FILE    your own driver module instead of the stock one (up to 8, in "
		"order)\n"
		"  --memory MIB     guest memory (default: 256)\n"
		"  --target MIB     size of the balloon (default: 64)\n"
		"  --reloads N      unload and load the driver N times (default: 1)\n"
		"  --boots N        N guests, one after the other, on one server (default: 1)\n"
		"  --intx           let the guest use INTx, not MSI-X\n"
		"  --iommu          behind an emulated IOMMU, which each transfer is mapped in\n"
		"  --features LIST  what the device offers: names, 0xBITS, all or none (default: "
		"all)\n"
		"  --queue-map MAP  dense, as Linux numbers queues (default), or spec\n"
		"  --skew SEED[:N]  a bus that is late, reluctant and out of order, by a seed; "
		":N,\n"
		"                   one DMA burst in N answered with an error\n"
		"  --seed N         of a scenario: the seed of its bus; 0, one without moods\n"
		"  --profile NAME   what is waived, and counted: spec-1.4 nothing; practice, the "
		"default\n"
		"                   for Debian's kernels, what is known of drivers that ship\n"
		"  --strict         --profile spec-1.4\n"
		"  --spec FILE      judge by this specification\n"
		"  --trace FILE     record the bus here (default: beside the report)\n"
		"  --qmp PATH       a control socket, for `vcosim ctl` and clients of QEMU's QMP\n"
		"  --dmesg          violations appear in the guest's kernel log, through a serial "
		"port "
		"more\n"
		"  --report FILE    write the report here (default: run/report.json in the build)\n"
		"  --json           print the report instead of the story\n"
		"  --help           this text\n");
	return status;
}

static bool number(const char *what, const char *text, unsigned max, unsigned *out)
{
	char *end;
	unsigned long val = strtoul(text, &end, 10);

	if (*end || end == text || *text == '-' || val > max) {
		fprintf(stderr, "vcosim run: %s %s: expected a number, 0 to %u\n", what, text, max);
		return false;
	}
	*out = (unsigned)val;
	return true;
}

static bool readable(const char *what, const char *path)
{
	if (!path || !access(path, R_OK))
		return true;
	fprintf(stderr, "vcosim run: %s %s: %s\n", what, path, strerror(errno));
	return false;
}

/* -1: go on; else the exit status. */
static int parse(int argc, char **argv, struct run *run)
{
	static const struct option options[] = {
		{ "dut", required_argument, NULL, 'd' },
		{ "transport", required_argument, NULL, 'p' },
		{ "guest", required_argument, NULL, 'g' },
		{ "scenario", required_argument, NULL, 's' },
		{ "kernel", required_argument, NULL, 'k' },
		{ "initrd", required_argument, NULL, 'i' },
		{ "append", required_argument, NULL, 'a' },
		{ "module", required_argument, NULL, 'm' },
		{ "memory", required_argument, NULL, 'M' },
		{ "target", required_argument, NULL, 't' },
		{ "reloads", required_argument, NULL, 'R' },
		{ "boots", required_argument, NULL, 'b' },
		{ "intx", no_argument, NULL, 'x' },
		{ "iommu", no_argument, NULL, 'I' },
		{ "features", required_argument, NULL, 'f' },
		{ "queue-map", required_argument, NULL, 'q' },
		{ "skew", required_argument, NULL, 'K' },
		{ "seed", required_argument, NULL, 'e' },
		{ "profile", required_argument, NULL, 'P' },
		{ "strict", no_argument, NULL, 'S' },
		{ "spec", required_argument, NULL, 'c' },
		{ "trace", required_argument, NULL, 'T' },
		{ "qmp", required_argument, NULL, 'Q' },
		{ "dmesg", no_argument, NULL, 'D' },
		{ "report", required_argument, NULL, 'r' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *other = NULL; /* an option that a scenario says itself */
	int opt, at = 0;

	while ((opt = getopt_long(argc, argv, "", options, &at)) != -1) {
		bool ok = true;

		if (!strchr("gpeTQrjh?", opt))
			other = options[at].name;

		switch (opt) {
		case 'd':
			run->dut = optarg;
			break;
		case 'p':
			run->transport = optarg;
			ok = rig_transport(optarg, &run->dut);
			if (!ok)
				run_no("--transport", "expected pci or mmio");
			else if (!strcmp(optarg, "pci"))
				run->dut = NULL;
			break;
		case 'g':
			run->guest = optarg;
			break;
		case 's':
			run->scenario = optarg;
			break;
		case 'k':
			run->kernel = optarg;
			break;
		case 'i':
			run->initrd = optarg;
			break;
		case 'a':
			run->append = optarg;
			break;
		case 'm':
			ok = run->nmodules < 8;
			if (ok)
				run->modules[run->nmodules++] = optarg;
			else
				run_no("--module", "expected at most 8");
			break;
		case 'M':
			ok = number("--memory", optarg, 65536, &run->memory_mib);
			break;
		case 't':
			ok = number("--target", optarg, 65536, &run->target_mib);
			break;
		case 'R':
			ok = number("--reloads", optarg, 100000, &run->reloads);
			break;
		case 'b':
			ok = number("--boots", optarg, 1000, &run->boots);
			break;
		case 'x':
			run->intx = true;
			break;
		case 'I':
			run->iommu = true;
			break;
		case 'f':
			ok = features_parse(optarg, &run->features);
			run->features |= 1ULL << VIRTIO_F_VERSION_1; /* 0 is another word for all */
			if (!ok)
				run_no("--features", "expected names, 0xBITS, all or none");
			break;
		case 'q':
			run->spec_queues = !strcmp(optarg, "spec");
			ok = run->spec_queues || !strcmp(optarg, "dense");
			if (!ok)
				run_no("--queue-map", "expected dense or spec");
			break;
		case 'K':
			ok = skew_parse(optarg, &run->skew);
			if (!ok)
				run_no("--skew", SKEW_EXPECTED);
			break;
		case 'e':
			run->seed = optarg;
			break;
		case 'P':
			run->profile = optarg;
			break;
		case 'S':
			run->profile = PROFILE_STRICT;
			break;
		case 'c':
			run->spec = optarg;
			break;
		case 'Q':
			run->qmp = optarg;
			break;
		case 'D':
			run->dmesg = true;
			break;
		case 'T':
			run->trace = optarg;
			break;
		case 'r':
			run->report = optarg;
			break;
		case 'j':
			run->json = true;
			break;
		case 'h':
			return usage(stdout, 0);
		default:
			return usage(stderr, 2);
		}
		if (!ok)
			return 2;
	}
	if (optind == argc)
		return run->seed ? run_no("--seed", "expected a scenario's file beside it") : -1;
	run->file = argv[optind];
	if (optind + 1 < argc || run->mount)
		return run_no(argv[optind + !run->mount], "unexpected argument");
	return other ? run_no(other, "expected not beside a scenario, whose file says it") : -1;
}

/* What the options mean together; 0 or the exit status. */
static int check(struct run *run, bool quick)
{
	if (!rig_dut(run->dut, &run->what))
		return 2;
	run->intx = run->intx || !run->what.msix;
	if (run->what.transport == DUT_MMIO && run->iommu)
		return run_no("--iommu", "expected a PCI device");
	if (run->features && !run->what.features)
		return run_no("--features",
			      "this device has no strap for it: its offer is its own");
	if (!run->what.balloon && run->guest && !strcmp(run->guest, "metal"))
		return run_no("--guest metal",
			      "expected a balloon: its driver knows no other device");
	if (run->memory_mib < 32 || run->target_mib >= run->memory_mib)
		return run_no("--target",
			      "expected less than the guest's memory, and that 32 or more");
	if (run->scenario && !run_scenario(run, run->scenario))
		return run_no(run->scenario, "no such scenario; `vcosim drive --list` shows them");
	if (run->guest && run->kernel)
		return run_no("--kernel", "expected no --guest beside it");
	if (run->scenario && !quick && (!run->guest || strcmp(run->guest, "metal")))
		return run_no("--scenario", "expected --guest metal beside it");
	if (!readable("--kernel", run->kernel) || !readable("--initrd", run->initrd) ||
	    !readable("--spec", run->spec))
		return 2;
	for (unsigned i = 0; i < run->nmodules; i++)
		if (!readable("--module", run->modules[i]))
			return 2;
	if (!guestdir_find(run->guests))
		return 0;
	run->guests[0] = '\0';
	if (!quick)
		return run_no("guest files",
			      "not found; `make run` fetches them, or set VCOSIM_GUEST");
	return 0;
}

/* Everything a run leaves goes beside its report; 0 or the exit status. */
static int make_room(struct run *run)
{
	char *slash;

	if (!run->report && !run->guests[0])
		run->report = "report.json";
	if (!run->report) { /* beside the guests' folder: in the build */
		int n = (int)(strrchr(run->guests, '/') - run->guests);

		snprintf(run->default_report, sizeof(run->default_report), "%.*s/run/report.json",
			 n, run->guests);
		run->report = run->default_report;
	}
	snprintf(run->dir, sizeof(run->dir), "%s", run->report);
	slash = strrchr(run->dir, '/');
	if (slash)
		*slash = '\0';
	else
		strcpy(run->dir, ".");
	if (mkdir(run->dir, 0777) && errno != EEXIST)
		return run_no(run->dir, strerror(errno));
	return 0;
}

int run_prepare(struct run *run, bool quick)
{
	int status = check(run, quick);

	return status ? status : make_room(run);
}

static int dispatch(struct run *run, json_t *runs)
{
	if (run->kernel)
		return run_own(run, runs);
	if (!run->guest)
		return main_job(run, runs);
	if (!strcmp(run->guest, "metal"))
		return run_metal(run, run->scenario ? run->scenario : "life", runs);
	for (unsigned i = 0; guestdir_series[i]; i++)
		if (!strcmp(run->guest, guestdir_series[i]))
			return run_linux(run, run->guest, runs);
	return run_no(run->guest, "no such guest; expected 6.1, 6.12 or metal");
}

int run_on(int argc, char **argv, const struct rig_mount *mount, const char *guest)
{
	struct run run = {
		.memory_mib = 256, .target_mib = 64, .reloads = 1, .boots = 1, .mount = mount
	};
	int status = parse(argc, argv, &run);
	json_t *runs;

	if (!run.guest && !run.kernel)
		run.guest = guest;

	if (status >= 0)
		return status;
	run.story = run.json ? NULL : stdout;
	if (run.file)
		return scene_main(&run);
	status = run_prepare(&run, false);
	if (status)
		return status;
	runs = json_array();
	status = dispatch(&run, runs);
	if (json_array_size(runs) && write_report(&run, runs))
		status = 2;
	json_decref(runs);
	return status;
}

int cmd_run(int argc, char **argv)
{
	return run_on(argc, argv, NULL, NULL);
}
