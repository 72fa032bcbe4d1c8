// SPDX-License-Identifier: Apache-2.0
// The figures of both bodies' runs.
#include <algorithm>
#include <stdexcept>
#include <utility>

#include "sim/cosim/compare.h"

namespace gemel::sim {
namespace {

Difference figure_difference(const std::string& unit, const std::string& what, std::uint64_t model, std::uint64_t rtl) {
  Difference difference;
  difference.unit = unit;
  difference.what = "all events agree, but " + what + " is " + std::to_string(model) + " in the model and " +
                    std::to_string(rtl) + " in the RTL";
  return difference;
}

std::optional<Difference> compare_accounting(const std::string& where, const std::vector<UnitAccounting>& model,
                                             const std::vector<UnitAccounting>& rtl) {
  for (std::size_t u = 0; u < std::min(model.size(), rtl.size()); ++u) {
    const auto& m = model[u].causes;
    const auto& r = rtl[u].causes;
    for (std::size_t c = 0; c < std::min(m.size(), r.size()); ++c) {
      if (m[c].first != r[c].first) throw std::logic_error("unit " + model[u].unit + " has other causes in the RTL");
      if (m[c].second != r[c].second) {
        return figure_difference(model[u].unit,
                                 "the time that unit " + model[u].unit + " spent in " + m[c].first + where, m[c].second,
                                 r[c].second);
      }
    }
    if (model[u].unit != rtl[u].unit || m.size() != r.size()) {
      throw std::logic_error("unit " + model[u].unit + " is accounted otherwise in the RTL");
    }
  }
  if (model.size() != rtl.size()) throw std::logic_error("the RTL accounts for other units");
  return std::nullopt;
}

std::optional<Difference> compare_layers(const RunStatistics& model, const RunStatistics& rtl) {
  if (model.layers.size() != rtl.layers.size()) {
    return figure_difference("host", "the number of layers", model.layers.size(), rtl.layers.size());
  }
  for (std::size_t i = 0; i < model.layers.size(); ++i) {
    const LayerStatistics& m = model.layers[i];
    const LayerStatistics& r = rtl.layers[i];
    const std::string where = " of layer " + m.layer.name;
    if (m.cycles != r.cycles) return figure_difference("host", "cycles" + where, m.cycles, r.cycles);
    if (m.dram_read_bytes != r.dram_read_bytes) {
      return figure_difference("memory", "dram_read_bytes" + where, m.dram_read_bytes, r.dram_read_bytes);
    }
    if (m.dram_write_bytes != r.dram_write_bytes) {
      return figure_difference("dma_write", "dram_write_bytes" + where, m.dram_write_bytes, r.dram_write_bytes);
    }
    if (auto difference = compare_accounting(where, m.accounting, r.accounting)) return difference;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Difference> compare_statistics(const RunStatistics& model, const RunStatistics& rtl) {
  const std::pair<const char*, std::uint64_t RunStatistics::*> figures[] = {
      {"cycles", &RunStatistics::cycles},
      {"commands", &RunStatistics::commands},
      {"read_requests", &RunStatistics::read_requests},
      {"write_requests", &RunStatistics::write_requests},
      {"dram_read_bytes", &RunStatistics::dram_read_bytes},
      {"dram_write_bytes", &RunStatistics::dram_write_bytes},
  };
  for (const auto& [name, figure] : figures) {
    if (model.*figure != rtl.*figure) return figure_difference("host", name, model.*figure, rtl.*figure);
  }
  if (auto difference = compare_accounting("", model.accounting, rtl.accounting)) return difference;
  if (model.counter_reads.size() != rtl.counter_reads.size()) {
    return figure_difference("counter_file", "the number of counter values read", model.counter_reads.size(),
                             rtl.counter_reads.size());
  }
  for (std::size_t i = 0; i < model.counter_reads.size(); ++i) {
    if (model.counter_reads[i] == rtl.counter_reads[i]) continue;
    return figure_difference("counter_file", "value " + std::to_string(i) + " read from a counter",
                             model.counter_reads[i], rtl.counter_reads[i]);
  }
  return compare_layers(model, rtl);
}

}  // namespace gemel::sim
