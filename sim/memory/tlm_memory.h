// SPDX-License-Identifier: Apache-2.0
#pragma once
// A memory behind a TLM-2.0 target socket. b_transport() answers in zero simulated time: the annotated delay goes in as
// the time at which the request is at the memory and comes back as the time of its answer (first read beat, or write
// acknowledge).
#include <tlm_utils/simple_target_socket.h>

#include <systemc>
#include <tlm>

#include "sim/memory/fixed_latency_memory.h"

namespace gemel::sim {

// One accelerator cycle in simulated time.
// 1 ns, at the kernel's default resolution of 1 ps.
inline constexpr sc_core::sc_time::value_type kCycleValue = 1000;
inline sc_core::sc_time cycles_to_time(Cycle cycles) { return sc_core::sc_time::from_value(cycles * kCycleValue); }
inline Cycle time_to_cycles(const sc_core::sc_time& time) { return time.value() / kCycleValue; }

class TlmMemory final : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<TlmMemory> socket{"socket"};

  TlmMemory(const sc_core::sc_module_name& name, FixedLatencyMemory& memory);

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);

  FixedLatencyMemory& memory_;
};

}  // namespace gemel::sim
