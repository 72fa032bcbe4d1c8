// SPDX-License-Identifier: Apache-2.0
#include "compiler/tile/tile_plan.h"

#include <gmock/gmock.h>

#include "compiler/tile/tile_cost.h"
#include "sim/arch/input_error.h"

namespace gemel::compiler {
namespace {

Machine machine_of(std::uint32_t dim, std::uint32_t scratchpad_kib, std::uint32_t accumulator_kib,
                   std::uint32_t banks) {
  Machine machine;
  machine.config.mesh.dim = dim;
  machine.config.scratchpad.capacity_kib = scratchpad_kib;
  machine.config.scratchpad.banks = banks;
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
  work.output.x_stride = n;
  work.output.y_stride = std::int64_t{n} * m;
  work.scale = 1.0f;
  return work;
}

TEST(TilePlan, EveryPlanPassesItsVerifier) {
  for (const std::uint32_t dim : {4u, 16u, 32u}) {
    for (const std::uint32_t banks : {1u, 2u, 4u, 8u}) {
      const Machine machine = machine_of(dim, 64, 32, banks);
      for (const std::int32_t m : {1, 15, 16, 17, 49, 500}) {
        for (const std::int32_t k : {1, 16, 33, 700}) {
          for (const std::int32_t n : {1, 17, 64, 300}) {
            const Contraction work = product(m, k, n);
            EXPECT_NO_THROW(verify_tiles(work, machine, choose_tiles(work, machine)))
                << "dim " << dim << " banks " << banks << ": " << m << "x" << k << "x" << n;
          }
        }
      }
    }
  }
}

TEST(TilePlan, OperandsThatFitAreFetchedOnce) {
  const Machine machine = machine_of(16, 256, 64, 4);
  const Contraction work = product(256, 256, 256);
  const TilePlan plan = choose_tiles(work, machine);
  EXPECT_EQ(plan.cost.read_bytes, 2 * 256 * 256);
}

TEST(TilePlan, AandBNeverShareABank) {
  const Machine machine = machine_of(16, 256, 64, 4);
  for (const std::int32_t m : {64, 512, 3000}) {
    const TilePlan plan = choose_tiles(product(m, 512, 512), machine);
    const std::int32_t bank = static_cast<std::int32_t>(machine.derived.scratchpad_bank_rows);
    std::int32_t last_a = 0, first_b = 1 << 30;
    for (const std::int32_t base : plan.a.bases) last_a = std::max(last_a, (base + plan.a.rows - 1) / bank);
    for (const std::int32_t base : plan.b.bases) first_b = std::min(first_b, base / bank);
    EXPECT_LT(last_a, first_b) << m;
  }
}

TEST(TilePlan, LargeProductsAreBoundByTheArray) {
  const Machine machine = machine_of(16, 256, 64, 4);
  const TilePlan plan = choose_tiles(product(512, 512, 512), machine);
  EXPECT_EQ(plan.cost.compute, 512 * 512 * 512 / 256);
  EXPECT_LT(plan.cost.load, plan.cost.compute / 2);
  EXPECT_LT(plan.cost.total(), plan.cost.compute * 102 / 100);
}

TEST(TilePlan, AVerifierFindsOverlappingSlots) {
  const Machine machine = machine_of(16, 256, 64, 4);
  const Contraction work = product(128, 128, 128);
  TilePlan plan = choose_tiles(work, machine);
  plan.b.bases[0] = plan.a.bases[0];
  EXPECT_THROW(verify_tiles(work, machine, plan), std::logic_error);
}

TEST(TilePlan, AMachineTooSmallIsSaidSo) {
  const Machine machine = machine_of(16, 1, 8, 1);
  Contraction work = product(16, 16, 16);
  work.taps.clear();
  for (std::int32_t i = 0; i < 64; ++i) work.taps.push_back({i, 0});
  EXPECT_THAT([&] { choose_tiles(work, machine); },
              testing::Throws<arch::InputError>(testing::Property(
                  &arch::InputError::what, testing::HasSubstr("layer 'product' fits the scratchpad"))));
}

}  // namespace
}  // namespace gemel::compiler
