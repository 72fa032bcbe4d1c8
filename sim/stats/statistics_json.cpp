// SPDX-License-Identifier: Apache-2.0
#include "sim/stats/statistics_json.h"

#include <nlohmann/json.hpp>

#include "sim/arch/accelerator_settings.h"

namespace gemel::sim {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSchema = "statistics/v1";

Json accounting_json(const std::vector<UnitAccounting>& accounting) {
  Json units = Json::object();
  for (const UnitAccounting& unit : accounting) {
    Json causes = Json::object();
    for (const auto& [cause, cycles] : unit.causes) causes[cause] = cycles;
    units[unit.unit] = std::move(causes);
  }
  return units;
}

// Every key as the YAML has it, in its section; beside them the rows of the local memories.
Json machine_json(const arch::AcceleratorConfig& config) {
  Json machine = Json::object();
  for (const arch::Setting& setting : arch::accelerator_settings()) {
    const std::uint32_t value = setting.get(config);
    const std::string text = arch::format_setting(setting, value);
    const Json json = text == std::to_string(value)       ? Json(value)
                      : text == "true" || text == "false" ? Json(text == "true")
                                                          : Json(text);
    const std::size_t dot = setting.path.find('.');
    (dot == std::string::npos ? machine : machine[setting.path.substr(0, dot)])[setting.path.substr(dot + 1)] = json;
  }
  const arch::DerivedConfig derived = arch::derive(config);
  machine["scratchpad"]["rows"] = derived.scratchpad_rows;
  machine["accumulator"]["rows"] = derived.accumulator_rows;
  return machine;
}

Json actions_json(const ActionCounts& actions) {
  Json json = Json::object();
  ActionCounts::visit(actions, [&](const char* name, std::uint64_t count) { json[name] = count; });
  return json;
}

Json parts_json(const CostBreakdown& costs) {
  Json json = Json::object();
  for (const auto& [name, value] : costs.parts) json[name] = value;
  return json;
}

Json energy_json(const RunEnergy& energy) {
  return {{"table", energy.table},
          {"clock_mhz", energy.clock_mhz},
          {"total_pj", energy.energy_pj.total()},
          {"components", parts_json(energy.energy_pj)},
          {"energy_delay_js", energy.energy_delay_js},
          {"area_um2", energy.area_um2.total()},
          {"area", parts_json(energy.area_um2)}};
}

Json layer_json(const RunDescription& run, const LayerStatistics& layer) {
  Json json = {
      {"name", layer.layer.name},
      {"op", layer.layer.op},
      {"where", layer.layer.placement == arch::Placement::Host ? "host" : "array"},
      {"cycles", layer.cycles},
      {"macs", layer.layer.macs},
      {"utilization", utilization(layer.layer.macs, layer.cycles, run.dim)},
      {"dram_read_bytes", layer.dram_read_bytes},
      {"dram_write_bytes", layer.dram_write_bytes},
      {"compute_bound_cycles", compute_bound_cycles(layer.layer.macs, run.dim)},
      {"memory_bound_cycles", memory_bound_cycles(layer.layer.min_dram_bytes, run.bus_bytes)},
      {"accounting", accounting_json(layer.accounting)},
  };
  if (layer.actions) {
    json["actions"] = actions_json(*layer.actions);
    json["energy"] = {{"total_pj", layer.energy_pj.total()}, {"components", parts_json(layer.energy_pj)}};
  }
  return json;
}

}  // namespace

Cycle compute_bound_cycles(std::uint64_t macs, std::uint32_t dim) {
  const std::uint64_t macs_per_cycle = std::uint64_t{dim} * dim;
  return macs_per_cycle == 0 ? 0 : (macs + macs_per_cycle - 1) / macs_per_cycle;
}

Cycle memory_bound_cycles(std::uint64_t min_dram_bytes, std::uint32_t bus_bytes) {
  return bus_bytes == 0 ? 0 : (min_dram_bytes + bus_bytes - 1) / bus_bytes;
}

double utilization(std::uint64_t macs, Cycle cycles, std::uint32_t dim) {
  if (cycles == 0 || dim == 0) return 0;
  return static_cast<double>(macs) / (static_cast<double>(cycles) * dim * dim);
}

std::string statistics_json(const RunDescription& run, const RunStatistics& statistics) {
  Json file = {
      {"schema", kSchema},
      {"config", run.config},
      {"workload", run.workload},
      {"engine", run.engine},
      {"cycles", statistics.cycles},
      {"macs", statistics.macs},
      {"utilization", utilization(statistics.macs, statistics.cycles, run.dim)},
      {"verified", run.verified ? Json(*run.verified) : Json(nullptr)},
      {"host_seconds", statistics.host_seconds},
      {"compile_seconds", run.compile_seconds},
      {"verify_seconds", run.verify_seconds},
      {"commands", statistics.commands},
      {"dram_read_bytes", statistics.dram_read_bytes},
      {"dram_write_bytes", statistics.dram_write_bytes},
      {"read_requests", statistics.read_requests},
      {"write_requests", statistics.write_requests},
  };
  if (!statistics.counter_reads.empty()) file["counters"] = statistics.counter_reads;
  if (run.memory_crc32) {
    file["memory_crc32"] = {{"region", run.memory_crc32->region}, {"outputs", run.memory_crc32->outputs}};
  }
  if (run.machine) file["machine"] = machine_json(*run.machine);
  if (statistics.actions) file["actions"] = actions_json(*statistics.actions);
  if (statistics.energy) file["energy"] = energy_json(*statistics.energy);
  file["accounting"] = accounting_json(statistics.accounting);
  file["layers"] = Json::array();
  for (const LayerStatistics& layer : statistics.layers) file["layers"].push_back(layer_json(run, layer));
  return file.dump(2) + "\n";
}

}  // namespace gemel::sim
