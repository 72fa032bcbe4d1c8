// SPDX-License-Identifier: Apache-2.0
// The array's vector code against plain loops, with every vector width that this machine has.
#include "sim/units/mesh_kernel.h"

#include <gmock/gmock.h>
#include <hwy/targets.h>

#include <cstdint>
#include <random>
#include <vector>

namespace gemel {
namespace {

using testing::ElementsAreArray;

constexpr unsigned kSeed = 20261122;

std::vector<std::int8_t> random_bytes(std::size_t count, std::mt19937& random) {
  std::uniform_int_distribution<int> byte(-128, 127);
  std::vector<std::int8_t> bytes(count);
  for (std::int8_t& each : bytes) each = static_cast<std::int8_t>(byte(random));
  return bytes;
}

// One set of vector instructions for the kernel, as long as this lives.
class OnTarget {
 public:
  explicit OnTarget(std::int64_t target) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
  ~OnTarget() {
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
  OnTarget(const OnTarget&) = delete;
  OnTarget& operator=(const OnTarget&) = delete;
};

// B with its rows moved down by `down`, zeros above.
std::int32_t moved(const std::vector<std::int8_t>& b, unsigned dim, unsigned down, unsigned k, unsigned n) {
  return k < down ? 0 : b[std::size_t{k - down} * dim + n];
}

void expect_products(unsigned dim, unsigned rows, std::size_t stride, unsigned down, std::mt19937& random) {
  const std::vector<std::int8_t> a = random_bytes(rows * stride, random);
  std::vector<std::int8_t> b = random_bytes(std::size_t{dim} * dim, random);
  b[0] = -128;
  sim::PackedBlock packed(dim);
  packed.pack(b.data(), dim);
  if (down > 0) packed.shift_down(down);
  std::vector<std::int32_t> out(std::size_t{rows} * dim);
  sim::multiply_rows(a.data(), stride, rows, packed, out.data());
  std::vector<std::int32_t> expected(out.size());
  for (unsigned i = 0; i < rows; ++i)
    for (unsigned n = 0; n < dim; ++n)
      for (unsigned k = 0; k < dim; ++k) expected[i * dim + n] += a[i * stride + k] * moved(b, dim, down, k, n);
  EXPECT_THAT(out, ElementsAreArray(expected)) << "dim " << dim << ", rows " << rows << ", down " << down;
}

TEST(MeshKernel, MultipliesBlocksOfAllSizes) {
  std::mt19937 random(kSeed);
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    const OnTarget on(target);
    for (const unsigned dim : {2u, 4u, 8u, 16u, 32u, 64u, 128u})
      for (const unsigned rows : {1u, 2u, 3u, 4u, 5u, dim - 1, dim}) {
        expect_products(dim, rows, dim, 0, random);
        expect_products(dim, rows, 3 * dim, 0, random);
      }
  }
}

TEST(MeshKernel, WeightsMoveDownByAnyNumberOfRows) {
  std::mt19937 random(kSeed);
  for (const unsigned dim : {2u, 4u, 16u})
    for (unsigned down = 1; down <= dim + 1; ++down) expect_products(dim, 3, dim, down, random);
}

TEST(MeshKernel, WritesAndAccumulatesRaggedRows) {
  std::mt19937 random(kSeed);
  std::uniform_int_distribution<std::int32_t> word(INT32_MIN, INT32_MAX);  // sums wrap
  constexpr unsigned kDim = 16, kRows = 5;
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    const OnTarget on(target);
    for (const unsigned cols : {1u, 3u, 4u, 15u, 16u})
      for (const std::size_t stride : {std::size_t{0}, std::size_t{kDim}, std::size_t{2 * kDim}})
        for (const bool accumulates : {false, true}) {
          std::vector<std::int32_t> source(kRows * kDim), memory(2 * kRows * kDim);
          for (std::int32_t& each : source) each = word(random);
          for (std::int32_t& each : memory) each = word(random);
          std::vector<std::int32_t> expected = memory;
          for (unsigned i = 0; i < kRows; ++i)
            for (unsigned n = 0; n < cols; ++n) {
              std::int32_t& to = expected[i * stride + n];
              to = static_cast<std::int32_t>((accumulates ? static_cast<std::uint32_t>(to) : 0u) +
                                             static_cast<std::uint32_t>(source[i * kDim + n]));
            }
          sim::write_rows(source.data(), kDim, kRows, cols, accumulates, memory.data(), stride);
          EXPECT_THAT(memory, ElementsAreArray(expected)) << cols << " columns, " << stride << " apart";
        }
  }
}

}  // namespace
}  // namespace gemel
