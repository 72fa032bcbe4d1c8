// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which steps of a space are taken: all of them, or a sample. The same seed takes the same ones everywhere.
#include <cstdint>
#include <functional>
#include <vector>

#include "sim/sweep/sweep_spec.h"

namespace gemel::sim {

using Steps = std::vector<std::size_t>;  // one a dimension

struct SampledSpace {
  std::vector<Steps> taken;      // in the order of the whole space: the last dimension runs fastest
  std::uint64_t refused = 0;     // looked at, and refused by `accepts`
  std::uint64_t duplicates = 0;  // Latin hypercube: drawn more than once
};

// The number of machines in the space, or the largest number where there are more.
std::uint64_t space_size(const std::vector<std::size_t>& sizes);

// Random samples draw again what `accepts` refuses, until the space or the patience ends; a Latin hypercube keeps its
// strata and loses what is refused. A whole space must have at most kLargestWholeSpace machines.
constexpr std::uint64_t kLargestWholeSpace = 5000000;
SampledSpace sample_space(const std::vector<std::size_t>& sizes, const Sampling& sampling,
                          const std::function<bool(const Steps&)>& accepts);

}  // namespace gemel::sim
