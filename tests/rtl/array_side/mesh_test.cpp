// SPDX-License-Identifier: Apache-2.0
// The array against matrix products in plain C++. Built once for each shape: kDim, kTileLatency and kOutputDelay
// are what the array was verilated with.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <vector>

#include "Vmesh.h"
#include "sim/arch/numerics.h"
#include "tests/rtl/array_side/port_bits.h"

namespace gemel::rtl_bench {
namespace {

constexpr unsigned kDim = MESH_DIM;
constexpr unsigned kTileLatency = MESH_TILE_LATENCY;
constexpr unsigned kOutputDelay = MESH_OUTPUT_DELAY;
constexpr unsigned kOutputBits = (kDim == 2 ? 17 : kDim == 4 ? 18 : kDim == 8 ? 19 : 20);
constexpr unsigned kLatency = (kTileLatency + 1) * (2 * kDim - 1) + kOutputDelay;

using Row = std::array<std::int8_t, kDim>;
using Matrix = std::array<Row, kDim>;
using Sums = std::array<std::int32_t, kDim>;

struct Result {
  std::uint64_t cycle;
  Sums sums;
};

class Mesh : public testing::Test {
 protected:
  Mesh()
      : seed_(std::random_device{}()),
        random_(seed_),
        trace_(__FILE__, __LINE__, ::testing::Message() << "seed " << seed_) {
    mesh_->rst_ni = 0;
    bubble();
    mesh_->rst_ni = 1;
    results_.clear();
  }

  void clock() {
    mesh_->clk_i = 0;
    mesh_->eval();
    if (mesh_->result_valid_o != 0) {
      Result result{cycle_, {}};
      ++results_seen_;
      EXPECT_EQ(mesh_->result_last_o != 0, results_seen_ % 3 == 0);
      for (unsigned lane = 0; lane < kDim; ++lane) {
        result.sums[lane] = sign_extend(get_bits(mesh_->result_o, lane * kOutputBits, kOutputBits), kOutputBits);
      }
      results_.push_back(result);
    }
    mesh_->clk_i = 1;
    mesh_->eval();
    ++cycle_;
  }

  // What stands at the ports in a cycle without a row must not matter.
  void bubble() {
    fill_ports(random_row(), random_row(), random_row());
    mesh_->row_valid_i = 0;
    mesh_->weight_stationary_i = random_() % 2;
    mesh_->active_i = random_() % 2;
    mesh_->shift_i = random_() % 2;
    mesh_->row_last_i = random_() % 2;
    clock();
  }

  // Returns the cycle in which the row entered.
  std::uint64_t enter(const Row& a, const Row& b, const Row& d, bool weight_stationary, bool active,
                      bool shift = true) {
    while (bubbles_ && random_() % 4 == 0) bubble();
    fill_ports(a, b, d);
    mesh_->row_valid_i = 1;
    mesh_->weight_stationary_i = weight_stationary;
    mesh_->active_i = active;
    mesh_->shift_i = shift;
    mesh_->row_last_i = ++rows_ % 3 == 0;
    clock();
    return cycle_ - 1;
  }

  void drain() {
    for (unsigned i = 0; i <= kLatency; ++i) bubble();
  }

  Row random_row() {
    Row row;
    for (std::int8_t& lane : row) {
      lane = static_cast<std::int8_t>(extremes_ ? (random_() % 2 != 0 ? -128 : 127) : random_());
    }
    return row;
  }
  Matrix random_matrix() {
    Matrix matrix;
    for (Row& row : matrix) row = random_row();
    return matrix;
  }

  static std::int32_t wrap(std::int64_t value) { return arch::wrap_signed(value, kOutputBits); }

  unsigned seed_;
  std::mt19937 random_;
  testing::ScopedTrace trace_;
  bool bubbles_ = true;
  bool extremes_ = false;
  std::uint64_t cycle_ = 0;
  unsigned rows_ = 0;
  unsigned results_seen_ = 0;
  std::vector<Result> results_;

 private:
  void fill_ports(const Row& a, const Row& b, const Row& d) {
    for (unsigned lane = 0; lane < kDim; ++lane) {
      set_bits(mesh_->a_i, lane * 8, 8, static_cast<std::uint8_t>(a[lane]));
      set_bits(mesh_->b_i, lane * 8, 8, static_cast<std::uint8_t>(b[lane]));
      set_bits(mesh_->d_i, lane * 8, 8, static_cast<std::uint8_t>(d[lane]));
    }
  }

