// SPDX-License-Identifier: MIT
//
// Purpose: the PCI function's configuration space, a type 0 header with the virtio vendor capabilities
// (virtio 1.4, 4.1.4) and MSI-X. It stands in line between the register port and the BAR windows: BAR
// accesses pass through while memory space is enabled, and an access to pci_cfg_data of the PCI
// configuration access capability (4.1.4.9) becomes a BAR access of its own. What PCI would leave
// unclaimed is answered with an error. Registers that do not exist read as zero.
//
// Function-level reset (PCI Advanced Features, ECN of 2006): writing 1 to its control bit puts all of this
// back to its power-on state and raises flr_o; transactions count as pending until resetting_i falls.

module pci_config #(
  parameter logic [15:0] VirtioDeviceId    = 16'd5,
  parameter logic [15:0] SubsystemVendorId = 16'h1af4,
  parameter logic [15:0] SubsystemId       = 16'h1100,
  parameter logic [7:0]  RevisionId        = 8'h01,
  parameter logic [23:0] ClassCode         = 24'h00ff00,
  parameter int unsigned NumVectors        = 6,
  parameter logic [31:0] NotifyBytes       = 32'd20,
  parameter logic [31:0] DeviceBytes       = 32'd16 // of device configuration; 0: no capability for it
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  // From the register port.
  input  logic        bus_valid_i,
  input  logic        bus_write_i,
  input  logic [2:0]  bus_space_i,
  input  logic [2:0]  bus_bar_i,
  input  logic [31:2] bus_addr_i,
  input  logic [31:0] bus_wdata_i,
  input  logic [3:0]  bus_be_i,
  output logic        bus_ready_o,
  output logic [31:0] bus_rdata_o,
  output logic        bus_error_o,

  // To the BAR windows, which answer in the same cycle.
  output logic        bar_valid_o,
  output logic        bar_write_o,
  output logic [14:2] bar_addr_o,
  output logic [31:0] bar_wdata_o,
  output logic [3:0]  bar_be_o,
  input  logic [31:0] bar_rdata_i,

  input  logic        intr_status_i,
  output logic        intx_disable_o,
  output logic        bus_master_o,
  output logic        msix_enable_o,
  output logic        msix_mask_o,

  output logic        flr_o,       // pulse
  input  logic        resetting_i
);

  // Where the capabilities sit, in list order; double words.
  localparam logic [7:0] CapCommon = 8'h40;
  localparam logic [7:0] CapNotify = 8'h50;
  localparam logic [7:0] CapIsr    = 8'h64;
  localparam logic [7:0] CapDevice = 8'h74;
  localparam logic [7:0] CapPciCfg = 8'h84;
  localparam logic [7:0] CapMsix   = 8'h98;
  localparam logic [7:0] CapAf     = 8'ha4;

  localparam logic [7:0] AfterIsr = DeviceBytes != '0 ? CapDevice : CapPciCfg;

  localparam logic [7:0] CapLen       = 8'd16;
  localparam logic [7:0] CapLenExtra  = 8'd20; // notify and PCI access: one more double word
  localparam logic [7:0] CapPciBar    = CapPciCfg + 8'd4;
  localparam logic [7:0] CapPciOffset = CapPciCfg + 8'd8;
  localparam logic [7:0] CapPciLength = CapPciCfg + 8'd12;
  localparam logic [7:0] CapPciData   = CapPciCfg + 8'd16;

  localparam logic [7:0]  CapLenAf = 8'd6;
  localparam logic [7:0]  AfCaps   = 8'h03; // transactions pending, function-level reset
  localparam logic [31:0] IsrBytes = 32'd4;
  localparam logic [10:0] MsixTableSize = 11'(NumVectors - 1);

  if (virtio_pkg::PciBarBytes != 32'h8000) begin : gen_bar_size
    $error("BAR size: bar0_q and the address decoders are made for 32 KiB");
  end

  typedef enum logic [1:0] {
    StIdle,
    StWindow, // the access that pci_cfg_data stands for
    StDone
  } state_e;

  state_e state_d, state_q;

  logic        mem_enable_q, bus_master_q, intx_disable_q;
  logic [7:0]  cache_line_q, int_line_q;
  logic [31:15] bar0_q;
  logic        msix_enable_q, msix_mask_q;
  logic [7:0]  win_bar_q;
  logic [31:0] win_offset_q, win_length_q;
  logic [31:0] win_data_d, win_data_q;

  logic        sel_cfg, sel_bar, sel_window;
  logic        cfg_write;
  logic [7:0]  cfg_addr;
  logic [31:0] cfg_rdata;

  assign sel_cfg = bus_space_i == virtio_pkg::SpacePciConfig;
  assign sel_bar = bus_space_i == virtio_pkg::SpaceBar && bus_bar_i == virtio_pkg::PciBarNumber &&
                   bus_addr_i[31:15] == '0 && mem_enable_q;

  // Extended configuration space is there and empty.
  assign cfg_addr   = {bus_addr_i[7:2], 2'b00};
  assign sel_window = sel_cfg && bus_addr_i[31:8] == '0 && cfg_addr == CapPciData;
  assign cfg_write  = bus_valid_i && bus_write_i && sel_cfg && bus_addr_i[31:8] == '0;

  // --- the window ---

  logic        win_ok;
  logic [3:0]  win_be; // from lane 0
  logic [31:0] win_mask;

  always_comb begin
    win_ok = win_bar_q == 8'(virtio_pkg::PciBarNumber) &&
             win_offset_q[31:15] == '0;
    unique case (win_length_q)
      32'd1: win_be = 4'b0001;
      32'd2: begin
        win_be = 4'b0011;
        if (win_offset_q[0]) win_ok = 1'b0;
      end
      32'd4: begin
        win_be = 4'b1111;
        if (win_offset_q[1:0] != 2'd0) win_ok = 1'b0;
      end
      default: begin
        win_be = 4'b0000;
        win_ok = 1'b0;
      end
    endcase
  end

  assign win_mask = {{8{win_be[3]}}, {8{win_be[2]}}, {8{win_be[1]}}, {8{win_be[0]}}};

  // --- accesses ---

  always_comb begin
    state_d     = state_q;
    win_data_d  = win_data_q;
    bus_ready_o = 1'b0;
    bus_rdata_o = cfg_rdata;
    bus_error_o = 1'b0;
    bar_valid_o = 1'b0;
    bar_write_o = bus_write_i;
    bar_addr_o  = bus_addr_i[14:2];
    bar_wdata_o = bus_wdata_i;
    bar_be_o    = bus_be_i;

    unique case (state_q)
      StIdle: begin
        if (bus_valid_i && sel_window) begin
          if (bus_write_i) begin
            for (int unsigned i = 0; i < 4; i++) begin
              if (bus_be_i[i]) win_data_d[8*i+:8] = bus_wdata_i[8*i+:8];
            end
          end
          state_d = StWindow;
        end else if (bus_valid_i) begin
          bus_ready_o = 1'b1;
          bus_error_o = !sel_cfg && !sel_bar;
          bar_valid_o = sel_bar;
          if (sel_bar) bus_rdata_o = bar_rdata_i;
        end
      end
      StWindow: begin
        bar_valid_o = win_ok;
        bar_addr_o  = win_offset_q[14:2];
        bar_be_o    = win_be << win_offset_q[1:0];
        bar_wdata_o = win_data_q << {win_offset_q[1:0], 3'b000};
        if (win_ok && !bus_write_i) begin
          win_data_d = (win_data_q & ~win_mask) |
                       ((bar_rdata_i >> {win_offset_q[1:0], 3'b000}) & win_mask);
        end
        state_d = StDone;
      end
      StDone: begin
        bus_ready_o = 1'b1;
        bus_rdata_o = win_data_q;
        state_d     = StIdle;
      end
      default: state_d = StIdle;
    endcase
  end

  // --- what configuration reads return ---

  always_comb begin
    unique case (cfg_addr)
      8'h00: cfg_rdata = {virtio_pkg::PciDeviceIdBase + VirtioDeviceId, virtio_pkg::PciVendorId};
      8'h04: begin
        cfg_rdata     = '0;
        cfg_rdata[1]  = mem_enable_q;
        cfg_rdata[2]  = bus_master_q;
        cfg_rdata[10] = intx_disable_q;
        cfg_rdata[19] = intr_status_i;
        cfg_rdata[20] = 1'b1; // capability list
      end
      8'h08: cfg_rdata = {ClassCode, RevisionId};
      8'h0c: cfg_rdata = {24'h000000, cache_line_q};
      8'h10: cfg_rdata = {bar0_q, 15'h0000}; // 32-bit memory, not prefetchable
      8'h2c: cfg_rdata = {SubsystemId, SubsystemVendorId};
      8'h34: cfg_rdata = {24'h000000, CapCommon};
      8'h3c: cfg_rdata = {16'h0000, 8'h01, int_line_q}; // INTA#

      CapCommon:         cfg_rdata = {virtio_pkg::PciCapCommonCfg, CapLen, CapNotify,
                                      virtio_pkg::PciCapVendor};
      CapCommon + 8'd4:  cfg_rdata = {29'd0, virtio_pkg::PciBarNumber};
      CapCommon + 8'd8:  cfg_rdata = virtio_pkg::PciBarCommon;
      CapCommon + 8'd12: cfg_rdata = virtio_pkg::PciCommonBytes;

      CapNotify:         cfg_rdata = {virtio_pkg::PciCapNotifyCfg, CapLenExtra, CapIsr,
                                      virtio_pkg::PciCapVendor};
      CapNotify + 8'd4:  cfg_rdata = {29'd0, virtio_pkg::PciBarNumber};
      CapNotify + 8'd8:  cfg_rdata = virtio_pkg::PciBarNotify;
      CapNotify + 8'd12: cfg_rdata = NotifyBytes;
      CapNotify + 8'd16: cfg_rdata = virtio_pkg::PciNotifyMultiplier;

      CapIsr:            cfg_rdata = {virtio_pkg::PciCapIsrCfg, CapLen, AfterIsr,
                                      virtio_pkg::PciCapVendor};
      CapIsr + 8'd4:     cfg_rdata = {29'd0, virtio_pkg::PciBarNumber};
      CapIsr + 8'd8:     cfg_rdata = virtio_pkg::PciBarIsr;
      CapIsr + 8'd12:    cfg_rdata = IsrBytes;

      CapDevice:         cfg_rdata = {virtio_pkg::PciCapDeviceCfg, CapLen, CapPciCfg,
                                      virtio_pkg::PciCapVendor};
      CapDevice + 8'd4:  cfg_rdata = {29'd0, virtio_pkg::PciBarNumber};
      CapDevice + 8'd8:  cfg_rdata = virtio_pkg::PciBarDevice;
      CapDevice + 8'd12: cfg_rdata = DeviceBytes;

      CapPciCfg:         cfg_rdata = {virtio_pkg::PciCapPciCfg, CapLenExtra, CapMsix,
                                      virtio_pkg::PciCapVendor};
      CapPciBar:         cfg_rdata = {24'd0, win_bar_q};
      CapPciOffset:      cfg_rdata = win_offset_q;
      CapPciLength:      cfg_rdata = win_length_q;

      CapMsix:           cfg_rdata = {msix_enable_q, msix_mask_q, 3'd0, MsixTableSize, CapAf,
                                      virtio_pkg::PciCapMsix};
      CapMsix + 8'd4:    cfg_rdata = virtio_pkg::PciBarMsixTable | 32'(virtio_pkg::PciBarNumber);
      CapMsix + 8'd8:    cfg_rdata = virtio_pkg::PciBarMsixPba | 32'(virtio_pkg::PciBarNumber);

      CapAf:             cfg_rdata = {AfCaps, CapLenAf, 8'h00, virtio_pkg::PciCapAf};
      CapAf + 8'd4:      cfg_rdata = {23'd0, resetting_i, 8'h00};

      default:           cfg_rdata = '0;
    endcase
    if (bus_addr_i[31:8] != '0) cfg_rdata = '0;
  end

  assign intx_disable_o = intx_disable_q;
  assign bus_master_o   = bus_master_q;
  assign msix_enable_o  = msix_enable_q;
  assign msix_mask_o    = msix_mask_q;
  assign flr_o          = cfg_write && cfg_addr == CapAf + 8'd4 && bus_be_i[0] && bus_wdata_i[0];

  // --- what configuration writes change ---

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q        <= StIdle;
      mem_enable_q   <= 1'b0;
      bus_master_q   <= 1'b0;
      intx_disable_q <= 1'b0;
      cache_line_q   <= '0;
      int_line_q     <= '0;
      bar0_q         <= '0;
      msix_enable_q  <= 1'b0;
      msix_mask_q    <= 1'b0;
      win_bar_q      <= '0;
      win_offset_q   <= '0;
      win_length_q   <= '0;
      win_data_q     <= '0;
    end else begin
      state_q    <= state_d;
      win_data_q <= win_data_d;
      if (flr_o) begin
        mem_enable_q   <= 1'b0;
        bus_master_q   <= 1'b0;
        intx_disable_q <= 1'b0;
        cache_line_q   <= '0;
        int_line_q     <= '0;
        bar0_q         <= '0;
        msix_enable_q  <= 1'b0;
        msix_mask_q    <= 1'b0;
        win_bar_q      <= '0;
        win_offset_q   <= '0;
        win_length_q   <= '0;
        win_data_q     <= '0;
      end else if (cfg_write) begin
        unique case (cfg_addr)
          8'h04: begin
            if (bus_be_i[0]) mem_enable_q   <= bus_wdata_i[1];
            if (bus_be_i[0]) bus_master_q   <= bus_wdata_i[2];
            if (bus_be_i[1]) intx_disable_q <= bus_wdata_i[10];
          end
          8'h0c: if (bus_be_i[0]) cache_line_q <= bus_wdata_i[7:0];
          8'h10: begin
            if (bus_be_i[1]) bar0_q[15]    <= bus_wdata_i[15];
            if (bus_be_i[2]) bar0_q[23:16] <= bus_wdata_i[23:16];
            if (bus_be_i[3]) bar0_q[31:24] <= bus_wdata_i[31:24];
          end
          8'h3c: if (bus_be_i[0]) int_line_q <= bus_wdata_i[7:0];
          CapPciBar: if (bus_be_i[0]) win_bar_q <= bus_wdata_i[7:0];
          CapPciOffset: begin
            for (int unsigned i = 0; i < 4; i++) begin
              if (bus_be_i[i]) win_offset_q[8*i+:8] <= bus_wdata_i[8*i+:8];
            end
          end
          CapPciLength: begin
            for (int unsigned i = 0; i < 4; i++) begin
              if (bus_be_i[i]) win_length_q[8*i+:8] <= bus_wdata_i[8*i+:8];
            end
          end
          CapMsix: begin
            if (bus_be_i[3]) msix_enable_q <= bus_wdata_i[31];
            if (bus_be_i[3]) msix_mask_q   <= bus_wdata_i[30];
          end
          default: ;
        endcase
      end
    end
  end

endmodule
