// SPDX-License-Identifier: MIT
//
// Purpose: the balloon as a device function (virtio 1.4, 5.5), whatever transport and ring format carry it.
// It owns the device configuration and turns the bytes of inflate and deflate buffers into page frame
// numbers (le32, 4 KiB pages), one a cycle, for the host behind the management port. How the bytes are cut
// into beats or descriptors does not matter; a rest of less than four is ignored. A buffer is done
// when the host has taken its last page. The host's target is num_pages.

module balloon #(
  parameter int unsigned NumQueues = 5,
  parameter int unsigned QueueW    = $clog2(NumQueues)
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 flush_i, // device reset

  output logic [63:0]          features_o,
  output logic [NumQueues-1:0] queue_exists_o,
  output logic [15:0]          num_queues_o,

  // Buffers.
  input  logic [QueueW-1:0]    queue_i,
  input  logic                 buf_valid_i,
  output logic                 buf_ready_o,
  input  logic [63:0]          buf_data_i,
  input  logic [3:0]           buf_bytes_i, // 1 to 8
  input  logic                 buf_end_i,
  output logic                 buf_done_o,
  input  logic                 buf_abort_i,

  // Device configuration.
  input  logic                 config_write_i,
  input  logic [7:2]           config_addr_i,
  input  logic [31:0]          config_wdata_i,
  input  logic [3:0]           config_be_i,
  output logic [31:0]          config_rdata_o,
  output logic                 config_changed_o,
  output logic                 config_irq_o,

  // Management port.
  input  logic [31:0]          mgmt_target_i,
  output logic [31:0]          mgmt_actual_o,
  output logic                 mgmt_page_valid_o,
  input  logic                 mgmt_page_ready_i,
  output logic [1:0]           mgmt_page_op_o,
  output logic [31:0]          mgmt_page_pfn_o,

  output logic                 idle_o,
  output logic                 busy_o
);

  localparam logic [1:0] OpInflate = 2'd0;
  localparam logic [1:0] OpDeflate = 2'd1;

  localparam int unsigned AccBytes = 11; // less than a page number left over, plus a beat

  assign features_o     = (64'd1 << virtio_pkg::FeatureBalloonMustTellHost) |
                          (64'd1 << virtio_pkg::FeatureBalloonDeflateOnOom);
  assign queue_exists_o = NumQueues'((1 << virtio_pkg::BalloonQueueInflate) |
                                     (1 << virtio_pkg::BalloonQueueDeflate));
  assign num_queues_o   = 16'(virtio_pkg::BalloonQueueDeflate + 1);

  // --- device configuration ---

  logic [31:0] target_q;
  logic [31:0] actual_d, actual_q;
  logic [7:0]  config_addr;

  assign config_addr = {config_addr_i, 2'b00};

  always_comb begin
    actual_d = actual_q;
    if (config_write_i && config_addr == virtio_pkg::BalloonConfigActual) begin
      for (int unsigned i = 0; i < 4; i++) begin
        if (config_be_i[i]) actual_d[8*i+:8] = config_wdata_i[8*i+:8];
      end
    end
    if (flush_i) actual_d = '0;
  end

  always_comb begin
    unique case (config_addr)
      virtio_pkg::BalloonConfigNumPages: config_rdata_o = target_q;
      virtio_pkg::BalloonConfigActual:   config_rdata_o = actual_q;
      default:                           config_rdata_o = '0;
    endcase
  end

  assign config_irq_o     = target_q != mgmt_target_i;
  assign config_changed_o = config_irq_o || actual_q != actual_d;
  assign mgmt_actual_o    = actual_q;

  // --- bytes to page numbers ---

  logic [8*AccBytes-1:0] acc_d, acc_q;
  logic [3:0]            bytes_d, bytes_q;
  logic [1:0]            op_d, op_q;
  logic                  page, take;

  assign page        = bytes_q >= 4'd4;
  assign buf_ready_o = bytes_q < 4'd4 || (bytes_q < 4'd8 && mgmt_page_ready_i);
  assign take        = buf_valid_i && buf_ready_o && !buf_abort_i;

  always_comb begin
    acc_d   = acc_q;
    bytes_d = bytes_q;
    op_d    = op_q;
    // A page on offer stays on offer; the rest of an aborted buffer goes.
    if (buf_abort_i || (buf_end_i && !page)) bytes_d = page ? 4'd4 : 4'd0;
    if (page && mgmt_page_ready_i) begin
      acc_d   = acc_q >> 32;
      bytes_d = bytes_d - 4'd4;
    end
    if (take) begin
      for (int unsigned i = 0; i < 4; i++) begin
        if (bytes_d[1:0] == 2'(i)) acc_d[8*i+:64] = buf_data_i;
      end
      bytes_d = bytes_d + buf_bytes_i;
      op_d    = queue_i == QueueW'(virtio_pkg::BalloonQueueInflate) ? OpInflate : OpDeflate;
    end
  end

  assign mgmt_page_valid_o = page;
  assign mgmt_page_op_o    = op_q;
  assign mgmt_page_pfn_o   = acc_q[31:0];
  assign buf_done_o        = buf_end_i && !page;
  assign idle_o            = !page;
  assign busy_o            = page || config_irq_o;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      target_q <= '0;
      actual_q <= '0;
      acc_q    <= '0;
      bytes_q  <= '0;
      op_q     <= OpInflate;
    end else begin
      target_q <= mgmt_target_i;
      actual_q <= actual_d;
      acc_q    <= acc_d;
      bytes_q  <= bytes_d;
      op_q     <= op_d;
    end
  end

endmodule
