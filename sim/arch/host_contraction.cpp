// SPDX-License-Identifier: Apache-2.0
// MatMul and Conv2d on the host.
#include "sim/arch/host_tensor_view.h"

namespace gemel::arch::host {

namespace {

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

}  // namespace

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

}  // namespace gemel::arch::host
