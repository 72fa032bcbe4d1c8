// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where each buffer lies in memory, and what memory holds before the program runs. Inputs, outputs and constants keep
// an address of their own; activations share the arena, where their lifetimes allow it.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/memory/lifetime.h"
#include "compiler/tile/buffer_table.h"
#include "sim/arch/program.h"

namespace gemel::compiler {

// In this order in memory, each without gaps but those of alignment.
enum class MemoryPart : std::uint8_t { Inputs, Outputs, Activations, Scratch, Constants };
inline constexpr std::size_t kMemoryParts = 5;
const char* memory_part_name(MemoryPart part);  // "inputs", ...

struct MemoryRange {
  std::uint64_t address = 0, bytes = 0;
};

struct MemoryPlan {
  std::uint64_t base = 0x80000000;
  std::uint64_t size = 0;
  std::vector<std::uint64_t> address;  // per buffer
  std::vector<MemoryPart> part;        // per buffer
  std::vector<std::optional<Lifetime>> lifetime;
  MemoryRange parts[kMemoryParts];
  std::uint64_t unshared_bytes = 0;  // of the activations, had each memory of its own
  std::uint64_t least_bytes = 0;     // of the activations that are alive at the same time

  std::uint64_t address_of(const BufferRef& ref) const {
    return address[ref.buffer] + static_cast<std::uint64_t>(ref.offset);
  }
  const MemoryRange& range(MemoryPart wanted) const { return parts[static_cast<std::size_t>(wanted)]; }
};

// Each buffer on a boundary of 64 bytes. `lifetimes` are those of buffers that may share memory.
MemoryPlan plan_memory(const Graph& graph, const BufferTable& buffers, std::vector<std::optional<Lifetime>> lifetimes);

// Throws std::logic_error where buffers overlap whose lifetimes meet, or where one leaves its part.
void verify_memory(const BufferTable& buffers, const MemoryPlan& plan);

std::string describe_memory(const BufferTable& buffers, const MemoryPlan& plan);

// Segments of initial contents and the table of named tensors. The data of constants made by the compiler moves out of
// `buffers`.
void fill_memory(const Graph& graph, BufferTable& buffers, const MemoryPlan& plan, arch::Program& program);

}  // namespace gemel::compiler
