// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/machines.h"

#include "sim/arch/accelerator_config_yaml.h"
#include "sim/arch/accelerator_settings.h"
#include "sim/cosim/random_source.h"

namespace gemel::test_sim {

using arch::AcceleratorConfig;

namespace {

AcceleratorConfig machine(const std::string& base, const std::string& name, const std::vector<std::string>& keys) {
  std::vector<std::string> overrides = {"mesh.output_bits=auto"};
  overrides.insert(overrides.end(), keys.begin(), keys.end());
  AcceleratorConfig config = arch::load_accelerator_config(base, overrides);
  config.name = name;
  return config;
}

}  // namespace

std::vector<AcceleratorConfig> machines() {
  return {
      machine("tiny_4x4", "tiny_4x4", {}),
      machine("tiny_4x4", "tiny_latency_1", {"memory.latency_cycles=1", "scratchpad.ports=2"}),
      machine("tiny_4x4", "tiny_short_queues",
              {"queues.load=1", "queues.store=1", "queues.execute=3", "reservation_station.load_entries=2",
               "reservation_station.store_entries=2", "reservation_station.execute_entries=2", "dma.loads_in_flight=1",
               "memory.latency_cycles=7"}),
      machine("tiny_4x4", "tiny_one_request",
              {"dma.requests_in_flight=1", "dma.bus_width_bits=32", "dma.max_request_bytes=4",
               "memory.latency_cycles=13", "host.issue_gap_cycles=3"}),
      machine("small_8x8", "small_8x8", {}),
      machine("small_8x8", "small_eight_banks",
              {"scratchpad.banks=8", "accumulator.banks=8", "accumulator.ports=1", "accumulator.sub_banks=2",
               "memory.latency_cycles=3"}),
      machine("small_8x8", "small_one_bank",
              {"scratchpad.banks=1", "accumulator.banks=1", "accumulator.ports=1", "accumulator_scale.units=2",
               "memory.latency_cycles=100"}),
      machine("small_8x8", "small_slow_parts",
              {"mesh.tile_latency_cycles=2", "mesh.output_delay_cycles=3", "scratchpad.read_delay_cycles=1",
               "accumulator.latency_cycles=7", "mvin_scale.units=1", "accumulator_scale.latency_cycles=1",
               "mesh.dataflow=output_stationary"}),
      machine("gemmini_16x16", "gemmini_16x16", {}),
      machine("gemmini_16x16", "far_memory", {"memory.latency_cycles=300"}),
      machine("gemmini_16x16", "near_memory", {"memory.latency_cycles=1", "scratchpad.ports=2"}),
      machine("gemmini_16x16", "wide_bus",
              {"dma.bus_width_bits=512", "dma.max_request_bytes=256", "scratchpad.banks=2", "accumulator.banks=4"}),
      machine("gemmini_16x16", "narrow_bus",
              {"dma.bus_width_bits=64", "dma.requests_in_flight=4", "host.issue_gap_cycles=20"}),
      machine("tiny_4x4", "normalising", {"normalisations=true"}),
      machine("small_8x8", "normalising_slowly",
              {"normalisations=true", "accumulator_scale.units=2", "accumulator_scale.latency_cycles=3",
               "full_width_accumulator_read=false", "scratchpad.read_delay_cycles=1"}),
      machine("chip_16x16", "chip_16x16", {}),
      machine("lean_16x16", "lean_16x16", {}),
      machine("large_32x32", "large_32x32", {"mesh.dataflow=both", "memory.latency_cycles=20"}),
  };
}

AcceleratorConfig random_machine(std::uint64_t seed, std::uint32_t largest_dim) {
  sim::RandomSource random(seed);
  for (;;) {
    AcceleratorConfig c;
    c.name = "random_" + std::to_string(seed);
    const auto power = [&](std::uint32_t low, std::uint32_t high) {
      std::uint32_t steps = 0;
      while (low << steps < high) ++steps;
      return low << random.below(steps + 1);
    };
    c.mesh.dim = power(2, largest_dim);
    c.mesh.dataflow = random.pick({arch::Dataflow::Both, arch::Dataflow::Both, arch::Dataflow::WeightStationary,
                                   arch::Dataflow::OutputStationary});
    c.mesh.output_bits = arch::required_output_bits(c.mesh.dim) + random.below(2) * random.below(5);
    c.mesh.tile_latency_cycles = random.below(4) / 2;
    c.mesh.output_delay_cycles = random.below(3);
    c.scratchpad.banks = power(1, 8);
    c.scratchpad.capacity_kib = power(1, 256);
    c.scratchpad.ports = random.between(1, 2);
    c.scratchpad.read_delay_cycles = random.pick<std::uint32_t>({1, 2, 4, 4, 9});
    c.accumulator.banks = power(1, 8);
    c.accumulator.capacity_kib = power(1, 256);
    c.accumulator.ports = random.between(1, 2);
    c.accumulator.sub_banks = c.accumulator.ports == 1 ? power(1, 4) : 1;
    c.accumulator.latency_cycles = random.pick<std::uint32_t>({2, 2, 3, 8});
    c.mvin_scale = {random.pick<std::uint32_t>({0, 1, 4, 4}), random.pick<std::uint32_t>({1, 4, 4, 11})};
    c.accumulator_scale = {random.pick<std::uint32_t>({0, 0, 1, 4}), random.pick<std::uint32_t>({1, 4, 8, 8})};
    c.full_width_accumulator_read = random.percent(80);
    c.queues = {random.pick<std::uint32_t>({1, 2, 8}), random.pick<std::uint32_t>({1, 2, 8}),
                random.pick<std::uint32_t>({3, 4, 8})};
    c.reservation_station = {power(2, 16), power(2, 8), power(2, 32)};
    c.dma.bus_width_bits = power(32, 512);
    c.dma.max_request_bytes = power(c.dma.bus_width_bits / 8, 256);
    c.dma.requests_in_flight = random.pick<std::uint32_t>({1, 2, 5, 16, 64});
    c.dma.loads_in_flight = random.between(1, 5);
    c.host.issue_gap_cycles = random.pick<std::uint32_t>({0, 0, 0, 1, 17});
    c.memory.latency_cycles = random.pick<std::uint32_t>({1, 2, 3, 10, 40, 300});
    c.normalisations = random.percent(35);
    if (!arch::find_violation(c)) return c;
  }
}

std::string differences(const AcceleratorConfig& config) {
  const AcceleratorConfig standard;
  std::string text;
  for (const arch::Setting& setting : arch::accelerator_settings()) {
    const std::uint32_t value = setting.get(config);
    if (value == setting.get(standard)) continue;
    if (!text.empty()) text += ' ';
    text += setting.path + "=" + arch::format_setting(setting, value);
  }
  return text;
}

}  // namespace gemel::test_sim
