/* SPDX-License-Identifier: MIT */
/* vcosim drive, for who has a device to drive that is not simply here, or a scenario to play. */
#ifndef SIM_CMD_DRIVE_H
#define SIM_CMD_DRIVE_H

#include "sim/cmd_rig.h"

/* cmd_drive with the device where `mount` puts it; NULL: here. */
int drive_on(int argc, char **argv, const struct rig_mount *mount);

struct driver_scenario;

struct drive_config {
	const struct driver_scenario *scenario;
	struct rig_config rig; /* its memory is made here */
	unsigned target_mib;   /* of the balloon */
	unsigned long lives;   /* conforming ones before the scenario */
	const struct rig_mount *mount;
};

struct drive_result {
	json_t *run;     /* its entry for the report, the caller's; NULL: there was no device */
	bool gave_up;    /* 2, because the driver did not come through */
	const char *why; /* then, or NULL */
};

/* The exit status. Why it is 2, one line on stderr says. */
int drive_play(const struct drive_config *cfg, struct drive_result *res);

#endif
