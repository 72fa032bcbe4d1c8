// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a run did when, for the trace file: each unit's causes as slices of time, and how much of each cause fell into
// equal parts of the run. The slices are bounded by a window and by a number; the parts cover the whole run however
// long it is.
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/stats/cycle_account.h"
#include "sim/stats/run_statistics.h"

namespace gemel::sim {

struct TimelineLimits {
  Cycle from = 0;  // slices and events of [from, to)
  Cycle to = ~Cycle{0};
  std::size_t slices = 500000;  // of all units; where there are more, the window ends early
};

class Timeline final : public AccountObserver {
 public:
  struct Slice {
    Cycle start = 0, end = 0;
    unsigned cause = 0;
  };
  using CauseCycles = std::array<Cycle, CycleAccount::kMaxCauses>;
  struct UnitTrack {
    std::string unit;
    std::vector<std::string> causes;
    std::vector<Slice> slices;       // in order, those without work to do ("idle") left out
    std::vector<CauseCycles> parts;  // cycles by cause, part_cycles() each
  };

  explicit Timeline(const TimelineLimits& limits) : limits_(limits), to_(limits.to) {}

  // Follows an account from its beginning; both live as long as the run.
  void follow(const CycleAccount& account);
  void spent(unsigned track, Cycle start, Cycle end, unsigned cause) override;
  // Marks of the host, in order of time.
  void layer(std::size_t layer, Cycle at) { layers_.push_back({layer, at}); }
  void begin(Cycle at) { begin_ = at; }
  void end(Cycle at) { end_ = at; }

  struct LayerMark {
    std::size_t layer = 0;
    Cycle at = 0;
  };
  const std::vector<UnitTrack>& tracks() const { return tracks_; }
  const std::vector<LayerMark>& layers() const { return layers_; }
  const TimelineLimits& limits() const { return limits_; }
  Cycle begin() const { return begin_; }  // of the timed part
  Cycle end() const { return end_; }
  Cycle window_end() const { return to_; }  // earlier than limits().to where there was too much to keep
  Cycle part_cycles() const { return part_cycles_; }

 private:
  void add_to_parts(UnitTrack& track, Cycle start, Cycle end, unsigned cause);
  void halve_parts();

  TimelineLimits limits_;
  Cycle to_;
  std::size_t kept_ = 0;
  Cycle part_cycles_ = 64;
  std::vector<UnitTrack> tracks_;
  std::vector<LayerMark> layers_;
  Cycle begin_ = 0, end_ = 0;
};

}  // namespace gemel::sim
