// SPDX-License-Identifier: MIT
//
// Purpose: the balloon as a device function (virtio 1.4, 5.5), whatever transport and ring format carry it.
// It owns the device configuration and the roles of the queues, and turns buffers into what the host behind
// the management port wants to know, one item a handshake:
//
//   inflate, deflate  page frame numbers (le32, 4 KiB pages)
//   stats             entries of 10 bytes, tag and value; the buffer is held until the host asks again
//   hint              a command id, then segments of free memory, told if the id is the one on show
//   report            segments of free memory
//
// How the bytes are cut into beats or descriptors does not matter; a rest of less than an item is ignored.
// A buffer is done when the host has taken its last item. Nothing is ever written into a buffer.
//
// Queues are numbered as 5.5.2 has them or, by strap, densely as stock drivers do; which of the last three
// exist is up to the features offered and, once negotiated, accepted.

module balloon #(
  parameter int unsigned NumQueues = 5,
  parameter int unsigned QueueW    = $clog2(NumQueues)
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 flush_i, // device reset
  input  logic                 hold_i,  // the device configuration stands still
  input  logic                 strap_dense_i,

  output logic [63:0]          features_o, // what it can do
  input  logic [63:0]          features_i, // offered or negotiated
  output logic [NumQueues-1:0] queue_exists_o,
  output logic [15:0]          num_queues_o,

  // Buffers.
  input  logic [QueueW-1:0]    queue_i,
  input  logic                 buf_valid_i,
  output logic                 buf_ready_o,
  input  logic [63:0]          buf_data_i,
  input  logic [3:0]           buf_bytes_i, // 1 to 8
  input  logic                 seg_valid_i,
  output logic                 seg_ready_o,
  input  logic [63:0]          seg_addr_i,
  input  logic [31:0]          seg_len_i,
  input  logic                 buf_end_i,
  output logic                 buf_done_o,
  output logic                 buf_hold_o, // with buf_done_o: not to be returned yet
  output logic                 release_o,
  input  logic                 released_i,
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
  output logic [31:0]          mgmt_poison_o,
  output logic                 mgmt_page_valid_o,
  input  logic                 mgmt_page_ready_i,
  output logic [1:0]           mgmt_page_op_o,
  output logic [31:0]          mgmt_page_pfn_o,
  input  logic                 mgmt_stats_req_i,
  output logic                 mgmt_stat_valid_o,
  input  logic                 mgmt_stat_ready_i,
  output logic [15:0]          mgmt_stat_tag_o,
  output logic [63:0]          mgmt_stat_value_o,
  input  logic [31:0]          mgmt_hint_cmd_i,
  output logic [31:0]          mgmt_hint_id_o,
  output logic                 mgmt_range_valid_o,
  input  logic                 mgmt_range_ready_i,
  output logic                 mgmt_range_kind_o,
  output logic [63:0]          mgmt_range_addr_o,
  output logic [31:0]          mgmt_range_len_o,

  output logic                 idle_o,
  output logic                 busy_o
);

  localparam logic [1:0] OpInflate = 2'd0;
  localparam logic [1:0] OpDeflate = 2'd1;

  localparam logic RangeHint   = 1'b0;
  localparam logic RangeReport = 1'b1;

  localparam int unsigned WordBytes = 4; // a page number or a command id
  localparam int unsigned AccBytes  = virtio_pkg::BalloonStatBytes - 1 + 8; // a rest, plus a beat

  if (NumQueues != 5) begin : gen_queues
    $error("NumQueues: a balloon has 5 roles");
  end

  assign features_o = (64'd1 << virtio_pkg::FeatureBalloonMustTellHost) |
                      (64'd1 << virtio_pkg::FeatureBalloonStatsVq) |
                      (64'd1 << virtio_pkg::FeatureBalloonDeflateOnOom) |
                      (64'd1 << virtio_pkg::FeatureBalloonFreePageHint) |
                      (64'd1 << virtio_pkg::FeatureBalloonPagePoison) |
                      (64'd1 << virtio_pkg::FeatureBalloonPageReporting);

  // --- which queue is which ---

  logic                       has_stats, has_hint, has_poison, has_report;
  virtio_pkg::balloon_queue_e role2, role3; // of queues 2 and 3; 4 can only be for reports
  virtio_pkg::balloon_queue_e role;         // of the queue being served

  assign has_stats  = features_i[virtio_pkg::FeatureBalloonStatsVq];
  assign has_hint   = features_i[virtio_pkg::FeatureBalloonFreePageHint];
  assign has_poison = features_i[virtio_pkg::FeatureBalloonPagePoison];
  assign has_report = features_i[virtio_pkg::FeatureBalloonPageReporting];

  always_comb begin
    role2 = virtio_pkg::BalloonStats;
    role3 = virtio_pkg::BalloonHint;
    if (strap_dense_i) begin
      if (!has_hint) role3 = virtio_pkg::BalloonReport;
      if (!has_stats) begin
        role2 = role3;
        role3 = virtio_pkg::BalloonReport;
      end
    end
  end

  always_comb begin
    unique case (queue_i)
      QueueW'(0): role = virtio_pkg::BalloonInflate;
      QueueW'(1): role = virtio_pkg::BalloonDeflate;
      QueueW'(2): role = role2;
      QueueW'(3): role = role3;
      default:    role = virtio_pkg::BalloonReport;
    endcase
  end

  always_comb begin
    queue_exists_o = {has_report, has_hint, has_stats, 2'b11};
    if (strap_dense_i) begin
      unique case ({has_report, has_hint, has_stats})
        3'b000:                 queue_exists_o = 5'b00011;
        3'b001, 3'b010, 3'b100: queue_exists_o = 5'b00111;
        3'b111:                 queue_exists_o = 5'b11111;
        default:                queue_exists_o = 5'b01111;
      endcase
    end
    num_queues_o = '0;
    for (int unsigned i = 0; i < NumQueues; i++) begin
      if (queue_exists_o[i]) num_queues_o = 16'(i + 1);
    end
  end

  // --- device configuration ---

  logic [31:0] target_d, target_q;
  logic [31:0] hint_cmd_d, hint_cmd_q;
  logic [31:0] actual_d, actual_q;
  logic [31:0] poison_d, poison_q;
  logic [31:0] wmask;
  logic [7:0]  config_addr;
  logic        config_write;

  assign config_addr  = {config_addr_i, 2'b00};
  assign config_write = config_write_i && !hold_i;
  assign wmask = {{8{config_be_i[3]}}, {8{config_be_i[2]}}, {8{config_be_i[1]}}, {8{config_be_i[0]}}};

  always_comb begin
    target_d   = hold_i ? target_q : mgmt_target_i;
    hint_cmd_d = (hold_i || !has_hint) ? hint_cmd_q : mgmt_hint_cmd_i;
    actual_d   = actual_q;
    poison_d   = poison_q;
    if (config_write && config_addr == virtio_pkg::BalloonConfigActual) begin
      actual_d = (actual_q & ~wmask) | (config_wdata_i & wmask);
    end
    if (config_write && config_addr == virtio_pkg::BalloonConfigPoisonVal && has_poison) begin
      poison_d = (poison_q & ~wmask) | (config_wdata_i & wmask);
    end
    if (flush_i) begin
      actual_d = '0;
      poison_d = '0;
    end
  end

  always_comb begin
    unique case (config_addr)
      virtio_pkg::BalloonConfigNumPages:  config_rdata_o = target_q;
      virtio_pkg::BalloonConfigActual:    config_rdata_o = actual_q;
      virtio_pkg::BalloonConfigHintCmdId: config_rdata_o = has_hint ? hint_cmd_q : '0;
      virtio_pkg::BalloonConfigPoisonVal: config_rdata_o = poison_q;
      default:                            config_rdata_o = '0;
    endcase
  end

  assign config_irq_o     = target_q != target_d || hint_cmd_q != hint_cmd_d;
  assign config_changed_o = config_irq_o || actual_q != actual_d || poison_q != poison_d;
  assign mgmt_actual_o    = actual_q;
  assign mgmt_poison_o    = poison_q;

  // --- bytes to items: page numbers, statistics, command ids ---

  logic [8*AccBytes-1:0]      acc_d, acc_q;
  logic [4:0]                 bytes_d, bytes_q;
  virtio_pkg::balloon_queue_e role_d, role_q; // that the bytes came from
  logic [4:0]                 unit;
  logic                       item, item_ready, item_take, take;
  logic                       is_page, is_stat;

  assign unit       = role_q == virtio_pkg::BalloonStats ? 5'(virtio_pkg::BalloonStatBytes) :
                                                           5'(WordBytes);
  assign item       = bytes_q >= unit;
  assign is_page    = role_q == virtio_pkg::BalloonInflate || role_q == virtio_pkg::BalloonDeflate;
  assign is_stat    = role_q == virtio_pkg::BalloonStats;
  assign item_ready = is_page ? mgmt_page_ready_i : (!is_stat || mgmt_stat_ready_i);
  assign item_take  = item && item_ready;

  assign buf_ready_o = !item || (item_ready && bytes_q < unit + unit);
  assign take        = buf_valid_i && buf_ready_o && !buf_abort_i;

  always_comb begin
    acc_d   = acc_q;
    bytes_d = bytes_q;
    role_d  = role_q;
    // An item on offer stays on offer; the rest of an aborted buffer goes.
    if (buf_abort_i || (buf_end_i && !item)) bytes_d = item ? unit : '0;
    if (item_take) begin
      acc_d   = is_stat ? acc_q >> (8 * virtio_pkg::BalloonStatBytes) : acc_q >> (8 * WordBytes);
      bytes_d = bytes_d - unit;
    end
    if (take && role != virtio_pkg::BalloonReport) begin
      for (int unsigned i = 0; i < virtio_pkg::BalloonStatBytes; i++) begin
        if (bytes_d == 5'(i)) acc_d[8*i+:64] = buf_data_i;
      end
      bytes_d = bytes_d + 5'(buf_bytes_i);
      role_d  = role;
    end
  end

  assign mgmt_page_valid_o = item && is_page;
  assign mgmt_page_op_o    = role_q == virtio_pkg::BalloonInflate ? OpInflate : OpDeflate;
  assign mgmt_page_pfn_o   = acc_q[31:0];
  assign mgmt_stat_valid_o = item && is_stat;
  assign mgmt_stat_tag_o   = acc_q[15:0];
  assign mgmt_stat_value_o = acc_q[79:16];

  // --- statistics on request ---

  logic want_d, want_q;

  always_comb begin
    want_d = want_q && !released_i;
    if (mgmt_stats_req_i) want_d = 1'b1;
    if (flush_i) want_d = 1'b0;
  end

  assign release_o  = want_q;
  assign buf_hold_o = role == virtio_pkg::BalloonStats;

  // --- free memory: hints and reports ---

  logic [31:0] hint_id_d, hint_id_q; // as the driver last sent it
  logic        range_d, range_q;
  logic        range_kind_q;
  logic [63:0] range_addr_q;
  logic [31:0] range_len_q;
  logic        seg_take, seg_told;

  always_comb begin
    hint_id_d = hint_id_q;
    if (item_take && role_q == virtio_pkg::BalloonHint) hint_id_d = acc_q[31:0];
    if (flush_i) hint_id_d = '0;
  end

  // Segments come after the readable bytes of their buffer have been dealt with.
  assign seg_ready_o = !item && !range_q;
  assign seg_take    = seg_valid_i && seg_ready_o;
  assign seg_told    = role == virtio_pkg::BalloonReport ||
                       (role == virtio_pkg::BalloonHint && hint_id_q == hint_cmd_q &&
                        hint_cmd_q > virtio_pkg::BalloonCmdIdDone);
  assign range_d     = (seg_take && seg_told) || (range_q && !mgmt_range_ready_i);

  assign mgmt_hint_id_o     = hint_id_q;
  assign mgmt_range_valid_o = range_q;
  assign mgmt_range_kind_o  = range_kind_q;
  assign mgmt_range_addr_o  = range_addr_q;
  assign mgmt_range_len_o   = range_len_q;

  // --- the end of a buffer ---

  assign buf_done_o = buf_end_i && !item && !range_q;
  assign idle_o     = !item && !range_q;
  assign busy_o     = !idle_o || config_irq_o;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      target_q     <= '0;
      hint_cmd_q   <= '0;
      actual_q     <= '0;
      poison_q     <= '0;
      acc_q        <= '0;
      bytes_q      <= '0;
      role_q       <= virtio_pkg::BalloonInflate;
      want_q       <= 1'b0;
      hint_id_q    <= '0;
      range_q      <= 1'b0;
      range_kind_q <= RangeHint;
      range_addr_q <= '0;
      range_len_q  <= '0;
    end else begin
      target_q   <= target_d;
      hint_cmd_q <= hint_cmd_d;
      actual_q   <= actual_d;
      poison_q   <= poison_d;
      acc_q      <= acc_d;
      bytes_q    <= bytes_d;
      role_q     <= role_d;
      want_q     <= want_d;
      hint_id_q  <= hint_id_d;
      range_q    <= range_d;
      if (seg_take) begin
        range_kind_q <= role == virtio_pkg::BalloonHint ? RangeHint : RangeReport;
        range_addr_q <= seg_addr_i;
        range_len_q  <= seg_len_i;
      end
    end
  end

endmodule
