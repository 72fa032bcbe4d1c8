// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/integer_tables.h"

#include <algorithm>
#include <limits>
#include <set>

#include "compiler/onnx/onnx_error.h"
#include "compiler/quantize/evaluate.h"
#include "compiler/quantize/operands.h"

namespace gemel::compiler {
namespace {

constexpr const char* kMoves[] = {"Unsqueeze", "Squeeze", "Reshape", "Expand", "Transpose", "Slice", "Flatten"};
constexpr const char* kElementwise[] = {"Cast", "Add",     "Sub",   "Mul", "Div",   "Neg", "Abs", "Not",
                                        "Less", "Greater", "Equal", "And", "Where", "Or",  "Min", "Max"};
constexpr std::int64_t kEntries = 256;

template <std::size_t N>
bool is_one_of(const OnnxNode& node, const char* const (&names)[N]) {
  return node.domain.empty() &&
         std::any_of(std::begin(names), std::end(names), [&](const char* op) { return node.op_type == op; });
}

// A value as a function of single elements of an input.
struct IntegerFunction {
  std::string input;
  std::vector<OnnxNode> moves;  // of the input's elements, in order
  OnnxTensor table;             // entry i: of i, or of i - 256 from 128 on
};

class Tabulator {
 public:
  Tabulator(GraphEdit& edit, const std::map<std::string, OnnxShape>& shapes) : model_(edit.model()), shapes_(shapes) {
    for (const OnnxNode& node : model_.nodes) {
      if (node.op_type == "Where" && node.domain.empty() && leads_to_softmax(edit, node))
        masks_.insert(node.outputs[0]);
    }
    std::vector<std::int64_t> values;
    for (std::int64_t i = 0; i < kEntries; ++i) values.push_back(i < kEntries / 2 ? i : i - kEntries);
    for (const OnnxValue& input : model_.inputs) {
      if (input.type != OnnxType::Int64 && input.type != OnnxType::Int32) continue;
      functions_[input.name] = {input.name, {}, integer_tensor(input.type, {kEntries}, values)};
    }
  }

  void run() {
    for (const OnnxNode& node : model_.nodes) look_at(node);
    std::vector<OnnxNode> before = std::move(model_.nodes);
    model_.nodes.clear();
    for (OnnxNode& node : before) {
      if (node.op_type == "Where" && node.domain.empty()) turn_where(node);
      if (!node.outputs.empty() && functions_.count(node.outputs[0]) == 0) {
        for (std::string& input : node.inputs) input = tabulated(input);
      }
      model_.nodes.push_back(std::move(node));
    }
  }

 private:
  static bool leads_to_softmax(GraphEdit& edit, const OnnxNode& node) {
    const OnnxNode* next = &node;
    while ((next = edit.only_reader(next->outputs[0])) && next->domain.empty()) {
      if (next->op_type == "Softmax") return true;
      if (next->op_type != "Add" && !is_one_of(*next, kMoves)) return false;
    }
    return false;
  }

  bool same_shape(const std::string& a, const std::string& b) const {
    const auto x = shapes_.find(a), y = shapes_.find(b);
    return x != shapes_.end() && y != shapes_.end() && x->second == y->second;
  }

  void look_at(const OnnxNode& node) {
    if (node.inputs.empty() || node.outputs.size() != 1) return;
    const auto first = functions_.find(node.inputs[0]);
    if (is_one_of(node, kMoves) && first != functions_.end()) {
      IntegerFunction moved = first->second;
      moved.moves.push_back(node);
      functions_[node.outputs[0]] = std::move(moved);
      return;
    }
    if (!is_one_of(node, kElementwise)) return;
    const IntegerFunction* like = nullptr;
    std::string like_name;
    std::vector<OnnxTensor> numbers(node.inputs.size());
    std::vector<const OnnxTensor*> operands;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const auto function = functions_.find(node.inputs[i]);
      const OnnxTensor* constant = model_.initializer(node.inputs[i]);
      if (function != functions_.end()) {
        if (like && (like->input != function->second.input || !same_shape(like_name, node.inputs[i]))) return;
        like = &function->second;
        like_name = node.inputs[i];
        operands.push_back(&like->table);
      } else if (constant && constant->count() == 1) {
        numbers[i] = *constant;
        numbers[i].shape.clear();
        operands.push_back(&numbers[i]);
      } else {
        return;
      }
    }
    if (!like || !same_shape(like_name, node.outputs[0])) return;
    functions_[node.outputs[0]] = {like->input, like->moves, evaluate_node(node, operands).at(0)};
  }

