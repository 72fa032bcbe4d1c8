// SPDX-License-Identifier: Apache-2.0
#include "sim/cosim/stream_builder.h"

#include <algorithm>
#include <stdexcept>

namespace gemel::sim {

using arch::Command;
using arch::Funct;
using arch::LocalAddress;

StreamBuilder::StreamBuilder(const arch::AcceleratorConfig& config)
    : derived_(arch::derive(config)),
      rules_(config),
      scratchpad_(derived_.scratchpad_rows, derived_.dim),
      accumulator_(derived_.accumulator_rows, derived_.dim) {
  stream_.isa_version = config.isa_version;
}

bool StreamBuilder::try_emit(const Command& command) {
  if (!is_allowed(command)) return false;
  emit(command);
  return true;
}

void StreamBuilder::emit(const Command& command) {
  if (const auto violation = rules_.violation(command)) throw std::logic_error(*violation);
  rules_.apply(command);
  note_written(command);
  stream_.steps.push_back({arch::StepKind::Command, static_cast<std::uint32_t>(stream_.commands.size())});
  stream_.commands.push_back(command);
}

void StreamBuilder::fence() {
  rules_.fence();
  step(arch::StepKind::Fence);
}

void StreamBuilder::idle(std::uint32_t cycles) { stream_.steps.push_back({arch::StepKind::Idle, cycles}); }

bool StreamBuilder::fits(LocalAddress first, std::uint32_t rows) const {
  return first.row(derived_) + rows <= lanes_of(first).rows();
}

bool StreamBuilder::is_written(LocalAddress first, std::uint32_t rows, std::uint32_t lanes,
                               std::uint32_t stride) const {
  if (rows == 0 || !fits(first, (rows - 1) * stride + 1)) return false;
  const std::uint32_t row = first.row(derived_);
  for (std::uint32_t r = 0; r < rows; ++r) {
    if (lanes_of(first).first_missing(row + r * stride, 1, 0, lanes) == row + r * stride) return false;
  }
  return true;
}

std::uint32_t StreamBuilder::written_prefix(LocalAddress address) const {
  const std::uint32_t row = address.row(derived_);
  std::uint32_t lanes = 0;
  while (lanes < derived_.dim && lanes_of(address).first_missing(row, 1, lanes, 1) != row) ++lanes;
  return lanes;
}

void StreamBuilder::note_mvin(const arch::Mvin& mvin) {
  const std::uint32_t dim = derived_.dim;
  const arch::ConfigLoad& config = load_[mvin.state];
  const bool accumulator = mvin.local.address.is_accumulator();
  for (std::uint32_t first = 0; first < mvin.local.cols; first += dim) {
    const std::uint32_t lanes = std::min<std::uint32_t>(dim, mvin.local.cols - first);
    const std::uint32_t row = mvin.local.address.plus(first / dim * config.block_stride, derived_).row(derived_);
    (accumulator ? accumulator_ : scratchpad_).write(row, mvin.local.rows, 0, lanes);
    // Copies of pixel repeats are not counted: nothing reads them but the store at the end of the program.
  }
}

void StreamBuilder::note_written(const Command& command) {
  const Funct funct = static_cast<Funct>(command.funct);
  if (funct == Funct::Config) {
    switch (arch::config_kind(command.rs1)) {
      case arch::ConfigKind::Execute: {
        const arch::ConfigExecute next = arch::decode_config_execute(command.rs1, command.rs2);
        const arch::ConfigExecute old = execute_;
        execute_ = next.set_only_strides ? old : next;
        execute_.a_stride = next.a_stride;
        execute_.c_stride = next.c_stride;
        return;
      }
      case arch::ConfigKind::Load: {
        const arch::ConfigLoad next = arch::decode_config_load(command.rs1, command.rs2);
        load_[next.state] = next;
        return;
      }
      case arch::ConfigKind::Store:
        store_ = arch::decode_config_store(command.rs1, command.rs2);
        return;
      case arch::ConfigKind::Normalise:
        return;
    }
  }
  if (arch::is_mvin(funct)) note_mvin(arch::decode_mvin(command));
  if (funct == Funct::Preload) result_ = arch::decode_preload(command.rs1, command.rs2).c;
  if (arch::is_compute(funct) && !result_.address.is_garbage(derived_)) {
    auto& lanes = result_.address.is_accumulator() ? accumulator_ : scratchpad_;
    const std::uint32_t row = result_.address.row(derived_);
    for (std::uint32_t r = 0; r < result_.rows; ++r) lanes.write(row + r * execute_.c_stride, 1, 0, result_.cols);
  }
}

}  // namespace gemel::sim
