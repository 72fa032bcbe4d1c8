// SPDX-License-Identifier: Apache-2.0
#include <string_view>
#include <unordered_map>

#include "compiler/passes/graph_pass.h"

namespace gemel::compiler {
namespace {

template <typename T>
std::string_view bytes_of(const std::vector<T>& data) {
  return {reinterpret_cast<const char*>(data.data()), data.size() * sizeof(T)};
}

// Gives each tensor the first one of equal value.
class ValueNumbering {
 public:
  explicit ValueNumbering(const Graph& graph) : graph_(graph), first_(graph.tensors.size()) {
    for (TensorId id = 0; id < graph.tensors.size(); ++id) first_[id] = id;
    number_constants();
    for (const Node& node : graph.nodes) number(node);
  }

  TensorId first(TensorId id) const { return first_[id]; }

 private:
  void number_constants() {
    std::unordered_multimap<std::size_t, TensorId> known;
    for (TensorId id = 0; id < graph_.tensors.size(); ++id) {
      const Tensor& tensor = graph_.tensor(id);
      if (tensor.role != TensorRole::Constant) continue;
      const std::hash<std::string_view> hash;
      const std::size_t key = hash(bytes_of(tensor.int8_data)) * 31 + hash(bytes_of(tensor.int32_data));
      const auto [begin, end] = known.equal_range(key);
      for (auto it = begin; it != end && first_[id] == id; ++it) {
        const Tensor& other = graph_.tensor(it->second);
        if (other.type == tensor.type && other.shape == tensor.shape && other.int8_data == tensor.int8_data &&
            other.int32_data == tensor.int32_data) {
          first_[id] = it->second;
        }
      }
      if (first_[id] == id) known.emplace(key, id);
    }
  }

  void number(const Node& node) {
    std::string key = describe_operator(node.op);
    for (const TensorId input : node.inputs) key += " " + std::to_string(first_[input]);
    first_[node.output] = by_key_.emplace(std::move(key), node.output).first->second;
  }

  const Graph& graph_;
  std::vector<TensorId> first_;
  std::unordered_map<std::string, TensorId> by_key_;
};

}  // namespace

bool share_common_subexpressions(Graph& graph) {
  const ValueNumbering values(graph);
  bool changed = false;
  for (Node& node : graph.nodes) {
    for (TensorId& input : node.inputs) {
      const Tensor& tensor = graph.tensor(input);
      const bool is_sum = tensor.role != TensorRole::Constant && tensor.type == ElementType::Int32;
      if (is_sum || values.first(input) == input) continue;
      input = values.first(input);
      changed = true;
    }
  }
  return changed;
}

}  // namespace gemel::compiler
