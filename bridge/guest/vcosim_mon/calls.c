// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Which functions of the virtio transports show what a driver does, and what a call stands for.
 * Over PCI each access to the common configuration is a call of a vp_modern_ function; over MMIO
 * the operations of the transport are what there is, and queues are set up in one.
 */
#include <linux/virtio_config.h>

#include "hooks.h"
#include "vcosim_mon.h"

#define EV(name) LIFE_EV_##name

static void select_queue(const struct call *c, u64 q)
{
	watched_event(c->dev, EV(QUEUE_SELECT_WRITE), 1, q, 0, 0);
}

/* Status, reset. */

static void enter_set_status(const struct call *c, struct pt_regs *regs)
{
	watched_event(c->dev, EV(STATUS_WRITE), 1, (u8)c->arg, 0, 0);
}

static void leave_get_status(const struct call *c, u64 ret)
{
	watched_event(c->dev, EV(STATUS_READ), 1, (u8)ret, 0, 0);
}

static void enter_reset(const struct call *c, struct pt_regs *regs)
{
	watched_event(c->dev, EV(STATUS_WRITE), 1, 0, 0, 0);
}

/* Features. A device that does not offer VERSION_1 is a legacy one, and leads another life. */

static void leave_get_features(const struct call *c, u64 ret)
{
	if (!(ret & BIT_ULL(VIRTIO_F_VERSION_1)))
		watched_legacy(c->dev);
	for (u32 word = 0; word < 2; word++) {
		watched_event(c->dev, EV(DEVICE_FEATURE_SELECT_WRITE), 1, word, 0, 0);
		watched_event(c->dev, EV(DEVICE_FEATURE_READ), 2, word, (u32)(ret >> 32 * word), 0);
	}
}

static void write_features(const struct call *c, u64 features)
{
	for (u32 word = 0; word < 2; word++) {
		watched_event(c->dev, EV(DRIVER_FEATURE_SELECT_WRITE), 1, word, 0, 0);
		watched_event(c->dev, EV(DRIVER_FEATURE_WRITE), 2, word,
			      (u32)(features >> 32 * word), 0);
	}
}

static void enter_set_features(const struct call *c, struct pt_regs *regs)
{
	write_features(c, c->arg);
}

/* What it wrote is known when it has thought of what the rings can do. */
static void leave_finalize(const struct call *c, u64 ret)
{
	if (!(int)ret)
		write_features(c, c->vdev->features);
}

static void leave_get_driver_features(const struct call *c, u64 ret)
{
	for (u32 word = 0; word < 2; word++) {
		watched_event(c->dev, EV(DRIVER_FEATURE_SELECT_WRITE), 1, word, 0, 0);
		watched_event(c->dev, EV(DRIVER_FEATURE_READ), 2, word, (u32)(ret >> 32 * word), 0);
	}
}

/* The rest of the common configuration. */

static void leave_generation(const struct call *c, u64 ret)
{
	watched_event(c->dev, EV(CONFIG_GENERATION_READ), 1, (u8)ret, 0, 0);
}

static void leave_num_queues(const struct call *c, u64 ret)
{
	watched_event(c->dev, EV(NUM_QUEUES_READ), 1, (u16)ret, 0, 0);
}

static void enter_config_vector(const struct call *c, struct pt_regs *regs)
{
	watched_event(c->dev, EV(CONFIG_VECTOR_WRITE), 1, (u16)c->arg, 0, 0);
}

static void leave_config_vector(const struct call *c, u64 ret)
{
	watched_event(c->dev, EV(CONFIG_VECTOR_READ), 1, (u16)ret, 0, 0);
}

void call_config_write(struct pt_regs *regs)
{
	const struct virtio_device *vdev = (const void *)regs_get_kernel_argument(regs, 0);
	u32 offset = regs_get_kernel_argument(regs, 1);
	const u8 *buf = (const void *)regs_get_kernel_argument(regs, 2);
	u32 len = regs_get_kernel_argument(regs, 3);
	u32 size = len == 1 || len == 2 ? len : len % 4 ? 1 : 4;

	for (u32 at = 0; at < len; at += size) {
		u64 value = 0;

		memcpy(&value, buf + at, size);
		watched_event(vdev->dev.parent, EV(CONFIG_WRITE), 3, offset + at, size, value);
	}
}

/* Queues. */

static void enter_queue_vector(const struct call *c, struct pt_regs *regs)
{
	select_queue(c, (u16)c->arg);
	watched_event(c->dev, EV(QUEUE_VECTOR_WRITE), 2, (u16)c->arg,
		      (u16)regs_get_kernel_argument(regs, 2), 0);
}

static void leave_queue_vector(const struct call *c, u64 ret)
{
	watched_event(c->dev, EV(QUEUE_VECTOR_READ), 2, (u16)c->arg, (u16)ret, 0);
}

static void enter_queue_size(const struct call *c, struct pt_regs *regs)
{
	select_queue(c, (u16)c->arg);
	watched_event(c->dev, EV(QUEUE_SIZE_WRITE), 2, (u16)c->arg,
		      (u16)regs_get_kernel_argument(regs, 2), 0);
}

static void leave_queue_size(const struct call *c, u64 ret)
{
	select_queue(c, (u16)c->arg);
	watched_event(c->dev, EV(QUEUE_SIZE_READ), 2, (u16)c->arg, (u16)ret, 0);
}

