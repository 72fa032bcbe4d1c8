// SPDX-License-Identifier: Apache-2.0
#pragma once
// Runs a whole model on plain tensors: a float one as its author meant it, or a QDQ one as it will be rounded.
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "compiler/onnx/onnx_model.h"

namespace gemel::compiler {

using NamedOnnxTensors = std::map<std::string, OnnxTensor>;

// Called after each node with its results, in the order of its outputs.
using OnnxVisitor = std::function<void(const OnnxNode& node, const std::vector<OnnxTensor>& results)>;

// `inputs` holds every input of the model. Returns the model's outputs; other values are dropped after their last
// reader. Throws OnnxError.
NamedOnnxTensors run_onnx(const OnnxModel& model, const NamedOnnxTensors& inputs, const OnnxVisitor& visit = nullptr);

// Bell-shaped data of standard deviation 1 for float inputs; for whole numbers, rows of the tables that they index,
// else zeros and ones. A function of model and seed alone. Throws OnnxError where an input is of another type.
NamedOnnxTensors generated_inputs(const OnnxModel& model, std::uint64_t seed);

}  // namespace gemel::compiler
