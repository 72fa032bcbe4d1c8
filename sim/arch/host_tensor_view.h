// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tensors of a host operator bound to memory, and loops over their elements. Internal to the host operators.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

#include "sim/arch/host_op.h"
#include "sim/arch/numerics.h"

namespace gemel::arch::host {

using Index = std::int64_t;

// A tensor bound to memory; every element was checked to lie inside.
class View {
 public:
  View(const HostTensor& tensor, std::uint8_t* memory, std::uint64_t base, std::uint64_t size)
      : shape_(tensor.shape), strides_(tensor.strides), bytes_(tensor.element_bytes) {
    if (strides_.empty()) {
      strides_.resize(shape_.size());
      Index step = 1;
      for (std::size_t i = shape_.size(); i-- > 0;) {
        strides_[i] = step;
        step *= shape_[i];
      }
    }
    // Distances from the first element, exact: dimensions and strides are bounded by check_host_op().
    long double low = 0;
    long double high = 0;
    for (std::size_t i = 0; i < shape_.size(); ++i) {
      const long double reach = static_cast<long double>(shape_[i] - 1) * strides_[i];
      (reach < 0 ? low : high) += reach;
    }
    const long double first = static_cast<long double>(tensor.address) - base;
    if (first + low * bytes_ < 0 || first + (high + 1) * bytes_ > static_cast<long double>(size)) {
      throw std::invalid_argument("host operator: a tensor leaves the program's memory");
    }
    data_ = memory + (tensor.address - base);
  }

  const std::vector<Index>& shape() const { return shape_; }
  Index stride(std::size_t dimension) const { return strides_[dimension]; }
  unsigned element_bytes() const { return bytes_; }
  std::size_t rank() const { return shape_.size(); }

  std::uint8_t* at(Index offset) const { return data_ + offset * static_cast<Index>(bytes_); }
  std::int32_t get(Index offset) const {
    if (bytes_ == 1) return static_cast<std::int8_t>(*at(offset));
    std::int32_t value;
    std::memcpy(&value, at(offset), sizeof value);
    return value;
  }
  float get_float(Index offset) const { return float_from_bits(static_cast<std::uint32_t>(get(offset))); }
  void put(Index offset, std::int32_t value) const {
    if (bytes_ == 1) {
      *at(offset) = static_cast<std::uint8_t>(value);
    } else {
      std::memcpy(at(offset), &value, sizeof value);
    }
  }
  // Rounds half to even and saturates at the width of an element.
  void put_rounded(Index offset, float value) const {
    if (bytes_ == 1) {
      put(offset, saturate_to_int8(value));
    } else {
      const float limited = value < 2147483648.0f ? value : 2147483648.0f;
      put(offset, limited >= 2147483648.0f   ? INT32_MAX
                  : limited < -2147483648.0f ? INT32_MIN
                                             : static_cast<std::int32_t>(std::nearbyint(limited)));
    }
  }

 private:
  std::vector<Index> shape_;
  std::vector<Index> strides_;
  unsigned bytes_;
  std::uint8_t* data_ = nullptr;
};

// All tensors of an operator, bound to memory.
struct Operands {
  std::vector<View> in;
  View out;
};

// Calls row(offsets, index) for every position of the leading `rank - inner` dimensions: offsets of the views there (in
// the order of `views`), and the index of the last leading dimension.
template <typename Function>
void for_each_row(const std::vector<const View*>& views, std::size_t leading, Function row) {
  const std::vector<Index>& shape = views[0]->shape();
  std::vector<Index> position(leading, 0);
  std::vector<Index> offsets(views.size(), 0);
  while (true) {
    row(offsets, leading > 0 ? position[leading - 1] : 0);
    std::size_t d = leading;
    while (d > 0) {
      --d;
      ++position[d];
      for (std::size_t v = 0; v < views.size(); ++v) offsets[v] += views[v]->stride(d);
      if (position[d] < shape[d]) break;
      for (std::size_t v = 0; v < views.size(); ++v) offsets[v] -= views[v]->stride(d) * shape[d];
      position[d] = 0;
      if (d == 0) return;
    }
    if (leading == 0) return;
  }
}

// Calls f(offsets of the inputs and, last, of the output) for every element; all shapes are equal.
template <typename Function>
void for_each_element(const Operands& o, Function f) {
  std::vector<const View*> views;
  for (const View& v : o.in) views.push_back(&v);
  views.push_back(&o.out);
  std::swap(views.front(), views.back());  // the output leads: every kind has one
  const std::size_t rank = o.out.rank();
  const std::size_t leading = rank == 0 ? 0 : rank - 1;
  const Index n = rank == 0 ? 1 : o.out.shape()[leading];
  for_each_row(views, leading, [&](const std::vector<Index>& at, Index) {
    std::vector<Index> offsets = at;
    for (Index i = 0; i < n; ++i) {
      f(offsets);
      if (rank == 0) break;
      for (std::size_t v = 0; v < views.size(); ++v) offsets[v] += views[v]->stride(leading);
    }
  });
}
// Places in `offsets` of for_each_element: the output first; input 0 is last, input 1 second.
inline constexpr std::size_t kOut = 0;

inline float multiplier_of(float in, float out) {
  return static_cast<float>(static_cast<double>(in) / static_cast<double>(out));
}
inline float multiplier_of(float a, float b, float out) {
  return static_cast<float>(static_cast<double>(a) * static_cast<double>(b) / static_cast<double>(out));
}

// host_contraction.cpp
void mat_mul(const HostOp& op, const Operands& o);
void conv2d(const HostOp& op, const Operands& o);

// host_quantized.cpp
void lookup(const HostOp& op, const Operands& o);
void quantize_sums(const HostOp& op, const Operands& o);
void quantize_float(const HostOp& op, const Operands& o);
void dequantize_float(const HostOp& op, const Operands& o);
void gather_rows(const Operands& o);
void interpolate(const HostOp& op, const Operands& o);

}  // namespace gemel::arch::host
