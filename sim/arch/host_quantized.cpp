// SPDX-License-Identifier: Apache-2.0
// Tables, and what stands between sums, floats and integers with a zero point.
#include <algorithm>
#include <cmath>
#include <string>

#include "sim/arch/host_tensor_view.h"

namespace gemel::arch::host {

namespace {

// round(value) + zero_point, within [least, most]; half to even. NaN counts as the least.
std::int32_t rounded_within(float value, std::int32_t zero_point, std::int32_t least, std::int32_t most) {
  const auto low = static_cast<float>(least - zero_point);
  const auto high = static_cast<float>(most - zero_point);
  const float limited = value > low ? std::min(value, high) : low;
  return static_cast<std::int32_t>(std::nearbyint(limited)) + zero_point;
}

}  // namespace

void lookup(const HostOp& op, const Operands& o) {
  const View& table = o.in.back();
  if (op.inputs.size() == 2) {
    for_each_element({{o.in[0]}, o.out}, [&](const std::vector<Index>& at) {
      o.out.put(at[kOut], table.get((o.in[0].get(at.back()) + 128) * table.stride(0)));
    });
    return;
  }
  for_each_element({{o.in[0], o.in[1]}, o.out}, [&](const std::vector<Index>& at) {
    const Index entry = (Index{o.in[0].get(at[2])} + 128) * 256 + o.in[1].get(at[1]) + 128;
    o.out.put(at[kOut], table.get(entry * table.stride(0)));
  });
}

void quantize_sums(const HostOp& op, const Operands& o) {
  const auto zero_point = static_cast<std::int32_t>(op.params[0]);
  const auto least = static_cast<std::int32_t>(op.params[1]), most = static_cast<std::int32_t>(op.params[2]);
  const std::size_t terms = op.inputs.size() - 2;
  // for_each_element() puts the output first and input 0 last; the others keep their places.
  for_each_element(o, [&](const std::vector<Index>& at) {
    auto sum = static_cast<std::uint32_t>(o.in[0].get(at.back())) + static_cast<std::uint32_t>(op.params[3]);
    for (std::size_t t = 0; t < terms; ++t) {
      sum += static_cast<std::uint32_t>(op.params[4 + t]) * static_cast<std::uint32_t>(o.in[2 + t].get(at[2 + t]));
    }
    const float scaled = static_cast<float>(static_cast<std::int32_t>(sum)) * o.in[1].get_float(at[1]);
    o.out.put(at[kOut], rounded_within(scaled, zero_point, least, most));
  });
}

void quantize_float(const HostOp& op, const Operands& o) {
  const auto zero_point = static_cast<std::int32_t>(op.params[0]);
  for_each_element(o, [&](const std::vector<Index>& at) {
    o.out.put(at[kOut], rounded_within(o.in[0].get_float(at.back()) / op.scales[0], zero_point, -128, 127));
  });
}

void dequantize_float(const HostOp& op, const Operands& o) {
  for_each_element(o, [&](const std::vector<Index>& at) {
    const auto difference = static_cast<std::int32_t>(static_cast<std::uint32_t>(o.in[0].get(at.back())) -
                                                      static_cast<std::uint32_t>(op.params[0]));
    o.out.put(at[kOut], static_cast<std::int32_t>(bits_from_float(static_cast<float>(difference) * op.scales[0])));
  });
}

void gather_rows(const Operands& o) {
  const View &indices = o.in[0], &table = o.in[1];
  const Index rows = table.shape()[0], width = table.shape()[1];
  const std::size_t last = o.out.rank() - 1;
  for_each_row({&o.out, &indices}, last, [&](const std::vector<Index>& at, Index) {
    const Index given = indices.get(at[1]), row = given < 0 ? given + rows : given;
    if (row < 0 || row >= rows) {
      throw std::invalid_argument("host operator gather_rows: index " + std::to_string(given) +
                                  " is outside the table of " + std::to_string(rows) + " rows");
    }
    for (Index j = 0; j < width; ++j) {
      o.out.put(at[0] + j * o.out.stride(last), table.get(row * table.stride(0) + j * table.stride(1)));
    }
  });
}

void interpolate(const HostOp& op, const Operands& o) {
  const View& x = o.in[0];
  const auto& from = x.shape();
  const auto& to = o.out.shape();
  const float multiplier = multiplier_of(op.scales[0], op.scales[1]);
  const auto zero_in = static_cast<std::int32_t>(op.params[0]), zero_out = static_cast<std::int32_t>(op.params[1]);
  struct Tap {
    Index offset = 0;
    float weight = 0;
  };
  // Of element i along dimension d: offsets into x.
  const auto taps_of = [&](std::size_t d, Index i) {
    const View &elements = o.in[2 * d - 1], &weights = o.in[2 * d];
    std::vector<Tap> taps;
    for (Index t = 0; t < elements.shape()[1]; ++t) {
      const Index element = elements.get(i * elements.stride(0) + t * elements.stride(1));
      if (element < 0 || element >= from[d]) {
        throw std::invalid_argument("host operator interpolate: element " + std::to_string(element) + " is outside " +
                                    std::to_string(from[d]));
      }
      taps.push_back({element * x.stride(d), weights.get_float(i * weights.stride(0) + t * weights.stride(1))});
    }
    return taps;
  };
  std::vector<Tap> taps;
  for (Index r = 0; r < to[1]; ++r) {
    const std::vector<Tap> rows = taps_of(1, r);
    for (Index c = 0; c < to[2]; ++c) {
      taps.clear();
      const std::vector<Tap> columns = taps_of(2, c);
      for (const Tap& row : rows) {
        for (const Tap& column : columns) taps.push_back({row.offset + column.offset, row.weight * column.weight});
      }
      for (Index n = 0; n < to[0]; ++n) {
        for (Index k = 0; k < to[3]; ++k) {
          float value = 0;
          for (const Tap& tap : taps) {
            const std::int32_t q = x.get(n * x.stride(0) + k * x.stride(3) + tap.offset) - zero_in;
            value += tap.weight * static_cast<float>(q);
          }
          o.out.put(n * o.out.stride(0) + r * o.out.stride(1) + c * o.out.stride(2) + k * o.out.stride(3),
                    rounded_within(value * multiplier, zero_out, -128, 127));
        }
      }
    }
  }
}

}  // namespace gemel::arch::host
