/* SPDX-License-Identifier: MIT */
#include "sim/regmap.h"

#include <stddef.h>
#include <stdio.h>

#include <linux/virtio_balloon.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_pci.h>

#ifndef VIRTIO_F_NOTIF_CONFIG_DATA
#define VIRTIO_F_NOTIF_CONFIG_DATA 39 /* virtio 1.4, 6 */
#endif
#ifndef VIRTIO_F_ADMIN_VQ
#define VIRTIO_F_ADMIN_VQ 41
#endif
#ifndef VIRTIO_F_RING_RESET
#define VIRTIO_F_RING_RESET 40
#endif

#define COMMON VIRTIO_PCI_CAP_COMMON_CFG
#define DEVICE VIRTIO_PCI_CAP_DEVICE_CFG
#define MMIO   0

static const struct regmap regs[] = {
	{ "MagicValue", MMIO, VIRTIO_MMIO_MAGIC_VALUE, 4, -1 },
	{ "Version", MMIO, VIRTIO_MMIO_VERSION, 4, -1 },
	{ "DeviceID", MMIO, VIRTIO_MMIO_DEVICE_ID, 4, -1 },
	{ "VendorID", MMIO, VIRTIO_MMIO_VENDOR_ID, 4, -1 },
	{ "DeviceFeatures", MMIO, VIRTIO_MMIO_DEVICE_FEATURES, 4, -1 },
	{ "DeviceFeaturesSel", MMIO, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 4, -1 },
	{ "DriverFeatures", MMIO, VIRTIO_MMIO_DRIVER_FEATURES, 4, -1 },
	{ "DriverFeaturesSel", MMIO, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 4, -1 },
	{ "QueueSel", MMIO, VIRTIO_MMIO_QUEUE_SEL, 4, -1 },
	{ "QueueSizeMax", MMIO, VIRTIO_MMIO_QUEUE_NUM_MAX, 4, -1 },
	{ "QueueSize", MMIO, VIRTIO_MMIO_QUEUE_NUM, 4, -1 },
	{ "QueueReady", MMIO, VIRTIO_MMIO_QUEUE_READY, 4, -1 },
	{ "QueueNotify", MMIO, VIRTIO_MMIO_QUEUE_NOTIFY, 4, -1 },
	{ "InterruptStatus", MMIO, VIRTIO_MMIO_INTERRUPT_STATUS, 4, -1 },
	{ "InterruptACK", MMIO, VIRTIO_MMIO_INTERRUPT_ACK, 4, -1 },
	{ "Status", MMIO, VIRTIO_MMIO_STATUS, 4, -1 },
	{ "QueueDesc", MMIO, VIRTIO_MMIO_QUEUE_DESC_LOW, 8, -1 },
	{ "QueueDriver", MMIO, VIRTIO_MMIO_QUEUE_AVAIL_LOW, 8, -1 },
	{ "QueueDevice", MMIO, VIRTIO_MMIO_QUEUE_USED_LOW, 8, -1 },
	{ "QueueReset", MMIO, 0xc0, 4, VIRTIO_F_RING_RESET },
	{ "ConfigGeneration", MMIO, VIRTIO_MMIO_CONFIG_GENERATION, 4, -1 },
	{ "device_feature_select", COMMON, VIRTIO_PCI_COMMON_DFSELECT, 4, -1 },
	{ "device_feature", COMMON, VIRTIO_PCI_COMMON_DF, 4, -1 },
	{ "driver_feature_select", COMMON, VIRTIO_PCI_COMMON_GFSELECT, 4, -1 },
	{ "driver_feature", COMMON, VIRTIO_PCI_COMMON_GF, 4, -1 },
	{ "config_msix_vector", COMMON, VIRTIO_PCI_COMMON_MSIX, 2, -1 },
	{ "num_queues", COMMON, VIRTIO_PCI_COMMON_NUMQ, 2, -1 },
	{ "device_status", COMMON, VIRTIO_PCI_COMMON_STATUS, 1, -1 },
	{ "config_generation", COMMON, VIRTIO_PCI_COMMON_CFGGENERATION, 1, -1 },
	{ "queue_select", COMMON, VIRTIO_PCI_COMMON_Q_SELECT, 2, -1 },
	{ "queue_size", COMMON, VIRTIO_PCI_COMMON_Q_SIZE, 2, -1 },
	{ "queue_msix_vector", COMMON, VIRTIO_PCI_COMMON_Q_MSIX, 2, -1 },
	{ "queue_enable", COMMON, VIRTIO_PCI_COMMON_Q_ENABLE, 2, -1 },
	{ "queue_notify_off", COMMON, VIRTIO_PCI_COMMON_Q_NOFF, 2, -1 },
	{ "queue_desc", COMMON, VIRTIO_PCI_COMMON_Q_DESCLO, 8, -1 },
	{ "queue_driver", COMMON, VIRTIO_PCI_COMMON_Q_AVAILLO, 8, -1 },
	{ "queue_device", COMMON, VIRTIO_PCI_COMMON_Q_USEDLO, 8, -1 },
	{ "queue_notif_config_data", COMMON, 0x38, 2, VIRTIO_F_NOTIF_CONFIG_DATA },
	{ "queue_reset", COMMON, 0x3a, 2, VIRTIO_F_RING_RESET },
	{ "admin_queue_index", COMMON, 0x3c, 2, VIRTIO_F_ADMIN_VQ },
	{ "admin_queue_num", COMMON, 0x3e, 2, VIRTIO_F_ADMIN_VQ },
	{ "isr_status", VIRTIO_PCI_CAP_ISR_CFG, 0, 1, -1 },
	{ "num_pages", DEVICE, offsetof(struct virtio_balloon_config, num_pages), 4, -1 },
	{ "actual", DEVICE, offsetof(struct virtio_balloon_config, actual), 4, -1 },
	{ "free_page_hint_cmd_id", DEVICE, 8, 4, VIRTIO_BALLOON_F_FREE_PAGE_HINT },
	{ "poison_val", DEVICE, 12, 4, VIRTIO_BALLOON_F_PAGE_POISON },
};

#define NREGS (sizeof(regs) / sizeof(regs[0]))

const struct regmap *regmap_at(unsigned n)
{
	return n < NREGS ? &regs[n] : NULL;
}

const struct regmap *regmap_find(unsigned window, uint32_t offset)
{
	for (unsigned i = 0; i < NREGS; i++)
		if (regs[i].window == window && offset - regs[i].offset < regs[i].size)
			return &regs[i];
	return NULL;
}

char *regmap_str(unsigned window, uint32_t offset, char buf[REGMAP_STR_MAX])
{
	static const char *const windows[] = {
		[MMIO] = "virtio-mmio",
		[VIRTIO_PCI_CAP_COMMON_CFG] = "common configuration",
		[VIRTIO_PCI_CAP_NOTIFY_CFG] = "notification",
		[VIRTIO_PCI_CAP_ISR_CFG] = "ISR",
		[VIRTIO_PCI_CAP_DEVICE_CFG] = "device configuration",
	};
	const struct regmap *reg = regmap_find(window, offset);
	const char *name = reg ? reg->name : NULL;

	if (!name && window < sizeof(windows) / sizeof(windows[0]))
		name = windows[window];
	snprintf(buf, REGMAP_STR_MAX, "%s +0x%02x", name ? name : "window", (unsigned)offset);
	return buf;
}
