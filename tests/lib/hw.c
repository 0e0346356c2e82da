/* SPDX-License-Identifier: MIT */
#include "tests/lib/hw.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

#include "sim/axi_rules.h"

#define BASE_STATUS (VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER)

static void on_rec(void *ctx, const struct bus_rec *rec)
{
	struct hw *hw = ctx;

	if (rec->space == BUS_DMA && rec->op == BUS_READ)
		hw->dma_reads++;
	if (rec->space == BUS_DMA && rec->op == BUS_WRITE)
		hw->dma_writes++;
	if (hw->watch)
		hw->watch(hw, rec);
}

static void on_intx(void *ctx, bool level)
{
	struct hw *hw = ctx;

	hw->intx = level;
	hw->rises += level;
}

static void on_msix(void *ctx, unsigned vector)
{
	struct hw *hw = ctx;

	assert_in_range(vector, 0, HW_VECTORS - 1);
	hw->msix[vector]++;
}

static void on_page(void *ctx, enum dev_page dir, uint32_t pfn)
{
	struct hw *hw = ctx;

	assert_true(hw->npages < HW_MAX_PAGES);
	hw->page[hw->npages++] = (struct hw_page){ dir, pfn };
}

static void on_stat(void *ctx, uint16_t tag, uint64_t value)
{
	struct hw *hw = ctx;

	assert_true(hw->nstats < HW_MAX_TOLD);
	hw->stat[hw->nstats++] = (struct hw_stat){ tag, value };
}

static void on_range(void *ctx, const struct dev_range *range)
{
	struct hw *hw = ctx;

	assert_true(hw->nranges < HW_MAX_TOLD);
	hw->range[hw->nranges++] = *range;
}

static void on_broken(void *ctx, unsigned rule)
{
	const struct axi_rule *what = axi_rule(rule);

	(void)ctx;
	fail_msg("AXI %s, %s: expected that %s", what->section, what->name, what->text);
}

struct hw *hw_new_cfg(const struct dev_config *cfg)
{
	struct hw *hw = calloc(1, sizeof(*hw));
	struct dev_sink sink = {
		.ctx = hw,
		.rec = on_rec,
		.intx = on_intx,
		.msix = on_msix,
		.page = on_page,
		.stat = on_stat,
		.range = on_range,
		.broken = on_broken,
	};
	struct mem_window win = {
		.gpa = HW_RAM, .size = HW_RAM_SIZE, .prot = MEM_R | MEM_W, .fd = -1
	};
	const char *err = NULL;

	assert_non_null(hw);
	hw->dut = cfg->dut;
	hw->mmio = cfg->dut && strstr(cfg->dut, "-mmio");
	hw->page = calloc(HW_MAX_PAGES, sizeof(*hw->page));
	hw->ram = calloc(1, HW_RAM_SIZE);
	hw->mem = mem_new();
	win.host = hw->ram;
	assert_int_equal(mem_map(hw->mem, &win), 0);
	hw->dev = dev_new(cfg, hw->mem, &sink, &err);
	if (!hw->dev)
		fail_msg("dev_new: %s", err);
	hw_run(hw);
	return hw;
}

struct hw *hw_new(uint64_t features)
{
	return hw_new_cfg(&(struct dev_config){ .features = features });
}

struct hw *hw_new_on(const char *dut, uint64_t features, bool dense)
{
	return hw_new_cfg(&(struct dev_config){ .dut = dut, .features = features, .dense = dense });
}

int hw_setup(void **state)
{
	struct hw *hw = hw_new_on(*state, DEV_FEATURES_ALL, false);

	hw_enable(hw);
	*state = hw;
	return 0;
}

int hw_teardown(void **state)
{
	hw_free(*state);
	return 0;
}

int hw_group_mmio(void **state)
{
	*state = "balloon-mmio";
	return 0;
}

void hw_free(struct hw *hw)
{
	dev_free(hw->dev);
	mem_free(hw->mem);
	free(hw->ram);
	free(hw->page);
	free(hw);
}

static struct dev_reg cfg_reg(unsigned off, unsigned size)
{
	return (struct dev_reg){ .space = BUS_CFG, .size = (uint8_t)size, .addr = off };
}

static struct dev_reg bar_reg(unsigned off, unsigned size)
{
	return (struct dev_reg){ .space = BUS_BAR, .size = (uint8_t)size, .addr = off };
}

uint32_t hw_cfg_read(struct hw *hw, unsigned off, unsigned size)
{
	uint32_t val;

	assert_int_equal(dev_read(hw->dev, cfg_reg(off, size), &val), 0);
	return val;
}

