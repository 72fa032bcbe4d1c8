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
  explicit PackedBlock(unsigned dim) : dim_(dim), pairs_(std::size_t{dim} * dim) {}
  // rows[k] points at dim int8, or is nullptr for a row of zeros.
  void pack(const std::int8_t* const* rows);
  // Rows move `rows` down, the last ones out; zeros follow from above.
  void shift_down(unsigned rows);
  const std::int16_t* pairs() const { return pairs_.data(); }
  unsigned dim() const { return dim_; }

 private:
  unsigned dim_;
  std::vector<std::int16_t> pairs_;  // [k / 2][n][k % 2]
};

// out[i][n] = sum over k of a[i][k] * b[k][n]; a has `rows` rows of dim int8, `stride` bytes apart.
void multiply_rows(const std::int8_t* a, std::size_t stride, unsigned rows, const PackedBlock& b, std::int32_t* out);

}  // namespace gemel::sim
