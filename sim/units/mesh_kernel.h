// SPDX-License-Identifier: Apache-2.0
#pragma once
// The arithmetic of the array as vector code: products of int8 blocks into int32, exact. One kernel call is one
// request's worth of rows; which cycles that takes is decided elsewhere.
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gemel::sim {

// A dim x dim block of int8, B[k][n], laid out for multiply_rows().
class PackedBlock {
 public:
  explicit PackedBlock(unsigned dim) : dim_(dim), pairs_(std::size_t{dim / 2} * dim) {}
  // dim rows of dim int8, `stride` bytes apart.
  void pack(const std::int8_t* rows, std::size_t stride);
  // Rows move `rows` down, the last ones out; zeros follow from above.
  void shift_down(unsigned rows);
  const std::int32_t* pairs() const { return pairs_.data(); }
  unsigned dim() const { return dim_; }

 private:
  unsigned dim_;
  std::vector<std::int32_t> pairs_;  // [k / 2][n]: B[k][n] below, B[k + 1][n] in the upper 16 bits
};

// out[i][n] = sum over k of a[i][k] * b[k][n]; a has `rows` rows of dim int8, `stride` bytes apart.
void multiply_rows(const std::int8_t* a, std::size_t stride, unsigned rows, const PackedBlock& b, std::int32_t* out);

// target[i][n] = source[i][n], or, accumulating, their sum as hardware adds it; `rows` rows of `cols` elements. Rows
// are done in order: those of the target may coincide.
void write_rows(const std::int32_t* source, std::size_t source_stride, unsigned rows, unsigned cols, bool accumulates,
                std::int32_t* target, std::size_t target_stride);

}  // namespace gemel::sim
