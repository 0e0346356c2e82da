/* SPDX-License-Identifier: MIT */
/*
 * virtio over PCI: which register an access means (virtio 1.4, 4.1.4).
 *
 * The windows are learnt from configuration reads, in whatever order and width they
 * come: the bytes seen so far are kept, and the capability list is followed as far as
 * they reach. A read shows what the device has; a write matters only in the fields of
 * the configuration access capability that a driver may write (4.1.4.9).
 */
#include "sim/observer_internal.h"

#include <stddef.h>
#include <string.h>

#include <linux/pci_regs.h>
#include <linux/virtio_pci.h>

#define MAX_CAPS     48 /* what fits behind the header: a longer list is a loop */
#define CAP_PCI_DATA offsetof(struct virtio_pci_cfg_cap, pci_cfg_data)

static const struct {
	uint8_t offset, width;
	uint8_t reg;
} common[] = {
	{ VIRTIO_PCI_COMMON_DFSELECT, 4, REG_DEVICE_FEATURE_SELECT },
	{ VIRTIO_PCI_COMMON_DF, 4, REG_DEVICE_FEATURE },
	{ VIRTIO_PCI_COMMON_GFSELECT, 4, REG_DRIVER_FEATURE_SELECT },
	{ VIRTIO_PCI_COMMON_GF, 4, REG_DRIVER_FEATURE },
	{ VIRTIO_PCI_COMMON_MSIX, 2, REG_CONFIG_VECTOR },
	{ VIRTIO_PCI_COMMON_NUMQ, 2, REG_NUM_QUEUES },
	{ VIRTIO_PCI_COMMON_STATUS, 1, REG_STATUS },
	{ VIRTIO_PCI_COMMON_CFGGENERATION, 1, REG_CONFIG_GENERATION },
	{ VIRTIO_PCI_COMMON_Q_SELECT, 2, REG_QUEUE_SELECT },
	{ VIRTIO_PCI_COMMON_Q_SIZE, 2, REG_QUEUE_SIZE },
	{ VIRTIO_PCI_COMMON_Q_MSIX, 2, REG_QUEUE_VECTOR },
	{ VIRTIO_PCI_COMMON_Q_ENABLE, 2, REG_QUEUE_ENABLE },
	{ VIRTIO_PCI_COMMON_Q_NOFF, 2, REG_QUEUE_NOTIFY_OFF },
	{ VIRTIO_PCI_COMMON_Q_DESCLO, 4, REG_QUEUE_ADDR },
	{ VIRTIO_PCI_COMMON_Q_DESCHI, 4, REG_QUEUE_ADDR + 1 },
	{ VIRTIO_PCI_COMMON_Q_AVAILLO, 4, REG_QUEUE_ADDR + 2 },
	{ VIRTIO_PCI_COMMON_Q_AVAILHI, 4, REG_QUEUE_ADDR + 3 },
	{ VIRTIO_PCI_COMMON_Q_USEDLO, 4, REG_QUEUE_ADDR + 4 },
	{ VIRTIO_PCI_COMMON_Q_USEDHI, 4, REG_QUEUE_ADDR + 5 },
	{ VIRTIO_PCI_COMMON_Q_NDATA, 2, REG_QUEUE_NOTIFY_DATA },
	{ VIRTIO_PCI_COMMON_Q_RESET, 2, REG_QUEUE_RESET },
};

/* --- configuration space, and what it says ----------------------------------------- */

static bool known(const struct obs_pci *pci, unsigned at, unsigned n)
{
	while (n--)
		if (at + n >= sizeof(pci->byte) || !pci->known[at + n])
			return false;
	return true;
}

static uint32_t le32(const struct obs_pci *pci, unsigned at)
{
	return pci->byte[at] | (uint32_t)pci->byte[at + 1] << 8 |
	       (uint32_t)pci->byte[at + 2] << 16 | (uint32_t)pci->byte[at + 3] << 24;
}

static void set_byte(struct obs_pci *pci, unsigned at, uint8_t byte)
{
	if (pci->known[at] && pci->byte[at] == byte)
		return;
	pci->known[at] = true;
	pci->byte[at] = byte;
	pci->dirty = true;
}

static void take_vendor_cap(struct obs_pci *pci, unsigned at)
{
	struct obs_window *win = &pci->window[pci->windows];
	uint8_t type;

	if (!known(pci, at + VIRTIO_PCI_CAP_CFG_TYPE, 1))
		return;
	type = pci->byte[at + VIRTIO_PCI_CAP_CFG_TYPE];
	if (type == VIRTIO_PCI_CAP_PCI_CFG && !pci->access_cap)
		pci->access_cap = (uint8_t)at;
	if (type < VIRTIO_PCI_CAP_COMMON_CFG || type > VIRTIO_PCI_CAP_DEVICE_CFG)
		return;
	if (pci->windows == OBS_WINDOWS || !known(pci, at + VIRTIO_PCI_CAP_BAR, 1) ||
	    !known(pci, at + VIRTIO_PCI_CAP_OFFSET, 8))
		return;
	win->type = type;
	win->bar = pci->byte[at + VIRTIO_PCI_CAP_BAR];
	win->offset = le32(pci, at + VIRTIO_PCI_CAP_OFFSET);
	win->length = le32(pci, at + VIRTIO_PCI_CAP_LENGTH);
	win->multiplier_known =
		type == VIRTIO_PCI_CAP_NOTIFY_CFG && known(pci, at + VIRTIO_PCI_NOTIFY_CAP_MULT, 4);
	win->multiplier = win->multiplier_known ? le32(pci, at + VIRTIO_PCI_NOTIFY_CAP_MULT) : 0;
	pci->windows++;
}

