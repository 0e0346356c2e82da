// SPDX-License-Identifier: MIT
//
// Purpose: watches one AXI4 port and says, a bit a rule and a pulse a breach, which rules of the AMBA AXI
// specification a side has broken (section numbers in brackets). One order of ids: reads of one id and
// writes of one id are answered in order, others in any (A5.3); read data of ids may interleave. Written
// without assertion statements, so that a breach stops nothing and whoever simulates decides what follows.

module axi4_check #(
  parameter int unsigned DataBytes = 8,
  parameter int unsigned IdW       = 4,
  parameter int unsigned Depth     = 16, // bursts outstanding a direction and id, a power of two
  parameter int unsigned StrbW     = DataBytes
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,

  input  logic                   awvalid_i,
  input  logic                   awready_i,
  input  logic [IdW-1:0]         awid_i,
  input  logic [63:0]            awaddr_i,
  input  logic [7:0]             awlen_i,
  input  logic [2:0]             awsize_i,
  input  logic [1:0]             awburst_i,
  input  logic                   wvalid_i,
  input  logic                   wready_i,
  input  logic [8*DataBytes-1:0] wdata_i,
  input  logic [StrbW-1:0]       wstrb_i,
  input  logic                   wlast_i,
  input  logic                   bvalid_i,
  input  logic                   bready_i,
  input  logic [IdW-1:0]         bid_i,
  input  logic [1:0]             bresp_i,
  input  logic                   arvalid_i,
  input  logic                   arready_i,
  input  logic [IdW-1:0]         arid_i,
  input  logic [63:0]            araddr_i,
  input  logic [7:0]             arlen_i,
  input  logic [2:0]             arsize_i,
  input  logic [1:0]             arburst_i,
  input  logic                   rvalid_i,
  input  logic                   rready_i,
  input  logic [IdW-1:0]         rid_i,
  input  logic [8*DataBytes-1:0] rdata_i,
  input  logic [1:0]             rresp_i,
  input  logic                   rlast_i,

  output logic [9:0]             manager_o,    // bits as listed at their assignment
  output logic [6:0]             subordinate_o
);

  localparam int unsigned PtrW = $clog2(Depth);
  localparam int unsigned Ids  = 2 ** IdW;

  localparam logic [63:0] LaneMask = 64'(DataBytes) - 64'd1;

  typedef struct packed {
    logic [63:0] addr;
    logic [7:0]  len;
    logic [2:0]  size;
    logic [1:0]  burst;
  } burst_t;

  burst_t aw, ar;
  assign aw = '{addr: awaddr_i, len: awlen_i, size: awsize_i, burst: awburst_i};
  assign ar = '{addr: araddr_i, len: arlen_i, size: arsize_i, burst: arburst_i};

  // --- what is on offer stays, as it is, until it is taken [A3.2.1] ---

  logic   aw_held_q, w_held_q, b_held_q, ar_held_q, r_held_q;
  burst_t aw_q, ar_q;
  logic [IdW-1:0] aw_id_q, ar_id_q;
  logic [8*DataBytes-1:0] w_data_q, r_data_q;
  logic [StrbW:0]         w_rest_q;
  logic [IdW+1:0]         b_q;
  logic [IdW+2:0]         r_rest_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      aw_held_q <= 1'b0;
      w_held_q  <= 1'b0;
      b_held_q  <= 1'b0;
      ar_held_q <= 1'b0;
      r_held_q  <= 1'b0;
      aw_q      <= '0;
      aw_id_q   <= '0;
      ar_q      <= '0;
      ar_id_q   <= '0;
      b_q       <= '0;
      w_data_q  <= '0;
      w_rest_q  <= '0;
      r_data_q  <= '0;
      r_rest_q  <= '0;
    end else begin
      aw_held_q <= awvalid_i && !awready_i;
      w_held_q  <= wvalid_i && !wready_i;
      b_held_q  <= bvalid_i && !bready_i;
      ar_held_q <= arvalid_i && !arready_i;
      r_held_q  <= rvalid_i && !rready_i;
      if (awvalid_i) begin
        aw_q    <= aw;
        aw_id_q <= awid_i;
      end
      if (arvalid_i) begin
        ar_q    <= ar;
        ar_id_q <= arid_i;
      end
      if (bvalid_i) b_q <= {bid_i, bresp_i};
      if (wvalid_i) begin
        w_data_q <= wdata_i;
        w_rest_q <= {wlast_i, wstrb_i};
      end
      if (rvalid_i) begin
        r_data_q <= rdata_i;
        r_rest_q <= {rid_i, rresp_i, rlast_i};
      end
    end
  end

  logic aw_unstable, w_unstable, b_unstable, ar_unstable, r_unstable;
  assign aw_unstable = aw_held_q && (!awvalid_i || aw != aw_q || awid_i != aw_id_q);
  assign ar_unstable = ar_held_q && (!arvalid_i || ar != ar_q || arid_i != ar_id_q);
  assign w_unstable  = w_held_q && (!wvalid_i || {wlast_i, wstrb_i} != w_rest_q || wdata_i != w_data_q);
  assign b_unstable  = b_held_q && (!bvalid_i || {bid_i, bresp_i} != b_q);
  assign r_unstable  = r_held_q && (!rvalid_i || {rid_i, rresp_i, rlast_i} != r_rest_q ||
                                    rdata_i != r_data_q);

  // --- bursts that exist [A3.4.1] ---

  function automatic logic [11:0] size_mask(logic [2:0] size);
    return (12'd1 << size) - 12'd1;
  endfunction

  // Reserved type, too wide a beat, wrapping of a length or alignment that there is not, FIXED too long.
  function automatic logic impossible(burst_t b);
    unique case (b.burst)
      2'd0:    return b.len > 8'd15 || (1 << b.size) > DataBytes;
      2'd1:    return (1 << b.size) > DataBytes;
      2'd2:    return !(b.len inside {8'd1, 8'd3, 8'd7, 8'd15}) || (1 << b.size) > DataBytes ||
                      (b.addr[11:0] & size_mask(b.size)) != '0;
      default: return 1'b1;
    endcase
  endfunction

  // Only INCR can; its last beat starts so many bytes behind the page's begin.
  function automatic logic crosses(burst_t b);
    logic [19:0] last;
    last = {8'd0, b.addr[11:0] & ~size_mask(b.size)} + (20'(b.len) << b.size);
    return b.burst == 2'd1 && last >= 20'd4096;
  endfunction

  // Where the n-th beat starts, and the lanes that it may use.
  function automatic logic [StrbW-1:0] lanes(burst_t b, logic [7:0] n);
    logic [63:0] bytes, start, container;
    logic [StrbW-1:0] all;
    bytes     = 64'd1 << b.size;
    container = (64'(b.len) + 64'd1) << b.size;
    start     = b.addr;
    if (b.burst != 2'd0 && n != '0) start = (b.addr & ~(bytes - 64'd1)) + (64'(n) << b.size);
    if (b.burst == 2'd2 && n != '0) start = (b.addr & ~(container - 64'd1)) | (start & (container - 64'd1));
    all       = '1;
    all       = all << (start & LaneMask);
    start     = (start & ~(bytes - 64'd1)) + bytes; // the first byte behind
    if ((start & LaneMask) != '0) all = all & ~({StrbW{1'b1}} << (start & LaneMask));
    return all;
  endfunction

  // --- writes: addresses and data meet in order, then a response is due [A3.3.1, A3.4] ---

  burst_t          waw_q[Depth]; // addresses whose data are not complete
  logic [IdW-1:0]  waw_id_q[Depth];
  logic [7:0]      wlen_q[Depth]; // bursts of data complete without an address: length, and
  logic [PtrW:0]   waw_n_q, wlen_n_q;
  logic [PtrW-1:0] waw_at_q, wlen_at_q;
  logic [7:0]      w_beat_q;
  logic [PtrW:0]   owed_q[Ids];

  logic aw_done, w_done, b_done, ar_done, r_done;
  assign aw_done = awvalid_i && awready_i;
  assign w_done  = wvalid_i && wready_i;
  assign b_done  = bvalid_i && bready_i;
  assign ar_done = arvalid_i && arready_i;
  assign r_done  = rvalid_i && rready_i;

  // The address that the beat on the bus belongs to, if it is there by now.
  burst_t w_burst;
  logic   w_known, w_wrong_last, w_wrong_lanes;
  assign w_burst       = waw_n_q != '0 ? waw_q[waw_at_q] : aw;
  assign w_known       = wlen_n_q == '0 && (waw_n_q != '0 || aw_done);
  assign w_wrong_last  = w_done && w_known && wlast_i != (w_beat_q == w_burst.len);
  assign w_wrong_lanes = w_done && w_known && (wstrb_i & ~lanes(w_burst, w_beat_q)) != '0;

  // An address that comes behind its data.
  logic late_match, late_wrong;
  assign late_match = aw_done && wlen_n_q != '0;
  assign late_wrong = late_match && wlen_q[wlen_at_q] != awlen_i;

  logic           match;
  logic [IdW-1:0] match_id;
  assign match    = late_match || (w_done && wlast_i && w_known);
  assign match_id = late_match || waw_n_q == '0 ? awid_i : waw_id_q[waw_at_q];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      waw_n_q   <= '0;
      waw_at_q  <= '0;
      wlen_n_q  <= '0;
      wlen_at_q <= '0;
      w_beat_q  <= '0;
      for (int unsigned i = 0; i < Ids; i++) owed_q[i] <= '0;
    end else begin
      if (aw_done && !late_match) begin
        waw_q[waw_at_q + waw_n_q[PtrW-1:0]]    <= aw;
        waw_id_q[waw_at_q + waw_n_q[PtrW-1:0]] <= awid_i;
      end
      if (w_done) w_beat_q <= wlast_i ? '0 : w_beat_q + 8'd1;
      if (w_done && wlast_i && !w_known) begin
        wlen_q[wlen_at_q + wlen_n_q[PtrW-1:0]] <= w_beat_q;
      end
      waw_n_q  <= waw_n_q + (PtrW + 1)'(aw_done && !late_match) - (PtrW + 1)'(match && !late_match);
      wlen_n_q <= wlen_n_q + (PtrW + 1)'(w_done && wlast_i && !w_known) - (PtrW + 1)'(late_match);
      if (match && !late_match) waw_at_q <= waw_at_q + 1'b1;
      if (late_match) wlen_at_q <= wlen_at_q + 1'b1;
      if (match) owed_q[match_id] <= owed_q[match_id] + 1'b1;
      if (b_done && owed_q[bid_i] != '0) begin
        owed_q[bid_i] <= owed_q[bid_i] - (PtrW + 1)'(!(match && match_id == bid_i));
      end
    end
  end

  // --- reads ---

  logic [7:0]      rlen_q[Ids][Depth];
  logic [PtrW:0]   r_n_q[Ids];
  logic [PtrW-1:0] r_at_q[Ids];
  logic [7:0]      r_beat_q[Ids];
  logic            r_asked, r_wrong_last;

  assign r_asked      = r_n_q[rid_i] != '0;
  assign r_wrong_last = rvalid_i && r_asked && rlast_i != (r_beat_q[rid_i] == rlen_q[rid_i][r_at_q[rid_i]]);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      for (int unsigned i = 0; i < Ids; i++) begin
        r_n_q[i]    <= '0;
        r_at_q[i]   <= '0;
        r_beat_q[i] <= '0;
      end
    end else begin
      if (ar_done) begin
        rlen_q[arid_i][r_at_q[arid_i] + r_n_q[arid_i][PtrW-1:0]] <= arlen_i;
        r_n_q[arid_i] <= r_n_q[arid_i] + 1'b1;
      end
      if (r_done && r_asked) begin
        r_beat_q[rid_i] <= rlast_i ? '0 : r_beat_q[rid_i] + 8'd1;
        if (rlast_i) begin
          r_at_q[rid_i] <= r_at_q[rid_i] + 1'b1;
          r_n_q[rid_i]  <= r_n_q[rid_i] - (PtrW + 1)'(!(ar_done && arid_i == rid_i));
        end
      end
    end
  end

  // --- the verdict ---

  assign manager_o = {
    !rst_ni && (awvalid_i || wvalid_i || arvalid_i), // 9: valid during reset [A3.1.2]
    w_wrong_lanes,                                   // 8: strobes outside the lanes [A3.4.3]
    w_wrong_last || late_wrong,                      // 7: WLAST is not the last [A3.4.1]
    rst_ni && awvalid_i && crosses(aw),              // 6
    rst_ni && arvalid_i && crosses(ar),              // 5
    rst_ni && awvalid_i && impossible(aw),           // 4
    rst_ni && arvalid_i && impossible(ar),           // 3
    rst_ni && w_unstable,                            // 2
    rst_ni && aw_unstable,                           // 1
    rst_ni && ar_unstable                            // 0
  };

  // EXOKAY answers exclusive accesses, and nobody can ask for one here [A3.4.4].
  assign subordinate_o = {
    !rst_ni && (bvalid_i || rvalid_i),                                             // 6
    rst_ni && ((rvalid_i && rresp_i == 2'b01) || (bvalid_i && bresp_i == 2'b01)),  // 5
    rst_ni && r_wrong_last,                                                        // 4: RLAST
    rst_ni && bvalid_i && owed_q[bid_i] == '0,                                     // 3: not due [A3.3.1]
    rst_ni && rvalid_i && !r_asked,                                                // 2
    rst_ni && b_unstable,                                                          // 1
    rst_ni && r_unstable                                                           // 0
  };

endmodule
