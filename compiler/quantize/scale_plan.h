// SPDX-License-Identifier: Apache-2.0
#pragma once
// The scale of every quantised value, so that operators that only move numbers need no rounding and sums of two
// tensors are exact in the accumulator.
#include <map>
#include <set>
#include <string>

#include "compiler/onnx/onnx_model.h"
#include "compiler/quantize/profile.h"

namespace gemel::compiler {

// What a value of the model becomes.
struct QuantizedValues {
  std::set<std::string> activations;  // int8, rounded after the node that makes them
  std::set<std::string> constants;    // operands of sums and the like: int8 too
  std::set<std::string> rescaled;     // a positive multiple of another: the same int8 with another scale
  std::set<std::string> masks;        // some of the first two, whose scale follows from the scores that they hide
};

// Of a simplified float model. Left out: what exists only inside a fused step (before an activation or a bias).
QuantizedValues quantized_values(const OnnxModel& model);

// The operator only moves, repeats, chooses or limits numbers.
bool keeps_numbers(const OnnxNode& node);

// Throws OnnxError where the profile lacks a value, or names one that the model has not.
std::map<std::string, float> planned_scales(const OnnxModel& model, const QuantizedValues& values,
                                            const QuantizationProfile& profile);

}  // namespace gemel::compiler
