// SPDX-License-Identifier: Apache-2.0
#include "cli/trace_options.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <iostream>

#include "cli/output_file.h"
#include "sim/arch/input_error.h"
#include "sim/energy/loop_expander.h"
#include "sim/stats/quantity_text.h"
#include "sim/trace/gzip.h"

namespace gemel::cli {
namespace {

[[noreturn]] void refuse(const std::string& window) {
  throw arch::InputError("--trace-window " + window +
                         ": expected FROM:TO in cycles, such as 1000:5000; either may be left out");
}

sim::Cycle read_cycle(const std::string& digits, sim::Cycle where_absent, const std::string& window) {
  if (digits.empty()) return where_absent;
  if (digits.size() > 18) refuse(window);
  for (const char c : digits) {
    if (std::isdigit(static_cast<unsigned char>(c)) == 0) refuse(window);
  }
  return std::stoull(digits);
}

sim::TimelineLimits read_window(const std::string& window) {
  sim::TimelineLimits limits;
  if (window.empty()) return limits;
  const std::size_t colon = window.find(':');
  if (colon == std::string::npos) refuse(window);
  limits.from = read_cycle(window.substr(0, colon), limits.from, window);
  limits.to = read_cycle(window.substr(colon + 1), limits.to, window);
  if (limits.from >= limits.to) refuse(window);
  return limits;
}

// What the machine sees of a program.
struct Commands {
  sim::CommandStreams streams;
  std::array<std::vector<std::uint32_t>, 3> plain;  // of each class: where the program's own commands stand
  std::vector<arch::Tile> loops;                    // a tile for each loop that ran
};

Commands commands_of(const arch::Program& program, const arch::AcceleratorConfig& config) {
  Commands out;
  out.streams.isa_version = program.isa_version;
  sim::LoopExpander expander(config);
  const auto lengths = [&] {
    std::array<std::uint32_t, 3> now{};
    for (std::size_t c = 0; c < now.size(); ++c) now[c] = static_cast<std::uint32_t>(out.streams.commands[c].size());
    return now;
  };
  std::uint32_t layer = 0;
  for (const arch::Step& step : program.steps) {
    if (step.kind == arch::StepKind::Layer) layer = step.index;
    if (step.kind != arch::StepKind::Command) continue;
    const arch::Command& command = program.commands[step.index];
    const unsigned own_class = sim::class_of(command);
    const auto before = lengths();
    if (own_class != sim::kNoClass) out.plain[own_class].push_back(before[own_class]);
    expander.expand(command, [&](const arch::Command& given) {
      const unsigned c = sim::class_of(given);
      if (c != sim::kNoClass) out.streams.commands[c].push_back(given);
    });
    const auto after = lengths();
    if (own_class != sim::kNoClass || after == before) continue;
    arch::Tile tile;
    tile.layer = layer;
    for (std::size_t c = 0; c < after.size(); ++c) tile.commands[c] = {before[c], after[c]};
    if (!program.layers.empty()) out.loops.push_back(tile);
  }
  return out;
}

// The compiler counts the program's own commands only.
std::vector<arch::Tile> all_tiles(const Commands& commands, const std::vector<arch::Tile>& compiled) {
  std::vector<arch::Tile> tiles = commands.loops;
  for (arch::Tile tile : compiled) {
    bool has_commands = false;
    for (std::size_t c = 0; c < tile.commands.size(); ++c) {
      arch::Tile::Commands& range = tile.commands[c];
      const std::vector<std::uint32_t>& plain = commands.plain[c];
      if (range.first == range.end || range.end > plain.size()) {
        range = {0, 0};
      } else {
        range = {plain[range.first], plain[range.end - 1] + 1};
        has_commands = true;
      }
    }
    if (has_commands) tiles.push_back(tile);
  }
  std::stable_sort(tiles.begin(), tiles.end(), [](const auto& a, const auto& b) { return a.layer < b.layer; });
  return tiles;
}

}  // namespace

void TraceOptions::add_to(CLI::App& command) {
  command.add_option("--trace", path_, "write a timeline for ui.perfetto.dev or chrome://tracing (.json or .json.gz)")
      ->type_name("FILE");
  command.add_option("--trace-window", window_, "the cycles that the timeline shows in detail")->type_name("FROM:TO");
}

void TraceOptions::check(const std::string& engine, const std::string& input) const {
  if (path_.empty()) {
    if (!window_.empty()) throw arch::InputError("--trace-window: there is no --trace that it could be for");
    return;
  }
  if (engine != "systemc") throw arch::InputError("--trace: only the model records one; use --engine systemc");
  read_window(window_);
  check_output_path(path_, input);
}

std::unique_ptr<TraceRecording> TraceOptions::start(sim::RunOptions& run) const {
  if (path_.empty()) return nullptr;
  auto recording = std::make_unique<TraceRecording>(read_window(window_));
  run.timeline = &recording->timeline;
  run.events = &recording->events;
  return recording;
}

void TraceOptions::write(const sim::TraceDescription& description, const arch::Program& program,
                         const arch::AcceleratorConfig& config, const std::vector<arch::Tile>& tiles,
                         TraceRecording& recording) const {
  const Commands commands = commands_of(program, config);
  const std::string text = sim::trace_file_text(description, program, commands.streams, all_tiles(commands, tiles),
                                                recording.timeline, recording.events);
  const bool is_packed = path_.size() > 3 && path_.compare(path_.size() - 3, 3, ".gz") == 0;
  write_output_file(path_, is_packed ? sim::gzip(text) : text);
  const sim::Timeline& timeline = recording.timeline;
  const sim::Cycle end = sim::trace_window_end(timeline, recording.events);
  if (end < std::min(timeline.limits().to, timeline.end())) {
    std::cout << "trace: detail ends in cycle " << sim::grouped_text(end)
              << ", where it would become too large; --trace-window FROM:TO shows another part\n";
  }
}

}  // namespace gemel::cli
