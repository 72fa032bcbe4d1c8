// SPDX-License-Identifier: Apache-2.0
#include "sim/top/system.h"

#include <algorithm>
#include <stdexcept>

#include "sim/trace/timeline.h"

namespace gemel::sim {

namespace {

// The kernel is entered once in so many cycles: nothing outside needs to see the accelerator more often, since memory
// is asked with annotated times.
constexpr Cycle kQuantum = Cycle{1} << 20;

Cycle cycles_of(const std::vector<UnitAccounting>& accounting, const char* unit, const char* cause) {
  for (const UnitAccounting& u : accounting) {
    if (u.unit != unit) continue;
    for (const auto& [name, cycles] : u.causes)
      if (name == cause) return cycles;
  }
  throw std::logic_error(std::string("no unit '") + unit + "' is accounted for '" + cause + "'");
}

}  // namespace

System::System(const sc_core::sc_module_name& name, const arch::Program& program, const arch::AcceleratorConfig& config,
               const RunOptions& options)
    : sc_core::sc_module(name),
      program_(program),
      derived_(arch::derive(config)),
      options_(options),
      memory_(program.base, program.size, config.memory),
      target_("memory", memory_),
      host_(program, config.host, memory_, options.timing_only, options.captures,
            Host::Listener{[this](Cycle at) { mark(at, Mark::Begin); }, [this](Cycle at) { mark(at, Mark::End); },
                           [this](std::size_t layer, Cycle at) { mark(at, Mark::Layer, layer); }}),
      accelerator_("accelerator", config, derived_, host_, options.events, options.timing_only) {
  accelerator_.memory_port().socket.bind(target_.socket);
  memory_.load(program.memory);
  if (options.timeline != nullptr) {
    for (const CycleAccount* account : accelerator_.accounts(0)) options.timeline->follow(*account);
    options.timeline->follow(host_.account());
  }
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
    const Cycle next = accelerator_.advance(now);
    if (host_.at_fence() && accelerator_.quiet(now)) {
      host_.fence_satisfied(std::max(host_.fence_reached() + 1, accelerator_.quiet_from()));
      if (host_.finished()) break;
      accelerator_.front_end().resume();
      continue;  // the host may stand at the next fence already
    }
    if (next >= first_mark_) take_marks(next);
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
  take_marks(kNever);
  wait(cycles_to_time(host_.time() - synchronised));
  if (options_.timeline == nullptr) return;
  options_.timeline->begin(begin_.cycle);
  for (const Snapshot& layer : layers_) options_.timeline->layer(layer.layer, layer.cycle);
  options_.timeline->end(end_.cycle);
}

// The host names them in order of cycles.
void System::mark(Cycle at, Mark what, std::size_t layer) {
  marks_.push_back({at, what, layer});
  first_mark_ = marks_.front().cycle;
}

// Up to `until`, in which the next unit is due, everything before a mark is known.
void System::take_marks(Cycle until) {
  std::size_t taken = 0;
  for (; taken < marks_.size() && marks_[taken].cycle <= until; ++taken) {
    const DueMark& mark = marks_[taken];
    if (mark.mark == Mark::Begin) begin_ = mark.cycle == 0 ? Snapshot{} : snapshot(mark.cycle);
    if (mark.mark == Mark::End) end_ = snapshot(mark.cycle);
    if (mark.mark != Mark::Layer) continue;
    layers_.push_back(snapshot(mark.cycle));
    layers_.back().layer = mark.layer;
  }
  marks_.erase(marks_.begin(), marks_.begin() + static_cast<std::ptrdiff_t>(taken));
  first_mark_ = marks_.empty() ? kNever : marks_.front().cycle;
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
  s.accounting = between(begin_, end_);
  s.commands = cycles_of(s.accounting, "host", "issue");
  s.read_requests = cycles_of(s.accounting, "dma_read", "busy");
  s.write_requests = cycles_of(s.accounting, "memory", "write");
  s.dram_read_bytes = cycles_of(s.accounting, "memory", "read") * derived_.bus_bytes;
  s.dram_write_bytes = cycles_of(s.accounting, "dma_write", "busy") * derived_.bus_bytes;
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
    layer.accounting = between(from, to);
    layer.dram_read_bytes = cycles_of(layer.accounting, "memory", "read") * derived_.bus_bytes;
    layer.dram_write_bytes = cycles_of(layer.accounting, "dma_write", "busy") * derived_.bus_bytes;
    s.layers.push_back(std::move(layer));
  }
  return s;
}

}  // namespace gemel::sim
