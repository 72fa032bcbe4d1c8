// SPDX-License-Identifier: Apache-2.0
#include "compiler/schedule/command_timing.h"

#include <algorithm>
#include <queue>

#include "compiler/schedule/timing_front_end.h"
#include "compiler/schedule/timing_units.h"

namespace gemel::compiler {
namespace {

using arch::Command;
using arch::Funct;
using arch::LocalAddress;

constexpr std::size_t kClasses = 3;
std::size_t index(CommandClass c) { return static_cast<std::size_t>(c); }

// One class of the reservation station.
struct Station {
  std::size_t entries = 0, queue = 0;  // of the station; of the controller
  std::size_t valid = 0, allocated = 0, issued = 0;
  std::vector<Time> done;                                             // by number
  std::priority_queue<Time, std::vector<Time>, std::greater<>> ends;  // of valid entries, as far as known
  struct Waiting {
    Command command;
    Time ready;                            // not before
    std::array<std::size_t, kClasses> on;  // 1 + number of the youngest command of that class that it waits for
  };
  std::deque<Waiting> waiting;  // allocated, not issued
  Time last_issue = -1;
  std::deque<Time> left;  // when the controller took those that it has taken

  void end(std::size_t number, Time at) {
    done[number] = at;
    ends.push(at);
  }
  // Entries that are taken at `at`.
  std::size_t taken(Time at) {
    while (!ends.empty() && ends.top() < at) {
      ends.pop();
      --valid;
    }
    return valid;
  }
  // When an entry is free.
  Time room() const {
    if (valid < entries) return 0;
    return ends.empty() ? kNever : ends.top() + 1;
  }
};

class Predictor {
 public:
  Predictor(const std::vector<Command>& commands, const Machine& machine)
      : machine_(machine),
        ports_(machine),
        front_(commands, machine),
        load_(ports_),
        execute_(ports_),
        store_(ports_),
        rows_(machine.derived.scratchpad_rows + machine.derived.accumulator_rows) {
    const arch::ReservationStationConfig& entries = machine.config.reservation_station;
    const arch::QueueConfig& queues = machine.config.queues;
    stations_[index(CommandClass::Load)].entries = entries.load_entries;
    stations_[index(CommandClass::Load)].queue = queues.load;
    stations_[index(CommandClass::Execute)].entries = entries.execute_entries;
    stations_[index(CommandClass::Execute)].queue = queues.execute + 2;
    stations_[index(CommandClass::Store)].entries = entries.store_entries;
    stations_[index(CommandClass::Store)].queue = queues.store;
  }

  Prediction run() {
    for (;;) {
      const Time entry = front_.next_entry(), allocation = allocation_time();
      std::array<Time, kClasses> issue;
      for (std::size_t c = 0; c < kClasses; ++c) issue[c] = issue_time(stations_[c]);
      const Time decision = execute_.next_decision(), read = store_.next_read(), request = load_.next_request();
      const Time now = std::min({entry, allocation, issue[0], issue[1], issue[2], decision, read, request});
      if (now >= kNever) break;
      if (now == entry) {
        enter(now);
        continue;
      }
      front_.retry(now);
      if (now == request) {
        request_next();
      } else if (now == decision) {
        decide();
      } else if (now == read) {
        read_element();
      } else if (now == allocation) {
        allocate(now);
      } else {
        for (std::size_t c = 0; c < kClasses; ++c) {
          if (issue[c] != now) continue;
          issue_head(c, now);
          break;
        }
      }
    }
    Prediction result;
    result.cycles = static_cast<std::uint64_t>(std::max<Time>(ports_.last + 1, 0));
    result.host = static_cast<std::uint64_t>(front_.host_cycles());
    result.array = static_cast<std::uint64_t>(execute_.busy());
    result.bus = static_cast<std::uint64_t>(ports_.answers);
    return result;
  }

