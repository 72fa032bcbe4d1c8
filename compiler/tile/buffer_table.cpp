// SPDX-License-Identifier: Apache-2.0
#include "compiler/tile/buffer_table.h"

#include <utility>

namespace gemel::compiler {

BufferId BufferTable::tensor(TensorId id) {
  const auto found = by_tensor_.find(id);
  if (found != by_tensor_.end()) return found->second;
  const Tensor& tensor = graph_.tensor(id);
  Buffer buffer;
  buffer.name = tensor.name;
  buffer.bytes = element_count(tensor.shape) * element_bytes(tensor.type);
  buffer.tensor = id;
  buffers_.push_back(std::move(buffer));
  return by_tensor_[id] = static_cast<BufferId>(buffers_.size() - 1);
}

std::optional<BufferId> BufferTable::find(const std::string& key) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return std::nullopt;
  return found->second;
}

BufferId BufferTable::constant(const std::string& key, std::vector<std::int64_t> shape,
                               std::vector<std::uint8_t> data) {
  Buffer buffer;
  buffer.name = key;
  buffer.bytes = static_cast<std::int64_t>(data.size());
  buffer.shape = std::move(shape);
  buffer.data = std::move(data);
  buffers_.push_back(std::move(buffer));
  return by_key_[key] = static_cast<BufferId>(buffers_.size() - 1);
}

BufferId BufferTable::scratch(const std::string& name, std::int64_t bytes) {
  Buffer buffer;
  buffer.name = name;
  buffer.bytes = bytes;
  buffer.shape = {bytes};
  buffers_.push_back(std::move(buffer));
  return static_cast<BufferId>(buffers_.size() - 1);
}

}  // namespace gemel::compiler
