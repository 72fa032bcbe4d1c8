// SPDX-License-Identifier: Apache-2.0
#pragma once
// Plans of contractions that differ only in where their operands lie are made once.
#include <string>
#include <unordered_map>

#include "compiler/tile/tile_plan.h"

namespace gemel::compiler {

// Equal for contractions that differ only in where their operands lie.
std::string shape_key(const Contraction& work);

class PlanCache {
 public:
  const TilePlan& plan(const Contraction& work, const Machine& machine);

 private:
  std::unordered_map<std::string, TilePlan> plans_;
};

}  // namespace gemel::compiler
