// SPDX-License-Identifier: Apache-2.0
#include "cli/bundle.h"

#include <algorithm>
#include <stdexcept>

#include "cli/named_tensors.h"
#include "cli/npy_file.h"
#include "cli/stimulus.h"
#include "compiler/reference/result_check.h"
#include "sim/arch/program_file.h"
#include "sim/arch/text_scanner.h"

namespace gemel::cli {
namespace {

using Role = arch::TensorPlace::Role;

NpyArray array_of(const arch::TensorPlace& place, const std::uint8_t* data) {
  return {place.type, place.shape, {data, data + arch::tensor_bytes(place)}};
}

std::string bytes_text(const std::vector<std::uint8_t>& memory, std::uint64_t offset, std::uint64_t bytes) {
  const auto first = memory.begin() + static_cast<std::ptrdiff_t>(offset);
  return std::string(first, first + static_cast<std::ptrdiff_t>(bytes));
}

const char* role_name(Role role) {
  switch (role) {
    case Role::Input:
      return "input";
    case Role::Output:
      return "output";
    case Role::Weight:
      return "weight";
    case Role::Intermediate:
      break;
  }
  return "activation";
}

}  // namespace

std::string memory_map(const Work& work) {
  const arch::Program& program = work.program;
  const compiler::MemoryUse& use = work.memory;
  std::string text = "# memory of " + program.name + " on " + program.config_name + ": [" +
                     arch::hex_text(program.base) + ", " + arch::hex_text(program.base + program.size) + ")\n";
  const auto part = [&](const char* name, std::uint64_t bytes, const char* what) {
    text += std::string("# ") + name + " " + std::to_string(bytes) + " bytes" + what + "\n";
  };
  part("weights", use.constants, ", the contents of weights.bin");
  part("inputs", use.inputs, "");
  part("outputs", use.outputs, "");
  part("activations", use.activations,
       (", shared; each on its own would take " + std::to_string(use.unshared_activations)).c_str());
  part("scratch", use.scratch, ", zero before a run");
  text += "# address bytes role type shape name\n";
  std::vector<const arch::TensorPlace*> places;
  for (const arch::TensorPlace& place : program.tensors) places.push_back(&place);
  std::stable_sort(places.begin(), places.end(), [](const auto* a, const auto* b) { return a->address < b->address; });
  for (const arch::TensorPlace* place : places) {
    text += arch::hex_text(place->address) + " " + std::to_string(arch::tensor_bytes(*place)) + " " +
            role_name(place->role) + " " + element_type_name(place->type) + " ";
    std::string shape;
    for (const std::int64_t extent : place->shape) shape += (shape.empty() ? "" : "x") + std::to_string(extent);
    text += (shape.empty() ? "scalar" : shape) + " " + place->name + "\n";
  }
  return text;
}

void write_bundle(OutputDirectory& directory, const Work& work, const arch::AcceleratorConfig& config) {
  const arch::Program& program = work.program;
  const arch::LayerResultPlan plan = arch::plan_layer_results(program);
  const std::vector<arch::MemoryCapture> host_writes = host_write_captures(program);
  // One run for both: captures in order of their steps, and back to where they belong.
  sim::RunOptions options;
  std::vector<std::size_t> layer_result, host_write;
  for (std::size_t l = 0, h = 0; l < plan.captures.size() || h < host_writes.size();) {
    const bool is_host =
        l == plan.captures.size() || (h < host_writes.size() && host_writes[h].step < plan.captures[l].step);
    (is_host ? host_write : layer_result).push_back(options.captures.size());
    options.captures.push_back(is_host ? host_writes[h++] : plan.captures[l++]);
  }
  sim::RunResult run = sim::run_program(program, config, options);
  const auto picked = [&](const std::vector<std::size_t>& which) {
    std::vector<std::vector<std::uint8_t>> captured;
    for (const std::size_t i : which) captured.push_back(std::move(run.captures.at(i)));
    return captured;
  };
  const arch::TensorContents results = arch::named_contents(plan, picked(layer_result));
  const compiler::CheckReport check =
      compiler::check_result(*work.graph, program, run.memory, results, work.optimised_graph.get());
  if (!check.is_verified()) {
    throw std::runtime_error("the program does not compute what the reference does: " + check.first_difference);
  }

  const std::vector<std::uint8_t> before = arch::initial_memory(program);
  directory.write("program.gemel", arch::serialise_program(program));
  directory.write("weights.bin",
                  bytes_text(before, work.memory.constants_address - program.base, work.memory.constants));
  directory.write("memory_map.txt", memory_map(work));
  directory.write("network.h", bundle_header(work, config, run));
  directory.write("stimulus.rocc", arch::write_rocc(stimulus_of(program, picked(host_write))));
  for (const arch::TensorPlace& place : program.tensors) {
    const std::uint64_t offset = place.address - program.base;
    if (place.role == Role::Input) {
      directory.write("inputs/" + tensor_file_name(place.name), npy_text(array_of(place, before.data() + offset)));
    } else if (place.role == Role::Output) {
      directory.write("expected/" + tensor_file_name(place.name),
                      npy_text(array_of(place, run.memory.data() + offset)));
    }
  }
}

}  // namespace gemel::cli
