/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The monitor in the guest's kernel: hooks.c sees calls into the virtio transport, watched.c has
 * one CCSL monitor for each device and tells of violations, main.c keeps both up to date
 * while devices and modules come and go.
 */
#ifndef VCOSIM_MON_H
#define VCOSIM_MON_H

#include <linux/device.h>
#include <linux/module.h>

#include "rules.h" /* of specs/kernel.ccsl and kernel_mmio.ccsl, by vcosim ccsl emit-c --header */
#include "rules_mmio.h"

#undef pr_fmt
#define pr_fmt(fmt) "vcosim_mon: " fmt

/* --- watched.c: process context ------------------------------------------------------------- */

/*
 * Watches the virtio device behind this PCI function or platform device from now on; nothing, if it
 * is watched already. `live`: a driver has it, so what it does before its next reset cannot be
 * judged. 0 or -ENOMEM.
 */
int watched_add(struct device *dev, bool live);
void watched_remove(const struct device *dev);
void watched_remove_all(void);

/* --- watched.c: any context but NMI; takes no memory, does not sleep -------------------------- */

/* One event, an instant of its own. Devices that are not watched are ignored. */
void watched_event(const struct device *dev, unsigned int event, unsigned int nargs, u64 a, u64 b,
		   u64 c);

/* It turned out to be a legacy device: what it is to do is not known here. */
void watched_legacy(const struct device *dev);

/*
 * A device that no driver has, whose status was just read: the virtio core has reset and
 * acknowledged it. That is where its life stands; a legacy device has none.
 */
void watched_idle(const struct device *dev);

/* --- hooks.c: process context ----------------------------------------------------------------- */

/* Hooks what the kernel has (mod NULL), or what this module brings. */
void hooks_add(const struct module *mod);
/* Before a module goes: its hooks; NULL: all. */
void hooks_remove(const struct module *mod);
/* The function by which this transport writes device configuration: known by address only. */
void hooks_add_config_write(void *function);

#endif
