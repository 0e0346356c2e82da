/* SPDX-License-Identifier: MIT */
/*
 * Reads the log of QEMU's -trace (backend "log"), with or without time stamps. Events of use:
 *
 *	memory_region_ops_read, _write   size, value, address and region of each access
 *	pci_cfg_read, pci_cfg_write      configuration space, without sizes: these are those of the
 *	                                 access to pci-conf-data or pcie-mmcfg-mmio around it
 *	pci_update_mappings_add          where a BAR is
 *	virtio_mmio_setting_irq          the interrupt line of a virtio-mmio device
 *	virtio_balloon_to_target         what the host asks of a balloon
 *
 * A message of MSI-X is a write to the region apic-msi. Memory is in none of them.
 */
#ifndef SIM_QEMU_LOG_H
#define SIM_QEMU_LOG_H

#include "sim/seen.h"

struct qemu_log_facts {
	uint64_t accesses; /* of memory regions */
	uint64_t config;   /* of configuration spaces */
	uint64_t guessed;  /* of these, size not known: as small as the value allows */
	bool msix;         /* messages can be seen: their region was in the log */
	bool by_region;    /* the layout is QEMU's own, known by names of regions */
	bool line;         /* virtio_mmio_setting_irq was there */
	bool target;       /* virtio_balloon_to_target was there */
	uint64_t taken;    /* notifications that the device got past the log: by an ioeventfd */
};

/* 0, or -errno of reading. Lines that are no event are oddities; the others still count. */
int qemu_log_read(const char *path, struct seen *seen, struct qemu_log_facts *facts, void *ctx,
		  void (*oddity)(void *ctx, unsigned long line, const char *what));

#endif
