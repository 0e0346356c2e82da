/* SPDX-License-Identifier: MIT */
/* The steps of a Linux guest's scenario. */
#include <linux/virtio_balloon.h>
#include <string.h>

#include "bridge/cmd_machine.h"
#include "bridge/cmd_scene.h"
#include "bridge/cmd_scene_others.h"
#include "bridge/loop.h"

#define STEP_MS    120000
#define OFF_MS     60000
#define PAGES(mib) ((uint32_t)(mib) << 8)
#define REPLY      4200

struct play {
	struct scene_run *sr;
	const struct run *run;
	struct machine *m;
	struct machine_guest guest;
	struct scene_others *others;
	const struct scene_step *step;
};

static bool has(const struct play *p, unsigned bit)
{
	return rig_negotiated(machine_rig(p->m)) >> bit & 1;
}

/* The guest's shell runs it. 0 or -1. */
static int shell(struct play *p, const char *command, bool wait)
{
	char request[SCENE_LINE + 64], reply[REPLY];

	snprintf(request, sizeof(request), wait ? "exec %s 2>&1" : "exec (%s) >/dev/null 2>&1 &",
		 command);
	if (machine_call(p->m, reply, sizeof(reply), request))
		return -1;
	if (!strncmp(reply, "0", 1) && (reply[1] == ' ' || !reply[1]))
		return 0;
	return scene_fail(p->sr, SCENE_FAILED, "the guest's `%s` ended with %.200s", command,
			  reply);
}

static int do_balloon(struct play *p)
{
	return machine_balloon(p->m, PAGES(p->step->n), STEP_MS);
}

static int do_aim(struct play *p)
{
	machine_aim(p->m, PAGES(p->step->n));
	return 0;
}

static int do_others(struct play *p)
{
	return scene_others_balloon(p->others, p->sr, p->m, PAGES(p->step->n), STEP_MS);
}

static int do_fill(struct play *p)
{
	char request[32] = "fill";

	if (p->step->n)
		snprintf(request, sizeof(request), "fill %u", p->step->n);
	return machine_call(p->m, NULL, 0, request);
}

static int do_stats(struct play *p)
{
	if (!has(p, VIRTIO_BALLOON_F_STATS_VQ))
		return scene_fail(p->sr, SCENE_FAILED, "no statistics: STATS_VQ is not negotiated");
	for (unsigned n = 0; n < p->step->n; n++)
		if (machine_poll_stats(p->m, STEP_MS))
			return -1;
	return 0;
}

static int do_hint(struct play *p)
{
	if (!has(p, VIRTIO_BALLOON_F_FREE_PAGE_HINT))
		return scene_fail(p->sr, SCENE_FAILED,
				  "no hints: FREE_PAGE_HINT is not negotiated");
	for (unsigned n = 0; n < p->step->n; n++)
		if (machine_hint(p->m, STEP_MS))
			return -1;
	return 0;
}

static int do_hint_start(struct play *p)
{
	machine_hint_start(p->m);
	return 0;
}

static int do_hint_stop(struct play *p)
{
	machine_hint_stop(p->m);
	return 0;
}

static int do_reported(struct play *p)
{
	const char *never;

	if (!has(p, VIRTIO_BALLOON_F_REPORTING))
		return scene_fail(p->sr, SCENE_FAILED, "no reports: REPORTING is not negotiated");
	if (machine_wait_reported(p->m, STEP_MS, &never))
		return -1;
	return never ? scene_fail(p->sr, SCENE_FAILED, "no reports: %s", never) : 0;
}

static int do_load(struct play *p)
{
	return machine_call(p->m, NULL, 0, "load");
}

static int do_unload(struct play *p)
{
	return machine_call(p->m, NULL, 0, "unload");
}

static int do_reload(struct play *p)
{
	for (unsigned n = 0; n < p->step->n; n++)
		if (do_unload(p) || do_load(p))
			return -1;
	return 0;
}

static bool never(void *ctx)
{
	(void)ctx;
	return false;
}

static int do_wait(struct play *p)
{
	machine_wait(p->m, p->step->n, never, NULL);
	return machine_alive(p->m) && !machine_late(p->m) ? 0
							  : machine_call(p->m, NULL, 0, "uname");
}

static int do_exec(struct play *p)
{
	return shell(p, p->step->text, true);
}

static int do_start(struct play *p)
{
	return shell(p, p->step->text, false);
}

static int do_reboot(struct play *p)
{
	return machine_reboot(p->m, "reboot") || story_load(p->run, p->m) ? -1 : 0;
}

static int do_kexec(struct play *p)
{
	return machine_reboot(p->m, "kexec") || story_load(p->run, p->m) ? -1 : 0;
}

static int do_restart(struct play *p)
{
	if (machine_call(p->m, NULL, 0, "poweroff") || machine_wait_gone(p->m, OFF_MS))
		return -1;
	return machine_boot(p->m, &p->guest) || story_load(p->run, p->m) ? -1 : 0;
}

