// SPDX-License-Identifier: Apache-2.0
// The comparison of two event logs, and of two runs' figures, without any machine.
#include <gmock/gmock.h>

#include "sim/arch/isa.h"
#include "sim/cosim/compare.h"

namespace gemel::sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

// Two mvins.
arch::Program program() {
  arch::Program p;
  for (std::uint32_t i = 0; i < 2; ++i) {
    p.commands.push_back({static_cast<std::uint8_t>(arch::Funct::Mvin), p.base + 64 * i, 0x0004000400000000u});
    p.steps.push_back({arch::StepKind::Command, i});
  }
  return p;
}

std::vector<Event> log() {
  return {{1, EventKind::Accepted, 0, 0},   {2, EventKind::Accepted, 1, 0},      {6, EventKind::Issued, 0, 0},
          {7, EventKind::Issued, 0, 1},     {9, EventKind::ReadRequest, 64, 32}, {50, EventKind::ReadBeat, 64, 0},
          {51, EventKind::ReadBeat, 80, 0}, {60, EventKind::Completed, 0, 1}};
}

TEST(CompareEvents, EqualLogsDoNotDiffer) { EXPECT_FALSE(compare_events(program(), log(), log())); }

TEST(CompareEvents, ALaterEventIsFoundInTheCycleOfTheEarlierSide) {
  std::vector<Event> rtl = log();
  rtl[3].cycle = 8;
  const auto difference = compare_events(program(), log(), rtl);
  ASSERT_TRUE(difference);
  EXPECT_EQ(difference->cycle, 7u);
  EXPECT_EQ(difference->unit, "reservation_station (load), command_front_end, load_controller");
  EXPECT_THAT(difference->what, HasSubstr("the model has an event"));
  EXPECT_THAT(difference->model.back(), HasSubstr("issued     load entry 1, command 1: mvin dram_address=0x80000040"));
  EXPECT_THAT(difference->rtl.back(), HasSubstr("8  issued"));
}

TEST(CompareEvents, AnEventTooManyIsFound) {
  std::vector<Event> rtl = log();
  rtl.push_back({70, EventKind::Acknowledge, 64, 0});
  const auto difference = compare_events(program(), log(), rtl);
  ASSERT_TRUE(difference);
  EXPECT_EQ(difference->cycle, 70u);
  EXPECT_EQ(difference->unit, "memory_port");
  EXPECT_EQ(difference->model.back(), "(nothing more)");
}

TEST(CompareEvents, EveryPartOfAnEventCounts) {
  for (std::size_t i = 0; i < log().size(); ++i) {
    std::vector<Event> rtl = log();
    rtl[i].a ^= 1;
    EXPECT_TRUE(compare_events(program(), log(), rtl)) << i;
    rtl = log();
    rtl[i].b ^= 1;
    EXPECT_TRUE(compare_events(program(), log(), rtl)) << i;
  }
}

TEST(CompareEvents, TenEventsOfEachSideAreShown) {
  std::vector<Event> model, rtl;
  for (Cycle i = 0; i < 30; ++i) model.push_back({i, EventKind::ReadBeat, 16 * i, 0});
  rtl = model;
  rtl[20].cycle = 21;
  rtl[20].a = 1;
  const auto difference = compare_events(program(), model, rtl);
  ASSERT_TRUE(difference);
  EXPECT_THAT(difference->model, SizeIs(10));
  EXPECT_THAT(difference->rtl, SizeIs(10));
  EXPECT_EQ(difference->cycle, 20u);
}

TEST(CompareEvents, CommandsOfLoopsAreNotNamed) {
  arch::Program with_loop = program();
  with_loop.commands[1].funct = static_cast<std::uint8_t>(arch::Funct::LoopWs);
  std::vector<Event> rtl = log();
  rtl[3].cycle = 8;
  const auto difference = compare_events(with_loop, log(), rtl);
  ASSERT_TRUE(difference);
  EXPECT_EQ(difference->model.back(), "7  issued     load entry 1");
}

RunStatistics statistics() {
  RunStatistics s;
  s.cycles = 100;
  s.accounting = {{"load", {{"busy", 60}, {"idle", 40}}}, {"store", {{"busy", 10}, {"idle", 90}}}};
  s.counter_reads = {5, 6};
  LayerStatistics layer;
  layer.layer.name = "first";
  layer.cycles = 100;
  layer.accounting = s.accounting;
  s.layers = {layer};
  return s;
}

TEST(CompareStatistics, EqualFiguresDoNotDiffer) { EXPECT_FALSE(compare_statistics(statistics(), statistics())); }

TEST(CompareStatistics, AnotherCauseOfOneCycleNamesTheUnit) {
  RunStatistics rtl = statistics();
  rtl.accounting[1].causes[0].second = 11;
  rtl.accounting[1].causes[1].second = 89;
  const auto difference = compare_statistics(statistics(), rtl);
  ASSERT_TRUE(difference);
  EXPECT_EQ(difference->unit, "store");
  EXPECT_THAT(difference->what, HasSubstr("spent in busy is 10 in the model and 11 in the RTL"));
}

TEST(CompareStatistics, CountersAndLayersCount) {
  RunStatistics rtl = statistics();
  rtl.counter_reads[1] = 7;
  EXPECT_EQ(compare_statistics(statistics(), rtl)->unit, "counter_file");
  rtl = statistics();
  rtl.counter_reads.push_back(0);
  EXPECT_EQ(compare_statistics(statistics(), rtl)->unit, "counter_file");
  rtl = statistics();
  std::swap(rtl.layers[0].accounting[0].causes[0].second, rtl.layers[0].accounting[0].causes[1].second);
  const auto difference = compare_statistics(statistics(), rtl);
  EXPECT_EQ(difference->unit, "load");
  EXPECT_THAT(difference->what, HasSubstr("of layer first"));
  rtl = statistics();
  rtl.layers.clear();
  EXPECT_TRUE(compare_statistics(statistics(), rtl));
}

}  // namespace
}  // namespace gemel::sim
