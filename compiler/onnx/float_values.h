// SPDX-License-Identifier: Apache-2.0
#pragma once
// Float values between DequantizeLinear and QuantizeLinear: which nodes make them, and which are at hand as integers.
#include <map>
#include <optional>
#include <set>
#include <string>

#include "compiler/onnx/constant_pool.h"

namespace gemel::compiler {

class FloatValues {
 public:
  // Of `in`; moves of integers are added to `out`.
  FloatValues(const OnnxModel& in, OnnxModel& out, ConstantPool& pool);

  // Values that the integer model leaves out: dequantised, or made of such.
  bool is_left_out(const std::string& value) const { return left_out_.count(value) != 0; }
  bool reads_left_out(const OnnxNode& node) const;
  void leave_out(const OnnxNode& node);
  // What makes a value that is left out, else null.
  const OnnxNode* producer(const std::string& value) const;

  // The result of a DequantizeLinear.
  void add_dequantised(const std::string& value, RealValue real) { reals_[value] = std::move(real); }
  bool is_dequantised(const std::string& value) const { return reals_.count(value) != 0; }

  // Integers of a float value that is only moved or limited since it was dequantised. Emits the moves.
  std::optional<RealValue> resolve(const std::string& value);
  // The same; throws OnnxError where there are none.
  RealValue need(const std::string& value, const OnnxNode& reader);
  // The zero point's name, made where it is absent.
  std::string zero_point(const RealValue& real);

  // What pads a tensor of integers of this quantisation. Where it must be exact, false where no integer is the number.
  bool set_pad_value(OnnxNode& node, const std::string& scale, const std::string& zero_point, bool is_exact);

 private:
  const OnnxModel& in_;
  OnnxModel& out_;
  ConstantPool& pool_;
  std::map<std::string, std::size_t> producer_;
  std::map<std::string, RealValue> reals_;
  std::set<std::string> left_out_;
};

// The first inputs of a node that moves numbers are those that it moves.
std::size_t moved_inputs(const OnnxNode& node);

}  // namespace gemel::compiler
