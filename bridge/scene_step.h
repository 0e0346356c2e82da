/* SPDX-License-Identifier: MIT */
/* The steps of a scenario, as text: for scene.c. */
#ifndef BRIDGE_SCENE_STEP_H
#define BRIDGE_SCENE_STEP_H

#include "bridge/scene.h"

/* at NULL: none. Repeats are closed and no deeper than SCENE_DEPTH. */
void scene_read_steps(struct settings *s, config_setting_t *at, struct scene *scene);

#endif
