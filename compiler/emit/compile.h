// SPDX-License-Identifier: Apache-2.0
#pragma once
// Fused layers to a program for one machine: tiles, schedule, memory, commands. Every stage is verified; every stage
// can be printed.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "compiler/emit/tile_form.h"
#include "compiler/graph/fused_layer.h"
#include "sim/arch/accelerator_config.h"
#include "sim/arch/program.h"
#include "sim/arch/tile.h"

namespace gemel::compiler {

enum class DataflowChoice : std::uint8_t { Automatic, WeightStationary, OutputStationary };

struct CompileOptions {
  DataflowChoice dataflow = DataflowChoice::Automatic;  // weight stationary where the machine has it
  LoopUse loops = LoopUse::Automatic;
  // Stage to print: "fused", "tiles", "schedule" or "memory"; "" prints none.
  std::string dump_after;
  std::size_t schedule_lines = 200;  // per layer, of "schedule"
  bool share_memory = true;          // between activations that are never alive together
  bool keep_operands = true;         // in the scratchpad, from one layer to the next
  // Contents of graph inputs; an input without gets synthetic_input().
  std::map<std::string, std::vector<std::uint8_t>> inputs;
};

struct LayerCost {  // what the compiler expects
  std::string name;
  std::uint64_t cycles = 0;  // of the interleaving model; fences and host layers not counted
  std::uint64_t compute_cycles = 0, load_cycles = 0, store_cycles = 0;
};

// Bytes of memory that the program needs.
struct MemoryUse {
  std::uint64_t constants = 0, inputs = 0, outputs = 0, scratch = 0;
  std::uint64_t activations = 0;           // shared
  std::uint64_t unshared_activations = 0;  // had each an address of its own
  std::uint64_t constants_address = 0;     // all constants lie from here on
  std::uint64_t kept_bytes = 0;            // not loaded, since the scratchpad still held them
};

struct Compilation {
  arch::Program program;
  std::string dump;
  std::vector<LayerCost> expected;  // per layer of the program
  std::vector<arch::Tile> tiles;    // in program order
  MemoryUse memory;
};

// Throws arch::InputError where the machine can not run the model.
Compilation compile_model(FusedModel model, const arch::AcceleratorConfig& config, const CompileOptions& options = {});

// Stages that dump_after knows, in order.
const std::vector<std::string>& compile_stages();

}  // namespace gemel::compiler