/* Follows the capability list as far as its bytes have been read. */
static void learn(struct obs_pci *pci)
{
	unsigned at = PCI_CAPABILITY_LIST;

	if (!pci->dirty)
		return;
	pci->dirty = false;
	pci->windows = 0;
	pci->access_cap = pci->af_cap = 0;
	for (unsigned n = 0; n < MAX_CAPS && known(pci, at, 1); n++) {
		unsigned cap = pci->byte[at] & ~3U; /* PCI: the low two bits are reserved */

		if (!cap || !known(pci, cap + PCI_CAP_LIST_ID, 1))
			return;
		if (pci->byte[cap + PCI_CAP_LIST_ID] == PCI_CAP_ID_VNDR)
			take_vendor_cap(pci, cap);
		if (pci->byte[cap + PCI_CAP_LIST_ID] == PCI_CAP_ID_AF)
			pci->af_cap = (uint8_t)cap;
		at = cap + PCI_CAP_LIST_NEXT;
	}
}

/* --- BAR accesses ------------------------------------------------------------------- */

/* The register at this offset of the common configuration; its bytes from there on. */
static struct obs_access common_at(uint32_t offset)
{
	struct obs_access acc = { .reg = REG_NONE, .width = 1, .offset = offset };

	for (unsigned i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
		if (offset - common[i].offset >= common[i].width)
			continue;
		acc.reg = common[i].reg;
		acc.width = common[i].width;
		acc.first = (uint8_t)(offset - common[i].offset);
		return acc;
	}
	acc.width = 4; /* undefined: in one piece */
	return acc;
}

static uint32_t low_bytes(uint64_t data, unsigned n)
{
	return n >= 4 ? (uint32_t)data : (uint32_t)data & ((1U << (8 * n)) - 1);
}

/* One access may cover several registers: each gets its bytes, lowest first. */
static void common_access(struct observer *obs, const struct bus_rec *rec, uint32_t offset)
{
	for (unsigned done = 0; done < rec->size;) {
		struct obs_access acc = common_at(offset + done);
		unsigned left = rec->size - done, room = acc.width - acc.first;

		acc.size = (uint8_t)(left < room ? left : room);
		acc.data = low_bytes(rec->data >> (8 * done), acc.size);
		if (rec->op == BUS_WRITE)
			obs_regs_write(obs, &acc);
		else
			obs_regs_read(obs, &acc);
		done += acc.size;
	}
}

static bool notifies(const struct observer *obs, const struct obs_window *win, unsigned q,
		     uint32_t offset)
{
	const struct obs_queue *queue = &obs->queue[q];

	return queue->notify_off_known &&
	       (uint64_t)queue->reg[REG_QUEUE_NOTIFY_OFF] * win->multiplier == offset;
}

/*
 * The queue that a write at this offset notifies. The address tells (4.1.4.4), where the
 * driver has asked for it; where queues share it, or it is not known, the index in the
 * low 16 bits of the value does (4.1.5.2).
 */
static uint32_t notified(const struct observer *obs, const struct obs_window *win, uint32_t offset,
			 uint32_t value)
{
	uint32_t named = value & 0xffff, found = 0;
	unsigned n = 0;

	if (!win->multiplier_known)
		return named;
	for (unsigned q = 0; q < OBSERVER_QUEUES; q++) {
		if (!notifies(obs, win, q, offset))
			continue;
		found = q;
		n++;
	}
	return n == 1 ? found : named;
}

static void isr_access(struct observer *obs, const struct bus_rec *rec, uint32_t offset)
{
	if (offset)
		return; /* only its first byte is defined (4.1.4.5) */
	if (rec->op == BUS_WRITE)
		OBS_EMIT(obs, EV_ISR_WRITE, rec->data);
	else
		OBS_EMIT(obs, EV_ISR_READ, rec->data);
}

