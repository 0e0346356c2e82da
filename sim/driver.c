/* SPDX-License-Identifier: MIT */
/* The driver itself; what it can play is in driver_scenario.c. */
#include "sim/driver.h"

#include <linux/pci_regs.h>
#include <linux/virtio_balloon.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>
#include <stddef.h>

#define QUEUE_SIZE_MAX  128
#define PFNS_PER_BUFFER 256
#define PATIENCE        20000 /* waits before the device counts as stuck */
#define UNOFFERED_BIT   22    /* not defined for a balloon: 5.5.3 */

static int fail(struct driver *drv, const char *why)
{
	drv->error = why;
	return -1;
}

static uint32_t get(struct driver *drv, const struct driver_window *win, uint32_t off,
		    unsigned size)
{
	return drv->io->bar_read(drv->io->ctx, win->bar, win->offset + off, size);
}

static void put(struct driver *drv, const struct driver_window *win, uint32_t off, unsigned size,
		uint32_t val)
{
	drv->io->bar_write(drv->io->ctx, win->bar, win->offset + off, size, val);
}

static uint8_t status(struct driver *drv)
{
	return (uint8_t)get(drv, &drv->common, VIRTIO_PCI_COMMON_STATUS, 1);
}

static void set_status(struct driver *drv, uint8_t val)
{
	put(drv, &drv->common, VIRTIO_PCI_COMMON_STATUS, 1, val);
}

/* Adds bits the way Linux does, or as absolute values the way firmware does. */
static void add_status(struct driver *drv, uint8_t bits, uint8_t absolute)
{
	set_status(drv, drv->wrong & ODD_ABSOLUTE_STATUS ? absolute : status(drv) | bits);
}

/* --- finding the device's windows: 4.1.4 -------------------------------------------- */

static uint32_t cfg(struct driver *drv, unsigned off, unsigned size)
{
	return drv->io->cfg_read(drv->io->ctx, off, size);
}

static void take_capability(struct driver *drv, unsigned at)
{
	struct driver_window win = {
		.bar = (uint8_t)cfg(drv, at + VIRTIO_PCI_CAP_BAR, 1),
		.offset = cfg(drv, at + VIRTIO_PCI_CAP_OFFSET, 4),
		.length = cfg(drv, at + VIRTIO_PCI_CAP_LENGTH, 4),
	};

	switch (cfg(drv, at + VIRTIO_PCI_CAP_CFG_TYPE, 1)) {
	case VIRTIO_PCI_CAP_COMMON_CFG:
		drv->common = win;
		break;
	case VIRTIO_PCI_CAP_NOTIFY_CFG:
		drv->notify = win;
		drv->notify_multiplier = cfg(drv, at + VIRTIO_PCI_NOTIFY_CAP_MULT, 4);
		break;
	case VIRTIO_PCI_CAP_ISR_CFG:
		drv->isr = win;
		break;
	case VIRTIO_PCI_CAP_DEVICE_CFG:
		drv->device = win;
		break;
	default: /* PCI_CFG and what is to come */
		break;
	}
}