  // The value read from a table instead, where it is a float.
  std::string tabulated(const std::string& value) {
    const auto function = functions_.find(value);
    if (function == functions_.end() || function->second.table.type != OnnxType::Float) return value;
    return gathered(value, function->second, function->second.table);
  }

  std::string gathered(const std::string& value, const IntegerFunction& function, const OnnxTensor& table) {
    std::string& result = gathered_[value];
    if (!result.empty()) return result;
    OnnxNode node;
    node.name = value + ".gather";
    node.op_type = "Gather";
    node.opset = model_.opsets.at("");
    node.inputs = {constant(value + ".table", table), function.input};
    node.outputs = {model_.unused_name(value + ".gathered")};
    result = node.outputs[0];
    model_.nodes.push_back(std::move(node));
    for (const OnnxNode& move : function.moves) {
      OnnxNode copy = move;
      copy.name = value + "." + move.name;
      copy.inputs[0] = result;
      copy.outputs = {model_.unused_name(value + "." + move.outputs[0])};
      result = copy.outputs[0];
      model_.nodes.push_back(std::move(copy));
    }
    return result;
  }

  std::string constant(const std::string& wanted, OnnxTensor tensor) {
    const std::string name = model_.unused_name(wanted);
    model_.initializers[name] = std::move(tensor);
    return name;
  }

  bool hides(const std::string& value) const {
    const OnnxTensor* tensor = model_.initializer(value);
    if (!tensor || tensor->type != OnnxType::Float || tensor->count() == 0) return false;
    const std::vector<float> numbers = tensor->elements<float>();
    return std::all_of(numbers.begin(), numbers.end(), [](float v) { return v <= kHidden; });
  }

  // Where(condition, x, hidden) and Where(condition, hidden, x) become x + mask.
  void turn_where(OnnxNode& node) {
    if (node.inputs.size() != 3 || masks_.count(node.outputs[0]) == 0) return;
    const bool hides_where_true = hides(node.inputs[1]);
    if (hides_where_true == hides(node.inputs[2])) return;
    const std::string& x = node.inputs[hides_where_true ? 2 : 1];
    if (!same_shape(x, node.outputs[0])) return;
    const auto mask_of = [&](const OnnxTensor& condition) {
      std::vector<float> mask;
      for (const std::int64_t c : condition.integers()) {
        mask.push_back((c != 0) == hides_where_true ? std::numeric_limits<float>::lowest() : 0.0f);
      }
      return float_tensor(condition.shape, mask);
    };
    const auto function = functions_.find(node.inputs[0]);
    std::string mask;
    if (const OnnxTensor* condition = model_.initializer(node.inputs[0])) {
      mask = constant(node.inputs[0] + ".mask", mask_of(*condition));
    } else if (function != functions_.end()) {
      mask = gathered(node.inputs[0] + (hides_where_true ? ".hidden" : ".shown"), function->second,
                      mask_of(function->second.table));
    } else {
      return;
    }
    node.op_type = "Add";
    node.inputs = {x, mask};
  }

  OnnxModel& model_;
  const std::map<std::string, OnnxShape>& shapes_;
  std::map<std::string, IntegerFunction> functions_;
  std::map<std::string, std::string> gathered_;
  std::set<std::string> masks_;  // results of Where that a Softmax reads
};

}  // namespace

void tabulate_integers(GraphEdit& edit, const std::map<std::string, OnnxShape>& shapes) {
  Tabulator(edit, shapes).run();
  edit.index();
}

}  // namespace gemel::compiler
