// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the importers of operators that move data have in common. On images of 4 dimensions they stay with the channels
// last where the image is so already.
#include <cstdint>
#include <string>
#include <vector>

#include "compiler/import/onnx_builder.h"

namespace gemel::compiler {

// Whether the value is at hand with the channels last, and is worked on so.
bool stays_image(const OnnxBuilder& builder, const std::string& x);
TensorId tensor_of(OnnxBuilder& builder, const std::string& x, bool is_image);
// A dimension of ONNX's order in that of the tensor.
std::size_t placed_axis(std::size_t axis, bool is_image);

// The node's output: the result of one more operator, or a tensor that is already there.
void define_moved(OnnxBuilder& builder, std::size_t output, bool is_image, OnnxType type, Operator op,
                  std::vector<TensorId> inputs);
void define_moved(OnnxBuilder& builder, std::size_t output, bool is_image, OnnxType type, TensorId tensor);

// Within the dimensions, counted from the front; refused where it is not.
std::size_t axis_of(const OnnxBuilder& builder, std::int64_t axis, std::size_t rank);
// Axes that were an attribute in old operator sets and are input `input` in new ones; empty where neither is there.
std::vector<std::int64_t> axes_of(const OnnxBuilder& builder, std::size_t input);

// Elements of these indices along a dimension of the tensor, in this order. Refused where that takes too many pieces.
TensorId picked(OnnxBuilder& builder, TensorId tensor, std::size_t axis, const std::vector<std::int64_t>& indices);
// The tensor `count` times, one behind the other.
TensorId repeated(OnnxBuilder& builder, TensorId tensor, std::size_t axis, std::int64_t count);

}  // namespace gemel::compiler
