// SPDX-License-Identifier: Apache-2.0
#include "sim/cosim/compare.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <regex>
#include <sstream>
#include <utility>

#include "sim/arch/command_text.h"
#include "sim/cosim/run_rtl.h"

namespace gemel::sim {
namespace {

constexpr std::size_t kShownEvents = 10;
constexpr std::array<const char*, 3> kClasses = {"load", "execute", "store"};

unsigned class_of(const arch::Command& command) {
  switch (static_cast<arch::Funct>(command.funct)) {
    case arch::Funct::Mvin:
    case arch::Funct::Mvin2:
    case arch::Funct::Mvin3:
      return 0;
    case arch::Funct::Mvout:
      return 2;
    case arch::Funct::Config:
      return (command.rs1 & 3) == 0 ? 1 : (command.rs1 & 3) == 1 ? 0 : 2;
    default:
      return 1;
  }
}

bool is_loop(const arch::Command& command) {
  const auto funct = static_cast<arch::Funct>(command.funct);
  return (funct >= arch::Funct::LoopWs && funct <= arch::Funct::LoopWsStridesDC) ||
         (funct >= arch::Funct::LoopConvWs && funct <= arch::Funct::LoopConvWsConfig6) ||
         funct == arch::Funct::LoopWsScratchpadAB || funct == arch::Funct::LoopWsScratchpadC;
}

// Names the events of one log: a class issues in program order, so the nth issue of a class is its nth command. Where
// loop instructions put commands of their own among them, only entries are named.
class EventNamer {
 public:
  explicit EventNamer(const arch::Program& program) : program_(program) {
    for (const arch::Step& step : program.steps) {
      if (step.kind != arch::StepKind::Command) continue;
      const std::size_t number = offered_.size();
      offered_.push_back(step.index);
      const arch::Command& command = program.commands[step.index];
      const auto funct = static_cast<arch::Funct>(command.funct);
      has_loops_ |= is_loop(command);
      if (funct == arch::Funct::Flush || funct == arch::Funct::ClockGate || funct == arch::Funct::Counter) continue;
      by_class_[class_of(command)].push_back(number);
    }
  }

  // To be called for each event in order.
  std::string name(const Event& event) {
    std::ostringstream text;
    text << event.cycle << "  ";
    switch (event.kind) {
      case EventKind::Accepted:
        text << "accepted   " << command_text(event.a);
        break;
      case EventKind::Issued: {
        std::size_t& nth = issued_[event.a % 3];
        const std::vector<std::size_t>& commands = by_class_[event.a % 3];
        if (nth < commands.size() && !has_loops_) held_[{event.a, event.b}] = commands[nth];
        ++nth;
        text << "issued     " << station_text(event);
        break;
      }
      case EventKind::Completed:
        text << "completed  " << station_text(event);
        break;
      case EventKind::ReadRequest:
        text << "read       0x" << std::hex << event.a << std::dec << ", " << event.b << " bytes";
        break;
      case EventKind::WriteBeat:
        text << "write beat 0x" << std::hex << event.a << ", mask 0x" << event.b;
        break;
      case EventKind::ReadBeat:
        text << "read beat  0x" << std::hex << event.a;
        break;
      case EventKind::Acknowledge:
        text << "write done 0x" << std::hex << event.a;
        break;
    }
    return text.str();
  }

 private:
  std::string command_text(std::uint64_t number) const {
    std::string text = "command " + std::to_string(number);
    if (number < offered_.size()) {
      text += ": " + arch::describe(program_.commands[offered_[number]], program_.isa_version);
    }
    return text;
  }
  std::string station_text(const Event& event) const {
    std::string text = std::string(kClasses[event.a % 3]) + " entry " + std::to_string(event.b);
    const auto held = held_.find({event.a, event.b});
    return held == held_.end() ? text : text + ", " + command_text(held->second);
  }

