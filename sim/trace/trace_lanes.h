// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the events of a window say about single commands and memory requests: when each began and ended.
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/arch/program.h"
#include "sim/arch/tile.h"
#include "sim/trace/event_log.h"

namespace gemel::sim {

// Something with a beginning and an end on one of several lanes; on a lane one follows the other.
struct LaneSlice {
  Cycle start = 0, end = 0;
  unsigned lane = 0;
  std::string name;
  std::uint64_t address = 0;  // of memory
  std::uint64_t number = 0;   // of a command, within its class; of a tile
};

// The commands of a run, those that loop instructions bring among them: each class in the order in which it issues.
struct CommandStreams {
  arch::IsaVersion isa_version = arch::IsaVersion::GemminiV07;
  std::array<std::vector<arch::Command>, 3> commands;
};

// 0 load, 1 execute, 2 store; kNoClass where the station never sees the command.
inline constexpr unsigned kNoClass = 3;
unsigned class_of(const arch::Command& command);

// Commands in the reservation station from issue to completion, a lane a station entry.
struct CommandLanes {
  std::string class_name;
  std::vector<LaneSlice> slices;
};
using IssuedBefore = std::array<std::uint64_t, 3>;  // commands of each class that issued before the first event
std::vector<CommandLanes> command_lanes(const CommandStreams& streams, const std::vector<Event>& sorted_events,
                                        const IssuedBefore& issued_before);

// When the commands of each tile, class by class, were in the machine: from the first issue to the last completion that
// `lanes` have. The tiles' commands are counted in CommandStreams.
std::vector<CommandLanes> tile_lanes(const arch::Program& program, const std::vector<arch::Tile>& tiles,
                                     const std::vector<CommandLanes>& lanes);

// Reads from the request at the memory to the last beat; writes from the first beat to the acknowledge. Lanes are given
// out as they are free.
std::vector<LaneSlice> read_lanes(const std::vector<Event>& sorted_events, std::uint32_t bus_bytes);
std::vector<LaneSlice> write_lanes(const std::vector<Event>& sorted_events);

}  // namespace gemel::sim
