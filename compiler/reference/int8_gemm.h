// SPDX-License-Identifier: Apache-2.0
#pragma once
// Exact int8 x int8 -> int32 matrix product, fast: pairs of int16 products on the widest vectors of the machine
// that runs it (chosen at run time).
#include <cstdint>
#include <functional>
#include <vector>

namespace gemel::compiler {

// B [K,N] rearranged for the kernel. Element (k, n) of the source is data[k * row_stride + n * column_stride].
class PackedMatrix {
 public:
  PackedMatrix(const std::int8_t* data, std::int64_t k, std::int64_t n, std::int64_t row_stride,
               std::int64_t column_stride);

  std::int64_t k() const { return k_; }
  std::int64_t n() const { return n_; }
  std::int64_t block_columns() const { return block_columns_; }
  const std::int16_t* block(std::int64_t index) const { return data_.data() + index * block_size_; }

 private:
  std::int64_t k_, n_;
  std::int64_t block_columns_;  // columns that one kernel call makes
  std::int64_t block_size_;
  std::vector<std::int16_t> data_;
};

// Writes rows [first, first + count) of A, K int8 each, to `rows` (row stride K).
using RowSource = std::function<void(std::int64_t first, std::int64_t count, std::int8_t* rows)>;

// c [m, N] (row stride c_stride elements) = A · B, int32 with wrap-around.
void multiply(std::int64_t m, const RowSource& a, const PackedMatrix& b, std::int32_t* c, std::int64_t c_stride);

}  // namespace gemel::compiler
