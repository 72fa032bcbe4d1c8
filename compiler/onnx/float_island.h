// SPDX-License-Identifier: Apache-2.0
#pragma once
// Float operators on single elements between DequantizeLinear and QuantizeLinear, taken together: a function of one or
// two quantised values and of constants, whatever happens in between.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "compiler/onnx/constant_pool.h"

namespace gemel::compiler {

// Whether the operator works on single elements: it may be part of an island.
bool is_elementwise(const OnnxNode& node);

// The name that nodes of an island's body have for operand i.
std::string island_operand(std::size_t i);

struct FloatIsland {
  std::vector<OnnxNode> body;  // the last one makes the result
  std::vector<RealValue> operands;
  std::vector<std::string> constants;  // that the body reads by their own names
};

// What an island may be made of.
struct IslandSources {
  const ConstantPool& pool;
  std::function<std::optional<RealValue>(const std::string&)> quantised;  // where a value is at hand as integers
  std::function<const OnnxNode*(const std::string&)> producer;            // of a float value
};

// The island whose result is `value`; nothing where it is none of at most two quantised values. `culprit` is then the
// node that can not be part of it, where there is one.
std::optional<FloatIsland> find_float_island(const IslandSources& sources, const std::string& value,
                                             const OnnxNode*& culprit);

}  // namespace gemel::compiler
