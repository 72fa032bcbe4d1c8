// SPDX-License-Identifier: Apache-2.0
#pragma once
// A memory behind a TLM-2.0 target socket. b_transport() answers in zero simulated time: the annotated delay goes in as
// the time at which the request is at the memory and comes back as the time of its answer (first read beat, or write
// acknowledge).
#include <tlm_utils/simple_target_socket.h>

#include <systemc>
#include <tlm>
#include <vector>

#include "sim/memory/reference_memory.h"

namespace gemel::sim {

// One accelerator cycle in simulated time.
// 1 ns, at the kernel's default resolution of 1 ps.
inline constexpr sc_core::sc_time::value_type kCycleValue = 1000;
inline sc_core::sc_time cycles_to_time(Cycle cycles) { return sc_core::sc_time::from_value(cycles * kCycleValue); }
inline Cycle time_to_cycles(const sc_core::sc_time& time) { return time.value() / kCycleValue; }

// Ignorable extension of a read: the target tells which of its beats come later than one a cycle.
struct BeatGaps final : tlm::tlm_extension<BeatGaps> {
  unsigned beats = 0;         // of the request; said by the initiator
  std::vector<Cycle> before;  // idle cycles before each beat; empty where there are none
  tlm::tlm_extension_base* clone() const override { return new BeatGaps(*this); }
  void copy_from(const tlm::tlm_extension_base& other) override { *this = static_cast<const BeatGaps&>(other); }
};

// What a target without contents does in b_transport(): from the time of the request to that of its answer.
void annotate_answer(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay, MemoryTimer& timer);

// Access to [start, end] without transport; where every answer takes the same time, the descriptor says how long.
void grant_direct_access(tlm::tlm_dmi& dmi, std::uint8_t* contents, std::uint64_t start, std::uint64_t end,
                         const MemoryTimer& timer);

class TlmMemory final : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<TlmMemory> socket{"socket"};

  TlmMemory(const sc_core::sc_module_name& name, ReferenceMemory& memory);

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);

  ReferenceMemory& memory_;
};

}  // namespace gemel::sim
