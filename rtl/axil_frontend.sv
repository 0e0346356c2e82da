// SPDX-License-Identifier: MIT
//
// Purpose: the AXI4-Lite end of the register port. Takes one read or write at a time (alternating when both
// wait), splits AxUSER into space, BAR number and size, and turns the transfer into one access on the
// internal register bus: word address, byte enables for reads as well as writes, one ready pulse.
// An access whose size and address do not fit a 32-bit lane set is answered with SLVERR, one that the
// bus refuses with DECERR; both read as all ones. A read is answered in the cycle of its access, the one
// after its address, and held where it is not taken at once. Outputs depend on the state alone: AXI allows
// no combinational path from an interface's inputs to its outputs (A3.2.1).

module axil_frontend (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        s_awvalid_i,
  output logic        s_awready_o,
  input  logic [31:0] s_awaddr_i,
  input  logic [7:0]  s_awuser_i,
  input  logic        s_wvalid_i,
  output logic        s_wready_o,
  input  logic [31:0] s_wdata_i,
  input  logic [3:0]  s_wstrb_i,
  output logic        s_bvalid_o,
  input  logic        s_bready_i,
  output logic [1:0]  s_bresp_o,
  input  logic        s_arvalid_i,
  output logic        s_arready_o,
  input  logic [31:0] s_araddr_i,
  input  logic [7:0]  s_aruser_i,
  output logic        s_rvalid_o,
  input  logic        s_rready_i,
  output logic [31:0] s_rdata_o,
  output logic [1:0]  s_rresp_o,

  // Internal register bus: held until bus_ready_i.
  output logic        bus_valid_o,
  output logic        bus_write_o,
  output logic [2:0]  bus_space_o,
  output logic [2:0]  bus_bar_o,
  output logic [31:2] bus_addr_o,
  output logic [31:0] bus_wdata_o,
  output logic [3:0]  bus_be_o,
  input  logic        bus_ready_i,
  input  logic [31:0] bus_rdata_i,
  input  logic        bus_error_i
);

  typedef enum logic [2:0] {
    StIdle, // takes a read; a write is seen first, then taken
    StTakeWrite,
    StAccess,
    StRespRead,
    StRespWrite
  } state_e;

  state_e      state_d, state_q, after_read;
  logic        write_d, write_q;
  logic [31:0] addr_d, addr_q;
  logic [7:0]  user_d, user_q;
  logic [31:0] data_d, data_q;
  logic [3:0]  be_d, be_q;
  logic [1:0]  resp_d, resp_q;

  logic        write_waits;
  logic [3:0]  size_be;
  logic        bad_size;
  logic        bad_access;
  logic        done;
  logic [1:0]  access_resp;
  logic [31:0] access_data;

  assign write_waits = s_awvalid_i && s_wvalid_i;
  assign after_read  = write_waits ? StTakeWrite : StIdle;

  // Lanes that an access of this size at this address covers.
  always_comb begin
    bad_size = 1'b0;
    unique case (user_q[1:0])
      2'd0: size_be = 4'b0001 << addr_q[1:0];
      2'd1: begin
        size_be  = 4'b0011 << addr_q[1:0];
        bad_size = addr_q[0];
      end
      2'd2: begin
        size_be  = 4'b1111;
        bad_size = addr_q[1:0] != 2'd0;
      end
      default: begin
        size_be  = 4'b0000;
        bad_size = 1'b1;
      end
    endcase
  end

  // A write may enable fewer lanes than its size covers, never others.
  assign bad_access = bad_size || (write_q && (be_q & ~size_be) != 4'b0000);

  assign bus_write_o = write_q;
  assign bus_addr_o  = addr_q[31:2];
  assign bus_space_o = user_q[4:2];
  assign bus_bar_o   = user_q[7:5];
  assign bus_wdata_o = data_q;
  assign bus_be_o    = write_q ? be_q : size_be;
  assign s_bresp_o   = resp_q;

  // What the access comes to.
  assign done        = bad_access || bus_ready_i;
  assign access_resp = bad_access  ? virtio_pkg::AxiSlverr :
                       bus_error_i ? virtio_pkg::AxiDecerr : virtio_pkg::AxiOkay;
  assign access_data = access_resp == virtio_pkg::AxiOkay ? bus_rdata_i : '1;

  assign s_rdata_o   = state_q == StAccess ? access_data : data_q;
  assign s_rresp_o   = state_q == StAccess ? access_resp : resp_q;

  always_comb begin
    state_d = state_q;
    write_d = write_q;
    addr_d  = addr_q;
    user_d  = user_q;
    data_d  = data_q;
    be_d    = be_q;
    resp_d  = resp_q;

    s_awready_o = 1'b0;
    s_wready_o  = 1'b0;
    s_arready_o = 1'b0;
    s_rvalid_o  = 1'b0;
    s_bvalid_o  = 1'b0;
    bus_valid_o = 1'b0;

    unique case (state_q)
      StIdle: begin
        s_arready_o = 1'b1;
        if (s_arvalid_i) begin
          write_d = 1'b0;
          addr_d  = s_araddr_i;
          user_d  = s_aruser_i;
          state_d = StAccess;
        end else if (write_waits) begin
          state_d = StTakeWrite;
        end
      end
      StTakeWrite: begin // what was offered stays there until it is taken
        s_awready_o = 1'b1;
        s_wready_o  = 1'b1;
        write_d     = 1'b1;
        addr_d      = s_awaddr_i;
        user_d      = s_awuser_i;
        data_d      = s_wdata_i;
        be_d        = s_wstrb_i;
        state_d     = StAccess;
      end
      StAccess: begin
        bus_valid_o = !bad_access;
        if (done) begin
          resp_d     = access_resp;
          data_d     = access_data;
          s_rvalid_o = !write_q;
          state_d    = write_q ? StRespWrite : s_rready_i ? after_read : StRespRead;
        end
      end
      StRespRead: begin
        s_rvalid_o = 1'b1;
        if (s_rready_i) state_d = after_read;
      end
      StRespWrite: begin
        s_bvalid_o = 1'b1;
        if (s_bready_i) state_d = StIdle;
      end
      default: state_d = StIdle;
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= StIdle;
      write_q <= 1'b0;
      addr_q  <= '0;
      user_q  <= '0;
      data_q  <= '0;
      be_q    <= '0;
      resp_q  <= virtio_pkg::AxiOkay;
    end else begin
      state_q <= state_d;
      write_q <= write_d;
      addr_q  <= addr_d;
      user_q  <= user_d;
      data_q  <= data_d;
      be_q    <= be_d;
      resp_q  <= resp_d;
    end
  end

endmodule
