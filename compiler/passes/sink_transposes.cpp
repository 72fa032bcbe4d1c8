// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>

#include "compiler/passes/graph_pass.h"

namespace gemel::compiler {
namespace {

using Permutation = std::vector<std::size_t>;

bool is_identity(const Permutation& permutation) {
  for (std::size_t i = 0; i < permutation.size(); ++i) {
    if (permutation[i] != i) return false;
  }
  return true;
}

// The permutation that does what `first` and then `second` do.
Permutation composed(const Permutation& first, const Permutation& second) {
  Permutation result;
  for (const std::size_t axis : second) result.push_back(first[axis]);
  return result;
}

// Its first operand decides each element of the result alone, and has its shape.
bool is_elementwise(const Operator& op) {
  return std::holds_alternative<Relu>(op) || std::holds_alternative<Requantize>(op) ||
         std::holds_alternative<Lookup>(op) || std::holds_alternative<Gelu>(op);
}

bool makes_sums(const Operator& op) {
  return std::holds_alternative<Conv2d>(op) || std::holds_alternative<MatMul>(op) || std::holds_alternative<Add>(op) ||
         std::holds_alternative<SumPool>(op);
}

class TransposeSinker {
 public:
  explicit TransposeSinker(Graph& graph) : graph_(graph) {}

  bool run() {
    bool changed = false;
    while (step()) changed = true;
    return changed;
  }

 private:
  // One rewriting, or false where there is none left. Each makes fewer nodes of data movement, or moves one behind
  // an operator that stands later.
  bool step() {
    drop_dead_code(graph_);  // what nothing needs would count as a reader
    consumers_ = consumers_of(graph_);
    producers_ = producers_of(graph_);
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
      if (merge_with_input(n) || bypass_identity(n) || sink_below_one(n) || sink_below_two(n) || fold_into_weights(n)) {
        return true;
      }
    }
    return false;
  }

  const Shape& shape(TensorId id) const { return graph_.tensor(id).shape; }

  // The node that makes `id`, where it is of this kind.
  template <typename Kind>
  const Kind* made_by(TensorId id) const {
    return producers_[id] == kNoNode ? nullptr : std::get_if<Kind>(&graph_.nodes[producers_[id]].op);
  }
  TensorId source_of(TensorId id) const { return graph_.nodes[producers_[id]].inputs[0]; }

  // Only one node reads it, and no output is it.
  bool is_private(TensorId id) const {
    return graph_.tensor(id).role == TensorRole::Intermediate && consumers_[id].size() == 1;
  }

  // Two transposes, or two reshapes, in a row.
  bool merge_with_input(std::size_t n) {
    Node& node = graph_.nodes[n];
    const TensorId between = node.inputs[0];
    if (auto* outer = std::get_if<Transpose>(&node.op)) {
      const auto* inner = made_by<Transpose>(between);
      if (!inner) return false;
      outer->permutation = composed(inner->permutation, outer->permutation);
    } else if (!std::holds_alternative<Reshape>(node.op) || !made_by<Reshape>(between)) {
      return false;
    }
    node.inputs[0] = source_of(between);
    return true;
  }

  // Data movement that leaves everything where it is, and that something reads.
  bool bypass_identity(std::size_t n) {
    const Node& node = graph_.nodes[n];
    const auto* transpose = std::get_if<Transpose>(&node.op);
    const bool stays = transpose ? is_identity(transpose->permutation)
                       : std::holds_alternative<Reshape>(node.op) || std::holds_alternative<Slice>(node.op)
                           ? shape(node.inputs[0]) == shape(node.output)
                           : false;
    if (!stays || consumers_[node.output].empty()) return false;
    for (Node& reader : graph_.nodes) {
      std::replace(reader.inputs.begin(), reader.inputs.end(), node.output, node.inputs[0]);
    }
    return true;
  }

