// SPDX-License-Identifier: Apache-2.0
#include "sim/trace/trace_lanes.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>

#include "sim/arch/command_text.h"
#include "sim/arch/isa.h"

namespace gemel::sim {
namespace {

constexpr std::array<const char*, 3> kClasses = {"load", "execute", "store"};
// The lowest lane that is free from `start` on; takes it until `end`.
unsigned take_lane(std::vector<Cycle>& free_from, Cycle start, Cycle end) {
  auto lane = std::find_if(free_from.begin(), free_from.end(), [&](Cycle at) { return at <= start; });
  if (lane == free_from.end()) lane = free_from.insert(free_from.end(), 0);
  *lane = end;
  return static_cast<unsigned>(lane - free_from.begin());
}

void assign_lanes(std::vector<LaneSlice>& slices) {
  std::stable_sort(slices.begin(), slices.end(), [](const auto& a, const auto& b) { return a.start < b.start; });
  std::vector<Cycle> free_from;
  for (LaneSlice& slice : slices) slice.lane = take_lane(free_from, slice.start, slice.end);
}

}  // namespace

unsigned class_of(const arch::Command& command) {
  const auto funct = static_cast<arch::Funct>(command.funct);
  if (arch::is_mvin(funct)) return 0;
  if (arch::is_compute(funct) || funct == arch::Funct::Preload) return 1;
  if (funct == arch::Funct::Mvout) return 2;
  if (funct != arch::Funct::Config) return kNoClass;
  switch (arch::config_kind(command.rs1)) {
    case arch::ConfigKind::Load:
      return 0;
    case arch::ConfigKind::Execute:
      return 1;
    case arch::ConfigKind::Store:
    case arch::ConfigKind::Normalise:
      return 2;
  }
  return kNoClass;
}

std::vector<CommandLanes> command_lanes(const CommandStreams& streams, const std::vector<Event>& events,
                                        const IssuedBefore& issued_before) {
  std::vector<CommandLanes> lanes(3);
  IssuedBefore issued = issued_before;
  std::array<std::map<std::uint64_t, LaneSlice>, 3> open;  // by station entry
  for (unsigned c = 0; c < 3; ++c) lanes[c].class_name = kClasses[c];
  // In the cycle in which an entry is left it may be taken again: what ended is closed first.
  for (const Event& event : events) {
    if (event.kind != EventKind::Issued && event.kind != EventKind::Completed) continue;
    const auto c = static_cast<unsigned>(event.a);
    const auto found = open[c].find(event.b);
    if (found != open[c].end()) {
      // A configuration retires as it issues, without a completion: its entry is seen again with another command.
      LaneSlice slice = std::move(found->second);
      slice.end = event.kind == EventKind::Completed ? std::max(event.cycle, slice.start + 1) : slice.start + 1;
      lanes[c].slices.push_back(std::move(slice));
      open[c].erase(found);
    }
    if (event.kind != EventKind::Issued) continue;
    LaneSlice slice;
    slice.start = event.cycle;
    slice.lane = static_cast<unsigned>(event.b);
    const std::size_t index = slice.number = issued[c]++;
    slice.name = kClasses[c];
    if (index < streams.commands[c].size()) {
      const arch::Command& command = streams.commands[c][index];
      const arch::InstructionInfo* info = arch::find_instruction(command, streams.isa_version);
      if (info != nullptr) slice.name = info->mnemonic;
      const auto funct = static_cast<arch::Funct>(command.funct);
      if (arch::is_mvin(funct) || funct == arch::Funct::Mvout) slice.address = command.rs1;
    }
    open[c].emplace(event.b, std::move(slice));
  }
  return lanes;
}

std::vector<CommandLanes> tile_lanes(const arch::Program& program, const std::vector<arch::Tile>& tiles,
                                     const std::vector<CommandLanes>& lanes) {
  std::vector<std::uint32_t> in_layer(program.layers.size());  // tiles
  for (const arch::Tile& tile : tiles) ++in_layer.at(tile.layer);
  std::vector<CommandLanes> out;
  for (std::size_t c = 0; c < lanes.size(); ++c) {
    CommandLanes of_class;
    of_class.class_name = lanes[c].class_name;
    std::vector<const LaneSlice*> commands;
    for (const LaneSlice& slice : lanes[c].slices) commands.push_back(&slice);
    std::sort(commands.begin(), commands.end(), [](const auto* a, const auto* b) { return a->number < b->number; });
    std::size_t next = 0;  // command
    std::uint32_t layer = ~0u, place = 0;
    for (std::size_t i = 0; i < tiles.size(); ++i) {
      place = tiles[i].layer == layer ? place + 1 : 1;
      layer = tiles[i].layer;
      while (next < commands.size() && commands[next]->number < tiles[i].commands[c].first) ++next;
      LaneSlice slice;
      slice.start = ~Cycle{0};
      slice.number = i;
      for (; next < commands.size() && commands[next]->number < tiles[i].commands[c].end; ++next) {
        slice.start = std::min(slice.start, commands[next]->start);
        slice.end = std::max(slice.end, commands[next]->end);
      }
      if (slice.end == 0) continue;  // not in the window, or nothing to do for this class
      slice.name = program.layers[layer].name + " " + std::to_string(place) + "/" + std::to_string(in_layer[layer]);
      of_class.slices.push_back(std::move(slice));
    }
    assign_lanes(of_class.slices);
    out.push_back(std::move(of_class));
  }
  return out;
}

std::vector<LaneSlice> read_lanes(const std::vector<Event>& events, std::uint32_t bus_bytes) {
  std::vector<LaneSlice> slices;
  struct Pending {
    LaneSlice slice;
    std::uint64_t beats_left;
  };
  std::deque<Pending> pending;  // beats come in the order of the requests
  for (const Event& event : events) {
    if (event.kind == EventKind::ReadRequest) {
      LaneSlice slice;
      slice.start = event.cycle;
      slice.address = event.a;
      slice.name = "read " + std::to_string(event.b) + " bytes";
      pending.push_back({std::move(slice), std::max<std::uint64_t>(1, event.b / bus_bytes)});
    } else if (event.kind == EventKind::ReadBeat) {
      // A window may begin between a request and its beats.
      if (pending.empty() || event.a < pending.front().slice.address) continue;
      if (--pending.front().beats_left > 0) continue;
      pending.front().slice.end = event.cycle + 1;
      slices.push_back(std::move(pending.front().slice));
      pending.pop_front();
    }
  }
  assign_lanes(slices);
  return slices;
}

std::vector<LaneSlice> write_lanes(const std::vector<Event>& events) {
  std::vector<LaneSlice> slices;
  std::deque<Event> beats;  // of writes that are not acknowledged
  for (const Event& event : events) {
    if (event.kind == EventKind::WriteBeat) beats.push_back(event);
    if (event.kind != EventKind::Acknowledge) continue;
    while (!beats.empty() && beats.front().a != event.a) beats.pop_front();
    if (beats.empty()) continue;
    LaneSlice slice;
    slice.start = beats.front().cycle;
    slice.end = event.cycle + 1;
    slice.address = event.a;
    slice.name = "write";
    slices.push_back(std::move(slice));
    beats.pop_front();
  }
  assign_lanes(slices);
  return slices;
}

}  // namespace gemel::sim
