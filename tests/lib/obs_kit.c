/* SPDX-License-Identifier: MIT */
#include "tests/lib/obs_kit.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/pci_regs.h>
#include <linux/virtio_pci.h>

static bool shown(const struct obs_kit *kit, const struct event *ev)
{
	return kit->all || (ev->id != EV_REG_ACCESS && ev->id != EV_PCI_CFG_READ &&
			    ev->id != EV_PCI_CFG_WRITE && ev->id != EV_BAR_OTHER_WRITE &&
			    ev->id != EV_PAYLOAD_START);
}

static void instant(void *ctx, uint64_t cycle, const struct event *ev, unsigned n)
{
	struct obs_kit *kit = ctx;
	char buf[EVENT_STR_MAX];
	bool first = true;

	(void)cycle;
	for (unsigned i = 0; i < n; i++) {
		const char *sep = first ? (kit->text_len ? "\n" : "") : " ";

		if (!shown(kit, &ev[i]))
			continue;
		kit->text_len += (unsigned)snprintf(kit->text + kit->text_len,
						    sizeof(kit->text) - kit->text_len, "%s%s", sep,
						    event_str(&ev[i], buf, sizeof(buf)));
		assert_true(kit->text_len < sizeof(kit->text));
		first = false;
	}
}

static int read_mem(void *ctx, uint64_t gpa, void *buf, size_t len)
{
	struct obs_kit *kit = ctx;

	if (gpa - KIT_MEM >= sizeof(kit->mem) || gpa - KIT_MEM + len > sizeof(kit->mem))
		return -EFAULT;
	memcpy(buf, kit->mem + (gpa - KIT_MEM), len);
	return 0;
}

static void keep(struct obs_kit *kit, const struct bus_rec *rec)
{
	assert_true(kit->n_rec < sizeof(kit->rec) / sizeof(kit->rec[0]));
	kit->rec[kit->n_rec++] = *rec;
}

static void snoop(void *ctx, const struct bus_rec *rec)
{
	keep(ctx, rec);
}

struct obs_kit *kit_new(bool mem)
{
	struct obs_kit *kit = calloc(1, sizeof(*kit));
	struct observer_sink sink = { .ctx = kit, .instant = instant };

	assert_non_null(kit);
	if (mem) {
		sink.read = read_mem;
		sink.snoop = snoop;
	}
	kit->obs = observer_new(&sink);
	assert_non_null(kit->obs);
	return kit;
}

void kit_free(struct obs_kit *kit)
{
	observer_free(kit->obs);
	free(kit);
}

static void put32(uint8_t *at, uint32_t val)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(val >> (8 * i));
}

void kit_cap(struct obs_kit *kit, uint8_t at, uint8_t next, uint8_t type, uint8_t bar,
	     uint32_t offset, uint32_t length)
{
	kit->cfg[at + VIRTIO_PCI_CAP_VNDR] = PCI_CAP_ID_VNDR;
	kit->cfg[at + VIRTIO_PCI_CAP_NEXT] = next;
	kit->cfg[at + VIRTIO_PCI_CAP_LEN] = sizeof(struct virtio_pci_cap);
	kit->cfg[at + VIRTIO_PCI_CAP_CFG_TYPE] = type;
	kit->cfg[at + VIRTIO_PCI_CAP_BAR] = bar;
	put32(kit->cfg + at + VIRTIO_PCI_CAP_OFFSET, offset);
	put32(kit->cfg + at + VIRTIO_PCI_CAP_LENGTH, length);
}

void kit_device(struct obs_kit *kit)
{
	kit->cfg[PCI_STATUS] = PCI_STATUS_CAP_LIST;
	kit->cfg[PCI_CAPABILITY_LIST] = 0x40;
	kit->cfg[0x40] = PCI_CAP_ID_MSIX;
	kit->cfg[0x41] = KIT_CAP_COMMON;
	kit_cap(kit, KIT_CAP_COMMON, KIT_CAP_NOTIFY, VIRTIO_PCI_CAP_COMMON_CFG, KIT_BAR, KIT_COMMON,
		0x40);
	kit_cap(kit, KIT_CAP_NOTIFY, KIT_CAP_ISR, VIRTIO_PCI_CAP_NOTIFY_CFG, KIT_BAR, KIT_NOTIFY,
		0x400);
	put32(kit->cfg + KIT_CAP_NOTIFY + VIRTIO_PCI_NOTIFY_CAP_MULT, KIT_MULTIPLIER);
	kit_cap(kit, KIT_CAP_ISR, KIT_CAP_DEVICE, VIRTIO_PCI_CAP_ISR_CFG, KIT_BAR, KIT_ISR, 4);
	kit_cap(kit, KIT_CAP_DEVICE, KIT_CAP_PCI_CFG, VIRTIO_PCI_CAP_DEVICE_CFG, KIT_BAR,
		KIT_DEVICE, 16);
	kit_cap(kit, KIT_CAP_PCI_CFG, 0, VIRTIO_PCI_CAP_PCI_CFG, 0, 0, 0);
}

