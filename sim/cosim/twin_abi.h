// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a Verilated accelerator, built as a shared object, offers to the program that loads it (rtl/tb/twin.cpp). Only
// C types, so that a twin built once fits every later build of the loader with the same version.
#include <cstdint>

extern "C" {

enum { kGemelTwinVersion = 2, kGemelTwinBusBytes = 64 };

// What the monitor in the RTL tells of the cycle being clocked.
enum {
  kGemelTwinIssued = 0,     // class 0 load, 1 execute, 2 store; index: entry of the station
  kGemelTwinCompleted = 1,  // likewise
  kGemelTwinCauses = 2      // index: four bits a unit, what its cycles go to from this one on
};

// One cycle, seen from outside: settle() takes the inputs of the cycle and gives its outputs, clock() ends it.
struct GemelTwinInputs {
  std::uint64_t rs1, rs2;
  std::uint8_t funct, command_valid, read_valid, acknowledge_valid;
  std::uint8_t read_data[kGemelTwinBusBytes];
};
struct GemelTwinOutputs {
  std::uint8_t command_ready, read_ready, acknowledge_ready;
  std::uint8_t read_request_valid, write_address_valid, write_valid, write_last, counter_valid;
  std::uint32_t read_request_beats;
  std::uint64_t read_request_address, write_address, write_mask, counter_value;
  std::uint8_t write_data[kGemelTwinBusBytes];
};

typedef void (*GemelTwinEvent)(void* listener, int kind, int station_class, int index);

struct GemelTwin {
  std::uint32_t version;
  std::uint8_t has_waves;
  // At most one in a process. Comes out of reset. `waves` is a file to write waveforms to, or null.
  void* (*create)(GemelTwinEvent event, void* listener, const char* waves);
  void (*settle)(void* twin, const GemelTwinInputs* inputs, GemelTwinOutputs* outputs);
  void (*clock)(void* twin);
  // In the cycle that comes; does not depend on its inputs.
  int (*is_busy)(void* twin);
  // Waveforms are written in cycles in which `on`; `cycle` is the time shown.
  void (*trace)(void* twin, int on, std::uint64_t cycle);
  void (*destroy)(void* twin);
};

const GemelTwin* gemel_twin();
}
