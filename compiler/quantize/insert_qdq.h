// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>

#include "compiler/onnx/onnx_model.h"
#include "compiler/quantize/scale_plan.h"

namespace gemel::compiler {

// The model with every quantised value rounded to int8 and back (QuantizeLinear, DequantizeLinear), weights as int8
// constants in [-127, 127]. A value keeps its name for what its readers see; before rounding it is NAME_float.
OnnxModel with_rounding(const OnnxModel& model, const QuantizedValues& values,
                        const std::map<std::string, float>& scales, bool weights_per_channel);

}  // namespace gemel::compiler
