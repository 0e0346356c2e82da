/* SPDX-License-Identifier: MIT */
/*
 * Each bit of what is wide, there and back: addresses of rings, tables, buffers and messages, page
 * numbers, statistics, ranges, configuration, selectors, the offered features. What comes out is
 * compared with what went in, of patterns that are each other's complement.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/pci_regs.h>
#include <linux/virtio_balloon.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

#include "sim/model.h"
#include "tests/lib/hw.h"

#define ALL                                                                            \
	(HW_BIT(VIRTIO_BALLOON_F_STATS_VQ) | HW_BIT(VIRTIO_BALLOON_F_FREE_PAGE_HINT) | \
	 HW_BIT(VIRTIO_BALLOON_F_REPORTING) | HW_BIT(VIRTIO_BALLOON_F_PAGE_POISON) |   \
	 HW_BIT(VIRTIO_RING_F_INDIRECT_DESC))
#define CONFIG(field) (HW_DEVICE + (unsigned)offsetof(struct virtio_balloon_config, field))
#define ROUNDS        4
#define FAR_SIZE      0x10000U

static const uint64_t pattern[ROUNDS] = { UINT64_MAX, 0, 0x5a5a5a5a5a5a5a5a, 0xa5a5a5a5a5a5a5a5 };

/* What stands at the pins, and what is to stand at one. */
struct look {
	struct hw *hw;
	uint64_t addr; /* of the last MSI-X message */
	uint32_t data;
	unsigned messages;
	bool strap; /* offer these, and start from them: */
	uint64_t features;
};

static void on_look(void *ctx, struct model *model, uint64_t cycle, bool high)
{
	const struct pins *pin = &model->pin;
	struct look *look = ctx;

	(void)cycle;
	if (high)
		return;
	if (look->strap)
		*pin->strap_features_i = *pin->strap_seed_i = look->features;
	if (*pin->msix_valid_o && *pin->msix_ready_i) {
		look->addr = *pin->msix_addr_o;
		look->data = *pin->msix_data_o;
		look->messages++;
	}
}

static int setup(void **state)
{
	struct look *look = calloc(1, sizeof(*look));

	assert_non_null(look);
	look->hw = hw_new_on(*state, DEV_FEATURES_ALL, false);
	dev_watch(look->hw->dev, on_look, look);
	hw_enable(look->hw);
	*state = look;
	return 0;
}

static int teardown(void **state)
{
	struct look *look = *state;

	hw_free(look->hw);
	free(look);
	return 0;
}

static bool entropy(const struct hw *hw)
{
	return hw->dut && !strcmp(hw->dut, "rng-pci");
}

/* Each vector's message is what its table entry says, for each of the patterns. */
static void messages(void **state)
{
	struct look *look = *state;
	struct hw *hw = look->hw;
	unsigned vectors = entropy(hw) ? 2 : HW_VECTORS;
	struct hw_seg room = { .addr = HW_DATA, .len = 8, .flags = VRING_DESC_F_WRITE };

	hw_start_with(hw, 0, entropy(hw) ? 1 : HW_QUEUES, 8);
	hw_cfg_write(hw, HW_CAP_MSIX + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE);
	for (unsigned i = 0; i < ROUNDS * vectors; i++) {
		unsigned v = i % vectors, at = HW_TABLE + PCI_MSIX_ENTRY_SIZE * v;
		uint64_t addr = pattern[i / vectors] & ~3ULL;
		uint32_t data = (uint32_t)pattern[i / vectors];

		hw_write(hw, at + PCI_MSIX_ENTRY_LOWER_ADDR, 4, (uint32_t)addr | 3);
		hw_write(hw, at + PCI_MSIX_ENTRY_UPPER_ADDR, 4, (uint32_t)(addr >> 32));
		hw_write(hw, at + PCI_MSIX_ENTRY_DATA, 4, data);
		hw_write(hw, at + PCI_MSIX_ENTRY_VECTOR_CTRL, 4, 1);
		if (entropy(hw)) {
			hw_write(hw, HW_COMMON + VIRTIO_PCI_COMMON_Q_MSIX, 2, v);
			hw_chain(hw, 0, i % 8, &room, 1);
			hw_notify(hw, 0);
		} else {
			hw_write(hw, HW_COMMON + VIRTIO_PCI_COMMON_MSIX, 2, v);
			dev_set_target(hw->dev, i + 1);
			hw_run(hw);
		}
		assert_int_equal(hw_read(hw, HW_PBA, 4), 1U << v);
		hw_write(hw, at + PCI_MSIX_ENTRY_VECTOR_CTRL, 4, 0);
		assert_int_equal(look->messages, i + 1);
		assert_true(look->addr == addr && look->data == data);
		assert_int_equal(hw_read(hw, at + PCI_MSIX_ENTRY_LOWER_ADDR, 4), (uint32_t)addr);
		assert_int_equal(hw_read(hw, at + PCI_MSIX_ENTRY_DATA, 4), data);
		assert_int_equal(hw_read(hw, at + PCI_MSIX_ENTRY_VECTOR_CTRL, 4), 0);
	}
}

