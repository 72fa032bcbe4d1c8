// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/relaxation.h"

#include <algorithm>

#include "sim/arch/accelerator_settings.h"

namespace gemel::sim {
namespace {

using arch::AcceleratorConfig;

// As far as the key allows.
std::uint32_t twice(const char* key, std::uint32_t value) {
  const arch::Setting& setting = arch::find_setting(key, "what-if");
  return std::min(setting.max, std::max<std::uint32_t>(1, value) * 2);
}

struct Rule {
  const char* name;
  void (*relax)(AcceleratorConfig&);
};

constexpr Rule kRules[] = {
    {"an array of twice the side",
     [](AcceleratorConfig& machine) {
       machine.mesh.dim = twice("mesh.dim", machine.mesh.dim);
       machine.mesh.output_bits = std::max(machine.mesh.output_bits, arch::required_output_bits(machine.mesh.dim));
     }},
    {"both dataflows", [](AcceleratorConfig& machine) { machine.mesh.dataflow = arch::Dataflow::Both; }},
    {"twice the scratchpad",
     [](AcceleratorConfig& machine) {
       machine.scratchpad.capacity_kib = twice("scratchpad.capacity_kib", machine.scratchpad.capacity_kib);
     }},
    {"twice the scratchpad's banks",
     [](AcceleratorConfig& machine) {
       machine.scratchpad.banks = twice("scratchpad.banks", machine.scratchpad.banks);
     }},
    {"a scratchpad with two ports", [](AcceleratorConfig& machine) { machine.scratchpad.ports = 2; }},
    {"a scratchpad read in one stage", [](AcceleratorConfig& machine) { machine.scratchpad.read_delay_cycles = 1; }},
    {"twice the accumulator",
     [](AcceleratorConfig& machine) {
       machine.accumulator.capacity_kib = twice("accumulator.capacity_kib", machine.accumulator.capacity_kib);
     }},
    {"an accumulator with two ports",
     [](AcceleratorConfig& machine) {
       machine.accumulator.ports = 2;
       machine.accumulator.sub_banks = 1;
     }},
    {"a scaler of loads for each lane", [](AcceleratorConfig& machine) { machine.mvin_scale.units = 0; }},
    {"a scaler of results for each lane", [](AcceleratorConfig& machine) { machine.accumulator_scale.units = 0; }},
    {"results scaled in a cycle", [](AcceleratorConfig& machine) { machine.accumulator_scale.latency_cycles = 1; }},
    {"an unlimited reservation station",
     [](AcceleratorConfig& machine) {
       machine.reservation_station.load_entries = 64;
       machine.reservation_station.store_entries = 64;
       machine.reservation_station.execute_entries = 64;
     }},
    {"unlimited queues",
     [](AcceleratorConfig& machine) {
       machine.queues.load = 64;
       machine.queues.store = 64;
       machine.queues.execute = 64;
     }},
    {"a DMA of twice the width",
     [](AcceleratorConfig& machine) {
       machine.dma.bus_width_bits = twice("dma.bus_width_bits", machine.dma.bus_width_bits);
       machine.dma.max_request_bytes = std::max(machine.dma.max_request_bytes, machine.dma.bus_width_bits / 8);
     }},
    {"memory requests of twice the length",
     [](AcceleratorConfig& machine) {
       machine.dma.max_request_bytes = twice("dma.max_request_bytes", machine.dma.max_request_bytes);
     }},
    {"twice the requests in flight",
     [](AcceleratorConfig& machine) {
       machine.dma.requests_in_flight = twice("dma.requests_in_flight", machine.dma.requests_in_flight);
     }},
    {"one more load in flight",
     [](AcceleratorConfig& machine) {
       machine.dma.loads_in_flight = std::min<std::uint32_t>(64, machine.dma.loads_in_flight + 1);
     }},
    {"memory that answers in a cycle", [](AcceleratorConfig& machine) { machine.memory.latency_cycles = 1; }},
    {"a host without gaps between commands", [](AcceleratorConfig& machine) { machine.host.issue_gap_cycles = 0; }},
    {"a host of twice the speed",
     [](AcceleratorConfig& machine) {
       machine.host.operations_per_cycle = twice("host.operations_per_cycle", machine.host.operations_per_cycle);
       machine.host.bytes_per_cycle = twice("host.bytes_per_cycle", machine.host.bytes_per_cycle);
     }},
};

// More multipliers than lanes are one a lane; asking for that is no change.
bool has_scaler_per_lane(const AcceleratorConfig& machine, const arch::ScaleConfig& scale) {
  return scale.units == 0 || scale.units >= machine.mesh.dim;
}

bool is_change(const AcceleratorConfig& before, const AcceleratorConfig& after) {
  AcceleratorConfig plain_before = before, plain_after = after;
  for (AcceleratorConfig* machine : {&plain_before, &plain_after}) {
    if (has_scaler_per_lane(*machine, machine->mvin_scale)) machine->mvin_scale.units = 0;
    if (has_scaler_per_lane(*machine, machine->accumulator_scale)) machine->accumulator_scale.units = 0;
  }
  return plain_before != plain_after;
}

}  // namespace

std::vector<Relaxation> relaxations_of(const AcceleratorConfig& machine) {
  std::vector<Relaxation> relaxations;
  for (const Rule& rule : kRules) {
    Relaxation relaxation;
    relaxation.name = rule.name;
    relaxation.machine = machine;
    rule.relax(relaxation.machine);
    if (!is_change(machine, relaxation.machine)) continue;
    for (const arch::Setting& setting : arch::accelerator_settings()) {
      const std::uint32_t from = setting.get(machine), to = setting.get(relaxation.machine);
      if (from == to) continue;
      relaxation.changes.push_back(
          {setting.path, arch::format_setting(setting, from), arch::format_setting(setting, to)});
    }
    if (const auto violation = arch::find_violation(relaxation.machine)) {
      relaxation.illegal_reason = violation->keys[0] + ": " + violation->reason;
    }
    relaxations.push_back(std::move(relaxation));
  }
  return relaxations;
}

}  // namespace gemel::sim