  std::unique_ptr<Vmesh> mesh_ = std::make_unique<Vmesh>();
};

constexpr Row kZero{};

// C = A * B + D, weight-stationary: B enters last row first, then the rows of A with those of D.
TEST_F(Mesh, WeightStationaryBlocksAreMatrixProducts) {
  bool active = false;
  std::vector<Sums> expected;
  std::vector<std::uint64_t> entered;
  Matrix weights = random_matrix();
  for (unsigned i = 0; i < kDim; ++i) enter(kZero, kZero, weights[kDim - 1 - i], true, active);
  for (unsigned block = 0; block < 12; ++block) {
    extremes_ = block % 3 == 2;
    active = !active;
    const Matrix next = random_matrix();
    const unsigned rows = kDim;
    for (unsigned i = 0; i < rows; ++i) {
      const Row a = random_row();
      const Row bias = random_row();
      Sums sums;
      for (unsigned c = 0; c < kDim; ++c) {
        std::int64_t sum = bias[c];
        for (unsigned r = 0; r < kDim; ++r) sum += a[r] * weights[r][c];
        sums[c] = wrap(sum);
      }
      expected.push_back(sums);
      entered.push_back(enter(a, bias, next[kDim - 1 - i], true, active));
    }
    weights = next;
  }
  drain();
  ASSERT_EQ(results_.size(), expected.size() + kDim);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(results_[i + kDim].sums, expected[i]) << "row " << i;
    ASSERT_EQ(results_[i + kDim].cycle, entered[i] + kLatency) << "row " << i;
  }
}

// The sum of `accumulations` products on top of D, output-stationary: leaves with the next block, last row first.
TEST_F(Mesh, OutputStationaryBlocksLeaveWithTheNextBlockLastRowFirst) {
  for (const unsigned accumulations : {1u, 2u, 5u}) {
    results_.clear();
    bool active = false;
    std::vector<Sums> expected;
    std::vector<std::size_t> index_of_expected;
    std::size_t fed = 0;
    Matrix initial = random_matrix();
    for (unsigned i = 0; i < kDim; ++i, ++fed) enter(kZero, kZero, initial[kDim - 1 - i], false, active);
    for (unsigned block = 0; block < 6; ++block) {
      extremes_ = block % 2 == 1;
      active = !active;
      const Matrix next = random_matrix();
      std::array<Sums, kDim> sums;
      for (unsigned r = 0; r < kDim; ++r) {
        for (unsigned c = 0; c < kDim; ++c) sums[r][c] = initial[r][c];
      }
      for (unsigned product = 0; product < accumulations; ++product) {
        const Matrix a = random_matrix();
        const Matrix b = random_matrix();
        for (unsigned k = 0; k < kDim; ++k, ++fed) {
          Row column;
          for (unsigned r = 0; r < kDim; ++r) {
            column[r] = a[r][k];
            for (unsigned c = 0; c < kDim; ++c) sums[r][c] = wrap(std::int64_t{sums[r][c]} + a[r][k] * b[k][c]);
          }
          enter(column, b[k], product + 1 == accumulations ? next[kDim - 1 - k] : random_row(), false, active);
        }
      }
      for (unsigned i = 0; i < kDim; ++i) {
        expected.push_back(sums[kDim - 1 - i]);
        index_of_expected.push_back(fed + i);
      }
      initial = next;
    }
    active = !active;
    for (unsigned i = 0; i < kDim; ++i, ++fed) enter(kZero, kZero, kZero, false, active);
    drain();
    ASSERT_EQ(results_.size(), fed);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ASSERT_EQ(results_[index_of_expected[i]].sums, expected[i]) << accumulations << " products, row " << i;
    }
  }
}

// Any sequence of rows, dataflows and registers: what a row does is as if the array handled it at once.
TEST_F(Mesh, RowsActInOrderWhateverTheirKind) {
  std::array<std::array<Sums, kDim>, 2> registers{};
  std::vector<Result> expected;
  for (unsigned i = 0; i < kDim; ++i) enter(kZero, kZero, kZero, false, false);
  for (unsigned i = 0; i < kDim; ++i) enter(kZero, kZero, kZero, false, true);
  drain();
  results_.clear();
  bool weight_stationary = false;
  bool active = false;
  for (unsigned step = 0; step < 40 * kDim; ++step) {
    if (random_() % kDim == 0) weight_stationary = random_() % 2 != 0;
    if (random_() % kDim == 0) active = !active;
    extremes_ = random_() % 8 == 0;
    const Row a = random_row(), b = random_row(), d = random_row();
    const bool shift = !weight_stationary || random_() % 4 != 0;
    auto& computing = registers[active ? 1 : 0];
    auto& idle = registers[active ? 0 : 1];
    Result result{};
    for (unsigned c = 0; c < kDim; ++c) {
      if (weight_stationary) {
        std::int64_t sum = b[c];
        for (unsigned r = 0; r < kDim; ++r) sum += a[r] * static_cast<std::int8_t>(computing[r][c]);
        result.sums[c] = wrap(sum);
        for (unsigned r = kDim - 1; r > 0 && shift; --r) idle[r][c] = static_cast<std::int8_t>(idle[r - 1][c]);
      } else {
        result.sums[c] = idle[kDim - 1][c];
        for (unsigned r = kDim - 1; r > 0; --r) idle[r][c] = idle[r - 1][c];
        for (unsigned r = 0; r < kDim; ++r) computing[r][c] = wrap(std::int64_t{computing[r][c]} + a[r] * b[c]);
      }
      if (shift) idle[0][c] = d[c];
    }
    result.cycle = enter(a, b, d, weight_stationary, active, shift) + kLatency;
    expected.push_back(result);
  }
  drain();
  ASSERT_EQ(results_.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(results_[i].sums, expected[i].sums) << "row " << i;
    ASSERT_EQ(results_[i].cycle, expected[i].cycle) << "row " << i;
  }
}

}  // namespace
}  // namespace gemel::rtl_bench