 private:
  struct Touch {  // 1 + number of the last command of each class
    std::array<std::uint32_t, kClasses> by{};
  };

  Time allocation_time() const {
    if (front_.empty()) return kNever;
    const Time room = stations_[index(class_of(front_.head()))].room();
    return room >= kNever ? kNever : std::max({front_.head_since(), last_allocation_ + 1, room});
  }

  Time issue_time(const Station& station) const {
    if (station.waiting.empty()) return kNever;
    const Station::Waiting& head = station.waiting.front();
    Time at = std::max(head.ready, station.last_issue + 1);
    for (std::size_t c = 0; c < kClasses; ++c) {
      if (head.on[c] == 0) continue;
      const Time done = stations_[c].done[head.on[c] - 1];
      if (done >= kNever) return kNever;
      at = std::max(at, done + 1);
    }
    // Room in the controller's queue.
    if (station.issued >= station.queue) {
      const std::size_t before = station.issued - station.queue;
      if (before >= station.left.size()) return kNever;
      at = std::max(at, station.left[before] + 1);
    }
    return at;
  }

  void enter(Time now) {
    std::array<OnTheWay, kClasses> on_the_way;
    for (std::size_t c = 0; c < kClasses; ++c) {
      on_the_way[c].count = stations_[c].taken(now) + front_.queued(static_cast<CommandClass>(c));
      if (!stations_[c].ends.empty()) on_the_way[c].next_end = stations_[c].ends.top();
    }
    front_.enter(on_the_way);
  }

  // Rows [first, first + rows) of `blocks` runs, `stride` apart.
  template <typename Visit>
  void each_row(LocalAddress local, std::int64_t rows, std::int64_t blocks, std::int64_t stride, Visit&& visit) {
    if (local.is_garbage(machine_.derived)) return;
    const std::size_t all =
        local.is_accumulator() ? machine_.derived.accumulator_rows : machine_.derived.scratchpad_rows;
    const std::size_t base = local.is_accumulator() ? machine_.derived.scratchpad_rows : 0;
    const std::size_t first = local.row(machine_.derived);
    for (std::int64_t b = 0; b < blocks; ++b) {
      for (std::int64_t r = 0; r < rows; ++r)
        visit(rows_[base + (first + static_cast<std::size_t>(b * stride + r)) % all]);
    }
  }

  void allocate(Time now) {
    const Command command = front_.head();
    const CommandClass c = class_of(command);
    Station& station = stations_[index(c)];
    station.taken(now);
    ++station.valid;
    const std::size_t number = station.allocated++;
    station.done.push_back(kNever);
    Station::Waiting entry{command, now + 1, {}};
    const auto touch = [&](const arch::LocalBlock& block, std::int64_t rows, std::int64_t blocks, std::int64_t stride,
                           std::initializer_list<CommandClass> against) {
      each_row(block.address, rows, blocks, stride, [&](Touch& row) {
        for (const CommandClass other : against)
          entry.on[index(other)] = std::max<std::size_t>(entry.on[index(other)], row.by[index(other)]);
        row.by[index(c)] = static_cast<std::uint32_t>(number + 1);
      });
    };
    const std::int64_t dim = machine_.dim();
    const auto funct = static_cast<Funct>(command.funct);
    if (funct == Funct::Config) {
      if (c == CommandClass::Load) {
        const arch::ConfigLoad config = arch::decode_config_load(command.rs1, command.rs2);
        block_stride_[config.state] = config.block_stride;
      } else if (c == CommandClass::Execute) {
        const arch::ConfigExecute config = arch::decode_config_execute(command.rs1, command.rs2);
        if (!config.set_only_strides) b_transpose_ = config.b_transpose;
        a_stride_ = config.a_stride;
      } else {
        pools_ = arch::decode_config_store(command.rs1, command.rs2).pool_stride != 0;
      }
    } else if (arch::is_mvin(funct)) {
      const arch::Mvin mvin = arch::decode_mvin(command);
      touch(mvin.local, mvin.local.rows, (mvin.local.cols + dim - 1) / dim, block_stride_[mvin.state],
            {CommandClass::Execute, CommandClass::Store});
    } else if (funct == Funct::Mvout) {
      const arch::Mvout mvout = arch::decode_mvout(command.rs1, command.rs2);
      const std::int64_t bank_rows = machine_.derived.accumulator_bank_rows;
      const std::int64_t to_end = bank_rows - mvout.local.address.row(machine_.derived) % bank_rows;
      touch(mvout.local, pools_ ? to_end : mvout.local.rows, pools_ ? 1 : (mvout.local.cols + dim - 1) / dim, dim,
            {CommandClass::Load, CommandClass::Execute});
    } else if (funct == Funct::Preload) {
      const arch::Preload preload = arch::decode_preload(command.rs1, command.rs2);
      touch(preload.bd, b_transpose_ ? preload.bd.cols : preload.bd.rows, 1, 0, {CommandClass::Load});
      touch(preload.c, preload.c.rows, 1, 0, {CommandClass::Load, CommandClass::Store});
    } else {
      const arch::Compute compute = arch::decode_compute(command);
      touch(compute.a, std::int64_t{compute.a.rows} * a_stride_, 1, 0, {CommandClass::Load});
      touch(compute.bd, compute.bd.rows, 1, 0, {CommandClass::Load});
    }
    station.waiting.push_back(entry);
    front_.pop(now);
    last_allocation_ = now;
  }

