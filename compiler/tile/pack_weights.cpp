// SPDX-License-Identifier: Apache-2.0
#include "compiler/tile/pack_weights.h"

#include <algorithm>
#include <cstring>

#include "sim/arch/input_error.h"

namespace gemel::compiler {
namespace {

void copy_row(const std::int8_t* from, std::int64_t stride, std::int32_t count, std::uint8_t* to) {
  if (stride == 1) {
    std::memcpy(to, from, static_cast<std::size_t>(count));
    return;
  }
  for (std::int32_t i = 0; i < count; ++i) to[i] = static_cast<std::uint8_t>(from[i * stride]);
}

void pack_dense(const WeightSource& s, const WeightPacking& p, std::vector<std::uint8_t>& out) {
  for (std::int32_t block = 0; block < p.lane_blocks; ++block) {
    const std::int32_t lanes = std::min(p.dim, s.lanes - block * p.dim);
    for (std::int32_t tap = 0; tap < p.taps; ++tap) {
      std::uint8_t* to = out.data() + p.offset(block, tap, 0);
      for (std::int32_t l = 0; l < lanes; ++l) {
        const std::int8_t* from =
            s.data + s.tap_offset[static_cast<std::size_t>(tap)] + (std::int64_t{block} * p.dim + l) * s.lane_stride;
        copy_row(from, s.output_stride, s.outputs, to + l * p.row_bytes);
      }
    }
  }
}

// Block j holds the groups of its lanes on its diagonal.
void pack_diagonal(const WeightSource& s, const WeightPacking& p, std::vector<std::uint8_t>& out) {
  for (std::int32_t tap = 0; tap < p.taps; ++tap) {
    for (std::int32_t o = 0; o < s.outputs; ++o) {
      const std::int32_t block = o / p.dim;
      std::uint8_t* to = out.data() + p.offset(0, tap, block) + o % p.dim;
      const std::int32_t group_start = o / s.group_lanes * s.group_lanes - block * p.dim;
      for (std::int32_t l = 0; l < s.group_lanes; ++l) {
        to[(group_start + l) * p.row_bytes] = static_cast<std::uint8_t>(
            s.data[s.tap_offset[static_cast<std::size_t>(tap)] + l * s.lane_stride + o * s.output_stride]);
      }
    }
  }
}

[[noreturn]] void too_narrow(const Machine& machine, const std::string& layer, std::int64_t worst) {
  std::uint32_t bits = machine.config.mesh.output_bits;
  while (worst > (std::int64_t{1} << (bits - 1)) - 1) ++bits;
  throw arch::InputError(machine.config.name + ": layer '" + layer + "' can exceed the " +
                         std::to_string(machine.config.mesh.output_bits) + "-bit sums of the array (worst case " +
                         std::to_string(worst) + "); mesh.output_bits: " + std::to_string(bits) + " would be right");
}

}  // namespace

std::vector<std::uint8_t> pack_weights(const WeightSource& source, const WeightPacking& packing) {
  std::vector<std::uint8_t> out(static_cast<std::size_t>(packing.bytes()), 0);
  if (source.group_lanes > 0) {
    pack_diagonal(source, packing, out);
  } else {
    pack_dense(source, packing, out);
  }
  return out;
}

void check_partial_sums(const std::vector<std::uint8_t>& packed, const WeightPacking& packing, const Machine& machine,
                        const std::string& layer) {
  // Even DIM weights of -128 fit: nothing to look at.
  if (std::int64_t{packing.dim} * 128 * 128 < std::int64_t{1} << (machine.config.mesh.output_bits - 1)) return;
  std::int64_t worst = 0;
  std::vector<std::int32_t> sums(static_cast<std::size_t>(packing.row_bytes));
  const std::size_t block_bytes = static_cast<std::size_t>(packing.dim * packing.row_bytes);
  for (std::size_t block = 0; block + block_bytes <= packed.size(); block += block_bytes) {
    std::fill(sums.begin(), sums.end(), 0);
    for (std::size_t i = 0; i < block_bytes; ++i) {
      const auto w = static_cast<std::int8_t>(packed[block + i]);
      sums[i % sums.size()] += w < 0 ? -w : w;
    }
    worst = std::max<std::int64_t>(worst, *std::max_element(sums.begin(), sums.end()));
  }
  worst *= 128;
  if (worst > (std::int64_t{1} << (machine.config.mesh.output_bits - 1)) - 1) too_narrow(machine, layer, worst);
}

void check_partial_sums(std::int32_t lanes, const Machine& machine, const std::string& layer) {
  // The extreme itself (every product -128 · -128) is one too many for a power of two and can not occur in practice:
  // quantised activations stay within +-127 or one operand does.
  const std::int64_t worst = std::int64_t{std::min(lanes, machine.dim())} * 128 * 127;
  if (worst > (std::int64_t{1} << (machine.config.mesh.output_bits - 1)) - 1) too_narrow(machine, layer, worst);
}

}  // namespace gemel::compiler
