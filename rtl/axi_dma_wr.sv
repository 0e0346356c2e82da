// SPDX-License-Identifier: MIT
//
// Purpose: writes a dense byte stream (8 bytes a beat from byte 0 on) to memory, any address and length, over
// an AXI4 manager's write half. Bursts are INCR, end at multiples of their own maximum size and so never
// cross 4 KiB; one is outstanding. done_o follows the last write response, so what is written is there.
//
// An error response ends the command after that burst, with error_o; what is left of the stream is not
// taken. flush_i drops the command: a burst that has begun is filled up with beats that write nothing.
// Without bus mastering no new burst starts and the command waits (stalled_o).

module axi_dma_wr #(
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

  input  logic        data_valid_i,
  output logic        data_ready_o,
  input  logic [63:0] data_i,
  output logic        done_o,  // pulse
  output logic        error_o, // with done_o
  output logic        idle_o,
  output logic        stalled_o,

  output logic        m_awvalid_o,
  input  logic        m_awready_i,
  output logic [63:0] m_awaddr_o,
  output logic [7:0]  m_awlen_o,
  output logic        m_wvalid_o,
  input  logic        m_wready_i,
  output logic [63:0] m_wdata_o,
  output logic [7:0]  m_wstrb_o,
  output logic        m_wlast_o,
  input  logic        m_bvalid_i,
  output logic        m_bready_o,
  input  logic        m_berror_i
);

  localparam int unsigned BeatsW = $clog2(BurstBeats);

  if (BurstBeats > 256 || (BurstBeats & (BurstBeats - 1)) != 0) begin : gen_burst
    $error("BurstBeats: a power of two, at most 256");
  end

  typedef enum logic [1:0] {
    StIdle,
    StStart, // a burst is due
    StBurst, // address and data, each at its own pace
    StResp
  } state_e;

  state_e state_d, state_q;

  logic [63:3]     addr_d, addr_q;         // of the burst
  logic [29:0]     beats_d, beats_q;       // left to write, this burst's beats counted as they go
  logic [29:0]     in_left_d, in_left_q;   // beats left to take from the stream
  logic [2:0]      offset_d, offset_q;
  logic [2:0]      end_d, end_q;           // bytes used of the last beat, 0: all
  logic            first_d, first_q;       // the next beat is the command's first
  logic [BeatsW:0] burst_d, burst_q;       // beats of this burst not yet handed to the W register
  logic            aw_pend_d, aw_pend_q;
  logic [7:0]      aw_len_d, aw_len_q;
  logic [63:0]     hold_d, hold_q;         // the stream beat before
  logic            killed_d, killed_q;     // flushed since the command began

  // W channel register.
  logic            w_valid_d, w_valid_q;
  logic [63:0]     w_data_d, w_data_q;
  logic [7:0]      w_strb_d, w_strb_q;
  logic            w_last_d, w_last_q;

  logic [BeatsW:0] room, burst;
  logic            kill, need, can_fill, fill;
  logic [63:0]     in_word, shifted;
  logic [7:0]      strb;
  logic [1:0]      cmd_odd;

  assign cmd_odd = 2'((5'(cmd_addr_i[2:0]) + 5'(cmd_len_i[2:0]) + 5'd7) >> 3);
  assign room    = (BeatsW + 1)'(BurstBeats) - {1'b0, addr_q[3+:BeatsW]};
  assign burst   = beats_q < 30'(room) ? beats_q[BeatsW:0] : room;

  assign kill     = killed_q || flush_i;
  assign need     = in_left_q != '0;
  assign can_fill = state_q == StBurst && burst_q != '0 && (!w_valid_q || m_wready_i);
  assign fill     = can_fill && (kill || !need || data_valid_i);
  assign in_word  = need ? data_i : '0;
  assign shifted  = 64'({in_word, hold_q} >> {4'd8 - {1'b0, offset_q}, 3'b000});

  // Lanes of this beat: from the offset in the first, up to the end in the last.
  always_comb begin
    strb = 8'hff;
    if (first_q) strb = strb << offset_q;
    if (beats_q == 30'd1 && end_q != '0) strb = strb & ~(8'hff << end_q);
    if (kill) strb = '0;
  end

  always_comb begin
    state_d   = state_q;
    addr_d    = addr_q;
    beats_d   = beats_q;
    in_left_d = in_left_q;
    offset_d  = offset_q;
    end_d     = end_q;
    first_d   = first_q;
    burst_d   = burst_q;
    aw_pend_d = aw_pend_q && !m_awready_i;
    aw_len_d  = aw_len_q;
    hold_d    = hold_q;
    killed_d  = kill;
    w_valid_d = w_valid_q && !m_wready_i;
    w_data_d  = w_data_q;
    w_strb_d  = w_strb_q;
    w_last_d  = w_last_q;

    cmd_ready_o  = 1'b0;
    data_ready_o = 1'b0;
    done_o       = 1'b0;
    error_o      = 1'b0;
    m_bready_o   = 1'b0;

    if (fill) begin
      data_ready_o = need && !kill;
      w_valid_d    = 1'b1;
      w_data_d     = shifted;
      w_strb_d     = strb;
      w_last_d     = burst_q == (BeatsW + 1)'(1);
      burst_d      = burst_q - 1'b1;
      beats_d      = beats_q - 30'd1;
      first_d      = 1'b0;
      if (need) begin
        hold_d    = data_i;
        in_left_d = in_left_q - 30'd1;
      end
    end

    unique case (state_q)
      StIdle: begin
        cmd_ready_o = !flush_i;
        killed_d    = 1'b0;
        if (cmd_valid_i && !flush_i) begin
          addr_d    = cmd_addr_i[63:3];
          offset_d  = cmd_addr_i[2:0];
          end_d     = cmd_addr_i[2:0] + cmd_len_i[2:0];
          beats_d   = 30'(cmd_len_i[31:3]) + 30'(cmd_odd);
          in_left_d = 30'(cmd_len_i[31:3]) + 30'(cmd_len_i[2:0] != '0);
          first_d   = 1'b1;
          hold_d    = '0;
          state_d   = StStart;
        end
      end
      StStart: begin
        if (kill) begin
          state_d = StIdle;
        end else if (bus_master_i) begin
          burst_d   = burst;
          aw_len_d  = 8'(burst - 1'b1);
          aw_pend_d = 1'b1;
          state_d   = StBurst;
        end
      end
      StBurst: begin
        if (!aw_pend_d && burst_q == '0 && !w_valid_d) state_d = StResp;
      end
      StResp: begin
        m_bready_o = 1'b1;
        if (m_bvalid_i) begin
          addr_d = addr_q + 61'(aw_len_q) + 61'd1;
          if (kill) begin
            state_d = StIdle;
          end else if (m_berror_i || beats_q == '0) begin
            done_o  = 1'b1;
            error_o = m_berror_i;
            state_d = StIdle;
          end else begin
            state_d = StStart;
          end
        end
      end
      default: state_d = StIdle;
    endcase
  end

  assign m_awvalid_o = aw_pend_q;
  assign m_awaddr_o  = {addr_q, 3'b000};
  assign m_awlen_o   = aw_len_q;
  assign m_wvalid_o  = w_valid_q;
  assign m_wdata_o   = w_data_q;
  assign m_wstrb_o   = w_strb_q;
  assign m_wlast_o   = w_last_q;
  assign idle_o      = state_q == StIdle;
  assign stalled_o   = state_q == StStart && !bus_master_i && !kill;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q   <= StIdle;
      addr_q    <= '0;
      beats_q   <= '0;
      in_left_q <= '0;
      offset_q  <= '0;
      end_q     <= '0;
      first_q   <= 1'b0;
      burst_q   <= '0;
      aw_pend_q <= 1'b0;
      aw_len_q  <= '0;
      hold_q    <= '0;
      killed_q  <= 1'b0;
      w_valid_q <= 1'b0;
      w_data_q  <= '0;
      w_strb_q  <= '0;
      w_last_q  <= 1'b0;
    end else begin
      state_q   <= state_d;
      addr_q    <= addr_d;
      beats_q   <= beats_d;
      in_left_q <= in_left_d;
      offset_q  <= offset_d;
      end_q     <= end_d;
      first_q   <= first_d;
      burst_q   <= burst_d;
      aw_pend_q <= aw_pend_d;
      aw_len_q  <= aw_len_d;
      hold_q    <= hold_d;
      killed_q  <= killed_d;
      w_valid_q <= w_valid_d;
      w_data_q  <= w_data_d;
      w_strb_q  <= w_strb_d;
      w_last_q  <= w_last_d;
    end
  end

endmodule
