// SPDX-License-Identifier: Apache-2.0
#include "compiler/schedule/loop_schedule.h"

#include <gmock/gmock.h>

#include <map>
#include <stdexcept>

namespace gemel::compiler {
namespace {

Machine machine_of(std::uint32_t dim) {
  Machine machine;
  machine.config.mesh.dim = dim;
  machine.config.scratchpad.capacity_kib = 16;
  machine.config.accumulator.capacity_kib = 8;
  machine.derived = arch::derive(machine.config);
  return machine;
}

constexpr BufferId kA = 1, kB = 2, kC = 3, kD = 4;

Contraction product(std::int32_t m, std::int32_t k, std::int32_t n) {
  Contraction work;
  work.name = "product";
  work.out_w = work.in_w = m;
  work.lanes = k;
  work.outputs = n;
  work.input.base.buffer = kA;
  work.input.x_stride = k;
  work.weights.buffer = kB;
  work.output.base.buffer = kC;
  work.output.x_stride = n;
  work.scale = 0.5f;
  work.bias = BufferRef{kD, 0};
  return work;
}

// Elements of each dimension that a loop covers.
std::int64_t extent(std::uint16_t blocks, std::uint16_t pad, const Machine& machine) {
  return std::int64_t{blocks} * machine.dim() - pad;
}

TEST(LoopSchedule, EveryProductIsSummedOnceAndEveryResultStoredOnce) {
  for (const std::uint32_t dim : {4u, 16u}) {
    const Machine machine = machine_of(dim);
    for (const std::int32_t m : {1, 15, 16, 17, 90}) {
      for (const std::int32_t k : {1, 16, 33, 300}) {
        for (const std::int32_t n : {1, 17, 100}) {
          const Contraction work = product(m, k, n);
          for (const LoopPlan& plan : choose_loops(work, machine, 4)) {
            const LoopRun run = schedule_loops(work, machine, plan);
            EXPECT_NO_THROW(verify_loops(run, machine));
            EXPECT_EQ(static_cast<std::int64_t>(run.loops.size()), plan.loops);
            std::int64_t products = 0, results = 0;
            std::map<std::int64_t, int> stored;
            for (const LoopOp& op : run.loops) {
              const std::int64_t rows = extent(op.i, op.pad_i, machine), columns = extent(op.j, op.pad_j, machine);
              products += rows * columns * extent(op.k, op.pad_k, machine);
              EXPECT_EQ(op.d.has_value(), op.a.offset % k == 0);  // the bias comes in with the first lanes
              if (!op.c) continue;
              results += rows * columns;
              EXPECT_EQ(++stored[op.c->offset], 1);
            }
            EXPECT_EQ(products, std::int64_t{m} * k * n);
            EXPECT_EQ(results, std::int64_t{m} * n);
          }
        }
      }
    }
  }
}

TEST(LoopSchedule, ARunThatForgetsItsSumsDoesNotVerify) {
  const Machine machine = machine_of(16);
  const Contraction work = product(16, 600, 16);
  LoopRun run = schedule_loops(work, machine, choose_loops(work, machine, 1).front());
  ASSERT_GT(run.loops.size(), 1u);
  run.loops.pop_back();
  EXPECT_THROW(verify_loops(run, machine), std::logic_error);
}

TEST(LoopSchedule, ALoopThatFitsNoHalfDoesNotVerify) {
  const Machine machine = machine_of(16);
  const Contraction work = product(16, 16, 16);
  LoopRun run = schedule_loops(work, machine, choose_loops(work, machine, 1).front());
  run.loops.front().k = 1000;
  EXPECT_THROW(verify_loops(run, machine), std::logic_error);
}

TEST(LoopSchedule, TheTextNamesBlocksAndPads) {
  const Machine machine = machine_of(16);
  const Contraction work = product(17, 16, 16);
  const LoopRun run = schedule_loops(work, machine, choose_loops(work, machine, 1).front());
  EXPECT_THAT(describe_loops(run, 100), testing::HasSubstr("buffer3+0 += buffer1+0 x buffer2+0 + buffer4+0"));
  EXPECT_THAT(describe_loops(run, 100), testing::HasSubstr("less 15x0x0"));
}

}  // namespace
}  // namespace gemel::compiler
