// SPDX-License-Identifier: Apache-2.0
#include "compiler/onnx/float_island.h"

#include <algorithm>
#include <iterator>
#include <map>

namespace gemel::compiler {
namespace {

constexpr const char* kElementwise[] = {
    "Add",       "Sub",
    "Mul",       "Div",
    "Max",       "Min",
    "Pow",       "Relu",
    "Clip",      "LeakyRelu",
    "PRelu",     "Sigmoid",
    "Tanh",      "Exp",
    "Log",       "Erf",
    "Sqrt",      "Abs",
    "Neg",       "Round",
    "Elu",       "Reciprocal",
    "Softplus",  "HardSigmoid",
    "Floor",     "Ceil",
    "Mish",      "Softsign",
    "Selu",      "Celu",
    "HardSwish", "ThresholdedRelu",
    "Where",     "Identity",
    "Gelu",      "Sign",
    "Dropout",   "BatchNormalization",
};

constexpr std::size_t kMostNodes = 64;
constexpr std::size_t kMostOperands = 2;

class Collector {
 public:
  Collector(const IslandSources& sources, FloatIsland& island) : sources_(sources), island_(island) {}

  const OnnxNode* culprit = nullptr;

  // The name that the value has in the body; nothing where it can not be had.
  std::optional<std::string> name_of(const std::string& value) {
    if (value.empty()) return "";
    const auto known = names_.find(value);
    if (known != names_.end()) return known->second;
    if (sources_.pool.find(value)) {
      if (std::find(island_.constants.begin(), island_.constants.end(), value) == island_.constants.end()) {
        island_.constants.push_back(value);
      }
      return value;
    }
    if (const std::optional<RealValue> real = sources_.quantised(value)) return names_[value] = operand(*real);
    const OnnxNode* node = sources_.producer(value);
    if (!node || !is_elementwise(*node) || island_.body.size() >= kMostNodes) {
      culprit = node;
      return std::nullopt;
    }
    OnnxNode copy = *node;
    for (std::string& input : copy.inputs) {
      const std::optional<std::string> name = name_of(input);
      if (!name) return std::nullopt;
      input = *name;
    }
    copy.outputs = {"%" + std::to_string(island_.body.size())};
    island_.body.push_back(copy);
    return names_[value] = copy.outputs[0];
  }

 private:
  std::string operand(const RealValue& real) {
    for (std::size_t i = 0; i < island_.operands.size(); ++i) {
      if (island_.operands[i].value == real.value && sources_.pool.same_quantization(island_.operands[i], real)) {
        return island_operand(i);
      }
    }
    island_.operands.push_back(real);
    return island_operand(island_.operands.size() - 1);
  }

  const IslandSources& sources_;
  FloatIsland& island_;
  std::map<std::string, std::string> names_;
};

}  // namespace

bool is_elementwise(const OnnxNode& node) {
  if (node.domain == kOnnxMicrosoft) return node.op_type == "Gelu";
  if (!node.domain.empty() || (node.op_type == "Dropout" && node.outputs.size() > 1)) return false;
  return std::any_of(std::begin(kElementwise), std::end(kElementwise),
                     [&](const char* op) { return node.op_type == op; });
}

std::string island_operand(std::size_t i) { return "#" + std::to_string(i); }

std::optional<FloatIsland> find_float_island(const IslandSources& sources, const std::string& value,
                                             const OnnxNode*& culprit) {
  FloatIsland island;
  Collector collector(sources, island);
  const bool found = collector.name_of(value).has_value();
  culprit = collector.culprit;
  if (!found || island.body.empty() || island.operands.empty() || island.operands.size() > kMostOperands) {
    return std::nullopt;
  }
  return island;
}

}  // namespace gemel::compiler
