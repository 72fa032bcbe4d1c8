// SPDX-License-Identifier: Apache-2.0
#pragma once
// Float models to QDQ models of int8: simplify, calibrate, plan scales, round.
#include <cstdint>
#include <vector>

#include "compiler/onnx/onnx_model.h"
#include "compiler/quantize/float_run.h"
#include "compiler/quantize/profile.h"
#include "compiler/quantize/value_statistics.h"

namespace gemel::compiler {

// Float inputs, or indices of float tables; and no operator on integers yet.
bool is_float_model(const OnnxModel& model);

class ModelQuantizer {
 public:
  // `samples` are sets of inputs, at least one; the first also gives the shapes. Throws OnnxError.
  ModelQuantizer(const OnnxModel& model, std::vector<NamedOnnxTensors> samples);

  // The model as it is quantised: the same function of its inputs.
  const OnnxModel& simplified() const { return model_; }

  // From runs on all samples.
  QuantizationProfile calibrate(const Calibration& calibration, bool weights_per_channel) const;

  // A model that canonical_onnx() takes.
  OnnxModel quantized(const QuantizationProfile& profile) const;

 private:
  std::vector<NamedOnnxTensors> samples_;
  OnnxModel model_;
};

// What `gemel run` does with a float model: one generated sample, min-max, one scale for each tensor.
OnnxModel quantized_by_default(const OnnxModel& model);

}  // namespace gemel::compiler
