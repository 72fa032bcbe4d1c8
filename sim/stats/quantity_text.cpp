// SPDX-License-Identifier: Apache-2.0
#include "sim/stats/quantity_text.h"

#include <cstdio>

namespace gemel::sim {

std::string grouped_text(std::uint64_t value) {
  std::string text = std::to_string(value);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, ",");
  }
  return text;
}

std::string short_text(double value) {
  static constexpr const char* kSuffixes[] = {"", "k", "M", "G", "T", "P"};
  std::size_t suffix = 0;
  // 999.5 would print as 1000; it belongs to the next suffix.
  while (value >= 999.5 && suffix + 1 < std::size(kSuffixes)) {
    value /= 1000;
    ++suffix;
  }
  const int decimals = suffix == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  char text[32];
  std::snprintf(text, sizeof text, "%.*f%s", decimals, value, kSuffixes[suffix]);
  return text;
}

std::string percent_text(double part, double whole) {
  if (whole == 0) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", 100.0 * part / whole);
  return text;
}

}  // namespace gemel::sim
