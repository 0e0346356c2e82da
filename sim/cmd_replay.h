/* SPDX-License-Identifier: MIT */
/* vcosim replay, for who has a device to replay on that is not simply here. */
#ifndef SIM_CMD_REPLAY_H
#define SIM_CMD_REPLAY_H

#include "sim/cmd_rig.h"

/* cmd_replay with the device where `mount` puts it, never exact; NULL: here. */
int replay_on(int argc, char **argv, const struct rig_mount *mount);

#endif
