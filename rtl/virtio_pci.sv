// SPDX-License-Identifier: MIT
//
// Purpose: the virtio-pci modern transport (virtio 1.4, 4.1): the windows of the BAR on one side, the
// transport-neutral field interface of virtio_core on the other. It owns what only PCI has: the common
// configuration layout, the MSI-X vector of each event, the ISR byte and the choice between INTx and
// MSI-X. A write acts on a field if it covers the field whole.

module virtio_pci #(
  parameter int unsigned NumQueues  = 5,
  parameter int unsigned NumVectors = 6,
  parameter int unsigned QueueW     = NumQueues > 1 ? $clog2(NumQueues) : 1
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,

  // Accesses to the BAR, answered in the same cycle.
  input  logic                   bar_valid_i,
  input  logic                   bar_write_i,
  input  logic [14:2]            bar_addr_i,
  input  logic [31:0]            bar_wdata_i,
  input  logic [3:0]             bar_be_i,
  output logic [31:0]            bar_rdata_o,

  // From the PCI function.
  input  logic                   intx_disable_i,
  input  logic                   msix_enable_i,
  output logic                   intr_status_o,
  output logic                   intx_o,

  // To the MSI-X table.
  output logic                   msix_write_o,
  output logic [11:2]            msix_addr_o,
  input  logic [31:0]            msix_rdata_i,
  output logic [NumVectors-1:0]  msix_request_o,
  output logic [NumVectors-1:0]  msix_forget_o, // vectors that only a queue just reset had

  // virtio_core: fields.
  output logic                   field_write_o,
  output virtio_pkg::field_e     field_o,
  output logic [31:0]            field_wdata_o,
  input  logic [31:0]            device_feature_select_i,
  input  logic [31:0]            device_feature_i,
  input  logic [31:0]            driver_feature_select_i,
  input  logic [31:0]            driver_feature_i,
  input  logic [15:0]            num_queues_i,
  input  logic [7:0]             device_status_i,
  input  logic [7:0]             config_generation_i,
  input  logic [15:0]            queue_select_i,
  input  logic [15:0]            queue_size_i, // of the selected queue, 0: there is none
  input  logic                   queue_enable_i,
  input  logic                   queue_reset_i,
  input  logic                   notif_config_data_i, // negotiated
  input  logic [63:0]            queue_desc_i,
  input  logic [63:0]            queue_driver_i,
  input  logic [63:0]            queue_device_i,

  // virtio_core: notifications, interrupts, reset.
  output logic                   notify_o,
  output logic [QueueW-1:0]      notify_queue_o,
  input  logic                   irq_config_i,
  input  logic                   irq_queue_i,
  input  logic [QueueW-1:0]      irq_queue_idx_i,
  input  logic                   resetting_i,
  input  logic [NumQueues-1:0]   queue_reset_done_i, // pulses

  // Device configuration window; bar_wdata_i carries the data.
  output logic                   config_read_o,
  output logic                   config_write_o,
  output logic [7:2]             config_addr_o,
  input  logic [31:0]            config_rdata_i
);

  localparam int unsigned VecW = $clog2(NumVectors);

  typedef logic [2:0] window_t;
  localparam window_t WinCommon = virtio_pkg::PciBarCommon[14:12];
  localparam window_t WinIsr    = virtio_pkg::PciBarIsr[14:12];
  localparam window_t WinDevice = virtio_pkg::PciBarDevice[14:12];
  localparam window_t WinNotify = virtio_pkg::PciBarNotify[14:12];
  localparam window_t WinMsix   = virtio_pkg::PciBarMsixTable[14:12];

  // Fields that share a word below.
  if (virtio_pkg::PciCommonNumQueues != virtio_pkg::PciCommonConfigMsixVector + 8'd2 ||
      virtio_pkg::PciCommonConfigGeneration != virtio_pkg::PciCommonDeviceStatus + 8'd1 ||
      virtio_pkg::PciCommonQueueSelect != virtio_pkg::PciCommonDeviceStatus + 8'd2 ||
      virtio_pkg::PciCommonQueueMsixVector != virtio_pkg::PciCommonQueueSize + 8'd2 ||
      virtio_pkg::PciCommonQueueReset != virtio_pkg::PciCommonQueueNotifConfigData + 8'd2 ||
      virtio_pkg::PciCommonQueueNotifyOff != virtio_pkg::PciCommonQueueEnable + 8'd2) begin : gen_layout
    $error("common configuration: the layout does not fit the decoder");
  end

  logic       read, write;
  window_t    window;
  logic       sel_common, sel_isr, sel_device, sel_notify, sel_msix;
  logic [7:0] common_addr;

  assign read        = bar_valid_i && !bar_write_i;
  assign write       = bar_valid_i && bar_write_i;
  assign window      = bar_addr_i[14:12];
  assign sel_common  = window == WinCommon && bar_addr_i[11:6] == '0;
  assign sel_isr     = window == WinIsr && bar_addr_i[11:2] == '0;
  assign sel_device  = window == WinDevice && bar_addr_i[11:8] == '0;
  assign sel_notify  = window == WinNotify && bar_addr_i[11:2] < 10'(NumQueues);
  assign sel_msix    = window == WinMsix;
  assign common_addr = {2'b00, bar_addr_i[5:2], 2'b00};

  // --- vectors, one an event; the last one is configuration changes ---

  logic            cfg_mapped_q;
  logic [VecW-1:0] cfg_vector_q;
  logic            queue_mapped_q[NumQueues];
  logic [VecW-1:0] queue_vector_q[NumQueues];

  logic              queue_exists;
  logic [QueueW-1:0] queue_idx;
  logic [15:0]       queue_msix_vector, config_msix_vector;
  logic              lo16, hi16, all32;

  assign queue_exists = queue_size_i != '0;
  assign queue_idx    = queue_exists ? queue_select_i[QueueW-1:0] : '0;
  assign lo16         = bar_be_i[1:0] == 2'b11;
  assign hi16         = bar_be_i[3:2] == 2'b11;
  assign all32        = bar_be_i == 4'b1111;

  assign config_msix_vector = cfg_mapped_q ? 16'(cfg_vector_q) : virtio_pkg::MsiNoVector;
  assign queue_msix_vector  = (queue_exists && queue_mapped_q[queue_idx]) ?
                              16'(queue_vector_q[queue_idx]) : virtio_pkg::MsiNoVector;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      cfg_mapped_q <= 1'b0;
      cfg_vector_q <= '0;
      for (int unsigned i = 0; i < NumQueues; i++) begin
        queue_mapped_q[i] <= 1'b0;
        queue_vector_q[i] <= '0;
      end
    end else if (resetting_i) begin
      cfg_mapped_q <= 1'b0;
      for (int unsigned i = 0; i < NumQueues; i++) queue_mapped_q[i] <= 1'b0;
    end else begin
      if (write && sel_common) begin
      if (common_addr == virtio_pkg::PciCommonConfigMsixVector && lo16) begin
        cfg_mapped_q <= bar_wdata_i[15:0] < 16'(NumVectors);
        cfg_vector_q <= bar_wdata_i[VecW-1:0];
      end
      if (common_addr == virtio_pkg::PciCommonQueueSize && hi16 && queue_exists) begin
        for (int unsigned i = 0; i < NumQueues; i++) begin
          if (queue_idx == QueueW'(i)) begin
            queue_mapped_q[i] <= bar_wdata_i[31:16] < 16'(NumVectors);
            queue_vector_q[i] <= bar_wdata_i[16+:VecW];
          end
        end
      end
      end
      for (int unsigned i = 0; i < NumQueues; i++) begin
        if (queue_reset_done_i[i]) queue_mapped_q[i] <= 1'b0;
      end
    end
  end

  // --- common configuration, reads ---

  logic [31:0] common_rdata;
  logic [15:0] queue_notify_off, notif_config_data;

  assign queue_notify_off = queue_exists ? 16'(queue_idx) : '0;
  assign notif_config_data = (queue_exists && notif_config_data_i) ?
                             virtio_pkg::PciNotifConfigData + 16'(queue_idx) : '0;

  always_comb begin
    unique case (common_addr)
      virtio_pkg::PciCommonDeviceFeatureSelect: common_rdata = device_feature_select_i;
      virtio_pkg::PciCommonDeviceFeature:       common_rdata = device_feature_i;
      virtio_pkg::PciCommonDriverFeatureSelect: common_rdata = driver_feature_select_i;
      virtio_pkg::PciCommonDriverFeature:       common_rdata = driver_feature_i;
      virtio_pkg::PciCommonConfigMsixVector:    common_rdata = {num_queues_i, config_msix_vector};
      virtio_pkg::PciCommonDeviceStatus:
        common_rdata = {queue_select_i, config_generation_i, device_status_i};
      virtio_pkg::PciCommonQueueSize:           common_rdata = {queue_msix_vector, queue_size_i};
      virtio_pkg::PciCommonQueueEnable:
        common_rdata = {queue_notify_off, 15'd0, queue_enable_i};
      virtio_pkg::PciCommonQueueDesc:           common_rdata = queue_desc_i[31:0];
      virtio_pkg::PciCommonQueueDesc + 8'd4:    common_rdata = queue_desc_i[63:32];
      virtio_pkg::PciCommonQueueDriver:         common_rdata = queue_driver_i[31:0];
      virtio_pkg::PciCommonQueueDriver + 8'd4:  common_rdata = queue_driver_i[63:32];
      virtio_pkg::PciCommonQueueDevice:         common_rdata = queue_device_i[31:0];
      virtio_pkg::PciCommonQueueDevice + 8'd4:  common_rdata = queue_device_i[63:32];
      virtio_pkg::PciCommonQueueNotifConfigData:
        common_rdata = {15'd0, queue_reset_i, notif_config_data};
      default:                                  common_rdata = '0;
    endcase
  end

  // --- common configuration, writes: at most one core field a write ---

  always_comb begin
    field_o       = virtio_pkg::FieldNone;
    field_wdata_o = bar_wdata_i;
    unique case (common_addr)
      virtio_pkg::PciCommonDeviceFeatureSelect:
        if (all32) field_o = virtio_pkg::FieldDeviceFeatureSelect;
      virtio_pkg::PciCommonDriverFeatureSelect:
        if (all32) field_o = virtio_pkg::FieldDriverFeatureSelect;
      virtio_pkg::PciCommonDriverFeature:
        if (all32) field_o = virtio_pkg::FieldDriverFeature;
      virtio_pkg::PciCommonDeviceStatus: begin
        if (bar_be_i[0]) begin
          field_o       = virtio_pkg::FieldDeviceStatus;
          field_wdata_o = {24'd0, bar_wdata_i[7:0]};
        end else if (hi16) begin
          field_o       = virtio_pkg::FieldQueueSelect;
          field_wdata_o = {16'd0, bar_wdata_i[31:16]};
        end
      end
      virtio_pkg::PciCommonQueueSize: begin
        if (lo16) field_o = virtio_pkg::FieldQueueSize;
        field_wdata_o = {16'd0, bar_wdata_i[15:0]};
      end
      virtio_pkg::PciCommonQueueEnable: begin
        if (lo16) field_o = virtio_pkg::FieldQueueEnable;
        field_wdata_o = {16'd0, bar_wdata_i[15:0]};
      end
      virtio_pkg::PciCommonQueueDesc:          if (all32) field_o = virtio_pkg::FieldQueueDescLo;
      virtio_pkg::PciCommonQueueDesc + 8'd4:   if (all32) field_o = virtio_pkg::FieldQueueDescHi;
      virtio_pkg::PciCommonQueueDriver:        if (all32) field_o = virtio_pkg::FieldQueueDriverLo;
      virtio_pkg::PciCommonQueueDriver + 8'd4: if (all32) field_o = virtio_pkg::FieldQueueDriverHi;
      virtio_pkg::PciCommonQueueDevice:        if (all32) field_o = virtio_pkg::FieldQueueDeviceLo;
      virtio_pkg::PciCommonQueueDevice + 8'd4: if (all32) field_o = virtio_pkg::FieldQueueDeviceHi;
      virtio_pkg::PciCommonQueueNotifConfigData: begin
        if (hi16) field_o = virtio_pkg::FieldQueueReset;
        field_wdata_o = {16'd0, bar_wdata_i[31:16]};
      end
      default: ;
    endcase
  end

  assign field_write_o = write && sel_common;

  // --- notifications: one register a queue; the address names the queue, whatever the value ---

  assign notify_o       = write && sel_notify && lo16;
  assign notify_queue_o = bar_addr_i[2+:QueueW];

  // --- device configuration and MSI-X windows ---

  assign config_read_o  = read && sel_device;
  assign config_write_o = write && sel_device;
  assign config_addr_o  = bar_addr_i[7:2];
  assign msix_write_o   = write && sel_msix;
  assign msix_addr_o    = bar_addr_i[11:2];

  // --- interrupts ---

  logic [1:0]            isr_d, isr_q;
  logic [NumVectors-1:0] request;

  always_comb begin
    isr_d   = isr_q;
    request = '0;
    if (read && sel_isr && bar_be_i[0]) isr_d = '0;
    if (irq_config_i) begin
      isr_d = isr_d | virtio_pkg::IsrConfig;
      if (msix_enable_i && cfg_mapped_q) request[cfg_vector_q] = 1'b1;
    end
    if (irq_queue_i) begin
      if (!msix_enable_i) begin
        isr_d = isr_d | virtio_pkg::IsrQueue;
      end else if (queue_mapped_q[irq_queue_idx_i]) begin
        request[queue_vector_q[irq_queue_idx_i]] = 1'b1;
      end
    end
    if (resetting_i) isr_d = '0;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      isr_q <= '0;
    end else begin
      isr_q <= isr_d;
    end
  end

  assign msix_request_o = request;

  // A message pending for a queue that was reset goes, unless its vector also stands for something else.
  logic [NumVectors-1:0] forget, shared;

  always_comb begin
    forget = '0;
    shared = '0;
    if (cfg_mapped_q) shared[cfg_vector_q] = 1'b1;
    for (int unsigned i = 0; i < NumQueues; i++) begin
      if (queue_mapped_q[i] && queue_reset_done_i[i]) forget[queue_vector_q[i]] = 1'b1;
      if (queue_mapped_q[i] && !queue_reset_done_i[i]) shared[queue_vector_q[i]] = 1'b1;
    end
  end

  assign msix_forget_o  = forget & ~shared;
  assign intr_status_o  = isr_q != '0 && !msix_enable_i;
  assign intx_o         = intr_status_o && !intx_disable_i;

  // --- reads ---

  always_comb begin
    bar_rdata_o = '0;
    unique case (window)
      WinCommon: if (sel_common) bar_rdata_o = common_rdata;
      WinIsr:    if (sel_isr) bar_rdata_o = {30'd0, isr_q};
      WinDevice: if (sel_device) bar_rdata_o = config_rdata_i;
      WinMsix:   bar_rdata_o = msix_rdata_i;
      default: ;
    endcase
  end

endmodule
