// SPDX-License-Identifier: Apache-2.0
#include "sim/units/mesh_kernel.h"

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
// `pairs_of_a[i * half + j]` holds a[i][2j] and a[i][2j+1] as two int16.
template <unsigned kRows>
void multiply_some(const std::int32_t* pairs_of_a, unsigned dim, const std::int16_t* b, std::int32_t* out) {
  const hn::ScalableTag<std::int32_t> d32;
  const hn::Repartition<std::int16_t, decltype(d32)> d16;
  const unsigned lanes = static_cast<unsigned>(hn::Lanes(d32));
  const unsigned half = dim / 2;
  for (unsigned n = 0; n < dim; n += lanes) {
    hn::Vec<decltype(d32)> sum[kRows], odd[kRows];
    for (unsigned i = 0; i < kRows; ++i) sum[i] = odd[i] = hn::Zero(d32);
    for (unsigned j = 0; j < half; ++j) {
      const auto weights = hn::LoadU(d16, b + (std::size_t{j} * dim + n) * 2);
      for (unsigned i = 0; i < kRows; ++i) {
        const auto pair = hn::BitCast(d16, hn::Set(d32, pairs_of_a[i * half + j]));
        sum[i] = hn::ReorderWidenMulAccumulate(d32, pair, weights, sum[i], odd[i]);
      }
    }
    for (unsigned i = 0; i < kRows; ++i)
      hn::StoreU(hn::RearrangeToOddPlusEven(sum[i], odd[i]), d32, out + std::size_t{i} * dim + n);
  }
}

void multiply_in_vectors(const std::int8_t* a, std::size_t stride, unsigned rows, unsigned dim, const std::int16_t* b,
                         std::int32_t* out) {
  constexpr unsigned kBlock = 4;
  std::int32_t pairs[kBlock * 64];
  const unsigned half = dim / 2;
  for (unsigned i = 0; i < rows; i += kBlock) {
    const unsigned count = rows - i < kBlock ? rows - i : kBlock;
    for (unsigned r = 0; r < count; ++r) {
      const std::int8_t* row = a + (i + r) * stride;
      for (unsigned j = 0; j < half; ++j)
        pairs[r * half + j] = static_cast<std::int32_t>(
            (static_cast<std::uint32_t>(std::int32_t{row[2 * j + 1]}) << 16) | static_cast<std::uint16_t>(row[2 * j]));
    }
    std::int32_t* target = out + std::size_t{i} * dim;
    if (count == kBlock) {
      multiply_some<kBlock>(pairs, dim, b, target);
    } else {
      for (unsigned r = 0; r < count; ++r) multiply_some<1>(pairs + r * half, dim, b, target + std::size_t{r} * dim);
    }
  }
}
#endif

void multiply(const std::int8_t* a, std::size_t stride, unsigned rows, unsigned dim, const std::int16_t* b,
              std::int32_t* out) {
#if HWY_TARGET != HWY_SCALAR
  const hn::ScalableTag<std::int32_t> d32;
  if (dim % hn::Lanes(d32) == 0) {
    multiply_in_vectors(a, stride, rows, dim, b, out);
    return;
  }
#endif
  for (unsigned i = 0; i < rows; ++i)  // arrays narrower than a vector
    for (unsigned n = 0; n < dim; ++n) {
      std::int32_t sum = 0;
      for (unsigned k = 0; k < dim; ++k) sum += a[i * stride + k] * b[(std::size_t{k / 2} * dim + n) * 2 + k % 2];
      out[std::size_t{i} * dim + n] = sum;
    }
}

}  // namespace HWY_NAMESPACE
}  // namespace gemel::sim
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gemel::sim {
HWY_EXPORT(multiply);

void PackedBlock::pack(const std::int8_t* const* rows) {
  for (unsigned k = 0; k < dim_; k += 2) {
    std::int16_t* target = pairs_.data() + std::size_t{k} * dim_;
    const std::int8_t* even = rows[k];
    const std::int8_t* odd = rows[k + 1];
    if (even != nullptr && odd != nullptr) {
      for (unsigned n = 0; n < dim_; ++n) {
        target[2 * n] = even[n];
        target[2 * n + 1] = odd[n];
      }
    } else {
      for (unsigned n = 0; n < dim_; ++n) {
        target[2 * n] = even == nullptr ? 0 : even[n];
        target[2 * n + 1] = odd == nullptr ? 0 : odd[n];
      }
    }
  }
}

void PackedBlock::shift_down(unsigned rows) {
  const auto at = [&](unsigned k, unsigned n) -> std::int16_t& {
    return pairs_[(std::size_t{k / 2} * dim_ + n) * 2 + k % 2];
  };
  for (unsigned k = dim_; k-- > 0;)
    for (unsigned n = 0; n < dim_; ++n) at(k, n) = k >= rows ? at(k - rows, n) : std::int16_t{0};
}

void multiply_rows(const std::int8_t* a, std::size_t stride, unsigned rows, const PackedBlock& b, std::int32_t* out) {
  HWY_DYNAMIC_DISPATCH(multiply)(a, stride, rows, b.dim(), b.pairs(), out);
}

}  // namespace gemel::sim
#endif
