// SPDX-License-Identifier: MIT
//
// A small virtio entropy device as somebody else might have made it: plain Verilog, 32 bits wide, its own
// names. Registers on AXI4-Lite (common configuration at 0x000, notification at 0x100, ISR at 0x200),
// DMA on AXI4 one beat at a time, one interrupt line. Meant to sit behind a PCIe core that has the
// configuration space. Memory beyond 4 GiB is out of its reach.

module minirng (
  input             aclk,
  input             aresetn,

  input      [11:0] s_axi_awaddr,
  input             s_axi_awvalid,
  output            s_axi_awready,
  input      [31:0] s_axi_wdata,
  input      [3:0]  s_axi_wstrb,
  input             s_axi_wvalid,
  output            s_axi_wready,
  output     [1:0]  s_axi_bresp,
  output reg        s_axi_bvalid,
  input             s_axi_bready,
  input      [11:0] s_axi_araddr,
  input             s_axi_arvalid,
  output            s_axi_arready,
  output reg [31:0] s_axi_rdata,
  output     [1:0]  s_axi_rresp,
  output reg        s_axi_rvalid,
  input             s_axi_rready,

  output reg [31:0] m_axi_awaddr,
  output reg [2:0]  m_axi_awsize,
  output reg        m_axi_awvalid,
  input             m_axi_awready,
  output reg [31:0] m_axi_wdata,
  output reg [3:0]  m_axi_wstrb,
  output reg        m_axi_wvalid,
  input             m_axi_wready,
  input      [1:0]  m_axi_bresp,
  input             m_axi_bvalid,
  output            m_axi_bready,
  output reg [31:0] m_axi_araddr,
  output reg [2:0]  m_axi_arsize,
  output reg        m_axi_arvalid,
  input             m_axi_arready,
  input      [31:0] m_axi_rdata,
  input      [1:0]  m_axi_rresp,
  input             m_axi_rvalid,
  output            m_axi_rready,

  output            irq
);

  localparam MAX_SIZE = 16'd8;

  // --- registers ---

  reg        dev_sel, drv_sel; // which half of the feature bits
  reg        sel_high;         // beyond both
  reg [31:0] drv_feat0, drv_feat1;
  reg [7:0]  status;
  reg [15:0] queue_sel, queue_size;
  reg        queue_on;
  reg [31:0] desc_lo, desc_hi, avail_lo, avail_hi, used_lo, used_hi;
  reg [1:0]  isr;
  reg        kick, draining;

  wire       features_fit = drv_feat0 == 32'd0 && drv_feat1 == 32'd1; // VERSION_1 alone
  wire       q0           = queue_sel == 16'd0;
  wire       beyond_4g    = desc_hi != 0 || avail_hi != 0 || used_hi != 0;
  wire       live         = status[2] && status[3] && !status[6] && queue_on && !draining;

  assign irq = isr != 2'd0;

  // Address and data are taken together.
  wire        wr    = s_axi_awvalid && s_axi_wvalid && !s_axi_bvalid;
  wire        rd    = s_axi_arvalid && !s_axi_rvalid;
  wire [11:0] waddr = {s_axi_awaddr[11:2], 2'b00};
  wire [11:0] raddr = {s_axi_araddr[11:2], 2'b00};
  wire [31:0] wd    = s_axi_wdata;
  wire        full  = s_axi_wstrb == 4'hf;
  wire        half0 = s_axi_wstrb[1:0] == 2'b11;
  wire        half1 = s_axi_wstrb[3:2] == 2'b11;

  assign s_axi_awready = wr;
  assign s_axi_wready  = wr;
  assign s_axi_arready = !s_axi_rvalid;
  assign s_axi_bresp   = 2'b00;
  assign s_axi_rresp   = 2'b00;

  reg        mem_busy; // the memory port below, at work
  reg        fail;     // the engine gives up
  reg        used;     // the engine has used a buffer, and the driver wants to know
  reg        kick_taken;
  wire       drained = draining && !mem_busy;

  always @(posedge aclk or negedge aresetn) begin
    if (!aresetn) begin
      s_axi_bvalid <= 1'b0;
      s_axi_rvalid <= 1'b0;
      s_axi_rdata  <= 32'd0;
      dev_sel      <= 1'b0;
      drv_sel      <= 1'b0;
      sel_high     <= 1'b0;
      drv_feat0    <= 32'd0;
      drv_feat1    <= 32'd0;
      status       <= 8'd0;
      queue_sel    <= 16'd0;
      queue_size   <= MAX_SIZE;
      queue_on     <= 1'b0;
      {desc_lo, desc_hi, avail_lo, avail_hi, used_lo, used_hi} <= 192'd0;
      isr          <= 2'd0;
      kick         <= 1'b0;
      draining     <= 1'b0;
    end else begin
      if (s_axi_bvalid && s_axi_bready) s_axi_bvalid <= 1'b0;
      if (s_axi_rvalid && s_axi_rready) s_axi_rvalid <= 1'b0;
      if (kick_taken) kick <= 1'b0;

      if (rd) begin
        s_axi_rvalid <= 1'b1;
        case (raddr)
          12'h000: s_axi_rdata <= {30'd0, sel_high, dev_sel};
          12'h004: s_axi_rdata <= {31'd0, dev_sel && !sel_high};
          12'h008: s_axi_rdata <= {31'd0, drv_sel};
          12'h00c: s_axi_rdata <= drv_sel ? drv_feat1 : drv_feat0;
          12'h010: s_axi_rdata <= {16'd1, 16'hffff};
          12'h014: s_axi_rdata <= {queue_sel, 8'd0, status};
          12'h018: s_axi_rdata <= {16'hffff, q0 ? queue_size : 16'd0};
          12'h01c: s_axi_rdata <= {31'd0, q0 && queue_on};
          12'h020: s_axi_rdata <= q0 ? desc_lo : 32'd0;
          12'h024: s_axi_rdata <= q0 ? desc_hi : 32'd0;
          12'h028: s_axi_rdata <= q0 ? avail_lo : 32'd0;
          12'h02c: s_axi_rdata <= q0 ? avail_hi : 32'd0;
          12'h030: s_axi_rdata <= q0 ? used_lo : 32'd0;
          12'h034: s_axi_rdata <= q0 ? used_hi : 32'd0;
          12'h200: begin
            s_axi_rdata <= {30'd0, isr};
            isr         <= 2'd0;
          end
          default: s_axi_rdata <= 32'd0;
        endcase
      end

      if (wr) begin
        s_axi_bvalid <= 1'b1;
        case (waddr)
          12'h000: if (full) {sel_high, dev_sel} <= {wd[31:1] != 31'd0, wd[0]};
          12'h008: if (full) drv_sel <= wd[0];
          12'h00c: if (full && !status[3]) begin
            if (drv_sel) drv_feat1 <= wd;
            else drv_feat0 <= wd;
          end
          12'h014: begin
            if (s_axi_wstrb[0]) begin
              if (wd[7:0] == 8'd0) draining <= 1'b1;
              else if (!draining)
                status <= status | (wd[7:0] & (features_fit ? 8'h8f : 8'h87));
            end else if (half1) queue_sel <= wd[31:16];
          end
          12'h018: if (half0 && q0 && !queue_on && wd[15:0] != 16'd0 && wd[15:0] <= MAX_SIZE)
            queue_size <= wd[15:0];
          12'h01c: if (half0 && q0 && wd[15:0] == 16'd1) begin
            queue_on <= 1'b1;
            kick     <= 1'b1; // buffers may be waiting
          end
          12'h020: if (full && q0 && !queue_on) desc_lo <= wd;
          12'h024: if (full && q0 && !queue_on) desc_hi <= wd;
          12'h028: if (full && q0 && !queue_on) avail_lo <= wd;
          12'h02c: if (full && q0 && !queue_on) avail_hi <= wd;
          12'h030: if (full && q0 && !queue_on) used_lo <= wd;
          12'h034: if (full && q0 && !queue_on) used_hi <= wd;
          12'h100: kick <= 1'b1;
          default: ;
        endcase
      end

      if (used) isr[0] <= 1'b1;
      if (fail) begin
        status[6] <= 1'b1; // DEVICE_NEEDS_RESET
        isr[1]    <= 1'b1;
      end

      if (drained) begin
        draining   <= 1'b0;
        status     <= 8'd0;
        drv_feat0  <= 32'd0;
        drv_feat1  <= 32'd0;
        dev_sel    <= 1'b0;
        drv_sel    <= 1'b0;
        sel_high   <= 1'b0;
        queue_sel  <= 16'd0;
        queue_size <= MAX_SIZE;
        queue_on   <= 1'b0;
        {desc_lo, desc_hi, avail_lo, avail_hi, used_lo, used_hi} <= 192'd0;
        isr        <= 2'd0;
        kick       <= 1'b0;
      end
    end
  end

  // --- the memory port: one transfer at a time ---

  reg         go, go_write, go_half;
  reg  [31:0] go_addr, go_data;
  reg  [3:0]  go_strb;
  reg         reading;
  wire        mem_read_done  = m_axi_rvalid && m_axi_rready;
  wire        mem_write_done = m_axi_bvalid && m_axi_bready;
  wire        mem_done  = mem_read_done || mem_write_done;
  wire        mem_error = mem_read_done ? m_axi_rresp[1] : m_axi_bresp[1];
  wire [15:0] mem_half  = m_axi_araddr[1] ? m_axi_rdata[31:16] : m_axi_rdata[15:0];

  assign m_axi_rready = mem_busy && reading;
  assign m_axi_bready = mem_busy && !reading;

  always @(posedge aclk or negedge aresetn) begin
    if (!aresetn) begin
      mem_busy      <= 1'b0;
      reading       <= 1'b0;
      m_axi_arvalid <= 1'b0;
      m_axi_awvalid <= 1'b0;
      m_axi_wvalid  <= 1'b0;
      m_axi_araddr  <= 32'd0;
      m_axi_arsize  <= 3'd2;
      m_axi_awaddr  <= 32'd0;
      m_axi_awsize  <= 3'd2;
      m_axi_wdata   <= 32'd0;
      m_axi_wstrb   <= 4'd0;
    end else begin
      if (m_axi_arvalid && m_axi_arready) m_axi_arvalid <= 1'b0;
      if (m_axi_awvalid && m_axi_awready) m_axi_awvalid <= 1'b0;
      if (m_axi_wvalid && m_axi_wready) m_axi_wvalid <= 1'b0;
      if (mem_done) mem_busy <= 1'b0;
      if (go && !mem_busy && !draining) begin
        mem_busy <= 1'b1;
        reading  <= !go_write;
        if (go_write) begin
          m_axi_awvalid <= 1'b1;
          m_axi_awaddr  <= {go_addr[31:2], 2'b00};
          m_axi_wvalid  <= 1'b1;
          m_axi_wdata   <= go_data;
          m_axi_wstrb   <= go_strb;
        end else begin
          m_axi_arvalid <= 1'b1;
          m_axi_araddr  <= go_addr;
          m_axi_arsize  <= go_half ? 3'd1 : 3'd2;
        end
      end
    end
  end

  // --- the engine: each state is one transfer ---

  localparam IDLE = 4'd0, IDX = 4'd1, RING = 4'd2, ADDR = 4'd3, HIGH = 4'd4, LEN = 4'd5, FLAGS = 4'd6,
             FILL = 4'd7, UID = 4'd8, ULEN = 4'd9, UIDX = 4'd10, TELL = 4'd11;

  reg  [3:0]  state;
  reg  [15:0] seen, done; // entries of either ring, free running
  reg  [15:0] head, index, next;
  reg  [15:0] links;
  reg  [31:0] addr, left, total;
  reg         more, high;
  reg  [31:0] lfsr;

  wire [15:0] mask  = queue_size - 16'd1; // sizes are powers of two
  wire [31:0] slot  = {16'd0, seen & mask};
  wire [31:0] uslot = {16'd0, done & mask};
  wire [31:0] desc  = desc_lo + {12'd0, index, 4'd0};
  wire [2:0]  room  = 3'd4 - {1'b0, addr[1:0]};
  wire [2:0]  step  = left < {29'd0, room} ? left[2:0] : room;

  always @* begin
    go       = state != IDLE;
    go_write = state == FILL || state == UID || state == ULEN || state == UIDX;
    go_half  = state == IDX || state == RING || state == TELL;
    go_strb  = 4'hf;
    go_data  = lfsr;
    case (state)
      IDX:     go_addr = avail_lo + 32'd2;
      RING:    go_addr = avail_lo + 32'd4 + {slot[30:0], 1'b0};
      ADDR:    go_addr = desc;
      HIGH:    go_addr = desc + 32'd4;
      LEN:     go_addr = desc + 32'd8;
      FLAGS:   go_addr = desc + 32'd12;
      FILL: begin
        go_addr = addr;
        go_strb = ((4'd1 << step) - 4'd1) << addr[1:0];
        if (step == 3'd4) go_strb = 4'hf;
      end
      UID: begin
        go_addr = used_lo + 32'd4 + {uslot[28:0], 3'd0};
        go_data = {16'd0, head};
      end
      ULEN: begin
        go_addr = used_lo + 32'd8 + {uslot[28:0], 3'd0};
        go_data = total;
      end
      UIDX: begin
        go_addr = used_lo;
        go_strb = 4'b1100;
        go_data = {done + 16'd1, 16'd0};
      end
      default: go_addr = avail_lo; // TELL: its flags
    endcase
  end

  always @(posedge aclk or negedge aresetn) begin
    if (!aresetn) begin
      state      <= IDLE;
      seen       <= 16'd0;
      done       <= 16'd0;
      head       <= 16'd0;
      index      <= 16'd0;
      next       <= 16'd0;
      links      <= 16'd0;
      addr       <= 32'd0;
      left       <= 32'd0;
      total      <= 32'd0;
      more       <= 1'b0;
      high       <= 1'b0;
      lfsr       <= 32'hace1_2468;
      fail       <= 1'b0;
      used       <= 1'b0;
      kick_taken <= 1'b0;
    end else begin
      fail       <= 1'b0;
      used       <= 1'b0;
      kick_taken <= 1'b0;
      if (drained) begin
        state <= IDLE;
        seen  <= 16'd0;
        done  <= 16'd0;
      end else if (state == IDLE) begin
        if (kick && live && !kick_taken) begin
          kick_taken <= 1'b1;
          state      <= beyond_4g ? IDLE : IDX;
          fail       <= beyond_4g;
        end
      end else if (mem_done && mem_error) begin
        state <= IDLE;
        fail  <= 1'b1;
      end else if (mem_done) begin
        case (state)
          IDX: state <= mem_half == seen ? IDLE : RING;
          RING: begin
            head  <= mem_half;
            index <= mem_half;
            links <= 16'd1;
            total <= 32'd0;
            state <= mem_half > mask ? IDLE : ADDR;
            fail  <= mem_half > mask;
          end
          ADDR: begin
            addr  <= m_axi_rdata;
            state <= HIGH;
          end
          HIGH: begin
            high  <= m_axi_rdata != 32'd0;
            state <= LEN;
          end
          LEN: begin
            left  <= m_axi_rdata;
            state <= FLAGS;
          end
          FLAGS: begin
            more  <= m_axi_rdata[0];
            next  <= m_axi_rdata[31:16];
            index <= m_axi_rdata[31:16];
            links <= links + 16'd1;
            if (m_axi_rdata[2] || (m_axi_rdata[1] && high) ||
                (m_axi_rdata[0] && (links == queue_size || m_axi_rdata[31:16] > mask))) begin
              state <= IDLE; // indirect, out of reach, or no proper chain
              fail  <= 1'b1;
            end else if (m_axi_rdata[1] && left != 32'd0) begin
              state <= FILL;
            end else begin
              state <= m_axi_rdata[0] ? ADDR : UID;
            end
          end
          FILL: begin
            addr  <= addr + {29'd0, step};
            left  <= left - {29'd0, step};
            total <= total + {29'd0, step};
            lfsr  <= {1'b0, lfsr[31:1]} ^ (lfsr[0] ? 32'h8020_0003 : 32'd0);
            if (left == {29'd0, step}) state <= more ? ADDR : UID;
          end
          UID:  state <= ULEN;
          ULEN: state <= UIDX;
          UIDX: begin
            seen  <= seen + 16'd1;
            done  <= done + 16'd1;
            state <= TELL;
          end
          TELL: begin
            used  <= !mem_half[0];
            state <= IDX;
          end
          default: state <= IDLE;
        endcase
      end
    end
  end

endmodule
