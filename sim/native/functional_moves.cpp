// SPDX-License-Identifier: Apache-2.0
// The part of the functional executor that moves data between memory and local storage.
#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>

#include "sim/native/functional_executor.h"

namespace gemel::sim {

using arch::LocalAddress;
using arch::LocalBlock;

void FunctionalExecutor::mvin(const arch::Mvin& command) {
  const arch::ConfigLoad& config = load_[command.state];
  const LocalBlock& local = command.local;
  const bool wide = local.address.is_accumulator() && !config.shrink;
  const std::uint32_t most = dim_ * (wide ? derived_.max_block_columns_acc : derived_.max_block_columns);
  if (local.rows == 0 || local.cols == 0 || local.rows > dim_ || local.cols > most)
    throw std::invalid_argument("mvin of " + std::to_string(local.rows) + " rows and " + std::to_string(local.cols) +
                                " columns; there may be 1 to " + std::to_string(dim_) + " and 1 to " +
                                std::to_string(most));
  if (command.dram_address == 0) return mvin_zeros(local, config);
  const std::uint32_t element_bytes = wide ? 4 : 1;
  const std::uint64_t row_bytes = std::uint64_t{local.cols} * element_bytes;
  const std::uint8_t* bytes = memory_.read(
      {command.dram_address, row_bytes, config.dram_stride, config.dram_stride == 0 ? 1u : std::uint64_t{local.rows}});
  for (std::uint32_t first = 0; first < local.cols; first += dim_)
    mvin_block(config, local.address.plus(first / dim_ * config.block_stride, derived_),
               bytes + std::size_t{first} * element_bytes, config.dram_stride, local.rows,
               std::min(dim_, local.cols - first));
}

void FunctionalExecutor::mvin_zeros(const LocalBlock& local, const arch::ConfigLoad& config) {
  for (std::uint32_t first = 0; first < local.cols; first += dim_) {
    const std::uint32_t cols = std::min(dim_, local.cols - first);
    for (std::uint32_t r = 0; r < local.rows; ++r) {
      const LocalAddress row = local.address.plus(first / dim_ * config.block_stride + r, derived_);
      if (!row.is_accumulator()) {
        std::memset(scratchpad(row), 0, cols);
        if (config.pixel_repeats > 1) repeat_pixels(config, row.row(derived_), cols);
      } else if (!row.accumulates()) {
        std::memset(accumulator(row), 0, std::size_t{cols} * 4);
      }
    }
  }
}

void FunctionalExecutor::mvin_block(const arch::ConfigLoad& config, LocalAddress first, const std::uint8_t* bytes,
                                    std::uint64_t stride, std::uint32_t rows, std::uint32_t cols) {
  const bool identity = config.scale == 1.0f;
  for (std::uint32_t r = 0; r < rows; ++r, bytes += stride) {
    const LocalAddress row = first.plus(r, derived_);
    if (!row.is_accumulator()) {
      std::int8_t* target = scratchpad(row);
      const auto* source = reinterpret_cast<const std::int8_t*>(bytes);
      if (identity)
        std::memcpy(target, source, cols);
      else
        arch::mvin_scale_row(source, target, cols, config.scale);
      if (config.pixel_repeats > 1) repeat_pixels(config, row.row(derived_), cols);
    } else if (config.shrink) {
      arch::mvin_scale_row_to_accumulator(reinterpret_cast<const std::int8_t*>(bytes), accumulator(row), cols,
                                          config.scale, row.accumulates());
    } else if (row.accumulates()) {
      std::memcpy(wide_row_.data(), bytes, std::size_t{cols} * 4);
      arch::add_row(wide_row_.data(), accumulator(row), cols);
    } else {
      std::memcpy(accumulator(row), bytes, std::size_t{cols} * 4);
    }
  }
}

// The row that was just written, again at lower rows and higher lanes, as far as its half of the scratchpad reaches.
void FunctionalExecutor::repeat_pixels(const arch::ConfigLoad& config, std::uint32_t row, std::uint32_t cols) {
  const std::uint32_t half = derived_.scratchpad_rows / 2;
  const std::uint32_t floor = row < half ? 0 : half;
  const std::int8_t* source = scratchpad_.data() + std::size_t{row} * dim_;
  for (std::uint32_t copy = 1; copy < config.pixel_repeats && copy * cols < dim_ && row >= floor + copy; ++copy)
    std::memcpy(scratchpad_.data() + std::size_t{row - copy} * dim_ + std::size_t{copy} * cols, source,
                std::min(cols, dim_ - copy * cols));
}

void FunctionalExecutor::mvout(const arch::Mvout& command) {
  if (store_.pool_stride != 0) return mvout_pooled(command);
  const LocalBlock& local = command.local;
  const bool wide = local.address.is_accumulator() && local.address.is_full_width();
  if (wide && !config_.full_width_accumulator_read) throw std::invalid_argument("full-width mvout is not built in");
  const bool one_dimensional = store_.pool_size != 0;
  const std::uint32_t rows = one_dimensional ? std::uint32_t{store_.out_rows} * store_.out_cols : local.rows;
  const std::uint32_t most = dim_ * (wide ? derived_.max_block_columns_acc : derived_.max_block_columns);
  if (rows == 0 || local.cols == 0 || (!one_dimensional && rows > dim_) || local.cols > most)
    throw std::invalid_argument("mvout of " + std::to_string(rows) + " rows and " + std::to_string(local.cols) +
                                " columns; there may be 1 to " + std::to_string(dim_) + " and 1 to " +
                                std::to_string(most));
  if (arch::is_statistics(command, store_, config_)) return take_statistics(local, rows);
  MemoryRows target{command.dram_address, std::uint64_t{local.cols} * (wide ? 4 : 1), store_.dram_stride, rows};
  if (!one_dimensional) return mvout_rows(local, 0, target);
  target.rows = store_.out_cols;  // one row of the image after the other
  for (std::uint32_t i = 0; i < store_.out_rows; ++i) {
    mvout_rows(local, i * store_.out_cols, target);
    target.address += std::uint64_t{store_.pool_out_dim} * store_.dram_stride;
  }
}

// Rows `first` on of the block to `target`, in its element width.
void FunctionalExecutor::mvout_rows(const LocalBlock& local, std::uint32_t first, const MemoryRows& target) {
  const bool wide = local.address.is_accumulator() && local.address.is_full_width();
  std::uint8_t* out = memory_.write(target);
  for (std::uint32_t r = 0; r < target.rows; ++r, out += target.stride) {
    for (std::uint32_t col = 0; col < local.cols; col += dim_) {
      const LocalAddress row = local.address.plus(col + first + r, derived_);  // a block of dim columns has dim rows
      const std::uint32_t cols = std::min(dim_, local.cols - col);
      if (wide)
        std::memcpy(out + std::size_t{col} * 4, accumulator(row), std::size_t{cols} * 4);
      else
        read_small(row, cols, reinterpret_cast<std::int8_t*>(out) + col);
    }
  }
  memory_.written(target);
  if (config_.normalisations && local.address.is_accumulator())
    statistics_[normaliser_.context].take(arch::NormCommand::Write, nullptr, 0, {});
}

void FunctionalExecutor::take_statistics(const LocalBlock& local, std::uint32_t rows) {
  const arch::NormCommand command = arch::norm_command(local.address);
  for (std::uint32_t r = 0; r < rows; ++r) {
    for (std::uint32_t col = 0; col < local.cols; col += dim_)
      statistics_[normaliser_.context].take(col + dim_ < local.cols ? arch::before_last_block(command) : command,
                                            accumulator(local.address.plus(col + r, derived_)),
                                            std::min(dim_, local.cols - col), normaliser_.constants);
  }
}

void FunctionalExecutor::read_small(LocalAddress address, std::uint32_t cols, std::int8_t* out) const {
  const std::size_t offset = row_offset(address);
  if (!address.is_accumulator())
    std::memcpy(out, scratchpad_.data() + offset, cols);
  else
    arch::normalised_scale_row(accumulator_.data() + offset, out, cols, store_.scale(), normaliser_,
                               statistics_[normaliser_.context]);
}

void FunctionalExecutor::mvout_pooled(const arch::Mvout& command) {
  const LocalBlock& local = command.local;
  if (local.address.is_accumulator() && local.address.is_full_width())
    throw std::invalid_argument("max-pooling of full-width elements is not built in");
  if (local.cols == 0 || local.cols > dim_)
    throw std::invalid_argument("pooled mvout of " + std::to_string(local.cols) + " columns; there may be 1 to " +
                                std::to_string(dim_));
  if (store_.pool_size == 0) throw std::invalid_argument("pooling with a window of size 0");
  const int size = store_.pool_size;
  MemoryRows target{command.dram_address, local.cols, store_.dram_stride, store_.pooled_cols};
  for (int i = 0; i < store_.pooled_rows; ++i) {
    std::uint8_t* out = memory_.write(target);
    for (int j = 0; j < store_.pooled_cols; ++j, out += target.stride) {
      std::fill(pool_best_.begin(), pool_best_.end(), std::int8_t{-128});
      for (int w = 0; w < size * size; ++w) {
        const int row = i * store_.pool_stride - store_.upper_pad + w / size;
        const int col = j * store_.pool_stride - store_.left_pad + w % size;
        if (row < 0 || col < 0 || row >= store_.out_rows || col >= store_.out_cols)
          std::memset(pool_row_.data(), 0, local.cols);
        else
          read_small(local.address.plus(static_cast<std::uint32_t>(row * store_.out_cols + col), derived_), local.cols,
                     pool_row_.data());
        arch::max_row(pool_row_.data(), pool_best_.data(), local.cols);
      }
      std::memcpy(out, pool_best_.data(), local.cols);
    }
    memory_.written(target);
    target.address += std::uint64_t{store_.pool_out_dim} * store_.dram_stride;
  }
}

}  // namespace gemel::sim
