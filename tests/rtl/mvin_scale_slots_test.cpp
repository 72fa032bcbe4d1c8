// SPDX-License-Identifier: Apache-2.0
// Default machine: 16 lanes on 4 multipliers of latency 4.
#include <algorithm>
#include <optional>
#include <vector>

#include "Vmvin_scale_slots.h"
#include "tests/rtl/unit_bench.h"

namespace gemel::rtl {
namespace {

constexpr std::uint64_t kIdentity = 3;
constexpr std::uint64_t kScaled = 2 * (16 / 4) + 4;

class MvinScaleSlots : public UnitBench<Vmvin_scale_slots> {
 protected:
  void clear_inputs() override {
    top().piece_valid_i = 0;
    top().piece_is_identity_i = 0;
    top().released_i = 0;
  }
  // First cycle from now on in which the oldest piece is ready.
  std::uint64_t wait_until_ready() {
    clear_inputs();
    for (int i = 0; i < 100; ++i, tick()) {
      settle();
      if (top().ready_o) return now();
    }
    ADD_FAILURE() << "never ready";
    return now();
  }
  void bring(bool is_identity) {
    top().piece_valid_i = 1;
    top().piece_is_identity_i = is_identity;
    settle();
    tick();
    top().piece_valid_i = 0;
  }
};

TEST_F(MvinScaleSlots, IdentityPieceIsReadyThreeCyclesAfterItCame) {
  const std::uint64_t came = now();
  bring(true);
  EXPECT_EQ(wait_until_ready(), came + kIdentity);
}

TEST_F(MvinScaleSlots, ScaledPieceTakesTwiceItsGroupsOfLanesAndTheLatency) {
  const std::uint64_t came = now();
  bring(false);
  EXPECT_EQ(wait_until_ready(), came + kScaled);
}

// ready(n) = max(came(n), released(n - 3)) + h, whatever comes and however late pieces are written.
TEST_F(MvinScaleSlots, FollowsItsRecurrenceUnderRandomArrivalsAndReleases) {
  SCOPED_TRACE(seed_text());
  std::mt19937 random(test_seed());
  struct Piece {
    std::uint64_t came;
    std::uint64_t cycles;
    std::optional<std::uint64_t> ready, released;
  };
  std::vector<Piece> pieces;
  std::size_t oldest = 0;
  for (int phase = 0; phase < 40; ++phase) {
    const unsigned arrival_percent = random() % 101, release_percent = 5 + random() % 96;
    const unsigned identity_percent = random() % 101;
    for (int i = 0; i < 50; ++i, tick()) {
      const bool is_full = pieces.size() - oldest >= 60;
      const bool comes = !is_full && random() % 100 < arrival_percent;
      const bool is_identity = random() % 100 < identity_percent;
      top().piece_valid_i = comes;
      top().piece_is_identity_i = is_identity;
      top().released_i = 0;
      if (comes) pieces.push_back({now(), is_identity ? kIdentity : kScaled, {}, {}});
      if (oldest < pieces.size() && !pieces[oldest].ready) {
        Piece& piece = pieces[oldest];
        const std::uint64_t entered = oldest < 3 ? piece.came : std::max(piece.came, *pieces[oldest - 3].released);
        piece.ready = entered + piece.cycles;
      }
      const bool is_ready = oldest < pieces.size() && now() >= *pieces[oldest].ready;
      settle();
      ASSERT_EQ(top().ready_o != 0, is_ready) << "cycle " << now() << ", piece " << oldest;
      if (is_ready && random() % 100 < release_percent) {
        top().released_i = 1;
        pieces[oldest++].released = now();
        settle();
      }
    }
  }
  EXPECT_GT(oldest, 100u);
}

}  // namespace
}  // namespace gemel::rtl
