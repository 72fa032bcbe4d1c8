// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/host_op.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "sim/arch/host_math.h"
#include "sim/arch/numerics.h"

namespace gemel::arch {

namespace {

using Kind = HostOpKind;
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
constexpr std::size_t kOut = 0;

float multiplier_of(float in, float out) {
  return static_cast<float>(static_cast<double>(in) / static_cast<double>(out));
}
float multiplier_of(float a, float b, float out) {
  return static_cast<float>(static_cast<double>(a) * static_cast<double>(b) / static_cast<double>(out));
}

void softmax(const HostOp& op, const Operands& o) {
  const View& x = o.in[0];
  const bool causal = op.params[0] != 0;
  const Index n = x.shape().back();
  const std::size_t last = x.rank() - 1;
  std::vector<float> e(static_cast<std::size_t>(n));
  for_each_row({&x, &o.out}, last, [&](const std::vector<Index>& at, Index row) {
    const Index used = causal ? std::min(n, std::max<Index>(row + op.params[1] + 1, 0)) : n;
    std::int32_t most = INT32_MIN;
    for (Index j = 0; j < used; ++j) most = std::max(most, x.get(at[0] + j * x.stride(last)));
    double sum = 0;
    for (Index j = 0; j < used; ++j) {
      const auto below = static_cast<float>(static_cast<std::int64_t>(x.get(at[0] + j * x.stride(last))) - most);
      e[j] = static_cast<float>(exp_of_nonpositive(static_cast<double>(below * op.scales[0])));
      sum += static_cast<double>(e[j]);
    }
    for (Index j = 0; j < n; ++j) {
      const float value =
          j < used ? static_cast<float>(static_cast<double>(e[j]) / sum / static_cast<double>(op.scales[1])) : 0.0f;
      o.out.put_rounded(at[1] + j * o.out.stride(last), value);
    }
  });
}

void layer_norm(const HostOp& op, const Operands& o) {
  const View& x = o.in[0];
  const std::size_t last = x.rank() - 1;
  const Index n = x.shape().back();
  const double scale = op.scales[0];
  const double epsilon = float_from_bits(static_cast<std::uint32_t>(op.params[0]));
  for_each_row({&x, &o.out}, last, [&](const std::vector<Index>& at, Index) {
    double sum = 0;
    double squares = 0;
    for (Index j = 0; j < n; ++j) {
      const double v = x.get(at[0] + j * x.stride(last));
      sum += v;
      squares += v * v;
    }
    const double count = static_cast<double>(n);
    const double mean = sum / count;
    const double variance = (count * squares - sum * sum) / (count * count);
    const double factor = scale / std::sqrt(variance * (scale * scale) + epsilon);
    for (Index j = 0; j < n; ++j) {
      const double normal = (x.get(at[0] + j * x.stride(last)) - mean) * factor;
      const double gamma = o.in[1].get_float(j * o.in[1].stride(0));
      const double beta = o.in[2].get_float(j * o.in[2].stride(0));
      o.out.put_rounded(at[1] + j * o.out.stride(last),
                        static_cast<float>((normal * gamma + beta) / static_cast<double>(op.scales[1])));
    }
  });
}

float gelu_value(std::int32_t x, double scale, double out_scale) {
  constexpr double kSqrtHalf = 0.70710678118654752440;
  const double v = x * scale;
  return static_cast<float>(v * 0.5 * (1.0 + error_function(v * kSqrtHalf)) / out_scale);
}

void gelu(const HostOp& op, const Operands& o) {
  if (o.in[0].element_bytes() != 1) {
    for_each_element(o, [&](const std::vector<Index>& at) {
      o.out.put_rounded(at[kOut], gelu_value(o.in[0].get(at.back()), op.scales[0], op.scales[1]));
    });
    return;
  }
  float table[256];
  for (int x = -128; x < 128; ++x) table[x + 128] = gelu_value(x, op.scales[0], op.scales[1]);
  for_each_element(
      o, [&](const std::vector<Index>& at) { o.out.put_rounded(at[kOut], table[o.in[0].get(at.back()) + 128]); });
}

// Copy, Requantize and Relu: at least `least`, times multiplier where there are scales.
void rescale(const HostOp& op, const Operands& o, std::int32_t least) {
  const bool scaled = !op.scales.empty();
  const float multiplier = scaled ? multiplier_of(op.scales[0], op.scales[1]) : 1.0f;
  for_each_element(o, [&](const std::vector<Index>& at) {
    const std::int32_t value = std::max(o.in[0].get(at.back()), least);
    if (scaled) {
      o.out.put_rounded(at[kOut], static_cast<float>(value) * multiplier);
    } else if (o.out.element_bytes() == 1) {
      o.out.put(at[kOut], std::min(std::max(value, -128), 127));
    } else {
      o.out.put(at[kOut], value);
    }
  });
}

void add(const HostOp& op, const Operands& o) {
  const float ma = multiplier_of(op.scales[0], op.scales[2]);
  const float mb = multiplier_of(op.scales[1], op.scales[2]);
  const bool relu = op.params[0] != 0;
  for_each_element(o, [&](const std::vector<Index>& at) {
    const float a = static_cast<float>(o.in[0].get(at[2])) * ma;
    const float b = static_cast<float>(o.in[1].get(at[1])) * mb;
    const float sum = a + b;
    o.out.put_rounded(at[kOut], relu && sum < 0 ? 0.0f : sum);
  });
}

void mul(const HostOp& op, const Operands& o) {
  const float multiplier = multiplier_of(op.scales[0], op.scales[1], op.scales[2]);
  for_each_element(o, [&](const std::vector<Index>& at) {
    const float a = static_cast<float>(o.in[0].get(at[2]));
    const float b = static_cast<float>(o.in[1].get(at[1]));
    o.out.put_rounded(at[kOut], a * b * multiplier);
  });
}

void pool(const HostOp& op, const Operands& o) {
  const View& x = o.in[0];
  const auto& in = x.shape();
  const auto& out = o.out.shape();
  const auto& p = op.params;
  const bool average = op.kind == Kind::AveragePool;
  const bool pad_counts = p[8] != 0;
  for (Index b = 0; b < out[0]; ++b) {
    for (Index r = 0; r < out[1]; ++r) {
      for (Index c = 0; c < out[2]; ++c) {
        const Index top = r * p[2] - p[4];
        const Index left = c * p[3] - p[5];
        const Index r0 = std::max<Index>(top, 0), r1 = std::min(top + p[0], in[1]);
        const Index c0 = std::max<Index>(left, 0), c1 = std::min(left + p[1], in[2]);
        const Index inside = std::max<Index>(r1 - r0, 0) * std::max<Index>(c1 - c0, 0);
        const Index divisor = pad_counts ? p[0] * p[1] : std::max<Index>(inside, 1);
        const float factor =
            average ? static_cast<float>(static_cast<double>(op.scales[0]) /
                                         (static_cast<double>(op.scales[1]) * static_cast<double>(divisor)))
                    : 1.0f;
        for (Index k = 0; k < out[3]; ++k) {
          std::uint32_t sum = 0;
          std::int32_t most = pad_counts && inside < p[0] * p[1] ? 0 : INT32_MIN;
          for (Index i = r0; i < r1; ++i) {
            for (Index j = c0; j < c1; ++j) {
              const std::int32_t v = x.get(b * x.stride(0) + i * x.stride(1) + j * x.stride(2) + k * x.stride(3));
              sum += static_cast<std::uint32_t>(v);
              most = std::max(most, v);
            }
          }
          const Index at = b * o.out.stride(0) + r * o.out.stride(1) + c * o.out.stride(2) + k * o.out.stride(3);
          if (average) {
            o.out.put_rounded(at, static_cast<float>(static_cast<std::int32_t>(sum)) * factor);
          } else {
            o.out.put(at, most);
          }
        }
      }
    }
  }
}

// A finished sum of MatMul or Conv2d on its way to the output.
class SumWriter {
 public:
  SumWriter(const HostOp& op, const View& out, bool relu)
      : out_(out),
        multiplier_(multiplier_of(op.scales[0], op.scales[1], op.scales[2])),
        activation_(relu ? Activation::Relu : Activation::None) {}
  void put(Index offset, std::uint32_t sum) const {
    const auto value = static_cast<std::int32_t>(sum);
    out_.put(offset, out_.element_bytes() == 4 ? value : accumulator_scale(value, multiplier_, activation_));
  }

