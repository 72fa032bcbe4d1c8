// SPDX-License-Identifier: Apache-2.0
/// The entries of one class of the reservation station. Allocates the lowest free index; issues in
/// program order, when the oldest un-issued entry has no dependency left. A dependency is a bit for
/// each entry of the other classes; `resolved_i` clears it, seen in the next cycle. `left_o` says how
/// many of each unroller's commands leave: the one that completes, one that retires at its issue.
module station_entries
  import accelerator_pkg::*;
  import loop_pkg::*;
#(
  parameter  int unsigned Entries      = 8,
  parameter  int unsigned Dependencies = 8,
  localparam int unsigned IdBits       = Entries > 1 ? $clog2(Entries) : 1
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,

  input  logic                    allocate_valid_i,
  output logic                    allocate_ready_o,
  output logic [IdBits-1:0]       allocate_id_o,
  input  command_t                allocate_i,
  input  loop_owner_t             allocate_owner_i,
  input  logic                    allocate_retires_at_issue_i,
  input  logic [Dependencies-1:0] allocate_dependencies_i,

  input  logic [Dependencies-1:0] resolved_i,

  output logic                    issue_valid_o,
  input  logic                    issue_ready_i,
  output command_t                issue_command_o,
  output logic [IdBits-1:0]       issue_id_o,

  input  logic                    complete_valid_i,
  input  logic [IdBits-1:0]       complete_id_i,

  output logic [1:0]              left_o [LoopUnits],
  output logic [Entries-1:0]      valid_o,
  /// An entry is issued and not complete.
  output logic                    is_busy_o,
  /// Dependencies of the entry that issues next; 0 where there is none.
  output logic [Dependencies-1:0] waits_for_o,
  output logic                    has_unissued_o
);
  typedef logic [IdBits-1:0] id_t;

  logic [Entries-1:0]      valid_q, issued_q, retires_at_issue_q;
  logic [Dependencies-1:0] dependencies_q [Entries];
  command_t                commands_q     [Entries];
  loop_owner_t             owners_q       [Entries];
  logic                    is_allocated, is_issued, order_ready;
  id_t                     free_id;

  always_comb begin
    free_id = '0;
    for (int i = Entries - 1; i >= 0; i--) begin
      if (!valid_q[i]) free_id = id_t'(i);
    end
  end

  assign allocate_ready_o = !(&valid_q);
  assign allocate_id_o    = free_id;
  assign is_allocated     = allocate_valid_i && allocate_ready_o;

  // Un-issued entries in program order; never fuller than the entries.
  fifo #(
    .Depth (Entries),
    .data_t(id_t)
  ) u_order (
    .clk_i,
    .rst_ni,
    .in_valid_i (is_allocated),
    .in_ready_o (order_ready),
    .in_i       (free_id),
    .out_valid_o(has_unissued_o),
    .out_ready_i(is_issued),
    .out_o      (issue_id_o)
  );

  assign waits_for_o     = has_unissued_o ? dependencies_q[issue_id_o] : '0;
  assign issue_valid_o   = has_unissued_o && waits_for_o == '0;
  assign issue_command_o = commands_q[issue_id_o];
  assign is_issued       = issue_valid_o && issue_ready_i;
  assign valid_o         = valid_q;
  assign is_busy_o       = |(valid_q & issued_q);

  logic is_retired;
  assign is_retired = is_issued && retires_at_issue_q[issue_id_o];
  for (genvar i = 0; i < LoopUnits; i++) begin : gen_left
    assign left_o[i] = 2'(is_retired && owners_q[issue_id_o][i])
                     + 2'(complete_valid_i && owners_q[complete_id_i][i]);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q            <= '0;
      issued_q           <= '0;
      retires_at_issue_q <= '0;
    end else begin
      if (is_issued) issued_q[issue_id_o] <= 1'b1;
      if (complete_valid_i) valid_q[complete_id_i] <= 1'b0;
      if (is_retired) valid_q[issue_id_o] <= 1'b0;
      if (is_allocated) begin
        valid_q[free_id]            <= 1'b1;
        issued_q[free_id]           <= 1'b0;
        retires_at_issue_q[free_id] <= allocate_retires_at_issue_i;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (is_allocated) begin
      commands_q[free_id] <= allocate_i;
      owners_q[free_id]   <= allocate_owner_i;
    end
    for (int i = 0; i < Entries; i++) begin
      if (is_allocated && free_id == id_t'(i)) begin
        dependencies_q[i] <= allocate_dependencies_i;
      end else if (valid_q[i]) begin
        dependencies_q[i] <= dependencies_q[i] & ~resolved_i;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!is_allocated || order_ready) else $error("order of entries overflows");
      assert (!complete_valid_i || valid_q[complete_id_i])
        else $error("completion of a free entry");
    end
  end
endmodule : station_entries
