/* SPDX-License-Identifier: MIT */
/* The kinds of guests that a scenario may have, each run to its end: for cmd_scene.c. */
#ifndef BRIDGE_CMD_SCENE_GUEST_H
#define BRIDGE_CMD_SCENE_GUEST_H

#include "bridge/cmd_scene.h"

/* What went wrong goes to sr->status; an entry for each device to the report's runs. */
void scene_guest(struct scene_run *sr, json_t *runs);

#endif