 private:
  const View& out_;
  float multiplier_;
  Activation activation_;
};

void mat_mul(const HostOp& op, const Operands& o) {
  const std::size_t rank = o.out.rank();
  const Index m = o.out.shape()[rank - 2], n = o.out.shape()[rank - 1], k = o.in[0].shape()[rank - 1];
  const View &a = o.in[0], &b = o.in[1];
  const View* bias = o.in.size() == 3 ? &o.in[2] : nullptr;
  const SumWriter writer(op, o.out, op.params[0] != 0);
  std::vector<const View*> views{&o.out, &a, &b};
  if (bias) views.push_back(bias);
  std::vector<std::uint32_t> sums(static_cast<std::size_t>(n));
  for_each_row(views, rank - 2, [&](const std::vector<Index>& at, Index) {
    for (Index i = 0; i < m; ++i) {
      for (Index j = 0; j < n; ++j) {
        sums[j] =
            bias
                ? static_cast<std::uint32_t>(bias->get(at[3] + i * bias->stride(rank - 2) + j * bias->stride(rank - 1)))
                : 0u;
      }
      for (Index l = 0; l < k; ++l) {
        const std::int32_t factor = a.get(at[1] + i * a.stride(rank - 2) + l * a.stride(rank - 1));
        if (factor == 0) continue;
        const auto* row = reinterpret_cast<const std::int8_t*>(b.at(at[2] + l * b.stride(rank - 2)));
        const Index step = b.stride(rank - 1);
        for (Index j = 0; j < n; ++j) sums[j] += static_cast<std::uint32_t>(factor * row[j * step]);
      }
      for (Index j = 0; j < n; ++j) {
        writer.put(at[0] + i * o.out.stride(rank - 2) + j * o.out.stride(rank - 1), sums[j]);
      }
    }
  });
}

void conv2d(const HostOp& op, const Operands& o) {
  const View &x = o.in[0], &w = o.in[1];
  const auto& out = o.out.shape();
  const auto& p = op.params;
  const Index group_inputs = w.shape()[2];
  const Index group_outputs = w.shape()[3] / p[8];
  const SumWriter writer(op, o.out, p[9] != 0);
  std::vector<std::uint32_t> sums(static_cast<std::size_t>(out[3]));
  for (Index b = 0; b < out[0]; ++b) {
    for (Index r = 0; r < out[1]; ++r) {
      for (Index c = 0; c < out[2]; ++c) {
        for (Index k = 0; k < out[3]; ++k) {
          sums[k] = o.in.size() == 3 ? static_cast<std::uint32_t>(o.in[2].get(k * o.in[2].stride(0))) : 0u;
        }
        for (Index kr = 0; kr < w.shape()[0]; ++kr) {
          const Index row = r * p[0] - p[2] + kr * p[6];
          if (row < 0 || row >= x.shape()[1]) continue;
          for (Index kc = 0; kc < w.shape()[1]; ++kc) {
            const Index col = c * p[1] - p[3] + kc * p[7];
            if (col < 0 || col >= x.shape()[2]) continue;
            const Index pixel = b * x.stride(0) + row * x.stride(1) + col * x.stride(2);
            const Index tap = kr * w.stride(0) + kc * w.stride(1);
            for (Index ch = 0; ch < x.shape()[3]; ++ch) {
              const std::int32_t factor = x.get(pixel + ch * x.stride(3));
              if (factor == 0) continue;
              const Index group = ch / group_inputs;
              const Index first = tap + (ch % group_inputs) * w.stride(2);
              for (Index k = group * group_outputs; k < (group + 1) * group_outputs; ++k) {
                sums[k] += static_cast<std::uint32_t>(factor * w.get(first + k * w.stride(3)));
              }
            }
          }
        }
        const Index at = b * o.out.stride(0) + r * o.out.stride(1) + c * o.out.stride(2);
        for (Index k = 0; k < out[3]; ++k) writer.put(at + k * o.out.stride(3), sums[k]);
      }
    }
  }
}

}  // namespace

void run_host_op(const HostOp& op, std::uint8_t* memory, std::uint64_t base, std::uint64_t size) {
  check_host_op(op);
  Operands o{{}, View(op.output, memory, base, size)};
  for (const HostTensor& t : op.inputs) o.in.emplace_back(t, memory, base, size);
  switch (op.kind) {
    case Kind::Softmax:
      softmax(op, o);
      return;
    case Kind::LayerNorm:
      layer_norm(op, o);
      return;
    case Kind::Gelu:
      gelu(op, o);
      return;
    case Kind::Copy:
      rescale(op, o, INT32_MIN);
      return;
    case Kind::Fill:
      for_each_element(
          o, [&](const std::vector<Index>& at) { o.out.put(at[kOut], static_cast<std::int32_t>(op.params[0])); });
      return;
    case Kind::MaxPool:
    case Kind::AveragePool:
      pool(op, o);
      return;
    case Kind::Requantize:
      rescale(op, o, op.params[0] != 0 ? 0 : INT32_MIN);
      return;
    case Kind::Add:
      add(op, o);
      return;
    case Kind::Mul:
      mul(op, o);
      return;
    case Kind::Relu:
      rescale(op, o, 0);
      return;
    case Kind::MatMul:
      mat_mul(op, o);
      return;
    case Kind::Conv2d:
      conv2d(op, o);
      return;
  }
}

}  // namespace gemel::arch
