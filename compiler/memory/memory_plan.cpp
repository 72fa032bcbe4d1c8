// SPDX-License-Identifier: Apache-2.0
#include "compiler/memory/memory_plan.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "compiler/memory/arena.h"

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

std::uint64_t aligned(std::int64_t bytes) {
  return (static_cast<std::uint64_t>(bytes) + kAlignment - 1) / kAlignment * kAlignment;
}

MemoryPart part_of(const Graph& graph, const Buffer& buffer, const std::optional<Lifetime>& lifetime) {
  if (lifetime) return MemoryPart::Activations;
  if (!buffer.tensor) return buffer.data.empty() ? MemoryPart::Scratch : MemoryPart::Constants;
  switch (graph.tensor(*buffer.tensor).role) {
    case TensorRole::Input:
      return MemoryPart::Inputs;
    case TensorRole::Output:
      return MemoryPart::Outputs;
    case TensorRole::Constant:
      return MemoryPart::Constants;
    case TensorRole::Intermediate:
      break;
  }
  return MemoryPart::Scratch;
}

bool overlap(const MemoryPlan& plan, const std::vector<Buffer>& all, std::size_t a, std::size_t b) {
  return plan.address[a] < plan.address[b] + static_cast<std::uint64_t>(all[b].bytes) &&
         plan.address[b] < plan.address[a] + static_cast<std::uint64_t>(all[a].bytes);
}

}  // namespace

const char* memory_part_name(MemoryPart part) {
  static constexpr const char* kNames[kMemoryParts] = {"inputs", "outputs", "activations", "scratch", "constants"};
  return kNames[static_cast<std::size_t>(part)];
}

MemoryPlan plan_memory(const Graph& graph, const BufferTable& buffers, std::vector<std::optional<Lifetime>> lifetimes) {
  MemoryPlan plan;
  const std::vector<Buffer>& all = buffers.buffers();
  plan.lifetime = std::move(lifetimes);
  plan.lifetime.resize(all.size());
  plan.address.resize(all.size());
  std::vector<ArenaBlock> blocks;
  for (std::size_t i = 0; i < all.size(); ++i) {
    plan.part.push_back(part_of(graph, all[i], plan.lifetime[i]));
    if (plan.lifetime[i]) blocks.push_back({aligned(all[i].bytes), *plan.lifetime[i]});
  }
  const Arena arena = place_blocks(blocks);
  for (const ArenaBlock& block : blocks) plan.unshared_bytes += block.bytes;
  plan.least_bytes = arena.least_bytes;
  std::uint64_t at = plan.base;
  for (std::size_t p = 0; p < kMemoryParts; ++p) {
    const std::uint64_t begin = at;
    std::size_t block = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (plan.part[i] != static_cast<MemoryPart>(p)) continue;
      if (plan.lifetime[i]) {
        plan.address[i] = begin + arena.offset[block++];
      } else {
        plan.address[i] = at;
        at += aligned(all[i].bytes);
      }
    }
    if (static_cast<MemoryPart>(p) == MemoryPart::Activations) at = begin + arena.bytes;
    plan.parts[p] = {begin, at - begin};
  }
  plan.size = std::max(at - plan.base, kAlignment);
  return plan;
}

void verify_memory(const BufferTable& buffers, const MemoryPlan& plan) {
  const std::vector<Buffer>& all = buffers.buffers();
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return plan.address[a] < plan.address[b]; });
  std::vector<std::size_t> open;  // buffers that reach beyond the address at hand
  for (const std::size_t i : order) {
    const std::uint64_t address = plan.address[i];
    const auto bytes = static_cast<std::uint64_t>(all[i].bytes);
    const MemoryRange& part = plan.range(plan.part[i]);
    if (address % kAlignment != 0) throw std::logic_error("memory plan: '" + all[i].name + "' is not aligned");
    if (address < part.address || address + bytes > part.address + part.bytes) {
      throw std::logic_error("memory plan: '" + all[i].name + "' leaves its part of memory");
    }
    open.erase(std::remove_if(open.begin(), open.end(), [&](std::size_t o) { return !overlap(plan, all, o, i); }),
               open.end());
    for (const std::size_t o : open) {
      if (plan.lifetime[i] && plan.lifetime[o] && !plan.lifetime[i]->meets(*plan.lifetime[o])) continue;
      throw std::logic_error("memory plan: '" + all[i].name + "' overlaps '" + all[o].name + "'");
    }
    open.push_back(i);
  }
  const MemoryRange& last = plan.parts[kMemoryParts - 1];
  if (last.address + last.bytes > plan.base + plan.size) {
    throw std::logic_error("memory plan: the last buffer leaves the region");
  }
}

std::string describe_memory(const BufferTable& buffers, const MemoryPlan& plan) {
  std::ostringstream out;
  out << "memory [0x" << std::hex << plan.base << ", 0x" << plan.base + plan.size << ")" << std::dec << ", "
      << plan.size << " bytes\n";
  for (std::size_t p = 0; p < kMemoryParts; ++p) {
    const auto part = static_cast<MemoryPart>(p);
    const MemoryRange& range = plan.parts[p];
    if (range.bytes == 0) continue;
    out << memory_part_name(part) << " 0x" << std::hex << range.address << std::dec << " " << range.bytes << " bytes";
    if (part == MemoryPart::Activations) {
      out << " shared by " << plan.unshared_bytes << "; alive at once " << plan.least_bytes;
    }
    out << "\n";
    for (std::size_t i = 0; i < plan.address.size(); ++i) {
      const Buffer& buffer = buffers.buffers()[i];
      if (plan.part[i] != part) continue;
      out << "  0x" << std::hex << plan.address[i] << std::dec << " " << buffer.bytes << " bytes " << buffer.name;
      if (plan.lifetime[i]) out << " (phases " << plan.lifetime[i]->first << " to " << plan.lifetime[i]->last << ")";
      if (part == MemoryPart::Constants && !buffer.tensor) out << " (laid out by the compiler)";
      out << "\n";
    }
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
