// SPDX-License-Identifier: Apache-2.0
#pragma once
// Shape inference and the checks that hold after every pass.
#include <stdexcept>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"

namespace gemel::compiler {

// A node or layer that can not exist; what() names it and says what would be right. The importer adds file and line.
class GraphError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct InferredType {
  Shape shape;
  ElementType type = ElementType::Int8;
};

// Shape and type of op's result over these inputs. Throws GraphError with a message that starts with the reason
// (no node name: the caller adds it).
InferredType infer_type(const Operator& op, const std::vector<const Tensor*>& inputs);

// Throws GraphError unless: names are unique; every input is produced before its use or is an input or constant; each
// tensor has one producer; shapes and types agree with inference; constants have all their data; padded max-pools
// read tensors that can not be negative; at least one output; no sum can leave int32.
void verify_graph(const Graph& graph);

// True for each tensor that can not hold a negative element, by how it is made.
std::vector<bool> non_negative_tensors(const Graph& graph);

}  // namespace gemel::compiler
