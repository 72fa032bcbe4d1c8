// SPDX-License-Identifier: Apache-2.0
#include "sim/energy/energy_model.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "sim/energy/action_counter.h"

namespace gemel::sim {
namespace {

constexpr double kReferenceKib = 8;
constexpr double kReferenceBits = 64;
// What a station entry holds of a command: two operands of 64 bits, function, dependencies on the other classes.
constexpr double kCommandBits = 136;

// The machine as the formulas see it.
struct Machine {
  Machine(const arch::AcceleratorConfig& config) : derived(arch::derive(config)) {
    pes = static_cast<double>(derived.dim) * derived.dim;
    // An operand passes, a sum passes; what stays is doubled so that the next block can be brought meanwhile: weights,
    // or sums where outputs may stay.
    const bool sums_stay = config.mesh.dataflow != arch::Dataflow::WeightStationary;
    moving_bits = 8.0 + config.mesh.output_bits;
    pe_bits = moving_bits + 2.0 * (sums_stay ? config.mesh.output_bits : 8);
    sum_bits = config.mesh.output_bits;
    scratchpad_bank_kib = static_cast<double>(config.scratchpad.capacity_kib) / config.scratchpad.banks;
    accumulator_bank_kib = static_cast<double>(config.accumulator.capacity_kib) / config.accumulator.banks;
    const auto kib_bits = [](std::uint32_t kib) { return 8.0 * 1024 * kib; };
    scratchpad_bits = kib_bits(config.scratchpad.capacity_kib);
    accumulator_bits = kib_bits(config.accumulator.capacity_kib);
    const arch::ReservationStationConfig& station = config.reservation_station;
    const double commands = station.load_entries + station.store_entries + station.execute_entries +
                            config.queues.load + config.queues.store + config.queues.execute;
    const double pieces =
        config.dma.requests_in_flight * std::max(1u, config.dma.max_request_bytes / derived.dim) + 16.0;
    const double transposer = pes * 8;
    control_bits = commands * kCommandBits + transposer;
    dma_bits = pieces * derived.dim * 8;
    const auto scalers = [&](std::uint32_t units) { return units == 0 || units > derived.dim ? derived.dim : units; };
    float_multipliers = scalers(config.mvin_scale.units) + scalers(config.accumulator_scale.units);
  }
  double register_bits() const { return pes * pe_bits + control_bits + dma_bits; }

  arch::DerivedConfig derived;
  double pes, pe_bits, moving_bits, sum_bits;
  double scratchpad_bank_kib, accumulator_bank_kib, scratchpad_bits, accumulator_bits;
  double control_bits, dma_bits, float_multipliers;
};

Cycle busy_cycles(const std::vector<UnitAccounting>& accounting, const std::string& unit) {
  for (const UnitAccounting& entry : accounting) {
    if (entry.unit != unit) continue;
    for (const auto& [cause, cycles] : entry.causes) {
      if (cause == "busy") return cycles;
    }
  }
  return 0;
}

CostBreakdown estimate_energy(const ActionCounts& a, Cycle cycles, Cycle array_rows, const Machine& m,
                              const EnergyTable& t) {
  // The energy of an access grows with its width and with the square root of the bank.
  const auto row = [&](double bits, double bank_kib) {
    return t.sram_64_bits * bits / kReferenceBits * std::sqrt(bank_kib / kReferenceKib);
  };
  const auto count = [](std::uint64_t value) { return static_cast<double>(value); };
  const double add_bit = t.int32_add / 32;
  const double lanes = m.derived.dim;
  const double dma_bytes = count(a.dram_read_bytes) + count(a.dram_write_bytes);
  const double host_bytes = count(a.host_read_bytes) + count(a.host_write_bytes);
  const double commands =
      count(a.loads) + count(a.stores) + count(a.preloads) + count(a.computes) + count(a.configurations);
  const double nanoseconds = count(cycles) * 1000 / t.clock_mhz;
  CostBreakdown out;
  out.parts = {
      {"array", count(a.macs_executed) * (t.int8_multiply + add_bit * m.sum_bits) +
                    count(array_rows) * m.pes * m.moving_bits * t.register_bit_switch},
      {"scratchpad",
       (count(a.scratchpad_row_reads) + count(a.scratchpad_row_writes)) * row(8 * lanes, m.scratchpad_bank_kib)},
      {"accumulator",
       (count(a.accumulator_row_reads) + count(a.accumulator_row_writes)) * row(32 * lanes, m.accumulator_bank_kib) +
           count(a.accumulator_row_additions) * lanes * t.int32_add},
      {"scaling", (count(a.mvin_scaled_elements) + count(a.result_scaled_elements)) * t.float32_multiply},
      {"dma", dma_bytes * 8 * 2 * t.register_bit_switch},  // into the row buffer or out of the row, and on
      {"dram", (dma_bytes + host_bytes) * 8 * t.dram_bit},
      {"host", (count(a.host_operations) + commands) * t.host_instruction},
      {"clock", count(cycles) * m.register_bits() * t.register_bit_clock},
      {"leakage", nanoseconds * (m.register_bits() * t.register_bit_leakage +
                                 (m.scratchpad_bits + m.accumulator_bits) * t.sram_bit_leakage)},
  };
  return out;
}

}  // namespace

CostBreakdown estimate_area(const arch::AcceleratorConfig& config, const EnergyTable& t) {
  const Machine m(config);
  const auto ports = [&](std::uint32_t count) { return count > 1 ? t.second_port_factor : 1.0; };
  CostBreakdown out;
  out.parts = {
      {"array", m.pes * (t.int8_multiplier + t.int32_adder * m.sum_bits / 32 + m.pe_bits * t.register_bit)},
      {"scratchpad", m.scratchpad_bits * t.sram_bit * ports(config.scratchpad.ports)},
      {"accumulator", m.accumulator_bits * t.sram_bit * ports(config.accumulator.ports) +
                          config.accumulator.banks * m.derived.dim * t.int32_adder},
      {"scaling", m.float_multipliers * t.float32_multiplier},
      {"dma", m.dma_bits * t.register_bit},
      {"control", m.control_bits * t.register_bit},
  };
  return out;
}

void add_energy(RunStatistics& statistics, const arch::Program& program, const arch::AcceleratorConfig& config,
                const EnergyTable& table) {
  ProgramActions actions = count_actions(program, config);
  if (!statistics.layers.empty() && actions.layers.size() != statistics.layers.size()) {
    throw std::logic_error("the run has " + std::to_string(statistics.layers.size()) + " layers, its program " +
                           std::to_string(actions.layers.size()));
  }
  const Machine machine(config);
  for (std::size_t i = 0; i < statistics.layers.size(); ++i) {
    LayerStatistics& layer = statistics.layers[i];
    layer.energy_pj =
        estimate_energy(actions.layers[i], layer.cycles, busy_cycles(layer.accounting, "execute"), machine, table);
    layer.actions = actions.layers[i];
  }
  RunEnergy energy;
  energy.table = table.name;
  energy.clock_mhz = table.clock_mhz;
  energy.energy_pj =
      estimate_energy(actions.total, statistics.cycles, busy_cycles(statistics.accounting, "execute"), machine, table);
  energy.area_um2 = estimate_area(config, table);
  const double seconds = static_cast<double>(statistics.cycles) / (table.clock_mhz * 1e6);
  energy.energy_delay_js = energy.energy_pj.total() * 1e-12 * seconds;
  statistics.actions = actions.total;
  statistics.energy = std::move(energy);
}

}  // namespace gemel::sim
