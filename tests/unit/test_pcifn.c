/* SPDX-License-Identifier: MIT */
/* Configuration space for RTL without one: what a bus driver finds there, and may change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <linux/pci_regs.h>
#include <linux/virtio_pci.h>

#include "sim/pcifn.h"

static const struct dut dut = {
	.device = 4,
	.bar_bytes = 0x1000,
	.notify_multiplier = 4,
	.common = { 0x000, 0x38 },
	.notify = { 0x100, 4 },
	.isr = { 0x200, 4 },
	.config = { 0x300, 8 },
};

/* Where the capability of a type is, 0: nowhere; the list ends. */
static unsigned find_cap(const struct pcifn *fn, unsigned type)
{
	unsigned at = pcifn_read(fn, PCI_CAPABILITY_LIST, 1, false), found = 0, n = 0;

	for (; at; at = pcifn_read(fn, at + PCI_CAP_LIST_NEXT, 1, false)) {
		assert_true(++n < 10 && at % 4 == 0 && at >= 0x40 && at < 0xf0);
		assert_int_equal(pcifn_read(fn, at, 1, false), PCI_CAP_ID_VNDR);
		if (pcifn_read(fn, at + 3, 1, false) == type)
			found = at;
	}
	return found;
}

static void identity(void **state)
{
	struct pcifn fn;

	(void)state;
	pcifn_reset(&fn, &dut);
	assert_int_equal(pcifn_read(&fn, 0, 4, false), 0x10441af4);
	assert_int_equal(pcifn_read(&fn, PCI_HEADER_TYPE, 1, false), 0);
	assert_in_range(pcifn_read(&fn, PCI_REVISION_ID, 1, false), 1, 255);
	assert_in_range(pcifn_read(&fn, PCI_SUBSYSTEM_ID, 2, false), 0x40, 0xffff);
	assert_int_equal(pcifn_read(&fn, PCI_INTERRUPT_PIN, 1, false), 1);
	assert_int_equal(pcifn_read(&fn, PCI_STATUS, 2, false), PCI_STATUS_CAP_LIST);
	assert_int_equal(pcifn_read(&fn, PCI_STATUS, 2, true),
			 PCI_STATUS_CAP_LIST | PCI_STATUS_INTERRUPT);
	assert_int_equal(pcifn_read(&fn, PCI_COMMAND, 4, true),
			 (PCI_STATUS_CAP_LIST | PCI_STATUS_INTERRUPT) << 16);
	assert_int_equal(pcifn_read(&fn, PCI_STATUS + 1, 1, true), 0);
	assert_int_equal(pcifn_read(&fn, 256, 4, false), 0);
	assert_int_equal(pcifn_read(&fn, 0xffc, 4, false), 0);
}

static void bar(void **state)
{
	struct pcifn fn;

	(void)state;
	pcifn_reset(&fn, &dut);
	pcifn_write(&fn, PCI_BASE_ADDRESS_0, 4, UINT32_MAX);
	assert_int_equal(pcifn_read(&fn, PCI_BASE_ADDRESS_0, 4, false), 0xfffff000);
	pcifn_write(&fn, PCI_BASE_ADDRESS_0, 4, 0xfebf8123);
	assert_int_equal(pcifn_read(&fn, PCI_BASE_ADDRESS_0, 4, false), 0xfebf8000);
	for (unsigned off = PCI_BASE_ADDRESS_1; off <= PCI_BASE_ADDRESS_5; off += 4) {
		pcifn_write(&fn, off, 4, UINT32_MAX);
		assert_int_equal(pcifn_read(&fn, off, 4, false), 0);
	}
	pcifn_write(&fn, 0, 4, 0);
	pcifn_write(&fn, 254, 4, UINT32_MAX);
	assert_int_equal(pcifn_read(&fn, 0, 4, false), 0x10441af4);
}

