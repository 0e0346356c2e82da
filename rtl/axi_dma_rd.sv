// SPDX-License-Identifier: MIT
//
// Purpose: reads a run of bytes, any address and length, from memory over an AXI4 manager's read half and
// delivers them as a dense stream: 8 bytes a beat from byte 0 on, fewer only in the last. Bursts are
// INCR, end at multiples of their own maximum size and so never cross 4 KiB; two may be outstanding, so
// that data moves every cycle.
//
// An error response ends the command after the bursts in flight: nothing more is delivered, done_o comes with
// error_o. flush_i drops the command the same way, without done_o. Requests on offer are never
// withdrawn. Without bus mastering no new burst starts and the command waits (stalled_o).

module axi_dma_rd #(
  parameter int unsigned BurstBeats = 64 // power of two, at most 256
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        bus_master_i,
  input  logic        flush_i,

  input  logic        cmd_valid_i,
  output logic        cmd_ready_o,
  input  logic [63:0] cmd_addr_i,
  input  logic [31:0] cmd_len_i, // bytes, not 0

  output logic        data_valid_o,
  input  logic        data_ready_i,
  output logic [63:0] data_o,
  output logic [3:0]  data_bytes_o, // 1 to 8
  output logic        done_o,       // pulse, with the last beat or after it
  output logic        error_o,      // with done_o
  output logic        idle_o,
  output logic        stalled_o,

  output logic        m_arvalid_o,
  input  logic        m_arready_i,
  output logic [63:0] m_araddr_o,
  output logic [7:0]  m_arlen_o,
  input  logic        m_rvalid_i,
  output logic        m_rready_o,
  input  logic [63:0] m_rdata_i,
  input  logic        m_rerror_i,
  input  logic        m_rlast_i
);

  localparam int unsigned BeatsW = $clog2(BurstBeats);

  if (BurstBeats > 256 || (BurstBeats & (BurstBeats - 1)) != 0) begin : gen_burst
    $error("BurstBeats: a power of two, at most 256");
  end

  logic        active_q;
  logic        error_q;
  logic        drop; // the rest of the command is thrown away

  // --- requests ---

  logic [63:3]     req_addr_q;  // next burst
  logic [29:0]     req_beats_q; // not yet requested
  logic            req_held_q;  // offered, not yet taken
  logic [1:0]      bursts_d, bursts_q;
  logic [BeatsW:0] room, burst;
  logic            ar_done, r_done;

  assign drop        = error_q || flush_i;
  assign room        = (BeatsW + 1)'(BurstBeats) - {1'b0, req_addr_q[3+:BeatsW]};
  assign burst       = req_beats_q < 30'(room) ? req_beats_q[BeatsW:0] : room;
  assign m_araddr_o  = {req_addr_q, 3'b000};
  assign m_arlen_o   = 8'(burst - 1'b1);
  assign m_arvalid_o = req_held_q || (active_q && req_beats_q != '0 && bursts_q < 2'd2 && !drop &&
                                      bus_master_i);
  assign ar_done     = m_arvalid_o && m_arready_i;
  assign r_done      = m_rvalid_i && m_rready_o && m_rlast_i;
  assign bursts_d    = bursts_q + {1'b0, ar_done} - {1'b0, r_done};

  // --- data: shift out the bytes before the first one, joining neighbours ---

  logic [2:0]  offset_q;
  logic [31:0] left_q;    // bytes to deliver
  logic [29:0] in_left_q; // beats to receive
  logic        prime_q;   // the next beat only fills hold_q
  logic        split_q;   // output beats span two input beats
  logic [63:0] hold_q;
  logic        tail;      // the last bytes are in hold_q alone
  logic        in_take;
  logic        out_done;
  logic [63:0] lo, hi;

  assign tail         = active_q && !drop && split_q && in_left_q == '0;
  assign lo           = split_q ? hold_q : m_rdata_i;
  assign hi           = m_rdata_i;
  assign data_o       = 64'({hi, lo} >> {offset_q, 3'b000});
  assign data_bytes_o = left_q < 32'd8 ? left_q[3:0] : 4'd8;
  assign data_valid_o = tail || (m_rvalid_i && !m_rerror_i && !drop && !prime_q);
  assign m_rready_o   = drop || prime_q || (data_ready_i && !tail); // of no input of the bus (A3.2.1)
  assign in_take      = m_rvalid_i && m_rready_o;
  assign out_done     = data_valid_o && data_ready_i;

  // --- completion ---

  logic finished, dropped;
  assign finished    = out_done && left_q <= 32'd8;
  assign dropped     = active_q && drop && bursts_q == 2'd0 && !req_held_q;
  assign done_o      = finished || (dropped && !flush_i);
  assign error_o     = dropped;
  assign idle_o      = !active_q;
  assign cmd_ready_o = !active_q && !flush_i;
  assign stalled_o   = active_q && !bus_master_i && !drop && !m_arvalid_o && bursts_q == 2'd0 &&
                       req_beats_q != '0;

  // Beats that hold the bytes: (offset + length) / 8, rounded up.
  logic [1:0]  cmd_odd;
  logic [29:0] cmd_beats;
  assign cmd_odd   = 2'((5'(cmd_addr_i[2:0]) + 5'(cmd_len_i[2:0]) + 5'd7) >> 3);
  assign cmd_beats = 30'(cmd_len_i[31:3]) + 30'(cmd_odd);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q    <= 1'b0;
      error_q     <= 1'b0;
      req_addr_q  <= '0;
      req_beats_q <= '0;
      req_held_q  <= 1'b0;
      bursts_q    <= '0;
      offset_q    <= '0;
      left_q      <= '0;
      in_left_q   <= '0;
      prime_q     <= 1'b0;
      split_q     <= 1'b0;
      hold_q      <= '0;
    end else if (!active_q) begin
      if (cmd_valid_i && cmd_ready_o) begin
        active_q    <= 1'b1;
        error_q     <= 1'b0;
        req_addr_q  <= cmd_addr_i[63:3];
        req_beats_q <= cmd_beats;
        offset_q    <= cmd_addr_i[2:0];
        left_q      <= cmd_len_i;
        in_left_q   <= cmd_beats;
        prime_q     <= cmd_addr_i[2:0] != '0 && cmd_beats > 30'd1;
        split_q     <= cmd_addr_i[2:0] != '0 && cmd_beats > 30'd1;
      end
    end else begin
      req_held_q <= m_arvalid_o && !m_arready_i;
      bursts_q   <= bursts_d;
      if (ar_done) begin
        req_addr_q  <= req_addr_q + 61'(burst);
        req_beats_q <= req_beats_q - 30'(burst);
      end
      if (in_take) begin
        hold_q    <= m_rdata_i;
        in_left_q <= in_left_q - 30'd1;
        prime_q   <= 1'b0;
        if (m_rerror_i) error_q <= 1'b1;
      end
      if (out_done) left_q <= left_q - 32'(data_bytes_o);
      if (finished || dropped) active_q <= 1'b0;
    end
  end

endmodule
