// SPDX-License-Identifier: MIT
//
// Purpose: what every virtio device has and no transport changes: feature negotiation (virtio 1.4, 2.2), the
// device status machine (2.1), reset (2.4), the configuration generation (4.1.4.3.1) and the decision
// when the rings may be touched. Transports write it field by field and read its state.
//
// Reset: writing 0 to the status raises resetting_o, which makes everyone stop and forget. The status
// keeps its old value until quiet_i says that no transfer is left, then reads 0.
//
// Suspend (3.4): with the feature negotiated, writing SUSPEND to a live device ends run_o and raises hold_o,
// which freezes the device configuration. Once everyone is quiet and has told the driver what there was to
// tell, SUSPEND shows instead of DRIVER_OK; writing DRIVER_OK turns that round.

module virtio_core #(
  parameter logic [63:0] TransportFeatures = '0 // what the transport adds
) (
  input  logic               clk_i,
  input  logic               rst_ni,

  input  logic [63:0]        strap_features_i,
  input  logic [63:0]        device_features_i, // what the device function has
  output logic [63:0]        features_o,        // offered; from FEATURES_OK on, negotiated

  // Transport: one field write a cycle.
  input  logic               field_write_i,
  input  virtio_pkg::field_e field_i,
  input  logic [31:0]        field_wdata_i,
  output logic [31:0]        device_feature_select_o,
  output logic [31:0]        device_feature_o,
  output logic [31:0]        driver_feature_select_o,
  output logic [31:0]        driver_feature_o,
  output logic [7:0]         device_status_o,
  output logic [7:0]         config_generation_o,

  // Device configuration: read by the driver, changed by the device function.
  input  logic               config_read_i,
  input  logic               config_changed_i, // any field has changed, whoever did it
  input  logic               config_irq_i,     // and the driver is to hear of it
  output logic               irq_config_o,

  // Queue engine and everyone else.
  input  logic               error_i, // an error that only a reset cures
  input  logic               reset_i, // pulse: a reset that is no field write
  input  logic               quiet_i, // nothing in flight anywhere
  input  logic               told_i,  // no interrupt is on its way
  output logic               run_o,   // the rings may be touched
  output logic               hold_o,  // suspended or about to be: the configuration stands still
  output logic               suspended_o,
  output logic               resetting_o
);

  localparam logic [63:0] Version1  = 64'd1 << virtio_pkg::FeatureVersion1;
  localparam logic [63:0] Generic   = (64'd1 << virtio_pkg::FeatureIndirectDesc) |
                                      (64'd1 << virtio_pkg::FeatureEventIdx) |
                                      (64'd1 << virtio_pkg::FeatureAccessPlatform) |
                                      (64'd1 << virtio_pkg::FeatureOrderPlatform) |
                                      (64'd1 << virtio_pkg::FeatureRingReset) |
                                      (64'd1 << virtio_pkg::FeatureSuspend) | TransportFeatures;
  localparam logic [7:0]  DriverBits = virtio_pkg::StatusAcknowledge | virtio_pkg::StatusDriver |
                                       virtio_pkg::StatusDriverOk | virtio_pkg::StatusFeaturesOk |
                                       virtio_pkg::StatusFailed;

  // --- the status, bit by bit ---

  logic [7:0] status_d, status_q;

  logic features_ok, driver_ok, needs_reset, suspended;
  assign features_ok = (status_q & virtio_pkg::StatusFeaturesOk) != '0;
  assign driver_ok   = (status_q & virtio_pkg::StatusDriverOk) != '0;
  assign needs_reset = (status_q & virtio_pkg::StatusNeedsReset) != '0;
  assign suspended   = (status_q & virtio_pkg::StatusSuspend) != '0;

  // --- features ---

  logic [31:0] dev_sel_q, drv_sel_q;
  logic [63:0] offered, accepted_q;
  logic [2:0]  beyond_q; // bits accepted beyond 63: word 2, word 3, any later word
  logic        features_fit;

  assign offered    = (strap_features_i & (device_features_i | Generic)) | Version1;
  assign features_o = features_ok ? accepted_q : offered;

  assign features_fit = (accepted_q & ~offered) == '0 && beyond_q == '0 &&
                        accepted_q[virtio_pkg::FeatureVersion1];

  assign device_feature_select_o = dev_sel_q;
  assign driver_feature_select_o = drv_sel_q;

  always_comb begin
    unique case (dev_sel_q)
      32'd0:   device_feature_o = offered[31:0];
      32'd1:   device_feature_o = offered[63:32];
      default: device_feature_o = '0;
    endcase
    unique case (drv_sel_q)
      32'd0:   driver_feature_o = accepted_q[31:0];
      32'd1:   driver_feature_o = accepted_q[63:32];
      default: driver_feature_o = '0;
    endcase
  end

  // --- status and reset ---

  logic       resetting_d, resetting_q;
  logic       suspending_d, suspending_q; // on the way to SUSPEND
  logic       status_write;
  logic       suspend_write, resume_write;

  assign status_write = field_write_i && !resetting_q && field_i == virtio_pkg::FieldDeviceStatus;

  assign suspend_write = status_write && driver_ok && features_ok && !needs_reset && !suspended &&
                         accepted_q[virtio_pkg::FeatureSuspend] &&
                         (field_wdata_i[7:0] & virtio_pkg::StatusSuspend) != '0;
  assign resume_write  = status_write && suspended &&
                         (field_wdata_i[7:0] & virtio_pkg::StatusDriverOk) != '0;

  always_comb begin
    status_d     = status_q;
    resetting_d  = resetting_q;
    suspending_d = suspending_q || suspend_write;
    if (resetting_q) begin
      if (quiet_i) begin
        status_d    = '0;
        resetting_d = 1'b0;
      end
    end else if (reset_i || (status_write && field_wdata_i[7:0] == 8'h00)) begin
      resetting_d = 1'b1;
    end else begin
      if (status_write) begin
        status_d = status_q | (field_wdata_i[7:0] & DriverBits);
        // Sticks only if the device can live with what the driver accepted.
        if (!features_fit && (status_q & virtio_pkg::StatusFeaturesOk) == '0) begin
          status_d = status_d & ~virtio_pkg::StatusFeaturesOk;
        end
        // Suspended, DRIVER_OK is not a bit to add but the wish to go on.
        if (suspended) status_d = status_d & ~virtio_pkg::StatusDriverOk;
        if (resume_write) begin
          status_d = (status_d & ~virtio_pkg::StatusSuspend) | virtio_pkg::StatusDriverOk;
        end
      end
      if (suspending_q && quiet_i && told_i) begin
        status_d     = (status_d & ~virtio_pkg::StatusDriverOk) | virtio_pkg::StatusSuspend;
        suspending_d = 1'b0;
      end
      if (error_i) status_d = status_d | virtio_pkg::StatusNeedsReset;
    end
    if (resetting_d || error_i) suspending_d = 1'b0;
  end

  assign device_status_o = status_q;
  assign resetting_o     = resetting_q;
  assign run_o           = driver_ok && features_ok && !needs_reset && !resetting_q && !suspending_q;
  assign hold_o          = suspending_q || suspended;
  assign suspended_o     = suspended;

  // --- configuration generation ---
  // It moves when the driver reads something that has changed, so it cannot wrap unseen.

  logic       changed_q;
  logic [7:0] generation_q;

  assign config_generation_o = generation_q;
  assign irq_config_o        = (config_irq_i || error_i) && driver_ok && !resetting_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      dev_sel_q    <= '0;
      drv_sel_q    <= '0;
      accepted_q   <= '0;
      beyond_q     <= '0;
      status_q     <= '0;
      resetting_q  <= 1'b0;
      suspending_q <= 1'b0;
      changed_q    <= 1'b0;
      generation_q <= '0;
    end else begin
      status_q     <= status_d;
      resetting_q  <= resetting_d;
      suspending_q <= suspending_d;
      changed_q    <= (changed_q && !config_read_i) || config_changed_i;
      if (config_read_i && changed_q) generation_q <= generation_q + 8'd1;
      if (resetting_q) begin
        dev_sel_q  <= '0;
        drv_sel_q  <= '0;
        accepted_q <= '0;
        beyond_q   <= '0;
      end else if (field_write_i) begin
        unique case (field_i)
          virtio_pkg::FieldDeviceFeatureSelect: dev_sel_q <= field_wdata_i;
          virtio_pkg::FieldDriverFeatureSelect: drv_sel_q <= field_wdata_i;
          virtio_pkg::FieldDriverFeature: begin
            // What was negotiated stays negotiated.
            if (!features_ok) begin
              unique case (drv_sel_q)
                32'd0:   accepted_q[31:0]  <= field_wdata_i;
                32'd1:   accepted_q[63:32] <= field_wdata_i;
                32'd2:   beyond_q[0]       <= field_wdata_i != '0;
                32'd3:   beyond_q[1]       <= field_wdata_i != '0;
                default: beyond_q[2]       <= beyond_q[2] || field_wdata_i != '0;
              endcase
            end
          end
          default: ;
        endcase
      end
    end
  end

endmodule
