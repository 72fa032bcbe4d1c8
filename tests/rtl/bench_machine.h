// SPDX-License-Identifier: Apache-2.0
#pragma once
// The machine that a bench was built for: GEMEL_RTL_OVERRIDES on tiny_4x4.
#include <sstream>
#include <string>
#include <vector>

#include "sim/arch/accelerator_config_yaml.h"

namespace gemel::rtl {

inline const arch::AcceleratorConfig& bench_config() {
  static const arch::AcceleratorConfig config = [] {
    std::istringstream words(GEMEL_RTL_OVERRIDES);
    std::vector<std::string> overrides;
    for (std::string word; words >> word;) overrides.push_back(word);
    return arch::load_accelerator_config("tiny_4x4", overrides);
  }();
  return config;
}

inline const arch::DerivedConfig& bench_derived() {
  static const arch::DerivedConfig derived = arch::derive(bench_config());
  return derived;
}

}  // namespace gemel::rtl
