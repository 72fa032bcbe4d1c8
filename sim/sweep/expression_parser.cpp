// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <iterator>

#include "sim/arch/input_error.h"
#include "sim/sweep/expression_node.h"

namespace gemel::sim {
namespace {

using Kind = ExpressionNode::Kind;
using Operation = ExpressionNode::Operation;

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_part(char c) { return is_name_start(c) || is_digit(c) || c == '.'; }

struct Function {
  const char* name;
  std::size_t operands;
  Operation operation;
};
constexpr Function kFunctions[] = {{"min", 2, Operation::Min},
                                   {"max", 2, Operation::Max},
                                   {"floor", 1, Operation::Floor},
                                   {"ceil", 1, Operation::Ceil},
                                   {"log2", 1, Operation::Log2}};

struct Operator {
  const char* name;
  Operation operation;
};
constexpr Operator kOr[] = {{"or", Operation::Or}};
constexpr Operator kAnd[] = {{"and", Operation::And}};
constexpr Operator kSums[] = {{"+", Operation::Add}, {"-", Operation::Subtract}};
constexpr Operator kProducts[] = {{"*", Operation::Multiply}, {"/", Operation::Divide}, {"%", Operation::Remainder}};
constexpr Operator kComparisons[] = {{"==", Operation::Equal},     {"!=", Operation::NotEqual},
                                     {"<=", Operation::LessEqual}, {">=", Operation::GreaterEqual},
                                     {"<", Operation::Less},       {">", Operation::Greater}};

class Parser {
 public:
  Parser(const arch::YamlValue& value, const std::string& text) : value_(value), text_(text) { next(); }

  ExpressionNode parse(bool is_condition) {
    ExpressionNode root = disjunction();
    if (!token_.empty()) fail(token_at_, "expected an operator or the end, got " + arch::in_quotes(token_));
    if (root.kind == Kind::Word) unknown_word(root);
    if (is_condition && !root.is_condition) {
      fail(root.at, "this is a number; expected a condition, such as mesh.dim <= 32");
    }
    if (!is_condition && root.is_condition) {
      fail(root.at, "this is a condition; expected a number");
    }
    return root;
  }
  std::vector<std::string> take_keys() { return std::move(keys_); }

 private:
  [[noreturn]] void fail(std::size_t at, const std::string& what) const {
    arch::SourcePosition place = value_.position();
    if (place.column > 0) place.column += static_cast<int>(at) + (value_.is_word(text_) ? 0 : 1);
    throw arch::input_error_at(place, value_.path() + ": " + what);
  }

  [[noreturn]] void unknown_word(const ExpressionNode& word) const {
    std::vector<std::string> known;
    for (const arch::Setting& setting : arch::accelerator_settings()) known.push_back(setting.path);
    const std::string nearest = arch::nearest_name(word.name, known);
    fail(word.at, "unknown key " + arch::in_quotes(word.name) +
                      (nearest.empty() ? "; `gemel config` lists the keys" : "; did you mean '" + nearest + "'?"));
  }

  void next() {
    while (position_ < text_.size() && (text_[position_] == ' ' || text_[position_] == '\n')) ++position_;
    token_at_ = position_;
    std::size_t end = position_;
    if (end < text_.size()) {
      const char c = text_[end++];
      if (is_name_start(c)) {
        while (end < text_.size() && is_name_part(text_[end])) ++end;
      } else if (is_digit(c)) {
        while (end < text_.size() && (is_name_part(text_[end]))) ++end;
      } else if (end < text_.size() && text_[end] == '=' && (c == '=' || c == '!' || c == '<' || c == '>')) {
        ++end;
      }
    }
    token_ = text_.substr(position_, end - position_);
    position_ = end;
  }

  bool take(const std::string& token) {
    if (token_ != token) return false;
    next();
    return true;
  }
  void expect(const std::string& token) {
    if (token_ != token) fail(token_at_, "expected '" + token + "', got " + shown_token());
    next();
  }
  std::string shown_token() const { return token_.empty() ? "the end" : arch::in_quotes(token_); }

  void need_condition(const ExpressionNode& node) const {
    if (node.kind == Kind::Word) unknown_word(node);
    if (!node.is_condition) fail(node.at, "'and', 'or' and 'not' join conditions; this is a number");
  }
  void need_number(const ExpressionNode& node) const {
    if (node.kind == Kind::Word) unknown_word(node);
    if (node.is_condition) fail(node.at, "expected a number; this is a condition");
    if (node.kind == Kind::Key && !node.setting->is_number) {
      fail(node.at, node.setting->path + " is a word, one of " + arch::format_allowed(*node.setting) +
                        "; compare it with == or !=");
    }
  }

  static ExpressionNode apply(Operation operation, bool is_condition, std::size_t at, ExpressionNode a,
                              ExpressionNode b = {}) {
    ExpressionNode node;
    node.kind = Kind::Operation;
    node.operation = operation;
    node.at = at;
    node.is_condition = is_condition;
    node.operands.push_back(std::move(a));
    node.operands.push_back(std::move(b));
    return node;
  }

  template <std::size_t n>
  const Operator* find_operator(const Operator (&operators)[n]) const {
    for (const Operator& known : operators) {
      if (token_ == known.name) return &known;
    }
    return nullptr;
  }

  using Rule = ExpressionNode (Parser::*)();
  using Check = void (Parser::*)(const ExpressionNode&) const;

  // operand {operator operand}, from left to right.
  template <std::size_t n>
  ExpressionNode chain(const Operator (&operators)[n], Rule operand, Check check, bool is_condition) {
    ExpressionNode left = (this->*operand)();
    while (const Operator* found = find_operator(operators)) {
      next();
      ExpressionNode right = (this->*operand)();
      (this->*check)(left);
      (this->*check)(right);
      const std::size_t at = left.at;
      left = apply(found->operation, is_condition, at, std::move(left), std::move(right));
    }
    return left;
  }

