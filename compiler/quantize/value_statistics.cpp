// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/value_statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gemel::compiler {
namespace {

constexpr std::size_t kLevels = 128;  // magnitudes that int8 tells apart

}  // namespace

void ValueStatistics::add(const std::vector<float>& numbers) {
  if (numbers.empty()) return;
  float magnitude = 0;
  for (const float v : numbers) {
    if (!std::isfinite(v)) continue;  // masks of attention; they saturate
    least_ = is_empty_ ? v : std::min(least_, v);
    most_ = is_empty_ ? v : std::max(most_, v);
    is_empty_ = false;
    magnitude = std::max(magnitude, std::fabs(v));
  }
  if (magnitude == 0) return;
  if (bins_.empty()) {
    bins_.assign(kBins, 0);
    width_ = magnitude / static_cast<float>(kBins - 1);
  }
  while (magnitude / width_ >= static_cast<float>(kBins)) {
    for (std::size_t i = 0; i < kBins / 2; ++i) bins_[i] = bins_[2 * i] + bins_[2 * i + 1];
    std::fill(bins_.begin() + kBins / 2, bins_.end(), 0);
    width_ *= 2;
  }
  for (const float v : numbers) {
    if (v != 0 && std::isfinite(v)) ++bins_[std::min(kBins - 1, static_cast<std::size_t>(std::fabs(v) / width_))];
  }
}

float ValueStatistics::limit(const Calibration& calibration) const {
  const float magnitude = std::max(std::fabs(least_), std::fabs(most_));
  if (bins_.empty()) return 0;
  if (calibration.method == CalibrationMethod::Percentile) {
    return std::min(magnitude, percentile_limit(calibration.percentile));
  }
  if (calibration.method == CalibrationMethod::Entropy) return std::min(magnitude, entropy_limit());
  return magnitude;
}

float ValueStatistics::percentile_limit(double percentile) const {
  double total = 0, below = 0;
  for (const std::uint64_t count : bins_) total += static_cast<double>(count);
  for (std::size_t i = 0; i < kBins; ++i) {
    below += static_cast<double>(bins_[i]);
    if (below >= total * percentile / 100) return width_ * static_cast<float>(i + 1);
  }
  return width_ * static_cast<float>(kBins);
}

// For each limit: the histogram with what lies above gathered at the limit, against the same spread over 128 levels.
float ValueStatistics::entropy_limit() const {
  double best = std::numeric_limits<double>::infinity();
  std::size_t best_end = kBins;
  double above = 0, total = 0;
  for (const std::uint64_t count : bins_) total += static_cast<double>(count);
  above = total;
  for (std::size_t i = 0; i < kLevels; ++i) above -= static_cast<double>(bins_[i]);
  std::vector<double> given(kBins);
  for (std::size_t end = kLevels; end <= kBins; ++end) {
    if (end > kLevels) above -= static_cast<double>(bins_[end - 1]);
    for (std::size_t i = 0; i < end; ++i) given[i] = static_cast<double>(bins_[i]);
    given[end - 1] += above;
    double divergence = 0, spread_total = total - above;
    if (spread_total <= 0) continue;
    for (std::size_t level = 0; level < kLevels; ++level) {
      const std::size_t from = level * end / kLevels, to = (level + 1) * end / kLevels;
      double sum = 0, used = 0;
      for (std::size_t i = from; i < to; ++i) {
        sum += static_cast<double>(bins_[i]);
        used += given[i] > 0 ? 1 : 0;
      }
      for (std::size_t i = from; i < to; ++i) {
        if (given[i] <= 0) continue;
        // A bin that holds only what was gathered has no share of its own; half a number keeps the ratio finite.
        const double share = std::max(sum / used, 0.5) / spread_total;
        divergence += given[i] / total * std::log(given[i] / total / share);
      }
    }
    if (divergence < best) {
      best = divergence;
      best_end = end;
    }
  }
  return width_ * static_cast<float>(best_end);
}

}  // namespace gemel::compiler
