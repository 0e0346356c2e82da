/* SPDX-License-Identifier: MIT */
/* What the driver can play: the tables together, and how a scenario goes. */
#include <stddef.h>

#include "sim/driver_twist.h"

const struct driver_scenario *driver_scenario_at(unsigned n)
{
	if (n < driver_nodd)
		return &driver_odd[n];
	n -= driver_nodd;
	return n < driver_nwrong ? &driver_wrong[n] : NULL;
}

bool driver_same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

const struct driver_scenario *driver_scenario(const char *name)
{
	const struct driver_scenario *sc;

	for (unsigned i = 0; (sc = driver_scenario_at(i)); i++)
		if (driver_same(sc->name, name))
			return sc;
	return NULL;
}

static void say(struct driver *drv, const char *line)
{
	drv->io->say(drv->io->ctx, line);
}

/* From reset to an empty balloon, or as far as this end of a scenario goes. */
static int live(struct driver *drv, enum driver_end end)
{
	int err = driver_start(drv);

	if (err)
		return err;
	say(drv, "driver is live");
	if (driver_balloon(drv, driver_goal(drv)))
		return -1;
	say(drv, "inflated to the target");
	if (driver_is(drv, ODD_QUEUE_RESET) && driver_requeue(drv, 1))
		return -1;
	if (driver_memory_play(drv) || driver_suspend_play(drv))
		return -1;
	if (driver_is(drv, WRONG_DEFLATE_EARLY)) {
		drv->queue[1].pfns[0] = drv->io->first_pfn + drv->ballooned + 7;
		if (driver_send(drv, &drv->queue[1], 1))
			return -1;
	}
	if (driver_is(drv, WRONG_NO_ACTUAL))
		driver_linger(drv);
	if (end == END_EMPTY)
		return 0;
	if (driver_balloon(drv, 0))
		return -1;
	say(drv, "deflated");
	if (driver_is(drv, ODD_LINGER))
		driver_linger(drv);
	return 0;
}

static void conform(struct driver *drv)
{
	for (unsigned i = 0; i < DRIVER_TWISTS; i++)
		drv->twist[i] = TWIST_NONE;
}

/* What is left to do when the wrong life is over. */
static int recover(struct driver *drv, enum driver_end end, int err)
{
	switch (end) {
	case END_PROVOKE:
		if (!err || !driver_needs_reset(drv))
			return driver_fail(drv, "the device took what it cannot have understood");
		driver_get(drv, &drv->isr, 0, 1);
		say(drv, "the device asks for a reset, as it should");
		break;
	case END_STOP:
		if (err != 1)
			return err ? err : driver_fail(drv, "the driver did not give up");
		say(drv, "the driver gives up and begins anew");
		break;
	case END_REFUSED:
		if (err)
			say(drv, "the device refuses to go on with this driver");
		return 0;
	default:
		return err;
	}
	conform(drv);
	return live(drv, END_LIFE);
}

int driver_play(struct driver *drv, const struct driver_io *io,
		const struct driver_scenario *scenario)
{
	int err;

	if (driver_probe(drv, io, scenario->twist))
		return -1;
	say(drv, "found the balloon");
	err = live(drv, scenario->end);
	if (!err && driver_is(drv, ODD_TWO_LIVES))
		err = live(drv, scenario->end);
	if (recover(drv, scenario->end, err))
		return -1;
	if (driver_is(drv, ODD_RESET_BUSY)) {
		drv->queue[0].pfns[0] = io->first_pfn;
		driver_post(drv, &drv->queue[0], 1);
	}
	if (driver_reset(drv))
		return -1;
	say(drv, "reset");
	return 0;
}
