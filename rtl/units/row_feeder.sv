// SPDX-License-Identifier: Apache-2.0

/// Feeds the rows of a request to the array, one a cycle at best: row 0 in the cycle in which the
/// request is taken. Each of the ports A, B and D takes its word of the row from a scratchpad bank;
/// a port waits while a port before it that still lacks its word has the same bank, and while its
/// bank refuses. The row is fed in the cycle in which the last port has its word, and enters the
/// array 2 + ScratchpadReadDelay cycles later, through the transposer where the request says so.
///
/// A flush taken in t waits until the last fed row enters the array in F (at least t + 1); its Dim
/// rows enter in F + 1 to F + Dim, as bubbles where it drives nothing out.
module row_feeder
  import accelerator_pkg::*;
  import array_side_pkg::*;
(
  input  logic                              clk_i,
  input  logic                              rst_ni,

  output logic                              idle_o,           // takes a request or a flush
  output logic                              feeding_o,        // a request is being fed
  input  logic                              request_valid_i,
  input  request_t                          request_i,
  input  logic                              flush_valid_i,
  input  logic                              flush_drives_out_i,
  input  logic                              flush_active_i,
  output logic                              last_row_fed_o,

  // Scratchpad banks: the word comes in the next cycle
  output logic     [ScratchpadBanks-1:0]    read_valid_o,
  input  logic     [ScratchpadBanks-1:0]    read_ready_i,
  output local_row_t [ScratchpadBanks-1:0]  read_row_o,       // row of the scratchpad
  input  row_t     [ScratchpadBanks-1:0]    read_data_i,

  // Array
  output logic                              row_valid_o,
  output logic                              row_last_o,       // last row of its request
  output logic                              weight_stationary_o,
  output logic                              active_o,
  output logic                              shift_o,          // the idle registers are shifted
  output row_t                              a_o,
  output row_t                              b_o,
  output row_t                              d_o
);

  localparam int unsigned Ports = 3;  // A, B, D: in the order in which they win
  localparam int unsigned BankIndexBits = ScratchpadBanks > 1 ? $clog2(ScratchpadBanks) : 1;
  localparam int unsigned BankRowBits   = $clog2(ScratchpadBankRows);

  typedef logic [BankIndexBits-1:0] bank_t;

  function automatic bank_t bank_of_row(local_row_t row);
    return bank_t'((row & local_row_t'(ScratchpadRows - 1)) >> BankRowBits);
  endfunction

  // ---- The row at hand ----

  typedef enum logic [1:0] {
    Idle       = 2'd0,
    Feeding    = 2'd1,
    FlushWait  = 2'd2,
    Flushing   = 2'd3
  } state_e;

  state_e state_q, state_d;
  request_t request_q, request;          // operand rows are those of the row at hand
  logic [15:0] index_q, index;           // of the row at hand
  logic [Ports-1:0] taken_q, taken;      // which ports have their word; at the start of the cycle
  logic feeding, fed, last_row;

  assign idle_o    = state_q == Idle;
  assign feeding_o = feeding;
  assign feeding = state_q == Feeding || request_valid_i;

  always_comb begin
    request = request_q;
    index   = index_q;
    taken   = taken_q;
    if (state_q == Idle) begin
      request       = request_i;
      request.d.row = request_i.d.row + local_row_t'(Dim - 1);
      index         = '0;
      taken         = '0;
    end
  end

  operand_t [Ports-1:0] operand;
  logic [Ports-1:0] wants, reads, waits, takes;
  bank_t [Ports-1:0] bank;

  assign operand = {request.d, request.b, request.a};

  for (genvar port = 0; port < Ports; port++) begin : gen_port
    logic [15:0] operand_row;
    assign operand_row = port == 2 ? 16'(Dim - 1) - index : index;
    assign bank[port]  = bank_of_row(operand[port].row);
    assign wants[port] = feeding && operand[port].valid && !taken[port];
    assign reads[port] = operand_row < operand[port].rows;  // else the row is padding
    assign takes[port] = wants[port] && !waits[port] &&
                         (!reads[port] || read_ready_i[bank[port]]);
  end

  assign waits[0] = 1'b0;
  assign waits[1] = wants[0] && bank[0] == bank[1];
  assign waits[2] = (wants[0] && bank[0] == bank[2]) || (wants[1] && bank[1] == bank[2]);

  always_comb begin
    read_valid_o = '0;
    read_row_o   = '0;
    for (int unsigned port = 0; port < Ports; port++) begin
      if (wants[port] && !waits[port] && reads[port]) begin
        read_valid_o[bank[port]] = 1'b1;
        read_row_o[bank[port]]   = operand[port].row;
      end
    end
  end

  assign fed            = feeding && (wants & ~takes) == '0;
  assign last_row       = index == request.rows - 16'd1;
  assign last_row_fed_o = fed && last_row;

  always_ff @(posedge clk_i) begin
    if (feeding) begin
      request_q <= request;
      if (fed) begin
        request_q.a.row <= request.a.row + local_row_t'(request.a_stride);
        request_q.b.row <= request.b.row + local_row_t'(1);
        request_q.d.row <= request.d.row - local_row_t'(1);
      end
      index_q <= fed ? index + 16'd1 : index;
      taken_q <= fed ? '0 : taken | takes;
    end
  end

  // ---- The cycle after: words arrive from the banks; early ones were kept ----

  row_t [Ports-1:0] kept_q, word, assembled;
  logic [Ports-1:0] arrives_q;              // the bank has this port's word now
  bank_t [Ports-1:0] arrival_bank_q;
  logic [Ports-1:0][15:0] columns_q;        // of the row fed, 0 for rows without a word
  logic fed_q;

  typedef struct packed {
    logic       last;
    logic       preloads;
    transpose_e transpose;
    logic       weight_stationary;
    logic       active;
  } row_control_t;
  row_control_t fed_control_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      fed_q     <= 1'b0;
      arrives_q <= '0;
    end else begin
      fed_q     <= fed;
      arrives_q <= takes & reads;
    end
  end
  always_ff @(posedge clk_i) begin
    if (feeding) arrival_bank_q <= bank;
    if (fed) begin
      fed_control_q <= '{
        last:              last_row,
        preloads:          request.preloads,
        transpose:         request.transpose,
        weight_stationary: request.weight_stationary,
        active:            request.active
      };
      for (int unsigned port = 0; port < Ports; port++) begin
        columns_q[port] <= operand[port].valid && reads[port] ? operand[port].cols : '0;
      end
    end
  end

  for (genvar port = 0; port < Ports; port++) begin : gen_word
    assign word[port] = arrives_q[port] ? read_data_i[arrival_bank_q[port]] : kept_q[port];

    always_ff @(posedge clk_i) begin
      if (arrives_q[port] && !fed_q) kept_q[port] <= word[port];
    end

    always_comb begin
      assembled[port] = columns_q[port] == '0 ? '0 : word[port];
      if (columns_q[port] < 16'(Dim)) begin
        for (int unsigned lane = 0; lane < Dim; lane++) begin
          if (16'(lane) >= columns_q[port]) assembled[port][lane] = '0;
        end
      end
    end
  end

  // ---- Read delay: rows stand in a ring until they are due ----

  localparam int unsigned Stages   = ScratchpadReadDelay + 1;
  localparam int unsigned SlotBits = $clog2(Stages + 1);

  logic [Stages-1:0] valid_q;                // bit k: a row was assembled k + 1 cycles ago
  logic [SlotBits-1:0] slot_q;
  row_t [Ports-1:0] rows_q [2**SlotBits];
  row_control_t control_q [2**SlotBits];
  row_t [Ports-1:0] due;
  row_control_t due_control;
  logic enters;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= '0;
      slot_q  <= '0;
    end else begin
      valid_q <= Stages'({valid_q, fed_q});
      if (fed_q || valid_q != '0) slot_q <= slot_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (fed_q) begin
      rows_q[slot_q]    <= assembled;
      control_q[slot_q] <= fed_control_q;
    end
  end

  assign enters      = valid_q[Stages-1];
  assign due         = rows_q[slot_q - SlotBits'(Stages)];
  assign due_control = control_q[slot_q - SlotBits'(Stages)];

  // ---- Transposer: one operand goes in, what the request before brought comes out ----

  row_t transposer_in, transposer_out;

  function automatic row_t reversed(row_t row);
    automatic row_t result;
    for (int unsigned lane = 0; lane < Dim; lane++) result[lane] = row[Dim-1-lane];
    return result;
  endfunction

  // D comes last row first, so both of its sides are mirrored.
  always_comb begin
    unique case (due_control.transpose)
      TransposeB: transposer_in = due[1];
      TransposeD: transposer_in = reversed(due[2]);
      default:    transposer_in = due[0];
    endcase
  end

  transposer u_transposer (
    .clk_i  (clk_i),
    .rst_ni (rst_ni),
    .valid_i(enters && due_control.transpose != TransposeNone),
    .row_i  (transposer_in),
    .row_o  (transposer_out)
  );

  // Each row shifts the idle registers, with zeros where the request brings nothing. What a preload
  // brings through the transposer, zeros too, arrives with the next request; one behind a request
  // without preload shifts nothing.
  logic transposer_full_q, shift;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      transposer_full_q <= 1'b0;
    end else if (enters && due_control.last) begin
      transposer_full_q <= due_control.transpose == TransposeD && due_control.preloads;
    end
  end

  assign shift = !due_control.weight_stationary || due_control.transpose != TransposeD ||
                 transposer_full_q;

  // ---- Flush ----

  logic flush_drives_out_q, flush_active_q, earlier_rows;
  logic [$clog2(Dim+1)-1:0] flush_count_q;

  if (Stages > 1) begin : gen_earlier
    assign earlier_rows = fed_q || valid_q[Stages-2:0] != '0;
  end else begin : gen_no_earlier
    assign earlier_rows = fed_q;
  end

  always_comb begin
    state_d = state_q;
    unique case (state_q)
      Idle: begin
        if (request_valid_i && !last_row_fed_o) state_d = Feeding;
        if (flush_valid_i) state_d = FlushWait;
      end
      Feeding:   if (last_row_fed_o) state_d = Idle;
      FlushWait: if (!earlier_rows) state_d = Flushing;
      Flushing:  if (flush_count_q == ($clog2(Dim + 1))'(Dim - 1)) state_d = Idle;
      default:   state_d = Idle;
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q            <= Idle;
      flush_count_q      <= '0;
      flush_drives_out_q <= 1'b0;
      flush_active_q     <= 1'b0;
    end else begin
      state_q       <= state_d;
      flush_count_q <= state_q == Flushing ? flush_count_q + 1'b1 : '0;
      if (flush_valid_i) begin
        flush_drives_out_q <= flush_drives_out_i;
        flush_active_q     <= flush_active_i;
      end
    end
  end

  // ---- To the array ----

  always_comb begin
    row_valid_o         = enters;
    row_last_o          = due_control.last;
    weight_stationary_o = due_control.weight_stationary;
    active_o            = due_control.active;
    shift_o             = shift;
    a_o = due_control.transpose == TransposeA ? transposer_out : due[0];
    b_o = due_control.transpose == TransposeB ? transposer_out : due[1];
    d_o = due_control.transpose == TransposeD ? reversed(transposer_out) : due[2];
    if (state_q == Flushing) begin
      row_valid_o         = flush_drives_out_q;
      row_last_o          = flush_count_q == ($clog2(Dim + 1))'(Dim - 1);
      weight_stationary_o = 1'b0;
      active_o            = flush_active_q;
      shift_o             = 1'b1;
      a_o                 = '0;
      b_o                 = '0;
      d_o                 = '0;
    end
  end

  // ---- Rules of use ----

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (idle_o || (!request_valid_i && !flush_valid_i)) else $error("request while busy");
      assert (!(request_valid_i && flush_valid_i)) else $error("request and flush at once");
      assert (state_q != Flushing || !enters) else $error("a row enters during a flush");
    end
  end

endmodule : row_feeder