  ExpressionNode disjunction() { return chain(kOr, &Parser::conjunction, &Parser::need_condition, true); }
  ExpressionNode conjunction() { return chain(kAnd, &Parser::negation, &Parser::need_condition, true); }
  ExpressionNode sum() { return chain(kSums, &Parser::product, &Parser::need_number, false); }
  ExpressionNode product() { return chain(kProducts, &Parser::factor, &Parser::need_number, false); }

  ExpressionNode negation() {
    const std::size_t at = token_at_;
    if (token_ != "not") return comparison();
    next();
    enter();
    ExpressionNode operand = negation();
    leave();
    need_condition(operand);
    return apply(Operation::Not, true, at, std::move(operand));
  }

  ExpressionNode comparison() {
    ExpressionNode left = sum();
    const Operator* found = find_operator(kComparisons);
    if (!found) return left;
    next();
    ExpressionNode right = sum();
    if (find_operator(kComparisons)) fail(token_at_, "comparisons do not chain; join two with 'and'");
    const bool is_equality = found->operation == Operation::Equal || found->operation == Operation::NotEqual;
    if (is_equality) {
      resolve_word(left, right);
      resolve_word(right, left);
    }
    if (!is_equality || !is_same_word_type(left, right)) {
      need_number(left);
      need_number(right);
    }
    const std::size_t at = left.at;
    return apply(found->operation, true, at, std::move(left), std::move(right));
  }
  // A key that is a word, beside one of its values or a key with the same values.
  static bool is_same_word_type(const ExpressionNode& left, const ExpressionNode& right) {
    return left.setting && right.setting && !left.setting->is_number && left.setting->words == right.setting->words;
  }
  // A word beside a key stands for one of the key's values.
  void resolve_word(ExpressionNode& word, const ExpressionNode& key) const {
    if (word.kind != Kind::Word || key.kind != Kind::Key) return;
    std::vector<std::string> known;
    for (const auto& [spelling, value] : key.setting->words) {
      known.push_back(spelling);
      if (spelling != word.name) continue;
      word.kind = Kind::Number;
      word.number = value;
      word.setting = key.setting;
      return;
    }
    if (known.empty()) unknown_word(word);
    fail(word.at,
         key.setting->path + " has no value " + arch::in_quotes(word.name) + arch::suggestion(word.name, known));
  }

  ExpressionNode factor() {
    const std::size_t at = token_at_;
    if (take("-")) {
      enter();
      ExpressionNode operand = factor();
      leave();
      need_number(operand);
      ExpressionNode zero;
      zero.at = at;
      return apply(Operation::Subtract, false, at, std::move(zero), std::move(operand));
    }
    if (take("(")) {
      enter();
      ExpressionNode inner = disjunction();
      leave();
      expect(")");
      return inner;
    }
    if (!token_.empty() && is_digit(token_[0])) return number();
    if (!token_.empty() && is_name_start(token_[0])) return named();
    fail(at, "expected a key, a number or '(', got " + shown_token());
  }

  ExpressionNode number() {
    ExpressionNode node;
    node.at = token_at_;
    const auto result = std::from_chars(token_.data(), token_.data() + token_.size(), node.number);
    if (result.ec != std::errc() || result.ptr != token_.data() + token_.size()) {
      fail(token_at_, "expected a number, got " + arch::in_quotes(token_));
    }
    next();
    return node;
  }

  ExpressionNode named() {
    ExpressionNode node;
    node.at = token_at_;
    node.name = token_;
    if (node.name == "and" || node.name == "or" || node.name == "not") {
      fail(node.at, "expected a key, a number or '(', got " + shown_token());
    }
    next();
    if (token_ == "(") return call(std::move(node));
    for (const arch::Setting& setting : arch::accelerator_settings()) {
      if (setting.path != node.name) continue;
      node.kind = Kind::Key;
      node.setting = &setting;
      if (std::find(keys_.begin(), keys_.end(), node.name) == keys_.end()) keys_.push_back(node.name);
      return node;
    }
    node.kind = Kind::Word;
    return node;
  }

  ExpressionNode call(ExpressionNode node) {
    const auto* function = std::find_if(std::begin(kFunctions), std::end(kFunctions),
                                        [&](const Function& known) { return node.name == known.name; });
    if (function == std::end(kFunctions)) {
      std::vector<std::string> known;
      for (const Function& entry : kFunctions) known.push_back(entry.name);
      fail(node.at, "unknown function " + arch::in_quotes(node.name) + arch::suggestion(node.name, known));
    }
    node.kind = Kind::Operation;
    node.operation = function->operation;
    expect("(");
    enter();
    for (std::size_t i = 0; i < function->operands; ++i) {
      if (i > 0) expect(",");
      node.operands.push_back(sum());
      need_number(node.operands.back());
    }
    leave();
    expect(")");
    return node;
  }

  void enter() {
    constexpr int kDeepest = 200;
    if (++depth_ > kDeepest) fail(token_at_, "nested too deeply");
  }
  void leave() { --depth_; }

  const arch::YamlValue& value_;
  const std::string& text_;
  std::size_t position_ = 0;
  std::string token_;
  std::size_t token_at_ = 0;
  int depth_ = 0;
  std::vector<std::string> keys_;
};

}  // namespace

ExpressionNode parse_expression(const arch::YamlValue& value, bool is_condition, std::vector<std::string>& keys) {
  const std::string text = value.as_text();
  Parser parser(value, text);
  ExpressionNode root = parser.parse(is_condition);
  keys = parser.take_keys();
  return root;
}

}  // namespace gemel::sim
