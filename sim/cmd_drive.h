/* SPDX-License-Identifier: MIT */
/* vcosim drive, for who has a device to drive that is not simply here. */
#ifndef SIM_CMD_DRIVE_H
#define SIM_CMD_DRIVE_H

#include "sim/cmd_rig.h"

/* cmd_drive with the device where `mount` puts it; NULL: here. */
int drive_on(int argc, char **argv, const struct rig_mount *mount);

#endif
