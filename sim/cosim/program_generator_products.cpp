// SPDX-License-Identifier: Apache-2.0
// Random products: single ones in weight-stationary, chains in output-stationary.
#include <algorithm>
#include <stdexcept>

#include "sim/cosim/program_generator.h"

namespace gemel::sim {

using arch::Dataflow;
using arch::LocalAddress;
using arch::LocalBlock;

namespace {

std::uint32_t stored_rows(const LocalBlock& block, bool transposed) { return transposed ? block.cols : block.rows; }
std::uint32_t stored_lanes(const LocalBlock& block, bool transposed) { return transposed ? block.rows : block.cols; }

}  // namespace

void ProgramGenerator::configure_execute() {
  arch::ConfigExecute c = builder_.execute();
  c.set_only_strides = !builder_.stream().commands.empty() && c.a_stride != 0 && random_.percent(20);
  const arch::DerivedConfig& d = builder_.derived();
  const std::uint32_t widest = std::min({3u, d.scratchpad_rows / dim_, d.accumulator_rows / dim_});
  c.a_stride = static_cast<std::uint16_t>(random_.percent(70) ? 1 : random_.between(1, widest));
  if (!c.set_only_strides) {
    const Dataflow built = config_.mesh.dataflow;
    c.dataflow = built != Dataflow::Both ? built
                 : random_.percent(50)   ? Dataflow::WeightStationary
                                         : Dataflow::OutputStationary;
    const bool weight_stationary = c.dataflow == Dataflow::WeightStationary;
    c.a_transpose = random_.percent(30);
    c.b_transpose = random_.percent(30) && (weight_stationary ? !c.a_transpose : c.a_transpose);
    c.activation = random_.percent(30) ? arch::Activation::Relu : arch::Activation::None;
    c.shift = static_cast<std::uint8_t>(random_.percent(50) ? 0 : random_.between(1, 12));
  }
  const bool weight_stationary = c.dataflow == Dataflow::WeightStationary;
  c.c_stride = static_cast<std::uint16_t>(weight_stationary && random_.percent(30) ? random_.between(1, widest) : 1);
  builder_.emit(arch::encode_config_execute(c));
}

// An operand of that many rows and columns in the scratchpad, all of it written.
LocalBlock ProgramGenerator::operand(std::uint32_t rows, std::uint32_t cols, std::uint32_t stride, bool transposed) {
  LocalBlock block{LocalAddress(), static_cast<std::uint16_t>(cols), static_cast<std::uint16_t>(rows)};
  const std::uint32_t count = stored_rows(block, transposed);
  const std::uint32_t lanes = stored_lanes(block, transposed);
  // Hazard ranges cover whole strides; keep them inside the memory.
  block.address = scratchpad_row(count * stride);
  if (!builder_.is_written(block.address, count, lanes, stride)) {
    ensure_written(block.address, (count - 1) * stride + 1, lanes);
  }
  return block;
}

LocalBlock ProgramGenerator::result(std::uint32_t rows, std::uint32_t cols, std::uint32_t stride) {
  LocalBlock block{LocalAddress(), static_cast<std::uint16_t>(cols), static_cast<std::uint16_t>(rows)};
  const std::uint32_t span = rows * stride;
  if (random_.percent(40)) {
    block.address = scratchpad_row(span);
    return block;
  }
  block.address = accumulator_row(span);
  if (!random_.percent(50)) return block;
  if (!builder_.is_written(block.address, rows, cols, stride) && random_.percent(50)) {
    ensure_written(block.address, span, cols);
  }
  if (builder_.is_written(block.address, rows, cols, stride)) block.address = block.address.with_accumulate();
  return block;
}

void ProgramGenerator::weight_stationary_product() {
  const arch::ConfigExecute& c = builder_.execute();
  const std::uint32_t a_rows = size(), inner = size(), cols = size();
  const LocalBlock none{LocalAddress::garbage(), static_cast<std::uint16_t>(dim_), static_cast<std::uint16_t>(dim_)};
  arch::Preload preload{none, none};
  arch::Compute compute;
  const bool real_d = random_.percent(35);
  const bool real_b = random_.percent(70);
  compute.a = operand(a_rows, random_.percent(80) ? inner : size(), c.a_stride, c.a_transpose);
  compute.bd =
      real_d ? operand(random_.percent(80) ? a_rows : size(), random_.percent(80) ? cols : size(), 1, false) : none;
  preload.bd = operand(inner, cols, 1, c.b_transpose);
  if (random_.percent(88)) {
    const std::uint32_t fed = std::max<std::uint32_t>({a_rows, real_d ? compute.bd.rows : 0u, std::min(4u, dim_)});
    preload.c = result(random_.percent(80) ? a_rows : random_.size(std::min(fed, dim_)),
                       random_.percent(80) ? cols : size(), c.c_stride);
  }
  // Every operand was written when it was chosen; what was loaded since may have been something else, never less.
  const auto order = [&](bool with_b) {
    arch::Preload p = preload;
    if (!with_b) p.bd = none;
    compute.preloaded = with_b && !random_.percent(5);
    OrderRules behind_preload = builder_.rules();
    if (behind_preload.violation(arch::encode_preload(p))) return false;
    behind_preload.apply(arch::encode_preload(p));
    if (behind_preload.violation(arch::encode_compute(compute))) {
      compute.preloaded = with_b;
      if (behind_preload.violation(arch::encode_compute(compute))) return false;
    }
    builder_.emit(arch::encode_preload(p));
    disturb();
    builder_.emit(arch::encode_compute(compute));
    return true;
  };
  if (!real_b && order(false)) return;
  if (order(true)) return;
  preload.c = none;
  order(true);
}

void ProgramGenerator::output_stationary_chain() {
  const arch::ConfigExecute& c = builder_.execute();
  const LocalBlock none{LocalAddress::garbage(), static_cast<std::uint16_t>(dim_), static_cast<std::uint16_t>(dim_)};
  const std::uint32_t length = random_.percent(50) ? 1 : random_.between(2, 4);
  const std::uint32_t rows = size(), cols = size();
  for (std::uint32_t i = 0; i < length; ++i) {
    const bool last = i + 1 == length;
    const std::uint32_t inner = size();
    arch::Preload preload{none, none};
    arch::Compute compute;
    compute.preloaded = i == 0;
    compute.a = operand(random_.percent(80) ? rows : size(), inner, c.a_stride, c.a_transpose);
    compute.bd = operand(inner, random_.percent(80) ? cols : size(), 1, c.b_transpose);
    if (random_.percent(i == 0 ? 50 : 5)) preload.bd = operand(size(), size(), 1, false);
    if (last) preload.c = result(random_.percent(80) ? rows : size(), random_.percent(80) ? cols : size(), 1);
    builder_.emit(arch::encode_preload(preload));
    disturb();
    builder_.emit(arch::encode_compute(compute));
    if (!last && random_.percent(15)) disturb();
  }
}

void ProgramGenerator::random_product() {
  if (random_.percent(10)) configure_execute();
  if (builder_.execute().dataflow == Dataflow::WeightStationary) {
    weight_stationary_product();
  } else {
    output_stationary_chain();
  }
}

}  // namespace gemel::sim
