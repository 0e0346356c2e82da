/* SPDX-License-Identifier: MIT */
/* The register port, pin by pin: malformed transfers, reads and writes at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sim/axil.h"
#include "sim/model.h"

#define STATUS 0x14

static void tick(struct model *model)
{
	*model->pin.clk_i = 0;
	model->eval(model);
	*model->pin.clk_i = 1;
	model->eval(model);
}

static int setup(void **state)
{
	struct model *model = model_new("balloon-pci");

	assert_non_null(model);
	*model->pin.rst_ni = 0;
	for (unsigned i = 0; i < 4; i++)
		tick(model);
	*model->pin.rst_ni = 1;
	*model->pin.s_rready_i = *model->pin.s_bready_i = 1;
	*state = model;
	return 0;
}

static int teardown(void **state)
{
	struct model *model = *state;

	model->free(model);
	return 0;
}

/* One transfer; returns its response. A write may come with any strobes. */
static unsigned transfer(struct model *model, bool write, uint32_t addr, uint8_t user,
			 uint32_t data, uint8_t strb)
{
	const struct pins *pin = &model->pin;

	*pin->s_awvalid_i = *pin->s_wvalid_i = write;
	*pin->s_arvalid_i = !write;
	*pin->s_awaddr_i = *pin->s_araddr_i = addr;
	*pin->s_awuser_i = *pin->s_aruser_i = user;
	*pin->s_wdata_i = data;
	*pin->s_wstrb_i = strb;
	for (unsigned i = 0; i < 20; i++) {
		*pin->clk_i = 0;
		model->eval(model);
		if (*pin->s_bvalid_o || *pin->s_rvalid_o)
			break;
		tick(model);
		*pin->s_awvalid_i = *pin->s_wvalid_i = *pin->s_arvalid_i = 0;
	}
	assert_int_equal(*pin->s_bvalid_o, write);
	assert_int_equal(*pin->s_rvalid_o, !write);
	data = write ? *pin->s_bresp_o : *pin->s_rresp_o;
	tick(model);
	return data;
}

static void malformed(void **state)
{
	struct model *model = *state;
	const uint8_t size1 = axil_user(BUS_BAR, 0, 1), size2 = axil_user(BUS_BAR, 0, 2);
	const uint8_t size4 = axil_user(BUS_BAR, 0, 4), size8 = size1 | 3;

	assert_int_equal(transfer(model, true, 4, axil_user(BUS_CFG, 0, 4), 2, 15), BUS_OKAY);
	assert_int_equal(transfer(model, true, STATUS, size1, 1, 1), BUS_OKAY);
	assert_int_equal(transfer(model, false, STATUS, size8, 0, 0), BUS_SLVERR);
	assert_int_equal(transfer(model, false, STATUS + 1, size2, 0, 0), BUS_SLVERR);
	assert_int_equal(transfer(model, false, STATUS + 2, size4, 0, 0), BUS_SLVERR);
	assert_int_equal(*model->pin.s_rdata_o, UINT32_MAX);
	/* Strobes outside the size: refused whole, not in part. */
	assert_int_equal(transfer(model, true, STATUS, size1, 0x00010002, 0x5), BUS_SLVERR);
	assert_int_equal(transfer(model, true, STATUS + 2, size2, 0x00010002, 0xf), BUS_SLVERR);
	assert_int_equal(transfer(model, true, STATUS, size4, 0xffffffff, 0), BUS_OKAY);
	assert_int_equal(transfer(model, false, STATUS, size4, 0, 0), BUS_OKAY);
	assert_int_equal(*model->pin.s_rdata_o, 0x00000001);
}

/* Reads and writes that never pause take turns. */
static void both_at_once(void **state)
{
	struct model *model = *state;
	const struct pins *pin = &model->pin;
	unsigned reads = 0, writes = 0;

	*pin->s_awvalid_i = *pin->s_wvalid_i = *pin->s_arvalid_i = 1;
	*pin->s_awaddr_i = *pin->s_araddr_i = 0;
	*pin->s_awuser_i = *pin->s_aruser_i = axil_user(BUS_CFG, 0, 4);
	for (unsigned i = 0; i < 120; i++) {
		*pin->clk_i = 0;
		model->eval(model);
		assert_int_equal(*pin->s_awready_o, *pin->s_wready_o);
		reads += *pin->s_rvalid_o;
		writes += *pin->s_bvalid_o;
		tick(model);
	}
	assert_in_range(reads, 15, 40);
	assert_in_range(writes, reads - 1, reads + 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { T(malformed), T(both_at_once) };

	return cmocka_run_group_tests_name("rtl/port", tests, NULL, NULL);
}
