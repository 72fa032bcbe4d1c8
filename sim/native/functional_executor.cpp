// SPDX-License-Identifier: Apache-2.0
#include "sim/native/functional_executor.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "sim/arch/loop_check.h"

namespace gemel::sim {

using arch::Dataflow;
using arch::Funct;

FunctionalExecutor::FunctionalExecutor(const arch::AcceleratorConfig& config, ExecutorMemory& memory)
    : config_(config),
      derived_(arch::derive(config)),
      dim_(derived_.dim),
      memory_(memory),
      scratchpad_(std::size_t{derived_.scratchpad_rows} * dim_),
      accumulator_(std::size_t{derived_.accumulator_rows} * dim_),
      weights_{PackedBlock(dim_), PackedBlock(dim_)},
      operand_b_(dim_),
      result_(std::size_t{std::max(dim_, kLeastRows)} * dim_),
      scratch_a_(result_.size()),
      scratch_b_(result_.size()),
      wide_row_(dim_),
      pool_row_(dim_),
      pool_best_(dim_),
      loops_(config.isa_version, derived_),
      execute_given_([this](const arch::Command& command) { execute_plain(command); }) {
  for (auto& sums : sums_) sums.resize(std::size_t{dim_} * dim_);
  // One pass sums dim products of at most 2^14, and one int8.
  sums_can_wrap_ = std::int64_t{dim_} * (1 << 14) + 128 > (std::int64_t{1} << (config.mesh.output_bits - 1)) - 1;
}

void FunctionalExecutor::execute(const arch::Command& command) {
  if (!loops_.owns(command)) return execute_plain(command);
  refuse_illegal_loop(command);
  loops_.command(command, execute_given_);
}

// The run command of a loop brings its last registers.
void FunctionalExecutor::refuse_illegal_loop(const arch::Command& command) const {
  std::string why;
  if (static_cast<Funct>(command.funct) == Funct::LoopWs) {
    arch::MatmulLoop loop = loops_.matmul_loop();
    arch::write_matmul_register(loop, command, config_.isa_version);
    why = arch::why_illegal(loop, config_, derived_);
  } else if (static_cast<Funct>(command.funct) == Funct::LoopConvWs) {
    arch::ConvLoop loop = loops_.conv_loop();
    arch::write_conv_register(loop, command, config_.isa_version);
    why = arch::why_illegal(loop, derived_);
  }
  if (!why.empty()) throw std::invalid_argument(why);
}

void FunctionalExecutor::execute_plain(const arch::Command& command) {
  ++plain_commands_;
  switch (static_cast<Funct>(command.funct)) {
    case Funct::Config:
      return configure(command);
    case Funct::Mvin:
    case Funct::Mvin2:
    case Funct::Mvin3:
      return mvin(arch::decode_mvin(command));
    case Funct::Mvout:
      return mvout(arch::decode_mvout(command.rs1, command.rs2));
    case Funct::Preload:
      return preload(arch::decode_preload(command.rs1, command.rs2));
    case Funct::ComputePreloaded:
    case Funct::ComputeAccumulated:
      return compute(arch::decode_compute(command));
    case Funct::Flush:
    case Funct::ClockGate:
    case Funct::Counter:
      return;  // no effect on data
    default:
      throw std::invalid_argument("function code " + std::to_string(command.funct) + " is not built in");
  }
}

void FunctionalExecutor::configure(const arch::Command& command) {
  switch (arch::config_kind(command.rs1)) {
    case arch::ConfigKind::Execute: {
      rides_on_compute_ = false;
      const arch::ConfigExecute next = arch::decode_config_execute(command.rs1, command.rs2);
      if (next.set_only_strides) {
        execute_.a_stride = next.a_stride;
        execute_.c_stride = next.c_stride;
        return;
      }
      const bool weight_stationary = next.dataflow == Dataflow::WeightStationary;
      if (config_.mesh.dataflow != Dataflow::Both && config_.mesh.dataflow != next.dataflow)
        throw std::invalid_argument(std::string("the machine has no ") + (weight_stationary ? "weight" : "output") +
                                    "-stationary dataflow");
      if (weight_stationary ? next.a_transpose && next.b_transpose : !next.a_transpose && next.b_transpose)
        throw std::invalid_argument(weight_stationary
                                        ? "weight stationary with both operands transposed needs two transposers"
                                        : "output stationary with only B transposed needs two transposers");
      execute_ = next;
      return;
    }
    case arch::ConfigKind::Load: {
      const arch::ConfigLoad next = arch::decode_config_load(command.rs1, command.rs2);
      if (next.state > 2) throw std::invalid_argument("load state 3 does not exist");
      load_[next.state] = next;
      return;
    }
    case arch::ConfigKind::Store: {
      const arch::ConfigStore next = arch::decode_config_store(command.rs1, command.rs2);
      if (next.activation > 1 && !config_.normalisations)
        throw std::invalid_argument("activation " + std::to_string(next.activation) + " is not built in");
      store_ = arch::configured_behind(store_, next);
      normaliser_.configure(next);
      return;
    }
    case arch::ConfigKind::Normalise: {
      if (!config_.normalisations) throw std::invalid_argument("config_norm is not built in (key normalisations)");
      const arch::ConfigNormalise next = arch::decode_config_normalise(command.rs1, command.rs2);
      if (const auto violation = arch::find_norm_violation(next, normaliser_)) throw std::invalid_argument(*violation);
      normaliser_.configure(next);
      return;
    }
  }
}

std::int32_t* FunctionalExecutor::accumulator_run(arch::LocalAddress address, std::uint64_t rows) {
  const std::uint32_t row = address.row(derived_);
  return rows <= derived_.accumulator_rows - row ? accumulator_.data() + std::size_t{row} * dim_ : nullptr;
}

}  // namespace gemel::sim
