// SPDX-License-Identifier: Apache-2.0
/// The store stream of a matmul loop with layer normalisation or softmax: rows of blocks, groups of
/// NormalisedRows rows in each, three passes over a group. A pass gives for each row of the group
/// the choice of its statistics, then the row's mvouts with the command of the pass, or, in front of
/// the last mvout, the one that only adds up.
module loop_matmul_normalise
  import accelerator_pkg::*;
  import array_side_pkg::*;
  import loop_pkg::*;
  import loop_matmul_pkg::*;
(
  input  logic             clk_i,
  input  logic             rst_ni,

  input  logic             start_i,
  input  matmul_transfer_t transfer_i,
  input  logic             softmax_i,

  output logic             active_o,
  input  logic             taken_i,
  output command_t         command_o
);
  localparam logic [1:0] LastPass = 2'd2;
  localparam logic [15:0] GroupRows = 16'(NormalisedRows);

  matmul_transfer_t transfer_q;
  logic             active_q, softmax_q, at_config_q;
  logic [15:0]      row_q, col_q, group_q;     // in blocks, in blocks, in rows
  logic [1:0]       pass_q, member_q;
  logic [31:0]      group_elements_q;          // first row of the group * stride
  local_row_t       row_blocks_q;              // row * cols
  logic [15:0]      count, left, lines, rows_left;
  logic             is_last_row, is_last_col, is_last_member, is_last_group;

  assign active_o       = active_q;
  assign left           = transfer_q.cols - col_q;
  assign count          = smaller(transfer_q.step, left);
  assign is_last_row    = row_q + 16'd1 == transfer_q.rows;
  assign is_last_col    = left <= transfer_q.step;
  assign lines          = OneBlock - (is_last_row ? transfer_q.row_pad : '0);
  assign rows_left      = lines - group_q;
  assign is_last_group  = rows_left <= GroupRows;
  assign is_last_member = 16'(member_q) + 16'd1 == smaller(GroupRows, rows_left);

  // ---- The command ----
  norm_command_e norm;
  logic [31:0]   elements;
  logic [15:0]   columns;
  local_row_t    local_offset;

  always_comb begin
    unique case (pass_q)
      2'd0:    norm = softmax_q ? NormMax : NormMean;
      2'd1:    norm = softmax_q ? NormInverseSumExponentials : NormInverseDeviation;
      default: norm = NormWrite;
    endcase
    if (!is_last_col) norm = before_last_block(norm);
  end

  assign elements     = group_elements_q + 32'(member_q) * transfer_q.stride
                      + (32'(col_q) << DimBits);
  assign columns      = (count << DimBits) - (is_last_col ? transfer_q.col_pad : '0);
  assign local_offset = ((row_blocks_q + local_row_t'(col_q)) << DimBits)
                      + local_row_t'(group_q) + local_row_t'(member_q);

  always_comb begin
    if (at_config_q) begin
      command_o.funct = FunctConfig;
      command_o.rs1   = 64'(ConfigNormaliseSubtype);
      command_o.rs1[ConfigNormaliseStatsIdLsb+:2]   = member_q;
      command_o.rs1[ConfigNormaliseSetStatsIdOnlyLsb] = 1'b1;
      command_o.rs2   = '0;
    end else begin
      command_o.funct = FunctMvout;
      command_o.rs1   = at_offset(transfer_q.address, elements);
      command_o.rs2   = local_block(address_plus(transfer_q.local_address, 32'(local_offset)),
                                    16'd1, columns);
      command_o.rs2[28:26] = norm;
    end
  end

  // ---- The position ----
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q         <= 1'b0;
      at_config_q      <= 1'b1;
      row_q            <= '0;
      col_q            <= '0;
      group_q          <= '0;
      pass_q           <= '0;
      member_q         <= '0;
      group_elements_q <= '0;
      row_blocks_q     <= '0;
    end else if (start_i) begin
      active_q         <= 1'b1;
      at_config_q      <= 1'b1;
      row_q            <= '0;
      col_q            <= '0;
      group_q          <= '0;
      pass_q           <= '0;
      member_q         <= '0;
      group_elements_q <= '0;
      row_blocks_q     <= '0;
    end else if (taken_i) begin
      at_config_q <= !at_config_q && is_last_col;
      if (!at_config_q) begin
        col_q <= is_last_col ? '0 : col_q + transfer_q.step;
        if (is_last_col) begin
          member_q <= is_last_member ? '0 : member_q + 2'd1;
          if (is_last_member) begin
            pass_q <= pass_q == LastPass ? '0 : pass_q + 2'd1;
            if (pass_q == LastPass) begin
              group_q          <= is_last_group ? '0 : group_q + GroupRows;
              group_elements_q <= group_elements_q + transfer_q.stride
                                * (is_last_group ? 32'(rows_left) : 32'(GroupRows));
              if (is_last_group) begin
                row_q        <= row_q + 16'd1;
                row_blocks_q <= row_blocks_q + local_row_t'(transfer_q.cols);
                if (is_last_row) active_q <= 1'b0;
              end
            end
          end
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      transfer_q <= transfer_i;
      softmax_q  <= softmax_i;
    end
  end

  logic unused_transfer;
  assign unused_transfer = ^{transfer_q.empty, transfer_q.row_inner, transfer_q.funct,
                             transfer_q.wide};

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!start_i || !active_q) else $error("a stream starts that is at work");
      assert (!taken_i || active_q) else $error("a command is taken that was not there");
    end
  end
endmodule : loop_matmul_normalise
