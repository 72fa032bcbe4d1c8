// SPDX-License-Identifier: Apache-2.0
// The command front end against section 2 of the page.
#include <algorithm>
#include <vector>

#include "Vcommand_bench.h"
#include "sim/arch/command.h"
#include "tests/rtl/unit_bench.h"

namespace gemel::rtl {
namespace {

using arch::Funct;

class CommandFrontEnd : public UnitBench<Vcommand_bench> {
 protected:
  void clear_inputs() override {
    top().command_valid_i = 0;
    top().allocate_ready_i = 1;
  }
  void offer(Funct funct, std::uint64_t rs1) {
    top().command_valid_i = 1;
    top().command_funct_i = static_cast<std::uint8_t>(funct);
    top().command_rs1_i = rs1;
  }
};

TEST_F(CommandFrontEnd, CommandIsAllocatedFourCyclesAfterTheHostGaveIt) {
  offer(Funct::Mvin, 17);
  settle();
  EXPECT_TRUE(top().command_ready_o);
  EXPECT_FALSE(top().busy_o);
  tick();
  top().command_valid_i = 0;
  for (int cycles = 1; cycles < 4; ++cycles, tick()) {
    settle();
    EXPECT_FALSE(top().allocate_valid_o) << cycles << " cycles after";
    EXPECT_TRUE(top().busy_o);
  }
  settle();
  EXPECT_TRUE(top().allocate_valid_o);
  EXPECT_EQ(top().allocate_rs1_o, 17u);
  EXPECT_TRUE(top().busy_o);
  tick();
  settle();
  EXPECT_FALSE(top().busy_o);
}

TEST_F(CommandFrontEnd, HoldsEightCommands) {
  top().allocate_ready_i = 0;
  unsigned taken = 0;
  for (int i = 0; i < 20; ++i, tick()) {
    offer(Funct::Mvin, 0);
    settle();
    taken += top().command_ready_o;
  }
  EXPECT_EQ(taken, 8u);
}

TEST_F(CommandFrontEnd, FlushClockGateAndCounterAccessNeverEnterTheStation) {
  top().allocate_ready_i = 0;
  for (const Funct funct : {Funct::Flush, Funct::ClockGate, Funct::Counter}) {
    offer(funct, 99);
    settle();
    tick();
    top().command_valid_i = 0;
    for (int i = 0; i < 3; ++i) {
      settle();
      tick();
    }
    settle();
    EXPECT_FALSE(top().allocate_valid_o);
    EXPECT_EQ(top().counter_valid_o != 0, funct == Funct::Counter);
    EXPECT_TRUE(top().busy_o);
    tick();
    settle();
    EXPECT_FALSE(top().busy_o) << "consumed though the station refuses";
    EXPECT_FALSE(top().counter_valid_o);
  }
}

// Command n enters queue q when it has spent a cycle in the queue before, the command before it has entered, and the
// one two before it has left: written down as times, with no queue in sight.
TEST_F(CommandFrontEnd, FollowsTheTimesOfFourQueuesUnderRandomStalls) {
  SCOPED_TRACE(seed_text());
  std::mt19937 random(test_seed());
  constexpr unsigned kCycles = 20000, kQueues = 4;
  const unsigned rates[] = {100, 90, 50, 15};
  std::vector<bool> offered(kCycles), ready(kCycles);
  unsigned host = 100, station = 100;
  for (unsigned t = 0; t < kCycles; ++t) {
    if (t % 200 == 0) {
      host = rates[random() % 4];
      station = rates[random() % 4];
    }
    offered[t] = random() % 100 < host;
    ready[t] = random() % 100 < station;
  }
  struct Times {
    Funct funct;
    std::uint64_t enters[kQueues + 1];  // the last one: leaves
    bool enters_station() const { return funct == Funct::Mvin; }
  };
  const auto first = [](const std::vector<bool>& allowed, std::uint64_t from) {
    while (from < allowed.size() && !allowed[from]) ++from;
    return from;
  };
  std::vector<Times> commands;
  while (commands.empty() || commands.back().enters[0] < kCycles) {
    const Funct functs[] = {Funct::Mvin, Funct::Mvin, Funct::Mvin, Funct::Flush, Funct::Counter};
    Times times{functs[random() % 5], {}};
    const Times* before = commands.empty() ? nullptr : &commands.back();
    const Times* two_before = commands.size() < 2 ? nullptr : &commands[commands.size() - 2];
    for (unsigned q = 0; q <= kQueues; ++q) {
      std::uint64_t at = q == 0 ? 0 : times.enters[q - 1] + 1;
      if (before != nullptr) at = std::max(at, before->enters[q] + 1);
      if (q < kQueues && two_before != nullptr) at = std::max(at, two_before->enters[q + 1] + 1);
      if (q == 0) at = first(offered, at);
      if (q == kQueues && times.enters_station()) at = first(ready, at);
      times.enters[q] = at;
    }
    commands.push_back(times);
  }

  std::size_t accepted = 0, left = 0, busy_until = 0;
  for (unsigned t = 0; t < kCycles; ++t, tick()) {
    top().command_valid_i = offered[t];
    if (offered[t]) offer(commands[accepted].funct, accepted);
    top().allocate_ready_i = ready[t];
    settle();
    ASSERT_EQ(top().busy_o != 0, left < busy_until) << "cycle " << t;
    if (offered[t]) {
      ASSERT_EQ(top().command_ready_o != 0, commands[accepted].enters[0] == t) << "command " << accepted;
    }
    const bool goes = commands[left].enters[kQueues] == t;
    const bool to_station = commands[left].enters_station();
    const bool allocates = top().allocate_valid_o && ready[t];
    ASSERT_EQ(allocates, goes && to_station) << "command " << left << ", cycle " << t;
    ASSERT_EQ(top().counter_valid_o != 0, goes && commands[left].funct == Funct::Counter) << "cycle " << t;
    if (allocates) {
      ASSERT_EQ(top().allocate_rs1_o, left);
      ASSERT_EQ(top().allocate_funct_o, static_cast<unsigned>(commands[left].funct));
    }
    if (top().counter_valid_o) {
      ASSERT_EQ(top().counter_rs1_o, left);
    }
    left += goes;
    accepted += offered[t] && top().command_ready_o;
    busy_until = accepted;
  }
  EXPECT_GT(left, 3000u);
}

}  // namespace
}  // namespace gemel::rtl
