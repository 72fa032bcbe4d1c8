// SPDX-License-Identifier: Apache-2.0
#include "sim/trace/timeline.h"

#include <algorithm>

namespace gemel::sim {
namespace {
constexpr std::size_t kMostParts = 1024;
}

void Timeline::follow(const CycleAccount& account) {
  UnitTrack track;
  track.unit = account.unit();
  track.causes = account.causes();
  account.observe(this, static_cast<unsigned>(tracks_.size()));
  tracks_.push_back(std::move(track));
}

void Timeline::spent(unsigned index, Cycle start, Cycle end, unsigned cause) {
  UnitTrack& track = tracks_[index];
  add_to_parts(track, start, end, cause);
  if (track.causes[cause] == "idle") return;
  start = std::max(start, limits_.from);
  end = std::min(end, to_);
  if (start >= end) return;
  if (!track.slices.empty() && track.slices.back().end == start && track.slices.back().cause == cause) {
    track.slices.back().end = end;
    return;
  }
  if (kept_ == limits_.slices) {
    to_ = start;  // what others have kept behind it is cut when the file is written
    return;
  }
  ++kept_;
  track.slices.push_back({start, end, cause});
}

void Timeline::add_to_parts(UnitTrack& track, Cycle start, Cycle end, unsigned cause) {
  while (end > part_cycles_ * kMostParts) halve_parts();
  while (start < end) {
    const std::size_t part = start / part_cycles_;
    const Cycle part_end = std::min(end, (part + 1) * part_cycles_);
    if (track.parts.size() <= part) track.parts.resize(part + 1);
    track.parts[part][cause] += part_end - start;
    start = part_end;
  }
}

void Timeline::halve_parts() {
  part_cycles_ *= 2;
  for (UnitTrack& track : tracks_) {
    std::vector<CauseCycles> wider((track.parts.size() + 1) / 2);
    for (std::size_t i = 0; i < track.parts.size(); ++i) {
      for (std::size_t cause = 0; cause < track.parts[i].size(); ++cause) wider[i / 2][cause] += track.parts[i][cause];
    }
    track.parts = std::move(wider);
  }
}

}  // namespace gemel::sim
