// SPDX-License-Identifier: Apache-2.0
#pragma once
// Numbers as people read them in tables.
#include <cstdint>
#include <string>

namespace gemel::sim {

std::string grouped_text(std::uint64_t value);        // 1234567 -> "1,234,567"
std::string short_text(double value);                 // 3 significant digits: "512", "1.23k", "118M", "4.09G"
std::string percent_text(double part, double whole);  // one decimal, "-" where whole is 0: "98.2"

}  // namespace gemel::sim
