// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where each buffer lies in memory, and what memory holds before the program runs. Every tensor keeps an address of its
// own, so that each layer's result can still be checked after the run.
#include <cstdint>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/tile/buffer_table.h"
#include "sim/arch/program.h"

namespace gemel::compiler {

struct MemoryPlan {
  std::uint64_t base = 0x80000000;
  std::uint64_t size = 0;
  std::vector<std::uint64_t> address;  // per buffer

  std::uint64_t address_of(const BufferRef& ref) const {
    return address[ref.buffer] + static_cast<std::uint64_t>(ref.offset);
  }
};

// One after the other, each on a boundary of 64 bytes.
MemoryPlan plan_memory(const BufferTable& buffers);

// Throws std::logic_error where buffers overlap or leave the region.
void verify_memory(const BufferTable& buffers, const MemoryPlan& plan);

std::string describe_memory(const BufferTable& buffers, const MemoryPlan& plan);

// Segments of initial contents and the table of named tensors. The data of constants made by the compiler moves out of
// `buffers`.
void fill_memory(const Graph& graph, BufferTable& buffers, const MemoryPlan& plan, arch::Program& program);

}  // namespace gemel::compiler
