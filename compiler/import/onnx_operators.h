// SPDX-License-Identifier: Apache-2.0
#pragma once
// Importers of single nodes. Each reads builder.node(), adds to the graph and defines the node's outputs; all throw
// OnnxError. Formulas are those of ONNX Runtime: docs/onnx.md.
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "compiler/import/onnx_builder.h"

namespace gemel::compiler {

// onnx_convolutions.cpp
void import_qlinear_conv(OnnxBuilder& builder);
void import_conv_integer(OnnxBuilder& builder);
void import_conv_transpose(OnnxBuilder& builder);

// onnx_matrices.cpp
void import_qlinear_matmul(OnnxBuilder& builder);
void import_matmul_integer(OnnxBuilder& builder);
void import_qgemm(OnnxBuilder& builder);

// onnx_elementwise.cpp
void import_binary(OnnxBuilder& builder);
void import_unary(OnnxBuilder& builder);
void import_relu(OnnxBuilder& builder);
void import_clip(OnnxBuilder& builder);
void import_softmax(OnnxBuilder& builder);
void import_layer_norm(OnnxBuilder& builder);
void import_quantize(OnnxBuilder& builder);
void import_dequantize(OnnxBuilder& builder);

// onnx_islands.cpp
void import_island(OnnxBuilder& builder);
void import_where(OnnxBuilder& builder);

// onnx_reductions.cpp
void import_reduce(OnnxBuilder& builder);

// onnx_pools.cpp
void import_global_max_pool(OnnxBuilder& builder);
void import_max_pool(OnnxBuilder& builder);
void import_average_pool(OnnxBuilder& builder);
void import_global_average_pool(OnnxBuilder& builder);

// onnx_joins.cpp
void import_concat(OnnxBuilder& builder);
void import_qlinear_concat(OnnxBuilder& builder);

// onnx_reshapes.cpp
void import_reshape(OnnxBuilder& builder);
void import_identity(OnnxBuilder& builder);
void import_transpose(OnnxBuilder& builder);
void import_depth_space(OnnxBuilder& builder);

// onnx_parts.cpp
void import_slice(OnnxBuilder& builder);
void import_split(OnnxBuilder& builder);
void import_pad(OnnxBuilder& builder);
void import_gather(OnnxBuilder& builder);
void import_expand(OnnxBuilder& builder);
void import_tile(OnnxBuilder& builder);

// onnx_gather_rows.cpp
void import_any_gather(OnnxBuilder& builder);

// onnx_resize.cpp
void import_resize(OnnxBuilder& builder);
void import_quantized_resize(OnnxBuilder& builder);

}  // namespace gemel::compiler
