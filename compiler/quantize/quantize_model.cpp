// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/quantize_model.h"

#include <algorithm>
#include <cmath>

#include "compiler/onnx/onnx_error.h"
#include "compiler/quantize/insert_qdq.h"
#include "compiler/quantize/scale_plan.h"
#include "compiler/quantize/simplify.h"

namespace gemel::compiler {
namespace {

const NamedOnnxTensors& first_of(const std::vector<NamedOnnxTensors>& samples) {
  if (samples.empty()) throw OnnxError("calibration needs at least one set of inputs");
  return samples[0];
}

}  // namespace

bool is_float_model(const OnnxModel& model) {
  const bool has_integers = std::any_of(model.nodes.begin(), model.nodes.end(), [](const OnnxNode& node) {
    const auto has = [&](const char* part) { return node.op_type.find(part) != std::string::npos; };
    return has("Quantize") || has("QLinear") || has("QGemm") || has("Integer");
  });
  const bool has_float_input = std::any_of(model.inputs.begin(), model.inputs.end(),
                                           [](const OnnxValue& input) { return input.type == OnnxType::Float; });
  // Indices: of an embedding.
  const bool has_indices = std::any_of(model.inputs.begin(), model.inputs.end(), [](const OnnxValue& input) {
    return input.type == OnnxType::Int64 || input.type == OnnxType::Int32;
  });
  const bool has_float_constant =
      std::any_of(model.initializers.begin(), model.initializers.end(),
                  [](const auto& constant) { return constant.second.type == OnnxType::Float; });
  return !has_integers && (has_float_input || (has_indices && has_float_constant));
}

ModelQuantizer::ModelQuantizer(const OnnxModel& model, std::vector<NamedOnnxTensors> samples)
    : samples_(std::move(samples)), model_(simplified_float_model(model, first_of(samples_))) {}

QuantizationProfile ModelQuantizer::calibrate(const Calibration& calibration, bool weights_per_channel) const {
  const QuantizedValues values = quantized_values(model_);
  std::map<std::string, ValueStatistics> statistics;
  for (const NamedOnnxTensors& sample : samples_) {
    for (const OnnxValue& input : model_.inputs) {
      if (input.type != OnnxType::Float) continue;
      statistics[input.name].add(sample.at(input.name).elements<float>());
    }
    run_onnx(model_, sample, [&](const OnnxNode& node, const std::vector<OnnxTensor>& results) {
      for (std::size_t i = 0; i < node.outputs.size() && i < results.size(); ++i) {
        if (values.activations.count(node.outputs[i]) == 0 || values.masks.count(node.outputs[i]) != 0) continue;
        if (results[i].type != OnnxType::Float) {
          throw OnnxError(node.described() + ": its result '" + node.outputs[i] + "' is " +
                          onnx_type_name(results[i].type) + " and depends on the inputs; expected float");
        }
        statistics[node.outputs[i]].add(results[i].elements<float>());
      }
    });
  }
  QuantizationProfile profile;
  profile.model = model_.name;
  profile.weights_per_channel = weights_per_channel;
  for (const auto& [name, value] : statistics) {
    const float limit = value.limit(calibration);
    profile.values[name] = {value.least(), value.most(), std::isnormal(limit) ? limit : 1.0f};
  }
  return profile;
}

OnnxModel ModelQuantizer::quantized(const QuantizationProfile& profile) const {
  const QuantizedValues values = quantized_values(model_);
  return with_rounding(model_, values, planned_scales(model_, values, profile), profile.weights_per_channel);
}

OnnxModel quantized_by_default(const OnnxModel& model) {
  const ModelQuantizer quantizer(model, {generated_inputs(model, 1)});
  return quantizer.quantized(quantizer.calibrate({}, false));
}

}  // namespace gemel::compiler
