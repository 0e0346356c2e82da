// SPDX-License-Identifier: MIT
//
// Purpose: a virtio 1.4 memory balloon as a PCI function, with the flat ports of rtl/README.md. Wires only:
// register port -> PCI function -> virtio-pci transport -> core and queue registers -> queue engine ->
// DMA, and the balloon as the device function. Another transport replaces the first three, another
// device the last.

module balloon_pci (
  input  logic        clk_i,
  input  logic        rst_ni,

  // Register port: AXI4-Lite subordinate.
  input  logic        s_awvalid_i,
  output logic        s_awready_o,
  input  logic [31:0] s_awaddr_i,
  input  logic [7:0]  s_awuser_i,
  input  logic        s_wvalid_i,
  output logic        s_wready_o,
  input  logic [31:0] s_wdata_i,
  input  logic [3:0]  s_wstrb_i,
  output logic        s_bvalid_o,
  input  logic        s_bready_i,
  output logic [1:0]  s_bresp_o,
  input  logic        s_arvalid_i,
  output logic        s_arready_o,
  input  logic [31:0] s_araddr_i,
  input  logic [7:0]  s_aruser_i,
  output logic        s_rvalid_o,
  input  logic        s_rready_i,
  output logic [31:0] s_rdata_o,
  output logic [1:0]  s_rresp_o,

  // DMA: AXI4 manager.
  output logic        m_awvalid_o,
  input  logic        m_awready_i,
  output logic [3:0]  m_awid_o,
  output logic [63:0] m_awaddr_o,
  output logic [7:0]  m_awlen_o,
  output logic [2:0]  m_awsize_o,
  output logic [1:0]  m_awburst_o,
  output logic        m_wvalid_o,
  input  logic        m_wready_i,
  output logic [63:0] m_wdata_o,
  output logic [7:0]  m_wstrb_o,
  output logic        m_wlast_o,
  input  logic        m_bvalid_i,
  output logic        m_bready_o,
  input  logic [3:0]  m_bid_i,
  input  logic [1:0]  m_bresp_i,
  output logic        m_arvalid_o,
  input  logic        m_arready_i,
  output logic [3:0]  m_arid_o,
  output logic [63:0] m_araddr_o,
  output logic [7:0]  m_arlen_o,
  output logic [2:0]  m_arsize_o,
  output logic [1:0]  m_arburst_o,
  input  logic        m_rvalid_i,
  output logic        m_rready_o,
  input  logic [3:0]  m_rid_i,
  input  logic [63:0] m_rdata_i,
  input  logic [1:0]  m_rresp_i,
  input  logic        m_rlast_i,

  // Interrupts.
  output logic        intx_o,
  output logic        msix_valid_o,
  input  logic        msix_ready_i,
  output logic [10:0] msix_vector_o,
  output logic [63:0] msix_addr_o,
  output logic [31:0] msix_data_o,

  // Management: the host side of the balloon.
  input  logic [31:0] mgmt_target_i,
  output logic [31:0] mgmt_actual_o,
  output logic [31:0] mgmt_poison_o,
  output logic        mgmt_page_valid_o,
  input  logic        mgmt_page_ready_i,
  output logic [1:0]  mgmt_page_op_o,
  output logic [31:0] mgmt_page_pfn_o,
  input  logic        mgmt_stats_req_i,
  output logic        mgmt_stat_valid_o,
  input  logic        mgmt_stat_ready_i,
  output logic [15:0] mgmt_stat_tag_o,
  output logic [63:0] mgmt_stat_value_o,
  input  logic [31:0] mgmt_hint_cmd_i,
  output logic [31:0] mgmt_hint_id_o,
  output logic        mgmt_range_valid_o,
  input  logic        mgmt_range_ready_i,
  output logic        mgmt_range_kind_o,
  output logic [63:0] mgmt_range_addr_o,
  output logic [31:0] mgmt_range_len_o,

  input  logic [63:0] strap_features_i,
  input  logic        strap_dense_i,
  output logic        busy_o
);

  localparam int unsigned NumQueues   = 5; // as many as a balloon can ever have
  localparam int unsigned NumVectors  = NumQueues + 1;
  localparam int unsigned MaxSizeLog2 = 8;
  localparam int unsigned QueueW      = $clog2(NumQueues);

  // --- register port ---

  logic        bus_valid, bus_write, bus_ready, bus_error;
  logic [2:0]  bus_space, bus_bar;
  logic [31:2] bus_addr;
  logic [31:0] bus_wdata, bus_rdata;
  logic [3:0]  bus_be;

  axil_frontend u_frontend (
    .clk_i,
    .rst_ni,
    .s_awvalid_i,
    .s_awready_o,
    .s_awaddr_i,
    .s_awuser_i,
    .s_wvalid_i,
    .s_wready_o,
    .s_wdata_i,
    .s_wstrb_i,
    .s_bvalid_o,
    .s_bready_i,
    .s_bresp_o,
    .s_arvalid_i,
    .s_arready_o,
    .s_araddr_i,
    .s_aruser_i,
    .s_rvalid_o,
    .s_rready_i,
    .s_rdata_o,
    .s_rresp_o,
    .bus_valid_o(bus_valid),
    .bus_write_o(bus_write),
    .bus_space_o(bus_space),
    .bus_bar_o  (bus_bar),
    .bus_addr_o (bus_addr),
    .bus_wdata_o(bus_wdata),
    .bus_be_o   (bus_be),
    .bus_ready_i(bus_ready),
    .bus_rdata_i(bus_rdata),
    .bus_error_i(bus_error)
  );

  // --- PCI function ---

  logic        bar_valid, bar_write;
  logic [14:2] bar_addr;
  logic [31:0] bar_wdata, bar_rdata;
  logic [3:0]  bar_be;
  logic        intr_status, intx_disable, bus_master, msix_enable, msix_mask;
  logic        flr, resetting;

  pci_config #(
    .VirtioDeviceId(virtio_pkg::DeviceIdBalloon),
    .NumVectors    (NumVectors),
    .NotifyBytes   (NumQueues * virtio_pkg::PciNotifyMultiplier),
    .DeviceBytes   (virtio_pkg::BalloonConfigBytes)
  ) u_pci_config (
    .clk_i,
    .rst_ni,
    .bus_valid_i   (bus_valid),
    .bus_write_i   (bus_write),
    .bus_space_i   (bus_space),
    .bus_bar_i     (bus_bar),
    .bus_addr_i    (bus_addr),
    .bus_wdata_i   (bus_wdata),
    .bus_be_i      (bus_be),
    .bus_ready_o   (bus_ready),
    .bus_rdata_o   (bus_rdata),
    .bus_error_o   (bus_error),
    .bar_valid_o   (bar_valid),
    .bar_write_o   (bar_write),
    .bar_addr_o    (bar_addr),
    .bar_wdata_o   (bar_wdata),
    .bar_be_o      (bar_be),
    .bar_rdata_i   (bar_rdata),
    .intr_status_i (intr_status),
    .intx_disable_o(intx_disable),
    .bus_master_o  (bus_master),
    .msix_enable_o (msix_enable),
    .msix_mask_o   (msix_mask),
    .flr_o         (flr),
    .resetting_i   (resetting)
  );

  // --- transport ---

  logic                  field_write;
  virtio_pkg::field_e    field;
  logic [31:0]           field_wdata;
  logic [31:0]           device_feature_select, device_feature;
  logic [31:0]           driver_feature_select, driver_feature;
  logic [15:0]           num_queues;
  logic [7:0]            device_status, config_generation;
  logic [15:0]           queue_select, queue_size;
  logic                  queue_enable, queue_reset;
  logic [63:0]           queue_desc, queue_driver, queue_device;
  logic                  notify;
  logic [QueueW-1:0]     notify_queue;
  logic                  irq_config, irq_queue;
  logic [QueueW-1:0]     active_queue;
  logic                  config_read, config_write;
  logic [7:2]            config_addr;
  logic [31:0]           config_rdata;
  logic                  table_write;
  logic [11:2]           table_addr;
  logic [31:0]           table_rdata;
  logic [NumVectors-1:0] msix_request, msix_forget;
  logic [NumQueues-1:0]  queue_reset_done;
  logic [63:0]           features;
  logic                  msix_idle, msix_busy;

  virtio_pci #(
    .NumQueues (NumQueues),
    .NumVectors(NumVectors)
  ) u_transport (
    .clk_i,
    .rst_ni,
    .bar_valid_i            (bar_valid),
    .bar_write_i            (bar_write),
    .bar_addr_i             (bar_addr),
    .bar_wdata_i            (bar_wdata),
    .bar_be_i               (bar_be),
    .bar_rdata_o            (bar_rdata),
    .intx_disable_i         (intx_disable),
    .msix_enable_i          (msix_enable),
    .intr_status_o          (intr_status),
    .intx_o,
    .msix_write_o           (table_write),
    .msix_addr_o            (table_addr),
    .msix_rdata_i           (table_rdata),
    .msix_request_o         (msix_request),
    .msix_forget_o          (msix_forget),
    .field_write_o          (field_write),
    .field_o                (field),
    .field_wdata_o          (field_wdata),
    .device_feature_select_i(device_feature_select),
    .device_feature_i       (device_feature),
    .driver_feature_select_i(driver_feature_select),
    .driver_feature_i       (driver_feature),
    .num_queues_i           (num_queues),
    .device_status_i        (device_status),
    .config_generation_i    (config_generation),
    .queue_select_i         (queue_select),
    .queue_size_i           (queue_size),
    .queue_enable_i         (queue_enable),
    .queue_reset_i          (queue_reset),
    .notif_config_data_i    (features[virtio_pkg::FeatureNotifConfigData]),
    .queue_desc_i           (queue_desc),
    .queue_driver_i         (queue_driver),
    .queue_device_i         (queue_device),
    .notify_o               (notify),
    .notify_queue_o         (notify_queue),
    .irq_config_i           (irq_config),
    .irq_queue_i            (irq_queue),
    .irq_queue_idx_i        (active_queue),
    .queue_reset_done_i     (queue_reset_done),
    .resetting_i            (resetting),
    .config_read_o          (config_read),
    .config_write_o         (config_write),
    .config_addr_o          (config_addr),
    .config_rdata_i         (config_rdata)
  );

  msix #(
    .NumVectors(NumVectors)
  ) u_msix (
    .clk_i,
    .rst_ni,
    .reg_write_i (table_write),
    .reg_addr_i  (table_addr),
    .reg_wdata_i (bar_wdata),
    .reg_be_i    (bar_be),
    .reg_rdata_o (table_rdata),
    .enable_i    (msix_enable),
    .func_mask_i (msix_mask),
    .bus_master_i(bus_master),
    .flush_i     (resetting),
    .hold_i      (suspended),
    .reset_i     (flr),
    .request_i   (msix_request),
    .forget_i    (msix_forget),
    .msix_valid_o,
    .msix_ready_i,
    .msix_vector_o,
    .msix_addr_o,
    .msix_data_o,
    .idle_o      (msix_idle),
    .busy_o      (msix_busy)
  );

  // --- core ---

  logic [63:0]          device_features;
  logic                 config_changed, config_irq;
  logic                 quiet, run, hold, suspended, ring_error;
  logic [NumQueues-1:0] queue_exists, queue_enabled, queue_just_enabled, queue_resets;
  logic [3:0]           size_log2;
  logic [63:4]          desc;
  logic [63:1]          driver;
  logic [63:2]          device;
  logic                 drained, virtq_idle, virtq_busy, rd_idle, wr_idle, balloon_idle, balloon_busy;

  localparam logic [63:0] PciFeatures = (64'd1 << virtio_pkg::FeatureNotificationData) |
                                        (64'd1 << virtio_pkg::FeatureNotifConfigData);

  virtio_core #(
    .TransportFeatures(PciFeatures)
  ) u_core (
    .clk_i,
    .rst_ni,
    .strap_features_i,
    .device_features_i      (device_features),
    .features_o             (features),
    .field_write_i          (field_write),
    .field_i                (field),
    .field_wdata_i          (field_wdata),
    .device_feature_select_o(device_feature_select),
    .device_feature_o       (device_feature),
    .driver_feature_select_o(driver_feature_select),
    .driver_feature_o       (driver_feature),
    .device_status_o        (device_status),
    .config_generation_o    (config_generation),
    .config_read_i          (config_read),
    .config_changed_i       (config_changed),
    .config_irq_i           (config_irq),
    .irq_config_o           (irq_config),
    .error_i                (ring_error),
    .reset_i                (flr),
    .quiet_i                (quiet),
    .told_i                 (!msix_busy),
    .run_o                  (run),
    .hold_o                 (hold),
    .suspended_o            (suspended),
    .resetting_o            (resetting)
  );

  virtq_regs #(
    .NumQueues  (NumQueues),
    .MaxSizeLog2(MaxSizeLog2)
  ) u_virtq_regs (
    .clk_i,
    .rst_ni,
    .clear_i       (resetting),
    .exists_i      (queue_exists),
    .ring_reset_i  (features[virtio_pkg::FeatureRingReset]),
    .field_write_i (field_write),
    .field_i       (field),
    .field_wdata_i (field_wdata),
    .queue_select_o(queue_select),
    .queue_size_o  (queue_size),
    .queue_enable_o(queue_enable),
    .queue_reset_o (queue_reset),
    .queue_desc_o  (queue_desc),
    .queue_driver_o(queue_driver),
    .queue_device_o(queue_device),
    .idx_i         (active_queue),
    .size_log2_o   (size_log2),
    .desc_o        (desc),
    .driver_o      (driver),
    .device_o      (device),
    .enabled_o     (queue_enabled),
    .enable_o      (queue_just_enabled),
    .reset_o       (queue_resets),
    .reset_done_i  (queue_reset_done)
  );

  assign drained = rd_idle && wr_idle && balloon_idle;
  assign quiet   = virtq_idle && drained && msix_idle;
  assign busy_o  = virtq_busy || balloon_busy || msix_busy || resetting;

  // --- queue engine ---

  logic        rd_valid, rd_ready, rd_data_valid, rd_data_ready, rd_done, rd_error, rd_stalled;
  logic [63:0] rd_addr, rd_data;
  logic [31:0] rd_len;
  logic [3:0]  rd_data_bytes;
  logic        wr_valid, wr_ready, wr_data_valid, wr_data_ready, wr_done, wr_error, wr_stalled;
  logic [63:0] wr_addr, wr_data;
  logic [31:0] wr_len;
  logic        buf_valid, buf_ready, buf_end, buf_done, buf_hold, buf_abort;
  logic        seg_valid, seg_ready, release_held, released, dma_flush;
  logic [63:0] seg_addr;
  logic [31:0] seg_len;
  logic [63:0] buf_data;
  logic [3:0]  buf_bytes;

  virtq_split #(
    .NumQueues(NumQueues)
  ) u_virtq (
    .clk_i,
    .rst_ni,
    .bus_master_i   (bus_master),
    .flush_i        (resetting),
    .run_i          (run),
    .event_idx_i    (features[virtio_pkg::FeatureEventIdx]),
    .indirect_i     (features[virtio_pkg::FeatureIndirectDesc]),
    .notify_i       (notify),
    .notify_queue_i (notify_queue),
    .enable_i       (queue_just_enabled),
    .enabled_i      (queue_enabled),
    .reset_i        (queue_resets),
    .reset_done_o   (queue_reset_done),
    .drained_i      (drained),
    .told_i         (msix_idle),
    .dma_flush_o    (dma_flush),
    .idx_o          (active_queue),
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
    .buf_valid_o    (buf_valid),
    .buf_ready_i    (buf_ready),
    .buf_data_o     (buf_data),
    .buf_bytes_o    (buf_bytes),
    .seg_valid_o    (seg_valid),
    .seg_ready_i    (seg_ready),
    .seg_addr_o     (seg_addr),
    .seg_len_o      (seg_len),
    .seg_fill_i     ('0), // a balloon writes into no buffer
    .fill_valid_i   (1'b0),
    .fill_ready_o   (fill_ready),
    .fill_data_i    ('0),
    .buf_end_o      (buf_end),
    .buf_done_i     (buf_done),
    .buf_hold_i     (buf_hold),
    .release_i      (release_held),
    .released_o     (released),
    .buf_abort_o    (buf_abort),
    .irq_o          (irq_queue),
    .error_o        (ring_error),
    .idle_o         (virtq_idle),
    .busy_o         (virtq_busy)
  );

  // --- DMA ---

  axi_dma_rd u_dma_rd (
    .clk_i,
    .rst_ni,
    .bus_master_i(bus_master),
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
    .bus_master_i(bus_master),
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

  logic unused_fill;
  logic fill_ready;
  assign unused_fill = fill_ready;

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

  // --- device function ---

  balloon #(
    .NumQueues(NumQueues)
  ) u_balloon (
    .clk_i,
    .rst_ni,
    .flush_i         (resetting),
    .hold_i          (hold),
    .strap_dense_i,
    .features_o      (device_features),
    .features_i      (features),
    .queue_exists_o  (queue_exists),
    .num_queues_o    (num_queues),
    .queue_i         (active_queue),
    .buf_valid_i     (buf_valid),
    .buf_ready_o     (buf_ready),
    .buf_data_i      (buf_data),
    .buf_bytes_i     (buf_bytes),
    .seg_valid_i     (seg_valid),
    .seg_ready_o     (seg_ready),
    .seg_addr_i      (seg_addr),
    .seg_len_i       (seg_len),
    .buf_end_i       (buf_end),
    .buf_done_o      (buf_done),
    .buf_hold_o      (buf_hold),
    .release_o       (release_held),
    .released_i      (released),
    .buf_abort_i     (buf_abort),
    .config_write_i  (config_write),
    .config_addr_i   (config_addr),
    .config_wdata_i  (bar_wdata),
    .config_be_i     (bar_be),
    .config_rdata_o  (config_rdata),
    .config_changed_o(config_changed),
    .config_irq_o    (config_irq),
    .mgmt_target_i,
    .mgmt_actual_o,
    .mgmt_poison_o,
    .mgmt_page_valid_o,
    .mgmt_page_ready_i,
    .mgmt_page_op_o,
    .mgmt_page_pfn_o,
    .mgmt_stats_req_i,
    .mgmt_stat_valid_o,
    .mgmt_stat_ready_i,
    .mgmt_stat_tag_o,
    .mgmt_stat_value_o,
    .mgmt_hint_cmd_i,
    .mgmt_hint_id_o,
    .mgmt_range_valid_o,
    .mgmt_range_ready_i,
    .mgmt_range_kind_o,
    .mgmt_range_addr_o,
    .mgmt_range_len_o,
    .idle_o          (balloon_idle),
    .busy_o          (balloon_busy)
  );

endmodule
