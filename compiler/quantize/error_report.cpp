// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/error_report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

namespace gemel::compiler {
namespace {

constexpr double kHuge = 1e30;  // masks of attention add such numbers

// Sums over all samples.
struct Power {
  double signal = 0, noise = 0, other = 0, product = 0;
  float most = 0;

  void add(const std::vector<float>& wanted, const std::vector<float>& got) {
    for (std::size_t i = 0; i < std::min(wanted.size(), got.size()); ++i) {
      const double a = wanted[i], b = got[i];
      if (!(std::fabs(a) < kHuge) || !std::isfinite(b)) continue;
      signal += a * a;
      other += b * b;
      product += a * b;
      noise += (a - b) * (a - b);
      most = std::max(most, static_cast<float>(std::fabs(a - b)));
    }
  }
};

void count_agreement(const OnnxTensor& wanted, const OnnxTensor& got, QuantizationError& error) {
  const std::vector<float> a = wanted.elements<float>(), b = got.elements<float>();
  const std::size_t rows =
      wanted.shape.empty() ? 1 : static_cast<std::size_t>(std::max<std::int64_t>(wanted.shape[0], 1));
  const std::size_t each = a.size() / rows;
  for (std::size_t r = 0; r < rows && each > 0; ++r) {
    const float *x = a.data() + r * each, *y = b.data() + r * each;
    const auto first = static_cast<std::size_t>(std::max_element(x, x + each) - x);
    std::size_t above = 0;
    for (std::size_t i = 0; i < each; ++i) above += y[i] > y[first];
    ++error.rows;
    error.same_first += above == 0;
    error.in_first_five += above < 5;
  }
}

}  // namespace

QuantizationError quantization_error(const OnnxModel& model, const OnnxModel& quantized,
                                     const std::vector<NamedOnnxTensors>& samples) {
  QuantizationError error;
  std::map<std::string, Power> powers;
  std::vector<std::pair<std::string, std::string>> order;
  for (const NamedOnnxTensors& sample : samples) {
    NamedOnnxTensors kept;
    const NamedOnnxTensors wanted =
        run_onnx(model, sample, [&](const OnnxNode& node, const std::vector<OnnxTensor>& results) {
          for (std::size_t i = 0; i < node.outputs.size() && i < results.size(); ++i) {
            if (!node.outputs[i].empty() && results[i].type == OnnxType::Float) kept[node.outputs[i]] = results[i];
            if (powers.emplace(node.outputs[i], Power{}).second) order.emplace_back(node.outputs[i], node.op_type);
          }
        });
    const NamedOnnxTensors got =
        run_onnx(quantized, sample, [&](const OnnxNode& node, const std::vector<OnnxTensor>& results) {
          for (std::size_t i = 0; i < node.outputs.size() && i < results.size(); ++i) {
            const auto reference = kept.find(node.outputs[i]);
            if (reference == kept.end()) continue;
            powers[node.outputs[i]].add(reference->second.elements<float>(), results[i].elements<float>());
            kept.erase(reference);
          }
        });
    const std::string& first = model.outputs.at(0).name;
    count_agreement(wanted.at(first), got.at(first), error);
  }
  for (const auto& [value, op] : order) {
    const Power& power = powers[value];
    if (power.other == 0 && power.noise == 0) continue;  // only before a fused step, or all zero
    ValueError entry{value, op, 0, 0, power.most};
    entry.signal_to_noise =
        power.noise == 0 ? std::numeric_limits<double>::infinity() : 10 * std::log10(power.signal / power.noise);
    entry.cosine = power.product / std::sqrt(power.signal * power.other);
    error.values.push_back(entry);
  }
  return error;
}

std::string error_table(const QuantizationError& error) {
  std::size_t width = 5;
  for (const ValueError& value : error.values) width = std::max(width, value.value.size());
  width = std::min<std::size_t>(width, 60);
  char line[256];
  std::snprintf(line, sizeof line, "%-*s  %-18s %8s %9s %11s\n", static_cast<int>(width), "value", "made by", "SQNR dB",
                "cosine", "max error");
  std::string text = line;
  for (const ValueError& value : error.values) {
    std::snprintf(line, sizeof line, "%-*s  %-18s %8.1f %9.6f %11.4g\n", static_cast<int>(width),
                  value.value.substr(0, width).c_str(), value.made_by.c_str(), value.signal_to_noise, value.cosine,
                  static_cast<double>(value.most));
    text += line;
  }
  std::snprintf(line, sizeof line,
                "first output: largest number at the same place in %zu of %zu rows, among the five largest in %zu\n",
                error.same_first, error.rows, error.in_first_five);
  return text + line;
}

}  // namespace gemel::compiler
