// SPDX-License-Identifier: MIT
//
// Purpose: the split virtqueue engine (virtio 1.4, 2.7), one for all queues of a device. A kick, by
// notification or by enabling a queue, makes it look at that queue's available ring; it takes one buffer at
// a time, walks the descriptor chain and at most one indirect table, streams the readable bytes to the device
// function, offers it the writable segments, waits until the function is done, and returns the buffer: used
// element, used index, then the interrupt unless the driver asked for none (the flag, or with EVENT_IDX any
// other used_event). Each step begins when the write before it has been answered. After every buffer the
// available index is read again, and with EVENT_IDX once more after avail_event, so nothing is lost.
//
// A function may hold a buffer back; that queue then waits until the function releases it.
//
// A chain is refused, and error_o raised, if it is longer than the queue (an indirect one: than 1024), leaves
// its table, has a readable descriptor behind a writable one, or an indirect one that is not negotiated, not
// last, inside a table or not a whole number of descriptors; so is an available ring that promises more than
// it can hold, and any transfer that memory answers with an error.

module virtq_split #(
  parameter int unsigned NumQueues = 5,
  parameter int unsigned QueueW    = NumQueues > 1 ? $clog2(NumQueues) : 1
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 bus_master_i,
  input  logic                 flush_i, // device reset: stop and forget
  input  logic                 run_i,   // buffers may be taken
  input  logic                 event_idx_i, // negotiated
  input  logic                 indirect_i,

  // Kicks, latched per queue.
  input  logic                 notify_i,
  input  logic [QueueW-1:0]    notify_queue_i,
  input  logic [NumQueues-1:0] enable_i, // pulse: just enabled, look at once
  input  logic [NumQueues-1:0] enabled_i,

  // A queue's own reset: a level, until its pulse of done.
  input  logic [NumQueues-1:0] reset_i,
  output logic [NumQueues-1:0] reset_done_o,
  input  logic                 drained_i,     // nothing in flight in DMA or function
  input  logic                 told_i,        // no message on offer
  output logic                 dma_flush_o,

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

  // Device function: the readable bytes of a buffer of queue idx_o.
  output logic                 buf_valid_o,
  input  logic                 buf_ready_i,
  output logic [63:0]          buf_data_o,
  output logic [3:0]           buf_bytes_o,

  // Its writable segments, none empty. The function says how many bytes it will fill, and then streams
  // them as a dense stream. A segment filled in part is the last one filled.
  output logic                 seg_valid_o,
  input  logic                 seg_ready_i,
  output logic [63:0]          seg_addr_o,
  output logic [31:0]          seg_len_o,
  input  logic [31:0]          seg_fill_i, // with seg_ready_i
  input  logic                 fill_valid_i,
  output logic                 fill_ready_o,
  input  logic [63:0]          fill_data_i,

  // Its end: the function raises buf_done_i once it has dealt with all of it, with buf_hold_i to keep it.
  output logic                 buf_end_o,
  input  logic                 buf_done_i,
  input  logic                 buf_hold_i,
  input  logic                 release_i,   // level: the held buffer goes back
  output logic                 released_o,  // pulse
  output logic                 buf_abort_o, // forget the buffer

  output logic                 irq_o, // pulse: used buffers in queue idx_o
  output logic                 error_o,
  output logic                 idle_o,
  output logic                 busy_o
);

  localparam logic [15:0] MaxIndirect = 16'd1024;

  typedef enum logic [4:0] {
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
    StSeg,         // the room it describes
    StFill,
    StFillWait,
    StEnd,         // the function finishes
    StUsedElem,    // hand the buffer back
    StUsedElemWait,
    StUsedIdx,     // and say so
    StUsedIdxWait,
    StUsedEvent,   // does the driver want to hear of it?
    StUsedEventWait,
    StAvailEvent,  // the ring is empty: ask to be told of the next entry
    StAvailEventWait,
    StDrain,       // the queue is being reset
    StError
  } state_e;

  state_e state_d, state_q;

  logic [NumQueues-1:0] kick_d, kick_q;
  logic [QueueW-1:0]    queue_d, queue_q;
  logic [15:0]          avail_q[NumQueues]; // next available entry
  logic [15:0]          used_q[NumQueues];  // next used entry
  logic [NumQueues-1:0] asked_q;            // avail_event is what avail_q is
  logic                 take, give, ask;    // a buffer taken, one given back, avail_event written
  logic                 hold_d, hold_q;     // a buffer is held
  logic [QueueW-1:0]    hold_queue_d, hold_queue_q;
  logic [15:0]          hold_head_d, hold_head_q;
  logic                 used_since_d, used_since_q;
  logic [15:0]          head_d, head_q;
  logic [15:0]          count_d, count_q;   // descriptors walked so far, in this table
  logic                 in_table_d, in_table_q; // an indirect one
  logic [63:0]          table_d, table_q;
  logic [27:0]          entries_d, entries_q;
  logic                 writable_d, writable_q;
  logic                 beat_d, beat_q;     // second half of a descriptor, or data handed over
  logic [63:0]          buf_addr_d, buf_addr_q;
  logic [31:0]          buf_len_d, buf_len_q;
  logic [31:0]          written_d, written_q;
  logic [15:0]          flags_d, flags_q;
  logic [15:0]          next_d, next_q;     // descriptor to fetch

  logic [15:0] size, mask;
  logic [15:0] avail_idx, used_idx;
  logic [63:0] desc_base, driver_base, device_base;
  logic [15:0] waiting; // entries that the driver has added
  logic        has_next, has_indirect, next_outside, too_long, bad_indirect;
  state_e      after_desc; // the chain's next descriptor, or its end

  assign size      = 16'd1 << size_log2_i;
  assign mask      = size - 16'd1;
  assign avail_idx = avail_q[queue_q];
  assign used_idx  = used_q[queue_q];
  assign waiting   = rd_data_i[31:16] - avail_idx;
  assign idx_o     = queue_q;

  assign desc_base   = in_table_q ? table_q : {desc_i, 4'd0};
  assign driver_base = {driver_i, 1'd0};
  assign device_base = {device_i, 2'd0};

  assign has_next     = (flags_q & virtio_pkg::DescFlagNext) != '0;
  assign has_indirect = (flags_q & virtio_pkg::DescFlagIndirect) != '0;
  assign next_outside = in_table_q ? 28'(next_q) >= entries_q : next_q > mask;
  assign too_long     = count_q == (in_table_q ? MaxIndirect : size);
  assign bad_indirect = !indirect_i || in_table_q || has_next || buf_len_q[31:4] == '0 ||
                        buf_len_q[3:0] != '0;
  assign after_desc   = has_next ? StDesc : StEnd;

  // --- which queue next: from the one after the last served, round ---

  logic [NumQueues-1:0] due, held;
  logic [QueueW-1:0]    pick, reset_pick;
  logic                 release_due, reset_now;

  always_comb begin
    held = '0;
    if (hold_q) held[hold_queue_q] = 1'b1;
  end

  assign due         = run_i ? (kick_q & enabled_i & ~reset_i & ~held) : '0;
  assign release_due = run_i && hold_q && release_i && !reset_i[hold_queue_q];

  // Whatever another queue is waiting for does not hold a reset up.
  assign reset_now = reset_i != '0 && told_i && (state_q == StIdle || reset_pick != queue_q);

  always_comb begin
    pick       = queue_q;
    reset_pick = '0;
    for (int unsigned i = NumQueues; i > 0; i--) begin
      if (due[i-1]) pick = QueueW'(i - 1);
      if (reset_i[i-1]) reset_pick = QueueW'(i - 1);
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
      StUsedEvent: begin
        rd_valid_o = 1'b1;
        rd_addr_o  = driver_base + 64'(virtio_pkg::AvailHeaderBytes) + {47'd0, size, 1'b0};
        rd_len_o   = virtio_pkg::EventBytes;
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
    wr_data_o = {written_q, 16'd0, head_q};
    unique case (state_q)
      StUsedIdx, StUsedIdxWait: begin
        wr_addr_o = device_base + 64'(virtio_pkg::UsedIdxOffset);
        wr_len_o  = 32'd2;
        wr_data_o = {48'd0, used_idx + 16'd1};
      end
      StAvailEvent, StAvailEventWait: begin
        wr_addr_o = device_base + 64'(virtio_pkg::UsedRingOffset) + {45'd0, size, 3'd0};
        wr_len_o  = virtio_pkg::EventBytes;
        wr_data_o = {48'd0, avail_idx};
      end
      StFill, StFillWait: begin
        wr_addr_o = buf_addr_q;
        wr_len_o  = buf_len_q;
        wr_data_o = fill_data_i;
      end
      default: ;
    endcase
  end

  always_comb begin
    wr_data_valid_o = 1'b0;
    unique case (state_q)
      StUsedElemWait, StUsedIdxWait, StAvailEventWait: wr_data_valid_o = !beat_q;
      StFillWait:                                      wr_data_valid_o = fill_valid_i;
      default: ;
    endcase
  end

  assign wr_valid_o      = state_q == StUsedElem || state_q == StUsedIdx || state_q == StAvailEvent ||
                           state_q == StFill;
  assign rd_data_ready_o = state_q == StPayloadWait ? buf_ready_i : 1'b1;
  assign buf_valid_o     = state_q == StPayloadWait && rd_data_valid_i;
  assign buf_data_o      = rd_data_i;
  assign buf_bytes_o     = rd_data_bytes_i;
  assign seg_valid_o     = state_q == StSeg && !buf_abort_o;
  assign seg_addr_o      = buf_addr_q;
  assign seg_len_o       = buf_len_q;
  assign fill_ready_o    = state_q == StFillWait && wr_data_ready_i;
  assign buf_end_o       = state_q == StEnd;
  assign buf_abort_o     = flush_i || state_q == StError || state_q == StDrain;
  assign dma_flush_o     = flush_i || state_q == StDrain;
  assign error_o         = state_q == StError && !flush_i;

  // --- the steps ---

  always_comb begin
    state_d      = state_q;
    queue_d      = queue_q;
    kick_d       = kick_q | enable_i;
    hold_d       = hold_q;
    hold_queue_d = hold_queue_q;
    hold_head_d  = hold_head_q;
    used_since_d = used_since_q;
    head_d       = head_q;
    count_d      = count_q;
    in_table_d   = in_table_q;
    table_d      = table_q;
    entries_d    = entries_q;
    writable_d   = writable_q;
    beat_d       = beat_q;
    buf_addr_d   = buf_addr_q;
    buf_len_d    = buf_len_q;
    written_d    = written_q;
    flags_d      = flags_q;
    next_d       = next_q;
    take         = 1'b0;
    give         = 1'b0;
    ask          = 1'b0;
    irq_o        = 1'b0;
    released_o   = 1'b0;
    reset_done_o = '0;

    if (reset_now) begin
      reset_done_o[reset_pick] = 1'b1;
      if (held[reset_pick]) hold_d = 1'b0;
    end

    unique case (state_q)
      StIdle: begin
        used_since_d = 1'b0;
        written_d    = '0;
        if (release_due && bus_master_i) begin
          queue_d    = hold_queue_q;
          head_d     = hold_head_q;
          hold_d     = 1'b0;
          released_o = 1'b1;
          state_d    = StUsedElem;
        end else if (due != '0 && bus_master_i) begin
          queue_d      = pick;
          kick_d[pick] = enable_i[pick];
          state_d      = StAvail;
        end
      end
      StAvail: if (rd_ready_i) state_d = StAvailWait;
      StAvailWait: begin
        if (rd_done_i) begin
          used_since_d = 1'b0;
          irq_o        = used_since_q && !event_idx_i && !rd_error_i &&
                         (rd_data_i[15:0] & virtio_pkg::AvailFlagNoInterrupt) == '0;
          if (rd_error_i || waiting > size) begin
            state_d = StError;
          end else if (waiting == '0) begin
            state_d = (event_idx_i && run_i && !asked_q[queue_q]) ? StAvailEvent : StIdle;
            // Suspended meanwhile: the driver has yet to hear of it, when the device goes on.
            if (event_idx_i && !run_i && !asked_q[queue_q]) kick_d[queue_q] = 1'b1;
          end else if (!run_i || (used_since_q && (due & ~(NumQueues'(1) << queue_q)) != '0)) begin
            kick_d[queue_q] = 1'b1; // later, or the others' turn
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
          in_table_d = 1'b0;
          writable_d = 1'b0;
          written_d  = '0;
          state_d    = (rd_error_i || rd_data_i[15:0] > mask) ? StError : StDesc;
        end
      end
      StDesc: begin
        beat_d = 1'b0;
        if (rd_ready_i) state_d = StDescWait;
      end
      StDescWait: begin
        // Two beats of 8 bytes, whatever the table's alignment.
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
        if (has_indirect) begin
          in_table_d = 1'b1;
          table_d    = buf_addr_q;
          entries_d  = buf_len_q[31:4];
          next_d     = '0;
          count_d    = '0;
          state_d    = bad_indirect ? StError : StDesc;
        end else begin
          writable_d = (flags_q & virtio_pkg::DescFlagWrite) != '0;
          if ((writable_q && !writable_d) || (has_next && (next_outside || too_long))) begin
            state_d = StError;
          end else if (buf_len_q != '0) begin
            state_d = writable_d ? StSeg : StPayload;
          end else begin
            state_d = after_desc;
          end
        end
      end
      StPayload: if (rd_ready_i) state_d = StPayloadWait;
      StPayloadWait: if (rd_done_i) state_d = rd_error_i ? StError : after_desc;
      StSeg: begin
        if (seg_ready_i) begin
          buf_len_d = seg_fill_i;
          state_d   = seg_fill_i == '0 ? after_desc : StFill;
        end
      end
      StFill: if (wr_ready_i) state_d = StFillWait;
      StFillWait: begin
        if (wr_done_i) begin
          written_d = written_q + buf_len_q;
          state_d   = wr_error_i ? StError : after_desc;
        end
      end
      StEnd: begin
        if (buf_done_i) begin
          take    = 1'b1;
          state_d = StUsedElem;
          if (buf_hold_i) begin
            hold_d       = 1'b1;
            hold_queue_d = queue_q;
            hold_head_d  = head_q;
            state_d      = StIdle;
          end
        end
      end
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
          give         = !wr_error_i;
          used_since_d = 1'b1;
          state_d      = event_idx_i ? StUsedEvent : StAvail;
          if (wr_error_i) state_d = StError;
        end
      end
      StUsedEvent: if (rd_ready_i) state_d = StUsedEventWait;
      StUsedEventWait: begin
        if (rd_done_i) begin
          irq_o   = !rd_error_i && rd_data_i[15:0] + 16'd1 == used_idx;
          state_d = rd_error_i ? StError : StAvail;
        end
      end
      StAvailEvent: begin
        beat_d = 1'b0;
        if (wr_ready_i) state_d = StAvailEventWait;
      end
      StAvailEventWait: begin
        if (wr_data_ready_i) beat_d = 1'b1;
        if (wr_done_i) begin
          ask     = 1'b1;
          state_d = wr_error_i ? StError : StAvail;
        end
      end
      StDrain: if (drained_i) state_d = StIdle;
      StError: state_d = StIdle;
      default: state_d = StIdle;
    endcase

    if (notify_i && enabled_i[notify_queue_i]) kick_d[notify_queue_i] = 1'b1;
    kick_d = kick_d & ~reset_i;

    if (reset_i[queue_q] && state_q != StIdle && state_q != StDrain) begin
      irq_o   = 1'b0;
      hold_d  = hold_q;
      state_d = StDrain;
    end
    if (flush_i) begin
      irq_o   = 1'b0;
      kick_d  = '0;
      hold_d  = 1'b0;
      state_d = StIdle;
    end
  end

  // Without bus mastering the engine waits for the driver.
  assign idle_o = state_q == StIdle;
  assign busy_o = (state_q != StIdle && !rd_stalled_i && !wr_stalled_i) || reset_i != '0 ||
                  ((due != '0 || release_due) && bus_master_i);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q      <= StIdle;
      queue_q      <= '0;
      kick_q       <= '0;
      hold_q       <= 1'b0;
      hold_queue_q <= '0;
      hold_head_q  <= '0;
      used_since_q <= 1'b0;
      head_q       <= '0;
      count_q      <= '0;
      in_table_q   <= 1'b0;
      table_q      <= '0;
      entries_q    <= '0;
      writable_q   <= 1'b0;
      beat_q       <= 1'b0;
      buf_addr_q   <= '0;
      buf_len_q    <= '0;
      written_q    <= '0;
      flags_q      <= '0;
      next_q       <= '0;
      asked_q      <= '0;
      for (int unsigned i = 0; i < NumQueues; i++) begin
        avail_q[i] <= '0;
        used_q[i]  <= '0;
      end
    end else begin
      state_q      <= state_d;
      queue_q      <= queue_d;
      kick_q       <= kick_d;
      hold_q       <= hold_d;
      hold_queue_q <= hold_queue_d;
      hold_head_q  <= hold_head_d;
      used_since_q <= used_since_d;
      head_q       <= head_d;
      count_q      <= count_d;
      in_table_q   <= in_table_d;
      table_q      <= table_d;
      entries_q    <= entries_d;
      writable_q   <= writable_d;
      beat_q       <= beat_d;
      buf_addr_q   <= buf_addr_d;
      buf_len_q    <= buf_len_d;
      written_q    <= written_d;
      flags_q      <= flags_d;
      next_q       <= next_d;
      for (int unsigned i = 0; i < NumQueues; i++) begin
        if (flush_i || reset_done_o[i]) begin
          avail_q[i] <= '0;
          used_q[i]  <= '0;
          asked_q[i] <= 1'b0;
        end else if (queue_q == QueueW'(i)) begin
          if (take) avail_q[i] <= avail_q[i] + 16'd1;
          if (give) used_q[i] <= used_q[i] + 16'd1;
          if (take) asked_q[i] <= 1'b0;
          if (ask)  asked_q[i] <= 1'b1;
        end
      end
    end
  end

endmodule
