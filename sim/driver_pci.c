/* SPDX-License-Identifier: MIT */
/* Odd and wrong ways to use the PCI function and its registers: 4.1.3, 4.1.4. */
#include <linux/pci_regs.h>
#include <linux/virtio_balloon.h>
#include <linux/virtio_pci.h>
#include <stddef.h>

#include "sim/driver_twist.h"

#define CAP_PCI_DATA offsetof(struct virtio_pci_cfg_cap, pci_cfg_data)
#define MESSAGE_ADDR 0xfee00000U /* the local APIC; nobody listens to it */
#define MESSAGE_DATA 0x40
#define MSIX_VECTORS (DRIVER_QUEUES + 1)
#define MSIX_MASKED  1

void driver_pci_identity(struct driver *drv)
{
	if (!driver_is(drv, ODD_IDENTITY))
		return;
	driver_cfg(drv, PCI_REVISION_ID, 1);
	driver_cfg(drv, PCI_CLASS_REVISION, 4);
	driver_cfg(drv, PCI_SUBSYSTEM_VENDOR_ID, 2);
	driver_cfg(drv, PCI_SUBSYSTEM_ID, 2);
}

static void cfg_put(struct driver *drv, unsigned off, unsigned size, uint32_t val)
{
	drv->io->cfg_write(drv->io->ctx, off, size, val);
}

/* The capability's fields: 4.1.4.9. What is read or written then is at pci_cfg_data. */
static void aim(struct driver *drv, uint8_t bar, uint32_t offset, uint32_t length)
{
	cfg_put(drv, drv->access_cap + VIRTIO_PCI_CAP_BAR, 1, bar);
	cfg_put(drv, drv->access_cap + VIRTIO_PCI_CAP_OFFSET, 4, offset);
	cfg_put(drv, drv->access_cap + VIRTIO_PCI_CAP_LENGTH, 4, length);
}

static void look(struct driver *drv, const struct driver_window *win, uint32_t off, uint32_t len)
{
	aim(drv, win->bar, win->offset + off, len);
	driver_cfg(drv, drv->access_cap + CAP_PCI_DATA, len);
}

static void use_window(struct driver *drv)
{
	const struct driver_window *common = &drv->common;

	if (driver_is(drv, WRONG_ACCESS_SKEWED))
		look(drv, &drv->notify, 2, 4);
	if (driver_is(drv, WRONG_ACCESS_OUTSIDE)) {
		aim(drv, common->bar, 0x4000, 4); /* the MSI-X table */
		driver_cfg(drv, drv->access_cap + CAP_PCI_DATA, 4);
	}
	if (driver_is(drv, ODD_ACCESS_WINDOW)) {
		look(drv, common, VIRTIO_PCI_COMMON_STATUS, 1);
		look(drv, common, VIRTIO_PCI_COMMON_Q_SIZE, 2);
		look(drv, &drv->device, offsetof(struct virtio_balloon_config, num_pages), 4);
	}
	if (driver_is(drv, ODD_ACCESS_WRITE)) {
		aim(drv, common->bar, common->offset + VIRTIO_PCI_COMMON_Q_SELECT, 2);
		cfg_put(drv, drv->access_cap + CAP_PCI_DATA, 2, 1);
		driver_get(drv, common, VIRTIO_PCI_COMMON_Q_SELECT, 2);
	}
}

