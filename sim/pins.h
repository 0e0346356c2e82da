/* SPDX-License-Identifier: MIT */
/*
 * The pins of a DUT, as rtl/README.md lists them: pointers straight into the
 * Verilated model, so that driving and sampling copy nothing.
 */
#ifndef SIM_PINS_H
#define SIM_PINS_H

#include <stdint.h>

/* P(C type of the port in the model, name) */
#define PINS(P)                        \
	P(uint8_t, clk_i)              \
	P(uint8_t, rst_ni)             \
	P(uint8_t, s_awvalid_i)        \
	P(uint8_t, s_awready_o)        \
	P(uint32_t, s_awaddr_i)        \
	P(uint8_t, s_awuser_i)         \
	P(uint8_t, s_wvalid_i)         \
	P(uint8_t, s_wready_o)         \
	P(uint32_t, s_wdata_i)         \
	P(uint8_t, s_wstrb_i)          \
	P(uint8_t, s_bvalid_o)         \
	P(uint8_t, s_bready_i)         \
	P(uint8_t, s_bresp_o)          \
	P(uint8_t, s_arvalid_i)        \
	P(uint8_t, s_arready_o)        \
	P(uint32_t, s_araddr_i)        \
	P(uint8_t, s_aruser_i)         \
	P(uint8_t, s_rvalid_o)         \
	P(uint8_t, s_rready_i)         \
	P(uint32_t, s_rdata_o)         \
	P(uint8_t, s_rresp_o)          \
	P(uint8_t, m_awvalid_o)        \
	P(uint8_t, m_awready_i)        \
	P(uint8_t, m_awid_o)           \
	P(uint64_t, m_awaddr_o)        \
	P(uint8_t, m_awlen_o)          \
	P(uint8_t, m_awsize_o)         \
	P(uint8_t, m_awburst_o)        \
	P(uint8_t, m_wvalid_o)         \
	P(uint8_t, m_wready_i)         \
	P(uint64_t, m_wdata_o)         \
	P(uint8_t, m_wstrb_o)          \
	P(uint8_t, m_wlast_o)          \
	P(uint8_t, m_bvalid_i)         \
	P(uint8_t, m_bready_o)         \
	P(uint8_t, m_bid_i)            \
	P(uint8_t, m_bresp_i)          \
	P(uint8_t, m_arvalid_o)        \
	P(uint8_t, m_arready_i)        \
	P(uint8_t, m_arid_o)           \
	P(uint64_t, m_araddr_o)        \
	P(uint8_t, m_arlen_o)          \
	P(uint8_t, m_arsize_o)         \
	P(uint8_t, m_arburst_o)        \
	P(uint8_t, m_rvalid_i)         \
	P(uint8_t, m_rready_o)         \
	P(uint8_t, m_rid_i)            \
	P(uint64_t, m_rdata_i)         \
	P(uint8_t, m_rresp_i)          \
	P(uint8_t, m_rlast_i)          \
	P(uint8_t, intx_o)             \
	P(uint8_t, msix_valid_o)       \
	P(uint8_t, msix_ready_i)       \
	P(uint16_t, msix_vector_o)     \
	P(uint64_t, msix_addr_o)       \
	P(uint32_t, msix_data_o)       \
	P(uint32_t, mgmt_target_i)     \
	P(uint32_t, mgmt_actual_o)     \
	P(uint32_t, mgmt_poison_o)     \
	P(uint8_t, mgmt_page_valid_o)  \
	P(uint8_t, mgmt_page_ready_i)  \
	P(uint8_t, mgmt_page_op_o)     \
	P(uint32_t, mgmt_page_pfn_o)   \
	P(uint8_t, mgmt_stats_req_i)   \
	P(uint8_t, mgmt_stat_valid_o)  \
	P(uint8_t, mgmt_stat_ready_i)  \
	P(uint16_t, mgmt_stat_tag_o)   \
	P(uint64_t, mgmt_stat_value_o) \
	P(uint32_t, mgmt_hint_cmd_i)   \
	P(uint32_t, mgmt_hint_id_o)    \
	P(uint8_t, mgmt_range_valid_o) \
	P(uint8_t, mgmt_range_ready_i) \
	P(uint8_t, mgmt_range_kind_o)  \
	P(uint64_t, mgmt_range_addr_o) \
	P(uint32_t, mgmt_range_len_o)  \
	P(uint64_t, strap_features_i)  \
	P(uint8_t, strap_dense_i)      \
	P(uint64_t, strap_seed_i)      \
	P(uint8_t, busy_o)

enum {
#define P(type, name) PIN_##name,
	PINS(P)
#undef P
		PIN_COUNT
};

struct pins {
#define P(type, name) type *name;
	PINS(P)
#undef P
};

#endif