int driver_probe(struct driver *drv, const struct driver_io *io, unsigned wrong)
{
	unsigned at, hops = 0;
	uint16_t command;

	*drv = (struct driver){ .io = io, .wrong = wrong };
	if (io->pool_size < DRIVER_POOL)
		return fail(drv, "the DMA pool is too small");
	if (cfg(drv, PCI_VENDOR_ID, 2) != 0x1af4)
		return fail(drv, "no virtio device: wrong PCI vendor");
	if (cfg(drv, PCI_DEVICE_ID, 2) != 0x1045)
		return fail(drv, "no modern virtio balloon: wrong PCI device id");
	if (!(cfg(drv, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST))
		return fail(drv, "the function has no capability list");
	for (at = cfg(drv, PCI_CAPABILITY_LIST, 1) & ~3U; at; at = cfg(drv, at + 1, 1) & ~3U) {
		if (++hops > 48)
			return fail(drv, "the capability list loops");
		if (cfg(drv, at, 1) == PCI_CAP_ID_VNDR)
			take_capability(drv, at);
	}
	if (!drv->common.length || !drv->notify.length || !drv->isr.length || !drv->device.length)
		return fail(drv, "a virtio capability is missing");
	command = (uint16_t)cfg(drv, PCI_COMMAND, 2);
	io->cfg_write(io->ctx, PCI_COMMAND, 2, command | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	return 0;
}

/* --- initialisation: 3.1.1 ----------------------------------------------------------- */

int driver_reset(struct driver *drv)
{
	set_status(drv, 0);
	if (drv->wrong & WRONG_NO_RESET_WAIT)
		return 0;
	for (unsigned n = 0; status(drv); n++) {
		if (n == PATIENCE)
			return fail(drv, "device_status does not return to 0");
		drv->io->wait(drv->io->ctx);
	}
	drv->ballooned = 0;
	return 0;
}

static uint32_t read_features(struct driver *drv, uint32_t sel)
{
	put(drv, &drv->common, VIRTIO_PCI_COMMON_DFSELECT, 4, sel);
	return get(drv, &drv->common, VIRTIO_PCI_COMMON_DF, 4);
}

static void write_features(struct driver *drv, uint32_t sel, uint32_t val)
{
	put(drv, &drv->common, VIRTIO_PCI_COMMON_GFSELECT, 4, sel);
	put(drv, &drv->common, VIRTIO_PCI_COMMON_GF, 4, val);
}

static int negotiate(struct driver *drv)
{
	uint64_t want = 1ULL << VIRTIO_F_VERSION_1 | 1ULL << VIRTIO_BALLOON_F_MUST_TELL_HOST;

	if (drv->wrong & WRONG_CONFIG_EARLY)
		put(drv, &drv->device, offsetof(struct virtio_balloon_config, actual), 4, 0);
	if (drv->wrong & WRONG_FEATURES_UNREAD) {
		drv->offered = 1ULL << VIRTIO_F_VERSION_1;
	} else {
		drv->offered = read_features(drv, 0);
		drv->offered |= (uint64_t)read_features(drv, 1) << 32;
	}
	drv->accepted = drv->offered & want;
	if (drv->wrong & WRONG_FEATURE_NOT_OFFERED)
		drv->accepted |= 1ULL << UNOFFERED_BIT;
	write_features(drv, 0, (uint32_t)drv->accepted);
	write_features(drv, 1, (uint32_t)(drv->accepted >> 32));
	if (drv->wrong & WRONG_NO_FEATURES_OK)
		return 0;
	add_status(drv, VIRTIO_CONFIG_S_FEATURES_OK, 0x0b);
	if (drv->wrong & WRONG_FEATURES_LATE) /* one bit more than before */
		write_features(drv, 0,
			       (uint32_t)drv->accepted | 1 << VIRTIO_BALLOON_F_DEFLATE_ON_OOM);
	if (drv->wrong & WRONG_SKIP_REREAD)
		return 0;
	if (!(status(drv) & VIRTIO_CONFIG_S_FEATURES_OK))
		return fail(drv, "the device refused the features");
	return 0;
}

/* --- queues: 4.1.5.1.3, 2.7 ----------------------------------------------------------- */

static uint8_t *take(struct driver *drv, uint32_t bytes, uint64_t *gpa)
{
	uint8_t *at = drv->io->pool + drv->used_bytes;

	*gpa = drv->io->pool_gpa + drv->used_bytes;
	drv->used_bytes += (bytes + 63) & ~63U;
	for (uint32_t i = 0; i < bytes; i++)
		at[i] = 0;
	return at;
}

static void put_addr(struct driver *drv, uint32_t lo, uint64_t gpa)
{
	put(drv, &drv->common, lo, 4, (uint32_t)gpa);
	put(drv, &drv->common, lo + 4, 4, (uint32_t)(gpa >> 32));
}

static int setup_queue(struct driver *drv, uint16_t index)
{
	struct driver_queue *q = &drv->queue[index];
	uint16_t size;

	put(drv, &drv->common, VIRTIO_PCI_COMMON_Q_SELECT, 2, index);
	size = (uint16_t)get(drv, &drv->common, VIRTIO_PCI_COMMON_Q_SIZE, 2);
	if (!size)
		return fail(drv, "a balloon queue is missing");
	q->index = index;
	q->size = size < QUEUE_SIZE_MAX ? size : QUEUE_SIZE_MAX;
	q->last_used = 0;
	q->desc = take(drv, 16U * q->size, &q->desc_gpa);
	q->avail = take(drv, 6 + 2U * q->size, &q->avail_gpa);
	q->used = take(drv, 6 + 8U * q->size, &q->used_gpa);
	q->pfns = (uint32_t *)take(drv, 4 * PFNS_PER_BUFFER, &q->pfns_gpa);
	if (drv->wrong & WRONG_RING_OUTSIDE)
		q->avail_gpa = 0xffff00000000ULL;
	put(drv, &drv->common, VIRTIO_PCI_COMMON_Q_SIZE, 2, q->size);
	q->notify_off = (uint16_t)get(drv, &drv->common, VIRTIO_PCI_COMMON_Q_NOFF, 2);
	put_addr(drv, VIRTIO_PCI_COMMON_Q_DESCLO, q->desc_gpa);
	put_addr(drv, VIRTIO_PCI_COMMON_Q_AVAILLO, q->avail_gpa);
	put_addr(drv, VIRTIO_PCI_COMMON_Q_USEDLO, q->used_gpa);
	put(drv, &drv->common, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
	return 0;
}

static void notify(struct driver *drv, const struct driver_queue *q)
{
	put(drv, &drv->notify, q->notify_off * drv->notify_multiplier, 2, q->index);
}

/* Orders ring writes before the index that publishes them (2.7.13.3.1), and reads after. */
static void barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static uint16_t load16(const uint8_t *at)
{
	return *(const volatile uint16_t *)(const void *)at;
}

static void store16(uint8_t *at, uint16_t val)
{
	*(volatile uint16_t *)(void *)at = val;
}

/* One buffer of n page frame numbers through the queue; waits until it is used. */
static int send(struct driver *drv, struct driver_queue *q, unsigned n)
{
	struct vring_desc *desc = (struct vring_desc *)(void *)q->desc;
	uint16_t idx = load16(q->avail + 2);

	desc[0] = (struct vring_desc){ .addr = q->pfns_gpa, .len = 4 * n };
	if (drv->wrong & WRONG_DESC_OUTSIDE)
		desc[0].addr = 0xfffe00000000ULL;
	if (drv->wrong & WRONG_DESC_LOOP)
		desc[0].flags = VRING_DESC_F_NEXT; /* next is 0: itself */
	store16(q->avail + 4 + 2 * (idx % q->size), 0);
	barrier();
	store16(q->avail + 2, (uint16_t)(idx + 1));
	barrier();
	notify(drv, q);
	for (unsigned tries = 0; load16(q->used + 2) == q->last_used; tries++) {
		if (tries % 64 == 63 && driver_needs_reset(drv))
			return fail(drv, "the device asks for a reset");
		if (tries == PATIENCE)
			return fail(drv, "a buffer was never used");
		drv->io->wait(drv->io->ctx);
	}
	barrier();
	q->last_used++;
	get(drv, &drv->isr, 0, 1); /* takes the interrupt's cause away */
	return 0;
}

int driver_start(struct driver *drv)
{
	drv->used_bytes = 0;
	if (drv->wrong & ODD_RESET_TWICE) {
		if (driver_reset(drv))
			return -1;
		add_status(drv, VIRTIO_CONFIG_S_ACKNOWLEDGE, 0x01);
	}
	if (!(drv->wrong & WRONG_NO_RESET) && driver_reset(drv))
		return -1;
	if (!(drv->wrong & WRONG_NO_ACKNOWLEDGE))
		add_status(drv, VIRTIO_CONFIG_S_ACKNOWLEDGE, 0x01);
	if (!(drv->wrong & WRONG_NO_DRIVER))
		add_status(drv, VIRTIO_CONFIG_S_DRIVER, 0x03);
	if (negotiate(drv))
		return -1;
	for (uint16_t i = 0; i < 2; i++)
		if (setup_queue(drv, i))
			return -1;
	if (drv->wrong & WRONG_GO_ON_FAILED)
		add_status(drv, VIRTIO_CONFIG_S_FAILED, 0x8b);
	if (drv->wrong & WRONG_NOTIFY_EARLY)
		notify(drv, &drv->queue[0]);
	if (drv->wrong & WRONG_CLEAR_BIT)
		set_status(drv, VIRTIO_CONFIG_S_DRIVER_OK);
	else
		add_status(drv, VIRTIO_CONFIG_S_DRIVER_OK, 0x0f);
	return 0;
}

/* --- the balloon: 5.5.6 ------------------------------------------------------------------ */

uint32_t driver_target(struct driver *drv)
{
	return get(drv, &drv->device, offsetof(struct virtio_balloon_config, num_pages), 4);
}

bool driver_needs_reset(struct driver *drv)
{
	return status(drv) & VIRTIO_CONFIG_S_NEEDS_RESET;
}

int driver_balloon(struct driver *drv, uint32_t target)
{
	const struct driver_io *io = drv->io;

	if (target > io->npfns)
		return fail(drv, "the target is larger than the memory at hand");
	while (drv->ballooned != target) {
		bool inflate = drv->ballooned < target;
		struct driver_queue *q = &drv->queue[inflate ? 0 : 1];
		uint32_t n = inflate ? target - drv->ballooned : drv->ballooned - target;
		uint32_t from;

		n = n < PFNS_PER_BUFFER ? n : PFNS_PER_BUFFER;
		from = io->first_pfn + (inflate ? drv->ballooned : drv->ballooned - n);
		for (uint32_t i = 0; i < n; i++)
			q->pfns[i] = from + i;
		if (drv->wrong & WRONG_PFN_BEYOND)
			q->pfns[n - 1] = 0xfffffff0U;
		if (send(drv, q, n))
			return -1;
		drv->ballooned = inflate ? drv->ballooned + n : drv->ballooned - n;
		put(drv, &drv->device, offsetof(struct virtio_balloon_config, actual), 4,
		    drv->ballooned);
	}
	return 0;
}
