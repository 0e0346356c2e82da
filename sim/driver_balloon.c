/* SPDX-License-Identifier: MIT */
/* The balloon: virtio 1.4, 5.5.6. */
#include <linux/virtio_balloon.h>
#include <linux/virtio_pci.h>
#include <stddef.h>

#include "sim/driver_twist.h"

#define PFNS_PER_BUFFER 256
#define CMD_ID          offsetof(struct virtio_balloon_config, free_page_hint_cmd_id)

static uint32_t generation(struct driver *drv)
{
	return driver_get(drv, &drv->common, VIRTIO_PCI_COMMON_CFGGENERATION, 1);
}

uint32_t driver_target(struct driver *drv)
{
	const uint32_t at = offsetof(struct virtio_balloon_config, num_pages);
	uint32_t val, before;

	if (!driver_is(drv, ODD_GENERATION))
		return driver_get(drv, &drv->device, at, 4);
	do {
		before = generation(drv);
		driver_get(drv, &drv->device, at, 4);
		if (drv->offered >> VIRTIO_BALLOON_F_FREE_PAGE_HINT & 1)
			driver_get(drv, &drv->device, CMD_ID, 4);
		val = driver_get(drv, &drv->device, at, 4);
	} while (generation(drv) != before);
	return val;
}

uint32_t driver_goal(struct driver *drv)
{
	uint32_t target = driver_target(drv);

	if (driver_is(drv, ODD_TINY) && target > 64)
		target = 64;
	if (driver_is(drv, ODD_OVERSHOOT))
		target += 32;
	return target > drv->io->npfns ? drv->io->npfns : target;
}

static void report(struct driver *drv, bool last)
{
	if (driver_is(drv, WRONG_NO_ACTUAL) || (driver_is(drv, ODD_ACTUAL_LAST) && !last))
		return;
	for (unsigned n = driver_is(drv, ODD_ACTUAL_TWICE) ? 2 : 1; n--;)
		driver_put(drv, &drv->device, offsetof(struct virtio_balloon_config, actual), 4,
			   drv->ballooned);
}

static uint32_t share(const struct driver *drv, uint32_t n)
{
	uint32_t max = PFNS_PER_BUFFER;

	if (driver_is(drv, ODD_SMALL))
		max = 16;
	if (driver_is(drv, ODD_TINY))
		max = 1;
	return n < max ? n : max;
}

/* One request, and the report of the new size. */
static int change(struct driver *drv, bool inflate, uint32_t from, uint32_t n, bool last)
{
	struct driver_queue *q = &drv->queue[inflate ? 0 : 1];

	for (uint32_t i = 0; i < n; i++)
		q->pfns[i] = from + (driver_is(drv, ODD_PFNS_DOWN) ? n - 1 - i : i);
	if (driver_is(drv, WRONG_PFN_BEYOND))
		q->pfns[n - 1] = 0xfffffff0U;
	if (driver_send(drv, q, n))
		return -1;
	drv->ballooned = inflate ? drv->ballooned + n : drv->ballooned - n;
	report(drv, last);
	return 0;
}

/* A page in and another out, as memory compaction does it: the size stays, nobody is told. */
static int migrate(struct driver *drv)
{
	uint32_t from = drv->io->first_pfn + drv->ballooned;

	drv->queue[0].pfns[0] = from;
	if (driver_send(drv, &drv->queue[0], 1))
		return -1;
	drv->queue[1].pfns[0] = from - 1;
	if (driver_send(drv, &drv->queue[1], 1))
		return -1;
	drv->queue[0].pfns[0] = from - 1; /* and back, to keep the pages in one row */
	if (driver_send(drv, &drv->queue[0], 1))
		return -1;
	drv->queue[1].pfns[0] = from;
	if (driver_send(drv, &drv->queue[1], 1))
		return -1;
	if (driver_is(drv, ODD_LINGER))
		driver_linger(drv);
	return 0;
}

int driver_balloon(struct driver *drv, uint32_t target)
{
	if (target > drv->io->npfns)
		return driver_fail(drv, "the target is larger than the memory at hand");
	while (drv->ballooned != target) {
		bool inflate = drv->ballooned < target;
		uint32_t n =
			share(drv, inflate ? target - drv->ballooned : drv->ballooned - target);
		uint32_t at = inflate ? drv->ballooned : drv->ballooned - n;
		uint32_t left = inflate ? target - drv->ballooned : drv->ballooned - target;

		if (change(drv, inflate, drv->io->first_pfn + at, n, left == n))
			return -1;
		if (inflate && driver_is(drv, ODD_UNASKED) &&
		    change(drv, false, drv->io->first_pfn + at, n, true))
			return -1;
		if (driver_is(drv, ODD_UNASKED))
			break;
	}
	if (target && driver_is(drv, ODD_MIGRATE))
		return migrate(drv);
	return 0;
}
