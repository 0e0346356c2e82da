/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What calls.c says of a function of a virtio transport, and hooks.c does with it. */
#ifndef VCOSIM_MON_HOOKS_H
#define VCOSIM_MON_HOOKS_H

#include <linux/kprobes.h>
#include <linux/virtio.h>

/* What the first argument of a function is, that says which device. */
enum first { MDEV, VDEV, VQ };

/* A call: the PCI function or platform device, its virtio device (MDEV: NULL), the second argument.
 */
struct call {
	const struct device *dev;
	const struct virtio_device *vdev;
	u64 arg; /* VQ: its index */
};

struct hook {
	const char *module, *symbol;
	void (*enter)(const struct call *call, struct pt_regs *regs);
	void (*leave)(const struct call *call, u64 ret);
	enum first first;
	/* It is not in every kernel, and without it nothing looks wrong that is right. */
	bool may_lack;
	bool on;
	struct kretprobe rp; /* rp.kp alone, where `leave` is NULL */
};

extern struct hook hooks[];
extern const u32 hooks_count;

/* (vdev, offset, buf, len): a write of device configuration. */
void call_config_write(struct pt_regs *regs);

#endif
