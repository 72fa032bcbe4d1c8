// SPDX-License-Identifier: Apache-2.0
// The normaliser's cycles against docs/microarchitecture.md, section 12, and its numbers, with the activation of a lane
// behind it, against sim/arch/normaliser.
#include "sim/arch/normaliser.h"

#include <array>
#include <cstring>
#include <random>

#include "Vnormaliser_bench.h"
#include "tests/rtl/unit_bench.h"

namespace gemel::rtl {
namespace {

using arch::NormCommand;

constexpr std::int32_t kLeast = INT32_MIN, kMost = INT32_MAX;
constexpr unsigned kLanes = 4;  // tiny_4x4
constexpr std::array<unsigned, 8> kCycles = {0, 1, 33, 1, 75, 1, 1, 27};

class Normaliser : public UnitBench<Vnormaliser_bench> {
 protected:
  void clear_inputs() override { top().valid_i = top().written_i = 0; }

  void configure(const arch::NormaliserSettings& settings) {
    settings_ = settings;
    top().activation_i = static_cast<unsigned>(settings.activation);
    top().stats_id_i = settings.context;
    top().qb_i = static_cast<std::uint32_t>(settings.constants.qb);
    top().qc_i = static_cast<std::uint32_t>(settings.constants.qc);
    top().qln2_i = static_cast<std::uint32_t>(settings.constants.qln2);
    top().qln2_inv_i = static_cast<std::uint32_t>(settings.constants.qln2_inv);
  }

  // Hands over a block; comes back in the cycle in which the next one would be taken.
  void take(NormCommand command, const std::array<std::int32_t, kLanes>& row, unsigned lanes) {
    model_[settings_.context].take(command, row.data(), lanes, settings_.constants);
    if (command == NormCommand::Write) {
      top().written_i = 1;
      settle();
      tick();
      top().written_i = 0;
      return;
    }
    top().valid_i = 1;
    top().command_i = static_cast<unsigned>(command);
    top().lanes_i = static_cast<std::uint16_t>(lanes);
    for (unsigned i = 0; i < kLanes; ++i) top().row_i[i] = static_cast<std::uint32_t>(row[i]);
    settle();
    ASSERT_TRUE(top().ready_o);
    const std::uint64_t taken = now();
    while (!top().done_o) {
      ASSERT_LT(now(), taken + 100);
      tick();
      top().valid_i = 0;
      settle();
      ASSERT_FALSE(top().ready_o);
    }
    ASSERT_EQ(now() - taken + 1, kCycles[static_cast<unsigned>(command)]);
    tick();
    top().valid_i = 0;
    settle();
    ASSERT_TRUE(top().ready_o);
  }

  void expect_value(std::int32_t value) {
    const arch::Statistics& statistics = model_[settings_.context];
    top().value_i = static_cast<std::uint32_t>(value);
    settle();
    if (settings_.activation == arch::Activation::LayerNorm) {
      ASSERT_EQ(top().factor_o, arch::bits_from_float(statistics.inverse_deviation()));
    }
    if (settings_.activation == arch::Activation::Softmax) {
      ASSERT_EQ(top().factor_o, arch::bits_from_float(statistics.inverse_sum_exponentials()));
    }
    ASSERT_EQ(static_cast<std::int32_t>(top().value_o), arch::normalised(value, settings_, statistics)) << value;
  }

 private:
  arch::NormaliserSettings settings_;
  std::array<arch::Statistics, arch::kStatisticsContexts> model_;
};

TEST_F(Normaliser, AgreesWithTheModelInNumbersAndCycles) {
  SCOPED_TRACE(seed_text());
  std::mt19937 random(test_seed());
  const auto below = [&](unsigned bound) { return static_cast<unsigned>(random() % bound); };
  const auto number = [&]() -> std::int32_t {
    const std::int32_t edges[] = {kLeast, kLeast + 1, -1, 0, 1, kMost};
    return below(6) == 0 ? edges[below(6)] : static_cast<std::int32_t>(random()) >> below(32);
  };
  arch::NormaliserSettings settings;
  for (int step = 0; step < 6000 && !HasFatalFailure(); ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    if (below(3) == 0) {
      settings.activation = static_cast<arch::Activation>(below(5));
      settings.context = static_cast<std::uint8_t>(below(4));
    }
    if (below(6) == 0) {
      const std::int32_t scale = 1 << below(12);
      settings.constants = below(2) == 0 ? arch::NormaliserConstants{number(), number(), number(), number()}
                                         : arch::NormaliserConstants{scale, scale * scale, scale * 7 / 10 + 1,
                                                                     65536 / (scale * 7 / 10 + 1)};
    }
    configure(settings);
    std::array<std::int32_t, kLanes> row;
    for (std::int32_t& x : row) x = number();
    take(static_cast<NormCommand>(below(8)), row, 1 + below(kLanes));
    for (int i = 0; i < 4 && !HasFatalFailure(); ++i) expect_value(number());
    for (const std::int32_t x : row) expect_value(x);
  }
}

// Every quotient that can come up has its own rounding: 1 / n for small n, and 127 / sum around powers of two.
TEST_F(Normaliser, ReciprocalsAreRoundedHalfToEven) {
  arch::NormaliserSettings settings;
  settings.activation = arch::Activation::LayerNorm;
  for (std::int32_t deviation = 1; deviation <= 400 && !HasFatalFailure(); ++deviation) {
    configure(settings);
    take(NormCommand::Mean, {-deviation, deviation, 0, 0}, 2);
    take(NormCommand::InverseDeviation, {-deviation, deviation, 0, 0}, 2);
    expect_value(deviation * 1000);
  }
  settings.activation = arch::Activation::Softmax;
  for (unsigned power = 0; power < 32 && !HasFatalFailure(); ++power) {
    for (const std::int64_t offset : {-1, 0, 1}) {
      const std::int64_t sum = (std::int64_t{1} << power) + offset;
      settings.constants = {0, static_cast<std::int32_t>(sum), 0, 0};  // each exponential is qc where x is the maximum
      configure(settings);
      take(NormCommand::Write, {}, 0);
      take(NormCommand::Max, {0, 0, 0, 0}, 1);
      take(NormCommand::InverseSumExponentials, {0, 0, 0, 0}, 1);
      expect_value(0);
    }
  }
}

}  // namespace
}  // namespace gemel::rtl
