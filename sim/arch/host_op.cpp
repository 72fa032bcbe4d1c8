// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/host_op.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/arch/host_math.h"
#include "sim/arch/host_tensor_view.h"
#include "sim/arch/numerics.h"

namespace gemel::arch {

namespace {

using Kind = HostOpKind;
using host::for_each_element;
using host::for_each_row;
using host::Index;
using host::kOut;
using host::multiplier_of;
using host::Operands;
using host::View;

void put_softmax(const View& out, Index at, float value, std::int32_t zero_point) {
  if (zero_point == 0) {
    out.put_rounded(at, value);
  } else {
    const auto rounded = static_cast<std::int32_t>(std::nearbyint(std::max(std::min(value, 65536.0f), -65536.0f)));
    out.put(at, std::min(std::max(rounded + zero_point, -128), 127));
  }
}

void softmax(const HostOp& op, const Operands& o) {
  const std::int32_t zero_point = op.params.size() > 2 ? static_cast<std::int32_t>(op.params[2]) : 0;
  const View& x = o.in[0];
  const bool causal = op.params[0] != 0, is_logarithm = op.params.size() > 3 && op.params[3] != 0;
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
    for (Index j = 0; is_logarithm && j < n; ++j) {
      const auto below = static_cast<float>(static_cast<std::int64_t>(x.get(at[0] + j * x.stride(last))) - most);
      const double value = static_cast<double>(below * op.scales[0]) - log_from_one(sum);
      put_softmax(o.out, at[1] + j * o.out.stride(last), static_cast<float>(value / static_cast<double>(op.scales[1])),
                  zero_point);
    }
    if (is_logarithm) return;
    for (Index j = 0; j < n; ++j) {
      const float value =
          j < used ? static_cast<float>(static_cast<double>(e[j]) / sum / static_cast<double>(op.scales[1])) : 0.0f;
      put_softmax(o.out, at[1] + j * o.out.stride(last), value, zero_point);
    }
  });
}

// With a second input that is added before.
void masked_softmax(const HostOp& op, const Operands& o) {
  const std::int32_t zero_point = op.params.size() > 2 ? static_cast<std::int32_t>(op.params[2]) : 0;
  const View &x = o.in[0], &mask = o.in[1];
  const Index n = x.shape().back();
  const std::size_t last = x.rank() - 1;
  std::vector<float> v(static_cast<std::size_t>(n));
  for_each_row({&x, &mask, &o.out}, last, [&](const std::vector<Index>& at, Index row) {
    const Index used = op.params[0] != 0 ? std::min(n, std::max<Index>(row + op.params[1] + 1, 0)) : n;
    float most = -std::numeric_limits<float>::infinity();
    for (Index j = 0; j < used; ++j) {
      const float score = static_cast<float>(x.get(at[0] + j * x.stride(last))) * op.scales[0];
      const float hiding = static_cast<float>(mask.get(at[1] + j * mask.stride(last))) * op.scales[1];
      v[j] = score + hiding;
      most = std::max(most, v[j]);
    }
    double sum = 0;
    for (Index j = 0; j < used; ++j) {
      v[j] = static_cast<float>(exp_of_nonpositive(static_cast<double>(v[j] - most)));
      sum += static_cast<double>(v[j]);
    }
    for (Index j = 0; j < n; ++j) {
      const double value = j < used ? static_cast<double>(v[j]) / sum / static_cast<double>(op.scales[2]) : 0.0;
      put_softmax(o.out, at[2] + j * o.out.stride(last), static_cast<float>(value), zero_point);
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

}  // namespace

void run_host_op(const HostOp& op, std::uint8_t* memory, std::uint64_t base, std::uint64_t size) {
  check_host_op(op);
  Operands o{{}, View(op.output, memory, base, size)};
  for (const HostTensor& t : op.inputs) o.in.emplace_back(t, memory, base, size);
  switch (op.kind) {
    case Kind::Softmax:
      if (op.inputs.size() == 2) {
        masked_softmax(op, o);
      } else {
        softmax(op, o);
      }
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
      host::mat_mul(op, o);
      return;
    case Kind::Conv2d:
      host::conv2d(op, o);
      return;
    case Kind::Lookup:
      host::lookup(op, o);
      return;
    case Kind::QuantizeSums:
      host::quantize_sums(op, o);
      return;
    case Kind::QuantizeFloat:
      host::quantize_float(op, o);
      return;
    case Kind::DequantizeFloat:
      host::dequantize_float(op, o);
      return;
    case Kind::GatherRows:
      host::gather_rows(o);
      return;
    case Kind::Interpolate:
      host::interpolate(op, o);
      return;
  }
}

}  // namespace gemel::arch
