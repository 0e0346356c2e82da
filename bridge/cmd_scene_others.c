/* SPDX-License-Identifier: MIT */
#include "bridge/cmd_scene_others.h"

#include <linux/virtio_balloon.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/cmd_machine.h"
#include "bridge/cmd_served.h"
#include "sim/cmd_profile.h"

#define ARGS 8

struct scene_others {
	unsigned n;
	struct served *sv[SCENE_DEVICES];
	char device[SCENE_DEVICES][160];
	const char *args[ARGS + 2 * SCENE_DEVICES + 1];
	uint32_t goal; /* pages */
};

static struct served *serve(const struct scene_run *sr, struct machine *m, unsigned n)
{
	const struct run *run = sr->run;
	uint64_t features = run->features ? run->features : DEV_FEATURES_ALL;
	struct served_config cfg = {
		.profile = run->profile ? run->profile : PROFILE_PRACTICE,
		.dut = run->dut,
		/* Linux reports free pages to one device, and fails the next that offers it. */
		.features = features & ~(1ULL << VIRTIO_BALLOON_F_REPORTING),
		.spec_queues = run->spec_queues,
		.skew = run->skew,
		.loop = machine_loop(m),
		.log = { .to = stderr, .level = LOG_WARN, .name = "vcosim" },
		.story = run->story
	};

	scene_device_name(sr->scene, n, cfg.name);
	snprintf(cfg.trace, sizeof(cfg.trace), "%.3000s/%s.trace", run->dir, cfg.name);
	if (run->spec)
		snprintf(cfg.spec, sizeof(cfg.spec), "%s", run->spec);
	return served_new(&cfg);
}

struct scene_others *scene_others_new(const struct scene_run *sr, struct machine *m)
{
	struct scene_others *o = calloc(1, sizeof(*o));

	for (; o && o->n + 1 < sr->scene->devices; o->n++) {
		o->sv[o->n] = serve(sr, m, o->n + 2);
		if (!o->sv[o->n]) {
			scene_others_free(o);
			return NULL;
		}
		snprintf(o->device[o->n], sizeof(o->device[0]),
			 "{\"driver\":\"vfio-user-pci\",\"id\":\"dut%u\",\"socket\":{\"type\":"
			 "\"unix\","
			 "\"path\":\"%s\"}}",
			 o->n + 2, served_socket(o->sv[o->n]));
	}
	return o;
}

void scene_others_free(struct scene_others *o)
{
	for (unsigned i = 0; o && i < o->n; i++)
		served_free(o->sv[i]);
	free(o);
}

const char *const *scene_others_args(struct scene_others *o, const char *const *extra)
{
	unsigned n = 0;

	while (extra && *extra && n < ARGS)
		o->args[n++] = *extra++;
	for (unsigned i = 0; i < o->n; i++) {
		o->args[n++] = "-device";
		o->args[n++] = o->device[i];
	}
	o->args[n] = NULL;
	return o->args;
}

static bool there(void *ctx)
{
	const struct scene_others *o = ctx;

	for (unsigned i = 0; i < o->n; i++)
		if (dev_actual(rig_dev(served_rig(o->sv[i]))) != o->goal)
			return false;
	return true;
}

int scene_others_balloon(struct scene_others *o, struct scene_run *sr, struct machine *m,
			 uint32_t pages, unsigned ms)
{
	o->goal = pages;
	for (unsigned i = 0; i < o->n; i++) {
		dev_set_target(rig_dev(served_rig(o->sv[i])), pages);
		served_run(o->sv[i]);
	}
	if (machine_wait(m, ms, there, o))
		return 0;
	return scene_fail(sr, machine_late(m) ? SCENE_TIMEOUT : SCENE_FAILED,
			  "the other balloons are not at %u pages after %u s", pages, ms / 1000);
}

void scene_others_end(struct scene_others *o, struct scene_run *sr)
{
	for (unsigned i = 0; i < o->n; i++)
		if (served_end(o->sv[i], sr->others) == 2)
			scene_fail(sr, SCENE_ERROR, "a device's recording did not end well");
}
