// SPDX-License-Identifier: MIT
// A virtio console (type 3) over virtio-mmio, version 2: what is written to port 0 is echoed.
// Plain Verilog; one DMA access at a time; split rings of up to 16; VERSION_1 only.
module echocon #(parameter A = 40) (
	input  wire        clk_i,
	input  wire        rst_ni,

	input  wire        s_awvalid_i, output wire s_awready_o, input wire [8:0] s_awaddr_i,
	input  wire        s_wvalid_i,  output wire s_wready_o,  input wire [31:0] s_wdata_i, input wire [3:0] s_wstrb_i,
	output reg         s_bvalid_o,  input  wire s_bready_i,  output wire [1:0] s_bresp_o,
	input  wire        s_arvalid_i, output wire s_arready_o, input wire [8:0] s_araddr_i,
	output reg         s_rvalid_o,  input  wire s_rready_i,  output reg [31:0] s_rdata_o, output wire [1:0] s_rresp_o,

	output reg         m_awvalid_o, input wire m_awready_i, output wire [A-1:0] m_awaddr_o, output wire [7:0] m_awlen_o,
	output wire [2:0]  m_awsize_o,  output wire [1:0] m_awburst_o,
	output reg         m_wvalid_o,  input wire m_wready_i,  output wire [63:0] m_wdata_o, output wire [7:0] m_wstrb_o,
	output wire        m_wlast_o,
	input  wire        m_bvalid_i,  output wire m_bready_o, input wire [1:0] m_bresp_i,
	output reg         m_arvalid_o, input wire m_arready_i, output wire [A-1:0] m_araddr_o, output wire [7:0] m_arlen_o,
	output wire [2:0]  m_arsize_o,  output wire [1:0] m_arburst_o,
	input  wire        m_rvalid_i,  output wire m_rready_o, input wire [63:0] m_rdata_i, input wire [1:0] m_rresp_i,
	input  wire        m_rlast_i,

	output wire        intx_o
);
	localparam SIZE = 16;

	// ---- register file -------------------------------------------------
	reg [7:0]  status;
	reg        dev_sel, drv_sel, qsel_bad, qsel;
	reg [31:0] drv_lo, drv_hi;
	reg        used_irq;
	reg [4:0]  qnum   [0:1];
	reg        qready [0:1];
	reg [63:0] qdesc  [0:1], qavail [0:1], qused [0:1];
	reg [1:0]  kick;
	reg        resetting;
	reg        kick_done, kick_clear; // from the engine

	wire do_write = s_awvalid_i && s_wvalid_i && !s_bvalid_o && !resetting;
	assign s_awready_o = do_write;
	assign s_wready_o  = do_write;
	assign s_bresp_o   = 2'b00;
	wire do_read = s_arvalid_i && !s_rvalid_o && !resetting;
	assign s_arready_o = do_read;
	assign s_rresp_o   = 2'b00;
	assign intx_o      = used_irq;

	wire whole = &s_wstrb_i;
	wire feat_ok = drv_lo == 0 && drv_hi == 32'h1;

	wire engine_rest;
	reg set_irq;
	wire q = qsel;

	reg [31:0] rd;
	always @* begin
		rd = 0;
		case ({s_araddr_i[8:2], 2'b00})
		9'h000: rd = 32'h74726976;
		9'h004: rd = 2;
		9'h008: rd = 3;
		9'h00c: rd = 32'h6e6f6356;
		9'h010: rd = dev_sel ? 32'h1 : 32'h0;
		9'h034: rd = qsel_bad ? 0 : SIZE;
		9'h044: rd = qsel_bad ? 0 : {31'b0, qready[q]};
		9'h060: rd = {31'b0, used_irq};
		9'h070: rd = {24'b0, status};
		default: rd = 0; // the configuration generation and all of the configuration: 0
		endcase
	end

	integer i;
	always @(posedge clk_i or negedge rst_ni)
		if (!rst_ni) begin
			status <= 0; dev_sel <= 0; drv_sel <= 0; qsel <= 0; qsel_bad <= 0; drv_lo <= 0; drv_hi <= 0;
			used_irq <= 0; kick <= 0; resetting <= 0; s_bvalid_o <= 0; s_rvalid_o <= 0; s_rdata_o <= 0;
			for (i = 0; i < 2; i = i + 1) begin
				qnum[i] <= 0; qready[i] <= 0; qdesc[i] <= 0; qavail[i] <= 0; qused[i] <= 0;
			end
		end else begin
			if (s_bvalid_o && s_bready_i) s_bvalid_o <= 0;
			if (s_rvalid_o && s_rready_i) s_rvalid_o <= 0;
			if (do_read) begin s_rvalid_o <= 1; s_rdata_o <= rd; end
			if (kick_clear) kick[kick_done] <= 0;
			if (set_irq) used_irq <= 1;
			if (resetting && engine_rest) begin
				resetting <= 0; s_bvalid_o <= 1;
				status <= 0; dev_sel <= 0; drv_sel <= 0; qsel <= 0; qsel_bad <= 0; drv_lo <= 0; drv_hi <= 0;
				used_irq <= 0; kick <= 0;
				for (i = 0; i < 2; i = i + 1) begin
					qnum[i] <= 0; qready[i] <= 0; qdesc[i] <= 0; qavail[i] <= 0; qused[i] <= 0;
				end
			end
			if (do_write) begin
				s_bvalid_o <= 1;
				if (whole) case ({s_awaddr_i[8:2], 2'b00})
				9'h014: dev_sel <= s_wdata_i != 0 ? 1'b1 : 1'b0; // selectors past 1 would need more
				9'h020: if (drv_sel) drv_hi <= s_wdata_i; else drv_lo <= s_wdata_i;
				9'h024: drv_sel <= s_wdata_i != 0;
				9'h030: begin qsel <= s_wdata_i[0]; qsel_bad <= s_wdata_i > 1; end
				9'h038: if (!qsel_bad) qnum[q] <= s_wdata_i[4:0];
				9'h044: if (!qsel_bad) qready[q] <= s_wdata_i[0];
				9'h050: if (s_wdata_i < 2) kick[s_wdata_i[0]] <= 1;
				9'h064: used_irq <= used_irq & ~s_wdata_i[0];
				9'h070: if (s_wdata_i == 0) begin resetting <= 1; s_bvalid_o <= 0; end
					else status <= {s_wdata_i[7:4], s_wdata_i[3] & (feat_ok | status[3]), s_wdata_i[2:0]};
				9'h080: qdesc[q][31:0] <= s_wdata_i;
				9'h084: qdesc[q][63:32] <= s_wdata_i;
				9'h090: qavail[q][31:0] <= s_wdata_i;
				9'h094: qavail[q][63:32] <= s_wdata_i;
				9'h0a0: qused[q][31:0] <= s_wdata_i;
				9'h0a4: qused[q][63:32] <= s_wdata_i;
				default: ;
				endcase
			end
		end

	// ---- DMA: one beat at a time ----------------------------------------
	reg         dma_go, dma_write;
	reg [63:0]  dma_addr;
	reg [31:0]  dma_data;  // to write: 1, 2 or 4 bytes
	reg [3:0]   dma_strb;
	reg         dma_busy;
	reg [63:0]  dma_word;  // read, not shifted
	reg         dma_done;
	assign m_awaddr_o  = {dma_addr[A-1:3], 3'b0};
	assign m_araddr_o  = {dma_addr[A-1:3], 3'b0};
	assign m_awlen_o   = 0;  assign m_arlen_o   = 0;
	assign m_awsize_o  = 3;  assign m_arsize_o  = 3;
	assign m_awburst_o = 1;  assign m_arburst_o = 1;
	assign m_wdata_o   = {32'b0, dma_data} << {dma_addr[2:0], 3'b0};
	assign m_wstrb_o   = {4'b0, dma_strb} << dma_addr[2:0];
	assign m_wlast_o   = 1;
	assign m_bready_o  = 1;
	assign m_rready_o  = 1;

	always @(posedge clk_i or negedge rst_ni)
		if (!rst_ni) begin
			m_awvalid_o <= 0; m_wvalid_o <= 0; m_arvalid_o <= 0; dma_busy <= 0; dma_done <= 0; dma_word <= 0;
		end else begin
			dma_done <= 0;
			if (dma_go && !dma_busy) begin
				dma_busy <= 1;
				m_awvalid_o <= dma_write; m_wvalid_o <= dma_write; m_arvalid_o <= !dma_write;
			end
			if (m_awvalid_o && m_awready_i) m_awvalid_o <= 0;
			if (m_wvalid_o && m_wready_i)   m_wvalid_o <= 0;
			if (m_arvalid_o && m_arready_i) m_arvalid_o <= 0;
			if (m_bvalid_i && m_bready_o) begin dma_busy <= 0; dma_done <= 1; end
			if (m_rvalid_i && m_rready_o) begin dma_busy <= 0; dma_done <= 1; dma_word <= m_rdata_i; end
		end
	wire [63:0] dma_bytes = dma_word >> {dma_addr[2:0], 3'b0};

	// ---- rings -----------------------------------------------------------
	localparam IDLE = 0, AIDX = 1, AENT = 2, DLO = 3, DHI = 4, DATA = 5, PUSH = 6, UID = 7, ULEN = 8, UIDX = 9, FLAGS = 10,
	           WAIT = 11;
	reg [3:0]  state, after;
	reg        who;                    // queue served: 0 receiveq, 1 transmitq
	reg [15:0] last [0:1];
	reg [15:0] head, flags, next;
	reg [63:0] buf_addr;
	reg [31:0] buf_len, done;
	reg [7:0]  fifo [0:255];
	reg [7:0]  fifo_in, fifo_out;
	wire       fifo_empty = fifo_in == fifo_out;
	wire       live = status[2] && !status[7] && !resetting;
	reg        rx_dry;                 // no receive buffer: wait for a kick
	wire [63:0] slot = {60'b0, last[who][3:0] & (qnum[who][3:0] - 4'd1)};

	assign engine_rest = state == IDLE && !dma_busy && !dma_go;

	always @(posedge clk_i or negedge rst_ni)
		if (!rst_ni) begin
			state <= IDLE; after <= IDLE; who <= 0; last[0] <= 0; last[1] <= 0; fifo_in <= 0; fifo_out <= 0; rx_dry <= 0;
			dma_go <= 0; dma_write <= 0; dma_addr <= 0; dma_data <= 0; dma_strb <= 0; kick_clear <= 0; kick_done <= 0;
			set_irq <= 0; head <= 0; flags <= 0; next <= 0; buf_addr <= 0; buf_len <= 0; done <= 0;
		end else begin
			dma_go <= 0; kick_clear <= 0; set_irq <= 0;
			case (state)
			IDLE: if (live) begin
				done <= 0;
				if (kick[0] && !kick_clear) begin rx_dry <= 0; kick_clear <= 1; kick_done <= 0; end
				else if (!fifo_empty && !rx_dry && qready[0]) begin who <= 0; state <= AIDX; end
				else if (kick[1] && !kick_clear && qready[1]) begin who <= 1; kick_clear <= 1; kick_done <= 1; state <= AIDX; end
			end
			AIDX: read(qavail[who] + 2, AENT);
			AENT: if (dma_bytes[15:0] == last[who]) begin
					if (!who) rx_dry <= 1;
					state <= IDLE;
				end else read(qavail[who] + 4 + {slot[62:0], 1'b0}, DLO);
			DLO: begin head <= dma_bytes[15:0]; next <= dma_bytes[15:0]; read(qdesc[who] + {dma_bytes[15:0], 4'b0}, DHI); end
			DHI: begin buf_addr <= dma_word; read(qdesc[who] + {next, 4'b0} + 8, DATA); end
			DATA: begin
				buf_len <= dma_bytes[31:0]; flags <= dma_bytes[47:32]; next <= dma_bytes[63:48];
				state <= PUSH;
				if (who && dma_bytes[31:0] != 0) read(buf_addr, PUSH);
			end
			PUSH: if (buf_len != 0 && (who || !fifo_empty)) begin
					buf_addr <= buf_addr + 1; buf_len <= buf_len - 1;
					if (who) begin
						if (fifo_in + 8'd1 != fifo_out) begin fifo[fifo_in] <= dma_bytes[7:0]; fifo_in <= fifo_in + 1; end
						if (buf_len != 1) read(buf_addr + 1, PUSH);
					end else begin
						done <= done + 1;
						fifo_out <= fifo_out + 1;
						write(buf_addr, {24'b0, fifo[fifo_out]}, 4'h1, PUSH);
					end
				end else if (flags[0] && (who || !fifo_empty)) read(qdesc[who] + {next, 4'b0}, DHI);
				else state <= UID;
			UID:  write(qused[who] + 4 + {slot[60:0], 3'b0}, {16'b0, head}, 4'hf, ULEN);
			ULEN: write(qused[who] + 8 + {slot[60:0], 3'b0}, done, 4'hf, UIDX);
			UIDX: begin last[who] <= last[who] + 1; write(qused[who] + 2, {16'b0, last[who] + 16'd1}, 4'h3, FLAGS); end
			FLAGS: begin read(qavail[who], IDLE); after <= 15; end
			WAIT: if (dma_done) begin
				if (after == 15) begin
					set_irq <= !dma_bytes[0];
					done <= 0;
					state <= resetting ? IDLE : who ? AIDX : IDLE;
				end else state <= after;
			end
			default: state <= IDLE;
			endcase
			if (resetting && !dma_busy && !dma_go && state != WAIT) state <= IDLE;
			if (resetting && state == IDLE) begin
				last[0] <= 0; last[1] <= 0; fifo_in <= 0; fifo_out <= 0; rx_dry <= 0;
			end
		end

	task read(input [63:0] addr, input [3:0] then);
		begin dma_go <= 1; dma_write <= 0; dma_addr <= addr; state <= WAIT; after <= then; end
	endtask
	task write(input [63:0] addr, input [31:0] data, input [3:0] strb, input [3:0] then);
		begin dma_go <= 1; dma_write <= 1; dma_addr <= addr; dma_data <= data; dma_strb <= strb; state <= WAIT; after <= then; end
	endtask
endmodule
