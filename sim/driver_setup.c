/* SPDX-License-Identifier: MIT */
/* Queue set-up: virtio 1.4, 4.1.5.1.2 and 4.1.5.1.3. */
#include <linux/pci_regs.h>
#include <linux/virtio_balloon.h>
#include <linux/virtio_pci.h>

#include "sim/driver_twist.h"

#define QUEUE_SIZE_MAX      128
#define PFNS_PER_BUFFER     256
#define FAR_AWAY            0xffff00000000ULL
#define F_NOTIF_CONFIG_DATA 39 /* younger than the header, as its register is */
#define Q_NOTIF_CONFIG_DATA 0x38
#define PATIENCE            20000 /* waits before the device counts as stuck */

static void put(struct driver *drv, uint32_t off, unsigned size, uint32_t val)
{
	driver_put(drv, &drv->common, off, size, val);
}

static void select_queue(struct driver *drv, uint16_t index)
{
	put(drv, VIRTIO_PCI_COMMON_Q_SELECT, 2, index);
}

static uint8_t *take(struct driver *drv, uint32_t bytes, uint64_t *gpa)
{
	uint8_t *at = drv->io->pool + drv->used_bytes;

	*gpa = drv->io->pool_gpa + drv->used_bytes;
	drv->used_bytes += (bytes + 63) & ~63U;
	for (uint32_t i = 0; i < bytes; i++)
		at[i] = 0;
	return at;
}

/* --- vectors: 4.1.5.1.2 ----------------------------------------------------------------- */

static bool uses_msix(const struct driver *drv)
{
	return driver_is(drv, ODD_MSIX) || driver_is(drv, ODD_MSIX_SHARED) ||
	       driver_is(drv, ODD_MSIX_MASKED) || driver_is(drv, ODD_MSIX_NO_CONFIG);
}

static void map_config(struct driver *drv)
{
	if (driver_is(drv, WRONG_VECTOR_BLIND)) {
		put(drv, VIRTIO_PCI_COMMON_MSIX, 2, 0);
	} else if (driver_is(drv, ODD_UNMAP) || driver_is(drv, ODD_MSIX_NO_CONFIG)) {
		put(drv, VIRTIO_PCI_COMMON_MSIX, 2, VIRTIO_MSI_NO_VECTOR);
		driver_get(drv, &drv->common, VIRTIO_PCI_COMMON_MSIX, 2);
	} else if (uses_msix(drv) || driver_is(drv, ODD_VECTOR_IDLE)) {
		driver_get(drv, &drv->common, VIRTIO_PCI_COMMON_MSIX, 2);
		put(drv, VIRTIO_PCI_COMMON_MSIX, 2, 0);
		driver_get(drv, &drv->common, VIRTIO_PCI_COMMON_MSIX, 2);
	}
}

/* Of the selected queue. */
static void map(struct driver *drv, uint16_t vector, bool look)
{
	put(drv, VIRTIO_PCI_COMMON_Q_MSIX, 2, vector);
	if (look)
		driver_get(drv, &drv->common, VIRTIO_PCI_COMMON_Q_MSIX, 2);
}

static void map_queue(struct driver *drv, uint16_t index)
{
	uint16_t own = driver_is(drv, ODD_MSIX_SHARED) ? 0 : index + 1;

	if (driver_is(drv, WRONG_VECTOR_BEYOND)) {
		driver_cfg(drv, drv->msix_cap + PCI_MSIX_FLAGS, 2);
		map(drv, 1000, true);
	}
	if (driver_is(drv, WRONG_VECTOR_UNREAD))
		map(drv, own, false);
	if (driver_is(drv, ODD_VECTOR_MOVED)) {
		map(drv, 0, true);
		map(drv, VIRTIO_MSI_NO_VECTOR, true);
	}
	if (driver_is(drv, ODD_UNMAP))
		map(drv, VIRTIO_MSI_NO_VECTOR, true);
	if (uses_msix(drv) || driver_is(drv, ODD_VECTOR_IDLE) || driver_is(drv, ODD_VECTOR_MOVED)) {
		driver_get(drv, &drv->common, VIRTIO_PCI_COMMON_Q_MSIX, 2);
		map(drv, own, true);
	}
}

/* --- one queue: 4.1.5.1.3 --------------------------------------------------------------- */

static uint16_t choose_size(struct driver *drv, uint16_t size)
{
	if (driver_is(drv, ODD_SIZE_UNWRITTEN))
		return size;
	if (driver_is(drv, ODD_SIZE_4))
		return 4;
	if (driver_is(drv, ODD_SIZE_2))
		return 2;
	return size < QUEUE_SIZE_MAX ? size : QUEUE_SIZE_MAX;
}

