/* SPDX-License-Identifier: MIT */
/* vcosim-sc: the commands that drive a device, with the device in a SystemC platform. */
#include <getopt.h>
#include <memory>

#include "sim/systemc/cmd_neighbour.h"
#include "sim/systemc/platform.h"

extern "C" {
#include "bridge/cmd_run.h"
#include "sim/cmd_drive.h"
#include "sim/cmd_replay.h"
}

using sc_core::sc_time;

namespace
{

struct options {
	platform_config platform;
	sc_time quantum{ 10, sc_core::SC_US };
};

int usage(FILE *to, int status)
{
	fprintf(to,
		"usage: vcosim-sc [OPTION...] COMMAND [ITS OPTION...]\n\n"
		"  drive   as vcosim drive, with a second device on the bus that lives meanwhile\n"
		"  run     as vcosim run, one guest (default: Linux 6.12)\n"
		"  replay  as vcosim replay, by effects\n"
		"\n"
		"  --quantum NS  how far processes may run ahead (default: 10000)\n"
		"  --period NS   of the RTL's clock (default: 10)\n"
		"  --no-dmi      DMA by transactions only, not by pointers\n"
		"  --help        this text\n\n"
		"`vcosim-sc COMMAND --help` explains one.\n");
	return status;
}

bool nanoseconds(const char *what, const char *text, unsigned least, sc_time &out)
{
	char *end;
	unsigned long val = strtoul(text, &end, 10);

	if (*end || end == text || *text == '-' || val < least || val > 1000000000) {
		fprintf(stderr, "vcosim-sc: %s %s: expected nanoseconds, %u to 1000000000\n", what,
			text, least);
		return false;
	}
	out = sc_time(static_cast<double>(val), sc_core::SC_NS);
	return true;
}

/* -1: go on at optind; else the exit status. */
int parse(int argc, char **argv, options &opt)
{
	static const struct option known[] = {
		{ "quantum", required_argument, nullptr, 'q' },
		{ "period", required_argument, nullptr, 'p' },
		{ "no-dmi", no_argument, nullptr, 'd' },
		{ "help", no_argument, nullptr, 'h' },
		{ nullptr, 0, nullptr, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "+", known, nullptr)) != -1) {
		switch (c) {
		case 'q':
			if (!nanoseconds("--quantum", optarg, 0, opt.quantum))
				return 2;
			break;
		case 'p':
			if (!nanoseconds("--period", optarg, 1, opt.platform.device.period))
				return 2;
			break;
		case 'd':
			opt.platform.device.dmi = false;
			break;
		case 'h':
			return usage(stdout, 0);
		default:
			return usage(stderr, 2);
		}
	}
	return -1;
}

int drive(platform &top, int argc, char **argv)
{
	struct neighbour life(top, top.mount());
	int status = drive_on(argc, argv, &life.mount);

	return std::max(status, life.status());
}

int run(platform &top, int argc, char **argv)
{
	struct rig_mount mount = top.mount();

	return run_on(argc, argv, &mount, "6.12");
}

int replay(platform &top, int argc, char **argv)
{
	struct rig_mount mount = top.mount();

	return replay_on(argc, argv, &mount);
}

const struct command {
	const char *name;
	int (*run)(platform &top, int argc, char **argv);
} commands[] = { { "drive", drive }, { "run", run }, { "replay", replay } };

int simulate(const options &opt, const struct command &command, int argc, char **argv)
{
	auto top = std::make_unique<platform>("platform", opt.platform);
	int status = 2;

	tlm::tlm_global_quantum::instance().set(opt.quantum);
	top->cpu.main = [&] {
		optind = 0; /* a new argument vector, as getopt sees it */
		status = command.run(*top, argc, argv);
	};
	sc_core::sc_start();
	return status;
}

} // namespace

int sc_main(int argc, char *argv[])
{
	options opt;
	int done = parse(argc, argv, opt);

	if (done >= 0)
		return done;
	argc -= optind;
	argv += optind;
	if (!argc)
		return usage(stderr, 2);
	for (const struct command &c : commands) {
		if (strcmp(argv[0], c.name))
			continue;
		try {
			return simulate(opt, c, argc, argv);
		} catch (const std::exception &e) { /* the library's word for: could not run */
			fprintf(stderr, "vcosim-sc: %s\n", e.what());
			return 2;
		}
	}
	fprintf(stderr, "vcosim-sc: unknown command '%s'; --help lists them\n", argv[0]);
	return 2;
}

/* The library's own main, without its banner on every command's stderr. */
int main(int argc, char *argv[])
{
	setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);
	return sc_core::sc_elab_and_sim(argc, argv);
}
