// SPDX-License-Identifier: Apache-2.0
#include "sim/native/timing_model.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <systemc>

#include "sim/memory/tlm_memory.h"
#include "sim/top/accelerator.h"
#include "sim/top/run.h"

namespace gemel::sim {

namespace {

// The whole address space, with the reference memory's times and no contents.
class AddressSpace final : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<AddressSpace> socket{"socket"};

  AddressSpace(const sc_core::sc_module_name& name, const arch::MemoryConfig& config)
      : sc_core::sc_module(name), timer_(config) {
    socket.register_b_transport(this, &AddressSpace::b_transport);
    socket.register_get_direct_mem_ptr(this, &AddressSpace::get_direct_mem_ptr);
  }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    annotate_answer(payload, delay, timer_);
  }
  // A range for checks; a timing-only machine touches no contents.
  bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi& dmi) {
    grant_direct_access(dmi, nullptr, 0, std::numeric_limits<std::uint64_t>::max() - 1, timer_);
    return true;
  }
  MemoryTimer timer_;
};

// A kernel of our own; its time stands still, since memory is asked with annotated times.
class Kernel {
 public:
  Kernel() : context_(std::make_unique<sc_core::sc_simcontext>()) {
    sc_core::sc_curr_simcontext = context_.get();
    sc_core::sc_default_global_context = context_.get();
    sc_core::sc_report_handler::set_actions("/OSCI/SystemC", sc_core::SC_DO_NOTHING);
    sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  }

 private:
  std::unique_ptr<sc_core::sc_simcontext> context_;
};

struct Machine {
  Machine(CommandChannel& channel, const arch::AcceleratorConfig& config)
      : derived(arch::derive(config)),
        host(channel, config.host),
        memory("memory", config.memory),
        accelerator("accelerator", config, derived, host, nullptr, true) {
    accelerator.memory_port().socket.bind(memory.socket);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);  // elaborates
  }
  void run();
  RunStatistics statistics();

  arch::DerivedConfig derived;
  NativeHost host;
  AddressSpace memory;
  Accelerator accelerator;
  std::size_t counter_reads = 0;  // answered
};

void Machine::run() {
  Cycle now = 0;
  while (true) {
    accelerator.advance(now);
    if (host.at_answer() && accelerator.front_end().empty()) {
      // The value leaves the counters one cycle after the access has reached them.
      const std::vector<std::uint64_t>& reads = accelerator.counters().reads();
      host.answered(accelerator.front_end().quiet_from() + 1, reads.size() > counter_reads ? reads.back() : 0);
      counter_reads = reads.size();
      accelerator.front_end().resume();
      if (accelerator.next_due() <= now) continue;
    }
    if (host.at_fence() && accelerator.quiet(now)) {
      host.fence_satisfied(std::max(host.fence_reached() + 1, accelerator.quiet_from()));
      if (host.finished()) return;
      accelerator.front_end().resume();
      continue;
    }
    const Cycle next = accelerator.next_due();
    if (next == kNever)
      throw DeadlockError("the machine stops in cycle " + std::to_string(now) + " with " +
                          std::to_string(accelerator.front_end().commands()) + " commands accepted; " +
                          accelerator.describe_waiting());
    if (next <= now)
      throw std::logic_error("unit '" + accelerator.unit_due_by(now) + "' asks in cycle " + std::to_string(now) +
                             " for a look that is past");
    now = next;
  }
}

RunStatistics Machine::statistics() {
  const Cycle end = host.time();
  RunStatistics s;
  s.cycles = end;
  s.commands = accelerator.front_end().commands();
  const MemoryPort& port = accelerator.memory_port();
  s.read_requests = port.reads();
  s.write_requests = port.writes();
  s.dram_read_bytes = port.read_beats() * derived.bus_bytes;
  s.dram_write_bytes = port.write_beats() * derived.bus_bytes;
  s.counter_reads = accelerator.counters().reads();
  std::vector<const CycleAccount*> accounts = accelerator.accounts(end);
  host.account_until(end);
  accounts.push_back(&host.account());
  for (const CycleAccount* account : accounts) {
    s.accounting.push_back(account->result_at(end));
    Cycle sum = 0;
    for (const auto& [cause, cycles] : s.accounting.back().causes) sum += cycles;
    if (sum != end)
      throw std::logic_error("the accounting of unit '" + s.accounting.back().unit + "' sums to " +
                             std::to_string(sum) + " of " + std::to_string(end) + " cycles");
  }
  return s;
}

}  // namespace

NativeTiming run_timing(CommandChannel& channel, const arch::AcceleratorConfig& config) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);
  const Kernel kernel;
  Machine machine(channel, config);
  const auto start = std::chrono::steady_clock::now();
  machine.run();
  NativeTiming timing{machine.statistics(), machine.host.answer_waits()};
  timing.statistics.host_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return timing;
}

}  // namespace gemel::sim
