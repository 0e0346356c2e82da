/* SPDX-License-Identifier: MIT */
/* Features, the status machine, reset, queue registers, the configuration generation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <linux/virtio_balloon.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>

#include "tests/lib/hw.h"

#define BASE     (VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER)
#define VERSION1 (1ULL << VIRTIO_F_VERSION_1)

static uint32_t offered(struct hw *hw, uint32_t word)
{
	hw_write(hw, VIRTIO_PCI_COMMON_DFSELECT, 4, word);
	assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_DFSELECT, 4), word);
	return hw_read(hw, VIRTIO_PCI_COMMON_DF, 4);
}

static void accept(struct hw *hw, uint32_t word, uint32_t bits)
{
	hw_write(hw, VIRTIO_PCI_COMMON_GFSELECT, 4, word);
	hw_write(hw, VIRTIO_PCI_COMMON_GF, 4, bits);
}

static void set_status(struct hw *hw, uint8_t bits)
{
	hw_write(hw, VIRTIO_PCI_COMMON_STATUS, 1, bits);
}

static void offer(void **state)
{
	/* 5.5.3 all; INDIRECT_DESC, EVENT_IDX. Above: VERSION_1, ACCESS_PLATFORM, ORDER_PLATFORM,
	   NOTIFICATION_DATA, NOTIF_CONFIG_DATA, RING_RESET, SUSPEND. */
	const uint32_t have = 0x3f | 1U << 28 | 1U << 29;
	const uint32_t high = 1 << 0 | 1 << 1 | 1 << 4 | 1 << 6 | 1 << 7 | 1 << 8 | 1 << 11;
	struct hw *hw = *state, *bare = hw_new(0);

	assert_int_equal(offered(hw, 0), have);
	assert_int_equal(offered(hw, 1), high);
	assert_int_equal(offered(hw, 2), 0);
	assert_int_equal(offered(hw, UINT32_MAX), 0);
	hw_enable(bare);
	assert_int_equal(offered(bare, 0), 0);
	assert_int_equal(offered(bare, 1), VERSION1 >> 32);
	hw_free(bare);
}

static void negotiation(void **state)
{
	static const struct {
		uint64_t features;
		bool ok;
	} sets[] = { { VERSION1, true },
		     { VERSION1 | 1, true },
		     { VERSION1 | 5, true },
		     { 0x9d2ULL << 32 | 0x3000003f, false },
		     { 0x9d3ULL << 32 | 0x3000003f, true },
		     { 1, false },
		     { VERSION1 | 1ULL << 6, false },
		     { VERSION1 | 1ULL << 22, false },
		     { VERSION1 | 1ULL << 34, false }, /* RING_PACKED */
		     { VERSION1 | 1ULL << 63, false } };
	struct hw *hw = *state;

	for (unsigned i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		hw_reset(hw);
		set_status(hw, BASE);
		for (unsigned w = 0; w < 2; w++) {
			accept(hw, w, (uint32_t)(sets[i].features >> 32 * w));
			assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_GF, 4),
					 (uint32_t)(sets[i].features >> 32 * w));
		}
		set_status(hw, BASE | VIRTIO_CONFIG_S_FEATURES_OK);
		assert_int_equal(hw_status(hw),
				 BASE | (sets[i].ok ? VIRTIO_CONFIG_S_FEATURES_OK : 0));
	}
	/* Refused, corrected, accepted; what is negotiated stays. */
	accept(hw, 1, VERSION1 >> 32);
	accept(hw, 2, 1);
	set_status(hw, BASE | VIRTIO_CONFIG_S_FEATURES_OK);
	assert_int_equal(hw_status(hw), BASE);
	accept(hw, 2, 0);
	accept(hw, 3, 1);
	set_status(hw, BASE | VIRTIO_CONFIG_S_FEATURES_OK);
	assert_int_equal(hw_status(hw), BASE);
	accept(hw, 3, 0);
	set_status(hw, BASE | VIRTIO_CONFIG_S_FEATURES_OK);
	assert_int_equal(hw_status(hw), BASE | VIRTIO_CONFIG_S_FEATURES_OK);
	accept(hw, 1, 0);
	assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_GF, 4), VERSION1 >> 32);
	hw_reset(hw);
	set_status(hw, BASE);
	accept(hw, 1, VERSION1 >> 32);
	accept(hw, 77, 1);
	set_status(hw, BASE | VIRTIO_CONFIG_S_FEATURES_OK);
	assert_int_equal(hw_status(hw), BASE);
	/* A reset forgets what was accepted, word by word. */
	assert_int_equal(hw_negotiate(hw, 0), BASE | VIRTIO_CONFIG_S_FEATURES_OK);
	hw_reset(hw);
	for (unsigned w = 0; w < 2; w++) {
		hw_write(hw, VIRTIO_PCI_COMMON_GFSELECT, 4, w);
		assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_GF, 4), 0);
	}
	set_status(hw, BASE);
	set_status(hw, BASE | VIRTIO_CONFIG_S_FEATURES_OK);
	assert_int_equal(hw_status(hw), BASE);
}

