// SPDX-License-Identifier: Apache-2.0
#include "cli/trace_options.h"

#include <cctype>
#include <iostream>

#include "cli/output_file.h"
#include "sim/arch/input_error.h"
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
                         const std::vector<arch::Tile>& tiles, TraceRecording& recording) const {
  const std::string text = sim::trace_file_text(description, program, tiles, recording.timeline, recording.events);
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