/* The offer is what the strap says of what there is, and VERSION_1. */
static void straps(void **state)
{
	struct look *look = *state;
	struct hw *hw = look->hw;
	uint64_t all = 0;

	look->strap = true;
	for (unsigned i = 0; i < 2 * ROUNDS; i++) {
		uint64_t offer = 0;

		look->features = pattern[i % ROUNDS];
		dev_reset(hw->dev);
		hw_enable(hw);
		for (unsigned word = 0; word < 2; word++) {
			hw_write(hw, HW_COMMON + VIRTIO_PCI_COMMON_DFSELECT, 4, word);
			offer |= (uint64_t)hw_read(hw, HW_COMMON + VIRTIO_PCI_COMMON_DF, 4)
				 << 32 * word;
		}
		if (!i)
			all = offer;
		assert_true(offer == ((all & look->features) | HW_BIT(VIRTIO_F_VERSION_1)));
	}
	assert_true(entropy(hw) || (all & ALL) == ALL);
}

/* Wide selectors select what is not there. */
static void selectors(void **state)
{
	struct hw *hw = ((struct look *)*state)->hw;

	for (unsigned i = 0; i < 2 * ROUNDS; i++) {
		uint32_t sel = (uint32_t)pattern[i % ROUNDS];

		hw_write(hw, HW_COMMON + VIRTIO_PCI_COMMON_DFSELECT, 4, sel);
		assert_int_equal(!!hw_read(hw, HW_COMMON + VIRTIO_PCI_COMMON_DF, 4), !sel);
		hw_write(hw, HW_COMMON + VIRTIO_PCI_COMMON_GFSELECT, 4, sel);
		hw_write(hw, HW_COMMON + VIRTIO_PCI_COMMON_GF, 4, (uint32_t)~pattern[i % ROUNDS]);
		hw_write(hw, HW_COMMON + VIRTIO_PCI_COMMON_Q_SELECT, 2, (uint16_t)sel);
		assert_int_equal(!!hw_read(hw, HW_COMMON + VIRTIO_PCI_COMMON_Q_SIZE, 2), !sel);
		hw_write(hw, HW_NOTIFY, 4, sel);
	}
	hw_reset(hw);
}

/* The window of PCI configuration space keeps what is written, and ends where the BAR does. */
static void window(void **state)
{
	struct hw *hw = ((struct look *)*state)->hw;

	for (unsigned i = 0; i < 2 * ROUNDS; i++) {
		uint32_t val = (uint32_t)pattern[i % ROUNDS];

		hw_cfg_write(hw, HW_CAP_PCI_CFG + offsetof(struct virtio_pci_cap, offset), 4, val);
		hw_cfg_write(hw, HW_CAP_PCI_CFG + offsetof(struct virtio_pci_cap, length), 4, val);
		assert_int_equal(hw_cfg_read(hw, HW_CAP_PCI_CFG + 8, 4), val);
		assert_int_equal(hw_cfg_read(hw, HW_CAP_PCI_CFG + 12, 4), val);
		hw_cfg_write(hw, PCI_BASE_ADDRESS_0, 4, val);
		assert_int_equal(hw_cfg_read(hw, PCI_BASE_ADDRESS_0, 4), val & 0xffff8000);
		hw_cfg_write(hw, PCI_INTERRUPT_LINE, 1, (uint8_t)val);
		assert_int_equal(hw_cfg_read(hw, PCI_INTERRUPT_LINE, 1), (uint8_t)val);
	}
}

