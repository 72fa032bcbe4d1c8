// SPDX-License-Identifier: Apache-2.0
#include "sim/cosim/random_surroundings.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace gemel::sim {
namespace {

using Keys = std::vector<std::pair<const char*, std::uint32_t*>>;

Keys keys_of(arch::AcceleratorConfig& config) {
  return {{"memory.latency_cycles", &config.memory.latency_cycles},
          {"memory.jitter_cycles", &config.memory.jitter_cycles},
          {"memory.beat_gap_cycles", &config.memory.beat_gap_cycles},
          {"memory.seed", &config.memory.seed},
          {"host.issue_gap_cycles", &config.host.issue_gap_cycles}};
}

}  // namespace

void draw_surroundings(arch::AcceleratorConfig& config, std::uint64_t seed, const std::vector<std::string>& given) {
  static constexpr std::uint32_t kLatencies[] = {1, 2, 5, 13, 40, 100, 300};
  static constexpr std::uint32_t kJitters[] = {1, 4, 20, 150};
  static constexpr std::uint32_t kBeatGaps[] = {0, 1, 3, 9};
  static constexpr std::uint32_t kIssueGaps[] = {0, 0, 0, 1, 3, 17};
  arch::AcceleratorConfig drawn = config;
  drawn.memory.latency_cycles = kLatencies[seed % std::size(kLatencies)];
  drawn.host.issue_gap_cycles = kIssueGaps[seed / 7 % std::size(kIssueGaps)];
  const bool jitters = seed % 3 == 0;
  drawn.memory.jitter_cycles = jitters ? kJitters[seed / 3 % std::size(kJitters)] : 0;
  drawn.memory.beat_gap_cycles = jitters ? kBeatGaps[seed / 12 % std::size(kBeatGaps)] : 0;
  drawn.memory.seed = jitters ? static_cast<std::uint32_t>(seed % 1'000'000) : 0;
  const Keys from = keys_of(drawn);
  const Keys to = keys_of(config);
  for (std::size_t i = 0; i < to.size(); ++i) {
    const std::string prefix = std::string(to[i].first) + "=";
    const bool is_given =
        std::any_of(given.begin(), given.end(), [&](const std::string& text) { return text.rfind(prefix, 0) == 0; });
    if (!is_given) *to[i].second = *from[i].second;
  }
}

std::string surroundings_text(const arch::AcceleratorConfig& config, const arch::AcceleratorConfig& base) {
  arch::AcceleratorConfig drawn = config;
  arch::AcceleratorConfig from = base;
  const Keys keys = keys_of(drawn);
  const Keys base_keys = keys_of(from);
  std::string text;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto& [key, value] = keys[i];
    if (*value == *base_keys[i].second) continue;
    text += (text.empty() ? "--set " : " --set ") + std::string(key) + "=" + std::to_string(*value);
  }
  return text;
}

}  // namespace gemel::sim
