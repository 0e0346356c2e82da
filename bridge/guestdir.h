/* SPDX-License-Identifier: MIT */
/*
 * Where the guests' files are, and which: what bridge/guest/guest.mk makes.
 *
 *   qemu/run                 runs a QEMU with vfio-user-pci
 *   kernel-SERIES/vmlinuz    a Debian cloud kernel, kernel-SERIES/release its uname -r
 *   initramfs-SERIES.cpio    the agent and the driver's modules for it
 *   mmio.aml                 the ACPI table of a virtio-mmio device
 *   metal.elf                the bare-metal guest
 */
#ifndef BRIDGE_GUESTDIR_H
#define BRIDGE_GUESTDIR_H

#include <limits.h>

/* The kernel series that guest.mk fetches, NULL-terminated. */
extern const char *const guestdir_series[];

/* The kernel command line of a Linux guest with the agent. */
extern const char guestdir_append[];

/* The ACPI table that tells of a virtio-mmio device (bridge/guest/mmio.asl). 0 or -ENOENT. */
int guestdir_acpi(char path[PATH_MAX]);

/* What that device needs on the command line: a kernel that looks for PCI moves its window. */
#define GUESTDIR_MMIO_APPEND "pci=off"

/*
 * $VCOSIM_GUEST, else guest/ in the folder of the running program or up to three above.
 * 0, or -ENOENT when there is none.
 */
int guestdir_find(char path[PATH_MAX]);

/* "dir/" and the formatted rest, in `path`, which it returns. */
char *guestdir_path(char path[PATH_MAX], const char *dir, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