void hw_cfg_post(struct hw *hw, unsigned off, unsigned size, uint32_t val)
{
	assert_int_equal(dev_write(hw->dev, cfg_reg(off, size), val), 0);
}

void hw_cfg_write(struct hw *hw, unsigned off, unsigned size, uint32_t val)
{
	hw_cfg_post(hw, off, size, val);
	hw_run(hw);
}

uint32_t hw_read(struct hw *hw, unsigned off, unsigned size)
{
	uint32_t val;

	if (hw->mmio)
		return hw_mmio_named_read(hw, off, size);
	assert_int_equal(dev_read(hw->dev, bar_reg(off, size), &val), 0);
	return val;
}

void hw_post(struct hw *hw, unsigned off, unsigned size, uint32_t val)
{
	if (hw->mmio)
		hw_mmio_named_post(hw, off, size, val);
	else
		assert_int_equal(dev_write(hw->dev, bar_reg(off, size), val), 0);
}

void hw_write(struct hw *hw, unsigned off, unsigned size, uint32_t val)
{
	hw_post(hw, off, size, val);
	hw_run(hw);
}

void hw_run(struct hw *hw)
{
	assert_int_equal(dev_run(hw->dev), 0);
}

void hw_enable(struct hw *hw)
{
	if (!hw->mmio)
		hw_cfg_write(hw, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

void hw_enable_msix(struct hw *hw)
{
	for (unsigned i = 0; i < HW_VECTORS; i++) {
		unsigned at = HW_TABLE + i * PCI_MSIX_ENTRY_SIZE;

		hw_write(hw, at + PCI_MSIX_ENTRY_LOWER_ADDR, 4, 0xfee00000);
		hw_write(hw, at + PCI_MSIX_ENTRY_DATA, 4, 0x40 + i);
		hw_write(hw, at + PCI_MSIX_ENTRY_VECTOR_CTRL, 4, 0);
	}
	hw_cfg_write(hw, HW_CAP_MSIX + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE);
}

uint8_t hw_status(struct hw *hw)
{
	return (uint8_t)hw_read(hw, HW_COMMON + VIRTIO_PCI_COMMON_STATUS, 1);
}

void hw_reset(struct hw *hw)
{
	hw_write(hw, HW_COMMON + VIRTIO_PCI_COMMON_STATUS, 1, 0);
	assert_int_equal(hw_status(hw), 0);
}

uint8_t hw_negotiate(struct hw *hw, uint64_t features)
{
	features |= 1ULL << VIRTIO_F_VERSION_1;
	hw_reset(hw);
	hw_write(hw, HW_COMMON + VIRTIO_PCI_COMMON_STATUS, 1, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	hw_write(hw, HW_COMMON + VIRTIO_PCI_COMMON_STATUS, 1, BASE_STATUS);
	for (unsigned i = 0; i < 2; i++) {
		hw_write(hw, HW_COMMON + VIRTIO_PCI_COMMON_GFSELECT, 4, i);
		hw_write(hw, HW_COMMON + VIRTIO_PCI_COMMON_GF, 4, (uint32_t)(features >> 32 * i));
	}
	hw_write(hw, HW_COMMON + VIRTIO_PCI_COMMON_STATUS, 1,
		 BASE_STATUS | VIRTIO_CONFIG_S_FEATURES_OK);
	return hw_status(hw);
}

static void write64(struct hw *hw, unsigned off, uint64_t val)
{
	hw_write(hw, off, 4, (uint32_t)val);
	hw_write(hw, off + 4, 4, (uint32_t)(val >> 32));
}

void hw_queue(struct hw *hw, unsigned q, unsigned size, unsigned skew)
{
	struct hw_queue *vq = &hw->queue[q];
	uint64_t base = HW_RAM + 0x10000 * (q + 1);

	*vq = (struct hw_queue){ .size = size,
				 .desc = base + 16 * skew,
				 .avail = base + 0x4000 + 2 * skew,
				 .used = base + 0x8000 + 4 * skew };
	memset(hw->ram + (base - HW_RAM), 0, 0x10000);
	hw_write(hw, HW_COMMON + VIRTIO_PCI_COMMON_Q_SELECT, 2, q);
	hw_write(hw, HW_COMMON + VIRTIO_PCI_COMMON_Q_SIZE, 2, size);
	write64(hw, HW_COMMON + VIRTIO_PCI_COMMON_Q_DESCLO, vq->desc);
	write64(hw, HW_COMMON + VIRTIO_PCI_COMMON_Q_AVAILLO, vq->avail);
	write64(hw, HW_COMMON + VIRTIO_PCI_COMMON_Q_USEDLO, vq->used);
	hw_write(hw, HW_COMMON + VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
}

void hw_driver_ok(struct hw *hw)
{
	hw_write(hw, HW_COMMON + VIRTIO_PCI_COMMON_STATUS, 1,
		 BASE_STATUS | VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK);
}

void hw_start_with(struct hw *hw, uint64_t features, unsigned queues, unsigned size)
{
	assert_int_equal(hw_negotiate(hw, features), BASE_STATUS | VIRTIO_CONFIG_S_FEATURES_OK);
	for (unsigned q = 0; q < queues; q++) {
		hw_queue(hw, q, size, 0);
		hw_write(hw, HW_COMMON + VIRTIO_PCI_COMMON_Q_MSIX, 2, 1 + q);
	}
	hw_write(hw, HW_COMMON + VIRTIO_PCI_COMMON_MSIX, 2, 0);
	hw_driver_ok(hw);
}

void hw_start(struct hw *hw, unsigned size)
{
	hw_start_with(hw, 0, HW_QUEUES, size);
}

void hw_desc(struct hw *hw, unsigned q, unsigned n, uint64_t addr, uint32_t len, uint16_t flags,
	     uint16_t next)
{
	struct vring_desc desc = { .addr = addr, .len = len, .flags = flags, .next = next };

	hw_poke(hw, hw->queue[q].desc + n * sizeof(desc), &desc, sizeof(desc));
}

void hw_avail(struct hw *hw, unsigned q, uint16_t head)
{
	struct hw_queue *vq = &hw->queue[q];
	unsigned slot = vq->added % vq->size;

	hw_poke(hw, vq->avail + 4 + 2ULL * slot, &head, 2);
	vq->added++;
	hw_poke(hw, vq->avail + 2, &vq->added, 2);
}

void hw_avail_flags(struct hw *hw, unsigned q, uint16_t flags)
{
	hw_poke(hw, hw->queue[q].avail, &flags, 2);
}

void hw_chain(struct hw *hw, unsigned q, unsigned head, const struct hw_seg *seg, unsigned n)
{
	unsigned size = hw->queue[q].size;

	for (unsigned i = 0; i < n; i++) {
		uint16_t flags = seg[i].flags | (i + 1 < n ? VRING_DESC_F_NEXT : 0);

		hw_desc(hw, q, (head + i) % size, seg[i].addr, seg[i].len, flags,
			(uint16_t)((head + i + 1) % size));
	}
	hw_avail(hw, q, (uint16_t)head);
}

void hw_notify(struct hw *hw, unsigned q)
{
	hw_write(hw, HW_NOTIFY + 4 * q, 2, q);
}

uint16_t hw_used_idx(struct hw *hw, unsigned q)
{
	uint16_t idx;

	hw_peek(hw, hw->queue[q].used + 2, &idx, 2);
	return idx;
}

static struct vring_used_elem used_elem(struct hw *hw, unsigned q, unsigned n)
{
	struct hw_queue *vq = &hw->queue[q];
	struct vring_used_elem elem;

	hw_peek(hw, vq->used + 4 + sizeof(elem) * (n % vq->size), &elem, sizeof(elem));
	return elem;
}

uint32_t hw_used_id(struct hw *hw, unsigned q, unsigned n)
{
	return used_elem(hw, q, n).id;
}

uint32_t hw_used_len(struct hw *hw, unsigned q, unsigned n)
{
	return used_elem(hw, q, n).len;
}

void hw_poke(struct hw *hw, uint64_t gpa, const void *buf, unsigned len)
{
	assert_int_equal(mem_write(hw->mem, gpa, buf, len), 0);
}

void hw_peek(struct hw *hw, uint64_t gpa, void *buf, unsigned len)
{
	assert_int_equal(mem_read(hw->mem, gpa, buf, len), 0);
}

void hw_pfns(struct hw *hw, uint64_t gpa, uint32_t first, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint32_t pfn = first + i;

		hw_poke(hw, gpa + 4ULL * i, &pfn, 4);
	}
}

void hw_expect_pages(struct hw *hw, enum dev_page dir, uint32_t first, unsigned n)
{
	assert_int_equal(hw->npages, n);
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(hw->page[i].dir, dir);
		assert_int_equal(hw->page[i].pfn, first + i);
	}
	hw->npages = 0;
}
