// SPDX-License-Identifier: Apache-2.0
#pragma once
// The parsed form behind Expression; only the parser and the evaluation use it.
#include <string>
#include <vector>

#include "sim/arch/accelerator_settings.h"
#include "sim/arch/yaml_reader.h"

namespace gemel::sim {

struct ExpressionNode {
  enum class Kind { Number, Key, Word, Operation };
  enum class Operation {
    Or,
    And,
    Not,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Min,
    Max,
    Floor,
    Ceil,
    Log2
  };

  Kind kind = Kind::Number;
  std::size_t at = 0;  // in the text
  double number = 0;
  const arch::Setting* setting = nullptr;  // of a key, or of a number that was written as a word
  std::string name;                        // of a word
  Operation operation = Operation::Or;
  std::vector<ExpressionNode> operands;
  bool is_condition = false;
};

// Throws arch::InputError with the place of the fault. `keys` gets the keys that the expression reads.
ExpressionNode parse_expression(const arch::YamlValue& value, bool is_condition, std::vector<std::string>& keys);

}  // namespace gemel::sim
