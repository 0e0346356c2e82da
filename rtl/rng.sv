// SPDX-License-Identifier: MIT
//
// Purpose: an entropy device as a device function (virtio 1.4, 5.4), whatever transport and ring format carry
// it. One queue; each buffer's writable room is filled with bytes, up to MaxBytes, so that a driver with a
// huge buffer cannot keep the device: 5.4.6.1 lets a device use less than the whole buffer. Readable bytes,
// which a driver must not send, are thrown away. No device configuration, no feature bits.
//
// The source is a stand-in: Marsaglia's xorshift64 (shifts 13, 7, 17), seeded from a port, every beat being its
// whole state. It is repeatable, which a testbench wants, and predictable, which nobody else does: silicon has
// its noise source here, behind fill_valid_o.

module rng #(
  parameter int unsigned MaxBytes = 256
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic [63:0] strap_seed_i, // static; 0: one of its own

  output logic [63:0] features_o,
  output logic [0:0]  queue_exists_o,
  output logic [15:0] num_queues_o,

  // Buffers.
  output logic        buf_ready_o,
  input  logic        seg_valid_i,
  output logic        seg_ready_o,
  input  logic [31:0] seg_len_i,
  output logic [31:0] seg_fill_o,
  output logic        fill_valid_o,
  input  logic        fill_ready_i,
  output logic [63:0] fill_data_o,
  input  logic        buf_end_i,
  output logic        buf_done_o,
  input  logic        buf_abort_i
);

  localparam logic [63:0] OwnSeed = 64'h9e37_79b9_7f4a_7c15;

  assign features_o     = '0;
  assign queue_exists_o = 1'b1;
  assign num_queues_o   = 16'd1;

  // --- how much of the buffer ---

  logic [31:0] left_d, left_q; // bytes that this buffer may still get

  assign seg_ready_o = 1'b1;
  assign seg_fill_o  = seg_len_i < left_q ? seg_len_i : left_q;
  assign buf_ready_o = 1'b1;
  assign buf_done_o  = buf_end_i;

  always_comb begin
    left_d = left_q;
    if (seg_valid_i) left_d = left_q - seg_fill_o;
    if (buf_end_i || buf_abort_i) left_d = MaxBytes;
  end

  // --- with what ---

  logic [63:0] state_d, state_q; // 0 only before it is seeded: xorshift never gets there
  logic [63:0] step13, step7;

  assign step13       = state_q ^ (state_q << 13);
  assign step7        = step13 ^ (step13 >> 7);
  assign fill_valid_o = state_q != '0;
  assign fill_data_o  = state_q;

  always_comb begin
    state_d = state_q;
    if (fill_ready_i) state_d = step7 ^ (step7 << 17);
    if (!fill_valid_o) state_d = strap_seed_i != '0 ? strap_seed_i : OwnSeed;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      left_q  <= MaxBytes;
      state_q <= '0;
    end else begin
      left_q  <= left_d;
      state_q <= state_d;
    end
  end

endmodule