/* DRIVER_OK on features that were refused: shown, but the rings stay untouched. */
static void refused_features(void **state)
{
	struct hw *hw = *state;

	assert_int_equal(hw_negotiate(hw, 1ULL << 22), BASE);
	hw_queue(hw, HW_INFLATE, 8, 0);
	set_status(hw, BASE | VIRTIO_CONFIG_S_DRIVER_OK);
	hw_notify(hw, HW_INFLATE);
	assert_int_equal(hw->dma_reads, 0);
	assert_int_equal(hw_status(hw), BASE | VIRTIO_CONFIG_S_DRIVER_OK);
}

static void status_bits(void **state)
{
	struct hw *hw = *state;

	set_status(hw, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	set_status(hw, VIRTIO_CONFIG_S_DRIVER); /* cannot clear ACKNOWLEDGE */
	assert_int_equal(hw_status(hw), BASE);
	set_status(hw, 0x30 | VIRTIO_CONFIG_S_NEEDS_RESET | BASE); /* not the driver's to set */
	assert_int_equal(hw_status(hw), BASE);
	set_status(hw, VIRTIO_CONFIG_S_FAILED);
	assert_int_equal(hw_status(hw), BASE | VIRTIO_CONFIG_S_FAILED);
	hw_reset(hw);
	hw_reset(hw);
	set_status(hw, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	assert_int_equal(hw_status(hw), VIRTIO_CONFIG_S_ACKNOWLEDGE);
}

static void queue_registers(void **state)
{
	struct hw *hw = *state;

	assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_NUMQ, 2), HW_ROLES);
	for (unsigned q = 0; q < 8; q++) {
		hw_write(hw, VIRTIO_PCI_COMMON_Q_SELECT, 2, q);
		assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_Q_SIZE, 2), q < HW_ROLES ? 256 : 0);
		assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_Q_ENABLE, 2), 0);
		if (q < HW_ROLES)
			assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_Q_NOFF, 2), q);
		/* Sizes that are no power of two, or too big, leave it as it was. */
		hw_write(hw, VIRTIO_PCI_COMMON_Q_SIZE, 2, 16);
		hw_write(hw, VIRTIO_PCI_COMMON_Q_SIZE, 2, 17);
		hw_write(hw, VIRTIO_PCI_COMMON_Q_SIZE, 2, 512);
		hw_write(hw, VIRTIO_PCI_COMMON_Q_SIZE, 2, 0);
		assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_Q_SIZE, 2), q < HW_ROLES ? 16 : 0);
		for (unsigned off = VIRTIO_PCI_COMMON_Q_DESCLO; off < 0x38; off += 4)
			hw_write(hw, off, 4, 0x10000 * q + 0x10 * off);
		hw_write(hw, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 2); /* means nothing */
		assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_Q_ENABLE, 2), 0);
		hw_write(hw, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
	}
	for (unsigned q = 0; q < HW_ROLES; q++) {
		hw_write(hw, VIRTIO_PCI_COMMON_Q_SELECT, 2, q);
		assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_Q_ENABLE, 2), 1);
		/* Frozen while enabled; a 0 does not disable. */
		hw_write(hw, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 0);
		hw_write(hw, VIRTIO_PCI_COMMON_Q_SIZE, 2, 4);
		hw_write(hw, VIRTIO_PCI_COMMON_Q_DESCHI, 4, 1);
		assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_Q_ENABLE, 2), 1);
		assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_Q_SIZE, 2), 16);
		for (unsigned off = VIRTIO_PCI_COMMON_Q_DESCLO; off < 0x38; off += 4)
			assert_int_equal(hw_read(hw, off, 4), 0x10000 * q + 0x10 * off);
	}
	hw_reset(hw);
	for (unsigned q = 0; q < HW_ROLES; q++) {
		hw_write(hw, VIRTIO_PCI_COMMON_Q_SELECT, 2, q);
		assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_Q_ENABLE, 2), 0);
		assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_Q_SIZE, 2), 256);
		assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_Q_DESCLO, 4), 0);
	}
}

