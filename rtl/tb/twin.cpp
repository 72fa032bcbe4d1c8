// SPDX-License-Identifier: Apache-2.0
// The Verilated accelerator behind sim/cosim/twin_abi.h. Built together with the Verilated model, as a shared object.
#include <verilated.h>

#include <cstring>
#include <memory>

#include "Vaccelerator.h"
#include "Vaccelerator__Dpi.h"
#include "sim/cosim/twin_abi.h"
#ifndef VM_TRACE  // said by Verilator's makefiles
#define VM_TRACE 0
#endif
#if VM_TRACE
#include <verilated_fst_c.h>
#endif

namespace {

constexpr int kResetCycles = 20;

// DPI functions have no object to belong to.
GemelTwinEvent event_listener = nullptr;
void* event_context = nullptr;

struct Twin {
  VerilatedContext context;
  Vaccelerator top{&context};
#if VM_TRACE
  VerilatedFstC waves;
#endif
  bool is_traced = false;
  std::uint64_t trace_time = 0;
  std::size_t bus_bytes = sizeof(top.axi_r_data_i) < kGemelTwinBusBytes ? sizeof(top.axi_r_data_i) : kGemelTwinBusBytes;
};

void dump(Twin& twin) {
#if VM_TRACE
  if (twin.is_traced) twin.waves.dump(twin.trace_time++);
#else
  (void)twin;
#endif
}

void eval(Twin& twin, bool clock) {
  twin.top.clk_i = clock ? 1 : 0;
  twin.top.eval();
}

void* create(GemelTwinEvent event, void* listener, const char* waves) {
  auto twin = std::make_unique<Twin>();
#if VM_TRACE
  if (waves != nullptr) {
    twin->context.traceEverOn(true);
    twin->top.trace(&twin->waves, 99);
    twin->waves.open(waves);
  }
#else
  (void)waves;
#endif
  twin->top.axi_ar_ready_i = 1;
  twin->top.axi_aw_ready_i = 1;
  twin->top.axi_w_ready_i = 1;
  twin->top.rst_ni = 1;
  eval(*twin, false);
  twin->top.rst_ni = 0;
  for (int i = 0; i < kResetCycles; ++i) {
    eval(*twin, false);
    eval(*twin, true);
  }
  twin->top.rst_ni = 1;
  event_listener = event;
  event_context = listener;
  return twin.release();
}

void settle(void* object, const GemelTwinInputs* in, GemelTwinOutputs* out) {
  Twin& twin = *static_cast<Twin*>(object);
  Vaccelerator& top = twin.top;
  top.command_valid_i = in->command_valid;
  if (in->command_valid != 0) {
    top.command_funct_i = in->funct;
    top.command_rs1_i = in->rs1;
    top.command_rs2_i = in->rs2;
  }
  top.axi_r_valid_i = in->read_valid;
  top.axi_b_valid_i = in->acknowledge_valid;
  if (in->read_valid != 0) std::memcpy(&top.axi_r_data_i, in->read_data, twin.bus_bytes);
  eval(twin, false);
  dump(twin);
  out->command_ready = top.command_ready_o;
  out->read_ready = top.axi_r_ready_o;
  out->acknowledge_ready = top.axi_b_ready_o;
  out->counter_valid = top.response_valid_o;
  if (top.response_valid_o) out->counter_value = top.response_data_o;
  out->read_request_valid = top.axi_ar_valid_o;
  out->write_address_valid = top.axi_aw_valid_o;
  out->write_valid = top.axi_w_valid_o;
  if (top.axi_ar_valid_o) {
    out->read_request_address = top.axi_ar_addr_o;
    out->read_request_beats = top.axi_ar_len_o + 1u;
  }
  if (top.axi_aw_valid_o) out->write_address = top.axi_aw_addr_o;
  if (top.axi_w_valid_o) {
    out->write_last = top.axi_w_last_o;
    out->write_mask = top.axi_w_strb_o;
    std::memcpy(out->write_data, &top.axi_w_data_o, twin.bus_bytes);
  }
}

void clock(void* object) {
  Twin& twin = *static_cast<Twin*>(object);
  eval(twin, true);
  dump(twin);
}

int is_busy(void* object) { return static_cast<Twin*>(object)->top.busy_o != 0; }

void trace(void* object, int on, std::uint64_t cycle) {
  Twin& twin = *static_cast<Twin*>(object);
  twin.is_traced = on != 0;
  twin.trace_time = 2 * cycle;
}

void destroy(void* object) {
  std::unique_ptr<Twin> twin(static_cast<Twin*>(object));
  event_listener = nullptr;
  twin->top.final();
#if VM_TRACE
  twin->waves.close();
#endif
}

const GemelTwin kTwin = {kGemelTwinVersion, VM_TRACE, create, settle, clock, is_busy, trace, destroy};

}  // namespace

extern "C" const GemelTwin* gemel_twin() { return &kTwin; }

void gemel_rtl_event(int kind, int station_class, int index) {
  if (event_listener != nullptr) event_listener(event_context, kind, station_class, index);
}
