/* SPDX-License-Identifier: MIT */
/*
 * vcosim run in two parts: cmd_run.c reads the options and writes the report, cmd_story.c
 * takes guests through their stories.
 */
#ifndef BRIDGE_CMD_RUN_H
#define BRIDGE_CMD_RUN_H

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

#include "sim/cmd_rig.h"

struct run {
	const char *guest;                    /* "6.1", "6.12", "metal", or NULL: all */
	const char *scenario;                 /* of the bare-metal guest */
	const char *kernel, *initrd, *append; /* the user's own */
	const char *modules[9];               /* up to 8, then NULL */
	unsigned nmodules;
	const char *qmp, *dut;
	struct dut what; /* dut, or the balloon */
	const char *report, *trace, *spec;
	char default_report[PATH_MAX];
	char dir[PATH_MAX];    /* for what the runs leave: beside the report */
	char guests[PATH_MAX]; /* guestdir_find */
	unsigned memory_mib, target_mib, reloads, boots;
	bool intx, iommu, json, spec_queues, dmesg;
	const char *profile; /* NULL: practice for Linux, else spec-1.4 */
	uint64_t features;   /* to offer, 0: all there are */
	struct skew skew;
	FILE *story;
	const struct rig_mount *mount; /* NULL: the device right behind the bridge */
	/* Of a scenario: */
	const char *file;         /* its path, or NULL */
	const char *transport;    /* "pci", "mmio" or NULL: as --transport says */
	const char *seed;         /* as --seed says, or NULL */
	const char *name;         /* of the run and its files, NULL: as the guest is called */
	unsigned limit_s;         /* of the run, 0: none */
	const char *const *extra; /* QEMU arguments, NULL-terminated, or NULL */
	bool kexec;               /* the guest has its kernel at hand */
	struct run_end *end;      /* how it ended goes here, or NULL */
};

/* How a machine's run ended. */
struct run_end {
	bool late;     /* by its time limit */
	bool alive;    /* with a guest that still answers */
	bool gave_up;  /* the bare-metal driver did */
	char why[512]; /* the last complaint, or "" */
};

/* cmd_run with the device elsewhere; without a guest named, `guest` is the one, if any. */
int run_on(int argc, char **argv, const struct rig_mount *mount, const char *guest);

/* "vcosim run: what: why" on stderr; returns 2, the exit status. */
int run_no(const char *what, const char *why);

/*
 * Are the options one with another, and is there a folder for what the run leaves? 0, or 2 after
 * a line on stderr. quick: it needs no guest.
 */
int run_prepare(struct run *run, bool quick);

/* A piece of the story, unless the run is a silent one. */
void run_tell(const struct run *run, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * A guest's whole run: 0 no verdict, 1 some, 2 it could not be carried through. Its entry
 * goes to the report's `runs`.
 */
int run_linux(const struct run *run, const char *series, json_t *runs);
int run_metal(const struct run *run, const char *scenario, json_t *runs);
int run_own(const struct run *run, json_t *runs);

/*
 * The same as run_linux with another story, which boots the guest itself: 0, or -1 after a line
 * on stderr. story_load and story_leave are how each begins and ends.
 */
struct machine;
struct machine_guest;
typedef int run_story(const struct run *run, struct machine *m, const struct machine_guest *guest,
		      void *ctx);
int run_linux_through(const struct run *run, const char *series, run_story *story, void *ctx,
		      json_t *runs);
int story_load(const struct run *run, struct machine *m);
int story_leave(const struct run *run, struct machine *m);

/* What the bare-metal guest can play over this transport; NULL: no such scenario. */
const struct driver_scenario *run_scenario(const struct run *run, const char *name);

/* What Linux does with an entropy device (cmd_story_rng.c). 0 or -1. */
int story_rng(const struct run *run, struct machine *m);

#endif
