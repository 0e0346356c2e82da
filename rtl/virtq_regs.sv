// SPDX-License-Identifier: MIT
//
// Purpose: the queue registers (virtio 1.4, 4.1.4.3): size, enable and the three ring addresses of each
// queue, written by the transport through queue_select, read by it and, by number, by the queue engine.
// A queue's set-up is frozen while the queue is enabled. Sizes are powers of two and kept as log2.
// A queue is disabled by a reset of the device or, with RING_RESET, of the queue: that one is under way until the
// engine says it is done, and puts everything of the queue back to its defaults. Where the transport has it
// (CanDisable: QueueReady of 4.2.2), writing 0 to the enable stops the queue the same way but keeps its set-up.

module virtq_regs #(
  parameter int unsigned NumQueues   = 5,
  parameter int unsigned MaxSizeLog2 = 8,
  parameter bit          CanDisable  = 1'b0,
  parameter int unsigned QueueW      = NumQueues > 1 ? $clog2(NumQueues) : 1
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 clear_i,  // device reset
  input  logic [NumQueues-1:0] exists_i, // by the device function
  input  logic                 ring_reset_i, // RING_RESET is negotiated

  // Transport.
  input  logic                 field_write_i,
  input  virtio_pkg::field_e   field_i,
  input  logic [31:0]          field_wdata_i,
  output logic [15:0]          queue_select_o,
  output logic [15:0]          queue_size_o,
  output logic                 queue_enable_o,
  output logic                 queue_reset_o,
  output logic                 queue_stopping_o, // disabled, and the engine is not done with it
  output logic [63:0]          queue_desc_o,
  output logic [63:0]          queue_driver_o,
  output logic [63:0]          queue_device_o,

  // Queue engine.
  input  logic [QueueW-1:0]    idx_i,
  output logic [3:0]           size_log2_o,
  output logic [63:4]          desc_o, // the bits that alignment makes 0 are left out [2.7]
  output logic [63:1]          driver_o,
  output logic [63:2]          device_o,
  output logic [NumQueues-1:0] enabled_o,
  output logic [NumQueues-1:0] enable_o, // pulse: the queue has just been enabled
  output logic [NumQueues-1:0] reset_o, // a reset of the queue is under way
  input  logic [NumQueues-1:0] reset_done_i
);

  if (MaxSizeLog2 > 15) begin : gen_size
    $error("MaxSizeLog2: queues have at most 32768 entries");
  end

  localparam logic [3:0] MaxLog2 = 4'(MaxSizeLog2);

  logic [15:0]          select_q;
  logic [NumQueues-1:0] enabled_q;
  logic [NumQueues-1:0] reset_q;
  logic [NumQueues-1:0] keep_q; // of those: set-up stays
  logic [3:0]           size_log2_q[NumQueues];
  logic [31:0]          desc_lo_q[NumQueues];
  logic [31:0]          desc_hi_q[NumQueues];
  logic [31:0]          driver_lo_q[NumQueues];
  logic [31:0]          driver_hi_q[NumQueues];
  logic [31:0]          device_lo_q[NumQueues];
  logic [31:0]          device_hi_q[NumQueues];

  // --- the selected queue ---

  logic              valid;
  logic [QueueW-1:0] sel;

  assign sel   = select_q < 16'(NumQueues) ? select_q[QueueW-1:0] : '0;
  assign valid = select_q < 16'(NumQueues) && exists_i[sel];

  assign queue_select_o = select_q;
  assign queue_size_o   = valid ? 16'd1 << size_log2_q[sel] : '0;
  assign queue_enable_o = valid && enabled_q[sel];
  assign queue_reset_o  = valid && reset_q[sel] && !keep_q[sel];
  assign queue_stopping_o = valid && reset_q[sel] && keep_q[sel];
  assign queue_desc_o   = valid ? {desc_hi_q[sel], desc_lo_q[sel]} : '0;
  assign queue_driver_o = valid ? {driver_hi_q[sel], driver_lo_q[sel]} : '0;
  assign queue_device_o = valid ? {device_hi_q[sel], device_lo_q[sel]} : '0;

  // --- the engine's queue ---

  assign size_log2_o = size_log2_q[idx_i];
  assign desc_o      = {desc_hi_q[idx_i], desc_lo_q[idx_i][31:4]};
  assign driver_o    = {driver_hi_q[idx_i], driver_lo_q[idx_i][31:1]};
  assign device_o    = {device_hi_q[idx_i], device_lo_q[idx_i][31:2]};
  assign enabled_o   = enabled_q;

  // --- writes ---

  logic       setup_write;
  logic       size_ok;
  logic [3:0] size_log2;

  assign setup_write = field_write_i && valid && !enabled_q[sel] && !reset_q[sel];

  always_comb begin
    size_ok   = 1'b0;
    size_log2 = '0;
    for (int unsigned i = 0; i <= MaxSizeLog2; i++) begin
      if (field_wdata_i[15:0] == 16'd1 << i) begin
        size_ok   = 1'b1;
        size_log2 = 4'(i);
      end
    end
  end

  logic [NumQueues-1:0] reset_set, stop_set;

  assign reset_o = reset_q;

  always_comb begin
    reset_set = '0;
    stop_set  = '0;
    if (field_write_i && valid && ring_reset_i && field_i == virtio_pkg::FieldQueueReset &&
        field_wdata_i == 32'd1) begin
      reset_set[sel] = 1'b1;
    end
    if (CanDisable && field_write_i && valid && field_i == virtio_pkg::FieldQueueEnable &&
        field_wdata_i == 32'd0) begin
      stop_set[sel] = enabled_q[sel] && !reset_q[sel];
    end
  end

  always_comb begin
    enable_o = '0;
    if (setup_write && field_i == virtio_pkg::FieldQueueEnable && field_wdata_i == 32'd1) begin
      enable_o[sel] = 1'b1;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      select_q  <= '0;
      enabled_q <= '0;
      reset_q   <= '0;
      keep_q    <= '0;
      for (int unsigned i = 0; i < NumQueues; i++) begin
        size_log2_q[i] <= MaxLog2;
        desc_lo_q[i]   <= '0;
        desc_hi_q[i]   <= '0;
        driver_lo_q[i] <= '0;
        driver_hi_q[i] <= '0;
        device_lo_q[i] <= '0;
        device_hi_q[i] <= '0;
      end
    end else if (clear_i) begin
      select_q  <= '0;
      enabled_q <= '0;
      reset_q   <= '0;
      keep_q    <= '0;
      for (int unsigned i = 0; i < NumQueues; i++) begin
        size_log2_q[i] <= MaxLog2;
        desc_lo_q[i]   <= '0;
        desc_hi_q[i]   <= '0;
        driver_lo_q[i] <= '0;
        driver_hi_q[i] <= '0;
        device_lo_q[i] <= '0;
        device_hi_q[i] <= '0;
      end
    end else begin
      enabled_q <= (enabled_q & ~reset_done_i) | enable_o;
      reset_q   <= (reset_q & ~reset_done_i) | reset_set | stop_set;
      keep_q    <= (keep_q & ~reset_done_i & ~reset_set) | stop_set;
      if (field_write_i && field_i == virtio_pkg::FieldQueueSelect) begin
        select_q <= field_wdata_i[15:0];
      end
      for (int unsigned i = 0; i < NumQueues; i++) begin
        if (reset_done_i[i] && !keep_q[i]) begin
          size_log2_q[i] <= MaxLog2;
          desc_lo_q[i]   <= '0;
          desc_hi_q[i]   <= '0;
          driver_lo_q[i] <= '0;
          driver_hi_q[i] <= '0;
          device_lo_q[i] <= '0;
          device_hi_q[i] <= '0;
        end else if (setup_write && sel == QueueW'(i)) begin
          unique case (field_i)
            virtio_pkg::FieldQueueSize:     if (size_ok) size_log2_q[i] <= size_log2;
            virtio_pkg::FieldQueueDescLo:   desc_lo_q[i]   <= field_wdata_i;
            virtio_pkg::FieldQueueDescHi:   desc_hi_q[i]   <= field_wdata_i;
            virtio_pkg::FieldQueueDriverLo: driver_lo_q[i] <= field_wdata_i;
            virtio_pkg::FieldQueueDriverHi: driver_hi_q[i] <= field_wdata_i;
            virtio_pkg::FieldQueueDeviceLo: device_lo_q[i] <= field_wdata_i;
            virtio_pkg::FieldQueueDeviceHi: device_hi_q[i] <= field_wdata_i;
            default: ;
          endcase
        end
      end
    end
  end

endmodule
