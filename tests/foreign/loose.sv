// SPDX-License-Identifier: MIT
//
// Purpose: a device with no logic at all: what stands at its outputs is what a test puts into its management
// inputs and straps. With it a test can break each rule of AXI, and keep it (tests/rtl/test_axi_rules.c).

module loose (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        s_awvalid_i,
  output logic        s_awready_o,
  input  logic [31:0] s_awaddr_i,
  input  logic [7:0]  s_awuser_i,
  input  logic        s_wvalid_i,
  output logic        s_wready_o,
  input  logic [31:0] s_wdata_i,
  input  logic [3:0]  s_wstrb_i,
  output logic        s_bvalid_o,
  input  logic        s_bready_i,
  output logic [1:0]  s_bresp_o,
  input  logic        s_arvalid_i,
  output logic        s_arready_o,
  input  logic [31:0] s_araddr_i,
  input  logic [7:0]  s_aruser_i,
  output logic        s_rvalid_o,
  input  logic        s_rready_i,
  output logic [31:0] s_rdata_o,
  output logic [1:0]  s_rresp_o,
  output logic        m_awvalid_o,
  input  logic        m_awready_i,
  output logic [3:0]  m_awid_o,
  output logic [63:0] m_awaddr_o,
  output logic [7:0]  m_awlen_o,
  output logic [2:0]  m_awsize_o,
  output logic [1:0]  m_awburst_o,
  output logic        m_wvalid_o,
  input  logic        m_wready_i,
  output logic [63:0] m_wdata_o,
  output logic [7:0]  m_wstrb_o,
  output logic        m_wlast_o,
  input  logic        m_bvalid_i,
  output logic        m_bready_o,
  input  logic [3:0]  m_bid_i,
  input  logic [1:0]  m_bresp_i,
  output logic        m_arvalid_o,
  input  logic        m_arready_i,
  output logic [3:0]  m_arid_o,
  output logic [63:0] m_araddr_o,
  output logic [7:0]  m_arlen_o,
  output logic [2:0]  m_arsize_o,
  output logic [1:0]  m_arburst_o,
  input  logic        m_rvalid_i,
  output logic        m_rready_o,
  input  logic [3:0]  m_rid_i,
  input  logic [63:0] m_rdata_i,
  input  logic [1:0]  m_rresp_i,
  input  logic        m_rlast_i,
  output logic        intx_o,
  input  logic [63:0] strap_features_i
);

  // strap_features_i, from bit 0: AR valid, AW valid, W valid, W last; AR ready, AW ready, W ready, R valid and
  // B valid of the register port; its R and B response; ids; sizes and kinds of bursts; length; strobes.
  // From bit 48: the address, of 16 bits, that also is the data.
  assign {m_wlast_o, m_wvalid_o, m_awvalid_o, m_arvalid_o}                        = strap_features_i[3:0];
  assign {s_bvalid_o, s_rvalid_o, s_wready_o, s_awready_o, s_arready_o}           = strap_features_i[8:4];
  assign {s_bresp_o, s_rresp_o}                                                   = strap_features_i[12:9];
  assign {m_awid_o, m_arid_o}                                                     = {2{strap_features_i[16:13]}};
  assign {m_awsize_o, m_arsize_o}                                                 = {2{strap_features_i[19:17]}};
  assign {m_awburst_o, m_arburst_o}                                               = {2{strap_features_i[21:20]}};
  assign {m_awlen_o, m_arlen_o}                                                   = {2{strap_features_i[31:24]}};
  assign m_wstrb_o                                                                = strap_features_i[39:32];
  assign {m_rready_o, m_bready_o}                                                 = strap_features_i[41:40];
  assign {m_awaddr_o, m_araddr_o, m_wdata_o} = {3{48'd0, strap_features_i[63:48]}};
  assign s_rdata_o = {16'd0, strap_features_i[63:48]};
  assign intx_o    = 1'b0;

endmodule
