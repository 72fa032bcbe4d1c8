// SPDX-License-Identifier: Apache-2.0
#pragma once
// --trace and --trace-window of `gemel run`.
#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "sim/arch/tile.h"
#include "sim/top/run.h"
#include "sim/trace/event_log.h"
#include "sim/trace/timeline.h"
#include "sim/trace/trace_file.h"

namespace gemel::cli {

// What a run leaves for the trace file.
struct TraceRecording {
  explicit TraceRecording(const sim::TimelineLimits& limits)
      : timeline(limits), events(limits.from, limits.to, kMostEvents) {}
  static constexpr std::size_t kMostEvents = 4000000;
  sim::Timeline timeline;
  sim::EventLog events;
};

class TraceOptions {
 public:
  void add_to(CLI::App& command);
  // Throws arch::InputError where the window is none, or a trace of this engine cannot be had or written.
  void check(const std::string& engine, const std::string& input) const;

  // Makes the run record itself; nullptr, and no cost, where no trace was asked for.
  std::unique_ptr<TraceRecording> start(sim::RunOptions& run) const;
  // `tiles` of the program as the compiler counts them, where they are known.
  void write(const sim::TraceDescription& description, const arch::Program& program,
             const arch::AcceleratorConfig& config, const std::vector<arch::Tile>& tiles,
             TraceRecording& recording) const;

 private:
  std::string path_;
  std::string window_;
};

}  // namespace gemel::cli
