/* SPDX-License-Identifier: MIT */
/*
 * Extra files for a Linux guest: an initramfs with a second cpio archive behind it, as
 * the kernel allows (newc format, Documentation/driver-api/early-userspace).
 */
#ifndef BRIDGE_INITRD_H
#define BRIDGE_INITRD_H

#include "sim/log.h"

/*
 * Writes `out`: the bytes of `base`, then one archive with /modules/NAME.ko for each of
 * the NULL-terminated `modules`, and /modules/order for the agent's `load`: what
 * "base.modules" names (nothing, if there is no such file), then these. A name is what the
 * module's modinfo says. A module with "vcosim=first" in its modinfo comes before all that it does
 * not need. A module of a stock name takes the stock one's place; one that claims the balloon (a
 * modinfo alias of the virtio device or of the PCI function) retires the stock driver of that
 * device. 0, or -errno with one line in the log.
 */
int initrd_add_modules(const char *out, const char *base, const char *const *modules,
		       const struct log *log);

/*
 * Writes `out`: the bytes of `base`, then one archive with /kexec/vmlinuz, which is `kernel`, and
 * /kexec/initrd, which is `base`: for the agent's `kexec`. 0, or -errno with one line in the log.
 */
int initrd_add_kernel(const char *out, const char *base, const char *kernel, const struct log *log);

#endif
