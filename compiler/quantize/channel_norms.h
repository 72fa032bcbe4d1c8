// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>

#include "compiler/onnx/onnx_model.h"

namespace gemel::compiler {

// InstanceNormalization and GroupNormalization as what the machine has: the elements of a channel or a group become a
// row of a LayerNormalization, and scale and offset of each channel a BatchNormalization behind it.
void split_channel_norms(OnnxModel& model, const std::map<std::string, OnnxShape>& shapes);

}  // namespace gemel::compiler
