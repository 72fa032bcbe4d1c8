// SPDX-License-Identifier: Apache-2.0
#include "sim/top/accelerator.h"

#include <algorithm>

namespace gemel::sim {

Accelerator::Accelerator(const sc_core::sc_module_name& name, const arch::AcceleratorConfig& config,
                         const arch::DerivedConfig& derived, CommandSource& host, EventLog* events, bool timing_only)
    : sc_core::sc_module(name),
      derived_(derived),
      scratchpad_("scratchpad", config, derived_),
      accumulator_("accumulator", config, derived_),
      mesh_("mesh", config, derived_, scratchpad_),
      memory_port_("memory_port", derived_.bus_bytes),
      station_("reservation_station", config, derived_),
      counters_("counter_file"),
      front_end_("command_front_end", config, derived_, station_, counters_),
      mvin_writer_("mvin_writer", config, derived_, scratchpad_, accumulator_, timing_only),
      dma_reader_("dma_reader", config, derived_, memory_port_, mvin_writer_),
      zero_writer_("zero_writer", derived_, scratchpad_, accumulator_, mvin_writer_, timing_only),
      load_controller_("load_controller", config, derived_, station_, dma_reader_, zero_writer_),
      execute_controller_("execute_controller", config, derived_, station_, mvin_writer_, scratchpad_, accumulator_,
                          mesh_, timing_only),
      dma_writer_("dma_writer", config, derived_, memory_port_, timing_only),
      store_pipeline_("store_pipeline", config, derived_, station_, mvin_writer_, execute_controller_, scratchpad_,
                      accumulator_, dma_writer_, timing_only),
      store_controller_("store_controller", config, derived_, station_, store_pipeline_) {
  memory_port_.connect(dma_reader_, dma_writer_, events);
  station_.connect(load_controller_, execute_controller_, store_controller_, front_end_, events);
  station_.on_complete(CommandClass::Load, load_controller_);
  station_.on_complete(CommandClass::Store, store_controller_);
  station_.on_loop_command_left(front_end_);
  front_end_.connect(host, events);
  counters_.connect([this](CounterEvent event, Cycle at) { return counter_total(event, at); });
  mvin_writer_.connect(load_controller_, memory_port_);
  dma_reader_.connect(load_controller_);
  zero_writer_.connect(load_controller_, load_controller_);
  dma_writer_.connect(store_pipeline_);
  store_pipeline_.connect(store_controller_);
}

// The order in which units are looked at: each one may read what those above it decided for this cycle, where the
// hardware decides it combinationally (who writes a bank, who is granted the port); everything else they tell each
// other takes effect in a later cycle.
Cycle Accelerator::advance(Cycle now) {
  const auto look = [now](auto& unit) {
    if (unit.due() <= now) unit.advance(now);
  };
  look(memory_port_);
  look(mvin_writer_);
  look(zero_writer_);
  look(execute_controller_);
  look(store_pipeline_);
  look(store_controller_);
  look(load_controller_);
  look(station_);
  look(front_end_);
  return pass_commands();
}

// Most cycles have to do with commands alone: they complete, and the next ones enter. Not endlessly, so that who asks
// for figures is not left too far behind.
Cycle Accelerator::pass_commands() {
  constexpr unsigned kMostCycles = 256;
  for (unsigned cycles = 0;; ++cycles) {
    const Cycle others = data_side_due();
    const Cycle now = std::min(station_.due(), front_end_.due());
    if (now >= others || cycles == kMostCycles) return std::min(now, others);
    if (station_.due() <= now) station_.advance(now);
    if (front_end_.due() <= now) front_end_.advance(now);
  }
}

std::string Accelerator::unit_due_by(Cycle now) const {
  for (const Unit* unit : std::initializer_list<const Unit*>{&memory_port_, &mvin_writer_, &zero_writer_,
                                                             &execute_controller_, &store_pipeline_, &store_controller_,
                                                             &load_controller_, &station_, &front_end_})
    if (unit->due() <= now) return unit->basename();
  return "none";
}

bool Accelerator::quiet(Cycle now) const {
  return front_end_.empty() && dma_reader_.idle() && dma_writer_.idle() && store_pipeline_.idle() &&
         (station_.empty() || (station_.holds_only_a_preload() && execute_controller_.waits_on_lone_preload(now)));
}

Cycle Accelerator::quiet_from() const {
  return std::max({front_end_.quiet_from(), station_.last_change() + 1, dma_reader_.quiet_from(),
                   dma_writer_.quiet_from(), store_pipeline_.quiet_from(),
                   station_.empty() ? 0 : execute_controller_.lone_preload_from()});
}

std::vector<const CycleAccount*> Accelerator::accounts(Cycle now) {
  execute_controller_.account_until(now);
  load_controller_.account_until(now);
  store_controller_.account_until(now);
  dma_reader_.account_until(now);
  dma_writer_.account_until(now);
  memory_port_.account_until(now);
  return {&execute_controller_.account(), &load_controller_.account(), &store_controller_.account(),
          &dma_reader_.account(),         &dma_writer_.account(),      &memory_port_.account()};
}

std::uint64_t Accelerator::counter_total(CounterEvent event, Cycle at) {
  accounts(at);
  const auto all_but = [at](const CycleAccount& account, const char* idle) {
    std::uint64_t total = 0;
    for (const auto& [cause, cycles] : account.result_at(at).causes)
      if (cause != idle) total += cycles;
    return total;
  };
  const auto of = [at](const CycleAccount& account, std::initializer_list<const char*> wanted) {
    std::uint64_t total = 0;
    for (const auto& [cause, cycles] : account.result_at(at).causes)
      for (const char* name : wanted)
        if (cause == name) total += cycles;
    return total;
  };
  const auto busy = [&](std::initializer_list<CommandClass> classes) {
    unsigned mask = 0;
    for (const CommandClass c : classes) mask |= 1u << static_cast<unsigned>(c);
    return station_.activity(at).busy_cycles(mask, at);
  };
  constexpr CommandClass kLoad = CommandClass::Load, kStore = CommandClass::Store, kExecute = CommandClass::Execute;
  switch (event) {
    case CounterEvent::None:
      return 0;
    case CounterEvent::OnlyLoadBusy:
      return busy({kLoad});
    case CounterEvent::OnlyStoreBusy:
      return busy({kStore});
    case CounterEvent::OnlyExecuteBusy:
      return busy({kExecute});
    case CounterEvent::LoadAndStoreBusy:
      return busy({kLoad, kStore});
    case CounterEvent::LoadAndExecuteBusy:
      return busy({kLoad, kExecute});
    case CounterEvent::StoreAndExecuteBusy:
      return busy({kStore, kExecute});
    case CounterEvent::AllBusy:
      return busy({kLoad, kStore, kExecute});
    case CounterEvent::LoadWaits:
      return of(load_controller_.account(), {"wait_tracker", "wait_reader"});
    case CounterEvent::StoreWaits:
      return of(store_controller_.account(), {"wait_tracker"});
    case CounterEvent::StoreRefused:
      return of(store_controller_.account(), {"wait_dispatch"});
    case CounterEvent::ReadDmaRefused:
      return of(dma_reader_.account(), {"wait_port"});
    case CounterEvent::WriteDmaRefused:
      return of(dma_writer_.account(), {"wait_port"});
    case CounterEvent::StationTakesNone:
      return station_.activity(at).cycles_without_allocation(at);
    case CounterEvent::StationHoldsEntry:
      return station_.activity(at).cycles_with_entries(at);
    case CounterEvent::MatmulLoopActive:
      return front_end_.matmul_loop_cycles(at);
    case CounterEvent::LoadEntries:
      return station_.activity(at).entries(kLoad, at);
    case CounterEvent::StoreEntries:
      return station_.activity(at).entries(kStore, at);
    case CounterEvent::ExecuteEntries:
      return station_.activity(at).entries(kExecute, at);
    case CounterEvent::ReadSlots:
      return dma_reader_.slot_cycles(at);
    case CounterEvent::WriteSlots:
      return dma_writer_.slot_cycles(at);
    case CounterEvent::LoadActive:
      return of(load_controller_.account(), {"busy"});
    case CounterEvent::StoreActive:
      return of(store_controller_.account(), {"busy", "wait_dispatch"});
    case CounterEvent::ReadDmaActive:
      return all_but(dma_reader_.account(), "idle");
    case CounterEvent::WriteDmaActive:
      return all_but(dma_writer_.account(), "idle");
    case CounterEvent::ExecuteActive:
      return of(execute_controller_.account(), {"busy", "bank_conflict"});
    case CounterEvent::BytesRead:
      return of(memory_port_.account(), {"read"}) * derived_.bus_bytes;
    case CounterEvent::BytesWritten:
      return of(dma_writer_.account(), {"busy"}) * derived_.bus_bytes;
  }
  return 0;
}

}  // namespace gemel::sim
