/* SPDX-License-Identifier: MIT */
/* The other devices of a scenario with several: each with its own RTL, trace and monitor. */
#ifndef BRIDGE_CMD_SCENE_OTHERS_H
#define BRIDGE_CMD_SCENE_OTHERS_H

#include "bridge/cmd_scene.h"

struct scene_others;

/* On the machine's loop. NULL after a line on stderr; none at all is fine. */
struct scene_others *scene_others_new(const struct scene_run *sr, struct machine *m);
void scene_others_free(struct scene_others *others);

/* QEMU's arguments for them, after those of `extra` (or NULL); NULL-terminated. */
const char *const *scene_others_args(struct scene_others *others, const char *const *extra);

/* Their balloons, and waits until the guest is there. 0 or -1. */
int scene_others_balloon(struct scene_others *others, struct scene_run *sr, struct machine *m,
			 uint32_t pages, unsigned ms);

/* The end: an entry of each for the report. */
void scene_others_end(struct scene_others *others, struct scene_run *sr);

#endif
