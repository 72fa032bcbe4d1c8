// SPDX-License-Identifier: Apache-2.0
#pragma once
// Counts the actions of a program's commands. What a command does to memories and array follows from the command and
// the configuration before it, never from timing, so this needs no run; the cycles come from one.
#include <array>
#include <cstdint>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/isa.h"
#include "sim/arch/program.h"
#include "sim/stats/action_counts.h"

namespace gemel::sim {

class ActionCounter {
 public:
  explicit ActionCounter(const arch::AcceleratorConfig& config);

  // From here on counts for a new layer; returns what was counted since the last call.
  ActionCounts take();
  // A plain command: loop instructions come as the commands that they stand for.
  void command(const arch::Command& command);
  void host_operator(const arch::HostOp& op);

 private:
  // The part of memory rows a layer has written: a row counts once.
  class RowSet {
   public:
    explicit RowSet(std::uint32_t rows) : epoch_of_(rows) {}
    void add(std::uint32_t row) {
      count_ += epoch_of_[row] != epoch_;
      epoch_of_[row] = epoch_;
    }
    std::uint64_t take() {
      ++epoch_;
      return std::exchange(count_, 0);
    }

   private:
    std::vector<std::uint32_t> epoch_of_;
    std::uint32_t epoch_ = 1;
    std::uint64_t count_ = 0;
  };
  struct Block {
    std::uint32_t rows = 0, cols = 0;  // as it takes part; 0: nothing but zeros
  };
  // What one row of an mvin or mvout is on the bus, by its offset within the longest request.
  struct RowCost {
    std::uint32_t offset = 0, bytes = 0;
    std::uint32_t beat_bytes = 0;
    std::uint32_t pieces = 0;
  };

  bool is_nothing(const arch::LocalBlock& block) const { return block.address.is_garbage(derived_); }
  const RowCost& cost_of(std::uint64_t address, std::uint32_t bytes, std::uint32_t local_row_bytes);
  void write_row(arch::LocalAddress local, bool accumulates, std::uint64_t times = 1);
  void read_operand(const arch::LocalBlock& block, bool transposed);
  void load(const arch::Mvin& mvin);
  void store(const arch::Mvout& mvout);
  void preload(const arch::Preload& preload);
  void compute(const arch::Compute& compute);

  arch::AcceleratorConfig config_;
  arch::DerivedConfig derived_;
  ActionCounts counts_;
  RowSet scratchpad_rows_, accumulator_rows_;
  RowCost last_cost_;

  arch::ConfigExecute execute_;
  bool output_stationary_;
  std::array<arch::ConfigLoad, 3> loads_;
  arch::ConfigStore store_;
  Block weights_, idle_weights_;
  arch::LocalBlock result_;  // C of the last preload
};

// Counts by layer, in the order of the program's Layer steps, and of everything. A program that marks its timed part
// (Begin, End) is counted between these.
struct ProgramActions {
  ActionCounts total;
  std::vector<ActionCounts> layers;
};
ProgramActions count_actions(const arch::Program& program, const arch::AcceleratorConfig& config);

}  // namespace gemel::sim