  const arch::Program& program_;
  std::vector<std::size_t> offered_;  // command index of each offered command
  bool has_loops_ = false;
  std::array<std::vector<std::size_t>, 3> by_class_;
  std::array<std::size_t, 3> issued_{};
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::size_t> held_;
};

// Where an event is made, and who decides when: the suspects, the likeliest first.
std::string unit_of(const Event& event) {
  const std::string name = kClasses[event.a % 3];
  static const char* const kCompleting[] = {"mvin_writer, zero_writer, load_controller, beat_merger, memory_port",
                                            "execute_controller, row_feeder, result_writer, mesh",
                                            "store_pipeline, store_controller, dma_writer"};
  switch (event.kind) {
    case EventKind::Accepted:
      return "command_front_end";
    case EventKind::Issued:
      // The station issues what the front end has allocated, where the controller's queue has room.
      return "reservation_station (" + name + "), command_front_end, " + name + "_controller";
    case EventKind::Completed:
      return kCompleting[event.a % 3];
    case EventKind::ReadRequest:
      return "dma_reader, memory_port, load_controller";
    case EventKind::WriteBeat:
      return "dma_writer, store_pipeline, memory_port, store_controller";
    case EventKind::ReadBeat:
      return "memory_port, beat_merger";
    case EventKind::Acknowledge:
      return "memory_port";
  }
  return "";
}

std::vector<std::string> last_events(const arch::Program& program, const std::vector<Event>& events, std::size_t at) {
  EventNamer namer(program);
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < events.size() && i <= at; ++i) lines.push_back(namer.name(events[i]));
  if (at >= events.size()) lines.push_back("(nothing more)");
  if (lines.size() > kShownEvents) lines.erase(lines.begin(), lines.end() - kShownEvents);
  return lines;
}

bool is_earlier(const Event& x, const Event& y) {
  return std::tie(x.cycle, x.kind, x.a, x.b) < std::tie(y.cycle, y.kind, y.a, y.b);
}

// How a run ended, where it did not end well.
struct Ending {
  RunResult result;
  EventLog events;
  std::string fault;
  bool is_deadlock = false;
  bool is_bad_access = false;
  Cycle known_before = ~Cycle{0};  // what happened from here on is not known
};

template <typename Run>
void run_body(Ending& ending, Run run) {
  try {
    ending.result = run();
  } catch (const DeadlockError& error) {
    ending.fault = error.what();
    ending.is_deadlock = true;
  } catch (const std::invalid_argument& error) {
    ending.fault = error.what();
    ending.is_bad_access = true;
  } catch (const RtlFailure& error) {
    ending.fault = error.what();
    ending.known_before = error.cycle().value_or(0);
  }
}

// The unit whose assertion was violated, or "host".
std::string asserting_unit(const std::string& fault) {
  std::smatch found;
  return std::regex_search(fault, found, std::regex("(\\w+)\\.sv:\\d+: Assertion")) ? found[1].str() : "host";
}

std::vector<Event> events_before(EventLog& log, Cycle end) {
  std::vector<Event> events = log.sorted();
  events.erase(std::find_if(events.begin(), events.end(), [&](const Event& event) { return event.cycle >= end; }),
               events.end());
  return events;
}

// One run came to its end and the other did not, or the RTL failed. Where events differ before that, they say who.
Difference other_ending(const arch::Program& program, Ending& model, Ending& rtl) {
  const std::string endings = "model: " + (model.fault.empty() ? "comes to the end" : model.fault) +
                              "\nRTL: " + (rtl.fault.empty() ? "comes to the end" : rtl.fault);
  // An access outside the memory ends the run in the cycle of its last event.
  Cycle end = rtl.known_before;
  if (rtl.is_bad_access) end = rtl.events.sorted().empty() ? 0 : rtl.events.sorted().back().cycle;
  std::optional<Difference> first =
      compare_events(program, events_before(model.events, end), events_before(rtl.events, end));
  if (first) {
    first->what += "\n" + endings;
    return *first;
  }
  Difference difference;
  difference.unit = asserting_unit(rtl.fault);
  difference.what = endings;
  return difference;
}

std::optional<Difference> compare_memory(const arch::Program& program, const std::vector<std::uint8_t>& model,
                                         const std::vector<std::uint8_t>& rtl) {
  const auto [m, r] = std::mismatch(model.begin(), model.end(), rtl.begin(), rtl.end());
  if (m == model.end() && r == rtl.end()) return std::nullopt;
  Difference difference;
  difference.unit = "memory";
  char text[160];
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < std::min(model.size(), rtl.size()); ++i) bytes += model[i] != rtl[i];
  std::snprintf(text, sizeof text,
                "all events agree, but byte 0x%llx of memory is %d in the model and %d in the RTL (%zu bytes differ)",
                static_cast<unsigned long long>(program.base + static_cast<std::uint64_t>(m - model.begin())),
                m == model.end() ? -1 : *m, r == rtl.end() ? -1 : *r, bytes);
  difference.what = text;
  return difference;
}

}  // namespace

