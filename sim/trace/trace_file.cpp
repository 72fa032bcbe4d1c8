// SPDX-License-Identifier: Apache-2.0
#include "sim/trace/trace_file.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace gemel::sim {
namespace {

// Numbers of the tracks: whoever looks sees them in this order.
constexpr unsigned kLayerTrack = 1;
constexpr unsigned kFirstTileTrack = 100;  // and 100 on for each class
constexpr unsigned kFirstUnitTrack = 1000;
constexpr unsigned kFirstCommandTrack = 2000;  // likewise
constexpr unsigned kReadTrack = 3000;
constexpr unsigned kWriteTrack = 4000;

std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }

// Events one a line, as text: there are many.
class EventWriter {
 public:
  void track(unsigned track, const std::string& name) {
    begin();
    text_ += R"({"ph":"M","pid":1,"tid":)" + std::to_string(track) + R"(,"name":"thread_name","args":{"name":)" +
             quoted(name) + "}}";
    begin();
    text_ += R"({"ph":"M","pid":1,"tid":)" + std::to_string(track) +
             R"(,"name":"thread_sort_index","args":{"sort_index":)" + std::to_string(track) + "}}";
  }
  void process(const std::string& name) {
    begin();
    text_ += R"({"ph":"M","pid":1,"name":"process_name","args":{"name":)" + quoted(name) + "}}";
  }
  // `name_json` is quoted already, `arguments` an object or "".
  void slice(unsigned track, Cycle start, Cycle end, const std::string& name_json, const std::string& arguments = "") {
    begin();
    text_ += R"({"ph":"X","pid":1,"tid":)" + std::to_string(track) + R"(,"ts":)" + std::to_string(start) +
             R"(,"dur":)" + std::to_string(end - start) + R"(,"name":)" + name_json;
    if (!arguments.empty()) text_ += R"(,"args":)" + arguments;
    text_ += "}";
  }
  void counter(Cycle at, const std::string& name_json, const std::string& values) {
    begin();
    text_ +=
        R"({"ph":"C","pid":1,"ts":)" + std::to_string(at) + R"(,"name":)" + name_json + R"(,"args":)" + values + "}";
  }
  const std::string& text() const { return text_; }

 private:
  void begin() { text_ += text_.empty() ? "\n" : ",\n"; }
  std::string text_;
};

void write_layers(const arch::Program& program, const Timeline& timeline, EventWriter& out) {
  if (timeline.layers().empty()) return;
  out.track(kLayerTrack, "layers");
  for (std::size_t i = 0; i < timeline.layers().size(); ++i) {
    // The first one begins with the timed part.
    const Cycle start = i == 0 ? timeline.begin() : timeline.layers()[i].at;
    const Cycle end = i + 1 < timeline.layers().size() ? timeline.layers()[i + 1].at : timeline.end();
    const arch::Layer& layer = program.layers.at(timeline.layers()[i].layer);
    out.slice(kLayerTrack, start, end, quoted(layer.name),
              R"({"operators":)" + quoted(layer.op) + R"(,"macs":)" + std::to_string(layer.macs) + "}");
  }
}

void write_units(const Timeline& timeline, Cycle to, EventWriter& out) {
  unsigned number = kFirstUnitTrack;
  for (const Timeline::UnitTrack& track : timeline.tracks()) {
    out.track(number, track.unit);
    std::vector<std::string> names;
    for (const std::string& cause : track.causes) names.push_back(quoted(cause));
    for (const Timeline::Slice& slice : track.slices) {
      if (slice.start < to) out.slice(number, slice.start, std::min(slice.end, to), names[slice.cause]);
    }
    ++number;
  }
}

// Where the slices end before the run does: each unit's cycles by cause in equal parts of the whole run.
void write_parts(const Timeline& timeline, EventWriter& out) {
  for (const Timeline::UnitTrack& track : timeline.tracks()) {
    const std::string name = quoted(track.unit + ": cycles of " + std::to_string(timeline.part_cycles()));
    for (std::size_t part = 0; part < track.parts.size(); ++part) {
      std::string values;
      for (std::size_t cause = 0; cause < track.causes.size(); ++cause) {
        values +=
            (values.empty() ? "{" : ",") + quoted(track.causes[cause]) + ":" + std::to_string(track.parts[part][cause]);
      }
      out.counter(part * timeline.part_cycles(), name, values + "}");
    }
  }
}

