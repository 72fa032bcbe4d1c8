// SPDX-License-Identifier: Apache-2.0
#pragma once
// Brings constant weights into the order of WeightPacking, and proves that no sum inside the array can wrap.
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "compiler/tile/weight_packing.h"

namespace gemel::compiler {

// Where the weights of one tap come from: lane l, output o is data[tap_offset[tap] + l·lane_stride + o·output_stride].
// In a diagonal contraction of groups of `group_lanes` lanes (= outputs), l counts inside the group.
struct WeightSource {
  const std::int8_t* data = nullptr;
  std::vector<std::int64_t> tap_offset;
  std::int64_t lane_stride = 0, output_stride = 1;
  std::int32_t lanes = 0, outputs = 0;
  std::int32_t group_lanes = 0;  // 0: not diagonal
};

std::vector<std::uint8_t> pack_weights(const WeightSource& source, const WeightPacking& packing);

// Throws arch::InputError where |sum| of one pass through the array may exceed mesh.output_bits. Inputs count as -128.
void check_partial_sums(const std::vector<std::uint8_t>& packed, const WeightPacking& packing, const Machine& machine,
                        const std::string& layer);
// The same for products of two activations.
void check_partial_sums(std::int32_t lanes, const Machine& machine, const std::string& layer);

}  // namespace gemel::compiler
