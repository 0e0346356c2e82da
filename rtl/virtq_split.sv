// SPDX-License-Identifier: MIT
//
// Purpose: the split virtqueue engine (virtio 1.4, 2.7), one for all queues of a device. A kick, by
// notification or by enabling a queue, makes it look at that queue's available ring; it takes one buffer at
// a time, walks the descriptor chain, streams the readable bytes to the device function, waits for the
// function to be done with them, and returns the buffer: used element, used index, then the interrupt
// unless the driver asked for none. Each step begins when the write before it has been answered. After
// every buffer the available index is read again, together with the flags, so nothing is lost.
//
// A chain is refused, and error_o raised, if it is longer than the queue, leaves the table, has an indirect
// descriptor (not negotiable yet) or a readable one behind a writable one; so is an available ring that
// promises more than it can hold, and any transfer that memory answers with an error.
//
// What writable descriptors need (a stream from the function, the capacity offered to it) belongs in the
// StPayload step and the function interface below.

module virtq_split #(
  parameter int unsigned NumQueues = 5,
  parameter int unsigned QueueW    = $clog2(NumQueues)
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 bus_master_i,
  input  logic                 flush_i, // device reset: stop and forget
  input  logic                 run_i,   // the rings may be touched

  // Kicks, latched per queue.
  input  logic                 notify_i,
  input  logic [QueueW-1:0]    notify_queue_i,
  input  logic [NumQueues-1:0] enable_i, // pulse: just enabled, look at once
  input  logic [NumQueues-1:0] enabled_i,

  // The set-up of queue idx_o.
  output logic [QueueW-1:0]    idx_o,
  input  logic [3:0]           size_log2_i,
  input  logic [63:4]          desc_i, // aligned as 2.7 has it
  input  logic [63:1]          driver_i,
  input  logic [63:2]          device_i,

  // Memory reads.
  output logic                 rd_valid_o,
  input  logic                 rd_ready_i,
  output logic [63:0]          rd_addr_o,
  output logic [31:0]          rd_len_o,
  input  logic                 rd_data_valid_i,
  output logic                 rd_data_ready_o,
  input  logic [63:0]          rd_data_i,
  input  logic [3:0]           rd_data_bytes_i,
  input  logic                 rd_done_i,
  input  logic                 rd_error_i,
  input  logic                 rd_stalled_i,

  // Memory writes.
  output logic                 wr_valid_o,
  input  logic                 wr_ready_i,
  output logic [63:0]          wr_addr_o,
  output logic [31:0]          wr_len_o,
  output logic                 wr_data_valid_o,
  input  logic                 wr_data_ready_i,
  output logic [63:0]          wr_data_o,
  input  logic                 wr_done_i,
  input  logic                 wr_error_i,
  input  logic                 wr_stalled_i,

  // Device function: the readable bytes of a buffer of queue idx_o, then its end. The function raises
  // buf_done_i once it has dealt with all of them.
  output logic                 buf_valid_o,
  input  logic                 buf_ready_i,
  output logic [63:0]          buf_data_o,
  output logic [3:0]           buf_bytes_o,
  output logic                 buf_end_o,
  input  logic                 buf_done_i,
  output logic                 buf_abort_o, // forget the buffer

  output logic                 irq_o, // pulse: used buffers in queue idx_o
  output logic                 error_o,
  output logic                 idle_o,
  output logic                 busy_o
);

  typedef enum logic [3:0] {
    StIdle,
    StAvail,       // flags and index of the available ring
    StAvailWait,
    StRing,        // its next entry
    StRingWait,
    StDesc,        // a descriptor
    StDescWait,
    StDescCheck,
    StPayload,     // the bytes it describes
    StPayloadWait,
    StEnd,         // the function finishes
    StUsedElem,    // hand the buffer back
    StUsedElemWait,
    StUsedIdx,     // and say so
    StUsedIdxWait,
    StError
  } state_e;

  state_e state_d, state_q;

  logic [NumQueues-1:0] kick_d, kick_q;
  logic [QueueW-1:0]    queue_d, queue_q;
  logic [15:0]          avail_q[NumQueues]; // next available entry
  logic [15:0]          used_q[NumQueues];  // next used entry
  logic                 advance;            // both move on
  logic                 used_since_d, used_since_q;
  logic [15:0]          head_d, head_q;
  logic [15:0]          count_d, count_q;   // descriptors walked so far
  logic                 writable_d, writable_q;
  logic                 beat_d, beat_q;     // second half of a descriptor, or data handed over
  logic [63:0]          buf_addr_d, buf_addr_q;
  logic [31:0]          buf_len_d, buf_len_q;
  logic [15:0]          flags_d, flags_q;
  logic [15:0]          next_d, next_q;     // descriptor to fetch

  logic [15:0] size, mask;
  logic [15:0] avail_idx, used_idx;
  logic [63:0] desc_base, driver_base, device_base;
  logic [15:0] waiting; // entries that the driver has added

  assign size      = 16'd1 << size_log2_i;
  assign mask      = size - 16'd1;
  assign avail_idx = avail_q[queue_q];
  assign used_idx  = used_q[queue_q];
  assign waiting   = rd_data_i[31:16] - avail_idx;
  assign idx_o     = queue_q;

  assign desc_base   = {desc_i, 4'd0};
  assign driver_base = {driver_i, 1'd0};
  assign device_base = {device_i, 2'd0};

  // --- which queue next: from the one after the last served, round ---

  logic [NumQueues-1:0] due;
  logic [QueueW-1:0]    pick;

  assign due = run_i ? (kick_q & enabled_i) : '0;

  always_comb begin
    pick = queue_q;
    for (int unsigned i = NumQueues; i > 0; i--) begin
      if (due[i-1]) pick = QueueW'(i - 1);
    end
    for (int unsigned i = NumQueues; i > 0; i--) begin
      if (due[i-1] && QueueW'(i - 1) > queue_q) pick = QueueW'(i - 1);
    end
  end

  // --- addresses and data of the steps ---

  always_comb begin
    rd_valid_o = 1'b0;
    rd_addr_o  = buf_addr_q;
    rd_len_o   = buf_len_q;
    unique case (state_q)
      StAvail: begin
        rd_valid_o = 1'b1;
        rd_addr_o  = driver_base;
        rd_len_o   = virtio_pkg::AvailHeaderBytes;
      end
      StRing: begin
        rd_valid_o = 1'b1;
        rd_addr_o  = driver_base + 64'(virtio_pkg::AvailHeaderBytes) + {47'd0, avail_idx & mask, 1'b0};
        rd_len_o   = virtio_pkg::AvailElemBytes;
      end
      StDesc: begin
        rd_valid_o = 1'b1;
        rd_addr_o  = desc_base + {44'd0, next_q, 4'd0};
        rd_len_o   = virtio_pkg::DescBytes;
      end
      StPayload: rd_valid_o = 1'b1;
      default: ;
    endcase
  end

  always_comb begin
    wr_addr_o = device_base + 64'(virtio_pkg::UsedRingOffset) + {45'd0, used_idx & mask, 3'd0};
    wr_len_o  = virtio_pkg::UsedElemBytes;
    wr_data_o = {32'd0, 16'd0, head_q}; // nothing was written into the buffer
    if (state_q == StUsedIdx || state_q == StUsedIdxWait) begin
      wr_addr_o = device_base + 64'(virtio_pkg::UsedIdxOffset);
      wr_len_o  = 32'd2;
      wr_data_o = {48'd0, used_idx + 16'd1};
    end
  end

  assign wr_valid_o      = state_q == StUsedElem || state_q == StUsedIdx;
  assign wr_data_valid_o = (state_q == StUsedElemWait || state_q == StUsedIdxWait) && !beat_q;
  assign rd_data_ready_o = state_q == StPayloadWait ? buf_ready_i : 1'b1;
  assign buf_valid_o     = state_q == StPayloadWait && rd_data_valid_i;
  assign buf_data_o      = rd_data_i;
  assign buf_bytes_o     = rd_data_bytes_i;
  assign buf_end_o       = state_q == StEnd;
  assign buf_abort_o     = flush_i || state_q == StError;
  assign error_o         = state_q == StError && !flush_i;

  // --- the steps ---

  always_comb begin
    state_d      = state_q;
    queue_d      = queue_q;
    kick_d       = kick_q | enable_i;
    used_since_d = used_since_q;
    head_d       = head_q;
    count_d      = count_q;
    writable_d   = writable_q;
    beat_d       = beat_q;
    buf_addr_d   = buf_addr_q;
    buf_len_d    = buf_len_q;
    flags_d      = flags_q;
    next_d       = next_q;
    advance      = 1'b0;
    irq_o        = 1'b0;

    unique case (state_q)
      StIdle: begin
        used_since_d = 1'b0;
        if (due != '0 && bus_master_i) begin
          queue_d      = pick;
          kick_d[pick] = enable_i[pick];
          state_d      = StAvail;
        end
      end
      StAvail: if (rd_ready_i) state_d = StAvailWait;
      StAvailWait: begin
        if (rd_done_i) begin
          used_since_d = 1'b0;
          irq_o        = used_since_q && !rd_error_i && !flush_i &&
                         (rd_data_i[15:0] & virtio_pkg::AvailFlagNoInterrupt) == '0;
          if (rd_error_i || waiting > size) begin
            state_d = StError;
          end else if (waiting == '0 || !run_i) begin
            state_d = StIdle;
          end else if (used_since_q && (due & ~(NumQueues'(1) << queue_q)) != '0) begin
            kick_d[queue_q] = 1'b1; // the others' turn
            state_d         = StIdle;
          end else begin
            state_d = StRing;
          end
        end
      end
      StRing: if (rd_ready_i) state_d = StRingWait;
      StRingWait: begin
        if (rd_done_i) begin
          head_d     = rd_data_i[15:0];
          next_d     = rd_data_i[15:0];
          count_d    = '0;
          writable_d = 1'b0;
          state_d    = (rd_error_i || rd_data_i[15:0] > mask) ? StError : StDesc;
        end
      end
      StDesc: begin
        beat_d = 1'b0;
        if (rd_ready_i) state_d = StDescWait;
      end
      StDescWait: begin
        if (rd_data_valid_i) begin
          beat_d = 1'b1;
          if (!beat_q) begin
            buf_addr_d = rd_data_i;
          end else begin
            buf_len_d = rd_data_i[31:0];
            flags_d   = rd_data_i[47:32];
            next_d    = rd_data_i[63:48];
          end
        end
        if (rd_done_i) begin
          count_d = count_q + 16'd1;
          state_d = rd_error_i ? StError : StDescCheck;
        end
      end
      StDescCheck: begin
        writable_d = (flags_q & virtio_pkg::DescFlagWrite) != '0;
        if ((flags_q & virtio_pkg::DescFlagIndirect) != '0 || (writable_q && !writable_d) ||
            ((flags_q & virtio_pkg::DescFlagNext) != '0 && (next_q > mask || count_q == size))) begin
          state_d = StError;
        end else if (!writable_d && buf_len_q != '0) begin
          state_d = StPayload;
        end else if ((flags_q & virtio_pkg::DescFlagNext) != '0) begin
          state_d = StDesc;
        end else begin
          state_d = StEnd;
        end
      end
      StPayload: if (rd_ready_i) state_d = StPayloadWait;
      StPayloadWait: begin
        if (rd_done_i) begin
          if (rd_error_i) begin
            state_d = StError;
          end else if ((flags_q & virtio_pkg::DescFlagNext) != '0) begin
            state_d = StDesc;
          end else begin
            state_d = StEnd;
          end
        end
      end
      StEnd: if (buf_done_i) state_d = StUsedElem;
      StUsedElem: begin
        beat_d = 1'b0;
        if (wr_ready_i) state_d = StUsedElemWait;
      end
      StUsedElemWait: begin
        if (wr_data_ready_i) beat_d = 1'b1;
        if (wr_done_i) state_d = wr_error_i ? StError : StUsedIdx;
      end
      StUsedIdx: begin
        beat_d = 1'b0;
        if (wr_ready_i) state_d = StUsedIdxWait;
      end
      StUsedIdxWait: begin
        if (wr_data_ready_i) beat_d = 1'b1;
        if (wr_done_i) begin
          advance      = !wr_error_i;
          used_since_d = 1'b1;
          state_d      = wr_error_i ? StError : StAvail;
        end
      end
      StError: state_d = StIdle;
      default: state_d = StIdle;
    endcase

    if (notify_i && enabled_i[notify_queue_i]) kick_d[notify_queue_i] = 1'b1;

    if (flush_i) begin
      kick_d  = '0;
      state_d = StIdle;
    end
  end

  // Without bus mastering the engine waits for the driver.
  assign idle_o = state_q == StIdle;
  assign busy_o = (state_q != StIdle && !rd_stalled_i && !wr_stalled_i) ||
                  (due != '0 && bus_master_i);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q      <= StIdle;
      queue_q      <= '0;
      kick_q       <= '0;
      used_since_q <= 1'b0;
      head_q       <= '0;
      count_q      <= '0;
      writable_q   <= 1'b0;
      beat_q       <= 1'b0;
      buf_addr_q   <= '0;
      buf_len_q    <= '0;
      flags_q      <= '0;
      next_q       <= '0;
      for (int unsigned i = 0; i < NumQueues; i++) begin
        avail_q[i] <= '0;
        used_q[i]  <= '0;
      end
    end else begin
      state_q      <= state_d;
      queue_q      <= queue_d;
      kick_q       <= kick_d;
      used_since_q <= used_since_d;
      head_q       <= head_d;
      count_q      <= count_d;
      writable_q   <= writable_d;
      beat_q       <= beat_d;
      buf_addr_q   <= buf_addr_d;
      buf_len_q    <= buf_len_d;
      flags_q      <= flags_d;
      next_q       <= next_d;
      for (int unsigned i = 0; i < NumQueues; i++) begin
        if (flush_i) begin
          avail_q[i] <= '0;
          used_q[i]  <= '0;
        end else if (advance && queue_q == QueueW'(i)) begin
          avail_q[i] <= avail_q[i] + 16'd1;
          used_q[i]  <= used_q[i] + 16'd1;
        end
      end
    end
  end

endmodule
