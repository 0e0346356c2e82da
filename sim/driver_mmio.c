/* SPDX-License-Identifier: MIT */
/*
 * The driver over virtio-mmio (virtio 1.4, 4.2): how it finds the device, and what the
 * registers that it names after the common configuration (4.1.4.3) are called there.
 * Everything above is the same driver.
 */
#include <linux/virtio_balloon.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_pci.h>
#include <stddef.h>

#include "sim/driver_twist.h"

#define MAGIC       0x74726976U /* "virt" */
#define VERSION     2
#define QUEUE_RESET 0x0c0 /* 4.2.2; not in linux/virtio_mmio.h */
#define SHM_LEN     0x0b0
#define LEGACY_SIZE 0x028 /* GuestPageSize of version 1, 4.2.4 */
#define INT_BITS    (VIRTIO_MMIO_INT_VRING | VIRTIO_MMIO_INT_CONFIG)

static uint32_t get(struct driver *drv, uint32_t off)
{
	return drv->io->mmio_read(drv->io->ctx, off, 4);
}

static void put(struct driver *drv, uint32_t off, uint32_t val)
{
	drv->io->mmio_write(drv->io->ctx, off, 4, val);
}

/* --- finding it: 4.2.3.1 ------------------------------------------------------------- */

int driver_mmio_probe(struct driver *drv)
{
	if (driver_is(drv, WRONG_MMIO_NO_MAGIC))
		get(drv, VIRTIO_MMIO_DEVICE_ID);
	if (get(drv, VIRTIO_MMIO_MAGIC_VALUE) != MAGIC && !driver_is(drv, WRONG_MMIO_ANY_MAGIC))
		return driver_fail(drv, "no virtio-mmio device: wrong magic value");
	if (get(drv, VIRTIO_MMIO_VERSION) != VERSION && !driver_is(drv, WRONG_MMIO_ANY_VERSION))
		return driver_fail(drv, "no virtio-mmio device of version 2");
	if (driver_is(drv, WRONG_MMIO_NO_ID))
		return 0;
	if (get(drv, VIRTIO_MMIO_DEVICE_ID) != VIRTIO_ID_BALLOON &&
	    !driver_is(drv, WRONG_MMIO_ANY_ID))
		return driver_fail(drv, "no virtio balloon: another device id");
	get(drv, VIRTIO_MMIO_VENDOR_ID);
	return 0;
}

/* --- the registers --------------------------------------------------------------------- */

enum { READ = 1, WRITE = 2 };

static const struct {
	uint8_t common;
	uint8_t how; /* READ, WRITE */
	uint16_t mmio;
} names[] = {
	{ VIRTIO_PCI_COMMON_DFSELECT, WRITE, VIRTIO_MMIO_DEVICE_FEATURES_SEL },
	{ VIRTIO_PCI_COMMON_DF, READ | WRITE, VIRTIO_MMIO_DEVICE_FEATURES },
	{ VIRTIO_PCI_COMMON_GFSELECT, WRITE, VIRTIO_MMIO_DRIVER_FEATURES_SEL },
	{ VIRTIO_PCI_COMMON_GF, WRITE, VIRTIO_MMIO_DRIVER_FEATURES },
	{ VIRTIO_PCI_COMMON_STATUS, READ | WRITE, VIRTIO_MMIO_STATUS },
	{ VIRTIO_PCI_COMMON_CFGGENERATION, READ | WRITE, VIRTIO_MMIO_CONFIG_GENERATION },
	{ VIRTIO_PCI_COMMON_Q_SELECT, WRITE, VIRTIO_MMIO_QUEUE_SEL },
	{ VIRTIO_PCI_COMMON_Q_SIZE, READ, VIRTIO_MMIO_QUEUE_NUM_MAX },
	{ VIRTIO_PCI_COMMON_Q_SIZE, WRITE, VIRTIO_MMIO_QUEUE_NUM },
	{ VIRTIO_PCI_COMMON_Q_ENABLE, READ | WRITE, VIRTIO_MMIO_QUEUE_READY },
	{ VIRTIO_PCI_COMMON_Q_DESCLO, WRITE, VIRTIO_MMIO_QUEUE_DESC_LOW },
	{ VIRTIO_PCI_COMMON_Q_DESCHI, WRITE, VIRTIO_MMIO_QUEUE_DESC_HIGH },
	{ VIRTIO_PCI_COMMON_Q_AVAILLO, WRITE, VIRTIO_MMIO_QUEUE_AVAIL_LOW },
	{ VIRTIO_PCI_COMMON_Q_AVAILHI, WRITE, VIRTIO_MMIO_QUEUE_AVAIL_HIGH },
	{ VIRTIO_PCI_COMMON_Q_USEDLO, WRITE, VIRTIO_MMIO_QUEUE_USED_LOW },
	{ VIRTIO_PCI_COMMON_Q_USEDHI, WRITE, VIRTIO_MMIO_QUEUE_USED_HIGH },
	{ VIRTIO_PCI_COMMON_Q_RESET, READ | WRITE, QUEUE_RESET },
};

