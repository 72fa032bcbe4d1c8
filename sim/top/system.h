// SPDX-License-Identifier: Apache-2.0
#pragma once
// Accelerator, memory and host, wired; and the one SystemC process that runs them.
#include <exception>
#include <functional>
#include <systemc>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/program.h"
#include "sim/memory/reference_memory.h"
#include "sim/memory/tlm_memory.h"
#include "sim/stats/run_statistics.h"
#include "sim/top/accelerator.h"
#include "sim/top/host.h"
#include "sim/top/run.h"

namespace gemel::sim {

class System final : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(System);
  System(const sc_core::sc_module_name& name, const arch::Program& program, const arch::AcceleratorConfig& config,
         const RunOptions& options);

  // After sc_start(): rethrows what went wrong in the run.
  void check() const {
    if (error_) std::rethrow_exception(error_);
  }
  RunStatistics statistics() const;
  ReferenceMemory& memory() { return memory_; }
  std::vector<std::vector<std::uint8_t>>& captured() { return host_.captured(); }

 private:
  // Figures at one moment; differences between two of them are a layer's or the whole run's.
  struct Snapshot {
    Cycle cycle = 0;
    std::size_t layer = 0;
    std::vector<UnitAccounting> accounting;
  };
  // Something that the host's listener named, for when the machine is there.
  enum class Mark : std::uint8_t { Begin, End, Layer };
  struct DueMark {
    Cycle cycle;
    Mark mark;
    std::size_t layer;
  };
  void run();
  void simulate();
  void mark(Cycle at, Mark what, std::size_t layer = 0);
  void take_marks(Cycle until);
  Snapshot snapshot(Cycle now);
  std::vector<UnitAccounting> between(const Snapshot& from, const Snapshot& to) const;

  const arch::Program& program_;
  arch::DerivedConfig derived_;
  const RunOptions& options_;
  std::vector<DueMark> marks_;
  Cycle first_mark_ = kNever;
  Snapshot begin_, end_;
  std::vector<Snapshot> layers_;
  ReferenceMemory memory_;
  TlmMemory target_;
  Host host_;
  Accelerator accelerator_;
  std::exception_ptr error_;
};

}  // namespace gemel::sim
