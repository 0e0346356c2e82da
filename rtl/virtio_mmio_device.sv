// SPDX-License-Identifier: MIT
//
// Purpose: a whole virtio-mmio device but for its device function. Wires only: register port -> virtio-mmio
// transport -> engine -> DMA; one interrupt, a level. A device function on the ports of its own makes a
// device of it: the same ports that virtio_pci_device has.

module virtio_mmio_device #(
  parameter logic [15:0] VirtioDeviceId = 16'd5,
  parameter int unsigned NumQueues      = 5,
  parameter int unsigned MaxSizeLog2    = 8,
  parameter int unsigned QueueW         = NumQueues > 1 ? $clog2(NumQueues) : 1
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  // Register port: AXI4-Lite subordinate.
  input  logic                 s_awvalid_i,
  output logic                 s_awready_o,
  input  logic [31:0]          s_awaddr_i,
  input  logic [7:0]           s_awuser_i,
  input  logic                 s_wvalid_i,
  output logic                 s_wready_o,
  input  logic [31:0]          s_wdata_i,
  input  logic [3:0]           s_wstrb_i,
  output logic                 s_bvalid_o,
  input  logic                 s_bready_i,
  output logic [1:0]           s_bresp_o,
  input  logic                 s_arvalid_i,
  output logic                 s_arready_o,
  input  logic [31:0]          s_araddr_i,
  input  logic [7:0]           s_aruser_i,
  output logic                 s_rvalid_o,
  input  logic                 s_rready_i,
  output logic [31:0]          s_rdata_o,
  output logic [1:0]           s_rresp_o,

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

  // Interrupt: a level.
  output logic                 intx_o,

  // Device function: what it is.
  input  logic [63:0]          device_features_i,
  output logic [63:0]          features_o, // offered; from FEATURES_OK on, negotiated
  input  logic [NumQueues-1:0] queue_exists_i,
  output logic                 flush_o, // device reset
  output logic                 hold_o,  // the device configuration stands still
  input  logic                 idle_i,
  input  logic                 busy_i,

  // Device function: its configuration.
  output logic                 config_write_o,
  output logic [7:2]           config_addr_o,
  output logic [31:0]          config_wdata_o,
  output logic [3:0]           config_be_o,
  input  logic [31:0]          config_rdata_i,
  input  logic                 config_changed_i,
  input  logic                 config_irq_i,

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

  input  logic [63:0]          strap_features_i,
  output logic                 busy_o
);

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

  // --- transport ---

  logic                 field_write;
  virtio_pkg::field_e   field;
  logic [31:0]          field_wdata;
  logic [31:0]          device_feature_select, device_feature;
  logic [31:0]          driver_feature_select, driver_feature;
  logic [7:0]           device_status, config_generation;
  logic [15:0]          queue_select, queue_size;
  logic                 queue_enable, queue_reset, queue_stopping;
  logic [63:0]          queue_desc, queue_driver, queue_device;
  logic                 notify;
  logic [QueueW-1:0]    notify_queue;
  logic                 irq_config, irq_queue;
  logic                 config_read;
  logic                 resetting, suspended;
  logic [NumQueues-1:0] queue_reset_done;

  virtio_mmio #(
    .NumQueues  (NumQueues),
    .MaxSizeLog2(MaxSizeLog2),
    .DeviceId   (32'(VirtioDeviceId)),
    .VendorId   (32'(virtio_pkg::PciVendorId))
  ) u_transport (
    .clk_i,
    .rst_ni,
    .bus_valid_i        (bus_valid),
    .bus_write_i        (bus_write),
    .bus_space_i        (bus_space),
    .bus_addr_i         (bus_addr),
    .bus_wdata_i        (bus_wdata),
    .bus_be_i           (bus_be),
    .bus_ready_o        (bus_ready),
    .bus_rdata_o        (bus_rdata),
    .bus_error_o        (bus_error),
    .field_write_o      (field_write),
    .field_o            (field),
    .field_wdata_o      (field_wdata),
    .device_feature_i   (device_feature),
    .device_status_i    (device_status),
    .config_generation_i(config_generation),
    .queue_size_i       (queue_size),
    .queue_enable_i     (queue_enable),
    .queue_reset_i      (queue_reset),
    .queue_stopping_i   (queue_stopping),
    .notification_data_i(features_o[virtio_pkg::FeatureNotificationData]),
    .notify_o           (notify),
    .notify_queue_o     (notify_queue),
    .irq_config_i       (irq_config),
    .irq_queue_i        (irq_queue),
    .resetting_i        (resetting),
    .intr_o             (intx_o),
    .config_read_o      (config_read),
    .config_write_o,
    .config_addr_o,
    .config_rdata_i
  );

  // What PCI lets a driver read back is write-only here, or not there at all.
  logic unused;
  assign unused = ^{bus_bar, device_feature_select, driver_feature_select, driver_feature, queue_select,
                    queue_desc, queue_driver, queue_device, queue_reset_done, suspended};

  // --- core, queues, DMA ---

  localparam logic [63:0] MmioFeatures = 64'd1 << virtio_pkg::FeatureNotificationData;

  virtio_engine #(
    .NumQueues        (NumQueues),
    .MaxSizeLog2      (MaxSizeLog2),
    .TransportFeatures(MmioFeatures),
    .CanDisable       (1'b1)
  ) u_engine (
    .clk_i,
    .rst_ni,
    .strap_features_i,
    .field_write_i          (field_write),
    .field_i                (field),
    .field_wdata_i          (field_wdata),
    .device_feature_select_o(device_feature_select),
    .device_feature_o       (device_feature),
    .driver_feature_select_o(driver_feature_select),
    .driver_feature_o       (driver_feature),
    .device_status_o        (device_status),
    .config_generation_o    (config_generation),
    .queue_select_o         (queue_select),
    .queue_size_o           (queue_size),
    .queue_enable_o         (queue_enable),
    .queue_reset_o          (queue_reset),
    .queue_stopping_o       (queue_stopping),
    .queue_desc_o           (queue_desc),
    .queue_driver_o         (queue_driver),
    .queue_device_o         (queue_device),
    .config_read_i          (config_read),
    .notify_i               (notify),
    .notify_queue_i         (notify_queue),
    .irq_config_o           (irq_config),
    .irq_queue_o            (irq_queue),
    .irq_idle_i             (1'b1),
    .irq_busy_i             (1'b0),
    .bus_master_i           (1'b1),
    .reset_i                (1'b0),
    .resetting_o            (resetting),
    .suspended_o            (suspended),
    .queue_reset_done_o     (queue_reset_done),
    .device_features_i,
    .features_o,
    .queue_exists_i,
    .config_changed_i,
    .config_irq_i,
    .hold_o,
    .idle_i,
    .busy_i,
    .queue_o,
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
    .busy_o
  );

  assign flush_o        = resetting;
  assign config_wdata_o = bus_wdata;
  assign config_be_o    = bus_be;

endmodule
