// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a quantised model says in float against what the machine's integers say.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "compiler/import/onnx_import.h"
#include "compiler/onnx/canonical.h"
#include "compiler/quantize/quantize_model.h"
#include "compiler/reference/graph_executor.h"

namespace gemel::test_support {

inline std::vector<compiler::NamedOnnxTensors> samples_of(const compiler::OnnxModel& model) {
  return {compiler::generated_inputs(model, 1), compiler::generated_inputs(model, 2)};
}

inline std::size_t nodes_of(const compiler::OnnxModel& model, const std::string& op) {
  return static_cast<std::size_t>(std::count_if(model.nodes.begin(), model.nodes.end(),
                                                [&](const compiler::OnnxNode& n) { return n.op_type == op; }));
}

// The largest difference, in units in the last place, between the machine's integers and the quantised model as run in
// float.
inline float integer_difference(const compiler::OnnxModel& model, compiler::OnnxImport* imported = nullptr) {
  using namespace compiler;
  const ModelQuantizer quantizer(model, samples_of(model));
  const OnnxModel quantized = quantizer.quantized(quantizer.calibrate({}, false));
  OnnxImport import = import_onnx(canonical_onnx(quantized));
  const NamedOnnxTensors inputs = generated_inputs(model, 1);
  std::unordered_map<TensorId, TensorValue> data;
  for (const auto& [name, tensor] : inputs) {
    TensorValue value;
    if (tensor.type == OnnxType::Float) {
      value.int32_data = tensor.elements<std::int32_t>();  // the bits
    } else {
      for (const std::int64_t v : tensor.integers()) value.int32_data.push_back(static_cast<std::int32_t>(v));
    }
    data[import.places.at(name).tensor] = std::move(value);
  }
  const auto values = execute_graph(import.graph, data);
  const std::string& output = model.outputs[0].name;
  const std::vector<std::int32_t>& got = values.at(import.places.at(output).tensor).int32_data;
  const std::vector<float> wanted = run_onnx(quantized, inputs).at(output).elements<float>();
  EXPECT_EQ(got.size(), wanted.size());
  const float scale = quantized.initializers.at(output + "_scale").elements<float>()[0];
  float most = 0;
  for (std::size_t i = 0; i < std::min(got.size(), wanted.size()); ++i) {
    float v = 0;
    std::memcpy(&v, &got[i], sizeof v);
    most = std::max(most, std::fabs(v - wanted[i]) / scale);
  }
  if (imported) *imported = std::move(import);
  return most;
}

}  // namespace gemel::test_support