/* One access each. */
static void touch(struct driver *drv)
{
	static const struct {
		uint8_t twist, window, off, size, write; /* window 0 common, 1 device, 2 ISR */
	} acts[] = {
		{ WRONG_STATUS_WIDE, 0, VIRTIO_PCI_COMMON_STATUS, 4, 0 },
		{ WRONG_STATUS_WORD, 0, VIRTIO_PCI_COMMON_STATUS, 2, 0 },
		{ WRONG_SIZE_WIDE, 0, VIRTIO_PCI_COMMON_Q_SIZE, 4, 0 },
		{ WRONG_SIZE_BYTE, 0, VIRTIO_PCI_COMMON_Q_SIZE, 1, 0 },
		{ WRONG_ISR_WIDE, 2, 0, 4, 0 },
		{ WRONG_WRITE_OFFER, 0, VIRTIO_PCI_COMMON_DF, 4, 1 },
		{ WRONG_WRITE_QUEUES, 0, VIRTIO_PCI_COMMON_NUMQ, 2, 1 },
		{ WRONG_WRITE_GEN, 0, VIRTIO_PCI_COMMON_CFGGENERATION, 1, 1 },
		{ WRONG_WRITE_NOFF, 0, VIRTIO_PCI_COMMON_Q_NOFF, 2, 1 },
		{ WRONG_CONFIG_COMMAND, 1, 8, 4, 0 },
		{ WRONG_CONFIG_POISON, 1, 12, 4, 1 },
		{ WRONG_CONFIG_BYTE, 1, 0, 1, 0 },
		{ WRONG_CONFIG_WORD, 1, 4, 2, 1 },
		{ ODD_ACTUAL_READ, 1, 4, 4, 0 },
		{ ODD_ISR_IDLE, 2, 0, 1, 0 },
	};

	for (unsigned i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		const struct driver_window *win = acts[i].window == 0   ? &drv->common
						  : acts[i].window == 1 ? &drv->device
									: &drv->isr;

		if (!driver_is(drv, (enum driver_twist)acts[i].twist))
			continue;
		if (acts[i].write)
			driver_put(drv, win, acts[i].off, acts[i].size, 0);
		else
			driver_get(drv, win, acts[i].off, acts[i].size);
	}
}

void driver_pci_play(struct driver *drv)
{
	touch(drv);
	use_window(drv);
	if (driver_is(drv, WRONG_WRITE_CAP))
		cfg_put(drv, drv->first_cap + VIRTIO_PCI_CAP_LENGTH, 4, 0x40);
	if (driver_is(drv, ODD_COUNT_QUEUES)) {
		driver_get(drv, &drv->common, VIRTIO_PCI_COMMON_NUMQ, 2);
		driver_put(drv, &drv->common, VIRTIO_PCI_COMMON_Q_SELECT, 2, 40);
		driver_get(drv, &drv->common, VIRTIO_PCI_COMMON_Q_SIZE, 2);
	}
	if (driver_is(drv, ODD_NOTIFY_IDLE)) {
		driver_notify(drv, &drv->queue[0]);
		driver_notify(drv, &drv->queue[1]);
	}
	for (unsigned i = 0; driver_is(drv, ODD_POLL_STATUS) && i < 20; i++)
		driver_status(drv);
}

/* MSI-X: the table's entries, then the switch. */
void driver_pci_msix(struct driver *drv)
{
	uint32_t table = driver_cfg(drv, drv->msix_cap + PCI_MSIX_TABLE, 4);
	struct driver_window win = { .bar = table & PCI_MSIX_TABLE_BIR,
				     .offset = table & PCI_MSIX_TABLE_OFFSET };
	uint16_t flags = (uint16_t)driver_cfg(drv, drv->msix_cap + PCI_MSIX_FLAGS, 2);

	for (uint32_t i = 0; i < MSIX_VECTORS; i++) {
		driver_put(drv, &win, 16 * i, 4, MESSAGE_ADDR);
		driver_put(drv, &win, 16 * i + 4, 4, 0);
		driver_put(drv, &win, 16 * i + 8, 4, MESSAGE_DATA + i);
		driver_put(drv, &win, 16 * i + 12, 4,
			   driver_is(drv, ODD_MSIX_MASKED) ? MSIX_MASKED : 0);
	}
	cfg_put(drv, drv->msix_cap + PCI_MSIX_FLAGS, 2, flags | PCI_MSIX_FLAGS_ENABLE);
}
