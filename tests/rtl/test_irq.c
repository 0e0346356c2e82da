/* SPDX-License-Identifier: MIT */
/* Interrupts: INTx and the ISR byte, MSI-X vectors, masks and pending bits, silence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

#include "tests/lib/hw.h"

#define COMMAND (PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER)

/* One small buffer through queue q. */
static void buffer(struct hw *hw, unsigned q)
{
	const struct hw_seg seg = { .addr = HW_DATA, .len = 4 };

	hw_chain(hw, q, 0, &seg, 1);
	hw_notify(hw, q);
}

static bool pci_pending(struct hw *hw)
{
	return hw_cfg_read(hw, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT;
}

static void intx(void **state)
{
	struct hw *hw = *state;

	hw_start(hw, 8);
	assert_false(hw->intx || pci_pending(hw));
	buffer(hw, 0);
	assert_true(hw->intx && pci_pending(hw));
	buffer(hw, 1);
	assert_int_equal(hw->rises, 1); /* a level */
	assert_int_equal(hw_read(hw, HW_ISR, 1), HW_ISR_QUEUE);
	hw_run(hw);
	assert_false(hw->intx || pci_pending(hw));
	assert_int_equal(hw_read(hw, HW_ISR, 1), 0);
	dev_set_target(hw->dev, 17);
	hw_run(hw);
	assert_true(hw->intx);
	buffer(hw, 0);
	/* Reading beside the byte does not clear it. */
	hw_read(hw, HW_ISR + 1, 1);
	hw_read(hw, HW_ISR + 4, 4);
	assert_int_equal(hw_read(hw, HW_ISR, 1), HW_ISR_QUEUE | VIRTIO_PCI_ISR_CONFIG);
	hw_run(hw);
	assert_false(hw->intx);
	assert_int_equal(hw->msix[0] + hw->msix[1] + hw->msix[2], 0);
}

static void intx_disable(void **state)
{
	struct hw *hw = *state;

	hw_start(hw, 8);
	hw_cfg_write(hw, PCI_COMMAND, 2, COMMAND | PCI_COMMAND_INTX_DISABLE);
	buffer(hw, 0);
	assert_true(pci_pending(hw));
	assert_false(hw->intx);
	hw_cfg_write(hw, PCI_COMMAND, 2, COMMAND);
	assert_true(hw->intx);
}

/* DEV-2.7.7.2-2 and -3. */
static void no_interrupt_flag(void **state)
{
	struct hw *hw = *state;

	hw_start(hw, 8);
	hw_avail_flags(hw, 0, VRING_AVAIL_F_NO_INTERRUPT);
	buffer(hw, 0);
	assert_false(hw->intx);
	assert_int_equal(hw_used_idx(hw, 0), 1);
	hw_avail_flags(hw, 0, 0);
	buffer(hw, 0);
	assert_true(hw->intx);
}

static void msix(void **state)
{
	struct hw *hw = *state;

	hw_enable_msix(hw);
	hw_start(hw, 8);
	buffer(hw, 0);
	buffer(hw, 1);
	buffer(hw, 1);
	dev_set_target(hw->dev, 3);
	hw_run(hw);
	assert_int_equal(hw->msix[0], 1);
	assert_int_equal(hw->msix[1], 1);
	assert_int_equal(hw->msix[2], 2);
	assert_int_equal(hw->rises, 0);
	assert_false(pci_pending(hw));
	/* DEV-4.1.4.5.1-2: the config bit shows even so. */
	assert_int_equal(hw_read(hw, HW_ISR, 1), VIRTIO_PCI_ISR_CONFIG);
}

/* DEV-4.1.5.3.1-1, DEV-4.1.5.4.1-1; two events on one vector. */
static void msix_mapping(void **state)
{
	struct hw *hw = *state;
	unsigned sum = 0;

	hw_enable_msix(hw);
	hw_start(hw, 8);
	for (unsigned q = 0; q < HW_QUEUES; q++) {
		hw_write(hw, VIRTIO_PCI_COMMON_Q_SELECT, 2, q);
		hw_write(hw, VIRTIO_PCI_COMMON_Q_MSIX, 2, q ? 5 : VIRTIO_MSI_NO_VECTOR);
	}
	buffer(hw, 0);
	buffer(hw, 1);
	hw_write(hw, VIRTIO_PCI_COMMON_MSIX, 2, VIRTIO_MSI_NO_VECTOR);
	dev_set_target(hw->dev, 3);
	hw_run(hw);
	assert_int_equal(hw->msix[5], 1);
	hw_write(hw, VIRTIO_PCI_COMMON_MSIX, 2, 5);
	dev_set_target(hw->dev, 4);
	hw_run(hw);
	assert_int_equal(hw->msix[5], 2);
	for (unsigned v = 0; v < HW_VECTORS; v++)
		sum += hw->msix[v];
	assert_int_equal(sum, 2);
	assert_false(hw->intx);
}

static void msix_masks(void **state)
{
	struct hw *hw = *state;
	const unsigned flags = HW_CAP_MSIX + PCI_MSIX_FLAGS;
	const unsigned ctrl1 = HW_TABLE + 16 + PCI_MSIX_ENTRY_VECTOR_CTRL;

	hw_enable_msix(hw);
	hw_start(hw, 8);
	hw_write(hw, ctrl1, 4, PCI_MSIX_ENTRY_CTRL_MASKBIT);
	buffer(hw, 0);
	buffer(hw, 0);
	assert_int_equal(hw->msix[1], 0);
	assert_int_equal(hw_read(hw, HW_PBA, 4), 1 << 1);
	buffer(hw, 1); /* the others are not masked */
	assert_int_equal(hw->msix[2], 1);
	hw_write(hw, ctrl1, 4, 0);
	assert_int_equal(hw->msix[1], 1); /* one message for what was pending */
	assert_int_equal(hw_read(hw, HW_PBA, 4), 0);
	/* The function mask. */
	hw_cfg_write(hw, flags, 2, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	buffer(hw, 0);
	dev_set_target(hw->dev, 3);
	hw_run(hw);
	assert_int_equal(hw_read(hw, HW_PBA, 4), 3);
	assert_int_equal(hw->msix[0], 0);
	hw_cfg_write(hw, flags, 2, PCI_MSIX_FLAGS_ENABLE);
	assert_int_equal(hw->msix[0], 1);
	assert_int_equal(hw->msix[1], 2);
	/* A message is a memory write: it waits for bus mastering. */
	hw_cfg_write(hw, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	dev_set_target(hw->dev, 4);
	hw_run(hw);
	assert_int_equal(hw->msix[0], 1);
	hw_cfg_write(hw, PCI_COMMAND, 2, COMMAND);
	assert_int_equal(hw->msix[0], 2);
}

/* DEV-2.4.1-2, and nothing pending survives. */
static void silent_after_reset(void **state)
{
	struct hw *hw = *state;
	const unsigned ctrl1 = HW_TABLE + 16 + PCI_MSIX_ENTRY_VECTOR_CTRL;

	hw_start(hw, 8);
	buffer(hw, 0);
	assert_true(hw->intx);
	hw_reset(hw);
	assert_false(hw->intx);
	assert_int_equal(hw_read(hw, HW_ISR, 1), 0);
	hw_enable_msix(hw);
	hw_start(hw, 8);
	hw_write(hw, ctrl1, 4, PCI_MSIX_ENTRY_CTRL_MASKBIT);
	buffer(hw, 0);
	hw_reset(hw);
	hw_write(hw, ctrl1, 4, 0);
	dev_set_target(hw->dev, 9);
	hw_run(hw);
	for (unsigned v = 0; v < HW_VECTORS; v++)
		assert_int_equal(hw->msix[v], 0);
	hw_negotiate(hw, 0);
	hw_driver_ok(hw);
	dev_set_target(hw->dev, 10); /* no vector is mapped any more */
	hw_run(hw);
	assert_int_equal(hw->msix[0], 0);
	hw_start(hw, 8);
	buffer(hw, 0);
	assert_int_equal(hw->msix[1], 1);
}

/* A target that changes before DRIVER_OK raises nothing; after it, one interrupt a change. */
static void target_changes(void **state)
{
	struct hw *hw = *state;

	hw_negotiate(hw, 0);
	dev_set_target(hw->dev, 1);
	hw_run(hw);
	assert_false(hw->intx);
	hw_driver_ok(hw);
	assert_false(hw->intx);
	hw_start(hw, 8);
	for (unsigned i = 2; i < 6; i++) {
		dev_set_target(hw->dev, i);
		hw_run(hw);
		assert_true(hw->intx);
		assert_int_equal(hw_read(hw, HW_ISR, 1), VIRTIO_PCI_ISR_CONFIG);
		hw_run(hw);
		assert_false(hw->intx);
		assert_int_equal(hw_read(hw, HW_DEVICE, 4), i);
		dev_set_target(hw->dev, i); /* no change */
		hw_run(hw);
		assert_false(hw->intx);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, hw_setup, hw_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(intx),         T(intx_disable), T(no_interrupt_flag),  T(msix),
		T(msix_mapping), T(msix_masks),   T(silent_after_reset), T(target_changes)
	};

	return cmocka_run_group_tests_name("rtl/irq", tests, NULL, NULL);
}