static void command(void **state)
{
	struct pcifn fn;

	(void)state;
	pcifn_reset(&fn, &dut);
	assert_false(pcifn_memory(&fn) || pcifn_master(&fn));
	assert_true(pcifn_intx(&fn));
	pcifn_write(&fn, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_true(pcifn_memory(&fn) && !pcifn_master(&fn));
	pcifn_write(&fn, PCI_COMMAND, 1, PCI_COMMAND_MASTER);
	assert_true(!pcifn_memory(&fn) && pcifn_master(&fn));
	pcifn_write(&fn, PCI_COMMAND + 1, 1, PCI_COMMAND_INTX_DISABLE >> 8);
	assert_true(pcifn_master(&fn) && !pcifn_intx(&fn));
	pcifn_write(&fn, PCI_COMMAND, 4, UINT32_MAX);
	assert_int_equal(pcifn_read(&fn, PCI_COMMAND, 4, false), 0x00100406);
	pcifn_reset(&fn, &dut);
	assert_int_equal(pcifn_read(&fn, PCI_COMMAND, 2, false), 0);
}

/* virtio 1.4, 4.1.4: where the structures are. */
static void capabilities(void **state)
{
	static const struct {
		unsigned type, len;
		struct dut_window win;
	} want[] = {
		{ VIRTIO_PCI_CAP_COMMON_CFG, 16, { 0x000, 0x38 } },
		{ VIRTIO_PCI_CAP_NOTIFY_CFG, 20, { 0x100, 4 } },
		{ VIRTIO_PCI_CAP_ISR_CFG, 16, { 0x200, 4 } },
		{ VIRTIO_PCI_CAP_DEVICE_CFG, 16, { 0x300, 8 } },
		{ VIRTIO_PCI_CAP_PCI_CFG, 20, { 0, 0 } },
	};
	struct dut without = dut;
	struct pcifn fn;

	(void)state;
	pcifn_reset(&fn, &dut);
	for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		unsigned at = find_cap(&fn, want[i].type);

		assert_int_not_equal(at, 0);
		assert_int_equal(pcifn_read(&fn, at + 2, 1, false), want[i].len);
		assert_int_equal(pcifn_read(&fn, at + VIRTIO_PCI_CAP_BAR, 1, false), 0);
		assert_int_equal(pcifn_read(&fn, at + VIRTIO_PCI_CAP_OFFSET, 4, false),
				 want[i].win.offset);
		assert_int_equal(pcifn_read(&fn, at + VIRTIO_PCI_CAP_LENGTH, 4, false),
				 want[i].win.bytes);
		if (want[i].type == VIRTIO_PCI_CAP_NOTIFY_CFG)
			assert_int_equal(pcifn_read(&fn, at + VIRTIO_PCI_NOTIFY_CAP_MULT, 4, false),
					 4);
	}
	without.config.bytes = 0;
	pcifn_reset(&fn, &without);
	assert_int_equal(find_cap(&fn, VIRTIO_PCI_CAP_DEVICE_CFG), 0);
	assert_int_not_equal(find_cap(&fn, VIRTIO_PCI_CAP_PCI_CFG), 0);
}

/* 4.1.4.9: which accesses stand for one to the BAR. */
static void access_window(void **state)
{
	static const struct {
		uint32_t bar, offset, length, size;
	} want[] = {
		{ 0, 0x14, 1, 1 }, { 0, 0x16, 2, 2 },   { 0, 0x20, 4, 4 }, { 0, 0xffc, 4, 4 },
		{ 0, 0x15, 2, 0 }, { 0, 0x22, 4, 0 },   { 0, 0x14, 0, 0 }, { 0, 0x14, 3, 0 },
		{ 0, 0x14, 8, 0 }, { 0, 0x1000, 4, 0 }, { 1, 0x14, 1, 0 }, { 0, UINT32_MAX, 1, 0 },
	};
	struct pcifn fn;
	unsigned at, size;
	uint32_t off;

	(void)state;
	pcifn_reset(&fn, &dut);
	at = find_cap(&fn, VIRTIO_PCI_CAP_PCI_CFG);
	for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		pcifn_write(&fn, at + VIRTIO_PCI_CAP_BAR, 1, want[i].bar);
		pcifn_write(&fn, at + VIRTIO_PCI_CAP_OFFSET, 4, want[i].offset);
		pcifn_write(&fn, at + VIRTIO_PCI_CAP_LENGTH, 4, want[i].length);
		assert_false(pcifn_window(&fn, at + VIRTIO_PCI_CAP_LENGTH, &off, &size));
		assert_false(pcifn_window(&fn, at + 20, &off, &size));
		assert_true(pcifn_window(&fn, at + 16, &off, &size));
		assert_int_equal(size, want[i].size);
		if (size)
			assert_int_equal(off, want[i].offset);
	}
	pcifn_write(&fn, at + 16, 4, 0x11223344);
	assert_int_equal(pcifn_data(&fn, 2), 0x3344);
	pcifn_set_data(&fn, 2, 0xabcd);
	assert_int_equal(pcifn_read(&fn, at + 16, 4, false), 0x1122abcd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identity),      cmocka_unit_test(bar),
		cmocka_unit_test(command),       cmocka_unit_test(capabilities),
		cmocka_unit_test(access_window),
	};

	return cmocka_run_group_tests_name("unit/pcifn", tests, NULL, NULL);
}