static void enter_queue_enable(const struct call *c, struct pt_regs *regs)
{
	select_queue(c, (u16)c->arg);
	watched_event(c->dev, EV(QUEUE_ENABLE_WRITE), 2, (u16)c->arg,
		      (u8)regs_get_kernel_argument(regs, 2), 0);
}

static void leave_queue_enable(const struct call *c, u64 ret)
{
	select_queue(c, (u16)c->arg);
	watched_event(c->dev, EV(QUEUE_ENABLE_READ), 2, (u16)c->arg, (u8)ret, 0);
}

static void write_address(const struct call *c, u16 q, u32 area, u64 addr)
{
	watched_event(c->dev, EV(QUEUE_ADDR_WRITE), 3, q, 2 * area, (u32)addr);
	watched_event(c->dev, EV(QUEUE_ADDR_WRITE), 3, q, 2 * area + 1, addr >> 32);
}

static void enter_queue_address(const struct call *c, struct pt_regs *regs)
{
	select_queue(c, (u16)c->arg);
	for (u32 area = 0; area < 3; area++)
		write_address(c, c->arg, area, regs_get_kernel_argument(regs, 2 + area));
}

static void enter_queue_reset(const struct call *c, struct pt_regs *regs)
{
	select_queue(c, (u16)c->arg);
	watched_event(c->dev, EV(QUEUE_RESET_WRITE), 2, (u16)c->arg, 1, 0);
}

/* All queues are set up, in this order: what it did is what there is now. */
static void leave_find_vqs(const struct call *c, u64 ret)
{
	struct virtqueue *vq;

	if ((int)ret)
		return;
	list_for_each_entry (vq, &c->vdev->vqs, list) {
		select_queue(c, vq->index);
		watched_event(c->dev, EV(QUEUE_SIZE_WRITE), 2, vq->index,
			      virtqueue_get_vring_size(vq), 0);
		write_address(c, vq->index, 0, virtqueue_get_desc_addr(vq));
		write_address(c, vq->index, 1, virtqueue_get_avail_addr(vq));
		write_address(c, vq->index, 2, virtqueue_get_used_addr(vq));
		watched_event(c->dev, EV(QUEUE_ENABLE_WRITE), 2, vq->index, 1, 0);
	}
}

/* With NOTIFICATION_DATA there is more in the value than the index; the call does not show it. */
static void enter_notify(const struct call *c, struct pt_regs *regs)
{
	watched_event(c->dev, EV(NOTIFY), 3, c->arg, c->arg, 2);
}

static void enter_notify_data(const struct call *c, struct pt_regs *regs)
{
	watched_event(c->dev, EV(NOTIFY), 3, c->arg, c->arg, 4);
}

#define MODERN "virtio_pci_modern_dev"
#define PCI    "virtio_pci"
#define MMIO   "virtio_mmio"

struct hook hooks[] = {
	{ MODERN, "vp_modern_set_status", enter_set_status },
	{ MODERN, "vp_modern_get_status", NULL, leave_get_status },
	{ MODERN, "vp_modern_get_features", NULL, leave_get_features },
	{ MODERN, "vp_modern_set_features", enter_set_features },
	{ MODERN, "vp_modern_get_driver_features", NULL, leave_get_driver_features, MDEV, true },
	{ MODERN, "vp_modern_generation", NULL, leave_generation, MDEV, true },
	{ MODERN, "vp_modern_get_num_queues", NULL, leave_num_queues, MDEV, true },
	{ MODERN, "vp_modern_config_vector", enter_config_vector, leave_config_vector },
	{ MODERN, "vp_modern_queue_vector", enter_queue_vector, leave_queue_vector },
	{ MODERN, "vp_modern_set_queue_size", enter_queue_size },
	{ MODERN, "vp_modern_get_queue_size", NULL, leave_queue_size, MDEV, true },
	{ MODERN, "vp_modern_set_queue_enable", enter_queue_enable },
	{ MODERN, "vp_modern_get_queue_enable", NULL, leave_queue_enable, MDEV, true },
	{ MODERN, "vp_modern_queue_address", enter_queue_address },
	{ MODERN, "vp_modern_set_queue_reset", enter_queue_reset, NULL, MDEV, true },
	{ PCI, "vp_notify", enter_notify, NULL, VQ, true },
	{ PCI, "vp_notify_with_data", enter_notify_data, NULL, VQ, true },
	{ MMIO, "vm_set_status", enter_set_status, NULL, VDEV },
	{ MMIO, "vm_get_status", NULL, leave_get_status, VDEV },
	{ MMIO, "vm_reset", enter_reset, NULL, VDEV },
	{ MMIO, "vm_get_features", NULL, leave_get_features, VDEV },
	{ MMIO, "vm_finalize_features", NULL, leave_finalize, VDEV },
	{ MMIO, "vm_find_vqs", NULL, leave_find_vqs, VDEV },
	{ MMIO, "vm_generation", NULL, leave_generation, VDEV, true },
	{ MMIO, "vm_notify", enter_notify, NULL, VQ, true },
	{ MMIO, "vm_notify_with_data", enter_notify_data, NULL, VQ, true },
};

const u32 hooks_count = ARRAY_SIZE(hooks);
