// SPDX-License-Identifier: Apache-2.0
#pragma once
// The accelerator: its units, wired. Advances them cycle by cycle in one fixed order, and says which cycle is the next
// in which anything can happen.
#include <algorithm>
#include <string>
#include <systemc>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/units/accumulator.h"
#include "sim/units/command_front_end.h"
#include "sim/units/counter_file.h"
#include "sim/units/dma_reader.h"
#include "sim/units/dma_writer.h"
#include "sim/units/execute_controller.h"
#include "sim/units/load_controller.h"
#include "sim/units/memory_port.h"
#include "sim/units/mesh.h"
#include "sim/units/mvin_writer.h"
#include "sim/units/reservation_station.h"
#include "sim/units/scratchpad.h"
#include "sim/units/store_controller.h"
#include "sim/units/store_pipeline.h"
#include "sim/units/zero_writer.h"

namespace gemel::sim {

class Accelerator final : public sc_core::sc_module {
 public:
  Accelerator(const sc_core::sc_module_name& name, const arch::AcceleratorConfig& config,
              const arch::DerivedConfig& derived, CommandSource& host, EventLog* events, bool timing_only);

  MemoryPort& memory_port() { return memory_port_; }
  CommandFrontEnd& front_end() { return front_end_; }
  const CounterFile& counters() const { return counters_; }

  // Everything of cycle `now`, and of the cycles behind it in which only commands move on. Returns next_due().
  Cycle advance(Cycle now);
  Cycle next_due() const { return std::min({data_side_due(), station_.due(), front_end_.due()}); }
  std::string unit_due_by(Cycle now) const;  // the name of one that is

  // Nothing is left to do for what was accepted so far, from the cycle quiet_from() on; false while that is open.
  bool quiet(Cycle now) const;
  Cycle quiet_from() const;

  // Brings every unit's account to `now` at least, and returns them.
  std::vector<const CycleAccount*> accounts(Cycle now);
  std::string describe_waiting() const { return station_.describe() + "; " + store_pipeline_.describe(); }

 private:
  Cycle data_side_due() const {
    return std::min({memory_port_.due(), mvin_writer_.due(), zero_writer_.due(), execute_controller_.due(),
                     store_pipeline_.due(), store_controller_.due(), load_controller_.due()});
  }
  Cycle pass_commands();
  std::uint64_t counter_total(CounterEvent event, Cycle at);

  arch::DerivedConfig derived_;
  Scratchpad scratchpad_;
  Accumulator accumulator_;
  Mesh mesh_;
  MemoryPort memory_port_;
  ReservationStation station_;
  CounterFile counters_;
  CommandFrontEnd front_end_;
  MvinWriter mvin_writer_;
  DmaReader dma_reader_;
  ZeroWriter zero_writer_;
  LoadController load_controller_;
  ExecuteController execute_controller_;
  DmaWriter dma_writer_;
  StorePipeline store_pipeline_;
  StoreController store_controller_;
};

}  // namespace gemel::sim
