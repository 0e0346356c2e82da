/* SPDX-License-Identifier: MIT */
/*
 * A guest in QEMU on a device of ours, as a thing that a command can talk to in sequence:
 * while a call waits, the loop runs and the device serves the guest.
 *
 * The device is RTL in a rig, or any backend, or QEMU's own balloon (the baselines).
 * Calls return 0, or -1 after one line on stderr.
 */
#ifndef BRIDGE_CMD_MACHINE_H
#define BRIDGE_CMD_MACHINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "bridge/qemu.h"
#include "sim/cmd_rig.h"

struct backend;
struct machine;

struct machine_config {
	const char *name;
	const char *dir;               /* where console, complaints and the trace go */
	const char *spec;              /* NULL: the built-in one */
	const char *trace;             /* NULL: do not record */
	FILE *story;                   /* NULL: tell nothing */
	const char *qmp;               /* a control socket here, or NULL */
	bool own_balloon;              /* QEMU's device, no server */
	const struct backend *backend; /* instead of RTL */
	const struct rig_mount *mount; /* where the RTL is; NULL: right behind the server */
	const char *dut;               /* the RTL's name, NULL: DEV_DUT */
	uint64_t features;             /* to offer, 0: all there are */
	bool spec_queues;              /* queues as 5.5.2 numbers them, not as Linux does */
	struct skew skew;              /* all zero: none */
	const char *profile;           /* as in struct rig_config */
	bool blocking;                 /* sleep between messages, never poll for the next one */
	unsigned limit_s;              /* from machine_new on, no wait is longer; 0: none */
	bool dmesg;                    /* verdicts go into the guest's kernel log, too */
};

struct machine_guest {
	const char *kernel, *initrd, *append; /* initrd, append may be NULL */
	unsigned memory_mib;
	bool agent;               /* the initrd is ours: wait until its agent is ready */
	bool prealloc;            /* all memory allocated at start */
	bool iommu;               /* as in struct qemu_config */
	const char *const *extra; /* more QEMU arguments, NULL-terminated, or NULL */
};

struct machine *machine_new(const struct machine_config *cfg);
void machine_free(struct machine *m);

/* Starts a guest, and waits for its agent if it has one. */
int machine_boot(struct machine *m, const struct machine_guest *guest);

/* Asks the agent; its answer goes to reply (may be NULL). -1: it said no, or nothing. */
int machine_call(struct machine *m, char *reply, size_t len, const char *request);

/* Runs the loop until done(ctx), the guest ends, or ms pass. True: done. */
bool machine_wait(struct machine *m, unsigned ms, bool (*done)(void *ctx), void *ctx);

/* Waits until QEMU has ended by itself, and well, and its device is at rest. */
int machine_wait_gone(struct machine *m, unsigned ms);

/* The time of machine_config.limit_s is over; the guest runs, as far as one can tell. */
bool machine_late(const struct machine *m);
bool machine_alive(const struct machine *m);

/* What the last call that returned -1 put on stderr, without the name; "" if none did. */
const char *machine_why(const struct machine *m);

/*
 * Asks the agent for another life, and waits until it is ready again: "reboot", which QEMU carries
 * out, or "kexec", of which QEMU knows nothing.
 */
int machine_reboot(struct machine *m, const char *how);

/* The last whole line on the guest's console, or "". */
const char *machine_last_line(const struct machine *m);

/* The host asks for a balloon of that many pages and waits until the guest is there. */
int machine_balloon(struct machine *m, uint32_t pages, unsigned ms);

/* The same without waiting. */
void machine_aim(struct machine *m, uint32_t pages);

/* Lets the device work, after something gave it work past the guest. */
void machine_kick(struct machine *m);

/* Asks for statistics, waits for them; needs STATS_VQ negotiated. */
int machine_poll_stats(struct machine *m, unsigned ms);

/* A round of free page hinting, to its end; needs FREE_PAGE_HINT negotiated. */
int machine_hint(struct machine *m, unsigned ms);

/* The beginning of a round, and its end whether the guest is through or not. */
void machine_hint_start(struct machine *m);
void machine_hint_stop(struct machine *m);

/*
 * Waits until the guest has reported free memory. *never: NULL, or why its kernel will not, however
 * long one waits (bridge/zones.h); then 0, too, and the report says so.
 */
int machine_wait_reported(struct machine *m, unsigned ms, const char **never);

/* Bytes that the guest's memory has allocated on the host. */
uint64_t machine_allocated(const struct machine *m);

/* Of the pages now in the balloon: how many read back as anything but zeros. */
uint64_t machine_dirty_pages(const struct machine *m);

/* RTL machines only, else NULL. */
struct rig *machine_rig(struct machine *m);
struct loop *machine_loop(struct machine *m);
struct qemu *machine_qemu(struct machine *m);

/* Lets the device go: ends the rig, and returns the run's entry for the report. */
json_t *machine_report(struct machine *m);

#endif
