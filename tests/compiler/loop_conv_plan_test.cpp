// SPDX-License-Identifier: Apache-2.0
#include "compiler/tile/loop_conv_plan.h"

#include <gmock/gmock.h>

#include <functional>
#include <set>

#include "sim/arch/loop_check.h"

namespace gemel::compiler {
namespace {

Machine machine_of(std::uint32_t dim, std::uint32_t scratchpad_kib, std::uint32_t accumulator_kib,
                   arch::IsaVersion version = arch::IsaVersion::GemminiV07) {
  Machine machine;
  machine.config.mesh.dim = dim;
  machine.config.scratchpad.capacity_kib = scratchpad_kib;
  machine.config.accumulator.capacity_kib = accumulator_kib;
  machine.config.isa_version = version;
  machine.derived = arch::derive(machine.config);
  return machine;
}

Contraction convolution(std::int32_t height, std::int32_t width, std::int32_t lanes, std::int32_t outputs,
                        std::int32_t kernel_rows, std::int32_t kernel_cols, std::int32_t stride = 1) {
  Contraction work;
  work.name = "convolution";
  work.in_h = height;
  work.in_w = width;
  work.lanes = lanes;
  work.outputs = outputs;
  work.stride_y = work.stride_x = stride;
  work.pad_top = kernel_rows / 2;
  work.pad_left = kernel_cols / 2;
  work.out_h = (height + 2 * work.pad_top - kernel_rows) / stride + 1;
  work.out_w = (width + 2 * work.pad_left - kernel_cols) / stride + 1;
  work.taps.clear();
  for (std::int32_t y = 0; y < kernel_rows; ++y) {
    for (std::int32_t x = 0; x < kernel_cols; ++x) work.taps.push_back({y, x});
  }
  work.input = {{}, std::int64_t{height} * width * lanes, std::int64_t{width} * lanes, lanes};
  work.output = {{}, std::int64_t{work.out_h} * work.out_w * outputs, std::int64_t{work.out_w} * outputs, outputs};
  work.scale = 1.0f;
  return work;
}

TEST(ConvLoopPlan, EveryProductOfEveryPlanIsInOneLoopThatTheMachineCanUnroll) {
  for (const auto& machine : {machine_of(4, 8, 4), machine_of(16, 32, 8), machine_of(16, 256, 64)}) {
    for (const auto& work : {convolution(9, 9, 5, 7, 3, 3), convolution(20, 13, 40, 33, 3, 3, 2),
                             convolution(1, 40, 16, 17, 1, 5), convolution(7, 7, 300, 20, 3, 3)}) {
      const auto plans = choose_conv_loops(work, machine, 4);
      ASSERT_FALSE(plans.empty());
      for (const ConvLoopPlan& plan : plans) {
        std::int64_t products = 0, results = 0, loops = 0;
        for_each_conv_tile(work, machine, plan, [&](const ConvTile& tile) {
          EXPECT_EQ(arch::why_illegal(conv_tile_registers(work, machine, tile).loop, machine.derived), "");
          const std::int64_t of_tile = std::int64_t{tile.h} * tile.w * tile.outputs;
          products += of_tile * tile.lanes * tile.rows;
          results += tile.is_last ? of_tile : 0;
          ++loops;
        });
        EXPECT_EQ(loops, plan.loops);
        const std::int64_t all = std::int64_t{work.out_h} * work.out_w * work.outputs;
        EXPECT_EQ(results, all);
        EXPECT_EQ(products, all * work.lanes * conv_kernel(work)->rows);
        EXPECT_LE(plan.least, plan.cost.busiest());
      }
    }
  }
}

TEST(ConvLoopPlan, WeightsKeepTheirValuesAndTheirMemory) {
  for (const arch::IsaVersion version : {arch::IsaVersion::GemminiV07, arch::IsaVersion::Gemmini2025}) {
    const Machine machine = machine_of(4, 8, 4, version);
    Contraction sliced = convolution(6, 6, 5, 7, 3, 3);
    sliced.input.x_stride = 9;  // lanes of a wider tensor
    sliced.input.y_stride = 54;
    for (const Contraction& work : {convolution(6, 6, 5, 7, 3, 3), convolution(6, 6, 9, 4, 2, 3), sliced}) {
      const auto order = conv_weight_order(work, machine);
      ASSERT_TRUE(order);
      const WeightPacking packing = packing_of(work, machine);
      std::vector<std::uint8_t> packed(static_cast<std::size_t>(packing.bytes()), 0);
      const auto value = [](std::int32_t tap, std::int32_t lane, std::int32_t o) {
        return static_cast<std::uint8_t>(1 + (tap * 31 + lane * 7 + o) % 255);
      };
      const auto each = [&](const std::function<void(std::int32_t, std::int32_t, std::int32_t)>& visit) {
        for (std::int32_t tap = 0; tap < packing.taps; ++tap) {
          for (std::int32_t lane = 0; lane < work.lanes; ++lane) {
            for (std::int32_t o = 0; o < work.outputs; ++o) visit(tap, lane, o);
          }
        }
      };
      each([&](std::int32_t tap, std::int32_t lane, std::int32_t o) {
        packed[static_cast<std::size_t>(packing.offset(lane / 4, tap, 0) + lane % 4 * packing.row_bytes + o)] =
            value(tap, lane, o);
      });
      const auto data = in_conv_order(packed, work, *order, machine);
      EXPECT_EQ(data.size(), packed.size());
      std::set<std::int64_t> places;
      const std::int32_t cols = conv_kernel(work)->cols;
      each([&](std::int32_t tap, std::int32_t lane, std::int32_t o) {
        const std::int64_t place = order->row(tap / cols, tap % cols, lane) * order->pitch + o;
        EXPECT_TRUE(places.insert(place).second);
        EXPECT_EQ(data.at(static_cast<std::size_t>(place)), value(tap, lane, o));
      });
    }
  }
}

TEST(ConvLoopPlan, SaysWhyALoopCanNotDoIt) {
  const Machine machine = machine_of(16, 256, 64);
  const auto why = [&](const std::function<void(Contraction&)>& change) {
    Contraction work = convolution(12, 12, 16, 64, 3, 3);
    change(work);
    return why_no_conv_loops(work, machine);
  };
  EXPECT_EQ(why([](Contraction&) {}), "");
  EXPECT_EQ(why([](Contraction& w) { w.pool = MaxPoolStep{}; }), "");
  EXPECT_EQ(why([](Contraction& w) { w.bias = BufferRef{}; }), "");
  EXPECT_THAT(why([](Contraction& w) { w.residual = ImageRef{}; }), testing::HasSubstr("residual"));
  EXPECT_THAT(why([](Contraction& w) { w.scale.reset(); }), testing::HasSubstr("32-bit"));
  EXPECT_THAT(why([](Contraction& w) { w.stride_y = 2; }), testing::HasSubstr("by 2 and 1"));
  EXPECT_THAT(why([](Contraction& w) { w.taps[4].dx = 2; }), testing::HasSubstr("taps"));
  EXPECT_THAT(why([](Contraction& w) { w.input.y_stride += 1; }), testing::HasSubstr("whole number of pixels"));
  EXPECT_THAT(why([](Contraction& w) { w.weight_layout = WeightLayout::RowMajor; }), testing::HasSubstr("constant"));
  EXPECT_THAT(why([](Contraction& w) {
                w.output.x_stride = 96;
                w.output.y_stride = 96 * 12;
              }),
              testing::HasSubstr("more memory"));
  EXPECT_THAT(why([](Contraction& w) { w.input.x_stride = w.input.y_stride = 70000; }),
              testing::HasSubstr("the most is 65535"));
  Machine other = machine;
  other.output_stationary = true;
  EXPECT_THAT(why_no_conv_loops(convolution(9, 9, 4, 4, 3, 3), other), testing::HasSubstr("weight stationary"));
  // With strides of their own, weights need not follow the output.
  Contraction part = convolution(12, 12, 16, 64, 3, 3);
  part.output.x_stride = 96;
  part.output.y_stride = 96 * part.out_w;
  EXPECT_EQ(why_no_conv_loops(part, machine_of(16, 256, 64, arch::IsaVersion::Gemmini2025)), "");
}

TEST(ConvLoopPlan, ATapPerKernelRowIsAKernelOfOneColumn) {
  Contraction work = convolution(9, 9, 21, 8, 3, 1);
  EXPECT_EQ(conv_kernel(work)->rows, 3);
  EXPECT_EQ(conv_kernel(work)->cols, 1);
  work = convolution(9, 9, 21, 8, 1, 3);
  for (Tap& tap : work.taps) tap.dx *= 4;
  EXPECT_EQ(conv_kernel(work)->cols, 3);
  EXPECT_EQ(conv_kernel(work)->dilation, 4);
}

}  // namespace
}  // namespace gemel::compiler
