// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>

#include "compiler/schedule/contraction_schedule.h"
#include "compiler/schedule/interleave.h"

namespace gemel::compiler {
namespace {

Machine small_machine() {
  Machine machine;
  machine.config.mesh.dim = 4;
  machine.config.scratchpad.capacity_kib = 4;
  machine.config.accumulator.capacity_kib = 4;
  machine.config.dma.max_request_bytes = 16;
  machine.derived = arch::derive(machine.config);
  return machine;
}

Contraction product(std::int32_t m, std::int32_t k, std::int32_t n) {
  Contraction work;
  work.name = "product";
  work.out_w = work.in_w = m;
  work.lanes = k;
  work.outputs = n;
  work.input = {{0, 0}, 0, 0, k};
  work.weights = {1, 0};
  work.bias = BufferRef{2, 0};
  work.output = {{3, 0}, 0, std::int64_t{n} * m, n};
  work.scale = 0.5f;
  return work;
}

Schedule make_schedule(const Contraction& work, const Machine& machine) {
  const TilePlan plan = choose_tiles(work, machine);
  ScheduleBuilder builder(machine);
  schedule_contraction(work, machine, plan, builder);
  Schedule schedule = builder.take();
  interleave(schedule, machine);
  return schedule;
}

TEST(Schedule, OfASmallRaggedProductIsThisText) {
  const Machine machine = small_machine();
  const Schedule schedule = make_schedule(product(6, 5, 3), machine);
  const std::string text = describe_schedule(schedule, 100);
  const std::string operations = text.substr(text.find('\n') + 1);
  EXPECT_EQ(operations, R"(  load    spad[256] <- buffer1+0 4x3 stride 4 block 4
  load    spad[0] <- buffer0+0 4x5 stride 5 block 4
  load    acc[0] <- buffer2+0 4x3 stride 0 block 4
  load    spad[260] <- buffer1+16 1x3 stride 4 block 4
  compute acc[0]+ = spad[0] x spad[256] 4x4x3
  compute acc[0]+ = spad[4] x spad[260] 4x1x3
  store   buffer3+0 <- acc[0] 4x3 stride 3
  load    spad[8] <- buffer0+20 2x5 stride 5 block 2
  load    acc[128] <- buffer2+0 2x3 stride 0 block 4
  compute acc[128]+ = spad[8] x spad[256] 2x4x3
  compute acc[128]+ = spad[10] x spad[260] 2x1x3
  store   buffer3+12 <- acc[128] 2x3 stride 3
)");
}

TEST(Schedule, OrderOfEveryStreamIsKeptAndLegal) {
  const Machine machine = small_machine();
  for (const std::int32_t m : {1, 3, 4, 5, 40}) {
    for (const std::int32_t k : {1, 9, 64}) {
      const Schedule schedule = make_schedule(product(m, k, 21), machine);
      EXPECT_NO_THROW(verify_schedule(schedule, machine)) << m << "x" << k;
    }
  }
}

TEST(Schedule, AnOrderThatOffersAComputeBeforeItsOperandsIsRefused) {
  const Machine machine = small_machine();
  Schedule schedule = make_schedule(product(6, 5, 3), machine);
  const auto first = std::find(schedule.order.begin(), schedule.order.end(), Stream::Compute);
  std::rotate(schedule.order.begin(), first, first + 1);
  EXPECT_THROW(verify_schedule(schedule, machine), std::logic_error);
}

TEST(Schedule, LoadsOfTheNextTileAreOfferedWhileTheArrayWorks) {
  const Machine machine = small_machine();
  const Schedule schedule = make_schedule(product(64, 64, 64), machine);
  // Somewhere in the middle, no stretch of computes is longer than the station's entries without a load between.
  std::size_t longest = 0, run = 0, loads = 0;
  for (const Stream stream : schedule.order) {
    if (stream == Stream::Load) {
      ++loads;
      run = 0;
    } else if (stream == Stream::Compute && loads + 16 < schedule.loads.size() && loads > 16) {
      longest = std::max(longest, ++run);
    }
  }
  EXPECT_LT(longest, schedule.computes.size() / 8);
}

TEST(ScheduleBuilder, ZerosThatAreStillThereAreNotWrittenAgain) {
  const Machine machine = small_machine();
  ScheduleBuilder builder(machine);
  builder.zero(0, 6, 1, 8);
  builder.zero(0, 6, 1, 8);
  arch::ConfigLoad config;
  config.block_stride = 4;
  builder.load({0, 0}, arch::LocalAddress::scratchpad(5), 1, 4, builder.load_config(config));
  builder.zero(0, 4, 1, 8);  // still clean
  builder.zero(4, 2, 1, 8);  // row 5 is not
  EXPECT_EQ(builder.take().loads.size(), 4u);
}

TEST(ScheduleBuilder, ALoadWaitsForTheLastReaderOfTheRowsThatItReplaces) {
  const Machine machine = small_machine();
  ScheduleBuilder builder(machine);
  arch::ConfigLoad config;
  config.block_stride = 4;
  const std::uint16_t id = builder.load_config(config);
  const auto a = arch::LocalAddress::scratchpad(0), b = arch::LocalAddress::scratchpad(512);
  builder.load({0, 0}, a, 4, 4, id);
  builder.load({1, 0}, b, 4, 4, id);
  builder.compute(a, b, arch::LocalAddress::accumulator(0), 4, 4, 4, true, 4);
  builder.load({0, 16}, a, 4, 4, id);
  builder.store({2, 0}, arch::LocalAddress::accumulator(0), 4, 4, builder.store_config({}));
  const Schedule schedule = builder.take();
  EXPECT_EQ(schedule.computes[0].after_load, 2u);
  EXPECT_EQ(schedule.loads[2].after_compute, 1u);
  EXPECT_EQ(schedule.loads[1].after_compute, 0u);
  EXPECT_EQ(schedule.stores[0].after_compute, 1u);
}

}  // namespace
}  // namespace gemel::compiler
