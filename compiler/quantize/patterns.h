// SPDX-License-Identifier: Apache-2.0
#pragma once
// Single nodes in place of what exporters take apart. Each looks at every node once; dead nodes stay.
#include "compiler/quantize/float_run.h"
#include "compiler/quantize/graph_edit.h"

namespace gemel::compiler {

// BatchNormalization into the Conv before it; else a depthwise Conv of its own.
void fold_batch_norm(GraphEdit& edit);
// x/2 · (1 + erf(x/√2)), and its approximation with tanh.
void find_gelu(GraphEdit& edit);
// (x - mean) / sqrt(variance + epsilon) · gamma + beta.
void find_layer_norm(GraphEdit& edit, const std::map<std::string, OnnxShape>& shapes);
// ReduceMean over height and width.
void find_image_means(GraphEdit& edit, const std::map<std::string, OnnxShape>& shapes);
// Sub and Div of a constant as Add and Mul.
void turn_around_constants(GraphEdit& edit);

}  // namespace gemel::compiler
