// SPDX-License-Identifier: Apache-2.0
#include "compiler/reference/int8_gemm.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compiler/reference/int8_gemm.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace gemel::compiler {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR
constexpr std::int64_t kRows = 4;
std::int64_t block_columns() { return 1; }

void panel(std::int64_t pairs, const std::int16_t* a, const std::int16_t* b, std::int32_t* out) {
  for (std::int64_t r = 0; r < kRows; ++r) {
    std::uint32_t sum = 0;
    for (std::int64_t p = 0; p < pairs; ++p) {
      const std::int16_t* pair = a + (p * kRows + r) * 2;
      sum += static_cast<std::uint32_t>(pair[0] * b[2 * p] + pair[1] * b[2 * p + 1]);
    }
    out[r] = static_cast<std::int32_t>(sum);
  }
}
#else
constexpr std::int64_t kRows = 6;
const hn::ScalableTag<std::int32_t> d32;
const hn::Repartition<std::int16_t, decltype(d32)> d16;
using Sums = hn::Vec<decltype(d32)>;

std::int64_t block_columns() { return 2 * static_cast<std::int64_t>(hn::Lanes(d32)); }

// out [kRows][block_columns] = kRows rows of A times one block of B. a holds, pair by pair of k, the kRows pairs of
// int16; b the pairs of each column. One accumulator pair a row and vector; the second of a pair stays 0 on targets
// whose widening product already adds neighbours.
void panel(std::int64_t pairs, const std::int16_t* HWY_RESTRICT a, const std::int16_t* HWY_RESTRICT b,
           std::int32_t* HWY_RESTRICT out) {
  const std::int64_t lanes = static_cast<std::int64_t>(hn::Lanes(d32));
  Sums r00 = hn::Zero(d32), r01 = r00, r10 = r00, r11 = r00, r20 = r00, r21 = r00;
  Sums r30 = r00, r31 = r00, r40 = r00, r41 = r00, r50 = r00, r51 = r00;
  Sums s00 = r00, s01 = r00, s10 = r00, s11 = r00, s20 = r00, s21 = r00;
  Sums s30 = r00, s31 = r00, s40 = r00, s41 = r00, s50 = r00, s51 = r00;
  for (std::int64_t p = 0; p < pairs; ++p) {
    const auto b0 = hn::LoadU(d16, b);
    const auto b1 = hn::LoadU(d16, b + 2 * lanes);
    const auto row = [&](std::int64_t r) {
      std::int32_t pair;
      __builtin_memcpy(&pair, a + 2 * r, sizeof pair);
      return hn::BitCast(d16, hn::Set(d32, pair));
    };
    auto x = row(0);
    r00 = hn::ReorderWidenMulAccumulate(d32, x, b0, r00, s00);
    r01 = hn::ReorderWidenMulAccumulate(d32, x, b1, r01, s01);
    x = row(1);
    r10 = hn::ReorderWidenMulAccumulate(d32, x, b0, r10, s10);
    r11 = hn::ReorderWidenMulAccumulate(d32, x, b1, r11, s11);
    x = row(2);
    r20 = hn::ReorderWidenMulAccumulate(d32, x, b0, r20, s20);
    r21 = hn::ReorderWidenMulAccumulate(d32, x, b1, r21, s21);
    x = row(3);
    r30 = hn::ReorderWidenMulAccumulate(d32, x, b0, r30, s30);
    r31 = hn::ReorderWidenMulAccumulate(d32, x, b1, r31, s31);
    x = row(4);
    r40 = hn::ReorderWidenMulAccumulate(d32, x, b0, r40, s40);
    r41 = hn::ReorderWidenMulAccumulate(d32, x, b1, r41, s41);
    x = row(5);
    r50 = hn::ReorderWidenMulAccumulate(d32, x, b0, r50, s50);
    r51 = hn::ReorderWidenMulAccumulate(d32, x, b1, r51, s51);
    a += 2 * kRows;
    b += 4 * lanes;
  }
  const auto store = [&](Sums sum, Sums second, std::int64_t r, std::int64_t v) {
    hn::StoreU(hn::RearrangeToOddPlusEven(sum, second), d32, out + (r * 2 + v) * lanes);
  };
  store(r00, s00, 0, 0), store(r01, s01, 0, 1), store(r10, s10, 1, 0), store(r11, s11, 1, 1);
  store(r20, s20, 2, 0), store(r21, s21, 2, 1), store(r30, s30, 3, 0), store(r31, s31, 3, 1);
  store(r40, s40, 4, 0), store(r41, s41, 4, 1), store(r50, s50, 5, 0), store(r51, s51, 5, 1);
}
#endif

