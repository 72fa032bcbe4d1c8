// SPDX-License-Identifier: Apache-2.0
#pragma once
// Relu and Clip on integers.
#include <limits>
#include <string>

#include "compiler/onnx/constant_pool.h"

namespace gemel::compiler {

// What a chain of Relu and Clip makes of a number: limited to [low, high].
struct RealLimits {
  float low = -std::numeric_limits<float>::infinity(), high = std::numeric_limits<float>::infinity();

  // What follows is limited by the Relu or Clip `node`; or what came before.
  void then(const ConstantPool& pool, const OnnxNode& node);
  void first(const ConstantPool& pool, const OnnxNode& node);
};

bool is_limit(const OnnxNode& node);  // Relu or Clip

// A Clip of integers of this scale and zero point; input and output are still to be set.
OnnxNode integer_clip(ConstantPool& pool, const std::string& name, const RealLimits& limits, const std::string& scale,
                      const std::string& zero_point, const OnnxNode& like);

// Whether such a Clip changes any integer.
bool limits_anything(const ConstantPool& pool, const OnnxNode& clip);

}  // namespace gemel::compiler