  // An element-wise node behind a transpose: it goes first where it then is a part of the layer before, or where the
  // transpose then meets its inverse.
  bool sink_below_one(std::size_t n) {
    const Node& node = graph_.nodes[n];
    const TensorId turned = node.inputs[0];
    const auto* transpose = made_by<Transpose>(turned);
    if (!is_elementwise(node.op) || !transpose || !is_private(turned)) return false;
    const TensorId source = source_of(turned);
    const bool joins = (std::holds_alternative<Relu>(node.op) || std::holds_alternative<Requantize>(node.op)) &&
                       producers_[source] != kNoNode && is_private(source) && ends_a_layer(source);
    if (!joins && !meets_inverse(node.output, transpose->permutation)) return false;
    swap_with_transpose(n, producers_[turned]);
    return true;
  }

  // Sums, or what a layer may still take along behind them.
  bool ends_a_layer(TensorId id) const {
    const Node& node = graph_.nodes[producers_[id]];
    if (makes_sums(node.op)) return true;
    const bool goes_along = std::holds_alternative<Relu>(node.op) || std::holds_alternative<Requantize>(node.op);
    return goes_along && is_private(node.inputs[0]) && producers_[node.inputs[0]] != kNoNode &&
           ends_a_layer(node.inputs[0]);
  }

  bool meets_inverse(TensorId id, const Permutation& permutation) const {
    if (!is_private(id)) return false;
    const Node& reader = graph_.nodes[consumers_[id][0]];
    if (const auto* next = std::get_if<Transpose>(&reader.op)) {
      return is_identity(composed(permutation, next->permutation));
    }
    return is_elementwise(reader.op) && meets_inverse(reader.output, permutation);
  }

  // Node n reads the result of transpose t: now the transpose reads the result of n.
  void swap_with_transpose(std::size_t n, std::size_t t) {
    Node transpose = graph_.nodes[t];
    Node& node = graph_.nodes[n];
    node.inputs[0] = transpose.inputs[0];
    insert_transpose_behind(n, transpose);
    graph_.nodes.erase(graph_.nodes.begin() + static_cast<std::ptrdiff_t>(t));
  }

  // Node n writes a tensor of the shape of its first input, `transpose` makes the old result of it.
  void insert_transpose_behind(std::size_t n, Node transpose) {
    Node& node = graph_.nodes[n];
    Tensor before = graph_.tensor(node.output);
    before.name = unused_name(before.name + ".unturned");
    before.role = TensorRole::Intermediate;
    before.shape = shape(node.inputs[0]);
    transpose.inputs = {graph_.tensors.size()};
    transpose.output = node.output;
    node.output = graph_.tensors.size();
    graph_.tensors.push_back(std::move(before));
    graph_.nodes.insert(graph_.nodes.begin() + static_cast<std::ptrdiff_t>(n) + 1, std::move(transpose));
  }

  // A sum, product or table of two tensors that are turned in the same way, with other rows.
  bool sink_below_two(std::size_t n) {
    const Node& node = graph_.nodes[n];
    const bool fits = std::holds_alternative<Add>(node.op) || std::holds_alternative<Mul>(node.op) ||
                      std::holds_alternative<LookupPair>(node.op);
    if (!fits || shape(node.inputs[0]) != shape(node.inputs[1]) || node.inputs[0] == node.inputs[1]) return false;
    const auto* a = made_by<Transpose>(node.inputs[0]);
    const auto* b = made_by<Transpose>(node.inputs[1]);
    if (!a || !b || a->permutation != b->permutation || a->permutation.back() + 1 == a->permutation.size() ||
        !is_private(node.inputs[0]) || !is_private(node.inputs[1])) {
      return false;
    }
    const std::size_t first = producers_[node.inputs[0]], second = producers_[node.inputs[1]];
    const Node transpose = graph_.nodes[first];
    graph_.nodes[n].inputs[1] = graph_.nodes[second].inputs[0];
    graph_.nodes[n].inputs[0] = transpose.inputs[0];
    insert_transpose_behind(n, transpose);
    graph_.nodes.erase(graph_.nodes.begin() + static_cast<std::ptrdiff_t>(std::max(first, second)));
    graph_.nodes.erase(graph_.nodes.begin() + static_cast<std::ptrdiff_t>(std::min(first, second)));
    return true;
  }

