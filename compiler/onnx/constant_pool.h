// SPDX-License-Identifier: Apache-2.0
#pragma once
// The constants of a model that is being made: names that nothing has yet, scales and zero points.
#include <map>
#include <set>
#include <string>

#include "compiler/onnx/onnx_model.h"

namespace gemel::compiler {

// A float value as integers: scale · (value - zero point).
struct RealValue {
  std::string value, scale, zero_point;  // names; no zero point is 0
  std::int64_t axis = 1;                 // of the scales, where there are more than one
};

class ConstantPool {
 public:
  // Of `model`, whose initialisers it reads and adds to; all its names are taken.
  explicit ConstantPool(OnnxModel& model);

  std::string unused(const std::string& wanted);
  void add(const std::string& name, OnnxTensor tensor) { model_.initializers[name] = std::move(tensor); }
  const OnnxTensor* find(const std::string& value) const { return model_.initializer(value); }
  bool is_float(const std::string& value) const;

  // Each throws OnnxError that names the node where the constant is absent or another.
  const OnnxTensor& need(const std::string& value, const OnnxNode& node) const;
  float one_scale(const std::string& value, const OnnxNode& node) const;
  std::vector<float> scales(const std::string& value, const OnnxNode& node) const;  // at least one
  const OnnxTensor& one_zero_point(const std::string& value, const OnnxNode& node) const;

  // The name of a zero of this type.
  std::string zero(OnnxType type);
  // Equal as numbers, whatever their names.
  bool same(const std::string& a, const std::string& b) const;
  bool same_quantization(const RealValue& a, const RealValue& b) const {
    return same(a.scale, b.scale) && same(a.zero_point, b.zero_point);
  }

  // What the QuantizeLinear `node` makes of the float constant that it reads.
  OnnxTensor quantised(const OnnxNode& node, const std::string& zero_point) const;

 private:
  OnnxModel& model_;
  std::set<std::string> used_;
  std::map<OnnxType, std::string> zeros_;
};

}  // namespace gemel::compiler
