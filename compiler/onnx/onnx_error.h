// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdexcept>
#include <string>

namespace gemel::compiler {

// What is wrong with a model, in one line that names the node or value and says what would be right. Whoever knows the
// file puts its name before it.
class OnnxError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace gemel::compiler
