// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "Vreservation_station_bench.h"
#include "sim/arch/isa.h"
#include "tests/rtl/station_reference.h"
#include "tests/rtl/unit_bench.h"

namespace gemel::rtl {
namespace {

class ReservationStation : public UnitBench<Vreservation_station_bench> {
 protected:
  void clear_inputs() override {
    top().allocate_valid_i = 0;
    top().issue_ready_i = 0;
    top().result_done_valid_i = 0;
    top().done_valid_i = 0;
    top().lone_preload_i = 0;
  }
  void offer(const Command& command) {
    top().allocate_valid_i = 1;
    top().funct_i = command.funct;
    top().rs1_i = command.rs1;
    top().rs2_i = command.rs2;
  }
  const arch::DerivedConfig derived_ = arch::derive(arch::AcceleratorConfig{});
};

Command mvin(std::uint32_t row, unsigned rows = 16, unsigned cols = 16) {
  return arch::encode_mvin(
      {0, 0x80000000, {LocalAddress(row), static_cast<std::uint16_t>(cols), static_cast<std::uint16_t>(rows)}});
}
Command mvout(std::uint32_t row, unsigned rows = 16) {
  return arch::encode_mvout({0x80000000, {LocalAddress(row), 16, static_cast<std::uint16_t>(rows)}});
}

// An mvin allocated in a and completed in c: the mvout of its last row, allocated behind it, issues in c + 1.
TEST_F(ReservationStation, CompletionLetsADependentIssueInTheNextCycle) {
  offer(mvin(100));
  settle();
  tick();
  offer(mvout(115));
  settle();
  EXPECT_EQ(top().issue_valid_o, 1u) << "the mvin issues one cycle after its allocation";
  top().issue_ready_i = 7;
  settle();
  tick();
  top().allocate_valid_i = 0;
  for (int i = 0; i < 5; ++i, tick()) {
    settle();
    EXPECT_EQ(top().issue_valid_o, 0u);
  }
  top().done_valid_i = 1;
  settle();
  EXPECT_EQ(top().issue_valid_o, 0u) << "not in the cycle of the completion";
  tick();
  top().done_valid_i = 0;
  settle();
  EXPECT_EQ(top().issue_valid_o, 4u);
}

TEST_F(ReservationStation, RangesThatOnlyTouchDoNotDepend) {
  offer(mvin(100));
  settle();
  tick();
  offer(mvout(116));
  settle();
  tick();
  top().allocate_valid_i = 0;
  settle();
  EXPECT_EQ(top().issue_valid_o, 5u);
}

TEST_F(ReservationStation, RangePastTheLastRowMeetsTheFirstRows) {
  offer(mvin(16384 - 8));  // rows 16376..16383 and 0..7
  settle();
  tick();
  offer(mvout(7, 1));
  settle();
  tick();
  offer(mvout(8, 1));
  settle();
  tick();
  top().allocate_valid_i = 0;
  settle();
  EXPECT_EQ(top().issue_valid_o, 1u) << "the mvout of row 7 waits, and the one behind it with it";
}

TEST_F(ReservationStation, LonePreloadDoesNotMakeItBusy) {
  offer(arch::encode_preload({{LocalAddress(0), 16, 16}, {LocalAddress::accumulator(0), 16, 16}}));
  settle();
  tick();
  top().allocate_valid_i = 0;
  settle();
  EXPECT_TRUE(top().busy_o);
  top().lone_preload_i = 1;
  settle();
  EXPECT_FALSE(top().busy_o);
}

TEST_F(ReservationStation, MatchesSetsOfRowsUnderRandomCommandsAndCompletions) {
  SCOPED_TRACE(seed_text());
  std::mt19937 random(test_seed());
  const auto pick = [&](unsigned below) { return static_cast<std::uint32_t>(random() % below); };
  const auto address = [&] {
    switch (pick(12)) {
      case 0:
        return LocalAddress::garbage();
      case 1:
        return LocalAddress::scratchpad(derived_.scratchpad_rows - 1 - pick(24));
      case 2:
        return LocalAddress::accumulator(derived_.accumulator_rows - 1 - pick(24));
      case 3:
      case 4:
      case 5:
        return LocalAddress::accumulator(pick(200));
      default:
        return LocalAddress::scratchpad(pick(200));
    }
  };
  const auto block = [&] {
    return arch::LocalBlock{address(), static_cast<std::uint16_t>(1 + pick(16)),
                            static_cast<std::uint16_t>(1 + pick(16))};
  };
  const auto named = [&](arch::LocalBlock of) {  // mvins and mvouts have no garbage
    while (of.address.is_garbage(derived_)) of.address = address();
    return of;
  };
  const auto command = [&]() -> Command {
    switch (pick(14)) {
      case 0: {
        arch::ConfigExecute config;
        config.set_only_strides = pick(2) != 0;
        config.a_transpose = pick(2) != 0;
        config.b_transpose = pick(2) != 0;
        config.dataflow = pick(2) != 0 ? arch::Dataflow::WeightStationary : arch::Dataflow::OutputStationary;
        config.a_stride = static_cast<std::uint16_t>(pick(4));
        config.c_stride = static_cast<std::uint16_t>(pick(4));
        return arch::encode_config_execute(config);
      }
      case 1: {
        arch::ConfigLoad config;
        config.state = static_cast<std::uint8_t>(pick(3));
        config.pixel_repeats = static_cast<std::uint8_t>(1 + pick(3));
        config.block_stride = static_cast<std::uint16_t>(16 + pick(40));
        return arch::encode_config_load(config);
      }
      case 2: {
        arch::ConfigStore config;
        config.pool_stride = static_cast<std::uint8_t>(pick(5) == 0);
        config.pool_size = static_cast<std::uint8_t>(pick(5) == 0);
        return arch::encode_config_store(config);
      }
      case 3:
      case 4:
      case 5: {
        arch::Mvin load{static_cast<std::uint8_t>(pick(3)), 0x80000000, named(block())};
        load.local.cols = static_cast<std::uint16_t>(1 + pick(64));
        return arch::encode_mvin(load);
      }
      case 6:
      case 7:
      case 8:
        return arch::encode_mvout({0x80000000, named(block())});
      case 9:
      case 10:
        return arch::encode_preload({block(), block()});
      default:
        return arch::encode_compute({pick(2) != 0, block(), block()});
    }
  };

  StationReference reference(derived_);
  Command next = command();
  unsigned allocated = 0, waited = 0;
  for (int cycle = 0; cycle < 30000; ++cycle, tick()) {
    const bool is_slow = (cycle / 300) % 2 == 0;  // entries pile up, then drain
    const bool is_offered = pick(3) != 0;
    clear_inputs();
    if (is_offered) offer(next);
    top().issue_ready_i = static_cast<std::uint8_t>(pick(8));

    // Completions that are asked for; the port grants one: result, fed, load, store.
    std::set<std::pair<int, unsigned>> completing;
    const auto some = [&](Class c) -> std::optional<unsigned> {
      const std::vector<unsigned> issued = reference.issued(c);
      if (issued.empty() || pick(is_slow ? 12 : 2) != 0) return std::nullopt;
      return issued[pick(static_cast<unsigned>(issued.size()))];
    };
    const std::optional<unsigned> result = some(kExecute), fed = some(kExecute), load = some(kLoad),
                                  store = some(kStore);
    top().result_done_valid_i = result.has_value();
    top().result_done_id_i = static_cast<std::uint8_t>(result.value_or(0));
    top().done_valid_i = static_cast<std::uint8_t>(load.has_value() | fed.has_value() << 1 | store.has_value() << 2);
    top().load_done_id_i = static_cast<std::uint8_t>(load.value_or(0));
    top().fed_done_id_i = static_cast<std::uint8_t>(fed.value_or(0));
    top().store_done_id_i = static_cast<std::uint8_t>(store.value_or(0));
    if (result)
      completing.insert({kExecute, *result});
    else if (fed)
      completing.insert({kExecute, *fed});
    else if (load)
      completing.insert({kLoad, *load});
    else if (store)
      completing.insert({kStore, *store});
    settle();

    if (fed) {
      ASSERT_EQ((top().done_ready_o >> kExecute & 1) != 0, !result);
    }
    if (load) {
      ASSERT_EQ((top().done_ready_o >> kLoad & 1) != 0, !result && !fed);
    }
    if (store) {
      ASSERT_EQ((top().done_ready_o >> kStore & 1) != 0, !result && !fed && !load);
    }
    ASSERT_EQ(top().busy_o != 0, reference.count(kLoad) + reference.count(kExecute) + reference.count(kStore) > 0);

    for (const Class c : {kLoad, kExecute, kStore}) {
      const std::optional<unsigned> index = reference.to_issue(now(), c);
      ASSERT_EQ((top().issue_valid_o >> c & 1) != 0, index.has_value()) << "cycle " << now() << ", class " << c;
      if (!index) continue;
      const unsigned shown = c == kLoad      ? top().load_issue_id_o
                             : c == kExecute ? top().execute_issue_id_o
                                             : top().store_issue_id_o;
      ASSERT_EQ(shown, *index) << "cycle " << now() << ", class " << c;
      if (c == kExecute) {
        ASSERT_EQ(top().execute_issue_rs2_o, reference.entry(c, *index).command.rs2);
      }
    }
    const Class c = StationReference::class_of(next);
    const bool has_room = reference.free_index(c).has_value();
    if (is_offered) {
      ASSERT_EQ(top().allocate_ready_o != 0, has_room) << "cycle " << now();
    }
    if (is_offered && has_room) {
      reference.allocate(now(), next, completing);
      next = command();
      ++allocated;
    }
    for (const Class of : {kLoad, kExecute, kStore}) {
      const std::optional<unsigned> index = reference.to_issue(now(), of);
      if (index && (top().issue_ready_i >> of & 1)) reference.issue(of, *index);
      if (!index && reference.count(of) > reference.issued(of).size()) ++waited;
    }
    reference.end_cycle(completing);
  }
  EXPECT_GT(allocated, 3000u);
  EXPECT_GT(waited, 1000u);
}

}  // namespace
}  // namespace gemel::rtl