/* Nothing answers far outside of the register file but with an error. */
static void outside(void **state)
{
	struct hw *hw = ((struct look *)*state)->hw;
	struct dev_reg reg = { .space = hw->mmio ? BUS_MMIO : BUS_BAR, .size = 4 };
	uint32_t val;

	for (unsigned i = 0; i < 2 * ROUNDS; i++) {
		uint32_t where = (uint32_t)pattern[i % ROUNDS] & ~3U;
		int want = where ? -EIO : 0;

		reg.addr = where;
		assert_int_equal(dev_read(hw->dev, reg, &val), want);
		assert_int_equal(dev_write(hw->dev, reg, (uint32_t)pattern[i % ROUNDS]), want);
	}
}

/* Registers of the device configuration, by the driver and by the host. */
static void configuration(void **state)
{
	struct hw *hw = ((struct look *)*state)->hw;

	hw_start_with(hw, ALL, HW_ROLES, 8);
	for (unsigned i = 0; i < 2 * ROUNDS; i++) {
		uint32_t val = (uint32_t)pattern[i % ROUNDS];

		hw_write(hw, CONFIG(actual), 4, val);
		hw_write(hw, CONFIG(poison_val), 4, val);
		dev_set_target(hw->dev, val);
		dev_set_hint(hw->dev, val);
		hw_run(hw);
		assert_int_equal(dev_actual(hw->dev), val);
		assert_int_equal(dev_poison(hw->dev), val);
		assert_int_equal(hw_read(hw, CONFIG(num_pages), 4), val);
		assert_int_equal(hw_read(hw, CONFIG(free_page_hint_cmd_id), 4), val);
		assert_int_equal(hw_read(hw, CONFIG(actual), 4), val);
		assert_int_equal(hw_read(hw, CONFIG(poison_val), 4), val);
	}
}

/* Statistics and ranges come out as they went in. */
static void told(void **state)
{
	struct hw *hw = ((struct look *)*state)->hw;

	hw_start_with(hw, ALL, HW_ROLES, 8);
	for (unsigned i = 0; i < 2 * ROUNDS; i++) {
		uint64_t val = pattern[i % ROUNDS];
		struct virtio_balloon_stat stat = { .tag = (uint16_t)val, .val = val };
		struct hw_seg out = { .addr = HW_DATA, .len = sizeof(stat) };
		struct hw_seg in = { .addr = val,
				     .len = (uint32_t)val | 1,
				     .flags = VRING_DESC_F_WRITE };

		hw_poke(hw, HW_DATA, &stat, sizeof(stat));
		hw_chain(hw, HW_STATS, 0, &out, 1);
		hw_notify(hw, HW_STATS);
		assert_int_equal(hw->nstats, i + 1);
		assert_int_equal(hw->stat[i].tag, (uint16_t)val);
		assert_true(hw->stat[i].value == val);
		dev_poll_stats(hw->dev);
		hw_run(hw);
		assert_int_equal(hw_used_idx(hw, HW_STATS), i + 1);
		hw_chain(hw, HW_REPORT, 0, &in, 1);
		hw_notify(hw, HW_REPORT);
		assert_int_equal(hw->nranges, i + 1);
		assert_true(hw->range[i].gpa == val && hw->range[i].len == in.len);
	}
}

