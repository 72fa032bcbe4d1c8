// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/command_checker.h"

#include <algorithm>
#include <stdexcept>

#include "sim/arch/command_text.h"
#include "sim/arch/loop_check.h"
#include "sim/arch/program_words.h"
#include "sim/arch/text_scanner.h"

namespace gemel::arch {

namespace {}  // namespace

void violate(std::string what, std::optional<std::uint32_t> row) { throw Violation{std::move(what), row}; }

void CommandChecker::program_parts() const {
  if (program_.size == 0) violate("the program has no memory");
  if (program_.base > ~std::uint64_t{0} - program_.size) violate("memory does not end below 2^64");
  const auto inside = [&](std::uint64_t address, std::uint64_t bytes, const std::string& what) {
    if (bytes > program_.size || address < program_.base || address - program_.base > program_.size - bytes) {
      violate(what + " at " + hex_text(address) + " leaves the program's memory");
    }
  };
  for (const MemorySegment& s : program_.memory) inside(s.address, s.bytes.size(), "a memory segment");
  for (const OutputRange& o : program_.outputs) inside(o.address, o.bytes, "an output");
  for (const TensorPlace& t : program_.tensors) {
    std::uint64_t bytes = element_type_bytes(t.type);
    for (const std::int64_t n : t.shape) {
      if (n < 1 || static_cast<std::uint64_t>(n) > program_.size / bytes) {
        violate("tensor '" + t.name + "' has a dimension of " + std::to_string(n) + " and does not fit memory");
      }
      bytes *= static_cast<std::uint64_t>(n);
    }
    inside(t.address, bytes, "tensor '" + t.name + "'");
  }
  if (program_.isa_version != config_.isa_version) {
    violate(std::string("the program is for isa ") + isa_version_word(program_.isa_version) + ", the machine has " +
            isa_version_word(config_.isa_version));
  }
}

void CommandChecker::host_op(const HostOp& op) const {
  try {
    check_host_op(op);
  } catch (const std::invalid_argument& error) {
    violate(error.what());
  }
}

void CommandChecker::memory_range(std::uint64_t address, std::uint64_t stride, std::uint64_t rows,
                                  std::uint64_t row_bytes) const {
  if (rows == 0 || row_bytes == 0) return;
  const bool stride_fits = rows == 1 || stride <= program_.size / (rows - 1);
  const std::uint64_t bytes = stride_fits ? (rows - 1) * stride + row_bytes : 0;
  if (!stride_fits || address < program_.base || bytes > program_.size ||
      address - program_.base > program_.size - bytes) {
    violate(std::to_string(rows) + " rows of " + std::to_string(row_bytes) + " bytes from " + hex_text(address) +
            " with stride " + std::to_string(stride) + " leave memory [" + hex_text(program_.base) + ", " +
            hex_text(program_.base + program_.size) + ")");
  }
}

std::uint32_t CommandChecker::first_row(LocalAddress address, std::uint64_t rows, const char* what) {
  const std::uint32_t row = address.bits() & ((1u << d_.local_row_bits) - 1u);
  const std::uint32_t most = storage(address).rows();
  if (row >= most || rows > most - row) {
    violate(std::string(what) + " needs " + std::to_string(rows) + " rows from " + storage_name(address) + " row " +
                std::to_string(row) + "; there are " + std::to_string(most),
            row);
  }
  return row;
}

void CommandChecker::read(LocalAddress address, std::uint32_t rows, std::uint32_t lanes, const char* what) {
  const std::uint32_t row = first_row(address, rows, what);
  const std::uint32_t missing = storage(address).first_missing(row, rows, 0, lanes);
  if (missing < row + rows) {
    violate(std::string(what) + " reads " + std::to_string(lanes) + " lanes of " + storage_name(address) + " row " +
                std::to_string(missing) + ", which were not all written",
            missing);
  }
}

void CommandChecker::write(LocalAddress address, std::uint32_t rows, std::uint32_t first, std::uint32_t lanes,
                           const char* what) {
  storage(address).write(first_row(address, rows, what), rows, first, lanes);
}

void CommandChecker::block_size(const LocalBlock& block, const char* what) const {
  if (block.rows > d_.dim || block.cols > d_.dim) {
    violate(std::string(what) + " has " + std::to_string(block.rows) + " rows and " + std::to_string(block.cols) +
            " columns; the most is " + std::to_string(d_.dim));
  }
}

void CommandChecker::configure(const Command& command) {
  switch (config_kind(command.rs1)) {
    case ConfigKind::Execute: {
      ConfigExecute next = decode_config_execute(command.rs1, command.rs2);
      if (next.set_only_strides) {
        if (!execute_) violate("config_ex sets only strides before any full config_ex");
        execute_->a_stride = next.a_stride;
        execute_->c_stride = next.c_stride;
        return;
      }
      const bool weight_stationary = next.dataflow == Dataflow::WeightStationary;
      if (config_.mesh.dataflow != Dataflow::Both && config_.mesh.dataflow != next.dataflow) {
        violate(std::string("the machine has no ") + (weight_stationary ? "weight" : "output") +
                "-stationary dataflow");
      }
      if (weight_stationary ? next.a_transpose && next.b_transpose : !next.a_transpose && next.b_transpose) {
        violate(weight_stationary ? "weight stationary with both operands transposed needs two transposers"
                                  : "output stationary with only B transposed needs two transposers");
      }
      // Where normalisations are built in, a program may name one here too: it does nothing on the way to the
      // scratchpad.
      if (field::ConfigExecute_activation.get(command.rs1, command.rs2) > 1 && !config_.normalisations)
        violate("activation above 1 is not built in");
      execute_ = next;
      return;
    }
    case ConfigKind::Load: {
      const ConfigLoad next = decode_config_load(command.rs1, command.rs2);
      if (next.state > 2) violate("load state 3 does not exist");
      load_[next.state] = next;
      return;
    }
    case ConfigKind::Store: {
      const ConfigStore next = decode_config_store(command.rs1, command.rs2);
      if (next.activation > 1 && !config_.normalisations) violate("activation above 1 is not built in");
      normaliser_.configure(next);
      if (next.pool_stride != 0 && next.pool_size == 0) violate("pooling with a window of size 0");
      scale_known_ = scale_known_ || !next.keeps_scale();
      store_ = store_ ? configured_behind(*store_, next) : next;
      return;
    }
    case ConfigKind::Normalise:
      if (!config_.normalisations) violate("config_norm is not built in");
      if (const auto violation = normaliser_.configure(decode_config_normalise(command.rs1, command.rs2)))
        violate(*violation);
      return;
  }
}

void CommandChecker::normalise(NormCommand command, bool is_small) {
  if (const std::optional<std::string> violation = normaliser_.mvout(command, is_small)) violate(*violation);
}

void CommandChecker::mvin(const Mvin& command) {
  const std::optional<ConfigLoad>& config = load_[command.state];
  if (!config) violate("load state " + std::to_string(command.state) + " is used before its config_ld");
  const LocalBlock& local = command.local;
  const bool accumulator = local.address.is_accumulator();
  const bool wide = accumulator && !config->shrink;
  const std::uint32_t dim = d_.dim;
  const std::uint32_t most_blocks = wide ? d_.max_block_columns_acc : d_.max_block_columns;
  if (local.rows == 0 || local.cols == 0) violate("mvin of nothing");
  if (local.rows > dim || local.cols > dim * most_blocks) {
    violate("mvin of " + std::to_string(local.rows) + " rows and " + std::to_string(local.cols) +
            " columns; the most is " + std::to_string(dim) + " and " + std::to_string(dim * most_blocks));
  }
  if (local.cols > dim && config->block_stride < local.rows) {
    violate("block stride " + std::to_string(config->block_stride) + " is less than " + std::to_string(local.rows) +
            " rows");
  }
  const bool repeats_pixels = !accumulator && config->pixel_repeats > 1;
  if (repeats_pixels && local.cols > dim) {
    violate("mvin of " + std::to_string(local.cols) + " columns with pixel repeats; the most is " +
            std::to_string(dim));
  }
  if (command.dram_address != 0) {
    memory_range(command.dram_address, config->dram_stride, local.rows, std::uint64_t{local.cols} * (wide ? 4 : 1));
  }
  for (std::uint32_t first = 0; first < local.cols; first += dim) {
    const std::uint32_t lanes = std::min<std::uint32_t>(dim, local.cols - first);
    const LocalAddress row = local.address.plus(first / dim * config->block_stride, d_);
    if (accumulator && local.address.accumulates()) read(row, local.rows, lanes, "accumulating mvin");
    write(row, local.rows, 0, lanes, "mvin");
    if (!repeats_pixels) continue;
    const std::uint32_t index = row.row(d_);
    const std::uint32_t floor = index < d_.scratchpad_rows / 2 ? 0 : d_.scratchpad_rows / 2;
    for (std::uint32_t r = index; r < index + local.rows; ++r) {
      for (std::uint32_t copy = 1; copy < config->pixel_repeats && copy * lanes < dim; ++copy) {
        if (r < floor + copy) break;
        scratchpad_.write(r - copy, 1, copy * lanes, std::min(lanes, dim - copy * lanes));
      }
    }
  }
}

void CommandChecker::mvout(const Mvout& command) {
  if (!store_) violate("mvout before config_st");
  const LocalBlock& local = command.local;
  const bool accumulator = local.address.is_accumulator();
  const bool wide = accumulator && local.address.is_full_width();
  const std::uint32_t dim = d_.dim;
  if (wide && !config_.full_width_accumulator_read) violate("full-width mvout is not built in");
  if (accumulator && !wide && !scale_known_) violate("mvout of the accumulator before any config_st with a scale");
  if (store_->pool_stride != 0) {
    if (wide) violate("pooled mvout of full width");
    if (local.cols > dim) violate("pooled mvout of more than " + std::to_string(dim) + " columns");
    const std::uint32_t image = std::uint32_t{store_->out_rows} * store_->out_cols;
    if (image == 0 || store_->pooled_rows == 0 || store_->pooled_cols == 0) violate("pooled mvout of an empty image");
    // Only the rows that some window covers are read.
    const auto covered = [&](std::uint32_t pooled, std::uint32_t pad, std::uint32_t size) {
      const std::uint32_t end = (pooled - 1) * store_->pool_stride + store_->pool_size;
      return end > pad ? std::min(end - pad, size) : 0u;
    };
    const std::uint32_t rows = covered(store_->pooled_rows, store_->upper_pad, store_->out_rows);
    const std::uint32_t cols = covered(store_->pooled_cols, store_->left_pad, store_->out_cols);
    for (std::uint32_t r = 0; r < rows; ++r) {
      read(local.address.plus(r * store_->out_cols, d_), cols, local.cols, "pooled mvout");
    }
    if (accumulator) normalise(NormCommand::Write, true);
    const std::uint64_t pixels = std::uint64_t{store_->pooled_rows - 1u} * store_->pool_out_dim + store_->pooled_cols;
    memory_range(command.dram_address, store_->dram_stride, pixels, local.cols);
    return;
  }
  const bool one_dimensional = store_->pool_size != 0;
  const std::uint32_t rows =
      one_dimensional ? std::uint32_t{store_->out_rows} * store_->out_cols : std::uint32_t{local.rows};
  const std::uint32_t most_blocks = wide ? d_.max_block_columns_acc : d_.max_block_columns;
  if (rows == 0 || local.cols == 0) violate("mvout of nothing");
  if ((!one_dimensional && rows > dim) || local.cols > dim * most_blocks) {
    violate("mvout of " + std::to_string(rows) + " rows and " + std::to_string(local.cols) + " columns; the most is " +
            std::to_string(dim) + " and " + std::to_string(dim * most_blocks));
  }
  for (std::uint32_t first = 0; first < local.cols; first += dim) {
    read(local.address.plus(first, d_), rows, std::min<std::uint32_t>(dim, local.cols - first), "mvout");
  }
  if (accumulator && config_.normalisations) {
    const NormCommand norm = norm_command(local.address);
    normalise(norm, !wide);
    if (norm != NormCommand::Write) return;  // reaches no memory
  }
  const std::uint64_t places =
      one_dimensional ? std::uint64_t{store_->out_rows - 1u} * store_->pool_out_dim + store_->out_cols : rows;
  memory_range(command.dram_address, store_->dram_stride, places, std::uint64_t{local.cols} * (wide ? 4 : 1));
}

void CommandChecker::operand(const LocalBlock& block, std::uint32_t stride, bool transposed, const char* what) {
  if (block.address.is_garbage(d_)) return;
  if (block.address.is_accumulator()) violate(std::string(what) + " is in the accumulator, which is not built in");
  block_size(block, what);
  const std::uint32_t rows = transposed ? block.cols : block.rows;
  const std::uint32_t lanes = transposed ? block.rows : block.cols;
  if (rows == 0 || lanes == 0) return;
  if (stride == 1) {
    read(block.address, rows, lanes, what);
    return;
  }
  first_row(block.address, std::uint64_t{rows - 1} * stride + 1, what);
  for (std::uint32_t r = 0; r < rows; ++r) read(block.address.plus(r * stride, d_), 1, lanes, what);
}

void CommandChecker::preload(const Preload& command) {
  if (!execute_) violate("preload before config_ex");
  if (preloaded_) violate("second preload without a compute between");
  const bool weight_stationary = execute_->dataflow == Dataflow::WeightStationary;
  operand(command.bd, 1, weight_stationary && execute_->b_transpose, weight_stationary ? "B" : "D");
  if (!command.c.address.is_garbage(d_)) block_size(command.c, "C");
  destination_ = command.c;
  preloaded_ = true;
}

void CommandChecker::compute(const Compute& command) {
  if (!execute_) violate("compute before config_ex");
  if (!preloaded_) violate("compute without a preload before it");
  if (!command.preloaded && !stationary_) violate("compute_accumulated before any compute_preloaded");
  preloaded_ = false;
  stationary_ = true;
  const bool weight_stationary = execute_->dataflow == Dataflow::WeightStationary;
  if (command.a.address.is_garbage(d_)) violate("A is garbage, which is undefined");
  operand(command.a, execute_->a_stride, execute_->a_transpose, "A");
  operand(command.bd, 1, !weight_stationary && execute_->b_transpose, weight_stationary ? "D" : "B");

  const LocalBlock& c = destination_;
  if (c.address.is_garbage(d_) || c.rows == 0 || c.cols == 0) return;
  const std::uint32_t stride = execute_->c_stride;
  if (!weight_stationary && stride != 1)
    violate("output stationary with a C stride of " + std::to_string(stride) + "; only 1 has a meaning");
  const bool adds = c.address.is_accumulator() && c.address.accumulates();
  for (std::uint32_t r = 0; r < c.rows; r += stride == 1 ? c.rows : 1) {
    const std::uint32_t rows = stride == 1 ? c.rows : 1;
    const LocalAddress row = c.address.plus(r * stride, d_);
    if (adds) read(row, rows, c.cols, "accumulating C");
    write(row, rows, 0, c.cols, "C");
  }
}

void CommandChecker::loop_is_configured(std::uint8_t& seen, unsigned first_funct, unsigned count,
                                        const char* name) const {
  for (unsigned i = 0; i < count; ++i) {
    if ((seen >> i & 1) != 0) continue;
    const Command missing{static_cast<std::uint8_t>(first_funct + i), 0, 0};
    violate(std::string(name) + " before any " + find_instruction(missing, config_.isa_version)->mnemonic +
            " for its slot (loops take two slots in turn)");
  }
}

// A residual add adds whole blocks of B, also onto rows below the matrix, which A left alone and nothing stores.
void CommandChecker::accept_residual_padding(const Command& command) {
  MatmulLoop loop = loops_.matmul_loop();
  write_matmul_register(loop, command, config_.isa_version);
  if (!loop.residual_add || loop.pad_i == 0) return;
  const std::uint32_t base = matmul_bases(loop, loops_.matmul_slot(), d_).b;
  for (std::uint32_t j = 0; j < loop.j; ++j) {
    const std::uint32_t block = base + ((loop.i - 1) * loop.j + j) * d_.dim;
    accumulator_.write(block + d_.dim - loop.pad_i, loop.pad_i, 0, d_.dim);
  }
}

// A loop is legal where it can be unrolled and all its plain commands are legal.
void CommandChecker::loop(const Command& command) {
  const Funct funct = static_cast<Funct>(command.funct);
  constexpr unsigned kMatmulFirst = static_cast<unsigned>(Funct::LoopWsBounds), kMatmulConfigs = 5;
  constexpr unsigned kConvFirst = static_cast<unsigned>(Funct::LoopConvWsConfig1), kConvConfigs = 6;
  const bool conv = is_conv_loop_command(command.funct);
  std::uint8_t& seen = conv ? conv_configured_[loops_.conv_slot()] : matmul_configured_[loops_.matmul_slot()];
  const unsigned first = conv ? kConvFirst : kMatmulFirst;
  if (funct != Funct::LoopWs && funct != Funct::LoopConvWs) {
    if (command.funct >= first && command.funct < first + (conv ? kConvConfigs : kMatmulConfigs))
      seen |= static_cast<std::uint8_t>(1u << (command.funct - first));
    loops_.command(command, [](const Command&) {});
    return;
  }
  loop_is_configured(seen, first, conv ? kConvConfigs : kMatmulConfigs, conv ? "loop_conv_ws" : "loop_ws");
  std::string why;
  if (conv) {
    ConvLoop next = loops_.conv_loop();
    write_conv_register(next, command, config_.isa_version);
    why = why_illegal(next, d_);
  } else {
    MatmulLoop next = loops_.matmul_loop();
    write_matmul_register(next, command, config_.isa_version);
    why = why_illegal(next, config_, d_);
  }
  if (!why.empty()) violate(why);
  if (!conv) accept_residual_padding(command);
  if (execute_ && execute_->dataflow != Dataflow::WeightStationary)
    violate("a loop is weight stationary; the last config_ex says output stationary");
  loops_.command(command, [this](const Command& plain) {
    try {
      this->command(plain);
    } catch (Violation& violation) {
      violation.what = "its " + describe(plain, config_.isa_version) + ": " + violation.what;
      throw;
    }
  });
}

void CommandChecker::command(const Command& command) {
  switch (static_cast<Funct>(command.funct)) {
    case Funct::Config:
      configure(command);
      return;
    case Funct::Mvin:
    case Funct::Mvin2:
    case Funct::Mvin3:
      mvin(decode_mvin(command));
      return;
    case Funct::Mvout:
      mvout(decode_mvout(command.rs1, command.rs2));
      return;
    case Funct::Preload:
      preload(decode_preload(command.rs1, command.rs2));
      return;
    case Funct::ComputePreloaded:
    case Funct::ComputeAccumulated:
      compute(decode_compute(command));
      return;
    case Funct::MvoutToScratchpad:
      violate("mvout_spad is not built in");
    default:
      break;
  }
  const InstructionInfo* info = find_instruction(command, config_.isa_version);
  if (!info) violate("function code " + std::to_string(command.funct) + " does not exist");
  if (loops_.owns(command)) loop(command);
}

}  // namespace gemel::arch
