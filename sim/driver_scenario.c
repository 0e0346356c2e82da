/* SPDX-License-Identifier: MIT */
/* What the driver can play: conforming lives, wrong ones, and hostile ones. */
#include "sim/driver.h"

#include <stddef.h>

static const struct driver_scenario scenarios[] = {
	{ "life", "a conforming driver, reset to reset", 0, NULL },
	{ "absolute-status", "conforming: absolute status values", ODD_ABSOLUTE_STATUS, NULL },
	{ "aborted-life", "conforming: a life given up, then a full one", ODD_RESET_TWICE, NULL },
	{ "no-reset", "starts without a reset", WRONG_NO_RESET, "DRV-3.1.1-1" },
	{ "no-reset-wait", "does not wait for device_status 0",
	  WRONG_NO_RESET_WAIT | ODD_ABSOLUTE_STATUS, "DRV-4.1.4.3.2-5" },
	{ "no-acknowledge", "DRIVER without ACKNOWLEDGE", WRONG_NO_ACKNOWLEDGE, "DRV-3.1.1-2" },
	{ "no-driver", "features without DRIVER", WRONG_NO_DRIVER, "DRV-3.1.1-3" },
	{ "features-unread", "accepts features it never read", WRONG_FEATURES_UNREAD,
	  "DRV-3.1.1-4" },
	{ "feature-not-offered", "accepts bit 22", WRONG_FEATURE_NOT_OFFERED, "DRV-2.2.1-1" },
	{ "config-early", "writes configuration while negotiating", WRONG_CONFIG_EARLY,
	  "DRV-3.1.1-7" },
	{ "no-features-ok", "queues without FEATURES_OK", WRONG_NO_FEATURES_OK, "DRV-3.1.1-8" },
	{ "features-late", "adds a feature after FEATURES_OK", WRONG_FEATURES_LATE, "DRV-3.1.1-9" },
	{ "skip-features-ok-reread", "does not read FEATURES_OK back", WRONG_SKIP_REREAD,
	  "DRV-3.1.1-10" },
	{ "notify-early", "notifies before DRIVER_OK", WRONG_NOTIFY_EARLY, "DRV-3.1.1-16" },
	{ "clear-bit", "drops status bits", WRONG_CLEAR_BIT, "DRV-2.1.1-2" },
	{ "go-on-failed", "goes on after FAILED", WRONG_GO_ON_FAILED, "DRV-3.1.1-15" },
	{ "desc-outside", "a descriptor outside memory", WRONG_DESC_OUTSIDE, NULL },
	{ "desc-loop", "a chain that loops", WRONG_DESC_LOOP, NULL },
	{ "pfn-beyond", "a page frame beyond memory", WRONG_PFN_BEYOND, NULL },
	{ "ring-outside", "rings outside memory", WRONG_RING_OUTSIDE, NULL },
};

#define NSCENARIOS (sizeof(scenarios) / sizeof(scenarios[0]))

const struct driver_scenario *driver_scenario_at(unsigned n)
{
	return n < NSCENARIOS ? &scenarios[n] : NULL;
}

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

const struct driver_scenario *driver_scenario(const char *name)
{
	for (unsigned i = 0; i < NSCENARIOS; i++)
		if (same(scenarios[i].name, name))
			return &scenarios[i];
	return NULL;
}

static void say(struct driver *drv, const char *line)
{
	drv->io->say(drv->io->ctx, line);
}

static int live(struct driver *drv)
{
	uint32_t target;

	if (driver_start(drv))
		return -1;
	say(drv, "driver is live");
	target = driver_target(drv);
	if (target > drv->io->npfns)
		target = drv->io->npfns;
	if (driver_balloon(drv, target))
		return -1;
	say(drv, "inflated to the target");
	if (driver_balloon(drv, 0))
		return -1;
	say(drv, "deflated");
	return 0;
}

/* What a scenario of this kind must bring the device to: it asks for a reset. */
#define PROVOKES (WRONG_DESC_OUTSIDE | WRONG_DESC_LOOP | WRONG_RING_OUTSIDE)
/* ... and these a device may rightly refuse to work with. */
#define REFUSABLE (WRONG_FEATURE_NOT_OFFERED | WRONG_NO_FEATURES_OK | WRONG_NO_DRIVER)

int driver_play(struct driver *drv, const struct driver_io *io,
		const struct driver_scenario *scenario)
{
	int err;

	if (driver_probe(drv, io, scenario->wrong))
		return -1;
	say(drv, "found the balloon");
	err = live(drv);
	if (scenario->wrong & PROVOKES) {
		if (!err || !driver_needs_reset(drv)) {
			drv->error = "the device took what it cannot have understood";
			return -1;
		}
		say(drv, "the device asks for a reset, as it should");
		drv->wrong = 0;
		err = live(drv);
	} else if (err && (scenario->wrong & REFUSABLE)) {
		say(drv, "the device refuses to go on with this driver");
		err = 0;
	}
	if (err)
		return -1;
	if (driver_reset(drv))
		return -1;
	say(drv, "reset");
	return 0;
}
