// SPDX-License-Identifier: MIT
//
// Purpose: a virtio 1.4 memory balloon behind virtio-mmio registers, with the flat ports of rtl/README.md. Wires
// only: the virtio-mmio device, and the balloon as the device function.

module balloon_mmio (
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

  // Interrupt: a level.
  output logic        intx_o,

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

  localparam int unsigned NumQueues = 5; // as many as a balloon can ever have
  localparam int unsigned QueueW    = $clog2(NumQueues);

  logic [63:0]          device_features, features;
  logic [NumQueues-1:0] queue_exists;
  logic [15:0]          num_queues;
  logic                 resetting, hold, balloon_idle, balloon_busy;
  logic                 config_write, config_changed, config_irq;
  logic [7:2]           config_addr;
  logic [31:0]          config_wdata, config_rdata;
  logic [3:0]           config_be;
  logic [QueueW-1:0]    active_queue;
  logic                 buf_valid, buf_ready, buf_end, buf_done, buf_hold, buf_abort;
  logic [63:0]          buf_data;
  logic [3:0]           buf_bytes;
  logic                 seg_valid, seg_ready, release_held, released, fill_ready;
  logic [63:0]          seg_addr;
  logic [31:0]          seg_len;

  virtio_mmio_device #(
    .VirtioDeviceId(virtio_pkg::DeviceIdBalloon),
    .NumQueues     (NumQueues)
  ) u_device (
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
    .m_awvalid_o,
    .m_awready_i,
    .m_awid_o,
    .m_awaddr_o,
    .m_awlen_o,
    .m_awsize_o,
    .m_awburst_o,
    .m_wvalid_o,
    .m_wready_i,
    .m_wdata_o,
    .m_wstrb_o,
    .m_wlast_o,
    .m_bvalid_i,
    .m_bready_o,
    .m_bid_i,
    .m_bresp_i,
    .m_arvalid_o,
    .m_arready_i,
    .m_arid_o,
    .m_araddr_o,
    .m_arlen_o,
    .m_arsize_o,
    .m_arburst_o,
    .m_rvalid_i,
    .m_rready_o,
    .m_rid_i,
    .m_rdata_i,
    .m_rresp_i,
    .m_rlast_i,
    .intx_o,
    .device_features_i(device_features),
    .features_o       (features),
    .queue_exists_i   (queue_exists),
    .flush_o          (resetting),
    .hold_o           (hold),
    .idle_i           (balloon_idle),
    .busy_i           (balloon_busy),
    .config_write_o   (config_write),
    .config_addr_o    (config_addr),
    .config_wdata_o   (config_wdata),
    .config_be_o      (config_be),
    .config_rdata_i   (config_rdata),
    .config_changed_i (config_changed),
    .config_irq_i     (config_irq),
    .queue_o          (active_queue),
    .buf_valid_o      (buf_valid),
    .buf_ready_i      (buf_ready),
    .buf_data_o       (buf_data),
    .buf_bytes_o      (buf_bytes),
    .seg_valid_o      (seg_valid),
    .seg_ready_i      (seg_ready),
    .seg_addr_o       (seg_addr),
    .seg_len_o        (seg_len),
    .seg_fill_i       ('0), // a balloon writes into no buffer
    .fill_valid_i     (1'b0),
    .fill_ready_o     (fill_ready),
    .fill_data_i      ('0),
    .buf_end_o        (buf_end),
    .buf_done_i       (buf_done),
    .buf_hold_i       (buf_hold),
    .release_i        (release_held),
    .released_o       (released),
    .buf_abort_o      (buf_abort),
    .strap_features_i,
    .busy_o
  );

  logic unused;
  assign unused = fill_ready ^ (^num_queues); // over MMIO a driver asks queue by queue

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
    .config_wdata_i  (config_wdata),
    .config_be_i     (config_be),
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
