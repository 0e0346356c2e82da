/* SPDX-License-Identifier: MIT */
/*
 * A foreign DUT through struct dev: 32-bit DMA, narrow beats, no sidebands, no busy_o, and a
 * configuration space that is not its own (tests/foreign/).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

#include "tests/lib/hw.h"

#define NOTIFY 0x100 /* as its manifest has them */
#define ISR    0x200
#define ACCESS 0x74 /* its last capability: 0x40, and 16 + 20 + 16 bytes of others */
#define FILL   0x5a

static struct hw *make(uint64_t skew_seed)
{
	struct dev_config cfg = { .dut = "minirng", .features = DEV_FEATURES_ALL };
	struct hw *hw;

	cfg.skew = (struct skew){ .on = skew_seed != 0, .seed = skew_seed };
	hw = hw_new_cfg(&cfg);
	hw_enable(hw);
	return hw;
}

static int setup(void **state)
{
	*state = make(0);
	return 0;
}

/* The device's own generator, as tests/foreign/minirng.v defines it: one step a beat. */
static uint32_t next(uint32_t *lfsr)
{
	uint32_t now = *lfsr;

	*lfsr = now >> 1 ^ (now & 1 ? 0x80200003 : 0);
	return now;
}

/* Beats end at multiples of 4; each shows its lanes of the word. */
static void expect(struct hw *hw, uint32_t *lfsr, uint64_t addr, unsigned len)
{
	const uint8_t *at = hw->ram + (addr - HW_RAM);

	assert_int_equal(at[-1], FILL);
	assert_int_equal(at[len], FILL);
	for (unsigned i = 0; i < len;) {
		uint32_t word = next(lfsr);

		do {
			assert_int_equal(at[i], (uint8_t)(word >> 8 * ((addr + i) % 4)));
			i++;
		} while (i < len && (addr + i) % 4);
	}
}

static void wipe(struct hw *hw, uint64_t addr, unsigned len)
{
	memset(hw->ram + (addr - HW_RAM), FILL, len);
}

static struct hw_seg room(uint64_t addr, uint32_t len)
{
	return (struct hw_seg){ .addr = addr, .len = len, .flags = VRING_DESC_F_WRITE };
}

static void start(struct hw *hw)
{
	hw_start_with(hw, 0, 1, 8);
}

static uint32_t ask(struct hw *hw, const struct hw_seg *seg, unsigned n)
{
	uint16_t used = hw_used_idx(hw, 0);

	hw_chain(hw, 0, used % 8, seg, n);
	hw_write(hw, NOTIFY, 2, 0);
	assert_int_equal(hw_used_idx(hw, 0), (uint16_t)(used + 1));
	assert_int_equal(hw_used_id(hw, 0, used), used % 8);
	return hw_used_len(hw, 0, used);
}

static void fill(struct hw *hw)
{
	uint32_t lfsr = 0xace12468;

	start(hw);
	for (unsigned len = 1; len < 40; len++) {
		for (unsigned skew = 0; skew < 8; skew++) {
			struct hw_seg seg = room(HW_DATA + 0x100 + skew, len);

			wipe(hw, HW_DATA, 0x200);
			assert_int_equal(ask(hw, &seg, 1), len);
			expect(hw, &lfsr, seg.addr, len);
			assert_true(hw->intx);
			assert_int_equal(hw_read(hw, ISR, 1), HW_ISR_QUEUE);
			assert_int_equal(hw_read(hw, ISR, 1), 0);
			hw_run(hw);
			assert_false(hw->intx);
		}
	}
}

static void lengths(void **state)
{
	fill(*state);
}

/* The same with neighbours that are slow, pause and reorder. */
static void moods(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct hw *hw = make(seed);

		fill(hw);
		hw_free(hw);
	}
}

/* The least alignment of rings (2.7): upper halves of words. */
static void alignment(void **state)
{
	struct hw *hw = *state;
	struct hw_seg seg = room(HW_DATA, 8);

	for (unsigned skew = 0; skew < 4; skew++) {
		hw_negotiate(hw, 0);
		hw_queue(hw, 0, 8, skew);
		hw_driver_ok(hw);
		for (unsigned i = 0; i < 20; i++)
			assert_int_equal(ask(hw, &seg, 1), 8);
	}
}

