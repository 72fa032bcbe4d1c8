// SPDX-License-Identifier: Apache-2.0
#pragma once
// Arithmetic over the keys of a configuration, as sweep files write it: constraints and derived keys.
//   or, and, not · == != < <= > >= · + - · * / % · min(a, b) max(a, b) floor(a) ceil(a) log2(a)
// A name is a dotted key, or beside == and != a word that the key on the other side may have.
#include <memory>
#include <string>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/yaml_reader.h"

namespace gemel::sim {

struct ExpressionNode;  // private to the parser

class Expression {
 public:
  enum class Result { Number, Condition };

  // Throws arch::InputError with the place of the fault.
  static Expression parse(const arch::YamlValue& value, Result expected);

  // A condition gives 1 or 0. Throws std::domain_error ("divides by zero") where there is no value.
  double evaluate(const arch::AcceleratorConfig& config) const;
  const std::string& text() const { return text_; }
  const std::vector<std::string>& keys() const { return keys_; }  // that it reads
  // Throws arch::InputError with the place of the expression.
  [[noreturn]] void fail(const std::string& what) const;

 private:
  arch::SourcePosition position_;
  std::string path_;
  std::string text_;
  std::vector<std::string> keys_;
  std::shared_ptr<const ExpressionNode> root_;
};

}  // namespace gemel::sim
