// SPDX-License-Identifier: MIT
//
// Purpose: a virtio 1.4 entropy device as a PCI function, with the flat ports of rtl/README.md. Wires only:
// a PCI function that lacks its device function, and the generator as that.

module rng_pci (
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

  input  logic [63:0] strap_features_i,
  input  logic [63:0] strap_seed_i,
  output logic        busy_o
);

  localparam int unsigned NumQueues = 1;

  logic [63:0] device_features, features;
  logic [0:0]  queue_exists, active_queue;
  logic [15:0] num_queues;
  logic        resetting, hold;
  logic        config_write;
  logic [7:2]  config_addr;
  logic [31:0] config_wdata;
  logic [3:0]  config_be;
  logic        buf_valid, buf_ready, buf_end, buf_done, buf_abort, released;
  logic [63:0] buf_data;
  logic [3:0]  buf_bytes;
  logic        seg_valid, seg_ready, fill_valid, fill_ready;
  logic [63:0] seg_addr, fill_data;
  logic [31:0] seg_len, seg_fill;

  virtio_pci_device #(
    .VirtioDeviceId(virtio_pkg::DeviceIdRng),
    .NumQueues     (NumQueues),
    .DeviceBytes   (32'd0)
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
    .msix_valid_o,
    .msix_ready_i,
    .msix_vector_o,
    .msix_addr_o,
    .msix_data_o,
    .device_features_i(device_features),
    .features_o       (features),
    .queue_exists_i   (queue_exists),
    .num_queues_i     (num_queues),
    .flush_o          (resetting),
    .hold_o           (hold),
    .idle_i           (1'b1),
    .busy_i           (1'b0),
    .config_write_o   (config_write),
    .config_addr_o    (config_addr),
    .config_wdata_o   (config_wdata),
    .config_be_o      (config_be),
    .config_rdata_i   ('0),
    .config_changed_i (1'b0),
    .config_irq_i     (1'b0),
    .queue_o          (active_queue),
    .buf_valid_o      (buf_valid),
    .buf_ready_i      (buf_ready),
    .buf_data_o       (buf_data),
    .buf_bytes_o      (buf_bytes),
    .seg_valid_o      (seg_valid),
    .seg_ready_i      (seg_ready),
    .seg_addr_o       (seg_addr),
    .seg_len_o        (seg_len),
    .seg_fill_i       (seg_fill),
    .fill_valid_i     (fill_valid),
    .fill_ready_o     (fill_ready),
    .fill_data_i      (fill_data),
    .buf_end_o        (buf_end),
    .buf_done_i       (buf_done),
    .buf_hold_i       (1'b0),
    .release_i        (1'b0),
    .released_o       (released),
    .buf_abort_o      (buf_abort),
    .strap_features_i,
    .busy_o
  );

  rng u_rng (
    .clk_i,
    .rst_ni,
    .strap_seed_i,
    .features_o    (device_features),
    .queue_exists_o(queue_exists),
    .num_queues_o  (num_queues),
    .buf_ready_o   (buf_ready),
    .seg_valid_i   (seg_valid),
    .seg_ready_o   (seg_ready),
    .seg_len_i     (seg_len),
    .seg_fill_o    (seg_fill),
    .fill_valid_o  (fill_valid),
    .fill_ready_i  (fill_ready),
    .fill_data_o   (fill_data),
    .buf_end_i     (buf_end),
    .buf_done_o    (buf_done),
    .buf_abort_i   (buf_abort)
  );

  // What other device functions want to know, and this one does not: which bytes are readable, where
  // segments lie, configuration, and that a reset is under way (buf_abort tells of it).
  logic unused;
  assign unused = ^{features, active_queue, resetting, hold, config_write, config_addr, config_wdata, config_be,
                    buf_valid, buf_data, buf_bytes, seg_addr, released};

endmodule
