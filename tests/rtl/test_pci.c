/* SPDX-License-Identifier: MIT */
/* The PCI function: header, BAR sizing, capabilities, the configuration access window. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_pci.h>

#include "tests/lib/hw.h"

static int setup(void **state)
{
	*state = hw_new(DEV_FEATURES_ALL);
	return 0;
}

static void identity(void **state)
{
	struct hw *hw = *state;

	assert_int_equal(hw_cfg_read(hw, PCI_VENDOR_ID, 2), 0x1af4);
	assert_int_equal(hw_cfg_read(hw, PCI_DEVICE_ID, 2), 0x1040 + VIRTIO_ID_BALLOON);
	assert_true(hw_cfg_read(hw, PCI_REVISION_ID, 1) >= 1);
	assert_int_equal(hw_cfg_read(hw, PCI_CLASS_REVISION, 4) >> 8, 0x00ff00);
	assert_true(hw_cfg_read(hw, PCI_SUBSYSTEM_ID, 2) >= 0x40);
	assert_int_equal(hw_cfg_read(hw, PCI_HEADER_TYPE, 1), PCI_HEADER_TYPE_NORMAL);
	assert_int_equal(hw_cfg_read(hw, PCI_INTERRUPT_PIN, 1), 1);
	assert_true(hw_cfg_read(hw, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST);
	hw_cfg_write(hw, PCI_VENDOR_ID, 4, 0);
	assert_int_equal(hw_cfg_read(hw, PCI_VENDOR_ID, 2), 0x1af4);
	assert_int_equal(hw_cfg_read(hw, 0x100, 4), 0); /* no extended capabilities */
	hw_cfg_write(hw, PCI_INTERRUPT_LINE, 1, 0xa5);
	hw_cfg_write(hw, PCI_CACHE_LINE_SIZE, 1, 0x10);
	assert_int_equal(hw_cfg_read(hw, PCI_INTERRUPT_LINE, 1), 0xa5);
	assert_int_equal(hw_cfg_read(hw, PCI_CACHE_LINE_SIZE, 4), 0x10);
}

static void bar_sizing(void **state)
{
	struct hw *hw = *state;
	uint32_t bar;

	hw_cfg_write(hw, PCI_BASE_ADDRESS_0, 4, UINT32_MAX);
	bar = hw_cfg_read(hw, PCI_BASE_ADDRESS_0, 4);
	assert_int_equal(bar & ~PCI_BASE_ADDRESS_MEM_MASK,
			 PCI_BASE_ADDRESS_SPACE_MEMORY | PCI_BASE_ADDRESS_MEM_TYPE_32);
	assert_int_equal(~bar + 1, 0x8000);
	hw_cfg_write(hw, PCI_BASE_ADDRESS_0, 4, 0xfebf8000);
	assert_int_equal(hw_cfg_read(hw, PCI_BASE_ADDRESS_0, 4), 0xfebf8000);
	hw_cfg_write(hw, PCI_BASE_ADDRESS_0 + 2, 2, 0x1234);
	assert_int_equal(hw_cfg_read(hw, PCI_BASE_ADDRESS_0, 4), 0x12348000);
	hw_cfg_write(hw, PCI_BASE_ADDRESS_0, 2, 0);
	assert_int_equal(hw_cfg_read(hw, PCI_BASE_ADDRESS_0, 4), 0x12340000);
	for (unsigned off = PCI_BASE_ADDRESS_1; off <= PCI_BASE_ADDRESS_5; off += 4) {
		hw_cfg_write(hw, off, 4, UINT32_MAX);
		assert_int_equal(hw_cfg_read(hw, off, 4), 0);
	}
	hw_cfg_write(hw, PCI_ROM_ADDRESS, 4, UINT32_MAX);
	assert_int_equal(hw_cfg_read(hw, PCI_ROM_ADDRESS, 4), 0);
}