/* False: MMIO has no such register, or not to be read or written. */
static bool find(uint32_t common, uint8_t how, uint16_t *off)
{
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].common != common || !(names[i].how & how))
			continue;
		*off = names[i].mmio;
		return true;
	}
	return false;
}

/* What took the interrupt's cause away with one read over PCI are two accesses: 4.2.3.4. */
static uint32_t take_interrupt(struct driver *drv)
{
	uint32_t val = driver_is(drv, WRONG_MMIO_ACK_BLIND)
			       ? INT_BITS
			       : get(drv, VIRTIO_MMIO_INTERRUPT_STATUS);

	if (driver_is(drv, ODD_MMIO_LOOK_TWICE))
		get(drv, VIRTIO_MMIO_INTERRUPT_STATUS);
	if (driver_is(drv, WRONG_MMIO_ACK_MORE))
		put(drv, VIRTIO_MMIO_INTERRUPT_ACK, INT_BITS);
	else if (driver_is(drv, WRONG_MMIO_ACK_UNDEFINED))
		put(drv, VIRTIO_MMIO_INTERRUPT_ACK, val | 4);
	else if (val && !driver_is(drv, WRONG_MMIO_ACK_NEVER))
		put(drv, VIRTIO_MMIO_INTERRUPT_ACK, val & INT_BITS);
	return val;
}

uint32_t driver_mmio_get(struct driver *drv, const struct driver_window *win, uint32_t off,
			 unsigned size)
{
	uint16_t at;

	if (win == &drv->device)
		return drv->io->mmio_read(drv->io->ctx, VIRTIO_MMIO_CONFIG + off, size);
	if (win == &drv->isr)
		return take_interrupt(drv);
	return win == &drv->common && find(off, READ, &at) ? get(drv, at) : 0;
}

void driver_mmio_put(struct driver *drv, const struct driver_window *win, uint32_t off,
		     unsigned size, uint32_t val)
{
	bool selects = off == VIRTIO_PCI_COMMON_DFSELECT && driver_is(drv, WRONG_MMIO_NO_OFFER_SEL);
	uint16_t at;

	if (off == VIRTIO_PCI_COMMON_GFSELECT && driver_is(drv, WRONG_MMIO_NO_ACCEPT_SEL))
		selects = true;
	if (win == &drv->device)
		drv->io->mmio_write(drv->io->ctx, VIRTIO_MMIO_CONFIG + off, size, val);
	else if (win == &drv->notify)
		put(drv, VIRTIO_MMIO_QUEUE_NOTIFY, val);
	else if (win == &drv->common && find(off, WRITE, &at) && !(selects && !val))
		put(drv, at, val);
}

/* --- deviations, once after DRIVER_OK ------------------------------------------------------ */

/* A queue is stopped, and set up as it was: 4.2.2.2. */
static void restart_queue(struct driver *drv, const struct driver_queue *q)
{
	put(drv, VIRTIO_MMIO_QUEUE_SEL, q->index);
	put(drv, VIRTIO_MMIO_QUEUE_READY, 0);
	if (!driver_is(drv, WRONG_MMIO_STOP_BLIND))
		get(drv, VIRTIO_MMIO_QUEUE_READY);
	put(drv, VIRTIO_MMIO_QUEUE_NUM, q->size);
	put(drv, VIRTIO_MMIO_QUEUE_READY, 1);
}

void driver_mmio_play(struct driver *drv)
{
	static const struct {
		uint8_t twist, size;
		uint16_t off;
		bool write;
	} acts[] = {
		{ WRONG_MMIO_HOLE, 4, LEGACY_SIZE, false },
		{ WRONG_MMIO_HOLE_WRITE, 4, LEGACY_SIZE, true },
		{ WRONG_MMIO_CONFIG_BEYOND, 4, VIRTIO_MMIO_CONFIG + 16, false },
		{ WRONG_MMIO_READ_ONLY, 4, VIRTIO_MMIO_VENDOR_ID, true },
		{ WRONG_MMIO_WRITE_ONLY, 4, VIRTIO_MMIO_QUEUE_DESC_LOW, false },
		{ WRONG_MMIO_BYTE, 1, VIRTIO_MMIO_STATUS, false },
		{ WRONG_MMIO_WORD, 2, VIRTIO_MMIO_QUEUE_SEL, true },
		{ WRONG_MMIO_SHM, 4, SHM_LEN, false },
		{ ODD_MMIO_EARLY_LOOK, 4, VIRTIO_MMIO_INTERRUPT_STATUS, false },
	};

	for (unsigned i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		if (!driver_is(drv, (enum driver_twist)acts[i].twist))
			continue;
		if (acts[i].write)
			drv->io->mmio_write(drv->io->ctx, acts[i].off, acts[i].size, 0);
		else
			drv->io->mmio_read(drv->io->ctx, acts[i].off, acts[i].size);
	}
	if (driver_is(drv, ODD_MMIO_RESTART) || driver_is(drv, WRONG_MMIO_STOP_BLIND))
		restart_queue(drv, &drv->queue[1]);
	if (driver_is(drv, WRONG_MMIO_SIZE_BEYOND)) {
		put(drv, VIRTIO_MMIO_QUEUE_SEL, 2); /* not in use */
		put(drv, VIRTIO_MMIO_QUEUE_NUM, get(drv, VIRTIO_MMIO_QUEUE_NUM_MAX) + 1);
	}
}