void kit_learn(struct obs_kit *kit)
{
	kit_device(kit);
	for (unsigned off = 0; off < sizeof(kit->cfg); off += 4)
		kit_cfg_read(kit, off, 4);
	kit_forget(kit);
}

void kit_rec(struct obs_kit *kit, struct bus_rec rec)
{
	if (!kit->hold)
		kit->cycle++;
	rec.cycle = kit->cycle;
	keep(kit, &rec);
	observer_rec(kit->obs, &rec);
}

static struct bus_rec reg_rec(uint8_t space, uint8_t op, uint32_t off, unsigned size, uint32_t val)
{
	return (struct bus_rec){ .space = space,
				 .op = op,
				 .addr = off,
				 .size = (uint8_t)size,
				 .be = (uint8_t)((1U << size) - 1),
				 .data = val,
				 .index = space == BUS_BAR ? KIT_BAR : 0 };
}

void kit_cfg_read(struct obs_kit *kit, unsigned off, unsigned size)
{
	uint32_t val = 0;

	for (unsigned i = 0; i < size; i++)
		val |= (uint32_t)kit->cfg[off + i] << (8 * i);
	kit_rec(kit, reg_rec(BUS_CFG, BUS_READ, off, size, val));
}

void kit_cfg_write(struct obs_kit *kit, unsigned off, unsigned size, uint32_t val)
{
	kit_rec(kit, reg_rec(BUS_CFG, BUS_WRITE, off, size, val));
}

void kit_read(struct obs_kit *kit, uint32_t off, unsigned size, uint32_t val)
{
	kit_rec(kit, reg_rec(BUS_BAR, BUS_READ, off, size, val));
}

void kit_write(struct obs_kit *kit, uint32_t off, unsigned size, uint32_t val)
{
	kit_rec(kit, reg_rec(BUS_BAR, BUS_WRITE, off, size, val));
}

static void dma(struct obs_kit *kit, uint8_t op, uint64_t addr, uint8_t be, uint64_t data)
{
	kit_rec(kit, (struct bus_rec){ .space = BUS_DMA,
				       .op = op,
				       .addr = addr,
				       .size = 8,
				       .be = be,
				       .data = data });
}

void kit_dma_read(struct obs_kit *kit, uint64_t addr, uint8_t be, uint64_t data)
{
	dma(kit, BUS_READ, addr, be, data);
}

void kit_dma_write(struct obs_kit *kit, uint64_t addr, uint8_t be, uint64_t data)
{
	dma(kit, BUS_WRITE, addr, be, data);
}

void kit_queue(struct obs_kit *kit, unsigned q, unsigned size, uint64_t desc, uint64_t driver,
	       uint64_t device)
{
	const uint64_t area[] = { desc, driver, device };

	kit_write(kit, KIT_COMMON + VIRTIO_PCI_COMMON_Q_SELECT, 2, q);
	kit_write(kit, KIT_COMMON + VIRTIO_PCI_COMMON_Q_SIZE, 2, size);
	for (unsigned i = 0; i < 3; i++) {
		uint32_t off = KIT_COMMON + VIRTIO_PCI_COMMON_Q_DESCLO + 8 * i;

		kit_write(kit, off, 4, (uint32_t)area[i]);
		kit_write(kit, off + 4, 4, (uint32_t)(area[i] >> 32));
	}
	kit_write(kit, KIT_COMMON + VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
	kit_forget(kit);
}

void kit_two_queues(struct obs_kit *kit)
{
	kit_learn(kit);
	kit_queue(kit, 0, 8, DESC0, DRIVER0, DEVICE0);
	kit_queue(kit, 1, 4, DESC1, DRIVER1, DEVICE1);
}

int kit_setup_queues(void **state)
{
	struct obs_kit *kit = kit_new(false);

	kit_two_queues(kit);
	*state = kit;
	return 0;
}

int kit_teardown(void **state)
{
	kit_free(*state);
	return 0;
}

void kit_fetch_desc(struct obs_kit *kit, uint64_t at, uint64_t addr, uint64_t len, uint64_t flags,
		    uint64_t next)
{
	kit_dma_read(kit, at, 0xff, addr);
	kit_dma_read(kit, at + 8, 0xff, len | flags << 32 | next << 48);
}

void kit_forget(struct obs_kit *kit)
{
	observer_flush(kit->obs);
	kit->text_len = 0;
	kit->text[0] = '\0';
}

void kit_expect_at(struct obs_kit *kit, const char *want, const char *file, int line)
{
	observer_flush(kit->obs);
	_assert_string_equal(kit->text, want, file, line);
	kit_forget(kit);
}
