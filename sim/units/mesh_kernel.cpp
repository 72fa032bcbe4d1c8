// SPDX-License-Identifier: Apache-2.0
#include "sim/units/mesh_kernel.h"

#include <algorithm>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/units/mesh_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace gemel::sim {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET != HWY_SCALAR
// The size of the array is a constant, so that loops unroll and addresses are offsets; a vector is no longer than a
// row.
template <unsigned kDim>
struct Block {
  using Wide = hn::CappedTag<std::int32_t, kDim>;  // sums, and pairs of neighbours in k
  using Half = hn::Rebind<std::int16_t, Wide>;
  using Narrow = hn::Rebind<std::int8_t, Wide>;

  // `a`: of each row kDim int16, one row behind the other. kColumns vectors of columns at a time.
  template <unsigned kRows, unsigned kColumns>
  static HWY_INLINE void multiply_some(const std::int16_t* HWY_RESTRICT a, const std::int32_t* HWY_RESTRICT b,
                                       std::int32_t* HWY_RESTRICT out) {
    const Wide wide;
    const hn::Repartition<std::int16_t, Wide> pairs;
    const unsigned lanes = static_cast<unsigned>(hn::Lanes(wide));
    hn::Vec<Wide> sum[kRows][kColumns], odd[kRows][kColumns];
    for (unsigned i = 0; i < kRows; ++i)
      for (unsigned c = 0; c < kColumns; ++c) sum[i][c] = odd[i][c] = hn::Zero(wide);
    for (unsigned k = 0; k < kDim; k += 2, b += kDim) {
      hn::Vec<hn::Repartition<std::int16_t, Wide>> weights[kColumns];
      for (unsigned c = 0; c < kColumns; ++c) weights[c] = hn::BitCast(pairs, hn::LoadU(wide, b + c * lanes));
      for (unsigned i = 0; i < kRows; ++i) {
        std::int32_t two;
        std::memcpy(&two, a + i * kDim + k, sizeof two);
        const auto pair = hn::BitCast(pairs, hn::Set(wide, two));
        for (unsigned c = 0; c < kColumns; ++c)
          sum[i][c] = hn::ReorderWidenMulAccumulate(wide, pair, weights[c], sum[i][c], odd[i][c]);
      }
    }
    for (unsigned i = 0; i < kRows; ++i)
      for (unsigned c = 0; c < kColumns; ++c)
        hn::StoreU(hn::RearrangeToOddPlusEven(sum[i][c], odd[i][c]), wide, out + i * kDim + c * lanes);
  }

  template <unsigned kRows>
  static HWY_INLINE void multiply_rows(const std::int16_t* a, const std::int32_t* b, std::int32_t* out) {
    const unsigned lanes = static_cast<unsigned>(hn::Lanes(Wide()));
    if (lanes == kDim) return multiply_some<kRows, 1>(a, b, out);
    for (unsigned n = 0; n < kDim; n += 2 * lanes) multiply_some<kRows, 2>(a, b + n, out + n);
  }

  static void multiply(const std::int8_t* a, std::size_t stride, unsigned rows, const std::int32_t* b,
                       std::int32_t* out) {
    constexpr unsigned kRows = 4;
    std::int16_t widened[kRows * kDim];
    for (unsigned i = 0; i < rows; i += kRows, out += kRows * kDim) {
      const unsigned count = std::min(rows - i, kRows);
      for (unsigned r = 0; r < count; ++r, a += stride)
        for (unsigned k = 0; k < kDim; k += static_cast<unsigned>(hn::Lanes(Wide())))
          hn::StoreU(hn::PromoteTo(Half(), hn::LoadU(Narrow(), a + k)), Half(), widened + r * kDim + k);
      if (count == 4) multiply_rows<4>(widened, b, out);
      if (count == 3) multiply_rows<3>(widened, b, out);
      if (count == 2) multiply_rows<2>(widened, b, out);
      if (count == 1) multiply_rows<1>(widened, b, out);
    }
  }

  static void pack(const std::int8_t* rows, std::size_t stride, std::int32_t* pairs) {
    const Wide wide;
    const auto lower = hn::Set(wide, 0xFFFF);
    for (unsigned k = 0; k < kDim; k += 2, rows += 2 * stride, pairs += kDim)
      for (unsigned n = 0; n < kDim; n += static_cast<unsigned>(hn::Lanes(wide))) {
        const auto even = hn::PromoteTo(wide, hn::LoadU(Narrow(), rows + n));
        const auto odd = hn::PromoteTo(wide, hn::LoadU(Narrow(), rows + stride + n));
        hn::StoreU(hn::Or(hn::ShiftLeft<16>(odd), hn::And(even, lower)), wide, pairs + n);
      }
  }
};
#endif

