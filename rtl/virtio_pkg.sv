// SPDX-License-Identifier: MIT
//
// Purpose: every number that the device shares with the outside world, once. Register offsets, bits and
// identifiers of virtio 1.4 (section numbers in brackets) and of PCI, named after the specification's
// own field names so that a script can compare them with the C side and with specs/. Plus the few
// encodings that only our modules share. Nothing here has logic.

// Several devices share this; none of them uses all of it.
/* verilator lint_off UNUSEDPARAM */

package virtio_pkg;

  // --- device status [2.1] ---
  localparam logic [7:0] StatusAcknowledge = 8'h01;
  localparam logic [7:0] StatusDriver      = 8'h02;
  localparam logic [7:0] StatusDriverOk    = 8'h04;
  localparam logic [7:0] StatusFeaturesOk  = 8'h08;
  localparam logic [7:0] StatusSuspend     = 8'h10;
  localparam logic [7:0] StatusNeedsReset  = 8'h40;
  localparam logic [7:0] StatusFailed      = 8'h80;

  // --- feature bits [5.5.3, 6] ---
  localparam int unsigned FeatureBalloonMustTellHost  = 0;
  localparam int unsigned FeatureBalloonStatsVq       = 1;
  localparam int unsigned FeatureBalloonDeflateOnOom  = 2;
  localparam int unsigned FeatureBalloonFreePageHint  = 3;
  localparam int unsigned FeatureBalloonPagePoison    = 4;
  localparam int unsigned FeatureBalloonPageReporting = 5;
  localparam int unsigned FeatureIndirectDesc         = 28;
  localparam int unsigned FeatureEventIdx             = 29;
  localparam int unsigned FeatureVersion1             = 32;
  localparam int unsigned FeatureAccessPlatform       = 33;
  localparam int unsigned FeatureOrderPlatform        = 36;
  localparam int unsigned FeatureNotificationData     = 38;
  localparam int unsigned FeatureNotifConfigData      = 39;
  localparam int unsigned FeatureRingReset            = 40;
  localparam int unsigned FeatureSuspend              = 43;

  // --- split virtqueues [2.7] ---
  localparam logic [15:0] DescFlagNext          = 16'h0001;
  localparam logic [15:0] DescFlagWrite         = 16'h0002;
  localparam logic [15:0] DescFlagIndirect      = 16'h0004;
  localparam logic [15:0] AvailFlagNoInterrupt  = 16'h0001;
  localparam int unsigned AvailHeaderBytes      = 4; // flags, idx
  localparam int unsigned AvailElemBytes        = 2;
  localparam int unsigned EventBytes            = 2; // used_event, avail_event
  localparam int unsigned UsedIdxOffset         = 2;
  localparam int unsigned UsedRingOffset        = 4;
  localparam int unsigned UsedElemBytes         = 8;
  localparam int unsigned DescBytes             = 16;

  // --- entropy device [5.4] ---
  localparam logic [15:0] DeviceIdRng            = 16'd4;

  // --- balloon [5.5] ---
  localparam logic [15:0] DeviceIdBalloon        = 16'd5;
  localparam logic [7:0]  BalloonConfigNumPages  = 8'h00;
  localparam logic [7:0]  BalloonConfigActual    = 8'h04;
  localparam logic [7:0]  BalloonConfigHintCmdId = 8'h08; // free_page_hint_cmd_id
  localparam logic [7:0]  BalloonConfigPoisonVal = 8'h0c;
  localparam logic [31:0] BalloonCmdIdDone       = 32'd1; // 0 is stop; ids proper lie above [5.5.6.5]
  localparam int unsigned BalloonStatBytes       = 10;    // le16 tag, le64 value
  localparam int unsigned BalloonConfigBytes     = 16;

  // --- virtio over PCI: identity and capabilities [4.1.2, 4.1.4] ---
  localparam logic [15:0] PciVendorId            = 16'h1af4;
  localparam logic [15:0] PciDeviceIdBase        = 16'h1040;
  localparam logic [7:0]  PciCapVendor           = 8'h09;
  localparam logic [7:0]  PciCapMsix             = 8'h11;
  localparam logic [7:0]  PciCapAf               = 8'h13; // advanced features: function-level reset
  localparam logic [7:0]  PciCapCommonCfg        = 8'd1;
  localparam logic [7:0]  PciCapNotifyCfg        = 8'd2;
  localparam logic [7:0]  PciCapIsrCfg           = 8'd3;
  localparam logic [7:0]  PciCapDeviceCfg        = 8'd4;
  localparam logic [7:0]  PciCapPciCfg           = 8'd5;

  // --- virtio over PCI: common configuration structure [4.1.4.3], byte offsets ---
  localparam logic [7:0] PciCommonDeviceFeatureSelect = 8'h00;
  localparam logic [7:0] PciCommonDeviceFeature       = 8'h04;
  localparam logic [7:0] PciCommonDriverFeatureSelect = 8'h08;
  localparam logic [7:0] PciCommonDriverFeature       = 8'h0c;
  localparam logic [7:0] PciCommonConfigMsixVector    = 8'h10; // and num_queues at 0x12
  localparam logic [7:0] PciCommonDeviceStatus        = 8'h14; // and 0x15, 0x16:
  localparam logic [7:0] PciCommonConfigGeneration    = 8'h15;
  localparam logic [7:0] PciCommonQueueSelect         = 8'h16;
  localparam logic [7:0] PciCommonNumQueues           = 8'h12;
  localparam logic [7:0] PciCommonQueueSize           = 8'h18;
  localparam logic [7:0] PciCommonQueueMsixVector     = 8'h1a;
  localparam logic [7:0] PciCommonQueueEnable         = 8'h1c;
  localparam logic [7:0] PciCommonQueueNotifyOff      = 8'h1e;
  localparam logic [7:0] PciCommonQueueDesc           = 8'h20;
  localparam logic [7:0] PciCommonQueueDriver         = 8'h28;
  localparam logic [7:0] PciCommonQueueDevice         = 8'h30;
  localparam logic [7:0] PciCommonQueueNotifConfigData = 8'h38;
  localparam logic [7:0] PciCommonQueueReset          = 8'h3a;
  localparam int unsigned PciCommonBytes              = 64;

  localparam logic [15:0] MsiNoVector = 16'hffff;
  localparam logic [1:0]  IsrQueue    = 2'b01; // [4.1.4.5, 4.2.2]
  localparam logic [1:0]  IsrConfig   = 2'b10;

  // --- our memory BAR: 32 KiB, one 4 KiB window a structure ---
  localparam logic [2:0]  PciBarNumber        = 3'd0;
  localparam logic [31:0] PciBarBytes         = 32'h8000;
  localparam logic [31:0] PciBarCommon        = 32'h0000;
  localparam logic [31:0] PciBarIsr           = 32'h1000;
  localparam logic [31:0] PciBarDevice        = 32'h2000;
  localparam logic [31:0] PciBarNotify        = 32'h3000;
  localparam logic [31:0] PciBarMsixTable     = 32'h4000;
  localparam logic [31:0] PciBarMsixPba       = 32'h4800;
  localparam logic [31:0] PciNotifyMultiplier = 32'd4;
  localparam logic [15:0] PciNotifConfigData  = 16'h0100; // plus the queue number

  // --- virtio over MMIO [4.2.2], byte offsets ---
  localparam logic [31:0] MmioMagic              = 32'h7472_6976; // "virt"
  localparam logic [31:0] MmioVersion            = 32'd2;
  localparam logic [8:0]  MmioMagicValue         = 9'h000;
  localparam logic [8:0]  MmioVersionReg         = 9'h004;
  localparam logic [8:0]  MmioDeviceId           = 9'h008;
  localparam logic [8:0]  MmioVendorId           = 9'h00c;
  localparam logic [8:0]  MmioDeviceFeatures     = 9'h010;
  localparam logic [8:0]  MmioDeviceFeaturesSel  = 9'h014;
  localparam logic [8:0]  MmioDriverFeatures     = 9'h020;
  localparam logic [8:0]  MmioDriverFeaturesSel  = 9'h024;
  localparam logic [8:0]  MmioQueueSel           = 9'h030;
  localparam logic [8:0]  MmioQueueSizeMax       = 9'h034;
  localparam logic [8:0]  MmioQueueSize          = 9'h038;
  localparam logic [8:0]  MmioQueueReady         = 9'h044;
  localparam logic [8:0]  MmioQueueNotify        = 9'h050;
  localparam logic [8:0]  MmioInterruptStatus    = 9'h060;
  localparam logic [8:0]  MmioInterruptAck       = 9'h064;
  localparam logic [8:0]  MmioStatus             = 9'h070;
  localparam logic [8:0]  MmioQueueDesc          = 9'h080; // low, then high
  localparam logic [8:0]  MmioQueueDriver        = 9'h090;
  localparam logic [8:0]  MmioQueueDevice        = 9'h0a0;
  localparam logic [8:0]  MmioShmLen             = 9'h0b0; // and high
  localparam logic [8:0]  MmioShmBase            = 9'h0b8; // and high
  localparam logic [8:0]  MmioQueueReset         = 9'h0c0;
  localparam logic [8:0]  MmioConfigGeneration   = 9'h0fc;
  localparam logic [8:0]  MmioConfig             = 9'h100;
  localparam int unsigned MmioBytes              = 512; // registers and configuration

  // --- the register port's AxUSER sideband (rtl/README.md) ---
  localparam logic [2:0] SpacePciConfig = 3'd0;
  localparam logic [2:0] SpaceBar       = 3'd1;
  localparam logic [2:0] SpaceMmio      = 3'd2;

  // --- AXI ---
  localparam logic [1:0] AxiOkay      = 2'b00;
  localparam logic [1:0] AxiSlverr    = 2'b10;
  localparam logic [1:0] AxiDecerr    = 2'b11;
  localparam logic [1:0] AxiBurstIncr = 2'b01;
  localparam logic [2:0] AxiSize8     = 3'b011;

  // The roles of queues 0 to 4 [5.5.2], whatever their numbers.
  typedef enum logic [2:0] {
    BalloonInflate,
    BalloonDeflate,
    BalloonStats,
    BalloonHint,
    BalloonReport
  } balloon_queue_e;

  // --- what a transport can write in the core, whatever the transport's own layout ---
  typedef enum logic [3:0] {
    FieldNone,
    FieldDeviceFeatureSelect,
    FieldDriverFeatureSelect,
    FieldDriverFeature,
    FieldDeviceStatus,
    FieldQueueSelect,
    FieldQueueSize,
    FieldQueueEnable,
    FieldQueueReset,
    FieldQueueDescLo,
    FieldQueueDescHi,
    FieldQueueDriverLo,
    FieldQueueDriverHi,
    FieldQueueDeviceLo,
    FieldQueueDeviceHi
  } field_e;

endpackage

/* verilator lint_on UNUSEDPARAM */