  void issue_head(std::size_t c, Time now) {
    Station& station = stations_[c];
    const Command command = station.waiting.front().command;
    station.waiting.pop_front();
    station.last_issue = now;
    const std::size_t number = station.issued++;
    const bool config = static_cast<Funct>(command.funct) == Funct::Config;
    switch (static_cast<CommandClass>(c)) {
      case CommandClass::Load:
        load_.add(command, number, now);
        if (config) station.end(number, now);
        station.left.push_back(now);
        break;
      case CommandClass::Execute:
        execute_.add(command, number, now);
        break;
      case CommandClass::Store:
        if (config) {
          store_.configure(command, now);
          station.end(number, now);
          station.left.push_back(now);
        } else {
          store_.add(command, number, now);
        }
        break;
    }
  }

  void decide() {
    done_.clear();
    execute_.decide(done_);
    Station& station = stations_[index(CommandClass::Execute)];
    for (const TimingExecute::Done& done : done_) station.end(done.number, done.at);
    while (station.left.size() < execute_.taken()) station.left.push_back(execute_.left() - 1);
  }

  void request_next() {
    std::size_t number = 0;
    Time done = 0;
    if (load_.request(number, done)) stations_[index(CommandClass::Load)].end(number, done);
  }

  void read_element() {
    std::size_t number = 0;
    Time done = 0;
    if (!store_.read(number, done)) return;
    Station& station = stations_[index(CommandClass::Store)];
    station.end(number, done);
    station.left.push_back(store_.left());
  }

  const Machine& machine_;
  TimingPorts ports_;
  TimingFrontEnd front_;
  TimingLoad load_;
  TimingExecute execute_;
  TimingStore store_;
  std::array<Station, kClasses> stations_;
  std::vector<Touch> rows_;
  std::array<std::uint32_t, 3> block_stride_{};
  bool b_transpose_ = false;
  std::uint16_t a_stride_ = 1;
  bool pools_ = false;
  Time last_allocation_ = -1;
  std::vector<TimingExecute::Done> done_;
};

}  // namespace

std::string Prediction::bound() const {
  const std::uint64_t most = std::max({host, array, bus});
  if (most * 5 < cycles * 4) return "latency";
  return most == array ? "array" : most == host ? "host" : "memory";
}

Prediction predict(const std::vector<Command>& commands, const Machine& machine) {
  return Predictor(commands, machine).run();
}

}  // namespace gemel::compiler
