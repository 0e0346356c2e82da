/* SPDX-License-Identifier: MIT */
/* Suspending a device and resuming it: 3.4. */
#include <linux/virtio_balloon.h>
#include <linux/virtio_config.h>
#include <stddef.h>

#include "sim/driver_twist.h"

#define SUSPEND  0x10 /* younger than the header */
#define PATIENCE 20000

static void add_status(struct driver *drv, uint8_t bits, uint8_t absolute)
{
	driver_set_status(drv, driver_is(drv, ODD_ABSOLUTE_STATUS) ? absolute
								   : driver_status(drv) | bits);
}

/* Until of DRIVER_OK and SUSPEND the status shows just this one. */
static int await(struct driver *drv, uint8_t bit)
{
	for (unsigned n = 0; (driver_status(drv) & (SUSPEND | VIRTIO_CONFIG_S_DRIVER_OK)) != bit;
	     n++) {
		if (n == PATIENCE)
			return driver_fail(drv, "the device neither suspends nor resumes");
		drv->io->wait(drv->io->ctx);
	}
	return 0;
}

/* What a driver may do with a suspended device: look; and what it must not. */
static void meanwhile(struct driver *drv)
{
	driver_target(drv);
	if (driver_is(drv, ODD_SUSPEND_TARGET) && drv->io->ask)
		drv->io->ask(drv->io->ctx, DRIVER_ASK_TARGET);
	driver_target(drv);
	for (unsigned i = 0; i < 2; i++)
		driver_get(drv, &drv->device, offsetof(struct virtio_balloon_config, actual), 4);
	if (driver_is(drv, WRONG_SUSPEND_NOTIFY))
		driver_notify(drv, &drv->queue[0]);
	if (driver_is(drv, WRONG_SUSPEND_CONFIG)) {
		driver_put(drv, &drv->device, offsetof(struct virtio_balloon_config, actual), 4,
			   drv->ballooned + 1);
		driver_get(drv, &drv->device, offsetof(struct virtio_balloon_config, actual), 4);
	}
	if (driver_is(drv, WRONG_SUSPEND_POST)) {
		drv->queue[0].pfns[0] = drv->io->first_pfn + drv->ballooned;
		driver_post(drv, &drv->queue[0], 1);
	}
}

int driver_suspend_play(struct driver *drv)
{
	if (!driver_is(drv, ODD_SUSPEND))
		return 0;
	add_status(drv, SUSPEND, 0x1f);
	if (driver_is(drv, WRONG_SUSPEND_BLIND)) {
		driver_set_status(drv, 0x0f);
		return await(drv, VIRTIO_CONFIG_S_DRIVER_OK);
	}
	if (await(drv, SUSPEND))
		return -1;
	meanwhile(drv);
	add_status(drv, VIRTIO_CONFIG_S_DRIVER_OK, 0x0f);
	if (driver_is(drv, WRONG_RESUME_NOTIFY))
		driver_notify(drv, &drv->queue[0]);
	if (await(drv, VIRTIO_CONFIG_S_DRIVER_OK))
		return -1;
	driver_target(drv);
	if (!driver_is(drv, WRONG_SUSPEND_POST))
		return 0;
	driver_notify(drv, &drv->queue[0]);
	drv->ballooned++;
	return driver_await(drv, &drv->queue[0]);
}
