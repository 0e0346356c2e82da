// SPDX-License-Identifier: MIT
//
// Purpose: watches one AXI4 port and keeps, a bit a rule, which rules of the AMBA AXI specification a side has
// ever broken (section numbers in brackets). Reads of one id and writes of one id are answered in order,
// others in any (A5.3); read data of ids may interleave.
//
// Written without assertion statements, so that a breach stops nothing and whoever simulates decides what
// follows; and all in one clocked block that does nothing while nothing is on offer, for a simulator
// evaluates whatever hangs on the ports in each evaluation, and this is to cost a run as little as it can.

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

  output logic [9:0]             manager_o,    // bits as below
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

  // The manager's.
  localparam int unsigned ArStable   = 0; // what is on offer stays, as it is, until taken [A3.2.1]
  localparam int unsigned AwStable   = 1;
  localparam int unsigned WStable    = 2;
  localparam int unsigned ArBurst    = 3; // a burst that there is [A3.4.1]
  localparam int unsigned AwBurst    = 4;
  localparam int unsigned Ar4k       = 5;
  localparam int unsigned Aw4k       = 6;
  localparam int unsigned WLast      = 7;
  localparam int unsigned WLanes     = 8; // [A3.4.3]
  localparam int unsigned ManagerRst = 9; // nothing is valid during reset [A3.1.2]
  // The subordinate's.
  localparam int unsigned RStable    = 0;
  localparam int unsigned BStable    = 1;
  localparam int unsigned RDue       = 2; // a response to a request [A3.3.1]
  localparam int unsigned BDue       = 3;
  localparam int unsigned RLast      = 4;
  localparam int unsigned Resp       = 5; // EXOKAY answers exclusive accesses, which nobody makes [A3.4.4]
  localparam int unsigned SubordRst  = 6;

  // What was on offer and not taken a cycle ago.
  logic                   aw_held_q, w_held_q, b_held_q, ar_held_q, r_held_q;
  burst_t                 aw_q, ar_q;
  logic [IdW-1:0]         aw_id_q, ar_id_q;
  logic [8*DataBytes-1:0] w_data_q, r_data_q;
  logic [StrbW:0]         w_rest_q;
  logic [IdW+1:0]         b_q;
  logic [IdW+2:0]         r_rest_q;

  // Writes: addresses and data meet in order, then a response is due [A3.3.1, A3.4].
  burst_t          waw_q[Depth];  // addresses whose data are not complete
  logic [IdW-1:0]  waw_id_q[Depth];
  logic [7:0]      wlen_q[Depth]; // bursts of data that are complete without an address
  logic [PtrW:0]   waw_n_q, wlen_n_q;
  logic [PtrW-1:0] waw_at_q, wlen_at_q;
  logic [7:0]      w_beat_q;
  logic [PtrW:0]   owed_q[Ids];

  // Reads.
  logic [7:0]      rlen_q[Ids][Depth];
  logic [PtrW:0]   r_n_q[Ids];
  logic [PtrW-1:0] r_at_q[Ids];
  logic [7:0]      r_beat_q[Ids];

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

  // --- the watch ---

  logic [9:0] manager_q = '0; // a reset of the device forgives nothing
  logic [6:0] subordinate_q = '0;
  assign manager_o     = manager_q;
  assign subordinate_o = subordinate_q;

  logic active_q = 1'b1; // something was on offer in the cycle before

  // A checker samples its reset like any other signal.
  /* verilator lint_off SYNCASYNCNET */
  always_ff @(posedge clk_i) begin : watch
    automatic burst_t         aw, ar, w_burst;
    automatic logic           aw_done, w_done, b_done, ar_done, r_done, w_known, late, match;
    automatic logic [IdW-1:0] match_id;

    active_q <= awvalid_i || wvalid_i || bvalid_i || arvalid_i || rvalid_i || !rst_ni;
    if (!rst_ni) begin
      if (awvalid_i || wvalid_i || arvalid_i) manager_q[ManagerRst] <= 1'b1;
      if (bvalid_i || rvalid_i) subordinate_q[SubordRst] <= 1'b1;
      {aw_held_q, w_held_q, b_held_q, ar_held_q, r_held_q} <= '0;
      waw_n_q   <= '0;
      waw_at_q  <= '0;
      wlen_n_q  <= '0;
      wlen_at_q <= '0;
      w_beat_q  <= '0;
      for (int unsigned i = 0; i < Ids; i++) begin
        owed_q[i]   <= '0;
        r_n_q[i]    <= '0;
        r_at_q[i]   <= '0;
        r_beat_q[i] <= '0;
      end
    end else if (active_q || awvalid_i || wvalid_i || bvalid_i || arvalid_i || rvalid_i) begin
      aw      = '{addr: awaddr_i, len: awlen_i, size: awsize_i, burst: awburst_i};
      ar      = '{addr: araddr_i, len: arlen_i, size: arsize_i, burst: arburst_i};
      aw_done = awvalid_i && awready_i;
      w_done  = wvalid_i && wready_i;
      b_done  = bvalid_i && bready_i;
      ar_done = arvalid_i && arready_i;
      r_done  = rvalid_i && rready_i;

      if (ar_held_q && (!arvalid_i || ar != ar_q || arid_i != ar_id_q)) manager_q[ArStable] <= 1'b1;
      if (aw_held_q && (!awvalid_i || aw != aw_q || awid_i != aw_id_q)) manager_q[AwStable] <= 1'b1;
      if (w_held_q && (!wvalid_i || {wlast_i, wstrb_i} != w_rest_q || wdata_i != w_data_q)) begin
        manager_q[WStable] <= 1'b1;
      end
      if (b_held_q && (!bvalid_i || {bid_i, bresp_i} != b_q)) subordinate_q[BStable] <= 1'b1;
      if (r_held_q && (!rvalid_i || {rid_i, rresp_i, rlast_i} != r_rest_q || rdata_i != r_data_q)) begin
        subordinate_q[RStable] <= 1'b1;
      end
      aw_held_q <= awvalid_i && !awready_i;
      w_held_q  <= wvalid_i && !wready_i;
      b_held_q  <= bvalid_i && !bready_i;
      ar_held_q <= arvalid_i && !arready_i;
      r_held_q  <= rvalid_i && !rready_i;
      aw_q      <= aw;
      aw_id_q   <= awid_i;
      ar_q      <= ar;
      ar_id_q   <= arid_i;
      b_q       <= {bid_i, bresp_i};
      w_data_q  <= wdata_i;
      w_rest_q  <= {wlast_i, wstrb_i};
      r_data_q  <= rdata_i;
      r_rest_q  <= {rid_i, rresp_i, rlast_i};

      if (arvalid_i && impossible(ar)) manager_q[ArBurst] <= 1'b1;
      if (awvalid_i && impossible(aw)) manager_q[AwBurst] <= 1'b1;
      if (arvalid_i && crosses(ar)) manager_q[Ar4k] <= 1'b1;
      if (awvalid_i && crosses(aw)) manager_q[Aw4k] <= 1'b1;
      if ((rvalid_i && rresp_i == 2'b01) || (bvalid_i && bresp_i == 2'b01)) subordinate_q[Resp] <= 1'b1;

      // The address that the beat on the bus belongs to, if it is there by now; or one comes behind its data.
      w_burst  = waw_n_q != '0 ? waw_q[waw_at_q] : aw;
      w_known  = wlen_n_q == '0 && (waw_n_q != '0 || aw_done);
      late     = aw_done && wlen_n_q != '0;
      match    = late || (w_done && wlast_i && w_known);
      match_id = late || waw_n_q == '0 ? awid_i : waw_id_q[waw_at_q];
      if (w_done && w_known) begin
        if (wlast_i != (w_beat_q == w_burst.len)) manager_q[WLast] <= 1'b1;
        if ((wstrb_i & ~lanes(w_burst, w_beat_q)) != '0) manager_q[WLanes] <= 1'b1;
      end
      if (late && wlen_q[wlen_at_q] != awlen_i) manager_q[WLast] <= 1'b1;
      if (aw_done && !late) begin
        waw_q[waw_at_q + waw_n_q[PtrW-1:0]]    <= aw;
        waw_id_q[waw_at_q + waw_n_q[PtrW-1:0]] <= awid_i;
      end
      if (w_done) w_beat_q <= wlast_i ? '0 : w_beat_q + 8'd1;
      if (w_done && wlast_i && !w_known) wlen_q[wlen_at_q + wlen_n_q[PtrW-1:0]] <= w_beat_q;
      waw_n_q  <= waw_n_q + (PtrW + 1)'(aw_done && !late) - (PtrW + 1)'(match && !late);
      wlen_n_q <= wlen_n_q + (PtrW + 1)'(w_done && wlast_i && !w_known) - (PtrW + 1)'(late);
      if (match && !late) waw_at_q <= waw_at_q + 1'b1;
      if (late) wlen_at_q <= wlen_at_q + 1'b1;

      if (bvalid_i && owed_q[bid_i] == '0) subordinate_q[BDue] <= 1'b1;
      if (match) owed_q[match_id] <= owed_q[match_id] + 1'b1;
      if (b_done && owed_q[bid_i] != '0) begin
        owed_q[bid_i] <= owed_q[bid_i] - (PtrW + 1)'(!(match && match_id == bid_i));
      end

      if (rvalid_i && r_n_q[rid_i] == '0) subordinate_q[RDue] <= 1'b1;
      if (rvalid_i && r_n_q[rid_i] != '0 &&
          rlast_i != (r_beat_q[rid_i] == rlen_q[rid_i][r_at_q[rid_i]])) begin
        subordinate_q[RLast] <= 1'b1;
      end
      if (ar_done) begin
        rlen_q[arid_i][r_at_q[arid_i] + r_n_q[arid_i][PtrW-1:0]] <= arlen_i;
        r_n_q[arid_i] <= r_n_q[arid_i] + 1'b1;
      end
      if (r_done && r_n_q[rid_i] != '0) begin
        r_beat_q[rid_i] <= rlast_i ? '0 : r_beat_q[rid_i] + 8'd1;
        if (rlast_i) begin
          r_at_q[rid_i] <= r_at_q[rid_i] + 1'b1;
          r_n_q[rid_i]  <= r_n_q[rid_i] - (PtrW + 1)'(!(ar_done && arid_i == rid_i));
        end
      end
    end
  end

endmodule
