// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/calibration.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

namespace gemel::compiler {
namespace {

constexpr std::int64_t kSamples = 1 << 16;

// Odd, so that channels (mostly a power of two) are all met.
std::int64_t sample_step(std::int64_t count) { return count <= kSamples ? 1 : (count / kSamples) | 1; }

template <typename Element>
double sampled_rms(const Element* data, std::int64_t count) {
  const std::int64_t step = sample_step(count);
  double sum = 0;
  std::int64_t samples = 0;
  for (std::int64_t i = 0; i < count; i += step, ++samples) sum += static_cast<double>(data[i]) * data[i];
  return samples == 0 ? 0 : std::sqrt(sum / static_cast<double>(samples));
}

}  // namespace

float calibrated_scale(const std::int32_t* sums, std::int64_t count) {
  const std::int64_t step = sample_step(count);
  std::vector<std::int64_t> magnitudes;
  for (std::int64_t i = 0; i < count; i += step) {
    if (sums[i] != 0) magnitudes.push_back(std::llabs(sums[i]));
  }
  if (magnitudes.empty()) return 1.0f;
  const auto rank = static_cast<std::ptrdiff_t>((magnitudes.size() - 1) * 999 / 1000);
  std::nth_element(magnitudes.begin(), magnitudes.begin() + rank, magnitudes.end());
  return 100.0f / static_cast<float>(magnitudes[static_cast<std::size_t>(rank)]);
}

float calibrated_logit_scale(const std::int8_t* logits, std::int64_t rows, std::int64_t columns) {
  const std::int64_t step = sample_step(rows);
  double squares = 0;
  std::int64_t samples = 0;
  for (std::int64_t row = 0; row < rows; row += step, ++samples) {
    const std::int8_t* x = logits + row * columns;
    std::int64_t sum = 0, sum_of_squares = 0;
    for (std::int64_t i = 0; i < columns; ++i) {
      sum += x[i];
      sum_of_squares += std::int64_t{x[i]} * x[i];
    }
    const auto n = static_cast<double>(columns);
    squares += (static_cast<double>(sum_of_squares) - static_cast<double>(sum) * static_cast<double>(sum) / n) / n;
  }
  const double deviation = std::sqrt(std::max(0.0, squares / static_cast<double>(samples)));
  return static_cast<float>(2.0 / std::max(2.0, deviation));
}

double root_mean_square(const std::int32_t* data, std::int64_t count) { return sampled_rms(data, count); }
double root_mean_square(const std::int8_t* data, std::int64_t count) { return sampled_rms(data, count); }

std::int32_t calibrated_multiplier(double sums_rms, double residual_rms) {
  if (residual_rms == 0) return 1;
  return static_cast<std::int32_t>(std::clamp(std::nearbyint(sums_rms / residual_rms), 1.0, 127.0));
}

}  // namespace gemel::compiler