  // A product with constant weights whose rows are a transposed tensor, flattened: the weights turn instead.
  bool fold_into_weights(std::size_t n) {
    const Node& node = graph_.nodes[n];
    const auto* product = std::get_if<MatMul>(&node.op);
    if (!product || product->transpose_a || shape(node.inputs[0]).size() != 2 || shape(node.inputs[1]).size() != 2 ||
        graph_.tensor(node.inputs[1]).role != TensorRole::Constant || !made_by<Reshape>(node.inputs[0])) {
      return false;
    }
    const TensorId turned = source_of(node.inputs[0]);
    const auto* transpose = made_by<Transpose>(turned);
    if (!transpose) return false;
    const Shape rows = shape(node.inputs[0]);
    std::size_t lead = 0;  // dimensions that make the rows of the matrix; they have to stay
    std::int64_t extent = 1;
    while (lead < shape(turned).size() && extent < rows[0]) extent *= shape(turned)[lead++];
    if (extent != rows[0]) return false;
    for (std::size_t i = 0; i < lead; ++i) {
      if (transpose->permutation[i] != i) return false;
    }
    const std::vector<std::int64_t> order = flat_order(shape(source_of(turned)), transpose->permutation, lead);
    const TensorId weights = turned_weights(node.inputs[1], order, product->transpose_b);
    const Node movement = graph_.nodes[producers_[node.inputs[0]]];
    Tensor flat = graph_.tensor(node.inputs[0]);
    flat.name = unused_name(flat.name + ".unturned");
    flat.role = TensorRole::Intermediate;
    Node reshape{flat.name, movement.layer, movement.op, {source_of(turned)}, graph_.tensors.size()};
    graph_.nodes[n].inputs[0] = graph_.tensors.size();
    graph_.nodes[n].inputs[1] = weights;
    graph_.tensors.push_back(std::move(flat));
    graph_.nodes.insert(graph_.nodes.begin() + static_cast<std::ptrdiff_t>(n), std::move(reshape));
    return true;
  }

  // Element i of the flattened transposed tensor is element order[i] of the flattened source, dimensions before `lead`
  // left out.
  static std::vector<std::int64_t> flat_order(const Shape& source, const Permutation& permutation, std::size_t lead) {
    const std::vector<std::int64_t> strides = dense_strides(source);
    std::vector<std::int64_t> order{0};
    for (std::size_t i = lead; i < permutation.size(); ++i) {
      std::vector<std::int64_t> finer;
      finer.reserve(order.size() * static_cast<std::size_t>(source[permutation[i]]));
      for (const std::int64_t at : order) {
        for (std::int64_t j = 0; j < source[permutation[i]]; ++j) finer.push_back(at + j * strides[permutation[i]]);
      }
      order = std::move(finer);
    }
    return order;
  }

  // Row i of the weights (column, where they are stored transposed) becomes row order[i].
  TensorId turned_weights(TensorId id, const std::vector<std::int64_t>& order, bool is_transposed) {
    const Tensor& weights = graph_.tensor(id);
    const auto rows = static_cast<std::size_t>(weights.shape[0]), columns = static_cast<std::size_t>(weights.shape[1]);
    std::vector<std::int8_t> data(weights.int8_data.size());
    for (std::size_t r = 0; r < rows; ++r) {
      const std::int8_t* from = weights.int8_data.data() + r * columns;
      if (is_transposed) {
        for (std::size_t c = 0; c < columns; ++c) data[r * columns + static_cast<std::size_t>(order[c])] = from[c];
      } else {
        std::copy(from, from + columns, data.begin() + static_cast<std::ptrdiff_t>(order[r]) * weights.shape[1]);
      }
    }
    return graph_.add_constant(unused_name(weights.name + ".turned"), weights.shape, std::move(data));
  }

  std::string unused_name(std::string name) const {
    const auto is_used = [&] {
      return std::any_of(graph_.tensors.begin(), graph_.tensors.end(),
                         [&](const Tensor& tensor) { return tensor.name == name; });
    };
    while (is_used()) name += "'";
    return name;
  }

  Graph& graph_;
  std::vector<std::vector<std::size_t>> consumers_;
  std::vector<std::size_t> producers_;
};

}  // namespace

bool sink_transposes(Graph& graph) { return TransposeSinker(graph).run(); }

}  // namespace gemel::compiler
