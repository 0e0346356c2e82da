/* SPDX-License-Identifier: MIT */
/* Manifests: what a good one says, that a bad one is one clear line, and ports that differ. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sim/dut.h"
#include "sim/dut_fit.h"

#define LEAST                                                       \
	"top = \"t\"; files = [ \"t.v\" ]; transport = \"mmio\";\n" \
	"device = 3; queues = [ \"rx\", \"tx\" ];\n"
#define PCI                                                                    \
	"top = \"t\"; files = [ \"t.v\" ]; transport = \"pci\"; device = 3;\n" \
	"queues = [ \"rx\" ]; pci = { configuration = \"vcosim\"; bar = 0x1000;\n"
#define WINDOWS "common = [ 0, 56 ]; notify = [ 0x100, 4 ]; isr = [ 0x200, 4 ];\n"

static void built_in(void **state)
{
	struct dut dut;
	char err[DUT_ERR];
	unsigned n = 0;

	(void)state;
	for (const char *name; (name = dut_name(n)); n++) {
		if (!dut_find(name, &dut, err))
			fail_msg("%s", err);
		assert_string_equal(dut.name, name);
	}
	assert_true(n >= 3);
	assert_true(dut_find("balloon-pci", &dut, err));
	assert_int_equal(dut.device, 5);
	assert_int_equal(dut.nqueues, 5);
	assert_true(dut.balloon && dut.msix && dut.busy && dut.sidebands && dut.config_space);
	assert_false(dut_find("toaster", &dut, err));
	assert_non_null(
		strstr(err, "toaster: no such device is built in; there are balloon-mmio "));
}

static void least(void **state)
{
	struct dut dut;
	char err[DUT_ERR], spec[64];

	(void)state;
	assert_true(dut_parse("a/b/my_con.dut", LEAST, &dut, err));
	assert_string_equal(dut.name, "my-con");
	assert_string_equal(dut.top, "t");
	assert_int_equal(dut.transport, DUT_MMIO);
	assert_string_equal(dut.queue[1], "tx");
	assert_int_equal(dut.registers, 32);
	assert_int_equal(dut.dma_address, 64);
	assert_int_equal(dut.dma_data, 64);
	assert_int_equal(dut.dma_id, 4);
	assert_int_equal(dut.quiet, 64);
	assert_false(dut.sidebands || dut.busy || dut.features || dut.msix || dut.balloon);
	dut_spec(&dut, spec, sizeof(spec));
	assert_string_equal(spec, "");
	assert_true(dut_parse("a/b/x.dut", LEAST "spec = \"con.ccsl\";", &dut, err));
	dut_spec(&dut, spec, sizeof(spec));
	assert_string_equal(spec, "a/b/con.ccsl");
}

static void all(void **state)
{
	static const char text[] = PCI WINDOWS
		"config = [ 0x300, 8 ]; notify_multiplier = 0; };\n"
		"ports = { features = true; management = \"none\"; };\n"
		"widths = { registers = 12; dma_address = 32; dma_data = 32; dma_id = 0; };\n"
		"quiet = 1000;\n";
	struct dut dut;
	char err[DUT_ERR];

	(void)state;
	if (!dut_parse("x.dut", text, &dut, err))
		fail_msg("%s", err);
	assert_false(dut.config_space);
	assert_int_equal(dut.bar_bytes, 0x1000);
	assert_int_equal(dut.config.offset, 0x300);
	assert_int_equal(dut.config.bytes, 8);
	assert_int_equal(dut.notify_multiplier, 0);
	assert_int_equal(dut.registers, 12);
	assert_int_equal(dut.dma_data, 32);
	assert_int_equal(dut.dma_id, 0);
	assert_int_equal(dut.quiet, 1000);
}

/* Each with the line that is at fault. */
static void wrong(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{ "", "m.dut:1: top is missing" },
		{ "top = \n\n;", "m.dut:3: syntax error" },
		{ "top = 3;\n", "m.dut:1: top: expected text" },
		{ "top = \"t\";\nfiles = [];", "m.dut:2: files: expected [" },
		{ "top = \"t\";\nfiles = [ 1 ];", "m.dut:2: files: expected text" },
		{ "top = \"t\"; files = [ \"f\" ];", "m.dut:1: transport is missing" },
		{ LEAST "tpo = \"x\";", "m.dut:3: tpo: no such key" },
		{ LEAST "ports = 1;", "m.dut:3: ports: expected a group" },
		{ LEAST "ports = {\nbusy = 1; };", "m.dut:4: busy: expected true or false" },
		{ LEAST "ports = {\nbuzy = true; };", "m.dut:4: buzy: no such key in ports" },
		{ LEAST "ports = {\nmanagement = \"disk\"; };",
		  "m.dut:4: management: expected \"balloon\" or \"none\"" },
		{ LEAST "widths = { dma_data = 33; };", "m.dut:3: dma_data: expected 32 or 64" },
		{ LEAST "widths = { dma_data = 128; };",
		  "m.dut:3: dma_data: expected a number from 32 to 64" },
		{ LEAST "widths = { registers = 4; };",
		  "m.dut:3: registers: expected a number from 8 to 32" },
		{ LEAST "widths = { dma_id = 1.5; };",
		  "m.dut:3: dma_id: expected a number from 0 to 8" },
		{ LEAST "quiet = 0;", "m.dut:3: quiet: expected a number from 1" },
		{ LEAST "pci = { };", "m.dut:3: pci: expected only where transport" },
		{ "top = \"t\"; files = [ \"f\" ];\ntransport = \"usb\";",
		  "m.dut:2: transport: expected \"mmio\" or \"pci\"" },
		{ "top = \"t\"; files = [ \"f\" ]; transport = \"pci\";\ndevice = 64;",
		  "m.dut:2: device: expected a number from 1 to 63" },
		{ "top = \"t\"; files = [ \"f\" ]; transport = \"pci\"; device = 3;\nqueues = "
		  "\"rx\";",
		  "m.dut:2: queues: expected [" },
		{ "top = \"t\"; files = [ \"f\" ]; transport = \"pci\"; device = 3;\nqueues = [ "
		  "\"\" ];",
		  "m.dut:2: queues: expected text" },
		{ "top = \"t\"; files = [ \"f\" ]; transport = \"pci\"; device = 3; queues = [ "
		  "\"rx\" ];",
		  "m.dut:1: pci: without ports.sidebands" },
		{ PCI "};", "m.dut:2: common is missing" },
		{ PCI WINDOWS "};\nports = { msix = true; };",
		  "m.dut:2: pci: expected no ports.msix" },
		{ PCI WINDOWS "config = [ 0xffd, 4 ]; };",
		  "m.dut:4: config: expected inside the BAR's 0x1000 bytes" },
		{ PCI WINDOWS "config = [ 0xffc, 8 ]; };", "m.dut:4: config: expected inside" },
		{ PCI WINDOWS "config = 4; };", "m.dut:4: config: expected [ offset, bytes ]" },
		{ PCI "common = [ 0, 8 ]; notify = [ 0, 4 ]; isr = [ 0, 4 ]; };",
		  "m.dut:3: common: expected a number from 56" },
		{ "top = \"t\"; files = [ \"f\" ]; transport = \"pci\"; device = 3; queues = [ "
		  "\"q\" ];\n"
		  "pci = { configuration = \"vcosim\";\nbar = 0x1001; };",
		  "m.dut:3: bar: expected a power of two" },
		{ "top = \"t\"; files = [ \"f\" ]; transport = \"pci\"; device = 3; queues = [ "
		  "\"q\" ];\n"
		  "ports = { sidebands = true; };\npci = { bar = 0x1000; };",
		  "m.dut:3: bar: the RTL's configuration space says that" },
	};
	struct dut dut;
	char err[DUT_ERR];

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err[0] = '\0';
		assert_false(dut_parse("m.dut", bad[i].text, &dut, err));
		if (strncmp(err, bad[i].says, strlen(bad[i].says)))
			fail_msg("got '%s', expected '%s...'", err, bad[i].says);
		assert_null(strchr(err, '\n'));
	}
}

