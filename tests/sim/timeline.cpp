// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/timeline.h"

#include "sim/arch/command_text.h"
#include "sim/arch/memory_fill.h"
#include "sim/top/run.h"
#include "sim/trace/event_log.h"

namespace gemel::test_sim {

namespace {
constexpr std::uint64_t kMemoryBytes = 1 << 18;
}

arch::Program assemble(const std::vector<std::string>& lines) {
  arch::Program program;
  program.size = kMemoryBytes;
  std::vector<std::uint8_t> bytes(kMemoryBytes);
  arch::apply_fill({program.base, kMemoryBytes, arch::FillKind::Int8, 0}, program.base, bytes);
  program.memory.push_back({program.base, std::move(bytes)});
  for (const std::string& line : lines) {
    if (line == "fence") {
      program.steps.push_back({arch::StepKind::Fence, 0});
    } else if (line == "begin") {
      program.steps.push_back({arch::StepKind::Begin, 0});
    } else if (line == "end") {
      program.steps.push_back({arch::StepKind::End, 0});
    } else if (line.rfind("idle ", 0) == 0) {
      program.steps.push_back({arch::StepKind::Idle, static_cast<std::uint32_t>(std::stoul(line.substr(5)))});
    } else {
      program.steps.push_back({arch::StepKind::Command, static_cast<std::uint32_t>(program.commands.size())});
      program.commands.push_back(arch::parse_command(line, program.isa_version));
    }
  }
  return program;
}

Timeline run(const std::vector<std::string>& lines, const arch::AcceleratorConfig& config) {
  sim::EventLog log;
  sim::RunOptions options;
  options.events = &log;
  sim::RunResult result = sim::run_program(assemble(lines), config, options);
  Timeline t;
  t.cycles = result.statistics.cycles;
  t.memory = std::move(result.memory);
  for (const sim::Event& event : log.sorted()) {
    switch (event.kind) {
      case sim::EventKind::Accepted:
        t.accepted.push_back(event.cycle);
        break;
      case sim::EventKind::Issued:
        t.issued[event.a].push_back(event.cycle);
        break;
      case sim::EventKind::Completed:
        t.completed[event.a].push_back(event.cycle);
        break;
      case sim::EventKind::ReadRequest:
        t.read_requests.push_back(event.cycle);
        break;
      case sim::EventKind::WriteBeat:
        t.write_beats.push_back(event.cycle);
        break;
      default:
        break;
    }
  }
  return t;
}

std::vector<std::string> repeat(unsigned n, const std::vector<std::string>& lines) {
  std::vector<std::string> all;
  for (unsigned i = 0; i < n; ++i) all.insert(all.end(), lines.begin(), lines.end());
  return all;
}

std::vector<std::string> operator+(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace gemel::test_sim
