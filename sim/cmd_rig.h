/* SPDX-License-Identifier: MIT */
/*
 * What every command that drives a device is made of, in one place: the device, the
 * observer on its bus, the monitor that judges, the trace, the balloon's host side, and
 * the report on all of it.
 */
#ifndef SIM_CMD_RIG_H
#define SIM_CMD_RIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "sim/dev.h"
#include "sim/dut.h"
#include "sim/port.h"
#include "sim/reclaim.h"

struct rig;

struct rig_config {
	const char *name; /* of the run, in the report */
	struct dev_config dev;
	struct mem *mem;              /* as the device sees it */
	struct mem *backing;          /* what pages go back to the host from, NULL: mem */
	const struct dev_sink *front; /* also told all but settle and pause; or NULL */
	const char *trace;            /* file to record to, or NULL */
	const char *spec;             /* specification file, NULL: that of the device (rig_spec) */
	const char *fault;            /* device fault that the bus shows (sim/mutant.h), or NULL */
	bool early;                   /* rig_mount: the port's reads are dev_read_early; no fault */
	FILE *story;                  /* the driver's steps and verdicts as they happen, or NULL */
	const char *const *waive;     /* rules whose violations are known findings, or NULL */
	const char *profile;          /* see sim/cmd_profile.h; NULL: nothing is waived by it */
	/* Each verdict that is no waived one, as its entry in the report; or NULL. */
	void (*verdict)(void *ctx, const json_t *verdict);
	/* Nanoseconds that what the device is asked for now has taken so far; or NULL. */
	uint64_t (*elapsed)(void *ctx);
	void *verdict_ctx; /* of these two */
};

/* NULL, and one line on stderr that says why. */
struct rig *rig_new(const struct rig_config *cfg);
void rig_free(struct rig *rig);

/* Where a command's device is: in a platform of another kind. `ctx` goes to both calls. */
struct rig_mount {
	void *ctx;
	/* As rig_new; `port` is how to reach the device. What cfg points to must live on. */
	struct rig *(*mount)(void *ctx, const struct rig_config *cfg, struct port *port);
	void (*unmount)(void *ctx, struct rig *rig);
};

/* A NULL `where` is rig_new and rig_free, and the device's own functions as its port. */
struct rig *rig_mount(const struct rig_mount *where, const struct rig_config *cfg,
		      struct port *port);
void rig_unmount(const struct rig_mount *where, struct rig *rig);

struct dev *rig_dev(struct rig *rig);
bool rig_is_mmio(const struct rig *rig); /* its device has virtio-mmio registers */
const struct reclaim *rig_reclaim(const struct rig *rig);

/* What the driver gets for a register read just made, whose value is val: a fault may show. */
uint32_t rig_shown(const struct rig *rig, uint32_t val);

/* Verdicts so far against the driver or the device, waived ones left out. */
unsigned rig_verdicts(const struct rig *rig);

/* The features that the driver has negotiated, 0 so far. */
uint64_t rig_negotiated(const struct rig *rig);

/* The device does not come to rest (dev_run said -ETIMEDOUT): the verdict HANG. */
void rig_stalled(struct rig *rig);

#define RIG_REG_MAX 80

/* "device_status +0x14" once the windows are known, else "BAR 0 +0x14". Returns buf. */
char *rig_reg_str(const struct rig *rig, struct dev_reg reg, char buf[RIG_REG_MAX]);

/* To be called about twice a second: what was recorded goes to the trace's file. */
void rig_poll(struct rig *rig);

/* A fact for the trace, learnt after it was begun: {name: value}. Takes the value. */
void rig_note(struct rig *rig, const char *name, json_t *value);

/* The guest is gone: flushes the observer and the monitor, closes the trace. 0 or -errno. */
int rig_end(struct rig *rig);

/*
 * What was seen, as the members of one entry of report.json's "runs" (README, "The
 * report"): name, verdict, exit, lifecycle, features, balloon, monitor, bus.
 */
json_t *rig_report(const struct rig *rig);

/* A device that is built in (NULL: DEV_DUT). False, and one line on stderr that says why. */
bool rig_dut(const char *name, struct dut *dut);

/* The path of what it is judged by, where nobody says otherwise. False, as rig_dut. */
bool rig_spec(const struct dut *dut, char *path, size_t len);

/* The same for a trace, whose device may not be built in: then as for a balloon. */
bool rig_spec_of(const char *name, char *path, size_t len);

/* The balloon that --transport asks for: "pci", "mmio". False: no such transport. */
bool rig_transport(const char *name, const char **dut);

/* A folder or file of the installation or of the checkout, by its name ("specs/virtio.ccsl"). */
bool rig_find(const char *name, char *path, size_t len);

#endif
