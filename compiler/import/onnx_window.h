// SPDX-License-Identifier: Apache-2.0
#pragma once
// kernel_shape, strides, pads, dilations and auto_pad of convolutions and pools.
#include "compiler/graph/operators.h"
#include "compiler/import/onnx_builder.h"

namespace gemel::compiler {

// Over the spatial dimensions of `image` (ONNX's shape: channels first; one or two spatial dimensions). `kernel` is
// that of the weights; empty: the attribute kernel_shape, which must be there. With ceil_mode, padding after grows so
// that the last window is whole.
Window read_onnx_window(const OnnxBuilder& builder, const OnnxShape& image, const std::vector<std::int64_t>& kernel);

}  // namespace gemel::compiler
