// SPDX-License-Identifier: Apache-2.0
#pragma once
// When the reference memory answers (docs/microarchitecture.md, section 6): a fixed latency, and where the
// configuration says so more, drawn from its seed by the number of the request alone, so that every run is the same.
#include <cstdint>

#include "sim/arch/accelerator_config.h"
#include "sim/stats/run_statistics.h"

namespace gemel::sim {

class MemoryTimer {
 public:
  explicit MemoryTimer(const arch::MemoryConfig& config) : config_(config) {}

  struct Answer {
    std::uint64_t request = 0;
    Cycle first = 0;  // from when the first beat of a read, or the acknowledge of a write, is offered
  };
  // The next request, complete at the memory in `at`. To be called in the order of the requests.
  Answer next_answer(Cycle at) {
    const std::uint64_t request = requests_++;
    const std::uint64_t jitter = config_.jitter_cycles == 0 ? 0 : draw(request, 0) % (config_.jitter_cycles + 1ull);
    return {request, at + config_.latency_cycles + jitter};
  }

  bool has_gaps() const { return config_.beat_gap_cycles != 0; }
  // Idle cycles before beat `beat` (1 or more) of a read: none in three of four cases.
  Cycle gap_before(std::uint64_t request, unsigned beat) const {
    if (!has_gaps()) return 0;
    const std::uint64_t drawn = draw(request, beat);
    return drawn % 4 != 0 ? 0 : 1 + drawn / 4 % config_.beat_gap_cycles;
  }

  // Of every answer, with a beat a cycle behind it; 0 where they differ, or beats have gaps.
  Cycle fixed_latency() const { return config_.jitter_cycles == 0 && !has_gaps() ? Cycle{config_.latency_cycles} : 0; }

  // No answer takes longer than this, from the request or from the beat before.
  Cycle longest_wait() const { return Cycle{config_.latency_cycles} + config_.jitter_cycles + config_.beat_gap_cycles; }

 private:
  // SplitMix64.
  std::uint64_t draw(std::uint64_t request, unsigned beat) const {
    std::uint64_t z = (std::uint64_t{config_.seed} << 32) + request * 4096 + beat + 1;
    z = (z + 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
  }

  arch::MemoryConfig config_;
  std::uint64_t requests_ = 0;
};

}  // namespace gemel::sim
