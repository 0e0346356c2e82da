/* SPDX-License-Identifier: MIT */
/*
 * A scenario as a file (tests/scenarios/README.md has its keys): which guest, on which
 * device, what it is taken through, and which verdicts that must bring.
 */
#ifndef BRIDGE_SCENE_H
#define BRIDGE_SCENE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/settings.h"

#define SCENE_TEXT    64  /* room for a name */
#define SCENE_LINE    256 /* and for a line of text */
#define SCENE_STEPS   64
#define SCENE_DEPTH   4 /* repeats inside repeats */
#define SCENE_MODULES 8
#define SCENE_CLAUSES 16
#define SCENE_KERNELS 8
#define SCENE_SEEDS   64
#define SCENE_DEVICES 4

enum scene_guest {
	SCENE_LINUX, /* a kernel of ours with the agent */
	SCENE_METAL, /* the bare-metal driver */
	SCENE_DRIVE, /* the C driver, no guest */
	SCENE_TRACE, /* a recorded session, against the RTL */
	SCENE_USER,  /* the user's own kernel */
	SCENE_GUESTS
};

enum scene_do {
	SCENE_BALLOON,    /* n MiB, and wait until the guest is there */
	SCENE_AIM,        /* n MiB, and do not wait */
	SCENE_OTHERS,     /* n MiB in the balloon of each device but the first, and wait */
	SCENE_FILL,       /* the guest dirties n MiB, 0: all that is free */
	SCENE_STATS,      /* asks for statistics n times */
	SCENE_HINT,       /* a round of free page hints */
	SCENE_HINT_START, /* the same, left open */
	SCENE_HINT_STOP,
	SCENE_REPORTED, /* waits for a report of free pages */
	SCENE_RELOAD,   /* unloads and loads the driver n times */
	SCENE_LOAD,
	SCENE_UNLOAD,
	SCENE_WAIT,    /* n milliseconds */
	SCENE_EXEC,    /* a shell command in the guest, which must end with 0 */
	SCENE_START,   /* one that is not waited for */
	SCENE_REBOOT,  /* the guest reboots and loads its driver */
	SCENE_KEXEC,   /* it starts its kernel again, without its firmware, and loads its driver */
	SCENE_RESTART, /* it powers off, and another one starts on the same device */
	SCENE_SUSPEND, /* to idle, for n seconds */
	SCENE_STALL,   /* the device's clock stands still for n milliseconds */
	SCENE_EXPECT,  /* a figure, see below */
	SCENE_REPEAT,  /* what is up to `end`, n times */
	SCENE_END,
	SCENE_DOES
};

enum scene_figure {
	SCENE_ACTUAL,   /* MiB in the balloon, as the driver says */
	SCENE_RETURNED, /* MiB given back to the host, over the run */
	SCENE_FIG_REPORTED,
	SCENE_HINTED, /* MiB, over the run */
	SCENE_DIRTY,  /* ballooned pages that still hold data */
	SCENE_INFLATED,
	SCENE_DEFLATED, /* pages, over the run */
	SCENE_FIGURES
};

struct scene_step {
	enum scene_do what;
	unsigned n;
	enum scene_figure figure;
	char op; /* < > = */
	unsigned line;
	char text[SCENE_LINE]; /* of exec and start; of the others, as it stands in the file */
};

struct scene {
	char name[SCENE_TEXT], path[PATH_MAX];
	uint64_t digest;       /* of the file's text (FNV-1a) */
	char what[SCENE_LINE]; /* in one line */
	enum scene_guest guest;
	char plays[SCENE_TEXT], fault[SCENE_TEXT]; /* of the C driver and bare metal */
	unsigned lives;                            /* conforming ones before */
	char kernel[PATH_MAX], initrd[PATH_MAX];   /* of the user */
	char append[SCENE_LINE], trace[PATH_MAX];
	char module[SCENE_MODULES][PATH_MAX];
	unsigned nmodules;
	bool exact; /* the replay */

	char kernels[SCENE_KERNELS][SCENE_TEXT];
	unsigned nkernels;
	bool pci, mmio;
	uint64_t seed[SCENE_SEEDS]; /* 0: a bus without moods */
	unsigned nseeds;

	char dut[SCENE_TEXT]; /* "": the balloon */
	uint64_t features;    /* to offer, 0: all there are */
	bool spec_queues, intx, iommu;
	unsigned memory_mib, target_mib, devices;
	unsigned errors; /* one burst in so many, of seeds other than 0; 0: none */
	char profile[SCENE_TEXT], spec[PATH_MAX];

	struct scene_step step[SCENE_STEPS];
	unsigned nsteps;
	char expect[SCENE_CLAUSES][SCENE_TEXT]; /* exactly these clauses */
	unsigned nexpect;
	bool completes;   /* false: the driver may give up on the way */
	unsigned limit_s; /* of the whole run */
};

/*
 * Paths in it are taken from the file's folder. False, and in err (SETTINGS_ERR bytes) one
 * line "path:line: what and what was expected".
 */
bool scene_parse(const char *path, const char *text, struct scene *scene, char *err);

/* The same from the file. */
bool scene_load(const char *path, struct scene *scene, char *err);

/* As it stands in files. */
const char *scene_guest_name(enum scene_guest guest);
const char *scene_figure_name(enum scene_figure figure);

/* What a device's trace and report are named after, of devices from 1 on; returns buf. */
char *scene_device_name(const struct scene *scene, unsigned device, char buf[SCENE_TEXT]);

#endif
