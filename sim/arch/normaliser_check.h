// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether the constants and statistics that a normalising mvout uses have been given and computed before it. Internal
// to the program checker.
#include <array>
#include <optional>
#include <string>

#include "sim/arch/normaliser.h"

namespace gemel::arch {

class NormaliserCheck {
 public:
  void configure(const ConfigStore& config) { settings_.configure(config); }
  // Each gives what is wrong, or nothing.
  std::optional<std::string> configure(const ConfigNormalise& config);
  // An mvout of the accumulator: what it needs; then what it computes is there. `is_small`: of 8-bit elements.
  std::optional<std::string> mvout(NormCommand command, bool is_small);

 private:
  struct Computed {
    bool mean = false, deviation = false, sum_exponentials = false;
  };

  NormaliserSettings settings_;
  bool has_polynomial_ = false, has_ln2_ = false, has_inverse_ln2_ = false;  // constants that config_norm gave
  std::array<Computed, kStatisticsContexts> computed_;
};

}  // namespace gemel::arch