// `arguments_of` a slice: an object or "".
template <typename ArgumentsOf>
void write_lanes(const std::vector<LaneSlice>& slices, unsigned first, const std::string& name,
                 ArgumentsOf&& arguments_of, EventWriter& out) {
  unsigned lanes = 0;
  for (const LaneSlice& slice : slices) lanes = std::max(lanes, slice.lane + 1);
  for (unsigned lane = 0; lane < lanes; ++lane) out.track(first + lane, name + " " + std::to_string(lane));
  for (const LaneSlice& slice : slices) {
    out.slice(first + slice.lane, slice.start, slice.end, quoted(slice.name), arguments_of(slice));
  }
}

std::string address_argument(const LaneSlice& slice) {
  if (slice.address == 0) return "";
  char text[40];
  std::snprintf(text, sizeof text, "{\"address\":\"0x%llx\"}", static_cast<unsigned long long>(slice.address));
  return text;
}

std::string tile_arguments(const arch::Tile& tile, std::size_t command_class) {
  const auto range = [](std::int64_t first, std::int64_t count) {
    return std::to_string(first) + " to " + std::to_string(first + count - 1);
  };
  const arch::Tile::Commands& commands = tile.commands[command_class];
  if (tile.height == 0) return nlohmann::ordered_json{{"commands", commands.end - commands.first}}.dump();
  return nlohmann::ordered_json{{"image", tile.image},
                                {"rows", range(tile.y, tile.height)},
                                {"columns", range(tile.x, tile.width)},
                                {"outputs", range(tile.first_output, tile.outputs)},
                                {"commands", commands.end - commands.first}}
      .dump();
}

}  // namespace

Cycle trace_window_end(const Timeline& timeline, const EventLog& events) {
  return std::min({timeline.window_end(), events.window_end(), timeline.end()});
}

std::string trace_file_text(const TraceDescription& run, const arch::Program& program, const CommandStreams& streams,
                            const std::vector<arch::Tile>& tiles, const Timeline& timeline, EventLog& events) {
  const Cycle to = trace_window_end(timeline, events);
  const bool is_whole = timeline.limits().from == 0 && to == timeline.end();
  std::vector<Event> kept;
  for (const Event& event : events.sorted()) {
    if (event.cycle < to) kept.push_back(event);
  }
  EventWriter out;
  out.process(run.workload + " on " + run.config);
  write_layers(program, timeline, out);
  write_units(timeline, to, out);
  const IssuedBefore before = {events.issued_before(0), events.issued_before(1), events.issued_before(2)};
  const std::vector<CommandLanes> commands = command_lanes(streams, kept, before);
  const std::vector<CommandLanes> tile_tracks = tile_lanes(program, tiles, commands);
  for (unsigned c = 0; c < tile_tracks.size(); ++c) {
    write_lanes(
        tile_tracks[c].slices, kFirstTileTrack + 100 * c, "tile " + tile_tracks[c].class_name,
        [&](const LaneSlice& slice) { return tile_arguments(tiles[slice.number], c); }, out);
  }
  for (unsigned c = 0; c < commands.size(); ++c) {
    write_lanes(commands[c].slices, kFirstCommandTrack + 100 * c, commands[c].class_name + " command", address_argument,
                out);
  }
  write_lanes(read_lanes(kept, run.bus_bytes), kReadTrack, "memory read", address_argument, out);
  write_lanes(sim::write_lanes(kept), kWriteTrack, "memory write", address_argument, out);
  if (!is_whole) write_parts(timeline, out);

  const nlohmann::ordered_json other = {{"workload", run.workload},
                                        {"config", run.config},
                                        {"time_unit", "one microsecond of this file is one clock cycle"},
                                        {"run_begin_cycle", timeline.begin()},
                                        {"run_end_cycle", timeline.end()},
                                        {"window_from_cycle", timeline.limits().from},
                                        {"window_to_cycle", to},
                                        {"window_is_whole_run", is_whole},
                                        {"window_ended_early", to < std::min(timeline.limits().to, timeline.end())},
                                        {"slices_at_most", timeline.limits().slices}};
  return "{\"displayTimeUnit\":\"ns\",\"otherData\":" + other.dump() + ",\"traceEvents\":[" + out.text() + "\n]}\n";
}

}  // namespace gemel::sim
