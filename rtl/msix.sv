// SPDX-License-Identifier: MIT
//
// Purpose: MSI-X (PCI Local Bus 3.0, 6.8.2). Holds the vector table and the pending bits behind one register
// window (table from 0x000, pending bits from 0x800), remembers requested vectors while they are masked
// by entry or by function, and sends one message a handshake, lowest vector first. A message is a
// memory write, so it waits for bus mastering too. An offered message is never withdrawn; flush_i
// drops only what has not been offered yet.

module msix #(
  parameter int unsigned NumVectors = 6
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  // Register window.
  input  logic                  reg_write_i,
  input  logic [11:2]           reg_addr_i,
  input  logic [31:0]           reg_wdata_i,
  input  logic [3:0]            reg_be_i,
  output logic [31:0]           reg_rdata_o,

  input  logic                  enable_i,
  input  logic                  func_mask_i,
  input  logic                  bus_master_i,
  input  logic                  flush_i,
  input  logic                  hold_i,   // suspended: nothing new is offered
  input  logic                  reset_i,  // of the function: the table too
  input  logic [NumVectors-1:0] request_i,
  input  logic [NumVectors-1:0] forget_i,

  output logic                  msix_valid_o,
  input  logic                  msix_ready_i,
  output logic [10:0]           msix_vector_o,
  output logic [63:0]           msix_addr_o,
  output logic [31:0]           msix_data_o,

  output logic                  idle_o, // no message on offer
  output logic                  busy_o  // a message on offer or deliverable
);

  if (NumVectors < 2 || NumVectors > 32) begin : gen_vectors
    $error("NumVectors: 2 to 32, as many as one word of pending bits has");
  end

  localparam int unsigned IdxW = $clog2(NumVectors);

  logic [31:2] addr_lo_q[NumVectors];
  logic [31:0] addr_hi_q[NumVectors];
  logic [31:0] data_q[NumVectors];
  logic [NumVectors-1:0] mask_q;
  logic [NumVectors-1:0] pending_d, pending_q;

  logic        valid_d, valid_q;
  logic [IdxW-1:0] vector_d, vector_q;
  logic [63:0] msg_addr_d, msg_addr_q;
  logic [31:0] msg_data_d, msg_data_q;

  // --- delivery ---

  logic [NumVectors-1:0] deliverable;
  assign deliverable = (enable_i && !func_mask_i && bus_master_i && !hold_i) ?
                       (pending_q & ~mask_q) : '0;

  always_comb begin
    valid_d    = valid_q && !msix_ready_i;
    vector_d   = vector_q;
    msg_addr_d = msg_addr_q;
    msg_data_d = msg_data_q;
    pending_d  = (pending_q & ~forget_i) | request_i;
    if (!valid_d && deliverable != '0) begin
      for (int unsigned i = NumVectors; i > 0; i--) begin
        if (deliverable[i-1]) vector_d = IdxW'(i - 1);
      end
      valid_d             = !flush_i;
      msg_addr_d          = {addr_hi_q[vector_d], addr_lo_q[vector_d], 2'b00};
      msg_data_d          = data_q[vector_d];
      pending_d[vector_d] = request_i[vector_d];
    end
    if (flush_i || !enable_i) pending_d = '0;
  end

  assign msix_valid_o  = valid_q;
  assign msix_vector_o = 11'(vector_q);
  assign msix_addr_o   = msg_addr_q;
  assign msix_data_o   = msg_data_q;
  assign idle_o        = !valid_q;
  assign busy_o        = valid_q || deliverable != '0;

  // --- register window: entry = address lo, hi, data, control ---

  logic        sel_table, sel_pba;
  logic [6:0]  entry;
  logic [IdxW-1:0] idx;

  assign entry     = reg_addr_i[10:4];
  assign idx       = entry[IdxW-1:0];
  assign sel_table = !reg_addr_i[11] && entry < 7'(NumVectors);
  assign sel_pba   = reg_addr_i[11:2] == 10'h200;

  always_comb begin
    reg_rdata_o = '0;
    if (sel_table) begin
      unique case (reg_addr_i[3:2])
        2'd0:    reg_rdata_o = {addr_lo_q[idx], 2'b00};
        2'd1:    reg_rdata_o = addr_hi_q[idx];
        2'd2:    reg_rdata_o = data_q[idx];
        default: reg_rdata_o = {31'd0, mask_q[idx]};
      endcase
    end else if (sel_pba) begin
      reg_rdata_o = 32'(pending_q);
    end
  end

  logic [31:0] wmask;
  assign wmask = {{8{reg_be_i[3]}}, {8{reg_be_i[2]}}, {8{reg_be_i[1]}}, {8{reg_be_i[0]}}};

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      for (int unsigned i = 0; i < NumVectors; i++) begin
        addr_lo_q[i] <= '0;
        addr_hi_q[i] <= '0;
        data_q[i]    <= '0;
      end
      mask_q     <= '1;
      pending_q  <= '0;
      valid_q    <= 1'b0;
      vector_q   <= '0;
      msg_addr_q <= '0;
      msg_data_q <= '0;
    end else begin
      pending_q  <= pending_d;
      valid_q    <= valid_d;
      vector_q   <= vector_d;
      msg_addr_q <= msg_addr_d;
      msg_data_q <= msg_data_d;
      if (reset_i) begin
        for (int unsigned i = 0; i < NumVectors; i++) begin
          addr_lo_q[i] <= '0;
          addr_hi_q[i] <= '0;
          data_q[i]    <= '0;
        end
        mask_q <= '1;
      end else if (reg_write_i && sel_table) begin
        for (int unsigned i = 0; i < NumVectors; i++) begin
          if (idx == IdxW'(i)) begin
            unique case (reg_addr_i[3:2])
              2'd0: addr_lo_q[i] <= (addr_lo_q[i] & ~wmask[31:2]) | (reg_wdata_i[31:2] & wmask[31:2]);
              2'd1: addr_hi_q[i] <= (addr_hi_q[i] & ~wmask) | (reg_wdata_i & wmask);
              2'd2: data_q[i] <= (data_q[i] & ~wmask) | (reg_wdata_i & wmask);
              default: if (reg_be_i[0]) mask_q[i] <= reg_wdata_i[0];
            endcase
          end
        end
      end
    end
  end

endmodule
