// SPDX-License-Identifier: MIT
//
// Purpose: watches one AXI4-Lite port, as axi4_check does an AXI4 one (AMBA AXI specification, chapter B1 and
// the sections named). Address and data of a write may come in any order; responses come in the order
// of the requests.

module axil_check #(
  parameter int unsigned CountW = 5 // outstanding transfers, in bits
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        awvalid_i,
  input  logic        awready_i,
  input  logic [31:0] awaddr_i,
  input  logic [7:0]  awuser_i,
  input  logic        wvalid_i,
  input  logic        wready_i,
  input  logic [31:0] wdata_i,
  input  logic [3:0]  wstrb_i,
  input  logic        bvalid_i,
  input  logic        bready_i,
  input  logic [1:0]  bresp_i,
  input  logic        arvalid_i,
  input  logic        arready_i,
  input  logic [31:0] araddr_i,
  input  logic [7:0]  aruser_i,
  input  logic        rvalid_i,
  input  logic        rready_i,
  input  logic [31:0] rdata_i,
  input  logic [1:0]  rresp_i,

  output logic [3:0]  manager_o,
  output logic [5:0]  subordinate_o
);

  // The manager's, and the subordinate's.
  localparam int unsigned ArStable   = 0; // [A3.2.1]
  localparam int unsigned AwStable   = 1;
  localparam int unsigned WStable    = 2;
  localparam int unsigned ManagerRst = 3; // [A3.1.2]
  localparam int unsigned RStable    = 0;
  localparam int unsigned BStable    = 1;
  localparam int unsigned RDue       = 2; // [A3.3.1]
  localparam int unsigned BDue       = 3;
  localparam int unsigned Resp       = 4; // there is no EXOKAY [B1.1.1]
  localparam int unsigned SubordRst  = 5;

  logic              aw_held_q, w_held_q, b_held_q, ar_held_q, r_held_q;
  logic [39:0]       aw_q, ar_q;
  logic [35:0]       w_q;
  logic [33:0]       r_q;
  logic [1:0]        b_q;
  logic [CountW-1:0] aw_n_q, w_n_q, ar_n_q; // taken and not answered

  logic [3:0] manager_q = '0;
  logic [5:0] subordinate_q = '0;
  assign manager_o     = manager_q;
  assign subordinate_o = subordinate_q;

  logic active_q = 1'b1; // something was on offer in the cycle before

  /* verilator lint_off SYNCASYNCNET */
  always_ff @(posedge clk_i) begin
    active_q <= awvalid_i || wvalid_i || bvalid_i || arvalid_i || rvalid_i || !rst_ni;
    if (!rst_ni) begin
      if (awvalid_i || wvalid_i || arvalid_i) manager_q[ManagerRst] <= 1'b1;
      if (bvalid_i || rvalid_i) subordinate_q[SubordRst] <= 1'b1;
      {aw_held_q, w_held_q, b_held_q, ar_held_q, r_held_q} <= '0;
      aw_n_q <= '0;
      w_n_q  <= '0;
      ar_n_q <= '0;
    end else if (active_q || awvalid_i || wvalid_i || bvalid_i || arvalid_i || rvalid_i) begin
      if (ar_held_q && (!arvalid_i || {araddr_i, aruser_i} != ar_q)) manager_q[ArStable] <= 1'b1;
      if (aw_held_q && (!awvalid_i || {awaddr_i, awuser_i} != aw_q)) manager_q[AwStable] <= 1'b1;
      if (w_held_q && (!wvalid_i || {wdata_i, wstrb_i} != w_q)) manager_q[WStable] <= 1'b1;
      if (r_held_q && (!rvalid_i || {rdata_i, rresp_i} != r_q)) subordinate_q[RStable] <= 1'b1;
      if (b_held_q && (!bvalid_i || bresp_i != b_q)) subordinate_q[BStable] <= 1'b1;
      aw_held_q <= awvalid_i && !awready_i;
      w_held_q  <= wvalid_i && !wready_i;
      b_held_q  <= bvalid_i && !bready_i;
      ar_held_q <= arvalid_i && !arready_i;
      r_held_q  <= rvalid_i && !rready_i;
      aw_q      <= {awaddr_i, awuser_i};
      ar_q      <= {araddr_i, aruser_i};
      w_q       <= {wdata_i, wstrb_i};
      r_q       <= {rdata_i, rresp_i};
      b_q       <= bresp_i;

      if (bvalid_i && (aw_n_q == '0 || w_n_q == '0)) subordinate_q[BDue] <= 1'b1;
      if (rvalid_i && ar_n_q == '0) subordinate_q[RDue] <= 1'b1;
      if ((rvalid_i && rresp_i == 2'b01) || (bvalid_i && bresp_i == 2'b01)) subordinate_q[Resp] <= 1'b1;
      aw_n_q <= aw_n_q + CountW'(awvalid_i && awready_i) -
                CountW'(bvalid_i && bready_i && aw_n_q != '0);
      w_n_q  <= w_n_q + CountW'(wvalid_i && wready_i) - CountW'(bvalid_i && bready_i && w_n_q != '0);
      ar_n_q <= ar_n_q + CountW'(arvalid_i && arready_i) -
                CountW'(rvalid_i && rready_i && ar_n_q != '0);
    end
  end

endmodule
