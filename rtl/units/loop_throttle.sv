// SPDX-License-Identifier: Apache-2.0
/// Counts an unroller's commands that are on their way, from its output to the end of their time
/// in the station. A class is full while they are as many as the station has entries for it.
module loop_throttle
  import accelerator_pkg::*;
  import loop_pkg::*;
(
  input  logic                      clk_i,
  input  logic                      rst_ni,

  // A command of this class is given to the next queue.
  input  logic                      given_i,
  input  station_class_e            class_i,
  // Commands of this unroller that leave the station
  input  left_t                     left_i,

  output logic [StationClasses-1:0] full_o
);
  localparam int unsigned Entries [StationClasses] = '{LoadEntries, ExecuteEntries, StoreEntries};

  for (genvar i = 0; i < StationClasses; i++) begin : gen_class
    localparam int unsigned CountBits = $clog2(Entries[i] + 1);
    typedef logic [CountBits-1:0] count_t;
    count_t count_q, given;
    assign given     = count_t'(given_i && class_i == station_class_e'(i));
    assign full_o[i] = count_q == count_t'(Entries[i]);

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        count_q <= '0;
      end else if (given_i || left_i[i] != '0) begin
        count_q <= count_q + given - count_t'(left_i[i]);
      end
    end

    always_ff @(posedge clk_i) begin
      if (rst_ni) begin
        assert (32'(left_i[i]) <= 32'(count_q)) else $error("more commands leave than were given");
        assert (given == '0 || !full_o[i]) else $error("a command passes the throttle");
      end
    end
  end
endmodule : loop_throttle