/* The agent's own port wakes it: what we ask next stays in its FIFO until then. */
static int do_suspend(struct play *p)
{
	if (shell(p,
		  "echo enabled >/sys/class/tty/ttyS1/power/wakeup; "
		  "cat /sys/power/suspend_stats/success >/tmp/slept",
		  true) ||
	    shell(p, "sleep 0.5; echo freeze >/sys/power/state", false))
		return -1;
	machine_wait(p->m, p->step->n * 1000 + 500, never, NULL);
	if (machine_call(p->m, NULL, 0, "uname"))
		return -1;
	return shell(p,
		     "sleep 1; [ $(cat /sys/power/suspend_stats/success) -gt $(cat /tmp/slept) ]",
		     true);
}

static int do_stall(struct play *p)
{
	struct dev *dev = rig_dev(machine_rig(p->m));

	dev_clock(dev, false);
	machine_wait(p->m, p->step->n, never, NULL);
	dev_clock(dev, true);
	machine_kick(p->m);
	return 0;
}

static uint64_t figure(const struct play *p)
{
	struct rig *rig = machine_rig(p->m);
	const struct reclaim *rc = rig_reclaim(rig);

	switch (p->step->figure) {
	case SCENE_ACTUAL:
		return dev_actual(rig_dev(rig)) >> 8;
	case SCENE_RETURNED:
		return rc->returned >> 20;
	case SCENE_FIG_REPORTED:
		return rc->reported >> 20;
	case SCENE_HINTED:
		return rc->hinted >> 20;
	case SCENE_DIRTY:
		return machine_dirty_pages(p->m);
	case SCENE_INFLATED:
		return rc->inflated;
	case SCENE_DEFLATED:
		return rc->deflated;
	case SCENE_FIGURES:
		break;
	}
	return 0;
}

static int do_expect(struct play *p)
{
	uint64_t val = figure(p), want = p->step->n;
	bool ok = p->step->op == '<' ? val < want : p->step->op == '>' ? val > want : val == want;

	return ok ? 0
		  : scene_fail(p->sr, SCENE_FAILED, "%s is %llu, expected %c %u",
			       scene_figure_name(p->step->figure), (unsigned long long)val,
			       p->step->op, p->step->n);
}

static int (*const does[SCENE_DOES])(struct play *p) = {
	[SCENE_BALLOON] = do_balloon,
	[SCENE_AIM] = do_aim,
	[SCENE_OTHERS] = do_others,
	[SCENE_FILL] = do_fill,
	[SCENE_STATS] = do_stats,
	[SCENE_HINT] = do_hint,
	[SCENE_HINT_START] = do_hint_start,
	[SCENE_HINT_STOP] = do_hint_stop,
	[SCENE_REPORTED] = do_reported,
	[SCENE_RELOAD] = do_reload,
	[SCENE_LOAD] = do_load,
	[SCENE_UNLOAD] = do_unload,
	[SCENE_WAIT] = do_wait,
	[SCENE_EXEC] = do_exec,
	[SCENE_START] = do_start,
	[SCENE_REBOOT] = do_reboot,
	[SCENE_KEXEC] = do_kexec,
	[SCENE_RESTART] = do_restart,
	[SCENE_SUSPEND] = do_suspend,
	[SCENE_STALL] = do_stall,
	[SCENE_EXPECT] = do_expect,
};

/* What stands at `at` and behind it up to the end that belongs to it; *at is that end then. */
static int play_from(struct play *p, unsigned *at)
{
	const struct scene *sc = p->sr->scene;

	for (; *at < sc->nsteps && sc->step[*at].what != SCENE_END; ++*at) {
		unsigned first = *at + 1;

		p->step = &sc->step[*at];
		if (p->step->what == SCENE_REPEAT) {
			for (unsigned n = p->step->n; n; n--) {
				*at = first;
				if (play_from(p, at))
					return -1;
			}
			continue;
		}
		run_tell(p->run, "-- %s\n", p->step->text);
		if (does[p->step->what](p)) /* which said why */
			return scene_fail(p->sr,
					  machine_late(p->m)    ? SCENE_TIMEOUT
					  : machine_alive(p->m) ? SCENE_FAILED
								: SCENE_ERROR,
					  "step `%s` (line %u): %s", p->step->text, p->step->line,
					  machine_why(p->m));
	}
	return 0;
}

/* Boots, loads, plays and leaves; why not is in the scene_run. */
static int tell(struct play *p)
{
	unsigned at = 0;

	if (machine_boot(p->m, &p->guest) || story_load(p->run, p->m))
		return scene_fail(p->sr, machine_late(p->m) ? SCENE_TIMEOUT : SCENE_ERROR, "%s",
				  machine_why(p->m));
	if (play_from(p, &at))
		return -1;
	if (story_leave(p->run, p->m))
		return scene_fail(p->sr, machine_late(p->m) ? SCENE_TIMEOUT : SCENE_ERROR, "%s",
				  machine_why(p->m));
	return 0;
}

int scene_story(const struct run *run, struct machine *m, const struct machine_guest *guest,
		void *ctx)
{
	struct play p = { .sr = ctx, .run = run, .m = m, .guest = *guest };
	int err;

	p.others = scene_others_new(p.sr, m);
	if (!p.others)
		return scene_fail(p.sr, SCENE_ERROR, "the other devices cannot be made");
	p.guest.extra = scene_others_args(p.others, guest->extra);
	err = tell(&p);
	scene_others_end(p.others, p.sr);
	scene_others_free(p.others);
	return err;
}
