// SPDX-License-Identifier: MIT
//
// Purpose: both ports of a device under test under watch. Its ports are named like the device's, so that one
// `bind` puts it into any of them; `broken` has each rule that was ever broken, for sim/model.cpp to read.
// The order of the bits is that of sim/axi_rules.h: first the device's rules, then the testbench's.

`ifndef DUT_REGISTERS
 `define DUT_REGISTERS 32
`endif
`ifndef DUT_DMA_ADDRESS
 `define DUT_DMA_ADDRESS 64
`endif
`ifndef DUT_DMA_DATA
 `define DUT_DMA_DATA 64
`endif
`ifndef DUT_DMA_ID
 `define DUT_DMA_ID 4
`endif

module bus_check #(
  parameter int unsigned RegisterW = 32, // bits of addresses, data and ids, as a manifest says
  parameter int unsigned AddrW     = 64,
  parameter int unsigned DataW     = 64,
  parameter int unsigned IdW       = 4,
  parameter int unsigned StrbW     = DataW / 8,
  parameter int unsigned RegisterHas = RegisterW, // and bits that the ports have
  parameter int unsigned AddrHas     = AddrW,
  parameter int unsigned DataHas     = DataW,
  parameter int unsigned IdHas       = IdW
) (
  input logic        clk_i,
  input logic        rst_ni,
  input logic        s_awvalid_i,
  input logic        s_awready_o,
  input logic [RegisterW-1:0] s_awaddr_i,
  input logic [7:0]  s_awuser_i,
  input logic        s_wvalid_i,
  input logic        s_wready_o,
  input logic [31:0] s_wdata_i,
  input logic [3:0]  s_wstrb_i,
  input logic        s_bvalid_o,
  input logic        s_bready_i,
  input logic [1:0]  s_bresp_o,
  input logic        s_arvalid_i,
  input logic        s_arready_o,
  input logic [RegisterW-1:0] s_araddr_i,
  input logic [7:0]  s_aruser_i,
  input logic        s_rvalid_o,
  input logic        s_rready_i,
  input logic [31:0] s_rdata_o,
  input logic [1:0]  s_rresp_o,
  input logic        m_awvalid_o,
  input logic        m_awready_i,
  input logic [IdW-1:0] m_awid_o,
  input logic [AddrW-1:0] m_awaddr_o,
  input logic [7:0]  m_awlen_o,
  input logic [2:0]  m_awsize_o,
  input logic [1:0]  m_awburst_o,
  input logic        m_wvalid_o,
  input logic        m_wready_i,
  input logic [DataW-1:0] m_wdata_o,
  input logic [StrbW-1:0] m_wstrb_o,
  input logic        m_wlast_o,
  input logic        m_bvalid_i,
  input logic        m_bready_o,
  input logic [IdW-1:0] m_bid_i,
  input logic [1:0]  m_bresp_i,
  input logic        m_arvalid_o,
  input logic        m_arready_i,
  input logic [IdW-1:0] m_arid_o,
  input logic [AddrW-1:0] m_araddr_o,
  input logic [7:0]  m_arlen_o,
  input logic [2:0]  m_arsize_o,
  input logic [1:0]  m_arburst_o,
  input logic        m_rvalid_i,
  input logic        m_rready_o,
  input logic [IdW-1:0] m_rid_i,
  input logic [DataW-1:0] m_rdata_i,
  input logic [1:0]  m_rresp_i,
  input logic        m_rlast_i
);

  // Once the model is built, 9 bits and 10 look the same.
  if (RegisterHas != RegisterW)
    $error("widths.registers of the manifest is %0d, s_awaddr_i has %0d bits", RegisterW, RegisterHas);
  if (AddrHas != AddrW)
    $error("widths.dma_address of the manifest is %0d, m_awaddr_o has %0d bits", AddrW, AddrHas);
  if (DataHas != DataW)
    $error("widths.dma_data of the manifest is %0d, m_wdata_o has %0d bits", DataW, DataHas);
  if (IdHas != IdW) $error("widths.dma_id of the manifest is %0d, m_awid_o has %0d bits", IdW, IdHas);

  logic [9:0] m_device;
  logic [6:0] m_bench;
  logic [5:0] s_device;
  logic [3:0] s_bench;

  axil_check u_s (
    .clk_i,
    .rst_ni,
    .awvalid_i    (s_awvalid_i),
    .awready_i    (s_awready_o),
    .awaddr_i     (32'(s_awaddr_i)),
    .awuser_i     (s_awuser_i),
    .wvalid_i     (s_wvalid_i),
    .wready_i     (s_wready_o),
    .wdata_i      (s_wdata_i),
    .wstrb_i      (s_wstrb_i),
    .bvalid_i     (s_bvalid_o),
    .bready_i     (s_bready_i),
    .bresp_i      (s_bresp_o),
    .arvalid_i    (s_arvalid_i),
    .arready_i    (s_arready_o),
    .araddr_i     (32'(s_araddr_i)),
    .aruser_i     (s_aruser_i),
    .rvalid_i     (s_rvalid_o),
    .rready_i     (s_rready_i),
    .rdata_i      (s_rdata_o),
    .rresp_i      (s_rresp_o),
    .manager_o    (s_bench),
    .subordinate_o(s_device)
  );

  axi4_check #(
    .DataBytes(DataW / 8),
    .IdW      (IdW)
  ) u_m (
    .clk_i,
    .rst_ni,
    .awvalid_i    (m_awvalid_o),
    .awready_i    (m_awready_i),
    .awid_i       (m_awid_o),
    .awaddr_i     (64'(m_awaddr_o)),
    .awlen_i      (m_awlen_o),
    .awsize_i     (m_awsize_o),
    .awburst_i    (m_awburst_o),
    .wvalid_i     (m_wvalid_o),
    .wready_i     (m_wready_i),
    .wdata_i      (m_wdata_o),
    .wstrb_i      (m_wstrb_o),
    .wlast_i      (m_wlast_o),
    .bvalid_i     (m_bvalid_i),
    .bready_i     (m_bready_o),
    .bid_i        (m_bid_i),
    .bresp_i      (m_bresp_i),
    .arvalid_i    (m_arvalid_o),
    .arready_i    (m_arready_i),
    .arid_i       (m_arid_o),
    .araddr_i     (64'(m_araddr_o)),
    .arlen_i      (m_arlen_o),
    .arsize_i     (m_arsize_o),
    .arburst_i    (m_arburst_o),
    .rvalid_i     (m_rvalid_i),
    .rready_i     (m_rready_o),
    .rid_i        (m_rid_i),
    .rdata_i      (m_rdata_i),
    .rresp_i      (m_rresp_i),
    .rlast_i      (m_rlast_i),
    .manager_o    (m_device),
    .subordinate_o(m_bench)
  );

  logic [31:0] broken /* verilator public_flat_rd */;
  assign broken = {5'd0, s_bench, m_bench, s_device, m_device};

endmodule

// What a device does not have of them is not watched.
bind `DUT bus_check #(
  .RegisterW(`DUT_REGISTERS),
  .AddrW    (`DUT_DMA_ADDRESS),
  .DataW    (`DUT_DMA_DATA),
  .RegisterHas($bits(s_awaddr_i)),
  .AddrHas    ($bits(m_awaddr_o)),
  .DataHas    ($bits(m_wdata_o)),
`ifdef DUT_NO_ID
  .IdW      (1)
`else
  .IdHas    ($bits(m_awid_o)),
  .IdW      (`DUT_DMA_ID)
`endif
) u_bus_check (
`ifndef DUT_SIDEBANDS
  .s_awuser_i('0),
  .s_aruser_i('0),
`endif
`ifdef DUT_NO_ID
  .m_awid_o('0),
  .m_bid_i('0),
  .m_arid_o('0),
  .m_rid_i('0),
`endif
  .*
);
