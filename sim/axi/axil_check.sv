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

  // --- what is on offer stays, as it is, until it is taken [A3.2.1] ---

  logic        aw_held_q, w_held_q, b_held_q, ar_held_q, r_held_q;
  logic [39:0] aw_q, ar_q;
  logic [35:0] w_q;
  logic [33:0] r_q;
  logic [1:0]  b_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      aw_held_q <= 1'b0;
      w_held_q  <= 1'b0;
      b_held_q  <= 1'b0;
      ar_held_q <= 1'b0;
      r_held_q  <= 1'b0;
      aw_q      <= '0;
      ar_q      <= '0;
      w_q       <= '0;
      r_q       <= '0;
      b_q       <= '0;
    end else begin
      aw_held_q <= awvalid_i && !awready_i;
      w_held_q  <= wvalid_i && !wready_i;
      b_held_q  <= bvalid_i && !bready_i;
      ar_held_q <= arvalid_i && !arready_i;
      r_held_q  <= rvalid_i && !rready_i;
      if (awvalid_i) aw_q <= {awaddr_i, awuser_i};
      if (arvalid_i) ar_q <= {araddr_i, aruser_i};
      if (wvalid_i)  w_q  <= {wdata_i, wstrb_i};
      if (rvalid_i)  r_q  <= {rdata_i, rresp_i};
      if (bvalid_i)  b_q  <= bresp_i;
    end
  end

  // --- a response for each request, none before it [A3.3.1] ---

  logic [CountW-1:0] aw_n_q, w_n_q, ar_n_q; // taken and not answered
  logic              b_done, r_done;
  assign b_done = bvalid_i && bready_i;
  assign r_done = rvalid_i && rready_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      aw_n_q <= '0;
      w_n_q  <= '0;
      ar_n_q <= '0;
    end else begin
      aw_n_q <= aw_n_q + CountW'(awvalid_i && awready_i) - CountW'(b_done && aw_n_q != '0);
      w_n_q  <= w_n_q + CountW'(wvalid_i && wready_i) - CountW'(b_done && w_n_q != '0);
      ar_n_q <= ar_n_q + CountW'(arvalid_i && arready_i) - CountW'(r_done && ar_n_q != '0);
    end
  end

  // --- the verdict ---

  assign manager_o = {
    !rst_ni && (awvalid_i || wvalid_i || arvalid_i),                                      // 3 [A3.1.2]
    rst_ni && w_held_q && (!wvalid_i || {wdata_i, wstrb_i} != w_q),                       // 2
    rst_ni && aw_held_q && (!awvalid_i || {awaddr_i, awuser_i} != aw_q),                  // 1
    rst_ni && ar_held_q && (!arvalid_i || {araddr_i, aruser_i} != ar_q)                   // 0
  };

  assign subordinate_o = {
    !rst_ni && (bvalid_i || rvalid_i),                                                    // 5 [A3.1.2]
    rst_ni && ((rvalid_i && rresp_i == 2'b01) || (bvalid_i && bresp_i == 2'b01)),         // 4 [B1.1.1]
    rst_ni && bvalid_i && (aw_n_q == '0 || w_n_q == '0),                                  // 3
    rst_ni && rvalid_i && ar_n_q == '0,                                                   // 2
    rst_ni && b_held_q && (!bvalid_i || bresp_i != b_q),                                  // 1
    rst_ni && r_held_q && (!rvalid_i || {rdata_i, rresp_i} != r_q)                        // 0
  };

endmodule
