// SPDX-License-Identifier: Apache-2.0
#pragma once
// The ranges of memory that a program uses: tensors of the graph as they are, constants in the layout that the machine
// wants, and scratch. Addresses come later (memory/memory_plan.h).
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/tile/contraction.h"

namespace gemel::compiler {

struct Buffer {
  std::string name;
  std::int64_t bytes = 0;
  std::optional<TensorId> tensor;   // dense data of this tensor
  std::vector<std::int64_t> shape;  // of a constant made here, int8
  std::vector<std::uint8_t> data;   // initial contents; empty: the tensor's, or zero
};

class BufferTable {
 public:
  explicit BufferTable(const Graph& graph) : graph_(graph) {}

  BufferId tensor(TensorId id);
  // `key` names the contents: an equal key gives the buffer made before.
  std::optional<BufferId> find(const std::string& key) const;
  BufferId constant(const std::string& key, std::vector<std::int64_t> shape, std::vector<std::uint8_t> data);
  BufferId scratch(const std::string& name, std::int64_t bytes);

  const std::vector<Buffer>& buffers() const { return buffers_; }
  std::vector<Buffer>& buffers() { return buffers_; }

 private:
  const Graph& graph_;
  std::vector<Buffer> buffers_;
  std::unordered_map<std::string, BufferId> by_key_;
  std::unordered_map<TensorId, BufferId> by_tensor_;
};

}  // namespace gemel::compiler
