// SPDX-License-Identifier: Apache-2.0
#include "compiler/memory/memory_plan.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <sstream>
#include <stdexcept>

namespace gemel::compiler {
namespace {

constexpr std::uint64_t kAlignment = 64;

arch::TensorPlace::Role role_of(TensorRole role) {
  switch (role) {
    case TensorRole::Input:
      return arch::TensorPlace::Role::Input;
    case TensorRole::Constant:
      return arch::TensorPlace::Role::Weight;
    case TensorRole::Output:
      return arch::TensorPlace::Role::Output;
    case TensorRole::Intermediate:
      break;
  }
  return arch::TensorPlace::Role::Intermediate;
}

std::vector<std::uint8_t> constant_bytes(const Tensor& tensor) {
  const void* from = element_bytes(tensor.type) == 1 ? static_cast<const void*>(tensor.int8_data.data())
                                                     : static_cast<const void*>(tensor.int32_data.data());
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(element_count(tensor.shape) * element_bytes(tensor.type)));
  if (!bytes.empty()) std::memcpy(bytes.data(), from, bytes.size());
  return bytes;
}

}  // namespace

MemoryPlan plan_memory(const BufferTable& buffers) {
  MemoryPlan plan;
  std::uint64_t at = plan.base;
  for (const Buffer& buffer : buffers.buffers()) {
    plan.address.push_back(at);
    at += (static_cast<std::uint64_t>(buffer.bytes) + kAlignment - 1) / kAlignment * kAlignment;
  }
  plan.size = std::max(at - plan.base, kAlignment);
  return plan;
}

void verify_memory(const BufferTable& buffers, const MemoryPlan& plan) {
  const auto& all = buffers.buffers();
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return plan.address[a] < plan.address[b]; });
  std::uint64_t end = plan.base;
  for (const std::size_t i : order) {
    if (plan.address[i] < end) throw std::logic_error("memory plan: '" + all[i].name + "' overlaps its neighbour");
    if (plan.address[i] % kAlignment != 0) throw std::logic_error("memory plan: '" + all[i].name + "' is not aligned");
    end = plan.address[i] + static_cast<std::uint64_t>(all[i].bytes);
  }
  if (end > plan.base + plan.size) throw std::logic_error("memory plan: the last buffer leaves the region");
}

std::string describe_memory(const BufferTable& buffers, const MemoryPlan& plan) {
  std::ostringstream out;
  out << "memory [0x" << std::hex << plan.base << ", 0x" << plan.base + plan.size << ")" << std::dec << ", "
      << plan.size << " bytes\n";
  for (std::size_t i = 0; i < plan.address.size(); ++i) {
    const Buffer& buffer = buffers.buffers()[i];
    out << "  0x" << std::hex << plan.address[i] << std::dec << " " << buffer.bytes << " bytes " << buffer.name
        << (buffer.tensor         ? ""
            : buffer.data.empty() ? " (scratch)"
                                  : " (laid out by the compiler)")
        << "\n";
  }
  return out.str();
}

void fill_memory(const Graph& graph, BufferTable& buffers, const MemoryPlan& plan, arch::Program& program) {
  program.base = plan.base;
  program.size = plan.size;
  for (std::size_t i = 0; i < plan.address.size(); ++i) {
    Buffer& buffer = buffers.buffers()[i];
    arch::TensorPlace place;
    place.name = buffer.name;
    place.address = plan.address[i];
    if (buffer.tensor) {
      const Tensor& tensor = graph.tensor(*buffer.tensor);
      place.type = tensor.type;
      place.shape = tensor.shape;
      place.role = role_of(tensor.role);
      if (tensor.role == TensorRole::Constant) program.memory.push_back({place.address, constant_bytes(tensor)});
    } else {
      place.shape = buffer.shape;
      if (!buffer.data.empty()) {
        place.role = arch::TensorPlace::Role::Weight;
        program.memory.push_back({place.address, std::move(buffer.data)});
      }
    }
    program.tensors.push_back(std::move(place));
  }
}

}  // namespace gemel::compiler
