// SPDX-License-Identifier: Apache-2.0
#pragma once
// Small float models with random weights, as exporters write them.
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "compiler/onnx/onnx_model.h"

namespace gemel::test_support {

class FloatModel {
 public:
  explicit FloatModel(std::uint64_t seed) : random_(seed) {
    model.name = "float_model";
    model.opsets[""] = 13;
  }

  std::string input(compiler::OnnxShape shape) {
    model.inputs.push_back({"x", compiler::OnnxType::Float, std::move(shape)});
    return "x";
  }

  // Uniform in [low, high).
  std::string weights(const compiler::OnnxShape& shape, float low, float high) {
    std::vector<float> values(static_cast<std::size_t>(compiler::onnx_element_count(shape)));
    for (float& v : values) v = low + (high - low) * static_cast<float>(random_() >> 8) / 16777216.0f;
    return constant(compiler::make_onnx_tensor(compiler::OnnxType::Float, shape, values));
  }
  std::string number(float value) { return constant(compiler::onnx_scalar(value)); }
  std::string integers(const std::vector<std::int64_t>& values) {
    return constant(
        compiler::make_onnx_tensor(compiler::OnnxType::Int64, {static_cast<std::int64_t>(values.size())}, values));
  }
  std::string constant(compiler::OnnxTensor tensor) {
    const std::string name = "c" + std::to_string(model.initializers.size());
    model.initializers[name] = std::move(tensor);
    return name;
  }

  std::string node(const std::string& op, std::vector<std::string> inputs,
                   std::map<std::string, compiler::OnnxAttribute> attributes = {}) {
    compiler::OnnxNode made;
    made.name = op + std::to_string(model.nodes.size());
    made.op_type = op;
    made.opset = model.opsets[""];
    made.inputs = std::move(inputs);
    made.outputs = {"v" + std::to_string(model.nodes.size())};
    made.attributes = std::move(attributes);
    model.nodes.push_back(made);
    return made.outputs[0];
  }

  // Convolution, batch normalisation.
  std::string conv(const std::string& x, std::int64_t from, std::int64_t to, std::int64_t kernel,
                   std::int64_t group = 1, std::int64_t stride = 1) {
    const float reach = 1.0f / static_cast<float>(kernel);
    const std::int64_t pad = kernel / 2;
    const std::string y =
        node("Conv", {x, weights({to, from / group, kernel, kernel}, -reach, reach), weights({to}, -0.1f, 0.1f)},
             {{"pads", compiler::OnnxAttribute::of(std::vector<std::int64_t>{pad, pad, pad, pad})},
              {"strides", compiler::OnnxAttribute::of(std::vector<std::int64_t>{stride, stride})},
              {"group", compiler::OnnxAttribute::of(group)}});
    return node("BatchNormalization", {y, weights({to}, 0.5f, 1.5f), weights({to}, -0.5f, 0.5f),
                                       weights({to}, -0.2f, 0.2f), weights({to}, 0.5f, 2.0f)});
  }

  compiler::OnnxModel with_output(const std::string& value) {
    model.outputs.push_back({value, compiler::OnnxType::Float, {}});
    return model;
  }

  compiler::OnnxModel model;

 private:
  std::mt19937 random_;
};

}  // namespace gemel::test_support
