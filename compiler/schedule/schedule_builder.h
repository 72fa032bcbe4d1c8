// SPDX-License-Identifier: Apache-2.0
#pragma once
// Takes the operations of a layer in a plain sequential order and works out what each must wait for: the reservation
// station resolves hazards in the order of the commands, so an operation may be offered early as long as everything
// that touches its rows keeps its place.
#include <array>
#include <cstdint>
#include <vector>

#include "compiler/schedule/operation.h"
#include "compiler/schedule/scratchpad_contents.h"

namespace gemel::compiler {

class ScheduleBuilder {
 public:
  explicit ScheduleBuilder(const Machine& machine) : ScheduleBuilder(machine, ScratchpadContents(machine), 0) {}
  // For layer number `layer`, which finds `contents` in the scratchpad.
  ScheduleBuilder(const Machine& machine, ScratchpadContents contents, std::uint32_t layer);

  // Configurations are found or added.
  std::uint16_t load_config(const arch::ConfigLoad& config);
  std::uint16_t store_config(const arch::ConfigStore& config);
  void execute_config(const arch::ConfigExecute& config) { schedule_.execute = config; }

  // Left out where the scratchpad holds it already.
  void load(BufferRef source, arch::LocalAddress local, std::int32_t rows, std::int32_t cols, std::uint16_t config);
  // Zeros into the scratchpad, where they are not there already.
  void zero(std::int32_t first_row, std::int32_t rows, std::int32_t blocks, std::int32_t block_stride);
  // b is ignored unless new_weights.
  void compute(arch::LocalAddress a, arch::LocalAddress b, arch::LocalAddress c, std::int32_t rows, std::int32_t lanes,
               std::int32_t outputs, bool new_weights, std::int32_t weight_rows);
  // A pooling store reads `pooled_rows` rows from `local` on.
  void store(BufferRef target, arch::LocalAddress local, std::int32_t rows, std::int32_t cols, std::uint16_t config,
             std::int32_t pooled_rows = 0);

  // Turns of the slots and of the halves of the accumulator, so that a contraction does not begin where the last ended.
  std::int32_t next_tile() { return tiles_++; }
  // Operations between these two are the tile's.
  void begin_tile(const arch::Tile& tile);
  void end_tile();
  // Loads are not offered before so many computes: a load into a bank that the array reads costs it a cycle a row.
  void hold_loads_until(std::size_t computes) { load_floor_ = static_cast<std::uint32_t>(computes); }
  // Computes are not offered before so many loads.
  void hold_computes_until(std::size_t loads) { compute_floor_ = static_cast<std::uint32_t>(loads); }
  std::size_t loads() const { return schedule_.loads.size(); }
  std::size_t computes() const { return schedule_.computes.size(); }
  std::size_t contractions() const { return contractions_; }
  void end_contraction() { ++contractions_; }
  Schedule take() { return std::move(schedule_); }
  // What the scratchpad holds behind the operations so far.
  ScratchpadContents& contents() { return contents_; }

 private:
  struct Touch {  // 1 + index of the last operation of each stream that touched the row
    std::uint32_t load = 0, compute = 0, store = 0;
  };
  std::array<std::uint32_t, 3> stream_lengths() const;
  std::size_t index_of(arch::LocalAddress local) const;
  void load_rows(LoadOp op, std::size_t first, std::int32_t rows, std::int32_t blocks, std::int32_t stride);

  const Machine& machine_;
  Schedule schedule_;
  std::vector<Touch> touched_;  // scratchpad rows, then accumulator rows
  std::int32_t tiles_ = 0;
  std::size_t contractions_ = 0;
  std::uint32_t load_floor_ = 0, compute_floor_ = 0;
  ScratchpadContents contents_;
  const std::uint32_t layer_;
};

}  // namespace gemel::compiler
