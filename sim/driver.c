/* SPDX-License-Identifier: MIT */
/* The driver's ways to the device, and how it finds it: 4.1.4. */
#include "sim/driver.h"

#include <linux/pci_regs.h>
#include <linux/virtio_pci.h>
#include <stddef.h>

#include "sim/driver_twist.h"

bool driver_is(const struct driver *drv, enum driver_twist twist)
{
	for (unsigned i = 0; i < DRIVER_TWISTS; i++)
		if (drv->twist[i] == twist)
			return true;
	return false;
}

int driver_fail(struct driver *drv, const char *why)
{
	drv->error = why;
	return -1;
}

uint32_t driver_cfg(struct driver *drv, unsigned off, unsigned size)
{
	return drv->io->cfg_read(drv->io->ctx, off, size);
}

uint32_t driver_get(struct driver *drv, const struct driver_window *win, uint32_t off,
		    unsigned size)
{
	if (drv->io->mmio_read)
		return driver_mmio_get(drv, win, off, size);
	return drv->io->bar_read(drv->io->ctx, win->bar, win->offset + off, size);
}

void driver_put(struct driver *drv, const struct driver_window *win, uint32_t off, unsigned size,
		uint32_t val)
{
	if (drv->io->mmio_write)
		driver_mmio_put(drv, win, off, size, val);
	else
		drv->io->bar_write(drv->io->ctx, win->bar, win->offset + off, size, val);
}

uint8_t driver_status(struct driver *drv)
{
	return (uint8_t)driver_get(drv, &drv->common, VIRTIO_PCI_COMMON_STATUS, 1);
}

void driver_set_status(struct driver *drv, uint8_t val)
{
	driver_put(drv, &drv->common, VIRTIO_PCI_COMMON_STATUS, 1, val);
	if (val && driver_is(drv, ODD_REPEAT_STATUS))
		driver_put(drv, &drv->common, VIRTIO_PCI_COMMON_STATUS, 1, val);
}

bool driver_needs_reset(struct driver *drv)
{
	return driver_status(drv) & 0x40; /* DEVICE_NEEDS_RESET */
}

/* --- finding the device's windows: 4.1.4 -------------------------------------------- */

static void take_window(struct driver *drv, unsigned at, unsigned type)
{
	struct driver_window win = {
		.bar = (uint8_t)driver_cfg(drv, at + VIRTIO_PCI_CAP_BAR, 1),
		.offset = driver_cfg(drv, at + VIRTIO_PCI_CAP_OFFSET, 4),
		.length = driver_cfg(drv, at + VIRTIO_PCI_CAP_LENGTH, 4),
	};

	switch (type) {
	case VIRTIO_PCI_CAP_COMMON_CFG:
		drv->common = win;
		break;
	case VIRTIO_PCI_CAP_NOTIFY_CFG:
		drv->notify = win;
		drv->notify_multiplier = driver_cfg(drv, at + VIRTIO_PCI_NOTIFY_CAP_MULT, 4);
		break;
	case VIRTIO_PCI_CAP_ISR_CFG:
		drv->isr = win;
		break;
	case VIRTIO_PCI_CAP_DEVICE_CFG:
		drv->device = win;
		break;
	case VIRTIO_PCI_CAP_PCI_CFG:
		drv->access_cap = (uint8_t)at;
		break;
	default: /* what is to come */
		break;
	}
}

static void take_capability(struct driver *drv, unsigned at)
{
	unsigned id = driver_cfg(drv, at, 1), type;

	if (id == PCI_CAP_ID_MSIX)
		drv->msix_cap = (uint8_t)at;
	if (id == PCI_CAP_ID_MSIX && driver_is(drv, ODD_IDENTITY))
		driver_cfg(drv, at + PCI_MSIX_FLAGS, 2);
	if (id != PCI_CAP_ID_VNDR)
		return;
	if (!drv->first_cap)
		drv->first_cap = (uint8_t)at;
	if (driver_is(drv, ODD_CAPS_BY_DWORD))
		type = driver_cfg(drv, at, 4) >> 24;
	else
		type = driver_cfg(drv, at + VIRTIO_PCI_CAP_CFG_TYPE, 1);
	take_window(drv, at, type);
}

static int probe_pci(struct driver *drv)
{
	const struct driver_io *io = drv->io;
	unsigned at, hops = 0;
	uint16_t command;

	if (driver_cfg(drv, PCI_VENDOR_ID, 2) != 0x1af4)
		return driver_fail(drv, "no virtio device: wrong PCI vendor");
	if (driver_cfg(drv, PCI_DEVICE_ID, 2) != 0x1045)
		return driver_fail(drv, "no modern virtio balloon: wrong PCI device id");
	if (!(driver_cfg(drv, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST))
		return driver_fail(drv, "the function has no capability list");
	driver_pci_identity(drv);
	for (at = driver_cfg(drv, PCI_CAPABILITY_LIST, 1) & ~3U; at;
	     at = driver_cfg(drv, at + 1, 1) & ~3U) {
		if (++hops > 48)
			return driver_fail(drv, "the capability list loops");
		take_capability(drv, at);
	}
	if (!drv->common.length || !drv->notify.length || !drv->isr.length || !drv->device.length)
		return driver_fail(drv, "a virtio capability is missing");
	command = (uint16_t)driver_cfg(drv, PCI_COMMAND, 2);
	command |= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	if (driver_is(drv, ODD_INTX_OFF))
		command |= PCI_COMMAND_INTX_DISABLE;
	io->cfg_write(io->ctx, PCI_COMMAND, 2, command);
	return 0;
}

int driver_probe(struct driver *drv, const struct driver_io *io, const uint8_t *twist)
{
	*drv = (struct driver){ .io = io };
	for (unsigned i = 0; twist && i < DRIVER_TWISTS; i++)
		drv->twist[i] = twist[i];
	if (io->pool_size < DRIVER_POOL)
		return driver_fail(drv, "the DMA pool is too small");
	return io->mmio_read ? driver_mmio_probe(drv) : probe_pci(drv);
}
