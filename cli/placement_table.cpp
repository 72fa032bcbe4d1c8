// SPDX-License-Identifier: Apache-2.0
#include "cli/placement_table.h"

#include <algorithm>
#include <map>
#include <set>

#include "sim/arch/host_op.h"

namespace gemel::cli {
namespace {

using Cells = std::vector<std::string>;

std::string aligned(const std::vector<Cells>& rows) {
  std::vector<std::size_t> widths;
  for (const Cells& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (std::size_t c = 0; c + 1 < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
  }
  std::string text;
  for (const Cells& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      const bool is_number = c == 3;
      const std::size_t missing = c + 1 < row.size() ? widths[c] - row[c].size() : 0;
      line += (c == 0 ? "" : "  ") + (is_number ? std::string(missing, ' ') : "") + row[c] +
              (is_number ? "" : std::string(missing, ' '));
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

// Cycles of each layer: the array's as expected, the host's by its cost model.
std::vector<std::uint64_t> layer_cycles(const compiler::Compilation& compilation,
                                        const arch::AcceleratorConfig& config) {
  std::vector<std::uint64_t> cycles;
  for (const compiler::LayerCost& cost : compilation.expected) cycles.push_back(cost.cycles);
  std::size_t layer = 0;
  for (const arch::Step& step : compilation.program.steps) {
    if (step.kind == arch::StepKind::Layer) layer = step.index;
    if (step.kind == arch::StepKind::Host) {
      cycles.at(layer) += arch::host_op_cost_cycles(compilation.program.host_ops[step.index], config.host);
    }
  }
  return cycles;
}

std::string joined(const std::set<std::string>& parts, const char* between) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : between) + part;
  return text;
}

struct Line {
  std::set<std::string> places;
  std::uint64_t cycles = 0;
  std::set<std::string> reasons;
};

}  // namespace

std::string placement_table(const std::vector<compiler::OnnxNodeNote>& notes, const compiler::FusedModel& model,
                            const compiler::Compilation& compilation, const arch::AcceleratorConfig& config) {
  const std::vector<std::uint64_t> cycles = layer_cycles(compilation, config);
  std::map<std::string, Line> lines;  // by node; a layer of several nodes counts for the first
  std::uint64_t array_cycles = 0, host_cycles = 0;
  for (std::size_t i = 0; i < model.layers.size(); ++i) {
    const compiler::FusedLayer& layer = model.layers[i];
    const bool on_host = layer.placement == arch::Placement::Host;
    (on_host ? host_cycles : array_cycles) += cycles[i];
    for (std::size_t p = 0; p < layer.parts.size(); ++p) {
      Line& line = lines[layer.parts[p]];
      line.places.insert(on_host ? "host" : "array");
      if (p == 0) line.cycles += cycles[i];
      if (p != 0) line.reasons.insert("part of " + layer.parts[0]);
      if (p == 0 && !layer.reason.empty())
        line.reasons.insert((on_host ? layer.op + " on the host: " : "") + layer.reason);
    }
  }
  std::vector<Cells> rows{{"node", "operator", "where", "cycles", "why"}};
  const auto add_row = [&](const std::string& name, const std::string& op, const std::vector<std::string>& remarks) {
    const auto found = lines.find(name);
    std::set<std::string> reasons(remarks.begin(), remarks.end());
    if (found == lines.end()) {
      if (reasons.empty()) reasons.insert("becomes addressing");
      rows.push_back({name, op, "folded", "0", joined(reasons, "; ")});
      return;
    }
    reasons.insert(found->second.reasons.begin(), found->second.reasons.end());
    rows.push_back(
        {name, op, joined(found->second.places, "+"), std::to_string(found->second.cycles), joined(reasons, "; ")});
    lines.erase(found);
  };
  for (const compiler::OnnxNodeNote& note : notes) {
    add_row(note.node, note.op + "-" + std::to_string(note.opset), note.remarks);
  }
  std::set<std::string> seen;
  for (const compiler::FusedLayer& layer : model.layers) {  // layers of a workload; the graph's own outputs
    for (const std::string& part : layer.parts) {
      if (lines.count(part) != 0 && seen.insert(part).second) add_row(part, layer.op, {});
    }
  }
  return aligned(rows) + "expected: " + std::to_string(array_cycles) + " cycles on the array, " +
         std::to_string(host_cycles) + " on the host\n";
}

}  // namespace gemel::cli
