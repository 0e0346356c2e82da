// SPDX-License-Identifier: MIT
//
// Purpose: what every split-ring device of ours has between its transport and its device function: features
// and status, the queues' registers, the queue engine and its DMA. Wires only. The transport writes fields
// and hears of interrupts; the device function gets the buffers. Knows neither PCI nor MMIO, and no device.

module virtio_engine #(
  parameter int unsigned NumQueues         = 5,
  parameter int unsigned MaxSizeLog2       = 8,
  parameter logic [63:0] TransportFeatures = '0, // what the transport adds
  parameter bit          CanDisable        = 1'b0, // writing 0 to a queue's enable stops it
  parameter int unsigned QueueW            = NumQueues > 1 ? $clog2(NumQueues) : 1
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic [63:0]          strap_features_i,

  // Transport: one field write a cycle, and the fields' values.
  input  logic                 field_write_i,
  input  virtio_pkg::field_e   field_i,
  input  logic [31:0]          field_wdata_i,
  output logic [31:0]          device_feature_select_o,
  output logic [31:0]          device_feature_o,
  output logic [31:0]          driver_feature_select_o,
  output logic [31:0]          driver_feature_o,
  output logic [7:0]           device_status_o,
  output logic [7:0]           config_generation_o,
  output logic [15:0]          queue_select_o,
  output logic [15:0]          queue_size_o, // of the selected queue, 0: there is none
  output logic                 queue_enable_o,
  output logic                 queue_reset_o,
  output logic                 queue_stopping_o, // disabled, and not yet let go of
  output logic [63:0]          queue_desc_o,
  output logic [63:0]          queue_driver_o,
  output logic [63:0]          queue_device_o,
  input  logic                 config_read_i, // of the device configuration

  // Transport: notifications, interrupts, reset.
  input  logic                 notify_i,
  input  logic [QueueW-1:0]    notify_queue_i,
  output logic                 irq_config_o,
  output logic                 irq_queue_o, // of queue queue_o
  input  logic                 irq_idle_i,  // no message on offer
  input  logic                 irq_busy_i,  // a message is due
  input  logic                 bus_master_i,
  input  logic                 reset_i,     // pulse: a reset that is no field write
  output logic                 resetting_o,
  output logic                 suspended_o,
  output logic [NumQueues-1:0] queue_reset_done_o, // pulses

  // Device function: what it is.
  input  logic [63:0]          device_features_i,
  output logic [63:0]          features_o, // offered; from FEATURES_OK on, negotiated
  input  logic [NumQueues-1:0] queue_exists_i,
  input  logic                 config_changed_i,
  input  logic                 config_irq_i,
  output logic                 hold_o,     // the device configuration stands still
  input  logic                 idle_i,
  input  logic                 busy_i,

  // Device function: the buffers of queue queue_o, as virtq_split has them.
  output logic [QueueW-1:0]    queue_o,
  output logic                 buf_valid_o,
  input  logic                 buf_ready_i,
  output logic [63:0]          buf_data_o,
  output logic [3:0]           buf_bytes_o,
  output logic                 seg_valid_o,
  input  logic                 seg_ready_i,
  output logic [63:0]          seg_addr_o,
  output logic [31:0]          seg_len_o,
  input  logic [31:0]          seg_fill_i,
  input  logic                 fill_valid_i,
  output logic                 fill_ready_o,
  input  logic [63:0]          fill_data_i,
  output logic                 buf_end_o,
  input  logic                 buf_done_i,
  input  logic                 buf_hold_i,
  input  logic                 release_i,
  output logic                 released_o,
  output logic                 buf_abort_o,

  // DMA: AXI4 manager.
  output logic                 m_awvalid_o,
  input  logic                 m_awready_i,
  output logic [3:0]           m_awid_o,
  output logic [63:0]          m_awaddr_o,
  output logic [7:0]           m_awlen_o,
  output logic [2:0]           m_awsize_o,
  output logic [1:0]           m_awburst_o,
  output logic                 m_wvalid_o,
  input  logic                 m_wready_i,
  output logic [63:0]          m_wdata_o,
  output logic [7:0]           m_wstrb_o,
  output logic                 m_wlast_o,
  input  logic                 m_bvalid_i,
  output logic                 m_bready_o,
  input  logic [3:0]           m_bid_i,
  input  logic [1:0]           m_bresp_i,
  output logic                 m_arvalid_o,
  input  logic                 m_arready_i,
  output logic [3:0]           m_arid_o,
  output logic [63:0]          m_araddr_o,
  output logic [7:0]           m_arlen_o,
  output logic [2:0]           m_arsize_o,
  output logic [1:0]           m_arburst_o,
  input  logic                 m_rvalid_i,
  output logic                 m_rready_o,
  input  logic [3:0]           m_rid_i,
  input  logic [63:0]          m_rdata_i,
  input  logic [1:0]           m_rresp_i,
  input  logic                 m_rlast_i,

  output logic                 busy_o
);

  // --- core ---

  logic                 quiet, run, ring_error;
  logic [NumQueues-1:0] queue_enabled, queue_just_enabled, queue_resets;
  logic [3:0]           size_log2;
  logic [63:4]          desc;
  logic [63:1]          driver;
  logic [63:2]          device;
  logic                 drained, virtq_idle, virtq_busy, rd_idle, wr_idle;

  virtio_core #(
    .TransportFeatures(TransportFeatures)
  ) u_core (
    .clk_i,
    .rst_ni,
    .strap_features_i,
    .device_features_i,
    .features_o,
    .field_write_i,
    .field_i,
    .field_wdata_i,
    .device_feature_select_o,
    .device_feature_o,
    .driver_feature_select_o,
    .driver_feature_o,
    .device_status_o,
    .config_generation_o,
    .config_read_i,
    .config_changed_i,
    .config_irq_i,
    .irq_config_o,
    .error_i (ring_error),
    .reset_i,
    .quiet_i (quiet),
    .told_i  (!irq_busy_i),
    .run_o   (run),
    .hold_o,
    .suspended_o,
    .resetting_o
  );

  virtq_regs #(
    .NumQueues  (NumQueues),
    .MaxSizeLog2(MaxSizeLog2),
    .CanDisable (CanDisable)
  ) u_virtq_regs (
    .clk_i,
    .rst_ni,
    .clear_i     (resetting_o),
    .exists_i    (queue_exists_i),
    .ring_reset_i(features_o[virtio_pkg::FeatureRingReset]),
    .field_write_i,
    .field_i,
    .field_wdata_i,
    .queue_select_o,
    .queue_size_o,
    .queue_enable_o,
    .queue_reset_o,
    .queue_desc_o,
    .queue_driver_o,
    .queue_device_o,
    .idx_i       (queue_o),
    .size_log2_o (size_log2),
    .desc_o      (desc),
    .driver_o    (driver),
    .device_o    (device),
    .enabled_o   (queue_enabled),
    .enable_o    (queue_just_enabled),
    .reset_o     (queue_resets),
    .reset_done_i(queue_reset_done_o),
    .queue_stopping_o
  );

  assign drained = rd_idle && wr_idle && idle_i;
  assign quiet   = virtq_idle && drained && irq_idle_i;
  assign busy_o  = virtq_busy || busy_i || irq_busy_i || resetting_o;

  // --- queue engine ---

  logic        rd_valid, rd_ready, rd_data_valid, rd_data_ready, rd_done, rd_error, rd_stalled;
  logic [63:0] rd_addr, rd_data;
  logic [31:0] rd_len;
  logic [3:0]  rd_data_bytes;
  logic        wr_valid, wr_ready, wr_data_valid, wr_data_ready, wr_done, wr_error, wr_stalled;
  logic [63:0] wr_addr, wr_data;
  logic [31:0] wr_len;
  logic        dma_flush;

  virtq_split #(
    .NumQueues(NumQueues)
  ) u_virtq (
    .clk_i,
    .rst_ni,
    .bus_master_i,
    .flush_i        (resetting_o),
    .run_i          (run),
    .event_idx_i    (features_o[virtio_pkg::FeatureEventIdx]),
    .indirect_i     (features_o[virtio_pkg::FeatureIndirectDesc]),
    .notify_i,
    .notify_queue_i,
    .enable_i       (queue_just_enabled),
    .enabled_i      (queue_enabled),
    .reset_i        (queue_resets),
    .reset_done_o   (queue_reset_done_o),
    .drained_i      (drained),
    .told_i         (irq_idle_i),
    .dma_flush_o    (dma_flush),
    .idx_o          (queue_o),
    .size_log2_i    (size_log2),
    .desc_i         (desc),
    .driver_i       (driver),
    .device_i       (device),
    .rd_valid_o     (rd_valid),
    .rd_ready_i     (rd_ready),
    .rd_addr_o      (rd_addr),
    .rd_len_o       (rd_len),
    .rd_data_valid_i(rd_data_valid),
    .rd_data_ready_o(rd_data_ready),
    .rd_data_i      (rd_data),
    .rd_data_bytes_i(rd_data_bytes),
    .rd_done_i      (rd_done),
    .rd_error_i     (rd_error),
    .rd_stalled_i   (rd_stalled),
    .wr_valid_o     (wr_valid),
    .wr_ready_i     (wr_ready),
    .wr_addr_o      (wr_addr),
    .wr_len_o       (wr_len),
    .wr_data_valid_o(wr_data_valid),
    .wr_data_ready_i(wr_data_ready),
    .wr_data_o      (wr_data),
    .wr_done_i      (wr_done),
    .wr_error_i     (wr_error),
    .wr_stalled_i   (wr_stalled),
    .buf_valid_o,
    .buf_ready_i,
    .buf_data_o,
    .buf_bytes_o,
    .seg_valid_o,
    .seg_ready_i,
    .seg_addr_o,
    .seg_len_o,
    .seg_fill_i,
    .fill_valid_i,
    .fill_ready_o,
    .fill_data_i,
    .buf_end_o,
    .buf_done_i,
    .buf_hold_i,
    .release_i,
    .released_o,
    .buf_abort_o,
    .irq_o          (irq_queue_o),
    .error_o        (ring_error),
    .idle_o         (virtq_idle),
    .busy_o         (virtq_busy)
  );

  // --- DMA ---

  axi_dma_rd u_dma_rd (
    .clk_i,
    .rst_ni,
    .bus_master_i,
    .flush_i     (dma_flush),
    .cmd_valid_i (rd_valid),
    .cmd_ready_o (rd_ready),
    .cmd_addr_i  (rd_addr),
    .cmd_len_i   (rd_len),
    .data_valid_o(rd_data_valid),
    .data_ready_i(rd_data_ready),
    .data_o      (rd_data),
    .data_bytes_o(rd_data_bytes),
    .done_o      (rd_done),
    .error_o     (rd_error),
    .idle_o      (rd_idle),
    .stalled_o   (rd_stalled),
    .m_arvalid_o,
    .m_arready_i,
    .m_araddr_o,
    .m_arlen_o,
    .m_rvalid_i,
    .m_rready_o,
    .m_rdata_i,
    .m_rerror_i  (m_rresp_i[1]),
    .m_rlast_i
  );

  axi_dma_wr u_dma_wr (
    .clk_i,
    .rst_ni,
    .bus_master_i,
    .flush_i     (dma_flush),
    .cmd_valid_i (wr_valid),
    .cmd_ready_o (wr_ready),
    .cmd_addr_i  (wr_addr),
    .cmd_len_i   (wr_len),
    .data_valid_i(wr_data_valid),
    .data_ready_o(wr_data_ready),
    .data_i      (wr_data),
    .done_o      (wr_done),
    .error_o     (wr_error),
    .idle_o      (wr_idle),
    .stalled_o   (wr_stalled),
    .m_awvalid_o,
    .m_awready_i,
    .m_awaddr_o,
    .m_awlen_o,
    .m_wvalid_o,
    .m_wready_i,
    .m_wdata_o,
    .m_wstrb_o,
    .m_wlast_o,
    .m_bvalid_i,
    .m_bready_o,
    .m_berror_i  (m_bresp_i[1])
  );

  // One thread each way: responses come in order, so ids carry nothing. Of a response the upper bit
  // tells errors from success.
  logic unused_axi;
  assign unused_axi = ^{m_bid_i, m_rid_i, m_bresp_i[0], m_rresp_i[0]};

  assign m_awid_o    = '0;
  assign m_awsize_o  = virtio_pkg::AxiSize8;
  assign m_awburst_o = virtio_pkg::AxiBurstIncr;
  assign m_arid_o    = '0;
  assign m_arsize_o  = virtio_pkg::AxiSize8;
  assign m_arburst_o = virtio_pkg::AxiBurstIncr;

endmodule