/* Every virtio structure once, inside the BAR, no two overlapping; MSI-X among them. */
static void capabilities(void **state)
{
	static const uint32_t least[] = { [VIRTIO_PCI_CAP_COMMON_CFG] = 64,
					  [VIRTIO_PCI_CAP_NOTIFY_CFG] = 4 * (HW_ROLES - 1) + 4,
					  [VIRTIO_PCI_CAP_ISR_CFG] = 1,
					  [VIRTIO_PCI_CAP_DEVICE_CFG] = 16,
					  [VIRTIO_PCI_CAP_PCI_CFG] = 0 };
	struct hw *hw = *state;
	unsigned seen = 0, msix = 0, n = 0;
	uint64_t pages = 0;

	for (unsigned at = hw_cfg_read(hw, PCI_CAPABILITY_LIST, 1); at; n++) {
		unsigned type = hw_cfg_read(hw, at + 3, 1), len = hw_cfg_read(hw, at + 2, 1);
		uint32_t offset = hw_cfg_read(hw, at + 8, 4), bytes = hw_cfg_read(hw, at + 12, 4);

		assert_true(n < 16 && at >= 0x40 && at % 4 == 0);
		if (hw_cfg_read(hw, at, 1) == PCI_CAP_ID_MSIX) {
			msix++;
			assert_int_equal(at, HW_CAP_MSIX);
		} else if (hw_cfg_read(hw, at, 1) == PCI_CAP_ID_AF) {
			assert_int_equal(len, PCI_CAP_AF_SIZEOF);
			assert_int_equal(type, PCI_AF_CAP_TP | PCI_AF_CAP_FLR);
			assert_int_equal(at, HW_CAP_AF);
		} else {
			assert_int_equal(hw_cfg_read(hw, at, 1), PCI_CAP_ID_VNDR);
			assert_in_range(type, VIRTIO_PCI_CAP_COMMON_CFG, VIRTIO_PCI_CAP_PCI_CFG);
			assert_false(seen & 1U << type);
			seen |= 1U << type;
			assert_int_equal(hw_cfg_read(hw, at + 4, 1), 0); /* BAR 0 */
			assert_int_equal(offset % 4, 0);
			assert_true(offset + bytes <= 0x8000 && bytes >= least[type]);
			assert_true(len >= (type == VIRTIO_PCI_CAP_NOTIFY_CFG ||
							    type == VIRTIO_PCI_CAP_PCI_CFG
						    ? 20
						    : 16));
			if (type == VIRTIO_PCI_CAP_NOTIFY_CFG)
				assert_int_equal(hw_cfg_read(hw, at + 16, 4), 4);
			if (bytes) {
				assert_false(pages >> offset / 4096 & 1);
				pages |= 1ULL << offset / 4096;
			}
		}
		at = hw_cfg_read(hw, at + 1, 1);
	}
	assert_int_equal(seen, 0x3e);
	assert_int_equal(msix, 1);
	assert_int_equal(hw_cfg_read(hw, HW_CAP_MSIX + PCI_MSIX_FLAGS, 2), HW_VECTORS - 1);
	assert_int_equal(hw_cfg_read(hw, HW_CAP_MSIX + PCI_MSIX_TABLE, 4), HW_TABLE);
	assert_int_equal(hw_cfg_read(hw, HW_CAP_MSIX + PCI_MSIX_PBA, 4), HW_PBA);
}

