// SPDX-License-Identifier: Apache-2.0
#include "sim/units/mesh.h"

#include <algorithm>
#include <cstring>

#include "sim/arch/numerics.h"

namespace gemel::sim {

namespace {
constexpr std::uint32_t kLeastRows = 4;  // a request feeds no fewer, also where the array has only two
}  // namespace

Mesh::Mesh(const sc_core::sc_module_name& name, const arch::AcceleratorConfig& config,
           const arch::DerivedConfig& derived, Scratchpad& scratchpad)
    : sc_core::sc_module(name),
      derived_(derived),
      scratchpad_(scratchpad),
      output_bits_(config.mesh.output_bits),
      out_latency_(2 + config.scratchpad.read_delay_cycles + derived.array_latency),
      weights_(derived.dim),
      idle_weights_(derived.dim),
      operand_b_(derived.dim),
      sums_(std::size_t{derived.dim} * derived.dim),
      idle_sums_(sums_.size()),
      result_(std::size_t{std::max(derived.dim, kLeastRows)} * derived.dim),
      scratch_a_(result_.size()),
      scratch_b_(result_.size()) {
  // One pass sums dim products of at most 2^14, and one int8.
  sums_can_wrap_ = std::int64_t{derived.dim} * (1 << 14) + 128 > (std::int64_t{1} << (output_bits_ - 1)) - 1;
}

const std::int8_t* Mesh::gather(const MeshOperand& operand, unsigned count, std::size_t& stride,
                                std::vector<std::int8_t>& scratch) {
  const unsigned dim = derived_.dim;
  stride = dim;
  const std::uint32_t first = operand.address.row(derived_);
  const std::uint64_t last = first + (operand.rows > 0 ? operand.rows - std::uint64_t{1} : 0) * operand.stride;
  if (operand.present && !operand.transpose && operand.cols >= dim && operand.rows >= count &&
      last < derived_.scratchpad_rows) {
    stride = std::size_t{operand.stride} * dim;
    return scratchpad_.row(first);
  }
  std::fill(scratch.begin(), scratch.begin() + std::size_t{count} * dim, std::int8_t{0});
  if (!operand.present) return scratch.data();
  const std::uint32_t cols = std::min<std::uint32_t>(operand.cols, dim);
  for (std::uint32_t i = 0; i < std::min<std::uint32_t>(operand.rows, dim); ++i) {
    const std::int8_t* row = scratchpad_.row(operand.address.plus(i * operand.stride, derived_).row(derived_));
    if (operand.transpose) {
      for (std::uint32_t k = 0; k < std::min(cols, count); ++k) scratch[std::size_t{k} * dim + i] = row[k];
    } else if (i < count) {
      std::memcpy(scratch.data() + std::size_t{i} * dim, row, cols);
    }
  }
  return scratch.data();
}

void Mesh::preload_weights(const MeshOperand& b) {
  std::size_t stride = 0;
  const std::int8_t* rows = gather(b, derived_.dim, stride, scratch_b_);
  idle_weights_.pack(rows, stride);
  idle_shift_ = 0;
}

void Mesh::swap_weights() {
  if (idle_shift_ > 0) idle_weights_.shift_down(idle_shift_);
  idle_shift_ = 0;
  std::swap(weights_, idle_weights_);
}

void Mesh::preload_sums(const MeshOperand& d) {
  std::size_t stride = 0;
  const std::int8_t* rows = gather(d, derived_.dim, stride, scratch_b_);
  for (unsigned i = 0; i < derived_.dim; ++i)
    for (unsigned n = 0; n < derived_.dim; ++n) idle_sums_[std::size_t{i} * derived_.dim + n] = rows[i * stride + n];
}

const std::int32_t* Mesh::multiply(const MeshOperand& a, const MeshOperand& d, unsigned rows) {
  std::size_t stride = 0;
  const std::int8_t* a_rows = gather(a, rows, stride, scratch_a_);
  multiply_rows(a_rows, stride, rows, weights_, result_.data());
  if (d.present) {
    const std::int8_t* d_rows = gather(d, rows, stride, scratch_b_);
    for (unsigned i = 0; i < rows; ++i)
      for (unsigned n = 0; n < derived_.dim; ++n) result_[std::size_t{i} * derived_.dim + n] += d_rows[i * stride + n];
  }
  if (sums_can_wrap_)
    for (std::size_t i = 0; i < std::size_t{rows} * derived_.dim; ++i)
      result_[i] = arch::wrap_signed(result_[i], output_bits_);
  return result_.data();
}

void Mesh::accumulate(const MeshOperand& a, const MeshOperand& b) {
  const unsigned dim = derived_.dim;
  std::size_t stride = 0;
  const std::int8_t* b_rows = gather(b, dim, stride, scratch_b_);
  operand_b_.pack(b_rows, stride);
  const std::int8_t* a_rows = gather(a, dim, stride, scratch_a_);
  multiply_rows(a_rows, stride, dim, operand_b_, result_.data());
  for (std::size_t i = 0; i < sums_.size(); ++i)
    sums_[i] = arch::wrap_signed(std::int64_t{sums_[i]} + result_[i], output_bits_);
}

}  // namespace gemel::sim
