// SPDX-License-Identifier: Apache-2.0
#include "sim/cosim/rtl_system.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "sim/top/run.h"

namespace gemel::sim {

namespace {

// Longer than the longest command can work between two visible events, but for the memory's time.
constexpr Cycle kDeadlockCycles = 400'000;
constexpr Cycle kProgressCycles = 1 << 14;

}  // namespace

RtlSystem::RtlSystem(const GemelTwin& twin, const arch::Program& program, const arch::AcceleratorConfig& config,
                     EventLog* events, const WaveWindow* waves, std::vector<arch::MemoryCapture> captures)
    : twin_(twin),
      program_(program),
      bus_bytes_(arch::derive(config).bus_bytes),
      deadlock_cycles_(kDeadlockCycles + MemoryTimer(config.memory).longest_wait()),
      events_(events),
      waves_(waves),
      memory_(program.base, program.size, config.memory),
      port_(memory_, bus_bytes_, events),
      host_(program, config.host, memory_, false, std::move(captures),
            Host::Listener{[this](Cycle at) {
                             marks_.push_back({at, Mark::Begin, 0});
                           },
                           [this](Cycle at) {
                             marks_.push_back({at, Mark::End, 0});
                           },
                           [this](std::size_t layer, Cycle at) {
                             marks_.push_back({at, Mark::Layer, layer});
                           }}),
      accelerator_(twin.create(&RtlSystem::on_event, this, waves == nullptr ? nullptr : waves->file.c_str())) {
  memory_.load(program.memory);
}

RtlSystem::~RtlSystem() { twin_.destroy(accelerator_); }

void RtlSystem::on_event(void* self, int kind, int station_class, int index) {
  RtlSystem& system = *static_cast<RtlSystem*>(self);
  if (kind == kGemelTwinCauses) {
    system.accounts_.change(system.now_, static_cast<std::uint32_t>(index));
    return;
  }
  system.last_progress_ = system.now_;
  if (system.events_ == nullptr) return;
  system.events_->record(system.now_, kind == kGemelTwinIssued ? EventKind::Issued : EventKind::Completed,
                         static_cast<std::uint64_t>(station_class), static_cast<std::uint64_t>(index));
}

void RtlSystem::step() {
  if (waves_ != nullptr && now_ == waves_->first) twin_.trace(accelerator_, 1, now_);
  if (waves_ != nullptr && now_ == waves_->last + 1) twin_.trace(accelerator_, 0, now_);
  GemelTwinInputs in{};
  GemelTwinOutputs out{};
  in.command_valid = has_command_ && offered_ <= now_;
  in.funct = command_.funct;
  in.rs1 = command_.rs1;
  in.rs2 = command_.rs2;
  port_.offer(now_, in);
  twin_.settle(accelerator_, &in, &out);
  port_.observe(now_, in, out);
  if (out.counter_valid) counter_reads_.push_back(out.counter_value);
  if (in.command_valid && out.command_ready) {
    if (events_ != nullptr) events_->record(now_, EventKind::Accepted, accepted_);
    ++accepted_;
    host_.accepted(now_);
    has_command_ = false;
    last_progress_ = now_;
  }
  if (in.read_valid || in.acknowledge_valid || out.read_request_valid || out.write_valid) last_progress_ = now_;
  twin_.clock(accelerator_);
  ++now_;
}

RtlSystem::Snapshot RtlSystem::snapshot(std::size_t layer) {
  host_.account_until(now_);
  Snapshot s{now_,
             layer,
             accounts_.read_requests(now_),
             accounts_.write_acknowledges(now_),
             accounts_.read_beats(now_),
             accounts_.write_beats(now_),
             accepted_,
             accounts_.result_at(now_)};
  s.accounting.push_back(host_.account().result_at(now_));
  return s;
}

std::vector<UnitAccounting> RtlSystem::between(const Snapshot& from, const Snapshot& to) {
  std::vector<UnitAccounting> out = to.accounting;
  for (std::size_t u = 0; u < out.size(); ++u) {
    Cycle sum = 0;
    for (std::size_t c = 0; c < out[u].causes.size(); ++c) {
      out[u].causes[c].second -= from.accounting[u].causes[c].second;
      sum += out[u].causes[c].second;
    }
    if (sum != to.cycle - from.cycle) {
      throw std::runtime_error("the RTL's accounting of unit '" + out[u].unit + "' sums to " + std::to_string(sum) +
                               " of " + std::to_string(to.cycle - from.cycle) + " cycles");
    }
  }
  return out;
}

void RtlSystem::take_marks() {
  while (!marks_.empty() && marks_.front().cycle <= now_) {
    const DueMark mark = marks_.front();
    marks_.erase(marks_.begin());
    if (mark.mark == Mark::Begin) begin_ = snapshot(0);
    if (mark.mark == Mark::End) end_ = snapshot(0);
    if (mark.mark == Mark::Layer) layers_.push_back(snapshot(mark.layer));
  }
}

void RtlSystem::run(const std::function<void(Cycle, std::size_t)>& progress) {
  while (true) {
    // The host decides when the clock is where its step acts; it may pass several steps in a cycle.
    while (!has_command_ && !host_.finished() && host_.time() <= now_) {
      if (host_.at_fence()) {
        if (now_ <= host_.fence_reached() || twin_.is_busy(accelerator_) || port_.has_outstanding()) break;
        host_.fence_satisfied(now_);
        last_progress_ = now_;
      } else {
        has_command_ = host_.next_command(command_, offered_);
      }
    }
    take_marks();
    if (host_.finished() && marks_.empty()) {
      step();  // the value of a counter access comes in the cycle after it was consumed
      return;
    }
    if (now_ > std::max(last_progress_, host_.time()) + deadlock_cycles_) {
      throw DeadlockError("the program stops in cycle " + std::to_string(last_progress_) + " with " +
                          std::to_string(accepted_) + " commands accepted: the RTL shows nothing more");
    }
    step();
    if (progress && now_ % kProgressCycles == 0) progress(now_, layers_.empty() ? 0 : layers_.back().layer);
  }
}

RunStatistics RtlSystem::statistics() const {
  RunStatistics s;
  s.cycles = end_.cycle - begin_.cycle;
  s.macs = program_.macs;
  s.commands = end_.commands - begin_.commands;
  s.read_requests = end_.read_requests - begin_.read_requests;
  s.write_requests = end_.write_requests - begin_.write_requests;
  s.dram_read_bytes = (end_.read_beats - begin_.read_beats) * bus_bytes_;
  s.dram_write_bytes = (end_.write_beats - begin_.write_beats) * bus_bytes_;
  s.accounting = between(begin_, end_);
  s.counter_reads = counter_reads_;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Snapshot& from = i == 0 ? begin_ : layers_[i];
    const Snapshot& to = i + 1 < layers_.size() ? layers_[i + 1] : end_;
    LayerStatistics layer;
    layer.layer = program_.layers.at(layers_[i].layer);
    layer.cycles = to.cycle - from.cycle;
    layer.dram_read_bytes = (to.read_beats - from.read_beats) * bus_bytes_;
    layer.dram_write_bytes = (to.write_beats - from.write_beats) * bus_bytes_;
    layer.accounting = between(from, to);
    s.layers.push_back(std::move(layer));
  }
  return s;
}

}  // namespace gemel::sim
