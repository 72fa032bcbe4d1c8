// SPDX-License-Identifier: Apache-2.0
// The part of the functional executor that multiplies.
#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "sim/native/functional_executor.h"

namespace gemel::sim {

using arch::Activation;
using arch::Dataflow;
using arch::LocalAddress;
using arch::LocalBlock;

// Rows and columns of a block are those of the matrix as the array sees it; a transposed one is stored the other way
// round. What the block does not cover is zero.
FunctionalExecutor::Rows FunctionalExecutor::operand(const LocalBlock& block, std::uint32_t stride, bool transposed,
                                                     std::uint32_t count, std::vector<std::int8_t>& scratch) const {
  const bool garbage = block.address.is_garbage(derived_);
  if (!garbage && block.address.is_accumulator())
    throw std::invalid_argument("operands in the accumulator are not built in");
  const std::uint32_t rows = std::min<std::uint32_t>(block.rows, dim_);
  const std::uint32_t cols = std::min<std::uint32_t>(block.cols, dim_);
  const std::uint32_t first = block.address.row(derived_);
  const std::uint64_t last = first + std::uint64_t{rows > 0 ? rows - 1 : 0} * stride;
  if (!garbage && !transposed && cols == dim_ && rows >= count && last < derived_.scratchpad_rows)
    return {scratchpad_row(first), std::size_t{stride} * dim_};
  std::memset(scratch.data(), 0, std::size_t{count} * dim_);
  if (garbage) return {scratch.data(), dim_};
  for (std::uint32_t i = 0; i < (transposed ? cols : std::min(rows, count)); ++i) {
    const std::int8_t* row = scratchpad_row(block.address.plus(i * stride, derived_).row(derived_));
    if (!transposed) {
      std::memcpy(scratch.data() + std::size_t{i} * dim_, row, cols);
    } else {
      for (std::uint32_t r = 0; r < std::min(rows, count); ++r) scratch[std::size_t{r} * dim_ + i] = row[r];
    }
  }
  return {scratch.data(), dim_};
}

void FunctionalExecutor::preload(const arch::Preload& command) {
  const unsigned idle = 1 - active_;
  const bool garbage = command.bd.address.is_garbage(derived_);
  destination_ = command.c;
  const bool rides_on_compute = rides_on_compute_;
  rides_on_compute_ = false;
  if (execute_.dataflow == Dataflow::WeightStationary) {
    if (garbage) {
      // Its rows are those of the compute that it rides on; they are counted there.
      if (execute_.b_transpose || !rides_on_compute)
        pass_zeros(idle, execute_.a_transpose || execute_.b_transpose ? dim_ : kLeastRows);
      return;
    }
    weights_are_zero_[idle] = false;
    zero_rows_[idle] = 0;
    weight_cols_[idle] = std::min<std::uint32_t>(command.bd.cols, dim_);
    const Rows b = operand(command.bd, 1, execute_.b_transpose, dim_, scratch_b_);
    weights_[idle].pack(b.first, b.stride);
    return;
  }
  if (garbage) {
    std::fill(sums_[idle].begin(), sums_[idle].end(), 0);
    return;
  }
  const Rows d = operand(command.bd, 1, false, dim_, scratch_b_);
  for (std::uint32_t i = 0; i < dim_; ++i)
    for (std::uint32_t n = 0; n < dim_; ++n) sums_[idle][std::size_t{i} * dim_ + n] = d.first[i * d.stride + n];
}

// Rows without weights move those of the idle register down; most are replaced before anybody looks at them.
void FunctionalExecutor::pass_zeros(unsigned idle, std::uint32_t rows) {
  zero_rows_[idle] = std::min(zero_rows_[idle] + rows, dim_);
}

void FunctionalExecutor::swap_registers() {
  active_ = 1 - active_;
  if (zero_rows_[active_] == dim_)
    weights_are_zero_[active_] = true;
  else if (zero_rows_[active_] > 0)
    weights_[active_].shift_down(zero_rows_[active_]);
  zero_rows_[active_] = 0;
}

void FunctionalExecutor::compute(const arch::Compute& command) {
  if (command.preloaded) swap_registers();
  rides_on_compute_ = true;
  if (execute_.dataflow == Dataflow::WeightStationary && !execute_.b_transpose) {
    const std::uint32_t d_rows = command.bd.address.is_garbage(derived_) ? 0 : command.bd.rows;
    pass_zeros(1 - active_,
               execute_.a_transpose ? dim_ : std::max<std::uint32_t>({command.a.rows, d_rows, kLeastRows}));
  }
  const bool writes = !destination_.address.is_garbage(derived_);
  if (execute_.dataflow == Dataflow::OutputStationary) {
    const std::int32_t* sums = accumulate(command);
    if (writes) write_result(sums);
  } else if (writes) {
    // A result that nobody takes is lost: only the destination's rows are computed.
    write_result(multiply(command, std::min<std::uint32_t>(destination_.rows, dim_)));
  }
}

const std::int32_t* FunctionalExecutor::multiply(const arch::Compute& command, std::uint32_t rows) {
  const Rows a = operand(command.a, execute_.a_stride, execute_.a_transpose, rows, scratch_a_);
  if (weights_are_zero_[active_]) {
    std::memset(result_.data(), 0, std::size_t{rows} * dim_ * 4);
  } else {
    multiply_rows(a.first, a.stride, rows, weights_[active_], result_.data());
    macs_ += std::uint64_t{command.a.rows} * command.a.cols * weight_cols_[active_];
  }
  if (!command.bd.address.is_garbage(derived_)) {
    const Rows d = operand(command.bd, 1, false, rows, scratch_b_);
    for (std::uint32_t i = 0; i < rows; ++i)
      for (std::uint32_t n = 0; n < dim_; ++n) result_[std::size_t{i} * dim_ + n] += d.first[i * d.stride + n];
  }
  if (sums_can_wrap_)
    for (std::size_t i = 0; i < std::size_t{rows} * dim_; ++i)
      result_[i] = arch::wrap_signed(result_[i], config_.mesh.output_bits);
  return result_.data();
}

const std::int32_t* FunctionalExecutor::accumulate(const arch::Compute& command) {
  std::vector<std::int32_t>& sums = sums_[active_];
  if (!command.bd.address.is_garbage(derived_)) {
    const Rows b = operand(command.bd, 1, execute_.b_transpose, dim_, scratch_b_);
    operand_b_.pack(b.first, b.stride);
    const Rows a = operand(command.a, execute_.a_stride, execute_.a_transpose, dim_, scratch_a_);
    multiply_rows(a.first, a.stride, dim_, operand_b_, result_.data());
    for (std::size_t i = 0; i < sums.size(); ++i)
      sums[i] = arch::wrap_signed(std::int64_t{sums[i]} + result_[i], config_.mesh.output_bits);
    macs_ += std::uint64_t{command.a.rows} * command.a.cols * command.bd.cols;
  }
  if (execute_.shift == 0) return sums.data();
  for (std::size_t i = 0; i < sums.size(); ++i) result_[i] = arch::rounding_shift(sums[i], execute_.shift);
  return result_.data();
}

void FunctionalExecutor::write_result(const std::int32_t* result) {
  const bool output_stationary = execute_.dataflow == Dataflow::OutputStationary;
  const std::uint32_t rows = std::min<std::uint32_t>(destination_.rows, dim_);
  const std::uint32_t cols = std::min<std::uint32_t>(destination_.cols, dim_);
  const std::uint32_t stride = execute_.c_stride;
  const LocalAddress first = destination_.address;
  if (first.is_accumulator() && stride == 1 && cols == dim_) {
    if (std::int32_t* target = accumulator_run(first, rows)) {
      if (first.accumulates())
        arch::add_row(result, target, rows * dim_);
      else
        std::memcpy(target, result, std::size_t{rows} * dim_ * 4);
      return;
    }
  }
  for (std::uint32_t r = 0; r < rows; ++r, result += dim_) {
    // Output-stationary results leave the array bottom row first, and the address counts down from the last row.
    const std::uint32_t offset = output_stationary ? rows - 1 - (rows - 1 - r) * stride : r * stride;
    const LocalAddress row = first.plus(offset, derived_);
    if (!row.is_accumulator())
      arch::result_to_scratchpad_row(result, scratchpad(row), cols, execute_.activation);
    else if (row.accumulates())
      arch::add_row(result, accumulator(row), cols);
    else
      std::memcpy(accumulator(row), result, std::size_t{cols} * 4);
  }
}

}  // namespace gemel::sim
