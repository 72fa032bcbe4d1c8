// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a user reads where an input is refused.
#include <fstream>
#include <string>

#include "sim/arch/input_error.h"

namespace gemel::test_support {

// The message with which `action` refuses its input; "(no error)" where it does not.
template <typename Action>
std::string error_of(Action action) {
  try {
    action();
  } catch (const arch::InputError& error) {
    return error.what();
  }
  return "(no error)";
}

// A malformed file says in its first line what it must get: "# expect: " and the message. "" where it does not.
inline std::string expectation_of(const std::string& path) {
  static const std::string kMark = "# expect: ";
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line.compare(0, kMark.size(), kMark) == 0 ? line.substr(kMark.size()) : "";
}

}  // namespace gemel::test_support
