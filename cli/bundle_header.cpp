// SPDX-License-Identifier: Apache-2.0
#include <cctype>
#include <set>

#include "cli/bundle.h"
#include "cli/npy_file.h"
#include "sim/arch/text_scanner.h"
#include "sim/stats/memory_digest.h"

namespace gemel::cli {
namespace {

using Role = arch::TensorPlace::Role;

// A comment can hold no end of a comment.
std::string for_comment(std::string text) {
  for (std::size_t at; (at = text.find("*/")) != std::string::npos;) text.replace(at, 2, "* /");
  for (char& c : text) {
    if (c == '\n' || c == '\r' || c == '\\') c = ' ';
  }
  return text;
}

// Macros of one header, each name once.
class Macros {
 public:
  explicit Macros(std::string& text) : text_(text) {}

  // "conv1/relu" as a part of a macro's name.
  std::string part(const std::string& name) {
    std::string text;
    for (const char c : name) {
      const auto byte = static_cast<unsigned char>(c);
      text += byte < 128 && std::isalnum(byte) ? static_cast<char>(std::toupper(byte)) : '_';
    }
    std::string unique = text;
    for (int i = 2; !used_.insert(unique).second; ++i) unique = text + "_" + std::to_string(i);
    return unique;
  }
  void define(const std::string& name, const std::string& value) {
    text_ += "#define GEMEL_" + name + " " + value + "\n";
  }
  void number(const std::string& name, std::uint64_t value) { define(name, "UINT64_C(" + std::to_string(value) + ")"); }
  void address(const std::string& name, std::uint64_t value) {
    define(name, "UINT64_C(" + arch::hex_text(value) + ")");
  }
  void title(const std::string& text) { text_ += "\n/* " + for_comment(text) + " */\n"; }

 private:
  std::string& text_;
  std::set<std::string> used_;
};

const char* c_type(arch::ElementType type) {
  switch (type) {
    case arch::ElementType::Int8:
      return "int8_t";
    case arch::ElementType::UInt8:
      return "uint8_t";
    case arch::ElementType::Int32:
      return "int32_t";
    case arch::ElementType::Float32:
      break;
  }
  return "float";
}

void add_tensors(Macros& macros, const arch::Program& program, Role role, const std::string& prefix) {
  std::uint64_t count = 0;
  for (const arch::TensorPlace& place : program.tensors) {
    if (place.role != role) continue;
    ++count;
    const std::string name = macros.part(prefix + "_" + place.name);
    macros.title(place.name + ": " + element_type_name(place.type) + " " + shape_text(place.shape));
    macros.address(name + "_ADDRESS", place.address);
    macros.number(name + "_BYTES", arch::tensor_bytes(place));
    macros.define(name + "_TYPE", c_type(place.type));
    macros.define(name + "_RANK", std::to_string(place.shape.size()));
    std::string extents;
    for (const std::int64_t extent : place.shape) extents += (extents.empty() ? "" : ", ") + std::to_string(extent);
    macros.define(name + "_SHAPE", "{" + (extents.empty() ? "1" : extents) + "}");
  }
  macros.title("how many there are");
  macros.number(prefix + "S", count);
}

}  // namespace

std::string bundle_header(const Work& work, const arch::AcceleratorConfig& config, const sim::RunResult& run) {
  const arch::Program& program = work.program;
  std::string text = "/* " + for_comment(program.name + ", compiled for " + config.name) +
                     ". Made by gemel compile --bundle. */\n#ifndef GEMEL_BUNDLE_NETWORK_H\n"
                     "#define GEMEL_BUNDLE_NETWORK_H\n\n#include <stdint.h>\n";
  Macros macros(text);
  macros.title("the machine");
  macros.number("DIM", arch::derive(config).dim);
  macros.define("ISA_2025", program.isa_version == arch::IsaVersion::Gemmini2025 ? "1" : "0");
  macros.title("the program");
  macros.number("COMMANDS", program.commands.size());
  macros.number("HOST_OPERATORS", program.host_ops.size());
  macros.number("LAYERS", program.layers.size());
  macros.number("MACS", program.macs);
  macros.title("memory; weights.bin belongs at the weights' address, everything else is zero before a run");
  macros.address("MEMORY_ADDRESS", program.base);
  macros.number("MEMORY_BYTES", program.size);
  macros.address("WEIGHTS_ADDRESS", work.memory.constants_address);
  macros.number("WEIGHTS_BYTES", work.memory.constants);
  macros.number("ACTIVATIONS_BYTES", work.memory.activations);
  add_tensors(macros, program, Role::Input, "INPUT");
  add_tensors(macros, program, Role::Output, "OUTPUT");
  macros.title("a run on inputs/ with a memory latency of " + std::to_string(config.memory.latency_cycles) +
               " cycles; CRC-32 of the outputs, in their order");
  macros.number("EXPECTED_CYCLES", run.statistics.cycles);
  std::string digests;
  for (const std::string& digest : sim::digest_memory(program, run.memory).outputs) {
    digests += (digests.empty() ? "" : ", ") + ("UINT32_C(0x" + digest + ")");
  }
  macros.define("EXPECTED_CRC32", "{" + digests + "}");
  return text + "\n#endif\n";
}

}  // namespace gemel::cli
