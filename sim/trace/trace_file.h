// SPDX-License-Identifier: Apache-2.0
#pragma once
// A timeline in the JSON Trace Event Format, which ui.perfetto.dev and chrome://tracing open. docs/reports.md lists the
// tracks. One cycle is one microsecond of the file.
#include <string>
#include <vector>

#include "sim/arch/program.h"
#include "sim/arch/tile.h"
#include "sim/trace/event_log.h"
#include "sim/trace/timeline.h"
#include "sim/trace/trace_lanes.h"

namespace gemel::sim {

struct TraceDescription {
  std::string workload;
  std::string config;
  std::uint32_t bus_bytes = 0;
};

// Where the detail ends: earlier than asked for where there was too much to keep.
Cycle trace_window_end(const Timeline& timeline, const EventLog& events);

// `events` holds the events of the timeline's window at least.
// Without `tiles`, whose commands are counted in `streams`, there are no tracks of them.
std::string trace_file_text(const TraceDescription& run, const arch::Program& program, const CommandStreams& streams,
                            const std::vector<arch::Tile>& tiles, const Timeline& timeline, EventLog& events);

}  // namespace gemel::sim
