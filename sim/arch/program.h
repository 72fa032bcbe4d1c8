// SPDX-License-Identifier: Apache-2.0
#pragma once
// A program: everything that a machine (model or RTL) needs to run, and nothing else. The only bridge
// between compiler and machine. Steps run in order; memory is one region [base, base + size).
#include <cstdint>
#include <string>
#include <vector>

#include "sim/arch/command.h"
#include "sim/arch/host_op.h"

namespace gemel::arch {

// What the host does at one point of the program.
//   Command   offers commands[index] and holds it until accepted; the next step acts 1 + issue gap cycles later.
//   Fence     reached in cycle t: satisfied in the first cycle >= t + 1 in which the accelerator is not busy and
//             memory has nothing outstanding; the next step acts in that cycle.
//   Idle      `index` cycles in which nothing is offered.
//   Begin/End take no cycle; the reported cycles run from Begin to End. A program without them is timed whole,
//             from its first step to a fence after its last.
//   Host      host_ops[index] runs on memory; takes its cost in cycles. Never overlaps the accelerator: a fence
//             stands before it.
//   Layer     takes no cycle; from here on layer `index` is being issued.
enum class StepKind : std::uint8_t { Command, Fence, Idle, Begin, End, Host, Layer };

struct Step {
  StepKind kind = StepKind::Command;
  std::uint32_t index = 0;
};

// Only the host reads and writes UInt8 and Float32.
enum class ElementType : std::uint8_t { Int8, Int32, UInt8, Float32 };
inline constexpr std::size_t element_type_bytes(ElementType type) {
  return type == ElementType::Int8 || type == ElementType::UInt8 ? 1 : 4;
}

// A named tensor in memory, dense and row-major over `shape` (activations NHWC).
struct TensorPlace {
  std::string name;
  std::uint64_t address = 0;
  ElementType type = ElementType::Int8;
  std::vector<std::int64_t> shape;
  enum class Role : std::uint8_t { Input, Output, Weight, Intermediate } role = Role::Intermediate;
};

enum class Placement : std::uint8_t { Array, Host };

struct Layer {
  std::string name;
  std::string op;  // conv2d, gemm, ...; a fused layer joins its parts: conv2d+relu+maxpool
  Placement placement = Placement::Array;
  std::uint64_t macs = 0;            // useful multiply-accumulates
  std::string output;                // tensor that the layer produces (name in `tensors`), "" where none
  std::uint64_t min_dram_bytes = 0;  // each operand once: the traffic no schedule can avoid
};

// Initial memory contents; bytes outside every segment are zero. Later segments override earlier ones.
struct MemorySegment {
  std::uint64_t address = 0;
  std::vector<std::uint8_t> bytes;
};

// Result range whose digest a command stream reports.
struct OutputRange {
  std::uint64_t address = 0;
  std::uint64_t bytes = 0;
};

struct Program {
  std::string name;
  std::string config_name;                          // machine that it was compiled for; "" for a recorded stream
  IsaVersion isa_version = IsaVersion::GemminiV07;  // layout of the commands
  std::uint64_t base = 0x80000000;
  std::uint64_t size = 0;
  std::vector<MemorySegment> memory;
  std::vector<OutputRange> outputs;
  std::vector<TensorPlace> tensors;
  std::vector<Layer> layers;
  std::vector<Command> commands;
  std::vector<HostOp> host_ops;
  std::vector<Step> steps;
  std::uint64_t macs = 0;
};

// Contents of [base, base + size) before the first step. Throws std::invalid_argument where a segment leaves it.
std::vector<std::uint8_t> initial_memory(const Program& program);

// nullptr where there is none of that name.
const TensorPlace* find_tensor(const Program& program, const std::string& name);

// Equal in every part; floats by their bits.
bool operator==(const HostTensor& a, const HostTensor& b);
bool operator==(const HostOp& a, const HostOp& b);
bool operator==(const TensorPlace& a, const TensorPlace& b);
bool operator==(const Layer& a, const Layer& b);
bool operator==(const Program& a, const Program& b);

}  // namespace gemel::arch
