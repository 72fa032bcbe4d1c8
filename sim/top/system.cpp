// SPDX-License-Identifier: Apache-2.0
#include "sim/top/system.h"

#include <algorithm>
#include <stdexcept>

namespace gemel::sim {

namespace {

// The kernel is entered once in so many cycles: nothing outside needs to see the accelerator more often, since memory
// is asked with annotated times.
constexpr Cycle kQuantum = Cycle{1} << 20;

}  // namespace

System::System(const sc_core::sc_module_name& name, const arch::Program& program, const arch::AcceleratorConfig& config,
               const RunOptions& options)
    : sc_core::sc_module(name),
      program_(program),
      derived_(arch::derive(config)),
      options_(options),
      memory_(program.base, program.size, config.memory.latency_cycles),
      target_("memory", memory_),
      host_(program, config.host, memory_, options.timing_only,
            Host::Listener{[this](Cycle now) { begin_ = now == 0 ? Snapshot{} : snapshot(now); },
                           [this](Cycle now) { end_ = snapshot(now); },
                           [this](std::size_t layer, Cycle now) {
                             layers_.push_back(snapshot(now));
                             layers_.back().layer = layer;
                           }}),
      accelerator_("accelerator", config, derived_, host_, options.events, options.timing_only) {
  accelerator_.memory_port().socket.bind(target_.socket);
  memory_.load(program.memory);
  SC_THREAD(run);
}

void System::run() {
  try {
    simulate();
  } catch (...) {
    error_ = std::current_exception();
  }
  sc_core::sc_stop();
}

void System::simulate() {
  Cycle now = 0;
  Cycle synchronised = 0;
  while (true) {
    accelerator_.advance(now);
    if (host_.at_fence() && accelerator_.quiet(now)) {
      host_.fence_satisfied(std::max(host_.fence_reached() + 1, accelerator_.quiet_from()));
      if (host_.finished()) break;
      accelerator_.front_end().resume();
      continue;  // the host may stand at the next fence already
    }
    const Cycle next = accelerator_.next_due();
    if (next == kNever)
      throw DeadlockError("the program stops in cycle " + std::to_string(now) + " with " +
                          std::to_string(accelerator_.front_end().commands()) + " commands accepted; " +
                          accelerator_.describe_waiting());
    if (next <= now)
      throw std::logic_error("unit '" + accelerator_.unit_due_by(now) + "' asks in cycle " + std::to_string(now) +
                             " for a look that is past");
    now = next;
    if (now - synchronised >= kQuantum) {
      wait(cycles_to_time(now - synchronised));
      synchronised = now;
      accelerator_.memory_port().set_time_base(now);
      if (options_.progress) options_.progress(now, layers_.empty() ? 0 : layers_.back().layer);
    }
  }
  wait(cycles_to_time(host_.time() - synchronised));
}

System::Snapshot System::snapshot(Cycle now) {
  Snapshot s;
  std::vector<const CycleAccount*> accounts = accelerator_.accounts(now);
  host_.account_until(now);
  accounts.push_back(&host_.account());
  // The host may be a little behind the units; should one have forgotten that cycle, the border moves up to what all
  // remember.
  s.cycle = now;
  for (const CycleAccount* account : accounts) s.cycle = std::max(s.cycle, account->remembered_from());
  for (const CycleAccount* account : accounts) s.accounting.push_back(account->result_at(s.cycle));
  MemoryPort& port = accelerator_.memory_port();
  s.read_beats = port.read_beats();
  s.write_beats = port.write_beats();
  s.reads = port.reads();
  s.writes = port.writes();
  s.commands = accelerator_.front_end().commands();
  return s;
}

std::vector<UnitAccounting> System::between(const Snapshot& from, const Snapshot& to) const {
  std::vector<UnitAccounting> out = to.accounting;
  for (std::size_t u = 0; u < from.accounting.size(); ++u)
    for (std::size_t c = 0; c < out[u].causes.size(); ++c)
      out[u].causes[c].second -= from.accounting[u].causes[c].second;
  return out;
}

RunStatistics System::statistics() const {
  RunStatistics s;
  s.cycles = end_.cycle - begin_.cycle;
  s.macs = program_.macs;
  s.commands = end_.commands - begin_.commands;
  s.read_requests = end_.reads - begin_.reads;
  s.write_requests = end_.writes - begin_.writes;
  s.dram_read_bytes = (end_.read_beats - begin_.read_beats) * derived_.bus_bytes;
  s.dram_write_bytes = (end_.write_beats - begin_.write_beats) * derived_.bus_bytes;
  s.accounting = between(begin_, end_);
  s.counter_reads = accelerator_.counters().reads();
  for (const UnitAccounting& unit : s.accounting) {
    Cycle sum = 0;
    for (const auto& [cause, cycles] : unit.causes) sum += cycles;
    if (sum != s.cycles)
      throw std::logic_error("the accounting of unit '" + unit.unit + "' sums to " + std::to_string(sum) + " of " +
                             std::to_string(s.cycles) + " cycles");
  }
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Snapshot& from = i == 0 ? begin_ : layers_[i];
    const Snapshot& to = i + 1 < layers_.size() ? layers_[i + 1] : end_;
    LayerStatistics layer;
    layer.layer = program_.layers.at(layers_[i].layer);
    layer.cycles = to.cycle - from.cycle;
    layer.dram_read_bytes = (to.read_beats - from.read_beats) * derived_.bus_bytes;
    layer.dram_write_bytes = (to.write_beats - from.write_beats) * derived_.bus_bytes;
    layer.accounting = between(from, to);
    s.layers.push_back(std::move(layer));
  }
  return s;
}

}  // namespace gemel::sim