/* Rings, tables and buffers far up: all of a queue is in one window of memory. */
static void far_queue(struct hw *hw, unsigned q, uint64_t base)
{
	static const unsigned regs[] = { VIRTIO_PCI_COMMON_Q_DESCLO, VIRTIO_PCI_COMMON_Q_AVAILLO,
					 VIRTIO_PCI_COMMON_Q_USEDLO };
	struct hw_queue vq = {
		.size = 256, .desc = base, .avail = base + 0x2000, .used = base + 0x3004
	};
	uint64_t at[] = { vq.desc, vq.avail, vq.used };

	hw->queue[q] = vq;
	hw_write(hw, HW_COMMON + VIRTIO_PCI_COMMON_Q_SELECT, 2, q);
	hw_write(hw, HW_COMMON + VIRTIO_PCI_COMMON_Q_SIZE, 2, vq.size);
	for (unsigned i = 0; i < 3; i++) {
		hw_write(hw, HW_COMMON + regs[i], 4, (uint32_t)at[i]);
		hw_write(hw, HW_COMMON + regs[i] + 4, 4, (uint32_t)(at[i] >> 32));
	}
	hw_write(hw, HW_COMMON + VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
}

static void far_away(void **state)
{
	struct hw *hw = ((struct look *)*state)->hw;
	const uint64_t base[] = { 0xaaaaaaaaaaaa0000, 0x5555555555550000, 0xffffffffffff0000,
				  0x10000 };
	uint8_t *ram = calloc(4, FAR_SIZE);

	assert_non_null(ram);
	for (unsigned i = 0; i < 4; i++) {
		struct mem_window win = { .gpa = base[i],
					  .size = FAR_SIZE - 0x1000 * (i == 2),
					  .prot = MEM_R | MEM_W,
					  .host = ram + FAR_SIZE * i,
					  .fd = -1 };

		assert_int_equal(mem_map(hw->mem, &win), 0);
	}
	for (unsigned i = 0; i < 8; i++) {
		uint64_t at = base[i % 4], table = at + 0x8008, data = at + 0x9004;
		uint32_t pfn[ROUNDS];
		struct vring_desc inner = { .addr = data, .len = sizeof(pfn) };
		struct hw_seg seg = { .addr = table,
				      .len = sizeof(inner),
				      .flags = VRING_DESC_F_INDIRECT };

		memset(ram + FAR_SIZE * (i % 4), 0, FAR_SIZE);
		for (unsigned k = 0; k < ROUNDS; k++)
			pfn[k] = (uint32_t)pattern[k];
		assert_int_equal(hw_negotiate(hw, ALL), 11);
		far_queue(hw, HW_INFLATE, at);
		hw_driver_ok(hw);
		hw_poke(hw, table, &inner, sizeof(inner));
		hw_poke(hw, data, pfn, sizeof(pfn));
		hw_chain(hw, HW_INFLATE, 255, &seg, 1);
		hw_notify(hw, HW_INFLATE);
		assert_int_equal(hw_used_idx(hw, HW_INFLATE), 1);
		assert_int_equal(hw_used_id(hw, HW_INFLATE, 0), 255);
		assert_int_equal(hw->npages, ROUNDS);
		for (unsigned k = 0; k < ROUNDS; k++)
			assert_int_equal(hw->page[k].pfn, pfn[k]);
		hw->npages = 0;
	}
	free(ram);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static int group_rng(void **state)
{
	*state = "rng-pci";
	return 0;
}

int main(void)
{
	const struct CMUnitTest pci[] = { T(messages), T(window) };
	const struct CMUnitTest rng[] = { T(messages), T(window), T(straps), T(selectors),
					  T(outside) };
	const struct CMUnitTest both[] = { T(straps),        T(selectors), T(outside),
					   T(configuration), T(told),      T(far_away) };

	return cmocka_run_group_tests_name("rtl/wide", pci, NULL, NULL) +
	       cmocka_run_group_tests_name("rtl/wide rng", rng, group_rng, NULL) +
	       cmocka_run_group_tests_name("rtl/wide pci", both, NULL, NULL) +
	       cmocka_run_group_tests_name("rtl/wide mmio", both, hw_group_mmio, NULL);
}