static void vectors(void **state)
{
	struct hw *hw = *state;

	for (unsigned v = 0; v < HW_VECTORS + 2; v++) {
		unsigned want = v < HW_VECTORS ? v : VIRTIO_MSI_NO_VECTOR;

		hw_write(hw, VIRTIO_PCI_COMMON_MSIX, 2, v);
		assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_MSIX, 2), want);
		for (unsigned q = 0; q < HW_ROLES; q++) {
			hw_write(hw, VIRTIO_PCI_COMMON_Q_SELECT, 2, q);
			hw_write(hw, VIRTIO_PCI_COMMON_Q_MSIX, 2, v);
			assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_Q_MSIX, 2), want);
		}
	}
	hw_write(hw, VIRTIO_PCI_COMMON_MSIX, 2, 3);
	hw_write(hw, VIRTIO_PCI_COMMON_Q_MSIX, 2, 5);
	hw_write(hw, VIRTIO_PCI_COMMON_Q_SELECT, 2, 0);
	assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_Q_MSIX, 2), VIRTIO_MSI_NO_VECTOR);
	hw_write(hw, VIRTIO_PCI_COMMON_Q_SELECT, 2, HW_ROLES); /* no such queue */
	hw_write(hw, VIRTIO_PCI_COMMON_Q_MSIX, 2, 1);
	assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_Q_MSIX, 2), VIRTIO_MSI_NO_VECTOR);
	hw_reset(hw);
	assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_MSIX, 2), VIRTIO_MSI_NO_VECTOR);
	hw_write(hw, VIRTIO_PCI_COMMON_Q_SELECT, 2, 1);
	assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_Q_MSIX, 2), VIRTIO_MSI_NO_VECTOR);
}

/* DEV-4.1.4.3.1-6: a changed value that was read shows in the generation; 256 changes too. */
static void generation(void **state)
{
	struct hw *hw = *state;
	uint32_t before, after;

	dev_set_target(hw->dev, 5);
	hw_run(hw);
	assert_int_equal(hw_read(hw, HW_DEVICE, 4), 5);
	before = hw_read(hw, VIRTIO_PCI_COMMON_CFGGENERATION, 1);
	assert_int_equal(hw_read(hw, HW_DEVICE, 4), 5);
	assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_CFGGENERATION, 1), before);
	for (unsigned i = 0; i < 256; i++) {
		dev_set_target(hw->dev, 100 + i);
		hw_run(hw);
	}
	assert_int_equal(hw_read(hw, HW_DEVICE, 4), 355);
	after = hw_read(hw, VIRTIO_PCI_COMMON_CFGGENERATION, 1);
	assert_int_not_equal(before, after);
}

static void device_config(void **state)
{
	struct hw *hw = *state;

	dev_set_target(hw->dev, 0x12345678);
	hw_run(hw);
	assert_int_equal(hw_read(hw, HW_DEVICE, 4), 0x12345678);
	assert_int_equal(hw_read(hw, HW_DEVICE + 2, 2), 0x1234);
	assert_int_equal(hw_read(hw, HW_DEVICE + 1, 1), 0x56);
	hw_write(hw, HW_DEVICE, 4, 0);
	assert_int_equal(hw_read(hw, HW_DEVICE, 4), 0x12345678);
	hw_write(hw, HW_DEVICE + 4, 4, 0xaabbccdd);
	hw_write(hw, HW_DEVICE + 6, 2, 0x1122);
	hw_write(hw, HW_DEVICE + 5, 1, 0x33);
	assert_int_equal(hw_read(hw, HW_DEVICE + 4, 4), 0x112233dd);
	assert_int_equal(dev_actual(hw->dev), 0x112233dd);
	hw_reset(hw);
	assert_int_equal(hw_read(hw, HW_DEVICE + 4, 4), 0);
	assert_int_equal(hw_read(hw, HW_DEVICE, 4), 0x12345678);
	assert_int_equal(hw_read(hw, HW_DEVICE + 8, 4), 0);
}

/* A write that covers a field only in part, or a read-only one, changes nothing. */
static void partial_writes(void **state)
{
	struct hw *hw = *state;

	hw_write(hw, VIRTIO_PCI_COMMON_DFSELECT, 2, 1);
	assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_DFSELECT, 4), 0);
	hw_write(hw, VIRTIO_PCI_COMMON_Q_SELECT, 1, 1);
	hw_write(hw, VIRTIO_PCI_COMMON_Q_SIZE, 1, 4);
	hw_write(hw, VIRTIO_PCI_COMMON_Q_DESCLO + 1, 1, 4);
	hw_write(hw, VIRTIO_PCI_COMMON_NUMQ, 2, 7);
	hw_write(hw, VIRTIO_PCI_COMMON_DF, 4, 7);
	hw_write(hw, VIRTIO_PCI_COMMON_CFGGENERATION, 1, 7);
	assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_Q_SELECT, 2), 0);
	assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_Q_SIZE, 2), 256);
	assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_Q_DESCLO, 4), 0);
	assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_NUMQ, 2), HW_ROLES);
	assert_int_equal(hw_read(hw, VIRTIO_PCI_COMMON_CFGGENERATION, 1), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, hw_setup, hw_teardown)

int main(void)
{
	const struct CMUnitTest both[] = { T(refused_features), T(status_bits), T(generation),
					   T(device_config) };
	const struct CMUnitTest pci[] = { T(offer), T(negotiation), T(queue_registers), T(vectors),
					  T(partial_writes) };

	return cmocka_run_group_tests_name("rtl/status", both, NULL, NULL) +
	       cmocka_run_group_tests_name("rtl/status pci", pci, NULL, NULL) +
	       cmocka_run_group_tests_name("rtl/status mmio", both, hw_group_mmio, NULL);
}
