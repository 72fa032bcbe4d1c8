// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "Vtransposer.h"
#include "tests/rtl/unit_bench.h"

namespace gemel::rtl {
namespace {

constexpr unsigned kDim = 4;
using Block = std::array<std::array<std::uint8_t, kDim>, kDim>;

class Transposer : public UnitBench<Vtransposer> {
 protected:
  void clear_inputs() override { top().valid_i = 0; }
};

// Row k of the transposed block leaves while row k of the next one comes, with any bubbles.
TEST_F(Transposer, GivesTheBlockBeforeTransposedWhileItTakesTheNext) {
  SCOPED_TRACE(seed_text());
  std::mt19937 random(test_seed());
  Block before{};
  for (int block = 0; block < 200; ++block) {
    Block next;
    for (unsigned k = 0; k < kDim; ++k) {
      while (random() % 3 == 0) {
        top().valid_i = 0;
        top().row_i = random();
        settle();
        tick();
      }
      std::uint32_t in = 0;
      for (unsigned lane = 0; lane < kDim; ++lane) {
        next[k][lane] = static_cast<std::uint8_t>(random());
        in |= std::uint32_t{next[k][lane]} << (8 * lane);
      }
      top().valid_i = 1;
      top().row_i = in;
      settle();
      for (unsigned lane = 0; lane < kDim && block > 0; ++lane) {
        ASSERT_EQ(top().row_o >> (8 * lane) & 0xFF, before[lane][k]) << "block " << block << " row " << k;
      }
      tick();
    }
    before = next;
  }
}

}  // namespace
}  // namespace gemel::rtl
