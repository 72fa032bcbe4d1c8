// SPDX-License-Identifier: Apache-2.0
#include "sim/cosim/order_rules.h"

#include <algorithm>

#include "sim/arch/normaliser.h"
#include "sim/arch/program_checker.h"

namespace gemel::sim {

using arch::Command;
using arch::Funct;

OrderRules::OrderRules(const arch::AcceleratorConfig& config)
    : config_(config),
      derived_(arch::derive(config)),
      paths_{std::vector<LoadPath>(derived_.scratchpad_rows), std::vector<LoadPath>(derived_.accumulator_rows)} {}

// ---- What commands touch -------------------------------------------------------------------------------------------

OrderRules::Rows OrderRules::rows_of(arch::LocalAddress address, std::uint32_t rows) const {
  if (address.is_garbage(derived_)) return {};
  const bool accumulator = address.is_accumulator();
  const std::uint32_t total = accumulator ? derived_.accumulator_rows : derived_.scratchpad_rows;
  const std::uint32_t begin = address.row(derived_);
  return {accumulator, begin, std::min(begin + rows, total)};
}

std::vector<OrderRules::Rows> OrderRules::written_by(const arch::Mvin& mvin) const {
  const arch::ConfigLoad& config = load_[mvin.state];
  std::vector<Rows> all;
  for (std::uint32_t first = 0; first < mvin.local.cols; first += derived_.dim) {
    Rows rows = rows_of(mvin.local.address.plus(first / derived_.dim * config.block_stride, derived_), mvin.local.rows);
    rows.begin -= std::min<std::uint32_t>(rows.begin, config.pixel_repeats - 1u);
    all.push_back(rows);
  }
  return all;
}

std::vector<OrderRules::Rows> OrderRules::read_by(const arch::Mvout& mvout) const {
  const std::uint32_t image = std::uint32_t{store_.out_rows} * store_.out_cols;
  if (store_.pool_stride != 0 || store_.pool_size != 0) return {rows_of(mvout.local.address, image)};
  std::vector<Rows> all;
  for (std::uint32_t first = 0; first < mvout.local.cols; first += derived_.dim) {
    all.push_back(rows_of(mvout.local.address.plus(first, derived_), mvout.local.rows));
  }
  return all;
}

OrderRules::Bytes OrderRules::source_of(const arch::Mvin& mvin) const {
  const arch::ConfigLoad& config = load_[mvin.state];
  const bool wide = mvin.local.address.is_accumulator() && !config.shrink;
  const std::uint64_t row_bytes = std::uint64_t{mvin.local.cols} * (wide ? 4 : 1);
  return {mvin.dram_address, mvin.dram_address + (mvin.local.rows - 1u) * config.dram_stride + row_bytes};
}

std::optional<OrderRules::Bytes> OrderRules::target_of(const arch::Mvout& mvout) const {
  if (arch::is_statistics(mvout, store_, config_)) return std::nullopt;
  const bool wide = mvout.local.address.is_accumulator() && mvout.local.address.is_full_width();
  std::uint64_t rows = mvout.local.rows;
  if (store_.pool_stride != 0) {
    rows = (store_.pooled_rows - 1u) * std::uint64_t{store_.pool_out_dim} + store_.pooled_cols;
  } else if (store_.pool_size != 0) {
    rows = (store_.out_rows - 1u) * std::uint64_t{std::max(store_.pool_out_dim, store_.out_cols)} + store_.out_cols;
  }
  return Bytes{mvout.dram_address,
               mvout.dram_address + (rows - 1) * store_.dram_stride + std::uint64_t{mvout.local.cols} * (wide ? 4 : 1)};
}

OrderRules::Rows OrderRules::operand_rows(const arch::LocalBlock& block, std::uint32_t stride, bool transposed) const {
  return rows_of(block.address, (transposed ? block.cols : block.rows) * stride);
}

OrderRules::Rows OrderRules::result_rows() const {
  return rows_of(preload_->c.address, preload_->c.rows * std::uint32_t{execute_.c_stride});
}

void OrderRules::touch(const Rows& rows, LoadPath path) {
  auto& paths = paths_[rows.accumulator ? 1 : 0];
  std::fill(paths.begin() + rows.begin, paths.begin() + rows.end, path);
  if (path != LoadPath::None) touched_.push_back(rows);
}

// ---- Rules ---------------------------------------------------------------------------------------------------------

std::optional<std::string> OrderRules::config_violation(const Command& command) const {
  if (arch::config_kind(command.rs1) != arch::ConfigKind::Execute) return std::nullopt;
  if (preload_) return "config_ex between a preload and its compute";
  if (chain_open_) return "config_ex inside an output-stationary chain";
  return std::nullopt;
}

std::optional<std::string> OrderRules::mvin_violation(const arch::Mvin& mvin) const {
  const LoadPath path = mvin.dram_address == 0 ? LoadPath::Zeros : LoadPath::Memory;
  for (const Rows& rows : written_by(mvin)) {
    const auto& paths = paths_[rows.accumulator ? 1 : 0];
    for (std::uint32_t r = rows.begin; r < rows.end; ++r) {
      if (paths[r] != LoadPath::None && paths[r] != path) return "mvins of memory and of zeros into one row, unordered";
    }
    if (!preload_) continue;
    const bool transposed = is_weight_stationary() && execute_.b_transpose;
    // All rows from first to last block: the machine's hazard range.
    Rows range = rows;
    range.end += (mvin.local.cols - 1u) / derived_.dim * load_[mvin.state].block_stride;
    if (range.overlaps(operand_rows(preload_->bd, 1, transposed)) || range.overlaps(result_rows()))
      return "an mvin between a preload and its compute touches the preload's rows";
  }
  if (path == LoadPath::Memory) {
    const Bytes source = source_of(mvin);
    for (const Bytes& write : memory_writes_) {
      if (source.overlaps(write)) return "an mvin reads what an mvout since the last fence writes";
    }
  }
  return std::nullopt;
}

std::optional<std::string> OrderRules::mvout_violation(const arch::Mvout& mvout) const {
  const bool accumulator = mvout.local.address.is_accumulator();
  const std::uint32_t bank_rows = accumulator ? derived_.accumulator_bank_rows : derived_.scratchpad_bank_rows;
  const std::uint32_t row = mvout.local.address.row(derived_);
  Rows range = rows_of(mvout.local.address, (mvout.local.cols - 1u) / derived_.dim * derived_.dim + mvout.local.rows);
  if (store_.pool_stride != 0 || store_.pool_size != 0) {
    if (row % bank_rows + std::uint32_t{store_.out_rows} * store_.out_cols > bank_rows)
      return "a pooled or one-dimensional mvout leaves its bank";
    range = rows_of(mvout.local.address, bank_rows - row % bank_rows);
  }
  if (preload_ && range.overlaps(result_rows())) return "an mvout between a preload and its compute touches C";
  const std::optional<Bytes> target = target_of(mvout);
  for (const Bytes& read : memory_reads_) {
    if (target && target->overlaps(read)) return "an mvout writes what an mvin since the last fence reads";
  }
  return std::nullopt;
}

std::optional<std::string> OrderRules::compute_violation(const arch::Compute& compute) const {
  if (!preload_) return "a compute without its preload";
  if (!compute.preloaded && !stationary_) return "compute_accumulated with nothing to go on from";
  const bool real_c = !preload_->c.address.is_garbage(derived_);
  if (!is_weight_stationary()) {
    if (compute.preloaded && chain_open_) return "a chain is begun inside another";
    return std::nullopt;
  }
  if (compute.preloaded && preload_->bd.address.is_garbage(derived_)) return "compute_preloaded behind a garbage B";
  if (!real_c) return std::nullopt;
  const bool real_d = !compute.bd.address.is_garbage(derived_);
  const std::uint32_t fed = std::max<std::uint32_t>(
      {compute.a.rows, real_d ? compute.bd.rows : std::uint32_t{0}, std::min<std::uint32_t>(4, derived_.dim)});
  if (preload_->c.rows > fed) return "C has more rows than the product feeds";
  const auto clashes = [&](const arch::LocalBlock& operand, std::uint32_t stride, bool transposed) {
    if (!operand_rows(operand, stride, transposed).overlaps(result_rows())) return false;
    return transposed || operand.address.row(derived_) != preload_->c.address.row(derived_) ||
           stride != execute_.c_stride;
  };
  if (clashes(compute.a, execute_.a_stride, execute_.a_transpose) || (real_d && clashes(compute.bd, 1, false)))
    return "C overlaps an operand of the same product";
  return std::nullopt;
}

std::optional<std::string> OrderRules::violation(const Command& command) const {
  const Funct funct = static_cast<Funct>(command.funct);
  if (funct == Funct::Config) return config_violation(command);
  if (arch::is_mvin(funct)) return mvin_violation(arch::decode_mvin(command));
  if (funct == Funct::Mvout) return mvout_violation(arch::decode_mvout(command.rs1, command.rs2));
  if (arch::is_compute(funct)) return compute_violation(arch::decode_compute(command));
  if (funct == Funct::Preload && preload_) return "a preload behind a preload";
  return std::nullopt;
}

// ---- State ---------------------------------------------------------------------------------------------------------

void OrderRules::apply_config(const Command& command) {
  switch (arch::config_kind(command.rs1)) {
    case arch::ConfigKind::Execute: {
      const arch::ConfigExecute next = arch::decode_config_execute(command.rs1, command.rs2);
      if (next.set_only_strides) {
        execute_.a_stride = next.a_stride;
        execute_.c_stride = next.c_stride;
        return;
      }
      if (next.dataflow != execute_.dataflow || next.dataflow == arch::Dataflow::OutputStationary) stationary_ = false;
      execute_ = next;
      return;
    }
    case arch::ConfigKind::Load: {
      const arch::ConfigLoad next = arch::decode_config_load(command.rs1, command.rs2);
      if (next.state < load_.size()) load_[next.state] = next;
      return;
    }
    case arch::ConfigKind::Store: {
      const arch::ConfigStore old = store_;
      store_ = arch::decode_config_store(command.rs1, command.rs2);
      if (store_.pool_stride == 0) {
        store_.pooled_rows = old.pooled_rows;
        store_.pooled_cols = old.pooled_cols;
        if (store_.pool_size == 0) {
          store_.out_rows = old.out_rows;
          store_.out_cols = old.out_cols;
          store_.pool_out_dim = old.pool_out_dim;
        }
      }
      return;
    }
    case arch::ConfigKind::Normalise:
      return;
  }
}

void OrderRules::apply(const Command& command) {
  const Funct funct = static_cast<Funct>(command.funct);
  if (funct == Funct::Config) {
    apply_config(command);
  } else if (arch::is_mvin(funct)) {
    const arch::Mvin mvin = arch::decode_mvin(command);
    const LoadPath path = mvin.dram_address == 0 ? LoadPath::Zeros : LoadPath::Memory;
    for (const Rows& rows : written_by(mvin)) touch(rows, path);
    if (path == LoadPath::Memory) memory_reads_.push_back(source_of(mvin));
  } else if (funct == Funct::Mvout) {
    const arch::Mvout mvout = arch::decode_mvout(command.rs1, command.rs2);
    for (const Rows& rows : read_by(mvout)) touch(rows, LoadPath::None);
    if (const std::optional<Bytes> target = target_of(mvout)) memory_writes_.push_back(*target);
  } else if (funct == Funct::Preload) {
    preload_ = arch::decode_preload(command.rs1, command.rs2);
    touch(operand_rows(preload_->bd, 1, is_weight_stationary() && execute_.b_transpose), LoadPath::None);
    touch(result_rows(), LoadPath::None);
  } else if (arch::is_compute(funct)) {
    const arch::Compute compute = arch::decode_compute(command);
    touch(operand_rows(compute.a, execute_.a_stride, execute_.a_transpose), LoadPath::None);
    touch(operand_rows(compute.bd, 1, !is_weight_stationary() && execute_.b_transpose), LoadPath::None);
    const bool real_c = !preload_->c.address.is_garbage(derived_);
    chain_open_ = !is_weight_stationary() && !real_c;
    stationary_ = is_weight_stationary() || !real_c;
    preload_.reset();
  }
}

void OrderRules::fence() {
  for (const Rows& rows : touched_) {
    auto& paths = paths_[rows.accumulator ? 1 : 0];
    std::fill(paths.begin() + rows.begin, paths.begin() + rows.end, LoadPath::None);
  }
  touched_.clear();
  memory_reads_.clear();
  memory_writes_.clear();
}

std::optional<std::string> find_order_violation(const arch::Program& program, const arch::AcceleratorConfig& config) {
  if (const auto violation = arch::find_violation(program, config)) return violation->message(program);
  OrderRules rules(config);
  for (const arch::Step& step : program.steps) {
    if (step.kind == arch::StepKind::Fence) rules.fence();
    if (step.kind != arch::StepKind::Command) continue;
    const Command& command = program.commands[step.index];
    if (auto violation = rules.violation(command)) return "command " + std::to_string(step.index) + ": " + *violation;
    rules.apply(command);
  }
  return std::nullopt;
}

}  // namespace gemel::sim
