/* SPDX-License-Identifier: MIT */
/* The table of subcommands, and nothing else. Each lives in the layer it serves. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sim/cmd.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *what;
} commands[] = {
	{ "run", cmd_run, "boot a real guest on a device in RTL and judge its driver" },
	{ "regress", cmd_regress, "run scenarios, many at a time, and tell what came of them" },
	{ "serve", cmd_serve, "serve the device to a QEMU that you start" },
	{ "ctl", cmd_ctl, "speak to a control socket: balloon, query, events, quit" },
	{ "drive", cmd_drive, "take the device through its life with the C driver, no guest" },
	{ "replay", cmd_replay, "drive the RTL from recorded sessions and compare" },
	{ "twin", cmd_twin, "hold the RTL against QEMU's own balloon, under one random driver" },
	{ "check", cmd_check, "judge recorded sessions" },
	{ "dump", cmd_dump, "show a recorded session: text, JSON, waves, packets" },
	{ "diff", cmd_diff, "show where two recorded sessions part" },
	{ "waves", cmd_waves, "run a recorded session again and show a window of it as waves" },
	{ "import", cmd_import, "make a trace of what was seen elsewhere: waves, ftrace, logs" },
	{ "watch", cmd_watch, "judge the virtio drivers of this machine by ftrace, no RTL" },
	{ "duts", cmd_duts, "list the devices that are built in, or check a manifest" },
	{ "shrink", cmd_shrink, "make a recorded session as short as its verdict allows" },
	{ "report", cmd_report, "make one page of HTML of a regression's results" },
	{ "clauses", cmd_clauses, "what the monitor makes of each clause of the specification" },
	{ "ccsl", cmd_ccsl, "look at CCSL specifications, and judge traces with them" },
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static int usage(FILE *to, int status)
{
	fprintf(to, "usage: vcosim COMMAND [OPTION...]\n\n");
	for (unsigned i = 0; i < NCOMMANDS; i++)
		fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].what);
	fprintf(to, "\n`vcosim COMMAND --help` explains one.\n");
	return status;
}

/* What was told is part of it: on a full disk it is not done. */
static int told(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	fprintf(stderr, "vcosim: standard output: %s\n", strerror(errno ? errno : EIO));
	return 2;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return usage(stderr, 2);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help"))
		return told(usage(stdout, 0));
	for (unsigned i = 0; i < NCOMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			return told(commands[i].run(argc - 1, argv + 1));
	fprintf(stderr, "vcosim: unknown command '%s'; `vcosim --help` lists them\n", argv[1]);
	return 2;
}
