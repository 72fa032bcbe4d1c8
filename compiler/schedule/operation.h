// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a layer does on the machine: three streams (loads, computes, stores), each in the order in which its unit will
// run it, and the order in which the host offers them. Local rows are final, addresses in memory still symbolic.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "compiler/tile/contraction.h"
#include "compiler/tile/machine.h"
#include "sim/arch/isa.h"
#include "sim/arch/tile.h"

namespace gemel::compiler {

inline constexpr BufferId kNoBuffer = ~BufferId{0};  // a load from it writes zeros and reads no memory

// An operation may be offered once the first `after_x` operations of stream x have been.
struct LoadOp {
  std::uint32_t after_compute = 0, after_store = 0;
  BufferRef source;
  std::uint32_t local = 0;  // LocalAddress bits
  std::uint16_t cols = 0, rows = 0;
  std::uint16_t config = 0;  // index into Schedule::load_configs
};

// A preload and its compute: C (+)= A · B. new_weights: B is shifted in (weight stationary); else the last one stays.
struct ComputeOp {
  std::uint32_t after_load = 0, after_store = 0;
  std::uint32_t a = 0, b = 0, c = 0;  // LocalAddress bits; c with its accumulate bit
  std::uint8_t rows = 0, lanes = 0, outputs = 0;
  bool new_weights = false;
};

struct StoreOp {
  std::uint32_t after_load = 0, after_compute = 0;
  BufferRef target;
  std::uint32_t local = 0;
  std::uint16_t cols = 0, rows = 0;
  std::uint16_t config = 0;  // index into Schedule::store_configs
};

// Bytes that need not be loaded, by the layer that left them in the scratchpad.
using KeptBytes = std::map<std::uint32_t, std::uint64_t>;

enum class Stream : std::uint8_t { Load, Compute, Store };

struct Schedule {
  arch::ConfigExecute execute;
  std::vector<arch::ConfigLoad> load_configs;  // `state` says which of the three registers
  std::vector<arch::ConfigStore> store_configs;
  std::vector<LoadOp> loads;
  std::vector<ComputeOp> computes;
  std::vector<StoreOp> stores;
  std::vector<arch::Tile> tiles;  // `commands` count operations of the three streams, `layer` is 0
  KeptBytes kept;
  std::vector<Stream> order;           // filled by interleave(); empty: not yet
  std::uint64_t predicted_cycles = 0;  // of interleave()'s model
};

// Rows of local memory that an operation touches: `blocks` runs of `rows`, `stride` apart.
struct Footprint {
  std::uint32_t first = 0, rows = 0, blocks = 1, stride = 0;
};

std::string describe_schedule(const Schedule& schedule, std::size_t most_lines);

// Throws std::logic_error where the order offers an operation before one that it needs.
void verify_schedule(const Schedule& schedule, const Machine& machine);

}  // namespace gemel::compiler
