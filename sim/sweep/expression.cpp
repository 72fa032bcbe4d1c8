// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/expression.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "sim/sweep/expression_node.h"

namespace gemel::sim {
namespace {

using Kind = ExpressionNode::Kind;
using Operation = ExpressionNode::Operation;

double value_of(const ExpressionNode& node, const arch::AcceleratorConfig& config) {
  if (node.kind == Kind::Number) return node.number;
  if (node.kind == Kind::Key) return node.setting->get(config);
  const double a = value_of(node.operands[0], config);
  switch (node.operation) {  // what needs one operand, or may not need the second
    case Operation::Not:
      return a == 0;
    case Operation::Floor:
      return std::floor(a);
    case Operation::Ceil:
      return std::ceil(a);
    case Operation::Log2:
      if (a <= 0) throw std::domain_error("takes the logarithm of " + std::to_string(a));
      return std::log2(a);
    case Operation::And:
      return a != 0 && value_of(node.operands[1], config) != 0;
    case Operation::Or:
      return a != 0 || value_of(node.operands[1], config) != 0;
    default:
      break;
  }
  const double b = value_of(node.operands[1], config);
  switch (node.operation) {
    case Operation::Equal:
      return a == b;
    case Operation::NotEqual:
      return a != b;
    case Operation::Less:
      return a < b;
    case Operation::LessEqual:
      return a <= b;
    case Operation::Greater:
      return a > b;
    case Operation::GreaterEqual:
      return a >= b;
    case Operation::Add:
      return a + b;
    case Operation::Subtract:
      return a - b;
    case Operation::Multiply:
      return a * b;
    case Operation::Min:
      return std::min(a, b);
    case Operation::Max:
      return std::max(a, b);
    default:
      break;
  }
  if (b == 0) throw std::domain_error("divides by zero");
  return node.operation == Operation::Divide ? a / b : std::fmod(a, b);
}

}  // namespace

Expression Expression::parse(const arch::YamlValue& value, Result expected) {
  Expression expression;
  expression.position_ = value.position();
  expression.path_ = value.path();
  expression.text_ = value.as_text();
  expression.root_ =
      std::make_shared<ExpressionNode>(parse_expression(value, expected == Result::Condition, expression.keys_));
  return expression;
}

void Expression::fail(const std::string& what) const { throw arch::input_error_at(position_, path_ + ": " + what); }

double Expression::evaluate(const arch::AcceleratorConfig& config) const { return value_of(*root_, config); }

}  // namespace gemel::sim