/* --- scenarios ------------------------------------------------------------------------------ */

/* Only PCI has what these are about, or only PCI's clauses mind. */
static const uint8_t pci_only[] = {
	WRONG_NO_NOTIF_CONFIG, /* which is not on offer */
	ODD_TIDY,
	WRONG_STATUS_WIDE,
	WRONG_STATUS_WORD,
	WRONG_SIZE_WIDE,
	WRONG_SIZE_BYTE,
	WRONG_FEATURE_WORD,
	WRONG_ISR_WIDE,
	WRONG_WRITE_QUEUES,
	WRONG_WRITE_NOFF,
	WRONG_WRITE_CAP,
	WRONG_ACCESS_SKEWED,
	WRONG_ACCESS_OUTSIDE,
	WRONG_ISR_WITH_MSIX,
	ODD_CAPS_BY_DWORD,
	ODD_IDENTITY,
	ODD_ACCESS_WINDOW,
	ODD_ACCESS_WRITE,
	ODD_INTX_OFF,
	ODD_PCI_STATUS,
	ODD_COUNT_QUEUES,
	WRONG_ENABLE_BARE,
	WRONG_ENABLE_HALF,
	WRONG_DISABLE,
	WRONG_SIZE_96,
	WRONG_SIZE_0,
	WRONG_VECTOR_BEYOND,
	WRONG_VECTOR_UNREAD,
	WRONG_VECTOR_BLIND,
	ODD_SIZE_UNWRITTEN,
	ODD_UNMAP,
	ODD_VECTOR_IDLE,
	ODD_VECTOR_MOVED,
	ODD_MSIX,
	ODD_MSIX_SHARED,
	ODD_MSIX_MASKED,
	ODD_MSIX_NO_CONFIG,
	WRONG_NOTIFY_WIDE,
	WRONG_NOTIFY_NARROW,
	WRONG_NOTIFY_VALUE,
	ODD_FEATURES_READ_BACK,
};

/* Whom a deviation breaks a promise to depends on the transport. */
static const struct {
	uint8_t twist;
	bool advisory;
	const char *clause;
} others[] = {
	{ WRONG_NO_RESET_WAIT, true, "DRV-2.4.2-1" },
	{ WRONG_BLIND_SR_IOV, false, "DRV-6.1-11" },
	{ WRONG_CONFIG_BYTE, false, "DRV-4.2.2.2-8" },
	{ WRONG_CONFIG_WORD, false, "DRV-4.2.2.2-8" },
	{ WRONG_WRITE_OFFER, false, "DRV-4.2.2.2-3" },
	{ WRONG_WRITE_GEN, false, "DRV-4.2.2.2-3" },
	{ WRONG_ADDR_LATE, false, "DRV-4.2.2.2-18" },
	{ WRONG_SIZE_LATE, false, "DRV-4.2.2.2-18" },
	{ WRONG_RESET_BLIND, false, "DRV-4.2.2.2-24" },
	{ WRONG_RESET_BARE, false, "DRV-2.6.1.2.2-1" },
};

static bool plays(const struct driver_scenario *sc, uint8_t twist)
{
	for (unsigned i = 0; i < DRIVER_TWISTS; i++)
		if (sc->twist[i] == twist)
			return true;
	return false;
}

static bool fits(const struct driver_scenario *sc)
{
	for (unsigned i = 0; i < sizeof(pci_only); i++)
		if (plays(sc, pci_only[i]))
			return false;
	return true;
}

const char *driver_mmio_clause(const struct driver_scenario *sc, bool *advisory)
{
	*advisory = sc->advisory;
	for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (!plays(sc, others[i].twist))
			continue;
		*advisory = others[i].advisory;
		return others[i].clause;
	}
	return sc->clause;
}

const struct driver_scenario *driver_mmio_scenario_at(unsigned n)
{
	const struct driver_scenario *sc;

	for (unsigned i = 0; (sc = driver_scenario_at(i)); i++)
		if (fits(sc) && !n--)
			return sc;
	return n < driver_nmmio ? &driver_mmio[n] : NULL;
}

const struct driver_scenario *driver_mmio_scenario(const char *name)
{
	const struct driver_scenario *sc;

	for (unsigned i = 0; (sc = driver_mmio_scenario_at(i)); i++)
		if (driver_same(sc->name, name))
			return sc;
	return NULL;
}
