// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "compiler/import/onnx_movement.h"
#include "compiler/import/onnx_operators.h"

namespace gemel::compiler {
namespace {

// Inputs that may be joined; of one type.
void concatenate(OnnxBuilder& builder, const std::vector<std::string>& values, const std::vector<TensorId>& tensors,
                 bool is_image, OnnxType type) {
  const std::size_t axis = axis_of(builder, builder.node().int_or("axis", 1), builder.rank(values[0]));
  define_moved(builder, 0, is_image, type, Concat{placed_axis(axis, is_image)}, tensors);
}

bool any_image(const OnnxBuilder& builder, const std::vector<std::string>& values) {
  bool any = false;
  for (const std::string& value : values) {
    if (builder.rank(value) != 4) return false;
    any = any || builder.is_channels_last(value);
  }
  return any;
}

}  // namespace

void import_concat(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  if (!node.has("axis")) builder.fail("the attribute 'axis' is missing");
  const bool is_image = any_image(builder, node.inputs);
  std::vector<TensorId> tensors;
  for (const std::string& value : node.inputs) {
    if (builder.type(value) != builder.type(node.input(0))) builder.fail("inputs of different types");
    tensors.push_back(tensor_of(builder, value, is_image));
  }
  if (tensors.empty()) builder.fail("reads nothing");
  concatenate(builder, node.inputs, tensors, is_image, builder.type(node.input(0)));
}

// y_scale, y_zero_point, then x, scale and zero point of each input.
void import_qlinear_concat(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  if (!node.has("axis")) builder.fail("the attribute 'axis' is missing");
  if (node.inputs.size() < 5 || (node.inputs.size() - 2) % 3 != 0) {
    builder.fail("has " + std::to_string(node.inputs.size()) + " inputs; expected 2 and 3 for each tensor");
  }
  const OnnxQuantization yq = builder.tensor_quantization(node.input(0), node.input(1));
  std::vector<std::string> values;
  for (std::size_t i = 2; i < node.inputs.size(); i += 3) values.push_back(node.inputs[i]);
  const bool is_image = any_image(builder, values);
  std::vector<TensorId> tensors;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const OnnxQuantization xq = builder.tensor_quantization(node.input(3 + 3 * i), node.input(4 + 3 * i));
    TensorId tensor = tensor_of(builder, values[i], is_image);
    if (xq.scale() != yq.scale() || xq.zero_point() != yq.zero_point()) {
      builder.remark("inputs of other scales pass through a table of the host");
      std::vector<std::int8_t> table(256);
      for (int v = -128; v < 128; ++v) {
        const float real = xq.scale() * static_cast<float>(v - xq.zero_point());
        const float scaled = std::nearbyint(real / yq.scale()) + static_cast<float>(yq.zero_point());
        table[static_cast<std::size_t>(v + 128)] =
            static_cast<std::int8_t>(std::min(std::max(scaled, -128.0f), 127.0f));
      }
      tensor = builder.add("rescaled", Lookup{}, {tensor, builder.add_table(table)});
    }
    tensors.push_back(tensor);
  }
  concatenate(builder, values, tensors, is_image, yq.type());
}

}  // namespace gemel::compiler