void multiply(const std::int8_t* a, std::size_t stride, unsigned rows, unsigned dim, const std::int32_t* b,
              std::int32_t* out) {
#if HWY_TARGET != HWY_SCALAR
  switch (dim) {
    case 4:
      return Block<4>::multiply(a, stride, rows, b, out);
    case 8:
      return Block<8>::multiply(a, stride, rows, b, out);
    case 16:
      return Block<16>::multiply(a, stride, rows, b, out);
    case 32:
      return Block<32>::multiply(a, stride, rows, b, out);
    case 64:
      return Block<64>::multiply(a, stride, rows, b, out);
    case 128:
      return Block<128>::multiply(a, stride, rows, b, out);
  }
#endif
  for (unsigned i = 0; i < rows; ++i)
    for (unsigned n = 0; n < dim; ++n) {
      std::int32_t sum = 0;
      for (unsigned k = 0; k < dim; ++k)
        sum += a[i * stride + k] * static_cast<std::int16_t>(b[std::size_t{k / 2} * dim + n] >> (k % 2 * 16));
      out[std::size_t{i} * dim + n] = sum;
    }
}

void pack(const std::int8_t* rows, std::size_t stride, unsigned dim, std::int32_t* pairs) {
#if HWY_TARGET != HWY_SCALAR
  switch (dim) {
    case 4:
      return Block<4>::pack(rows, stride, pairs);
    case 8:
      return Block<8>::pack(rows, stride, pairs);
    case 16:
      return Block<16>::pack(rows, stride, pairs);
    case 32:
      return Block<32>::pack(rows, stride, pairs);
    case 64:
      return Block<64>::pack(rows, stride, pairs);
    case 128:
      return Block<128>::pack(rows, stride, pairs);
  }
#endif
  for (unsigned k = 0; k < dim; k += 2)
    for (unsigned n = 0; n < dim; ++n)
      pairs[std::size_t{k / 2} * dim + n] =
          static_cast<std::int32_t>(static_cast<std::uint32_t>(rows[(k + 1) * stride + n]) << 16 |
                                    static_cast<std::uint16_t>(rows[k * stride + n]));
}

void write(const std::int32_t* source, std::size_t source_stride, unsigned rows, unsigned cols, bool accumulates,
           std::int32_t* target, std::size_t target_stride) {
  const hn::ScalableTag<std::int32_t> d32;
  const unsigned lanes = static_cast<unsigned>(hn::Lanes(d32));
  if (source_stride == cols && target_stride == cols) {  // nothing between the rows: they are one
    cols *= rows;
    rows = 1;
  }
  if (!accumulates) {
    for (unsigned i = 0; i < rows; ++i, source += source_stride, target += target_stride)
      std::memcpy(target, source, cols * sizeof *target);
    return;
  }
  for (unsigned i = 0; i < rows; ++i, source += source_stride, target += target_stride) {
    unsigned n = 0;
    for (; n + lanes <= cols; n += lanes)
      hn::StoreU(hn::Add(hn::LoadU(d32, target + n), hn::LoadU(d32, source + n)), d32, target + n);
    for (; n < cols; ++n)
      target[n] =
          static_cast<std::int32_t>(static_cast<std::uint32_t>(target[n]) + static_cast<std::uint32_t>(source[n]));
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace gemel::sim
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gemel::sim {
HWY_EXPORT(multiply);
HWY_EXPORT(pack);
HWY_EXPORT(write);

void PackedBlock::pack(const std::int8_t* rows, std::size_t stride) {
  HWY_DYNAMIC_DISPATCH(pack)(rows, stride, dim_, pairs_.data());
}

void PackedBlock::shift_down(unsigned rows) {
  // By one: the upper half of a pair comes from its lower half, that from the pair above.
  if (rows % 2 != 0 && rows < dim_) {
    for (unsigned k = dim_ / 2; k-- > 0;)
      for (unsigned n = 0; n < dim_; ++n) {
        const std::uint32_t above = k == 0 ? 0 : static_cast<std::uint32_t>(pairs_[(k - 1) * dim_ + n]);
        const std::uint32_t here = static_cast<std::uint32_t>(pairs_[k * dim_ + n]);
        pairs_[k * dim_ + n] = static_cast<std::int32_t>(here << 16 | above >> 16);
      }
    --rows;
  }
  const std::size_t moved = std::min<std::size_t>(pairs_.size(), std::size_t{rows / 2} * dim_);
  std::copy_backward(pairs_.begin(), pairs_.end() - static_cast<std::ptrdiff_t>(moved), pairs_.end());
  std::fill_n(pairs_.begin(), moved, 0);
}

void multiply_rows(const std::int8_t* a, std::size_t stride, unsigned rows, const PackedBlock& b, std::int32_t* out) {
  HWY_DYNAMIC_DISPATCH(multiply)(a, stride, rows, b.dim(), b.pairs(), out);
}

void write_rows(const std::int32_t* source, std::size_t source_stride, unsigned rows, unsigned cols, bool accumulates,
                std::int32_t* target, std::size_t target_stride) {
  HWY_DYNAMIC_DISPATCH(write)(source, source_stride, rows, cols, accumulates, target, target_stride);
}

}  // namespace gemel::sim
#endif
