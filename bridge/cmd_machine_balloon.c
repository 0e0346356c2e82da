/* SPDX-License-Identifier: MIT */
/* A machine's balloon: what the host asks of it, and what the memory's file says then. */
#include <linux/virtio_balloon.h>

#include "bridge/cmd_machine_internal.h"
#include "bridge/zones.h"

#define SILENT_MS 10000 /* reports come 2 s after memory was freed, or not at all */
#define MIB       (1 << 20)

struct goal {
	struct dev *dev;
	uint32_t pages;
};

static bool reached(void *ctx)
{
	const struct goal *goal = ctx;

	return dev_actual(goal->dev) == goal->pages;
}

void machine_kick(struct machine *m)
{
	server_run(m->server);
}

void machine_aim(struct machine *m, uint32_t pages)
{
	dev_set_target(rig_dev(m->rig), pages);
	server_run(m->server);
}

int machine_balloon(struct machine *m, uint32_t pages, unsigned ms)
{
	struct goal goal = { rig_dev(m->rig), pages };
	uint64_t before = machine_allocated(m), after;
	uint64_t free_before = rig_reclaim(m->rig)->fell_free;

	machine_aim(m, pages);
	if (!machine_wait(m, ms, reached, &goal))
		return machine_complain(m, "the balloon is at %u of %u pages after %u s",
					dev_actual(goal.dev), pages, ms / 1000);
	/* Free memory that was reported meanwhile is not the balloon's doing. */
	after = machine_allocated(m) + (rig_reclaim(m->rig)->fell_free - free_before);
	if (pages >= m->peak_target) {
		m->peak_target = pages;
		m->peak_actual = dev_actual(goal.dev);
		m->peak_returned = before > after ? before - after : 0;
		m->peak_kept = 4096 * pages_kept(m->pages);
	}
	return 0;
}

static bool stats_told(void *ctx)
{
	const struct machine *m = ctx;

	return m->stats_told;
}

int machine_poll_stats(struct machine *m, unsigned ms)
{
	m->stats_told = false;
	dev_poll_stats(rig_dev(m->rig));
	server_run(m->server);
	if (!machine_wait(m, ms, stats_told, m))
		return machine_complain(m, "no statistics after %u s", ms / 1000);
	return 0;
}

static bool hint_over(void *ctx)
{
	const struct machine *m = ctx;

	return !m->hint;
}

void machine_hint_start(struct machine *m)
{
	struct dev *dev = rig_dev(m->rig);

	m->hint = dev_next_hint(dev);
	m->hinting = false;
	dev_set_hint(dev, m->hint);
	server_run(m->server);
}

void machine_hint_stop(struct machine *m)
{
	dev_set_hint(rig_dev(m->rig), VIRTIO_BALLOON_CMD_ID_DONE);
	server_run(m->server);
}

int machine_hint(struct machine *m, unsigned ms)
{
	int err = 0;

	machine_hint_start(m);
	if (!machine_wait(m, ms, hint_over, m))
		err = machine_complain(m, "hints have not %s after %u s",
				       m->hinting ? "ended" : "begun", ms / 1000);
	machine_hint_stop(m);
	return err;
}

static bool has_reported(void *ctx)
{
	const struct machine *m = ctx;

	return rig_reclaim(m->rig)->reported;
}

/*
 * Words for it if the guest has too little memory to report any. What its kernel has on the way to
 * the host just now is not free, so this is asked of a guest that has been silent for a while.
 */
static int ask_zones(struct machine *m)
{
	char reply[MACHINE_REPLY_MAX];
	struct zones zones = { 0, 0 };

	if (machine_call(m, reply, sizeof(reply), zones_request))
		return -1;
	if (zones_parse(reply, &zones) && zones_silent(&zones))
		snprintf(
			m->not_reported, sizeof(m->not_reported),
			"Linux reports of a zone only while more than %.1f MiB of it are free, and "
			"here it is %.1f at most",
			(double)zones.needs / MIB, (double)zones.free / MIB);
	return 0;
}

int machine_wait_reported(struct machine *m, unsigned ms, const char **never)
{
	*never = NULL;
	m->not_reported[0] = '\0';
	for (unsigned waited = 0; !machine_wait(m, SILENT_MS, has_reported, m);) {
		waited += SILENT_MS;
		if (waited >= ms)
			return machine_complain(m, "no free memory reported after %u s", ms / 1000);
		if (ask_zones(m))
			return -1;
		if (m->not_reported[0]) {
			*never = m->not_reported;
			return 0;
		}
	}
	return 0;
}

uint64_t machine_allocated(const struct machine *m)
{
	return pages_allocated(m->mem);
}

uint64_t machine_dirty_pages(const struct machine *m)
{
	return pages_dirty(m->pages);
}
