// SPDX-License-Identifier: Apache-2.0
// The queue in front of the execute controller: section 3 of the page, "queues.execute + 2, seen two cycles after
// issue".
#include <algorithm>
#include <deque>

#include "Vcommand_bench.h"
#include "tests/rtl/bench_machine.h"
#include "tests/rtl/unit_bench.h"

namespace gemel::rtl {
namespace {

class ExecuteQueue : public UnitBench<Vcommand_bench> {
 protected:
  void clear_inputs() override {
    top().issue_valid_i = 0;
    top().pop_i = 0;
  }
};

TEST_F(ExecuteQueue, FollowsItsRulesUnderRandomIssuesAndPops) {
  SCOPED_TRACE(seed_text());
  std::mt19937 random(test_seed());
  struct Entry {
    std::uint64_t number, seen_from;
  };
  const std::size_t depth = bench_config().queues.execute + 2;
  const unsigned ids = bench_config().reservation_station.execute_entries;
  std::deque<Entry> queue;
  std::uint64_t number = 0;
  unsigned issued = 100, popped = 100, was_full = 0;
  for (int cycle = 0; cycle < 40000; ++cycle, tick()) {
    if (cycle % 200 == 0) {
      const unsigned rates[] = {100, 60, 20};
      issued = rates[random() % 3];
      popped = rates[random() % 3];
    }
    top().issue_valid_i = random() % 100 < issued;
    top().issue_rs1_i = number;
    top().issue_id_i = static_cast<std::uint8_t>(number % ids);
    const auto seen = static_cast<unsigned>(
        std::count_if(queue.begin(), queue.end(), [&](const Entry& entry) { return entry.seen_from <= now(); }));
    top().pop_i = static_cast<std::uint8_t>(random() % 100 < popped ? random() % (std::min(seen, 2u) + 1) : 0);
    settle();

    ASSERT_EQ(top().issue_ready_o != 0, queue.size() < depth) << "cycle " << now();
    ASSERT_EQ(top().single_o != 0, queue.size() == 1) << "cycle " << now();
    ASSERT_EQ(top().head_valid_o, (1u << std::min(seen, 3u)) - 1) << "cycle " << now();
    for (unsigned i = 0; i < std::min(seen, 3u); ++i) {
      ASSERT_EQ(top().head_rs1_o[i], queue[i].number);
      ASSERT_EQ(top().head_id_o[i], queue[i].number % ids);
    }
    ASSERT_EQ(top().head_has_id_o, 7u);

    was_full += queue.size() == depth;
    const bool takes = top().issue_valid_i && top().issue_ready_o;
    queue.erase(queue.begin(), queue.begin() + top().pop_i);
    if (takes) queue.push_back({number++, now() + 2});
  }
  EXPECT_GT(number, 5000u);
  EXPECT_GT(was_full, 500u);
}

}  // namespace
}  // namespace gemel::rtl
