/* SPDX-License-Identifier: MIT */
/* The conforming driver's accesses: 4.1.3, 4.1.4, 4.2.2. Between two of them time passes, or none.
 */
#include <errno.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_pci.h>
#include <stddef.h>

#include "tests/lib/legal_internal.h"

#define NONE             0xffff
#define MMIO_QUEUE_RESET 0x0c0 /* 4.2.2; not in linux/virtio_mmio.h */
#define CAP_DATA         offsetof(struct virtio_pci_cfg_cap, pci_cfg_data)

static const struct {
	uint8_t off, size;
	uint16_t read, write; /* over virtio-mmio; NONE: not to be read, not to be written */
} regs[R_COUNT] = {
	[R_DEVICE_SEL] = { VIRTIO_PCI_COMMON_DFSELECT, 4, NONE, VIRTIO_MMIO_DEVICE_FEATURES_SEL },
	[R_DEVICE_FEATURE] = { VIRTIO_PCI_COMMON_DF, 4, VIRTIO_MMIO_DEVICE_FEATURES, NONE },
	[R_DRIVER_SEL] = { VIRTIO_PCI_COMMON_GFSELECT, 4, NONE, VIRTIO_MMIO_DRIVER_FEATURES_SEL },
	[R_DRIVER_FEATURE] = { VIRTIO_PCI_COMMON_GF, 4, NONE, VIRTIO_MMIO_DRIVER_FEATURES },
	[R_CONFIG_VECTOR] = { VIRTIO_PCI_COMMON_MSIX, 2, NONE, NONE },
	[R_NUM_QUEUES] = { VIRTIO_PCI_COMMON_NUMQ, 2, NONE, NONE },
	[R_STATUS] = { VIRTIO_PCI_COMMON_STATUS, 1, VIRTIO_MMIO_STATUS, VIRTIO_MMIO_STATUS },
	[R_GENERATION] = { VIRTIO_PCI_COMMON_CFGGENERATION, 1, VIRTIO_MMIO_CONFIG_GENERATION,
			   NONE },
	[R_QUEUE_SEL] = { VIRTIO_PCI_COMMON_Q_SELECT, 2, NONE, VIRTIO_MMIO_QUEUE_SEL },
	[R_QUEUE_SIZE] = { VIRTIO_PCI_COMMON_Q_SIZE, 2, VIRTIO_MMIO_QUEUE_NUM_MAX,
			   VIRTIO_MMIO_QUEUE_NUM },
	[R_QUEUE_VECTOR] = { VIRTIO_PCI_COMMON_Q_MSIX, 2, NONE, NONE },
	[R_QUEUE_ENABLE] = { VIRTIO_PCI_COMMON_Q_ENABLE, 2, VIRTIO_MMIO_QUEUE_READY,
			     VIRTIO_MMIO_QUEUE_READY },
	[R_QUEUE_NOTIFY_OFF] = { VIRTIO_PCI_COMMON_Q_NOFF, 2, NONE, NONE },
	[R_QUEUE_DESC] = { VIRTIO_PCI_COMMON_Q_DESCLO, 4, NONE, VIRTIO_MMIO_QUEUE_DESC_LOW },
	[R_QUEUE_DESC + 1] = { VIRTIO_PCI_COMMON_Q_DESCHI, 4, NONE, VIRTIO_MMIO_QUEUE_DESC_HIGH },
	[R_QUEUE_DESC + 2] = { VIRTIO_PCI_COMMON_Q_AVAILLO, 4, NONE, VIRTIO_MMIO_QUEUE_AVAIL_LOW },
	[R_QUEUE_DESC + 3] = { VIRTIO_PCI_COMMON_Q_AVAILHI, 4, NONE, VIRTIO_MMIO_QUEUE_AVAIL_HIGH },
	[R_QUEUE_DESC + 4] = { VIRTIO_PCI_COMMON_Q_USEDLO, 4, NONE, VIRTIO_MMIO_QUEUE_USED_LOW },
	[R_QUEUE_DESC + 5] = { VIRTIO_PCI_COMMON_Q_USEDHI, 4, NONE, VIRTIO_MMIO_QUEUE_USED_HIGH },
	[R_QUEUE_NOTIFY_DATA] = { 0x38, 2, NONE, NONE }, /* younger than the header, as the next */
	[R_QUEUE_RESET] = { 0x3a, 2, MMIO_QUEUE_RESET, MMIO_QUEUE_RESET },
};

void legal_wait(struct legal *l, uint32_t cycles)
{
	int err = cycles ? dev_run_for(l->dev, cycles) : dev_run(l->dev);

	if (err == -ETIMEDOUT)
		legal_fail(l, "the device does not come to rest");
}

static void pace(struct legal *l)
{
	switch (l->style.pace ? l->style.pace : 1 + legal_rand(l, 3)) {
	case 1:
		legal_wait(l, 0);
		break;
	case 2:
		legal_wait(l, 1 + legal_rand(l, 64));
		break;
	default:
		if (legal_one_in(l, 4))
			legal_wait(l, 1 + legal_rand(l, 400));
		break;
	}
}

static uint32_t reach(struct legal *l, struct dev_reg reg, bool write, uint32_t val)
{
	int err;

	if (l->mortal && (l->accesses > l->limit || legal_one_in(l, l->style.mortality)))
		longjmp(l->death, 1);
	err = write ? dev_write(l->dev, reg, val) : dev_read(l->dev, reg, &val);
	if (err)
		legal_fail(l, "an access was not answered");
	l->accesses++;
	pace(l);
	return val;
}