// a: int8 rows of length k, stride k -> the layout that panel() reads, rows beyond `count` 0.
void pack_rows(const std::int8_t* rows, std::int64_t count, std::int64_t k, std::int16_t* out) {
  const std::int64_t pairs = (k + 1) / 2;
  for (std::int64_t r = 0; r < kRows; ++r) {
    std::int16_t* to = out + 2 * r;
    if (r >= count) {
      for (std::int64_t p = 0; p < pairs; ++p) to[2 * kRows * p] = to[2 * kRows * p + 1] = 0;
      continue;
    }
    const std::int8_t* from = rows + r * k;
    for (std::int64_t p = 0; p < k / 2; ++p) {
      to[2 * kRows * p] = from[2 * p];
      to[2 * kRows * p + 1] = from[2 * p + 1];
    }
    if (k % 2 != 0) {
      to[2 * kRows * (pairs - 1)] = from[k - 1];
      to[2 * kRows * (pairs - 1) + 1] = 0;
    }
  }
}

void multiply_rows(const std::int8_t* rows, std::int64_t count, const PackedMatrix& b, std::int32_t* c,
                   std::int64_t c_stride, std::vector<std::int16_t>& packed) {
  const std::int64_t pairs = (b.k() + 1) / 2;
  const std::int64_t panel_size = pairs * 2 * kRows;
  const std::int64_t panels = (count + kRows - 1) / kRows;
  packed.resize(static_cast<std::size_t>(panels * panel_size));
  for (std::int64_t i = 0; i < panels; ++i) {
    pack_rows(rows + i * kRows * b.k(), count - i * kRows, b.k(), packed.data() + i * panel_size);
  }
  const std::int64_t width = b.block_columns();
  std::int32_t out[kRows * 2 * HWY_MAX_BYTES / 4];
  for (std::int64_t column = 0, index = 0; column < b.n(); column += width, ++index) {
    const std::size_t bytes = static_cast<std::size_t>(std::min(width, b.n() - column)) * sizeof(std::int32_t);
    for (std::int64_t i = 0; i < panels; ++i) {
      panel(pairs, packed.data() + i * panel_size, b.block(index), out);
      const std::int64_t height = std::min(kRows, count - i * kRows);
      for (std::int64_t r = 0; r < height; ++r) {
        __builtin_memcpy(c + (i * kRows + r) * c_stride + column, out + r * width, bytes);
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace gemel::compiler
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gemel::compiler {
namespace {
HWY_EXPORT(block_columns);
HWY_EXPORT(multiply_rows);
}  // namespace

PackedMatrix::PackedMatrix(const std::int8_t* data, std::int64_t k, std::int64_t n, std::int64_t row_stride,
                           std::int64_t column_stride)
    : k_(k), n_(n), block_columns_(HWY_DYNAMIC_DISPATCH(block_columns)()) {
  const std::int64_t pairs = (k + 1) / 2;
  const std::int64_t blocks = (n + block_columns_ - 1) / block_columns_;
  block_size_ = pairs * 2 * block_columns_;
  data_.assign(static_cast<std::size_t>(blocks * block_size_), 0);
  for (std::int64_t block_index = 0; block_index < blocks; ++block_index) {
    std::int16_t* to = data_.data() + block_index * block_size_;
    const std::int64_t first = block_index * block_columns_;
    const std::int64_t width = std::min(block_columns_, n - first);
    for (std::int64_t row = 0; row < k; ++row) {
      const std::int8_t* from = data + row * row_stride + first * column_stride;
      std::int16_t* pairs_of_row = to + (row / 2) * 2 * block_columns_ + row % 2;
      for (std::int64_t column = 0; column < width; ++column) pairs_of_row[2 * column] = from[column * column_stride];
    }
  }
}

void multiply(std::int64_t m, const RowSource& a, const PackedMatrix& b, std::int32_t* c, std::int64_t c_stride) {
  constexpr std::int64_t kChunkElements =
      128 * 1024;  // rows at a time: their int16 form stays in the second-level cache
  const std::int64_t rows_at_once = std::clamp<std::int64_t>(kChunkElements / b.k() / 12 * 12, 12, 1024 / 12 * 12);
  std::vector<std::int8_t> rows(static_cast<std::size_t>(std::min(rows_at_once, m) * b.k()));
  std::vector<std::int16_t> packed;
  for (std::int64_t first = 0; first < m; first += rows_at_once) {
    const std::int64_t count = std::min(rows_at_once, m - first);
    a(first, count, rows.data());
    HWY_DYNAMIC_DISPATCH(multiply_rows)(rows.data(), count, b, c + first * c_stride, c_stride, packed);
  }
}

}  // namespace gemel::compiler
#endif
