// SPDX-License-Identifier: Apache-2.0
#pragma once
// A float model as quantisation wants it, the same function of its inputs.
#include "compiler/onnx/onnx_model.h"
#include "compiler/quantize/float_run.h"

namespace gemel::compiler {

// Whatever depends on shapes and constants alone becomes a constant; Identity and Dropout are gone; batch normalisation
// is part of the convolution before it, or a depthwise one; what exporters take apart (GELU, layer normalisation, means
// of images) is one node again. Shapes come from a run on `sample`.
OnnxModel simplified_float_model(const OnnxModel& model, const NamedOnnxTensors& sample);

}  // namespace gemel::compiler
