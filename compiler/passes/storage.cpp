// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/storage.h"

#include <map>

namespace gemel::compiler {
namespace {

// Operators that the host runs, element by element: any strides will do.
bool writes_any_layout(const Operator& op) {
  return std::holds_alternative<QuantizeFloat>(op) || std::holds_alternative<DequantizeFloat>(op) ||
         std::holds_alternative<QuantizeSums>(op) || std::holds_alternative<Lookup>(op) ||
         std::holds_alternative<LookupPair>(op) || std::holds_alternative<Gelu>(op) || std::holds_alternative<Mul>(op);
}

class Planner {
 public:
  explicit Planner(const Graph& graph)
      : graph_(graph), uses_(graph.tensors.size(), 0), consumer_(graph.tensors.size(), kNoNode) {
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
      for (TensorId input : graph.nodes[n].inputs) {
        ++uses_[input];
        consumer_[input] = n;
      }
    }
  }

  Storage run() {
    storage_.views.resize(graph_.tensors.size());
    storage_.copies.resize(graph_.nodes.size());
    for (TensorId id = 0; id < graph_.tensors.size(); ++id) storage_.views[id] = dense_view(graph_, id);
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
      const Node& node = graph_.nodes[n];
      if (std::holds_alternative<Concat>(node.op)) {
        place_concat(n);
      } else if (is_data_movement(node.op)) {
        place_movement(n);
      } else {
        const std::optional<TensorView> target = written_into(node.output);
        if (target && (has_unit_inner_stride(*target) || writes_any_layout(node.op))) {
          storage_.views[node.output] = *target;
          placed_ahead_[node.output] = true;
        }
      }
    }
    return std::move(storage_);
  }

 private:
  // Where `tensor` lies if its producer writes straight into the storage of its only consumer's result.
  std::optional<TensorView> written_into(TensorId tensor) const {
    if (graph_.tensor(tensor).role != TensorRole::Intermediate || uses_[tensor] != 1) return std::nullopt;
    const Node& node = graph_.nodes[consumer_[tensor]];
    if (!is_data_movement(node.op) || std::holds_alternative<Slice>(node.op)) return std::nullopt;
    const TensorView result = final_place(node.output);
    if (const auto* concat = std::get_if<Concat>(&node.op)) {
      std::int64_t begin = 0;
      for (TensorId input : node.inputs) {
        const std::int64_t extent = graph_.tensor(input).shape[concat->axis];
        if (input == tensor) return sliced(result, concat->axis, begin, begin + extent);
        begin += extent;
      }
    }
    if (const auto* transpose = std::get_if<Transpose>(&node.op)) return unpermuted(result, transpose->permutation);
    if (const auto* pad = std::get_if<Pad>(&node.op)) return inside(result, *pad, graph_.tensor(tensor).shape);
    return reshaped(result, graph_.tensor(tensor).shape);
  }

  // Where the input of a Pad lies in its result.
  static TensorView inside(TensorView result, const Pad& pad, const Shape& shape) {
    for (std::size_t d = 0; d < shape.size(); ++d) {
      result = sliced(result, d, pad.before[d], pad.before[d] + shape[d]);
    }
    return result;
  }

  TensorView final_place(TensorId tensor) const {
    const std::optional<TensorView> target = written_into(tensor);
    return target ? *target : dense_view(graph_, tensor);
  }

  // Whether the node's input already lies where the node's result is wanted.
  bool is_placed_ahead(TensorId tensor) const { return placed_ahead_.find(tensor) != placed_ahead_.end(); }

  void place_movement(std::size_t n) {
    const Node& node = graph_.nodes[n];
    const TensorId input = node.inputs[0];
    if (is_placed_ahead(input)) {
      storage_.views[node.output] = final_place(node.output);
      if (written_into(node.output)) placed_ahead_[node.output] = true;
      return;
    }
    if (const auto* pad = std::get_if<Pad>(&node.op)) {
      const TensorView result = final_place(node.output);
      storage_.views[node.output] = result;
      if (written_into(node.output)) placed_ahead_[node.output] = true;
      storage_.copies[n].push_back({storage_.views[input], inside(result, *pad, graph_.tensor(input).shape)});
      return;
    }
    const TensorView& from = storage_.views[input];
    std::optional<TensorView> seen;
    if (const auto* transpose = std::get_if<Transpose>(&node.op)) {
      seen = permuted(from, transpose->permutation);
    } else if (const auto* slice = std::get_if<Slice>(&node.op)) {
      seen = sliced(from, slice->axis, slice->begin, slice->end);
    } else {
      seen = reshaped(from, graph_.tensor(node.output).shape);
    }
    if (seen && graph_.tensor(node.output).role != TensorRole::Output) {
      storage_.views[node.output] = *seen;
      return;
    }
    copy_to_output(n, seen);
  }

  // The input, seen in the shape of the output where possible, else the output seen in the shape of the input.
  void copy_to_output(std::size_t n, const std::optional<TensorView>& seen) {
    const Node& node = graph_.nodes[n];
    const TensorView to = dense_view(graph_, node.output);
    storage_.views[node.output] = to;
    if (seen) {
      storage_.copies[n].push_back({*seen, to});
    } else {
      const TensorView& from = storage_.views[node.inputs[0]];
      storage_.copies[n].push_back({from, *reshaped(to, from.shape)});
    }
  }

  void place_concat(std::size_t n) {
    const Node& node = graph_.nodes[n];
    const std::size_t axis = std::get<Concat>(node.op).axis;
    const TensorView result = final_place(node.output);
    storage_.views[node.output] = result;
    if (written_into(node.output)) placed_ahead_[node.output] = true;
    std::int64_t begin = 0;
    for (TensorId input : node.inputs) {
      const std::int64_t extent = graph_.tensor(input).shape[axis];
      if (!is_placed_ahead(input)) {
        storage_.copies[n].push_back({storage_.views[input], sliced(result, axis, begin, begin + extent)});
      }
      begin += extent;
    }
  }

  const Graph& graph_;
  std::vector<std::size_t> uses_;
  std::vector<std::size_t> consumer_;  // last consumer; the only one where uses_ is 1
  std::map<TensorId, bool> placed_ahead_;
  Storage storage_;
};

}  // namespace

bool is_data_movement(const Operator& op) {
  return std::holds_alternative<Concat>(op) || std::holds_alternative<Reshape>(op) ||
         std::holds_alternative<Transpose>(op) || std::holds_alternative<Slice>(op) || std::holds_alternative<Pad>(op);
}

bool has_unit_inner_stride(const TensorView& view) {
  return view.shape.empty() || view.shape.back() == 1 || view.strides.back() == 1;
}

Storage plan_storage(const Graph& graph) { return Planner(graph).run(); }

}  // namespace gemel::compiler
