// SPDX-License-Identifier: Apache-2.0
#include "sim/energy/action_counter.h"

#include <algorithm>
#include <utility>

#include "sim/arch/normaliser.h"
#include "sim/energy/loop_expander.h"
#include "sim/units/dma_split.h"

namespace gemel::sim {

using arch::Funct;
using arch::LocalAddress;

ActionCounter::ActionCounter(const arch::AcceleratorConfig& config)
    : config_(config),
      derived_(arch::derive(config)),
      scratchpad_rows_(derived_.scratchpad_rows),
      accumulator_rows_(derived_.accumulator_rows),
      output_stationary_(config.mesh.dataflow == arch::Dataflow::OutputStationary) {
  execute_.a_stride = execute_.c_stride = 1;
  for (arch::ConfigLoad& load : loads_) load.block_stride = static_cast<std::uint16_t>(derived_.dim);
  result_.address = LocalAddress::garbage();
}

ActionCounts ActionCounter::take() {
  counts_.scratchpad_rows_used = scratchpad_rows_.take();
  counts_.accumulator_rows_used = accumulator_rows_.take();
  return std::exchange(counts_, {});
}

void ActionCounter::host_operator(const arch::HostOp& op) {
  const arch::HostOpWork work = arch::host_op_work(op);
  counts_.host_operations += work.operations;
  counts_.host_read_bytes += work.bytes_read;
  counts_.host_write_bytes += work.bytes_written;
}

void ActionCounter::command(const arch::Command& command) {
  const auto funct = static_cast<Funct>(command.funct);
  if (arch::is_mvin(funct)) return load(arch::decode_mvin(command));
  if (arch::is_compute(funct)) return compute(arch::decode_compute(command));
  if (funct == Funct::Preload) return preload(arch::decode_preload(command.rs1, command.rs2));
  if (funct == Funct::Mvout) return store(arch::decode_mvout(command.rs1, command.rs2));
  if (funct != Funct::Config) return;
  ++counts_.configurations;
  switch (arch::config_kind(command.rs1)) {
    case arch::ConfigKind::Execute: {
      const arch::ConfigExecute next = arch::decode_config_execute(command.rs1, command.rs2);
      if (!next.set_only_strides) {
        execute_ = next;
        if (config_.mesh.dataflow == arch::Dataflow::Both) {
          output_stationary_ = next.dataflow == arch::Dataflow::OutputStationary;
        }
      }
      execute_.a_stride = next.a_stride;
      execute_.c_stride = next.c_stride;
      break;
    }
    case arch::ConfigKind::Load: {
      const arch::ConfigLoad next = arch::decode_config_load(command.rs1, command.rs2);
      if (next.state < loads_.size()) loads_[next.state] = next;
      break;
    }
    case arch::ConfigKind::Store:
      store_ = arch::configured_behind(store_, arch::decode_config_store(command.rs1, command.rs2));
      break;
    case arch::ConfigKind::Normalise:
      break;
  }
}

const ActionCounter::RowCost& ActionCounter::cost_of(std::uint64_t address, std::uint32_t bytes,
                                                     std::uint32_t local_row_bytes) {
  const auto offset = static_cast<std::uint32_t>(address & (config_.dma.max_request_bytes - 1));
  if (last_cost_.bytes == bytes && last_cost_.offset == offset) return last_cost_;
  last_cost_ = {offset, bytes, 0, 0};
  for (std::uint32_t done = 0; done < bytes;) {
    const DmaTransaction part =
        next_transaction(address + done, bytes - done, derived_.bus_bytes, config_.dma.max_request_bytes);
    last_cost_.beat_bytes += part.size;
    last_cost_.pieces += (done + part.useful - 1) / local_row_bytes - done / local_row_bytes + 1;
    done += part.useful;
  }
  return last_cost_;
}

void ActionCounter::write_row(LocalAddress local, bool accumulates, std::uint64_t times) {
  if (!local.is_accumulator()) {
    counts_.scratchpad_row_writes += times;
    scratchpad_rows_.add(local.row(derived_));
    return;
  }
  counts_.accumulator_row_writes += times;
  accumulator_rows_.add(local.row(derived_));
  if (!accumulates) return;
  counts_.accumulator_row_reads += times;
  counts_.accumulator_row_additions += times;
}

// ---- Loads and stores -------------------------------------------------------------------------------------------

void ActionCounter::load(const arch::Mvin& mvin) {
  ++counts_.loads;
  const arch::ConfigLoad& state = loads_[mvin.state];
  const bool to_accumulator = mvin.local.address.is_accumulator();
  const bool accumulates = to_accumulator && mvin.local.address.accumulates();
  const bool wide = to_accumulator && !state.shrink;
  const bool zeros = mvin.dram_address == 0;
  const bool repeats = !zeros && state.dram_stride == 0;
  const std::uint32_t row_bytes = mvin.local.cols * (wide ? 4u : 1u);
  const std::uint32_t local_row_bytes = wide ? derived_.accumulator_row_bytes : derived_.scratchpad_row_bytes;
  const std::uint32_t blocks = (mvin.local.cols + derived_.dim - 1) / derived_.dim;
  const std::uint32_t pixels = zeros || to_accumulator ? 1 : state.pixel_repeats;
  last_cost_ = {};
  for (std::uint32_t row = 0; row < mvin.local.rows; ++row) {
    std::uint32_t pieces = blocks;
    if (!zeros) {
      const RowCost& cost =
          cost_of(mvin.dram_address + std::uint64_t{row} * state.dram_stride, row_bytes, local_row_bytes);
      pieces = cost.pieces;
      if (row == 0 || !repeats) {
        counts_.dram_read_bytes += cost.beat_bytes;
        if (!wide && state.scale != 1.0f) counts_.mvin_scaled_elements += mvin.local.cols;
      }
    }
    // A block whose row comes in several transactions is written as often; which block it is does not matter.
    const std::uint64_t again = pieces - blocks;
    for (std::uint32_t block = 0; block < blocks; ++block) {
      const LocalAddress local = mvin.local.address.plus(block * state.block_stride + row, derived_);
      const std::uint32_t at = local.row(derived_);
      const std::uint32_t half = derived_.scratchpad_rows / 2;
      for (std::uint32_t pixel = 0; pixel < pixels; ++pixel) {
        if (pixel > (at < half ? at : at - half)) break;
        write_row(LocalAddress(local.bits() - pixel), accumulates, 1 + (block == 0 ? again : 0));
      }
    }
  }
}

namespace {

// Pairs (output, window) along one axis that lie inside an image of `size`.
std::uint64_t inside_pairs(std::uint32_t outputs, std::uint32_t window, std::uint32_t stride, std::uint32_t pad,
                           std::uint32_t size) {
  std::uint64_t count = 0;
  for (std::uint32_t output = 0; output < outputs; ++output) {
    for (std::uint32_t w = 0; w < window; ++w) {
      const std::int64_t at = std::int64_t{output} * stride + w - pad;
      count += at >= 0 && at < size;
    }
  }
  return count;
}

}  // namespace

void ActionCounter::store(const arch::Mvout& mvout) {
  ++counts_.stores;
  const bool from_accumulator = mvout.local.address.is_accumulator();
  const bool full = from_accumulator && mvout.local.address.is_full_width();
  const bool pools = store_.pool_stride != 0;
  const bool one_dimensional = !pools && store_.pool_size != 0;
  const std::uint32_t blocks = (mvout.local.cols + derived_.dim - 1) / derived_.dim;
  const std::uint32_t row_bytes = mvout.local.cols * (full ? 4u : 1u);

  // Rows of memory: (outer, inner), addresses outer · pool_out_dim + inner strides apart.
  std::uint32_t outer = 1, inner = mvout.local.rows;
  std::uint64_t reads = std::uint64_t{mvout.local.rows} * blocks;
  if (pools) {
    outer = store_.pooled_rows;
    inner = store_.pooled_cols;
    reads = inside_pairs(outer, store_.pool_size, store_.pool_stride, store_.upper_pad, store_.out_rows) *
            inside_pairs(inner, store_.pool_size, store_.pool_stride, store_.left_pad, store_.out_cols);
  } else if (one_dimensional) {
    outer = store_.out_rows;
    inner = store_.out_cols;
    reads = std::uint64_t{outer} * inner * blocks;
  }
  (from_accumulator ? counts_.accumulator_row_reads : counts_.scratchpad_row_reads) += reads;
  if (from_accumulator && !full) counts_.result_scaled_elements += reads / std::max(1u, blocks) * mvout.local.cols;
  if (arch::is_statistics(mvout, store_, config_)) return;  // an element costs the normaliser what scaling does

  last_cost_ = {};
  for (std::uint32_t i = 0; i < outer; ++i) {
    for (std::uint32_t j = 0; j < inner; ++j) {
      const std::uint64_t row = std::uint64_t{i} * store_.pool_out_dim + j;
      counts_.dram_write_bytes +=
          cost_of(mvout.dram_address + row * store_.dram_stride, row_bytes, derived_.scratchpad_row_bytes).beat_bytes;
    }
  }
}

// ---- Array --------------------------------------------------------------------------------------------------------

void ActionCounter::read_operand(const arch::LocalBlock& block, bool transposed) {
  if (!is_nothing(block)) counts_.scratchpad_row_reads += transposed ? block.cols : block.rows;
}

void ActionCounter::preload(const arch::Preload& preload) {
  ++counts_.preloads;
  result_ = preload.c;
  read_operand(preload.bd, !output_stationary_ && execute_.b_transpose);
  if (!output_stationary_ && !is_nothing(preload.bd)) idle_weights_ = {preload.bd.rows, preload.bd.cols};
}

void ActionCounter::compute(const arch::Compute& compute) {
  ++counts_.computes;
  read_operand(compute.a, execute_.a_transpose);
  read_operand(compute.bd, output_stationary_ && execute_.b_transpose);
  if (!output_stationary_ && compute.preloaded) std::swap(weights_, idle_weights_);
  const Block b = !output_stationary_      ? weights_
                  : is_nothing(compute.bd) ? Block{}
                                           : Block{compute.bd.rows, compute.bd.cols};
  if (!is_nothing(compute.a)) {
    counts_.macs_executed += std::uint64_t{compute.a.rows} * std::min<std::uint32_t>(compute.a.cols, b.rows) * b.cols;
  }
  if (is_nothing(result_)) return;
  const std::uint32_t rows = std::min<std::uint32_t>(result_.rows, std::max(derived_.dim, 4u));
  for (std::uint32_t row = 0; row < rows; ++row) {
    write_row(result_.address.plus(row * execute_.c_stride, derived_), result_.address.accumulates());
  }
  result_.address = LocalAddress::garbage();
}

// ---- Programs -----------------------------------------------------------------------------------------------------

namespace {

void add(ActionCounts& sum, const ActionCounts& counts) {
  std::vector<std::uint64_t> values;
  ActionCounts::visit(counts, [&](const char*, std::uint64_t value) { values.push_back(value); });
  std::size_t next = 0;
  ActionCounts::visit(sum, [&](const char*, std::uint64_t& value) { value += values[next++]; });
}

}  // namespace

ProgramActions count_actions(const arch::Program& program, const arch::AcceleratorConfig& config) {
  ProgramActions actions;
  ActionCounter counter(config);
  LoopExpander loops(config);
  const auto count = [&](const arch::Command& command) { counter.command(command); };
  const auto close = [&](bool is_layer) {
    ActionCounts counts = counter.take();
    // Layers use the same rows again: the run's figure is the most that one of them used.
    const std::uint64_t scratchpad = std::max(actions.total.scratchpad_rows_used, counts.scratchpad_rows_used);
    const std::uint64_t accumulator = std::max(actions.total.accumulator_rows_used, counts.accumulator_rows_used);
    add(actions.total, counts);
    actions.total.scratchpad_rows_used = scratchpad;
    actions.total.accumulator_rows_used = accumulator;
    if (is_layer) actions.layers.push_back(counts);
  };
  bool in_layer = false;
  for (const arch::Step& step : program.steps) {
    switch (step.kind) {
      case arch::StepKind::Command:
        loops.expand(program.commands[step.index], count);
        break;
      case arch::StepKind::Host:
        counter.host_operator(program.host_ops[step.index]);
        break;
      case arch::StepKind::Layer:
        close(in_layer);
        in_layer = true;
        break;
      case arch::StepKind::Begin:
        counter.take();
        break;
      case arch::StepKind::End:
        close(in_layer);
        return actions;
      case arch::StepKind::Fence:
      case arch::StepKind::Idle:
        break;
    }
  }
  close(in_layer);
  return actions;
}

}  // namespace gemel::sim