uint32_t legal_cfg_get(struct legal *l, unsigned off, unsigned size)
{
	return reach(l, (struct dev_reg){ BUS_CFG, 0, (uint8_t)size, off }, false, 0);
}

void legal_cfg_put(struct legal *l, unsigned off, unsigned size, uint32_t val)
{
	reach(l, (struct dev_reg){ BUS_CFG, 0, (uint8_t)size, off }, true, val);
}

void legal_bar_put(struct legal *l, uint8_t bar, uint32_t off, unsigned size, uint32_t val)
{
	reach(l, (struct dev_reg){ BUS_BAR, bar, (uint8_t)size, off }, true, val);
}

uint32_t legal_mmio_get(struct legal *l, uint32_t off)
{
	return reach(l, (struct dev_reg){ BUS_MMIO, 0, 4, off }, false, 0);
}

void legal_mmio_put(struct legal *l, uint32_t off, uint32_t val)
{
	reach(l, (struct dev_reg){ BUS_MMIO, 0, 4, off }, true, val);
}

/*
 * The window of 4.1.4.9. Its offset must be a multiple of its length when it is written, so
 * the length goes first; where the window is already, need not be said again.
 */
static uint32_t through_window(struct legal *l, const struct legal_window *to, bool write,
			       uint32_t val)
{
	struct legal_window *at = &l->aimed;
	unsigned cap = l->access_cap, size = to->length;
	bool bar_first = legal_one_in(l, 2), anew = legal_one_in(l, 3);

	if (bar_first && (anew || at->bar != to->bar))
		legal_cfg_put(l, cap + VIRTIO_PCI_CAP_BAR, 1, to->bar);
	if (anew || at->length != size) {
		at->length = 0; /* unknown, should this life end in between */
		legal_cfg_put(l, cap + VIRTIO_PCI_CAP_LENGTH, 4, size);
		at->length = size;
	}
	if (anew || at->offset != to->offset) {
		at->offset = UINT32_MAX;
		legal_cfg_put(l, cap + VIRTIO_PCI_CAP_OFFSET, 4, to->offset);
		at->offset = to->offset;
	}
	if (!bar_first && (anew || at->bar != to->bar))
		legal_cfg_put(l, cap + VIRTIO_PCI_CAP_BAR, 1, to->bar);
	at->bar = to->bar;
	if (!write)
		return legal_cfg_get(l, cap + CAP_DATA, size);
	legal_cfg_put(l, cap + CAP_DATA, size, val);
	return 0;
}

static uint32_t virtio(struct legal *l, const struct legal_window *win, uint32_t off, unsigned size,
		       bool write, uint32_t val)
{
	struct legal_window to = { win->bar, win->offset + off, size };

	if (l->access_cap && legal_one_in(l, l->style.window))
		return through_window(l, &to, write, val);
	return reach(l, (struct dev_reg){ BUS_BAR, to.bar, (uint8_t)size, to.offset }, write, val);
}

bool legal_has(const struct legal *l, enum legal_reg reg, bool write)
{
	return !l->mmio || (write ? regs[reg].write : regs[reg].read) != NONE;
}

uint32_t legal_get(struct legal *l, enum legal_reg reg)
{
	uint32_t val = l->mmio ? legal_mmio_get(l, regs[reg].read)
			       : virtio(l, &l->common, regs[reg].off, regs[reg].size, false, 0);

	if (reg == R_STATUS)
		l->status = (uint8_t)val;
	return val;
}

void legal_put(struct legal *l, enum legal_reg reg, uint32_t val)
{
	if (l->mmio)
		legal_mmio_put(l, regs[reg].write, val);
	else
		virtio(l, &l->common, regs[reg].off, regs[reg].size, true, val);
}

uint32_t legal_config_get(struct legal *l, uint32_t off)
{
	return l->mmio ? legal_mmio_get(l, VIRTIO_MMIO_CONFIG + off)
		       : virtio(l, &l->device, off, 4, false, 0);
}

void legal_config_put(struct legal *l, uint32_t off, uint32_t val)
{
	if (l->mmio)
		legal_mmio_put(l, VIRTIO_MMIO_CONFIG + off, val);
	else
		virtio(l, &l->device, off, 4, true, val);
}

uint32_t legal_isr(struct legal *l)
{
	return l->mmio ? legal_mmio_get(l, VIRTIO_MMIO_INTERRUPT_STATUS)
		       : virtio(l, &l->isr, 0, 1, false, 0);
}

/* 4.1.5.2, 4.2.3.3, 2.9 */
void legal_ring_bell(struct legal *l, unsigned q)
{
	const struct legal_queue *vq = &l->queue[q];
	bool data = l->accepted & F_NOTIF_DATA;
	uint32_t val = l->accepted & F_NOTIF_CFG ? vq->notify_data : q;

	if (data)
		val |= (uint32_t)vq->published << 16;
	if (l->mmio)
		legal_mmio_put(l, VIRTIO_MMIO_QUEUE_NOTIFY, val);
	else
		virtio(l, &l->notify, vq->notify_off * l->multiplier, data ? 4 : 2, true, val);
}

uint8_t legal_status(struct legal *l)
{
	return (uint8_t)legal_get(l, R_STATUS);
}

/* As a value that the driver knows, or as one that it has just read. */
void legal_add_status(struct legal *l, uint8_t bits)
{
	uint8_t old = l->style.absolute ? l->status : legal_status(l);

	l->status = old | bits;
	legal_put(l, R_STATUS, old | bits);
	if (l->style.rereads)
		legal_status(l);
}