static void window_access(struct observer *obs, const struct bus_rec *rec,
			  const struct obs_window *win)
{
	uint32_t offset = (uint32_t)rec->addr - win->offset;
	bool write = rec->op == BUS_WRITE;

	OBS_EMIT(obs, EV_REG_ACCESS, win->type, offset, rec->size, write);
	switch (win->type) {
	case VIRTIO_PCI_CAP_COMMON_CFG:
		common_access(obs, rec, offset);
		break;
	case VIRTIO_PCI_CAP_NOTIFY_CFG:
		if (write)
			obs_regs_notify(obs, notified(obs, win, offset, (uint32_t)rec->data),
					(uint32_t)rec->data, rec->size);
		break;
	case VIRTIO_PCI_CAP_ISR_CFG:
		isr_access(obs, rec, offset);
		break;
	default:
		OBS_EMIT(obs, write ? EV_CONFIG_WRITE : EV_CONFIG_READ, offset, rec->size,
			 rec->data);
	}
}

void obs_pci_bar(struct observer *obs, const struct bus_rec *rec)
{
	obs->pci.draining = false;
	learn(&obs->pci);
	for (unsigned i = 0; i < obs->pci.windows; i++) {
		const struct obs_window *win = &obs->pci.window[i];

		if (win->bar == rec->index && rec->addr - win->offset < win->length) {
			window_access(obs, rec, win);
			return;
		}
	}
	obs->stats.unclaimed++;
	if (rec->op == BUS_WRITE)
		OBS_EMIT(obs, EV_BAR_OTHER_WRITE, rec->index, rec->addr, rec->size, rec->data);
}

bool observer_window(const struct observer *obs, unsigned bar, uint64_t addr, unsigned *window,
		     uint32_t *offset)
{
	for (unsigned i = 0; i < obs->pci.windows; i++) {
		const struct obs_window *win = &obs->pci.window[i];

		if (win->bar != bar || addr - win->offset >= win->length)
			continue;
		*window = win->type;
		*offset = (uint32_t)(addr - win->offset);
		return true;
	}
	return false;
}

/* --- configuration accesses ----------------------------------------------------------- */

/* An access to pci_cfg_data is an access to the BAR that the capability names (4.1.4.9). */
static void through_config(struct observer *obs, const struct bus_rec *rec)
{
	const struct obs_pci *pci = &obs->pci;
	unsigned cap = pci->access_cap;
	struct bus_rec bar = *rec;
	uint32_t length;

	if (!known(pci, cap + VIRTIO_PCI_CAP_BAR, 1) || !known(pci, cap + VIRTIO_PCI_CAP_OFFSET, 8))
		return;
	length = le32(pci, cap + VIRTIO_PCI_CAP_LENGTH);
	if ((length != 1 && length != 2 && length != 4) || length > rec->size)
		return;
	bar.space = BUS_BAR;
	bar.index = pci->byte[cap + VIRTIO_PCI_CAP_BAR];
	bar.addr = le32(pci, cap + VIRTIO_PCI_CAP_OFFSET);
	bar.size = (uint8_t)length;
	bar.data = low_bytes(rec->data, length);
	obs_pci_bar(obs, &bar);
}

/* The fields of the access capability that a driver writes: bar to length. */
static bool in_access_fields(const struct obs_pci *pci, uint64_t at)
{
	uint64_t first = (uint64_t)pci->access_cap + VIRTIO_PCI_CAP_BAR;

	return pci->access_cap && at - first < CAP_PCI_DATA - VIRTIO_PCI_CAP_BAR;
}

/* The byte of Advanced Features at this offset, of an access that covers it; else 0. */
static uint8_t af_byte(const struct obs_pci *pci, const struct bus_rec *rec, unsigned offset)
{
	uint64_t at = pci->af_cap + offset - rec->addr;

	return pci->af_cap && at < rec->size ? (uint8_t)(rec->data >> (8 * at)) : 0;
}

/*
 * A function-level reset (PCI, Advanced Features) is a reset as a whole. The driver looks at
 * the function again when it is through: until then DMA is what was in flight.
 */
static void function_reset(struct observer *obs, const struct bus_rec *rec)
{
	struct obs_pci *pci = &obs->pci;

	if (rec->op == BUS_READ) {
		if (!(af_byte(pci, rec, PCI_AF_STATUS) & PCI_AF_STATUS_TP))
			pci->draining = false;
	} else if (af_byte(pci, rec, PCI_AF_CTRL) & PCI_AF_CTRL_FLR) {
		obs_regs_host_reset(obs);
		pci->draining = true;
	}
}

void obs_pci_cfg(struct observer *obs, const struct bus_rec *rec)
{
	struct obs_pci *pci = &obs->pci;
	bool write = rec->op == BUS_WRITE;

	OBS_EMIT(obs, write ? EV_PCI_CFG_WRITE : EV_PCI_CFG_READ, rec->addr, rec->size, rec->data);
	learn(pci);
	function_reset(obs, rec);
	if (pci->access_cap && rec->addr == pci->access_cap + CAP_PCI_DATA)
		through_config(obs, rec);
	for (unsigned i = 0; i < rec->size; i++)
		if (rec->addr + i < sizeof(pci->byte) &&
		    (!write || in_access_fields(pci, rec->addr + i)))
			set_byte(pci, (unsigned)rec->addr + i, (uint8_t)(rec->data >> (8 * i)));
}