std::optional<Difference> compare_events(const arch::Program& program, const std::vector<Event>& model,
                                         const std::vector<Event>& rtl) {
  const std::size_t common = std::min(model.size(), rtl.size());
  std::size_t at = 0;
  while (at < common && model[at] == rtl[at]) ++at;
  if (at == model.size() && at == rtl.size()) return std::nullopt;
  // The earlier of the two is what one side has and the other does not have then.
  const bool is_of_model = at >= rtl.size() || (at < model.size() && is_earlier(model[at], rtl[at]));
  const Event& event = is_of_model ? model[at] : rtl[at];
  Difference difference;
  difference.cycle = event.cycle;
  difference.unit = unit_of(event);
  difference.what = is_of_model ? "the model has an event that the RTL does not have in that cycle"
                                : "the RTL has an event that the model does not have in that cycle";
  difference.model = last_events(program, model, at);
  difference.rtl = last_events(program, rtl, at);
  return difference;
}

Comparison compare_bodies(const std::string& twin, const arch::Program& program,
                          const arch::AcceleratorConfig& config) {
  Ending model, rtl;
  run_body(model, [&] {
    RunOptions options;
    options.events = &model.events;
    return run_program(program, config, options);
  });
  if (model.is_bad_access) throw std::invalid_argument(model.fault);
  run_body(rtl, [&] {
    RtlRunOptions options;
    options.events = &rtl.events;
    return run_program_on_rtl(twin, program, config, options);
  });

  Comparison comparison;
  if (model.fault.empty() != rtl.fault.empty() || model.is_deadlock != rtl.is_deadlock ||
      (!rtl.fault.empty() && !rtl.is_deadlock)) {
    comparison.difference = other_ending(program, model, rtl);
  }
  if (rtl.fault.empty() && !comparison.difference) {
    comparison.difference = compare_events(program, model.events.sorted(), rtl.events.sorted());
  }
  if (comparison.difference || !rtl.fault.empty()) return comparison;
  comparison.model = model.result.statistics;
  comparison.rtl = rtl.result.statistics;
  comparison.difference = compare_memory(program, model.result.memory, rtl.result.memory);
  if (!comparison.difference) comparison.difference = compare_statistics(comparison.model, comparison.rtl);
  return comparison;
}

std::string difference_text(const Difference& difference) {
  std::string text;
  if (!difference.model.empty()) {
    text = "cycle " + std::to_string(difference.cycle) + ", " + difference.unit + ": " + difference.what + "\n";
    text += "  model's last events\n";
    for (const std::string& line : difference.model) text += "    " + line + "\n";
    text += "  RTL's last events\n";
    for (const std::string& line : difference.rtl) text += "    " + line + "\n";
    return text;
  }
  return difference.unit + ": " + difference.what + "\n";
}

}  // namespace gemel::sim
