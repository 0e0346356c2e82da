/* SPDX-License-Identifier: MIT */
/*
 * virtio over MMIO, version 2: which register an access means (virtio 1.4, 4.2.2).
 *
 * The window needs no learning: its offsets are the specification's. Registers that the
 * common configuration of PCI has, too, bring the same events. A register means something
 * only if it is accessed as a whole and in a direction that it has; any other access is a
 * fact of its own (reg_access, common_other_*), and what the device makes of it is unknown.
 */
#include "sim/observer_internal.h"

#include <linux/virtio_mmio.h>
#include <linux/virtio_pci.h>

#define QUEUE_RESET 0x0c0 /* 4.2.2; not in linux/virtio_mmio.h */

enum { READ = 1, WRITE = 2 };

static const struct {
	uint16_t offset;
	uint8_t how; /* READ, WRITE */
	uint8_t reg;
} regs[] = {
	{ VIRTIO_MMIO_DEVICE_FEATURES, READ, REG_DEVICE_FEATURE },
	{ VIRTIO_MMIO_DEVICE_FEATURES_SEL, WRITE, REG_DEVICE_FEATURE_SELECT },
	{ VIRTIO_MMIO_DRIVER_FEATURES, WRITE, REG_DRIVER_FEATURE },
	{ VIRTIO_MMIO_DRIVER_FEATURES_SEL, WRITE, REG_DRIVER_FEATURE_SELECT },
	{ VIRTIO_MMIO_QUEUE_SEL, WRITE, REG_QUEUE_SELECT },
	{ VIRTIO_MMIO_QUEUE_NUM_MAX, READ, REG_QUEUE_SIZE_MAX },
	{ VIRTIO_MMIO_QUEUE_NUM, WRITE, REG_QUEUE_SIZE },
	{ VIRTIO_MMIO_QUEUE_READY, READ | WRITE, REG_QUEUE_ENABLE },
	{ VIRTIO_MMIO_STATUS, READ | WRITE, REG_STATUS },
	{ VIRTIO_MMIO_QUEUE_DESC_LOW, WRITE, REG_QUEUE_ADDR },
	{ VIRTIO_MMIO_QUEUE_DESC_HIGH, WRITE, REG_QUEUE_ADDR + 1 },
	{ VIRTIO_MMIO_QUEUE_AVAIL_LOW, WRITE, REG_QUEUE_ADDR + 2 },
	{ VIRTIO_MMIO_QUEUE_AVAIL_HIGH, WRITE, REG_QUEUE_ADDR + 3 },
	{ VIRTIO_MMIO_QUEUE_USED_LOW, WRITE, REG_QUEUE_ADDR + 4 },
	{ VIRTIO_MMIO_QUEUE_USED_HIGH, WRITE, REG_QUEUE_ADDR + 5 },
	{ QUEUE_RESET, READ | WRITE, REG_QUEUE_RESET },
	{ VIRTIO_MMIO_CONFIG_GENERATION, READ, REG_CONFIG_GENERATION },
};

static enum obs_reg reg_at(uint32_t offset, bool write)
{
	for (unsigned i = 0; i < sizeof(regs) / sizeof(regs[0]); i++)
		if (regs[i].offset == offset && regs[i].how & (write ? WRITE : READ))
			return regs[i].reg;
	return REG_NONE;
}

/* What is no register of the common configuration. False: neither here. */
static bool own(struct observer *obs, uint32_t offset, bool write, uint32_t data)
{
	if (!write && offset <= VIRTIO_MMIO_VENDOR_ID)
		OBS_EMIT(obs, EV_IDENTITY_READ, offset, data);
	else if (!write && offset == VIRTIO_MMIO_INTERRUPT_STATUS)
		OBS_EMIT(obs, EV_ISR_READ, data);
	else if (write && offset == VIRTIO_MMIO_INTERRUPT_ACK)
		OBS_EMIT(obs, EV_ISR_ACK, data);
	else if (write && offset == VIRTIO_MMIO_QUEUE_NOTIFY)
		obs_regs_notify(obs, data & 0xffff, data, 4);
	else
		return false;
	return true;
}

static void control(struct observer *obs, const struct bus_rec *rec)
{
	struct obs_access acc = { .reg = REG_NONE,
				  .width = 4,
				  .size = rec->size,
				  .offset = (uint32_t)rec->addr,
				  .data = (uint32_t)rec->data };
	bool write = rec->op == BUS_WRITE;

	OBS_EMIT(obs, EV_REG_ACCESS, OBS_WINDOW_MMIO, acc.offset, rec->size, write);
	if (rec->size == 4 && own(obs, acc.offset, write, acc.data))
		return;
	if (rec->size == 4)
		acc.reg = reg_at(acc.offset, write);
	if (write)
		obs_regs_write(obs, &acc);
	else
		obs_regs_read(obs, &acc);
}

void obs_mmio(struct observer *obs, const struct bus_rec *rec)
{
	uint32_t offset = (uint32_t)rec->addr - VIRTIO_MMIO_CONFIG;
	bool write = rec->op == BUS_WRITE;

	if (rec->addr < VIRTIO_MMIO_CONFIG) {
		control(obs, rec);
		return;
	}
	OBS_EMIT(obs, EV_REG_ACCESS, VIRTIO_PCI_CAP_DEVICE_CFG, offset, rec->size, write);
	OBS_EMIT(obs, write ? EV_CONFIG_WRITE : EV_CONFIG_READ, offset, rec->size, rec->data);
}