static int prepare(struct driver *drv, uint16_t index)
{
	struct driver_queue *q = &drv->queue[index];
	uint16_t size;

	select_queue(drv, index);
	if (driver_is(drv, ODD_SETUP_READ_BACK))
		driver_get(drv, &drv->common, VIRTIO_PCI_COMMON_Q_ENABLE, 2);
	if (driver_is(drv, ODD_QUEUE_RESET) && !q->size)
		driver_get(drv, &drv->common, VIRTIO_PCI_COMMON_Q_RESET, 2);
	size = (uint16_t)driver_get(drv, &drv->common, VIRTIO_PCI_COMMON_Q_SIZE, 2);
	if (!size)
		return driver_fail(drv, "a balloon queue is missing");
	q->index = index;
	q->size = choose_size(drv, size);
	q->last_used = 0;
	q->desc = take(drv, 16U * q->size, &q->desc_gpa);
	q->avail = take(drv, 6 + 2U * q->size, &q->avail_gpa);
	q->used = take(drv, 6 + 8U * q->size, &q->used_gpa);
	q->table = take(drv, 2 * 16, &q->table_gpa);
	q->pfns = (uint32_t *)(void *)take(drv, 4 * PFNS_PER_BUFFER, &q->pfns_gpa);
	*(volatile uint16_t *)(void *)q->avail = driver_is(drv, ODD_NO_INTERRUPT)    ? 1
						 : driver_is(drv, WRONG_AVAIL_FLAGS) ? 2
										     : 0;
	if (driver_is(drv, WRONG_USED_FLAGS))
		*(volatile uint16_t *)(void *)q->used = 1;
	if (drv->accepted >> F_NOTIF_CONFIG_DATA & 1)
		q->notify_data = (uint16_t)driver_get(drv, &drv->common, Q_NOTIF_CONFIG_DATA, 2);
	q->notify_off = (uint16_t)driver_get(drv, &drv->common, VIRTIO_PCI_COMMON_Q_NOFF, 2);
	return 0;
}

/* What the device is told of an area; part 0, 2, 4 as in queue_addr_write. */
static uint64_t area(const struct driver *drv, const struct driver_queue *q, unsigned part)
{
	switch (part) {
	case 0:
		if (driver_is(drv, WRONG_DESC_RING_OUTSIDE))
			return FAR_AWAY;
		return q->desc_gpa + (driver_is(drv, WRONG_DESC_SKEWED) ? 8 : 0);
	case 2:
		if (driver_is(drv, WRONG_RING_OUTSIDE))
			return FAR_AWAY;
		return q->avail_gpa + (driver_is(drv, WRONG_AVAIL_SKEWED) ? 1 : 0);
	default:
		if (driver_is(drv, WRONG_USED_OUTSIDE))
			return FAR_AWAY;
		return q->used_gpa + (driver_is(drv, WRONG_USED_SKEWED) ? 2 : 0);
	}
}

static void put_area(struct driver *drv, unsigned part, uint64_t gpa)
{
	uint32_t lo = VIRTIO_PCI_COMMON_Q_DESCLO + 4 * part, hi = lo + 4;

	if (driver_is(drv, ODD_ADDR_TWICE))
		put(drv, lo, 4, 0x1000);
	if (driver_is(drv, ODD_HIGH_FIRST)) {
		put(drv, hi, 4, (uint32_t)(gpa >> 32));
		put(drv, lo, 4, (uint32_t)gpa);
	} else {
		put(drv, lo, 4, (uint32_t)gpa);
		put(drv, hi, 4, (uint32_t)(gpa >> 32));
	}
}

static void put_size(struct driver *drv, const struct driver_queue *q)
{
	if (driver_is(drv, WRONG_SIZE_96))
		put(drv, VIRTIO_PCI_COMMON_Q_SIZE, 2, 96);
	else if (driver_is(drv, WRONG_SIZE_0))
		put(drv, VIRTIO_PCI_COMMON_Q_SIZE, 2, 0);
	else if (!driver_is(drv, ODD_SIZE_UNWRITTEN))
		put(drv, VIRTIO_PCI_COMMON_Q_SIZE, 2, q->size);
}

static void put_areas(struct driver *drv, const struct driver_queue *q)
{
	bool down = driver_is(drv, ODD_AREAS_REVERSED);

	if (driver_is(drv, WRONG_ENABLE_BARE))
		return;
	for (unsigned i = 0; i < 3; i++) {
		unsigned part = 2 * (down ? 2 - i : i);

		if (driver_is(drv, ODD_QUEUES_INTERLEAVED)) {
			select_queue(drv, q->index ^ 1);
			select_queue(drv, q->index);
		}
		if (part != 4 || !driver_is(drv, WRONG_ENABLE_HALF))
			put_area(drv, part, area(drv, q, part));
	}
}

static void read_back(struct driver *drv)
{
	driver_get(drv, &drv->common, VIRTIO_PCI_COMMON_Q_SIZE, 2);
	for (uint32_t i = 0; i < 6; i++)
		driver_get(drv, &drv->common, VIRTIO_PCI_COMMON_Q_DESCLO + 4 * i, 4);
	driver_get(drv, &drv->common, VIRTIO_PCI_COMMON_Q_ENABLE, 2);
}

static void program(struct driver *drv, const struct driver_queue *q)
{
	select_queue(drv, q->index);
	if (!driver_is(drv, ODD_SIZE_LAST))
		put_size(drv, q);
	put_areas(drv, q);
	if (driver_is(drv, ODD_SIZE_LAST))
		put_size(drv, q);
	map_queue(drv, q->index);
	if (driver_is(drv, ODD_SETUP_READ_BACK))
		read_back(drv);
}

