// SPDX-License-Identifier: Apache-2.0
#pragma once
// The Verilated accelerator with host and memory, a cycle at a time: sim/top/system.h for the other body. The host and
// the memory's times are the same classes.
#include <functional>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/program.h"
#include "sim/cosim/axi_memory.h"
#include "sim/cosim/rtl_accounts.h"
#include "sim/cosim/twin_abi.h"
#include "sim/memory/reference_memory.h"
#include "sim/stats/run_statistics.h"
#include "sim/top/host.h"
#include "sim/trace/event_log.h"

namespace gemel::sim {

// Waveforms of the cycles from `first` to `last`, into `file`.
struct WaveWindow {
  std::string file;
  Cycle first = 0;
  Cycle last = ~Cycle{0};
};

class RtlSystem {
 public:
  // `events` and `waves` may be null. One at a time in a process.
  RtlSystem(const GemelTwin& twin, const arch::Program& program, const arch::AcceleratorConfig& config,
            EventLog* events, const WaveWindow* waves, std::vector<arch::MemoryCapture> captures = {});
  ~RtlSystem();

  // Throws DeadlockError, std::invalid_argument (an access outside the program's memory).
  // `progress` is called now and then.
  void run(const std::function<void(Cycle now, std::size_t layer)>& progress);
  RunStatistics statistics() const;
  Cycle now() const { return now_; }
  ReferenceMemory& memory() { return memory_; }
  std::vector<std::vector<std::uint8_t>>& captured() { return host_.captured(); }

 private:
  // Figures at one moment that the host's listener named; taken when the clock is there.
  struct Snapshot {
    Cycle cycle = 0;
    std::size_t layer = 0;
    std::uint64_t read_requests = 0, write_requests = 0, read_beats = 0, write_beats = 0, commands = 0;
    std::vector<UnitAccounting> accounting;
  };
  enum class Mark : std::uint8_t { Begin, End, Layer };
  struct DueMark {
    Cycle cycle;
    Mark mark;
    std::size_t layer;
  };

  static void on_event(void* self, int kind, int station_class, int index);
  void step();
  void take_marks();
  static std::vector<UnitAccounting> between(const Snapshot& from, const Snapshot& to);
  Snapshot snapshot(std::size_t layer);

  const GemelTwin& twin_;
  const arch::Program& program_;
  unsigned bus_bytes_;
  Cycle deadlock_cycles_;
  EventLog* events_;
  const WaveWindow* waves_;
  ReferenceMemory memory_;
  AxiMemory port_;
  std::vector<DueMark> marks_;
  Host host_;
  RtlAccounts accounts_;
  void* accelerator_;

  Cycle now_ = 0;
  Cycle last_progress_ = 0;  // the last cycle in which anything could be seen to move
  bool has_command_ = false;
  arch::Command command_;
  Cycle offered_ = 0;
  std::uint64_t accepted_ = 0;
  Snapshot begin_, end_;
  std::vector<Snapshot> layers_;
  std::vector<std::uint64_t> counter_reads_;
};

}  // namespace gemel::sim
