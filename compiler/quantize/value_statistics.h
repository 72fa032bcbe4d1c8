// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a value's numbers were over all calibration runs, and the magnitude that int8's 127 should stand for.
#include <cstdint>
#include <string>
#include <vector>

namespace gemel::compiler {

enum class CalibrationMethod : std::uint8_t {
  MinMax,      // nothing saturates
  Percentile,  // the given share of the numbers does not saturate
  Entropy,     // least loss of information (Kullback-Leibler)
};

struct Calibration {
  CalibrationMethod method = CalibrationMethod::MinMax;
  double percentile = 99.99;
};

class ValueStatistics {
 public:
  void add(const std::vector<float>& numbers);

  float least() const { return least_; }
  float most() const { return most_; }
  // 0 where all numbers were 0.
  float limit(const Calibration& calibration) const;

 private:
  float percentile_limit(double percentile) const;
  float entropy_limit() const;

  static constexpr std::size_t kBins = 2048;
  float least_ = 0, most_ = 0;
  bool is_empty_ = true;
  float width_ = 0;                  // of a bin of magnitudes; doubled as larger ones come
  std::vector<std::uint64_t> bins_;  // zeros are not counted: they are exact at every scale
};

}  // namespace gemel::compiler
