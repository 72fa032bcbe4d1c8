// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/sampling.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>

namespace gemel::sim {
namespace {

// SplitMix64: the standard library's distributions differ between libraries.
class RandomSource {
 public:
  explicit RandomSource(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  // 0 .. bound - 1, each as likely.
  std::uint64_t below(std::uint64_t bound) {
    const std::uint64_t unfair = (std::numeric_limits<std::uint64_t>::max() % bound + 1) % bound;
    std::uint64_t value = next();
    while (unfair != 0 && value > std::numeric_limits<std::uint64_t>::max() - unfair) value = next();
    return value % bound;
  }
  template <typename Item>
  void shuffle(std::vector<Item>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::uint64_t state_;
};

Steps steps_at(std::uint64_t index, const std::vector<std::size_t>& sizes) {
  Steps steps(sizes.size());
  for (std::size_t i = sizes.size(); i-- > 0;) {
    steps[i] = index % sizes[i];
    index /= sizes[i];
  }
  return steps;
}

SampledSpace take_everything(const std::vector<std::size_t>& sizes, const std::function<bool(const Steps&)>& accepts) {
  SampledSpace space;
  const std::uint64_t size = space_size(sizes);
  for (std::uint64_t index = 0; index < size; ++index) {
    Steps steps = steps_at(index, sizes);
    if (accepts(steps)) {
      space.taken.push_back(std::move(steps));
    } else {
      ++space.refused;
    }
  }
  return space;
}

SampledSpace draw_random(const std::vector<std::size_t>& sizes, const Sampling& sampling,
                         const std::function<bool(const Steps&)>& accepts) {
  SampledSpace space;
  RandomSource random(sampling.seed);
  if (space_size(sizes) <= kLargestWholeSpace) {  // shuffle all: ends where the space does
    std::vector<std::uint32_t> order(space_size(sizes));
    std::iota(order.begin(), order.end(), 0);
    random.shuffle(order);
    for (std::size_t i = 0; i < order.size() && space.taken.size() < sampling.machines; ++i) {
      Steps steps = steps_at(order[i], sizes);
      if (accepts(steps)) {
        space.taken.push_back(std::move(steps));
      } else {
        ++space.refused;
      }
    }
  } else {
    constexpr std::uint64_t kPatience = 1000000;
    std::set<Steps> seen;
    while (space.taken.size() < sampling.machines && space.refused < kPatience) {
      Steps steps;
      for (const std::size_t size : sizes) steps.push_back(random.below(size));
      if (!seen.insert(steps).second) continue;
      if (accepts(steps)) {
        space.taken.push_back(std::move(steps));
      } else {
        ++space.refused;
      }
    }
  }
  std::sort(space.taken.begin(), space.taken.end());
  return space;
}

// Each dimension is cut into as many strata as there are samples; each stratum is used once.
SampledSpace draw_latin_hypercube(const std::vector<std::size_t>& sizes, const Sampling& sampling,
                                  const std::function<bool(const Steps&)>& accepts) {
  RandomSource random(sampling.seed);
  const std::size_t samples = sampling.machines;
  std::vector<Steps> drawn(samples, Steps(sizes.size()));
  std::vector<std::uint64_t> strata(samples);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    std::iota(strata.begin(), strata.end(), 0);
    random.shuffle(strata);
    for (std::size_t sample = 0; sample < samples; ++sample) {
      // A place in the stratum, in 1024ths, then the value that this place belongs to.
      const std::uint64_t place = strata[sample] * 1024 + random.below(1024);
      drawn[sample][i] = place * sizes[i] / (samples * 1024);
    }
  }
  SampledSpace space;
  std::sort(drawn.begin(), drawn.end());
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    if (i > 0 && drawn[i] == drawn[i - 1]) {
      ++space.duplicates;
    } else if (accepts(drawn[i])) {
      space.taken.push_back(drawn[i]);
    } else {
      ++space.refused;
    }
  }
  return space;
}

}  // namespace

std::uint64_t space_size(const std::vector<std::size_t>& sizes) {
  std::uint64_t total = 1;
  for (const std::size_t size : sizes) {
    if (total > std::numeric_limits<std::uint64_t>::max() / size) return std::numeric_limits<std::uint64_t>::max();
    total *= size;
  }
  return total;
}

SampledSpace sample_space(const std::vector<std::size_t>& sizes, const Sampling& sampling,
                          const std::function<bool(const Steps&)>& accepts) {
  switch (sampling.method) {
    case Sampling::Method::Random:
      return draw_random(sizes, sampling, accepts);
    case Sampling::Method::LatinHypercube:
      return draw_latin_hypercube(sizes, sampling, accepts);
    case Sampling::Method::Everything:
      break;
  }
  return take_everything(sizes, accepts);
}

}  // namespace gemel::sim
