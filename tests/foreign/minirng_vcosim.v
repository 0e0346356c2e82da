// SPDX-License-Identifier: MIT
//
// minirng under the names that vcosim wants. What it always is (single beats, increments) is said here.

module minirng_vcosim (
  input         clk_i,
  input         rst_ni,

  input         s_awvalid_i,
  output        s_awready_o,
  input  [11:0] s_awaddr_i,
  input         s_wvalid_i,
  output        s_wready_o,
  input  [31:0] s_wdata_i,
  input  [3:0]  s_wstrb_i,
  output        s_bvalid_o,
  input         s_bready_i,
  output [1:0]  s_bresp_o,
  input         s_arvalid_i,
  output        s_arready_o,
  input  [11:0] s_araddr_i,
  output        s_rvalid_o,
  input         s_rready_i,
  output [31:0] s_rdata_o,
  output [1:0]  s_rresp_o,

  output        m_awvalid_o,
  input         m_awready_i,
  output [31:0] m_awaddr_o,
  output [7:0]  m_awlen_o,
  output [2:0]  m_awsize_o,
  output [1:0]  m_awburst_o,
  output        m_wvalid_o,
  input         m_wready_i,
  output [31:0] m_wdata_o,
  output [3:0]  m_wstrb_o,
  output        m_wlast_o,
  input         m_bvalid_i,
  output        m_bready_o,
  input  [1:0]  m_bresp_i,
  output        m_arvalid_o,
  input         m_arready_i,
  output [31:0] m_araddr_o,
  output [7:0]  m_arlen_o,
  output [2:0]  m_arsize_o,
  output [1:0]  m_arburst_o,
  input         m_rvalid_i,
  output        m_rready_o,
  input  [31:0] m_rdata_i,
  input  [1:0]  m_rresp_i,
  input         m_rlast_i,

  output        intx_o
);

  assign m_awlen_o   = 8'd0;
  assign m_awburst_o = 2'b01;
  assign m_wlast_o   = 1'b1;
  assign m_arlen_o   = 8'd0;
  assign m_arburst_o = 2'b01;

  minirng core (
    .aclk(clk_i),
    .aresetn(rst_ni),
    .s_axi_awaddr(s_awaddr_i),
    .s_axi_awvalid(s_awvalid_i),
    .s_axi_awready(s_awready_o),
    .s_axi_wdata(s_wdata_i),
    .s_axi_wstrb(s_wstrb_i),
    .s_axi_wvalid(s_wvalid_i),
    .s_axi_wready(s_wready_o),
    .s_axi_bresp(s_bresp_o),
    .s_axi_bvalid(s_bvalid_o),
    .s_axi_bready(s_bready_i),
    .s_axi_araddr(s_araddr_i),
    .s_axi_arvalid(s_arvalid_i),
    .s_axi_arready(s_arready_o),
    .s_axi_rdata(s_rdata_o),
    .s_axi_rresp(s_rresp_o),
    .s_axi_rvalid(s_rvalid_o),
    .s_axi_rready(s_rready_i),
    .m_axi_awaddr(m_awaddr_o),
    .m_axi_awsize(m_awsize_o),
    .m_axi_awvalid(m_awvalid_o),
    .m_axi_awready(m_awready_i),
    .m_axi_wdata(m_wdata_o),
    .m_axi_wstrb(m_wstrb_o),
    .m_axi_wvalid(m_wvalid_o),
    .m_axi_wready(m_wready_i),
    .m_axi_bresp(m_bresp_i),
    .m_axi_bvalid(m_bvalid_i),
    .m_axi_bready(m_bready_o),
    .m_axi_araddr(m_araddr_o),
    .m_axi_arsize(m_arsize_o),
    .m_axi_arvalid(m_arvalid_o),
    .m_axi_arready(m_arready_i),
    .m_axi_rdata(m_rdata_i),
    .m_axi_rresp(m_rresp_i),
    .m_axi_rvalid(m_rvalid_i),
    .m_axi_rready(m_rready_o),
    .irq(intx_o)
  );

endmodule
