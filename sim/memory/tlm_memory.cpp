// SPDX-License-Identifier: Apache-2.0
#include "sim/memory/tlm_memory.h"

#include <cstring>

namespace gemel::sim {

TlmMemory::TlmMemory(const sc_core::sc_module_name& name, ReferenceMemory& memory)
    : sc_core::sc_module(name), memory_(memory) {
  socket.register_b_transport(this, &TlmMemory::b_transport);
  socket.register_get_direct_mem_ptr(this, &TlmMemory::get_direct_mem_ptr);
}

void TlmMemory::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  if (!memory_.contains(payload.get_address(), payload.get_data_length())) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  // No data pointer: the initiator has direct access and only asks for the time.
  if (payload.get_data_ptr() != nullptr) {
    if (payload.is_read())
      std::memcpy(payload.get_data_ptr(), memory_.at(payload.get_address()), payload.get_data_length());
    else
      std::memcpy(memory_.at(payload.get_address()), payload.get_data_ptr(), payload.get_data_length());
  }
  annotate_answer(payload, delay, memory_.timer());
}

void annotate_answer(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay, MemoryTimer& timer) {
  const MemoryTimer::Answer answer = timer.next_answer(time_to_cycles(delay));
  delay = cycles_to_time(answer.first);
  if (timer.has_gaps() && payload.is_read()) {
    if (auto* gaps = payload.get_extension<BeatGaps>()) {
      gaps->before.assign(gaps->beats, 0);
      for (unsigned i = 1; i < gaps->beats; ++i) gaps->before[i] = timer.gap_before(answer.request, i);
    }
  }
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

bool TlmMemory::get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi& dmi) {
  grant_direct_access(dmi, memory_.bytes().data(), memory_.base(), memory_.base() + memory_.size() - 1,
                      memory_.timer());
  return true;
}

void grant_direct_access(tlm::tlm_dmi& dmi, std::uint8_t* contents, std::uint64_t start, std::uint64_t end,
                         const MemoryTimer& timer) {
  dmi.set_dmi_ptr(contents);
  dmi.set_start_address(start);
  dmi.set_end_address(end);
  if (const Cycle latency = timer.fixed_latency()) {
    dmi.set_read_latency(cycles_to_time(latency));
    dmi.set_write_latency(cycles_to_time(latency));
  }
  dmi.set_granted_access(tlm::tlm_dmi::DMI_ACCESS_READ_WRITE);
}

}  // namespace gemel::sim
