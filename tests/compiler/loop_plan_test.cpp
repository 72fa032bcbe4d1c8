// SPDX-License-Identifier: Apache-2.0
#include "compiler/tile/loop_plan.h"

#include <gmock/gmock.h>

#include <functional>

namespace gemel::compiler {
namespace {

Machine machine_of(std::uint32_t dim, std::uint32_t scratchpad_kib, std::uint32_t accumulator_kib) {
  Machine machine;
  machine.config.mesh.dim = dim;
  machine.config.scratchpad.capacity_kib = scratchpad_kib;
  machine.config.accumulator.capacity_kib = accumulator_kib;
  machine.derived = arch::derive(machine.config);
  return machine;
}

Contraction product(std::int32_t m, std::int32_t k, std::int32_t n) {
  Contraction work;
  work.name = "product";
  work.out_w = work.in_w = m;
  work.lanes = k;
  work.outputs = n;
  work.input.x_stride = k;
  work.output.x_stride = n;
  work.output.y_stride = std::int64_t{n} * m;
  work.scale = 1.0f;
  return work;
}

// A 1x1 convolution of an image of `height` x `width` pixels of `lanes` channels.
Contraction pointwise(std::int32_t height, std::int32_t width, std::int32_t lanes, std::int32_t stride) {
  Contraction work = product(1, lanes, 32);
  work.in_h = height;
  work.in_w = width;
  work.out_h = (height + stride - 1) / stride;
  work.out_w = (width + stride - 1) / stride;
  work.stride_y = work.stride_x = stride;
  work.input.y_stride = std::int64_t{width} * lanes;
  work.output.y_stride = std::int64_t{work.out_w} * 32;
  return work;
}

TEST(LoopPlan, TilesFitTheHalvesOfBothMemories) {
  for (const std::uint32_t dim : {4u, 16u, 32u}) {
    for (const std::uint32_t scratchpad : {16u, 256u}) {
      const Machine machine = machine_of(dim, scratchpad, 16);
      for (const std::int32_t m : {1, 15, 16, 17, 500}) {
        for (const std::int32_t k : {1, 33, 700}) {
          for (const std::int32_t n : {1, 17, 300}) {
            const auto plans = choose_loops(product(m, k, n), machine, 4);
            ASSERT_FALSE(plans.empty());
            for (const LoopPlan& plan : plans) {
              EXPECT_LE((plan.i + plan.j) * plan.k * machine.dim(),
                        static_cast<std::int32_t>(machine.derived.scratchpad_rows) / 2);
              EXPECT_LE(plan.i * plan.j * machine.dim(),
                        static_cast<std::int32_t>(machine.derived.accumulator_rows) / 2);
              EXPECT_LE(plan.i, machine.blocks(m));
              EXPECT_LE(plan.j, machine.blocks(n));
              EXPECT_LE(plan.k, machine.blocks(k));
            }
          }
        }
      }
    }
  }
}

TEST(LoopPlan, PlansAreDifferentAndBestFirst) {
  const auto plans = choose_loops(product(500, 700, 300), machine_of(16, 256, 64), 4);
  ASSERT_EQ(plans.size(), 4u);
  for (std::size_t i = 1; i < plans.size(); ++i) {
    EXPECT_LE(plans[i - 1].total(), plans[i].total());
    EXPECT_FALSE(plans[i - 1].i == plans[i].i && plans[i - 1].j == plans[i].j && plans[i - 1].k == plans[i].k);
  }
}

TEST(LoopPlan, AnImageIsOneRunOfPositionsAndAStridedOneARunForEachRow) {
  const auto whole = position_runs(pointwise(7, 9, 64, 1));
  ASSERT_EQ(whole.size(), 1u);
  EXPECT_EQ(whole[0].rows, 63);
  const auto strided = position_runs(pointwise(8, 10, 64, 2));
  ASSERT_EQ(strided.size(), 4u);
  EXPECT_EQ(strided[1].rows, 5);
  EXPECT_EQ(strided[1].input, 2 * 10 * 64);
  EXPECT_EQ(strided[1].output, 5 * 32);
}

TEST(LoopPlan, SaysWhyALoopCanNotDoIt) {
  const Machine machine = machine_of(16, 256, 64);
  const auto why = [&](const std::function<void(Contraction&)>& change) {
    Contraction work = product(40, 48, 24);
    change(work);
    return why_no_loops(work, machine);
  };
  EXPECT_EQ(why([](Contraction&) {}), "");
  EXPECT_EQ(why([](Contraction& w) { w.bias = BufferRef{}; }), "");
  EXPECT_EQ(why([](Contraction& w) { w.scale.reset(); }), "");
  EXPECT_THAT(why([](Contraction& w) { w.taps.push_back({0, 1}); }), testing::HasSubstr("2 taps"));
  EXPECT_THAT(why([](Contraction& w) { w.diagonal = true; }), testing::HasSubstr("some of the lanes"));
  EXPECT_THAT(why([](Contraction& w) { w.pool = MaxPoolStep{}; }), testing::HasSubstr("pool"));
  EXPECT_THAT(why([](Contraction& w) { w.residual = ImageRef{}; }), testing::HasSubstr("residual"));
  EXPECT_THAT(why([](Contraction& w) { w.pad_left = 1; }), testing::HasSubstr("padding"));
  EXPECT_THAT(why([](Contraction& w) {
                w.weight_layout = WeightLayout::RowMajor;
                w.lanes = 47;
              }),
              testing::HasSubstr("whole blocks of B"));
  // Transposed, the rows of B are the outputs.
  EXPECT_THAT(why([](Contraction& w) { w.weight_layout = WeightLayout::Transposed; }),
              testing::HasSubstr("whole blocks of B, whose 24 rows"));
  Machine other = machine;
  other.output_stationary = true;
  EXPECT_THAT(why_no_loops(product(16, 16, 16), other), testing::HasSubstr("weight stationary"));
}

}  // namespace
}  // namespace gemel::compiler
