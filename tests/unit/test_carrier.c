/* SPDX-License-Identifier: MIT */
/*
 * What carries a virtio-mmio device to a guest: the function that firmware and a server see,
 * and what of it reaches the device.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "bridge/backend_dev.h"
#include "bridge/carrier.h"
#include "sim/log.h"

struct bench {
	struct carrier *carrier;
	struct port port;
	struct dev_reg last; /* that the device was asked for */
	uint32_t written;
	unsigned accesses, runs, resets;
	uint64_t steps;
	int err; /* that the device answers with */
};

static int inner_read(void *ctx, struct dev_reg reg, uint32_t *val)
{
	struct bench *b = ctx;

	b->last = reg;
	b->accesses++;
	*val = 0x1000 + reg.addr;
	return b->err;
}

static int inner_write(void *ctx, struct dev_reg reg, uint32_t val)
{
	struct bench *b = ctx;

	b->last = reg;
	b->accesses++;
	b->written = val;
	return b->err;
}

static int inner_run(void *ctx)
{
	struct bench *b = ctx;

	b->runs++;
	return b->err;
}

static void inner_step(void *ctx, uint64_t n)
{
	((struct bench *)ctx)->steps += n;
}

static void inner_reset(void *ctx)
{
	((struct bench *)ctx)->resets++;
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct port inner = { .ctx = b,
			      .read = inner_read,
			      .write = inner_write,
			      .run = inner_run,
			      .step = inner_step,
			      .reset = inner_reset };

	b->carrier = carrier_new(&inner);
	b->port = carrier_port(b->carrier);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	carrier_free(b->carrier);
	free(b);
	return 0;
}

static uint32_t cfg(struct bench *b, uint32_t off, unsigned size)
{
	struct dev_reg reg = { .space = BUS_CFG, .size = (uint8_t)size, .addr = off };
	uint32_t val;

	assert_int_equal(b->port.read(b->port.ctx, reg, &val), 0);
	return val;
}

static void cfg_put(struct bench *b, uint32_t off, unsigned size, uint32_t val)
{
	struct dev_reg reg = { .space = BUS_CFG, .size = (uint8_t)size, .addr = off };

	assert_int_equal(b->port.write(b->port.ctx, reg, val), 0);
}

/* No driver of virtio's knows it, and nothing of it reaches the device. */
static void identity(void **state)
{
	struct bench *b = *state;

	assert_int_equal(cfg(b, PCI_VENDOR_ID, 4), CARRIER_DEVICE << 16 | CARRIER_VENDOR);
	assert_int_not_equal(cfg(b, PCI_VENDOR_ID, 2), 0x1af4);
	assert_int_equal(cfg(b, PCI_HEADER_TYPE, 1), PCI_HEADER_TYPE_NORMAL);
	assert_int_equal(cfg(b, PCI_INTERRUPT_PIN, 1), 1);
	assert_int_equal(cfg(b, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST, 0);
	cfg_put(b, PCI_VENDOR_ID, 4, 0);
	assert_int_equal(cfg(b, PCI_VENDOR_ID, 2), CARRIER_VENDOR);
	cfg_put(b, PCI_COMMAND, 2, 0xffff);
	assert_int_equal(cfg(b, PCI_COMMAND, 2),
			 PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
	cfg_put(b, PCI_INTERRUPT_LINE, 1, 11);
	assert_int_equal(cfg(b, PCI_INTERRUPT_LINE, 1), 11);
	assert_int_equal(b->accesses, 0);
}

/* One BAR of a page, as firmware sizes and places it. */
static void bar(void **state)
{
	struct bench *b = *state;

	cfg_put(b, PCI_BASE_ADDRESS_0, 4, UINT32_MAX);
	assert_int_equal(cfg(b, PCI_BASE_ADDRESS_0, 4), 0xfffff000);
	cfg_put(b, PCI_BASE_ADDRESS_0, 4, 0xfebf8000);
	assert_int_equal(cfg(b, PCI_BASE_ADDRESS_0, 4), 0xfebf8000);
	cfg_put(b, PCI_BASE_ADDRESS_1, 4, UINT32_MAX);
	assert_int_equal(cfg(b, PCI_BASE_ADDRESS_1, 4), 0);
}

/* Accesses to BAR 0 are accesses to the window; what the device says is what comes back. */
static void window(void **state)
{
	struct bench *b = *state;
	struct dev_reg reg = { .space = BUS_BAR, .size = 4, .addr = 0x70 };
	uint32_t val;

	assert_int_equal(b->port.read(b->port.ctx, reg, &val), 0);
	assert_int_equal(val, 0x1070);
	assert_int_equal(b->last.space, BUS_MMIO);
	assert_int_equal(b->last.addr, 0x70);
	assert_int_equal(b->last.size, 4);
	reg.size = 2;
	assert_int_equal(b->port.write(b->port.ctx, reg, 9), 0);
	assert_int_equal(b->last.size, 2);
	assert_int_equal(b->written, 9);
	b->err = -ETIMEDOUT;
	assert_int_equal(b->port.read(b->port.ctx, reg, &val), -ETIMEDOUT);
	assert_int_equal(b->accesses, 3);
	reg.bar = 1; /* not there */
	assert_int_equal(b->port.read(b->port.ctx, reg, &val), -EIO);
	assert_int_equal(val, UINT32_MAX);
	assert_int_equal(b->port.write(b->port.ctx, reg, 0), -EIO);
	assert_int_equal(b->accesses, 3);
}

static void the_rest_goes_through(void **state)
{
	struct bench *b = *state;

	cfg_put(b, PCI_BASE_ADDRESS_0, 4, 0xfebf8000);
	b->err = -EAGAIN;
	assert_int_equal(b->port.run(b->port.ctx), -EAGAIN);
	b->port.step(b->port.ctx, 7);
	b->port.reset(b->port.ctx);
	assert_int_equal(b->runs, 1);
	assert_int_equal(b->steps, 7);
	assert_int_equal(b->resets, 1);
	assert_int_equal(cfg(b, PCI_BASE_ADDRESS_0, 4), 0); /* power-on */
}

/* What the server finds: one region behind configuration space, INTx, no MSI-X. */
static void served(void **state)
{
	struct bench *b = *state;
	struct log log = { 0 };
	struct backend_dev *bd = backend_dev_new(&b->port, &log);
	const struct backend *be;

	assert_non_null(bd);
	be = backend_dev_get(bd);
	assert_int_equal(be->size[VFIO_PCI_BAR0_REGION_INDEX], 4096);
	for (unsigned i = VFIO_PCI_BAR1_REGION_INDEX; i <= VFIO_PCI_BAR5_REGION_INDEX; i++)
		assert_int_equal(be->size[i], 0);
	assert_true(be->intx);
	assert_int_equal(be->vectors, 0);
	assert_int_equal(b->accesses, 0);
	backend_dev_free(bd);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { T(identity), T(bar), T(window),
					    T(the_rest_goes_through), T(served) };

	return cmocka_run_group_tests_name("carrier", tests, NULL, NULL);
}
