// SPDX-License-Identifier: Apache-2.0
#include "compiler/schedule/schedule_builder.h"

#include <algorithm>
#include <utility>

namespace gemel::compiler {
namespace {

bool same(const arch::ConfigLoad& a, const arch::ConfigLoad& b) {
  return a.state == b.state && a.shrink == b.shrink && a.pixel_repeats == b.pixel_repeats &&
         a.block_stride == b.block_stride && a.scale == b.scale && a.dram_stride == b.dram_stride;
}

bool same(const arch::ConfigStore& a, const arch::ConfigStore& b) {
  return arch::encode_config_store(a) == arch::encode_config_store(b);
}

}  // namespace

ScheduleBuilder::ScheduleBuilder(const Machine& machine, ScratchpadContents contents, std::uint32_t layer)
    : machine_(machine),
      touched_(machine.derived.scratchpad_rows + machine.derived.accumulator_rows),
      contents_(std::move(contents)),
      layer_(layer) {}

void ScheduleBuilder::begin_tile(const arch::Tile& tile) {
  schedule_.tiles.push_back(tile);
  const auto lengths = stream_lengths();
  for (std::size_t i = 0; i < lengths.size(); ++i) schedule_.tiles.back().commands[i].first = lengths[i];
}

void ScheduleBuilder::end_tile() {
  const auto lengths = stream_lengths();
  for (std::size_t i = 0; i < lengths.size(); ++i) schedule_.tiles.back().commands[i].end = lengths[i];
}

std::array<std::uint32_t, 3> ScheduleBuilder::stream_lengths() const {
  return {static_cast<std::uint32_t>(schedule_.loads.size()), static_cast<std::uint32_t>(schedule_.computes.size()),
          static_cast<std::uint32_t>(schedule_.stores.size())};
}

std::uint16_t ScheduleBuilder::load_config(const arch::ConfigLoad& config) {
  for (std::size_t i = 0; i < schedule_.load_configs.size(); ++i) {
    if (same(schedule_.load_configs[i], config)) return static_cast<std::uint16_t>(i);
  }
  schedule_.load_configs.push_back(config);
  return static_cast<std::uint16_t>(schedule_.load_configs.size() - 1);
}

std::uint16_t ScheduleBuilder::store_config(const arch::ConfigStore& config) {
  for (std::size_t i = 0; i < schedule_.store_configs.size(); ++i) {
    if (same(schedule_.store_configs[i], config)) return static_cast<std::uint16_t>(i);
  }
  schedule_.store_configs.push_back(config);
  return static_cast<std::uint16_t>(schedule_.store_configs.size() - 1);
}

std::size_t ScheduleBuilder::index_of(arch::LocalAddress local) const {
  return local.row(machine_.derived) + (local.is_accumulator() ? machine_.derived.scratchpad_rows : 0);
}

void ScheduleBuilder::load_rows(LoadOp op, std::size_t first, std::int32_t rows, std::int32_t blocks,
                                std::int32_t stride) {
  const auto number = static_cast<std::uint32_t>(schedule_.loads.size() + 1);
  op.after_compute = load_floor_;
  for (std::int32_t block = 0; block < blocks; ++block) {
    for (std::int32_t r = 0; r < rows; ++r) {
      const std::size_t row =
          first + static_cast<std::size_t>(block) * static_cast<std::size_t>(stride) + static_cast<std::size_t>(r);
      Touch& touch = touched_[row];
      op.after_compute = std::max(op.after_compute, touch.compute);
      op.after_store = std::max(op.after_store, touch.store);
      touch.load = number;
    }
  }
  schedule_.loads.push_back(op);
}

void ScheduleBuilder::load(BufferRef source, arch::LocalAddress local, std::int32_t rows, std::int32_t cols,
                           std::uint16_t config) {
  const arch::ConfigLoad& how = schedule_.load_configs[config];
  if (!local.is_accumulator()) {
    const ScratchpadContents::Piece piece{source,
                                          static_cast<std::int64_t>(how.dram_stride),
                                          static_cast<std::int32_t>(index_of(local)),
                                          rows,
                                          cols,
                                          how.block_stride};
    if (contents_.holds(piece)) {
      const std::int32_t fetched = how.dram_stride == 0 ? 1 : rows;
      schedule_.kept[contents_.layer_of(piece)] += static_cast<std::uint64_t>(std::int64_t{fetched} * cols);
      return;
    }
    contents_.put(piece, layer_);
  }
  LoadOp op;
  op.source = source;
  op.local = local.bits();
  op.rows = static_cast<std::uint16_t>(rows);
  op.cols = static_cast<std::uint16_t>(cols);
  op.config = config;
  load_rows(op, index_of(local), rows, machine_.blocks(cols), how.block_stride);
}

void ScheduleBuilder::zero(std::int32_t first_row, std::int32_t rows, std::int32_t blocks, std::int32_t block_stride) {
  const std::int32_t dim = machine_.dim();
  for (std::int32_t at = 0; at < rows; at += dim) {
    const std::int32_t count = std::min(dim, rows - at);
    for (std::int32_t block = 0; block < blocks; block += machine_.move_blocks()) {
      const std::int32_t group = std::min(machine_.move_blocks(), blocks - block);
      const std::int32_t first = first_row + block * block_stride + at;
      const ScratchpadContents::Piece piece{{kNoBuffer, 0}, 0, first, count, group * dim, block_stride};
      if (contents_.holds(piece)) continue;
      contents_.put(piece, layer_);
      arch::ConfigLoad config;
      config.state = 0;
      config.block_stride = static_cast<std::uint16_t>(block_stride);
      // Any load of this block stride will do; the stride in memory does not matter.
      std::size_t found = 0;
      while (found < schedule_.load_configs.size() &&
             !(schedule_.load_configs[found].block_stride == config.block_stride &&
               schedule_.load_configs[found].state == 0)) {
        ++found;
      }
      LoadOp op;
      op.config = found < schedule_.load_configs.size() ? static_cast<std::uint16_t>(found) : load_config(config);
      op.source.buffer = kNoBuffer;
      op.local = arch::LocalAddress::scratchpad(static_cast<std::uint32_t>(first)).bits();
      op.rows = static_cast<std::uint16_t>(count);
      op.cols = static_cast<std::uint16_t>(group * dim);
      load_rows(op, static_cast<std::size_t>(first), count, group, block_stride);
    }
  }
}

void ScheduleBuilder::compute(arch::LocalAddress a, arch::LocalAddress b, arch::LocalAddress c, std::int32_t rows,
                              std::int32_t lanes, std::int32_t outputs, bool new_weights, std::int32_t weight_rows) {
  ComputeOp op;
  op.a = a.bits();
  op.b = b.bits();
  op.c = c.bits();
  op.rows = static_cast<std::uint8_t>(rows);
  op.lanes = static_cast<std::uint8_t>(lanes);
  op.outputs = static_cast<std::uint8_t>(outputs);
  op.new_weights = new_weights;
  op.after_load = compute_floor_;
  const auto number = static_cast<std::uint32_t>(schedule_.computes.size() + 1);
  Touch* at = &touched_[index_of(a)];
  for (std::int32_t r = 0; r < rows; ++r) {
    op.after_load = std::max(op.after_load, at[r].load);
    at[r].compute = number;
  }
  if (new_weights || machine_.output_stationary) {
    at = &touched_[index_of(b)];
    for (std::int32_t r = 0; r < weight_rows; ++r) {
      op.after_load = std::max(op.after_load, at[r].load);
      at[r].compute = number;
    }
  }
  at = &touched_[index_of(c)];
  for (std::int32_t r = 0; r < rows; ++r) {
    op.after_load = std::max(op.after_load, at[r].load);
    op.after_store = std::max(op.after_store, at[r].store);
    at[r].compute = number;
  }
  schedule_.computes.push_back(op);
}

void ScheduleBuilder::store(BufferRef target, arch::LocalAddress local, std::int32_t rows, std::int32_t cols,
                            std::uint16_t config, std::int32_t pooled_rows) {
  StoreOp op;
  op.target = target;
  op.local = local.bits();
  op.rows = static_cast<std::uint16_t>(rows);
  op.cols = static_cast<std::uint16_t>(cols);
  op.config = config;
  const auto number = static_cast<std::uint32_t>(schedule_.stores.size() + 1);
  const std::size_t first = index_of(local);
  const std::int32_t blocks = pooled_rows > 0 ? 1 : machine_.blocks(cols);
  for (std::int32_t block = 0; block < blocks; ++block) {
    for (std::int32_t r = 0; r < (pooled_rows > 0 ? pooled_rows : rows); ++r) {
      Touch& touch = touched_[first + static_cast<std::size_t>(block * machine_.dim() + r)];
      op.after_load = std::max(op.after_load, touch.load);
      op.after_compute = std::max(op.after_compute, touch.compute);
      touch.store = number;
    }
  }
  schedule_.stores.push_back(op);
}

}  // namespace gemel::compiler