static void command_gates_the_bar(void **state)
{
	struct hw *hw = *state;
	struct dev_reg reg = { .space = BUS_BAR, .size = 1, .addr = 0x14 };
	uint32_t val;

	assert_int_equal(dev_read(hw->dev, reg, &val), -EIO);
	assert_int_equal(val, 0xff);
	hw_cfg_write(hw, PCI_COMMAND, 2, 0xffff);
	assert_int_equal(hw_cfg_read(hw, PCI_COMMAND, 2),
			 PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
	assert_int_equal(dev_read(hw->dev, reg, &val), 0);
	reg.bar = 1;
	assert_int_equal(dev_read(hw->dev, reg, &val), -EIO);
	reg = (struct dev_reg){ .space = BUS_BAR, .size = 4, .addr = 0x8000 };
	assert_int_equal(dev_write(hw->dev, reg, 0), -EIO);
	reg = (struct dev_reg){ .space = BUS_MMIO, .size = 4, .addr = 0 };
	assert_int_equal(dev_read(hw->dev, reg, &val), -EIO);
	hw_cfg_write(hw, PCI_COMMAND + 1, 1, 0);
	assert_int_equal(hw_cfg_read(hw, PCI_COMMAND, 2), PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

static void window(struct hw *hw, uint32_t offset, unsigned len)
{
	hw_cfg_write(hw, HW_CAP_PCI_CFG + 4, 1, 0);
	hw_cfg_write(hw, HW_CAP_PCI_CFG + 8, 4, offset);
	hw_cfg_write(hw, HW_CAP_PCI_CFG + 12, 4, len);
	assert_int_equal(hw_cfg_read(hw, HW_CAP_PCI_CFG + 8, 4), offset);
	assert_int_equal(hw_cfg_read(hw, HW_CAP_PCI_CFG + 12, 4), len);
}

/* DEV-4.1.4.9.1-2 and -3, while the BAR itself is off. */
static void config_access(void **state)
{
	const unsigned data = HW_CAP_PCI_CFG + 16;
	struct hw *hw = *state;

	window(hw, HW_COMMON + VIRTIO_PCI_COMMON_STATUS, 1);
	hw_cfg_write(hw, data, 1, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	assert_int_equal(hw_cfg_read(hw, data, 1), VIRTIO_CONFIG_S_ACKNOWLEDGE);
	window(hw, HW_COMMON + VIRTIO_PCI_COMMON_Q_SELECT, 2);
	hw_cfg_write(hw, data, 2, 1);
	assert_int_equal(hw_cfg_read(hw, data, 2), 1);
	window(hw, HW_COMMON + VIRTIO_PCI_COMMON_Q_DESCHI, 4);
	hw_cfg_write(hw, data, 4, 0x89abcdef);
	assert_int_equal(hw_cfg_read(hw, data, 4), 0x89abcdef);
	hw_enable(hw);
	assert_int_equal(hw_status(hw), VIRTIO_CONFIG_S_ACKNOWLEDGE);
	assert_int_equal(hw_read(hw, HW_COMMON + VIRTIO_PCI_COMMON_Q_SELECT, 2), 1);
	assert_int_equal(hw_read(hw, HW_COMMON + VIRTIO_PCI_COMMON_Q_DESCHI, 4), 0x89abcdef);
	/* Out of the BAR, misaligned, of no size, of another BAR: nothing happens. */
	hw_write(hw, HW_COMMON + VIRTIO_PCI_COMMON_Q_DESCLO, 4, 0x1000);
	window(hw, 0x8000 + VIRTIO_PCI_COMMON_Q_DESCLO, 4);
	hw_cfg_write(hw, data, 4, 0x2000);
	window(hw, VIRTIO_PCI_COMMON_Q_DESCLO + 2, 4);
	hw_cfg_write(hw, data, 4, 0x3000);
	window(hw, VIRTIO_PCI_COMMON_Q_DESCLO, 3);
	hw_cfg_write(hw, data, 4, 0x4000);
	window(hw, VIRTIO_PCI_COMMON_Q_DESCLO, 4);
	hw_cfg_write(hw, HW_CAP_PCI_CFG + 4, 1, 1);
	hw_cfg_write(hw, data, 4, 0x5000);
	assert_int_equal(hw_read(hw, HW_COMMON + VIRTIO_PCI_COMMON_Q_DESCLO, 4), 0x1000);
}

static void msix_table(void **state)
{
	struct hw *hw = *state;

	hw_enable(hw);
	for (unsigned i = 0; i < HW_VECTORS; i++) {
		unsigned at = HW_TABLE + 16 * i;

		assert_int_equal(hw_read(hw, at + 12, 4), PCI_MSIX_ENTRY_CTRL_MASKBIT);
		hw_write(hw, at, 4, 0xfee01003 + (i << 4)); /* the low two bits are fixed */
		hw_write(hw, at + 4, 4, i);
		hw_write(hw, at + 8, 4, 0x4040 + i);
		hw_write(hw, at + 12, 4, 0xfffffffe);
	}
	for (unsigned i = 0; i < HW_VECTORS; i++) {
		unsigned at = HW_TABLE + 16 * i;

		assert_int_equal(hw_read(hw, at, 4), 0xfee01000 + (i << 4));
		assert_int_equal(hw_read(hw, at + 4, 4), i);
		assert_int_equal(hw_read(hw, at + 8, 4), 0x4040 + i);
		assert_int_equal(hw_read(hw, at + 12, 4), 0);
	}
	hw_write(hw, HW_TABLE + 16 * HW_VECTORS, 4, UINT32_MAX);
	assert_int_equal(hw_read(hw, HW_TABLE + 16 * HW_VECTORS, 4), 0);
	hw_write(hw, HW_PBA, 4, UINT32_MAX);
	assert_int_equal(hw_read(hw, HW_PBA, 4), 0);
	hw_cfg_write(hw, HW_CAP_MSIX + PCI_MSIX_FLAGS, 2, 0xffff);
	assert_int_equal(hw_cfg_read(hw, HW_CAP_MSIX + PCI_MSIX_FLAGS, 2),
			 PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL | (HW_VECTORS - 1));
}

/*
 * Function-level reset in the middle of DMA: the function is as after power-on, and pending
 * until the last beat is in.
 */
static void function_level_reset(void **state)
{
	struct hw *hw = *state;
	struct hw_seg seg = { .addr = HW_DATA, .len = 0x4000 };
	unsigned pending = 0;

	for (unsigned delay = 10; delay < 400; delay += 13) {
		hw_enable(hw);
		hw_enable_msix(hw);
		hw_start(hw, 8);
		hw_write(hw, HW_DEVICE + 4, 4, 77);
		hw_chain(hw, HW_INFLATE, 0, &seg, 1);
		hw_post(hw, HW_NOTIFY, 2, 0);
		dev_step(hw->dev, delay);
		hw_cfg_post(hw, HW_CAP_AF + PCI_AF_CTRL, 1, PCI_AF_CTRL_FLR);
		assert_int_equal(hw_cfg_read(hw, PCI_COMMAND, 2), 0);
		while (hw_cfg_read(hw, HW_CAP_AF + PCI_AF_STATUS, 1) & PCI_AF_STATUS_TP)
			assert_true(++pending < 10000);
		hw->dma_reads = hw->dma_writes = 0;
		hw_run(hw);
		assert_int_equal(hw->dma_reads + hw->dma_writes, 0);
		assert_int_equal(dev_actual(hw->dev), 0);
		assert_int_equal(hw_cfg_read(hw, HW_CAP_MSIX + PCI_MSIX_FLAGS, 2), HW_VECTORS - 1);
		hw_cfg_write(hw, HW_CAP_AF + PCI_AF_CTRL, 1, 0); /* means nothing */
		hw_enable(hw);
		assert_int_equal(hw_status(hw), 0);
		assert_int_equal(hw_read(hw, HW_TABLE, 4), 0);
		assert_int_equal(hw_read(hw, HW_TABLE + 12, 4), PCI_MSIX_ENTRY_CTRL_MASKBIT);
	}
	assert_true(pending);
	hw_cfg_write(hw, HW_CAP_AF + PCI_AF_CTRL, 1, 0);
	assert_int_equal(hw_cfg_read(hw, PCI_COMMAND, 2), PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

/* rst_ni: everything PCI is as after power-on. */
static void function_reset(void **state)
{
	struct hw *hw = *state;

	hw_enable(hw);
	hw_cfg_write(hw, PCI_BASE_ADDRESS_0, 4, 0xfebf8000);
	hw_start(hw, 8);
	dev_reset(hw->dev);
	hw_run(hw);
	assert_int_equal(hw_cfg_read(hw, PCI_COMMAND, 2), 0);
	assert_int_equal(hw_cfg_read(hw, PCI_BASE_ADDRESS_0, 4), 0);
	hw_enable(hw);
	assert_int_equal(hw_status(hw), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, hw_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(identity),      T(bar_sizing), T(capabilities),         T(command_gates_the_bar),
		T(config_access), T(msix_table), T(function_level_reset), T(function_reset)
	};

	return cmocka_run_group_tests_name("rtl/pci", tests, NULL, NULL);
}
