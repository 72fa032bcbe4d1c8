// SPDX-License-Identifier: Apache-2.0
#pragma once
// How far a quantised model is from the float one, value by value.
#include <string>
#include <vector>

#include "compiler/onnx/onnx_model.h"
#include "compiler/quantize/float_run.h"

namespace gemel::compiler {

struct ValueError {
  std::string value;
  std::string made_by;         // "Conv"
  double signal_to_noise = 0;  // dB: power of the float numbers over that of the differences
  double cosine = 0;
  float most = 0;  // largest difference
};

struct QuantizationError {
  std::vector<ValueError> values;  // in execution order; those that both models have
  std::size_t rows = 0;            // of the first output, over all samples: one for each batch entry
  std::size_t same_first = 0;      // rows whose largest number stands at the same place
  std::size_t in_first_five = 0;   // rows whose largest number of the float run is among the five largest
};

// Both run on every sample. The quantised model is run as it is written (rounding after each value): where the machine
// rounds sums of a tie differently, it may be 1 in the last place away.
QuantizationError quantization_error(const OnnxModel& model, const OnnxModel& quantized,
                                     const std::vector<NamedOnnxTensors>& samples);

std::string error_table(const QuantizationError& error);

}  // namespace gemel::compiler