static void enable(struct driver *drv, const struct driver_queue *q)
{
	select_queue(drv, q->index);
	if (q->index == 1 && driver_is(drv, WRONG_ENABLE_LATE))
		return;
	put(drv, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
	if (driver_is(drv, ODD_SETUP_READ_BACK))
		driver_get(drv, &drv->common, VIRTIO_PCI_COMMON_Q_ENABLE, 2);
	if (driver_is(drv, WRONG_ADDR_LATE))
		put_area(drv, 4, q->used_gpa);
	if (driver_is(drv, WRONG_SIZE_LATE))
		put_size(drv, q);
	if (driver_is(drv, WRONG_DISABLE))
		put(drv, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 0);
}

/* Deviations that no driver comes back from. */
static bool gives_up(const struct driver *drv)
{
	static const uint8_t stops[] = { WRONG_SETUP_EARLY,  WRONG_ENABLE_BARE, WRONG_ENABLE_HALF,
					 WRONG_ADDR_LATE,    WRONG_SIZE_LATE,   WRONG_DISABLE,
					 WRONG_SIZE_96,      WRONG_SIZE_0,      WRONG_DESC_SKEWED,
					 WRONG_AVAIL_SKEWED, WRONG_USED_SKEWED };

	for (unsigned i = 0; i < sizeof(stops); i++)
		if (driver_is(drv, (enum driver_twist)stops[i]))
			return true;
	return false;
}

static bool exists(struct driver *drv, uint16_t index)
{
	select_queue(drv, index);
	return driver_get(drv, &drv->common, VIRTIO_PCI_COMMON_Q_SIZE, 2) != 0;
}

static bool accepted(const struct driver *drv, unsigned bit)
{
	return drv->accepted >> bit & 1;
}

/*
 * The queues of what a driver can tell of its memory. The specification fixes their numbers
 * (5.5.2), stock devices and drivers leave no gaps: what is there, tells.
 */
static int setup_memory(struct driver *drv)
{
	bool stats = accepted(drv, VIRTIO_BALLOON_F_STATS_VQ);
	bool hint = accepted(drv, VIRTIO_BALLOON_F_FREE_PAGE_HINT);
	bool report = accepted(drv, VIRTIO_BALLOON_F_REPORTING);
	uint16_t all[3];

	drv->statsq = stats ? 2 : 0;
	drv->hintq = !hint ? 0 : stats || !exists(drv, 2) ? 3 : 2;
	drv->reportq = !report ? 0 : exists(drv, 4) ? 4 : 2 + stats + hint;
	all[0] = drv->statsq;
	all[1] = drv->hintq;
	all[2] = drv->reportq;
	for (unsigned i = 0; i < 3; i++) {
		if (!all[i])
			continue;
		if (prepare(drv, all[i]))
			return -1;
		program(drv, &drv->queue[all[i]]);
		enable(drv, &drv->queue[all[i]]);
	}
	return 0;
}

int driver_setup(struct driver *drv)
{
	bool down = driver_is(drv, ODD_QUEUES_REVERSED);

	if (uses_msix(drv))
		driver_pci_msix(drv);
	map_config(drv);
	for (uint16_t i = 0; i < 2; i++) {
		uint16_t index = down ? 1 - i : i;

		if (prepare(drv, index))
			return -1;
		program(drv, &drv->queue[index]);
		if (!driver_is(drv, ODD_QUEUES_INTERLEAVED))
			enable(drv, &drv->queue[index]);
	}
	for (uint16_t i = 0; driver_is(drv, ODD_QUEUES_INTERLEAVED) && i < 2; i++)
		enable(drv, &drv->queue[i]);
	if (setup_memory(drv))
		return -1;
	if (driver_is(drv, ODD_EARLY_BUFFER) || driver_is(drv, WRONG_NEVER_NOTIFY)) {
		drv->queue[0].pfns[0] = drv->io->first_pfn;
		driver_post(drv, &drv->queue[0], 1);
	}
	return gives_up(drv);
}

int driver_requeue(struct driver *drv, uint16_t index)
{
	struct driver_queue *q = &drv->queue[index];

	select_queue(drv, index);
	driver_get(drv, &drv->common, VIRTIO_PCI_COMMON_Q_RESET, 2);
	put(drv, VIRTIO_PCI_COMMON_Q_RESET, 2, 1);
	for (unsigned n = 0; !driver_is(drv, WRONG_RESET_BLIND); n++) {
		if (!driver_get(drv, &drv->common, VIRTIO_PCI_COMMON_Q_RESET, 2))
			break;
		if (n == PATIENCE)
			return driver_fail(drv, "queue_reset does not return to 0");
		drv->io->wait(drv->io->ctx);
	}
	driver_get(drv, &drv->common, VIRTIO_PCI_COMMON_Q_ENABLE, 2);
	if (prepare(drv, index))
		return -1;
	if (!driver_is(drv, WRONG_RESET_BARE))
		program(drv, q);
	enable(drv, q);
	return 0;
}
