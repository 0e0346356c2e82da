// SPDX-License-Identifier: MIT
//
// Purpose: the virtio-mmio transport, version 2 (virtio 1.4, 4.2): its register window on one side, the
// transport-neutral field interface of virtio_core on the other. It owns what only MMIO has: the layout, the
// interrupt status with its acknowledgement, and the level that is the interrupt. Control registers act on whole
// words; narrower writes, and writes to what is read-only or not there, change nothing. What is write-only
// or not there reads as zero. There are no shared memory regions: their length and base read as all ones.
//
// A queue that was disabled is not touched any more (4.2.2.1): the read that tells so waits until the engine has
// let go of it.

module virtio_mmio #(
  parameter int unsigned NumQueues   = 5,
  parameter int unsigned MaxSizeLog2 = 8,
  parameter logic [31:0] DeviceId    = 32'd5,
  parameter logic [31:0] VendorId    = 32'h1af4,
  parameter int unsigned QueueW      = NumQueues > 1 ? $clog2(NumQueues) : 1
) (
  input  logic               clk_i,
  input  logic               rst_ni,

  // From the register port.
  input  logic               bus_valid_i,
  input  logic               bus_write_i,
  input  logic [2:0]         bus_space_i,
  input  logic [31:2]        bus_addr_i,
  input  logic [31:0]        bus_wdata_i,
  input  logic [3:0]         bus_be_i,
  output logic               bus_ready_o,
  output logic [31:0]        bus_rdata_o,
  output logic               bus_error_o,

  // virtio_core: fields.
  output logic               field_write_o,
  output virtio_pkg::field_e field_o,
  output logic [31:0]        field_wdata_o,
  input  logic [31:0]        device_feature_i,
  input  logic [7:0]         device_status_i,
  input  logic [7:0]         config_generation_i,
  input  logic [15:0]        queue_size_i, // of the selected queue, 0: there is none
  input  logic               queue_enable_i,
  input  logic               queue_reset_i,
  input  logic               queue_stopping_i,
  input  logic               notification_data_i, // negotiated

  // virtio_core: notifications, interrupts, reset.
  output logic               notify_o,
  output logic [QueueW-1:0]  notify_queue_o,
  input  logic               irq_config_i,
  input  logic               irq_queue_i,
  input  logic               resetting_i,
  output logic               intr_o, // level

  // Device configuration window; bus_wdata_i carries the data.
  output logic               config_read_o,
  output logic               config_write_o,
  output logic [7:2]         config_addr_o,
  input  logic [31:0]        config_rdata_i
);

  localparam logic [15:0] SizeMax = 16'd1 << MaxSizeLog2;

  if (virtio_pkg::MmioBytes != 512 || virtio_pkg::MmioConfig != 9'h100) begin : gen_layout
    $error("virtio-mmio: the decoder is made for 256 bytes of registers and 256 of configuration");
  end

  logic       sel, sel_reg, sel_config, read, write, wait_stop;
  logic [8:0] addr;

  assign addr       = {bus_addr_i[8:2], 2'b00};
  assign sel        = bus_space_i == virtio_pkg::SpaceMmio && bus_addr_i[31:9] == '0;
  assign sel_reg    = sel && !addr[8];
  assign sel_config = sel && addr[8];
  assign wait_stop  = sel_reg && !bus_write_i && addr == virtio_pkg::MmioQueueReady && queue_stopping_i;

  assign bus_ready_o = bus_valid_i && !wait_stop;
  assign bus_error_o = !sel;
  assign read        = bus_ready_o && !bus_write_i;
  assign write       = bus_ready_o && bus_write_i;

  // --- registers, reads ---

  logic [1:0]  isr_d, isr_q;
  logic [31:0] reg_rdata;

  always_comb begin
    unique case (addr)
      virtio_pkg::MmioMagicValue:       reg_rdata = virtio_pkg::MmioMagic;
      virtio_pkg::MmioVersionReg:       reg_rdata = virtio_pkg::MmioVersion;
      virtio_pkg::MmioDeviceId:         reg_rdata = DeviceId;
      virtio_pkg::MmioVendorId:         reg_rdata = VendorId;
      virtio_pkg::MmioDeviceFeatures:   reg_rdata = device_feature_i;
      virtio_pkg::MmioQueueSizeMax:     reg_rdata = queue_size_i != '0 ? 32'(SizeMax) : '0;
      virtio_pkg::MmioQueueReady:       reg_rdata = {31'd0, queue_enable_i};
      virtio_pkg::MmioInterruptStatus:  reg_rdata = {30'd0, isr_q};
      virtio_pkg::MmioStatus:           reg_rdata = {24'd0, device_status_i};
      virtio_pkg::MmioShmLen,
      virtio_pkg::MmioShmLen + 9'd4,
      virtio_pkg::MmioShmBase,
      virtio_pkg::MmioShmBase + 9'd4:   reg_rdata = '1;
      virtio_pkg::MmioQueueReset:       reg_rdata = {31'd0, queue_reset_i};
      virtio_pkg::MmioConfigGeneration: reg_rdata = {24'd0, config_generation_i};
      default:                          reg_rdata = '0;
    endcase
  end

  assign bus_rdata_o = sel_config ? config_rdata_i : reg_rdata;

  // --- registers, writes ---

  logic reg_write;
  assign reg_write = write && sel_reg && bus_be_i == 4'b1111;

  always_comb begin
    field_o       = virtio_pkg::FieldNone;
    field_wdata_o = bus_wdata_i;
    unique case (addr)
      virtio_pkg::MmioDeviceFeaturesSel:  field_o = virtio_pkg::FieldDeviceFeatureSelect;
      virtio_pkg::MmioDriverFeatures:     field_o = virtio_pkg::FieldDriverFeature;
      virtio_pkg::MmioDriverFeaturesSel:  field_o = virtio_pkg::FieldDriverFeatureSelect;
      virtio_pkg::MmioQueueSel: begin
        field_o = virtio_pkg::FieldQueueSelect;
        if (bus_wdata_i[31:16] != '0) field_wdata_o = 32'hffff; // no such queue
      end
      virtio_pkg::MmioQueueSize:
        if (bus_wdata_i[31:16] == '0) field_o = virtio_pkg::FieldQueueSize;
      virtio_pkg::MmioQueueReady:         field_o = virtio_pkg::FieldQueueEnable;
      // Only 0 itself resets: bits above the status are none of ours.
      virtio_pkg::MmioStatus:
        if (bus_wdata_i == '0 || bus_wdata_i[7:0] != '0) field_o = virtio_pkg::FieldDeviceStatus;
      virtio_pkg::MmioQueueDesc:          field_o = virtio_pkg::FieldQueueDescLo;
      virtio_pkg::MmioQueueDesc + 9'd4:   field_o = virtio_pkg::FieldQueueDescHi;
      virtio_pkg::MmioQueueDriver:        field_o = virtio_pkg::FieldQueueDriverLo;
      virtio_pkg::MmioQueueDriver + 9'd4: field_o = virtio_pkg::FieldQueueDriverHi;
      virtio_pkg::MmioQueueDevice:        field_o = virtio_pkg::FieldQueueDeviceLo;
      virtio_pkg::MmioQueueDevice + 9'd4: field_o = virtio_pkg::FieldQueueDeviceHi;
      virtio_pkg::MmioQueueReset:         field_o = virtio_pkg::FieldQueueReset;
      default: ;
    endcase
  end

  assign field_write_o = reg_write;

  // --- notifications: the index, or with NOTIFICATION_DATA the lower half, names the queue ---

  assign notify_o = reg_write && addr == virtio_pkg::MmioQueueNotify &&
                    bus_wdata_i[15:0] < 16'(NumQueues) &&
                    (notification_data_i || bus_wdata_i[31:16] == '0);
  assign notify_queue_o = bus_wdata_i[QueueW-1:0];

  // --- device configuration ---

  assign config_read_o  = read && sel_config;
  assign config_write_o = write && sel_config;
  assign config_addr_o  = addr[7:2];

  // --- interrupts: what happens while it is acknowledged counts as new ---

  always_comb begin
    isr_d = isr_q;
    if (reg_write && addr == virtio_pkg::MmioInterruptAck) isr_d = isr_d & ~bus_wdata_i[1:0];
    if (irq_queue_i) isr_d = isr_d | virtio_pkg::IsrQueue;
    if (irq_config_i) isr_d = isr_d | virtio_pkg::IsrConfig;
    if (resetting_i) isr_d = '0;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      isr_q <= '0;
    end else begin
      isr_q <= isr_d;
    end
  end

  assign intr_o = isr_q != '0;

endmodule