static const char *fit(const struct dut *dut, const uint8_t *usual, unsigned pin, uint8_t bytes)
{
	uint8_t with[PIN_COUNT];

	memcpy(with, usual, sizeof(with));
	with[pin] = bytes;
	return dut_fit(dut, with);
}

static void fits(void **state)
{
	const uint8_t usual[PIN_COUNT] = {
#define P(type, name) [PIN_##name] = sizeof(type),
		PINS(P)
#undef P
	};
	uint8_t mmio[PIN_COUNT];
	struct dut dut;
	char err[DUT_ERR];

	(void)state;
	assert_true(dut_find("balloon-pci", &dut, err));
	assert_null(dut_fit(&dut, usual));
	assert_null(fit(&dut, usual, PIN_intx_o, 0));
	assert_string_equal(fit(&dut, usual, PIN_busy_o, 0),
			    "the RTL has no port busy_o, which its manifest wants");
	assert_string_equal(fit(&dut, usual, PIN_m_rdata_i, 4),
			    "port m_rdata_i has another width than the manifest says");
	assert_non_null(fit(&dut, usual, PIN_s_wdata_i, 8));
	for (unsigned i = 0; i < PIN_COUNT; i++)
		if (i != PIN_intx_o && i != PIN_strap_dense_i && i != PIN_strap_seed_i)
			assert_non_null(fit(&dut, usual, i, 0));
	dut.msix = false;
	assert_string_equal(dut_fit(&dut, usual),
			    "the RTL has a port msix_valid_o, of which its manifest says nothing");
	assert_true(dut_find("balloon-mmio", &dut, err));
	memcpy(mmio, usual, sizeof(mmio));
	for (unsigned i = PIN_msix_valid_o; i <= PIN_msix_data_o; i++)
		mmio[i] = 0;
	assert_null(dut_fit(&dut, mmio));
	assert_string_equal(fit(&dut, mmio, PIN_intx_o, 0),
			    "the RTL has no port intx_o, which its manifest wants");
	assert_true(dut_find("balloon-pci", &dut, err));
	dut.msix = true;
	dut.registers = 12;
	assert_non_null(dut_fit(&dut, usual));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(built_in), cmocka_unit_test(least), cmocka_unit_test(all),
		cmocka_unit_test(wrong),    cmocka_unit_test(fits),
	};

	return cmocka_run_group_tests_name("unit/dut", tests, NULL, NULL);
}
