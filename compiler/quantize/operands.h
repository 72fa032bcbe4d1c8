// SPDX-License-Identifier: Apache-2.0
#pragma once
// The operands of a node that is being evaluated, and the evaluators of single operators.
#include <cstdint>
#include <string>
#include <vector>

#include "compiler/onnx/onnx_model.h"

namespace gemel::compiler {

using OnnxTensors = std::vector<OnnxTensor>;

class Operands {
 public:
  Operands(const OnnxNode& node, const std::vector<const OnnxTensor*>& inputs) : node_(node), inputs_(inputs) {}

  const OnnxNode& node() const { return node_; }
  std::size_t count() const { return inputs_.size(); }
  bool has(std::size_t i) const { return i < inputs_.size() && inputs_[i] != nullptr; }
  // Each throws OnnxError where input i is absent or of another type.
  const OnnxTensor& at(std::size_t i) const;
  const OnnxShape& shape(std::size_t i) const { return at(i).shape; }
  std::vector<float> floats(std::size_t i) const;
  std::vector<std::int64_t> integers(std::size_t i) const;
  float one_float(std::size_t i) const;

  // A list of whole numbers that was an attribute in old operator sets and is input i in new ones.
  std::vector<std::int64_t> list(std::size_t i, const char* attribute) const;
  // Within the dimensions, counted from the front.
  std::size_t axis(std::int64_t given, std::size_t rank) const;
  // The number of elements; refuses what would fill the memory.
  std::size_t checked_count(const OnnxShape& shape) const;
  [[noreturn]] void fail(const std::string& what) const;

 private:
  const OnnxNode& node_;
  const std::vector<const OnnxTensor*>& inputs_;
};

OnnxTensor float_tensor(OnnxShape shape, const std::vector<float>& values);
// Whole numbers as elements of this type, cut to its width.
OnnxTensor integer_tensor(OnnxType type, OnnxShape shape, const std::vector<std::int64_t>& values);
OnnxShape row_major_strides(const OnnxShape& shape);

// evaluate_windows.cpp
OnnxTensors evaluate_conv(const Operands& in);
OnnxTensors evaluate_conv_transpose(const Operands& in);
OnnxTensors evaluate_pool(const Operands& in);

// evaluate_products.cpp
OnnxTensors evaluate_matmul(const Operands& in);
OnnxTensors evaluate_gemm(const Operands& in);

// evaluate_elements.cpp
OnnxTensors evaluate_unary(const Operands& in);
OnnxTensors evaluate_binary(const Operands& in);
OnnxTensors evaluate_clip(const Operands& in);
OnnxTensors evaluate_where(const Operands& in);
OnnxTensors evaluate_cast(const Operands& in);
OnnxTensors evaluate_quantize(const Operands& in);
OnnxTensors evaluate_dequantize(const Operands& in);

// evaluate_rows.cpp
OnnxTensors evaluate_softmax(const Operands& in);
OnnxTensors evaluate_layer_norm(const Operands& in);
OnnxTensors evaluate_batch_norm(const Operands& in);
OnnxTensors evaluate_channel_norm(const Operands& in);
OnnxTensors evaluate_reduce(const Operands& in);
OnnxTensors evaluate_global_pool(const Operands& in);

// evaluate_movement.cpp
OnnxTensors evaluate_shape(const Operands& in);
OnnxTensors evaluate_constant(const Operands& in);
OnnxTensors evaluate_constant_of_shape(const Operands& in);
OnnxTensors evaluate_range(const Operands& in);
OnnxTensors evaluate_reshape(const Operands& in);
OnnxTensors evaluate_identity(const Operands& in);
OnnxTensors evaluate_transpose(const Operands& in);
OnnxTensors evaluate_concat(const Operands& in);
OnnxTensors evaluate_slice(const Operands& in);
OnnxTensors evaluate_split(const Operands& in);
OnnxTensors evaluate_gather(const Operands& in);
OnnxTensors evaluate_expand(const Operands& in);
OnnxTensors evaluate_pad(const Operands& in);
OnnxTensors evaluate_scatter_nd(const Operands& in);

// evaluate_resize.cpp
OnnxTensors evaluate_resize(const Operands& in);

// evaluate_repeats.cpp
OnnxTensors evaluate_tile(const Operands& in);
OnnxTensors evaluate_depth_space(const Operands& in);

}  // namespace gemel::compiler