/* Bus mastering off: no burst is taken and the device counts as quiet; then it goes on. */
static void bus_master(void **state)
{
	struct hw *hw = *state;
	struct hw_seg seg = room(HW_DATA + 1, 30);
	uint32_t lfsr = 0xace12468;

	start(hw);
	for (unsigned delay = 0; delay < 60; delay++) {
		wipe(hw, HW_DATA, 64);
		hw_chain(hw, 0, delay % 8, &seg, 1);
		hw_post(hw, NOTIFY, 2, 0);
		dev_step(hw->dev, delay);
		hw->dma_reads = hw->dma_writes = 0;
		hw_cfg_write(hw, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
		dev_step(hw->dev, 100);
		assert_in_range(hw->dma_reads + hw->dma_writes, 0, 2); /* what was under way */
		hw_enable(hw);
		assert_int_equal(hw_used_idx(hw, 0), delay + 1);
		expect(hw, &lfsr, seg.addr, 30);
	}
}

/* Nobody claims the BAR while memory space is off; the line is nobody's while INTx is. */
static void command(void **state)
{
	struct hw *hw = *state;
	struct dev_reg reg = { .space = BUS_BAR, .size = 2, .addr = VIRTIO_PCI_COMMON_NUMQ };
	struct hw_seg seg = room(HW_DATA, 4);
	uint32_t val;

	start(hw);
	hw_cfg_write(hw, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	assert_int_equal(dev_read(hw->dev, reg, &val), -EIO);
	assert_int_equal(val, 0xffff);
	assert_int_equal(dev_write(hw->dev, reg, 0), -EIO);
	hw_enable(hw);
	assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_NUMQ, 2), 1);
	reg.addr = 0x1000;
	assert_true(dev_read(hw->dev, reg, &val) < 0);
	reg.addr = 0;
	reg.bar = 1;
	assert_int_equal(dev_read(hw->dev, reg, &val), -EIO);
	ask(hw, &seg, 1);
	assert_true(hw->intx);
	assert_true(hw_cfg_read(hw, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT);
	hw_cfg_write(hw, PCI_COMMAND, 2,
		     PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
	assert_false(hw->intx);
	assert_true(hw_cfg_read(hw, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT);
	hw_enable(hw);
	assert_true(hw->intx);
}

/* 4.1.4.9: registers through configuration space, memory space off or on. */
static void access_window(void **state)
{
	struct hw *hw = *state;
	unsigned data = ACCESS + sizeof(struct virtio_pci_cap);

	start(hw);
	assert_int_equal(hw_cfg_read(hw, ACCESS + 3, 1), VIRTIO_PCI_CAP_PCI_CFG);
	hw_cfg_write(hw, PCI_COMMAND, 2, 0);
	hw_cfg_write(hw, ACCESS + VIRTIO_PCI_CAP_OFFSET, 4, VIRTIO_PCI_COMMON_STATUS);
	hw_cfg_write(hw, ACCESS + VIRTIO_PCI_CAP_LENGTH, 4, 1);
	assert_int_equal(hw_cfg_read(hw, data, 1), 15);
	hw_cfg_write(hw, data, 1, 0);
	assert_int_equal(hw_cfg_read(hw, data, 1), 0);
	hw_enable(hw);
	assert_int_equal(hw_status(hw), 0);
}

/* A reset in each cycle of a buffer's life, and a chain that is none. */
static void resets(void **state)
{
	struct hw *hw = *state;
	const struct hw_seg seg[] = { room(HW_DATA + 3, 20), room(HW_DATA + 0x100, 12) };
	uint16_t used = 0;

	for (unsigned delay = 0; !used; delay++) {
		assert_true(delay < 400);
		start(hw);
		hw_chain(hw, 0, 0, seg, 2);
		hw_post(hw, NOTIFY, 2, 0);
		dev_step(hw->dev, delay);
		used = hw_used_idx(hw, 0);
		hw_reset(hw);
		hw->dma_reads = hw->dma_writes = 0;
		dev_step(hw->dev, 100);
		assert_int_equal(hw->dma_reads + hw->dma_writes, 0);
		start(hw);
		assert_int_equal(ask(hw, seg, 2), 32);
	}
	hw_chain(hw, 0, 1, &(struct hw_seg){ HW_NOWHERE, 4, VRING_DESC_F_WRITE }, 1);
	hw_write(hw, NOTIFY, 2, 0);
	assert_true(hw_status(hw) & VIRTIO_CONFIG_S_NEEDS_RESET);
	start(hw);
	assert_int_equal(ask(hw, seg, 2), 32);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, hw_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { T(lengths),   cmocka_unit_test(moods),
					    T(alignment), T(bus_master),
					    T(command),   T(access_window),
					    T(resets) };

	return cmocka_run_group_tests_name("rtl/foreign", tests, NULL, NULL);
}
