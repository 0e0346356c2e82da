/* SPDX-License-Identifier: MIT */
#include "sim/dut_fit.h"

#include <string.h>

enum { ANY = -1, ABSENT = 0 };

/* That Verilator keeps so many bits in. */
static int bytes_of(unsigned bits)
{
	return bits > 32 ? 8 : bits > 16 ? 4 : bits > 8 ? 2 : bits ? 1 : ABSENT;
}

static int if_there(bool there, int bytes)
{
	return there ? bytes : ABSENT;
}

/* What the manifest says of a pin's port; `bytes` is its usual width. */
static int expected(const struct dut *dut, unsigned pin, const char *name, int bytes)
{
	switch (pin) {
	case PIN_s_awuser_i:
	case PIN_s_aruser_i:
		return if_there(dut->sidebands, bytes);
	case PIN_s_awaddr_i:
	case PIN_s_araddr_i:
		return bytes_of(dut->registers);
	case PIN_m_awaddr_o:
	case PIN_m_araddr_o:
		return bytes_of(dut->dma_address);
	case PIN_m_wdata_o:
	case PIN_m_rdata_i:
		return bytes_of(dut->dma_data);
	case PIN_m_awid_o:
	case PIN_m_bid_i:
	case PIN_m_arid_o:
	case PIN_m_rid_i:
		return bytes_of(dut->dma_id);
	case PIN_strap_features_i:
		return if_there(dut->features, bytes);
	case PIN_busy_o:
		return if_there(dut->busy, bytes);
	case PIN_intx_o: /* one that has MSI-X may do without */
		return dut->msix ? ANY : bytes;
	case PIN_strap_dense_i: /* these need nothing from us */
	case PIN_strap_seed_i:
		return ANY;
	default:
		if (!strncmp(name, "msix_", 5))
			return if_there(dut->msix, bytes);
		if (!strncmp(name, "mgmt_", 5))
			return if_there(dut->balloon, bytes);
		return bytes;
	}
}

const char *dut_fit(const struct dut *dut, const uint8_t bytes[PIN_COUNT])
{
	static const struct {
		const char *name;
		int bytes;
		const char *missing, *extra, *width;
	} pins[] = {
#define P(type, name)                                                                     \
	{ #name, sizeof(type), "the RTL has no port " #name ", which its manifest wants", \
	  "the RTL has a port " #name ", of which its manifest says nothing",             \
	  "port " #name " has another width than the manifest says" },
		PINS(P)
#undef P
	};

	for (unsigned i = 0; i < PIN_COUNT; i++) {
		int want = expected(dut, i, pins[i].name, pins[i].bytes);

		if (want == ANY || want == bytes[i])
			continue;
		return !bytes[i] ? pins[i].missing : want == ABSENT ? pins[i].extra : pins[i].width;
	}
	return NULL;
}
