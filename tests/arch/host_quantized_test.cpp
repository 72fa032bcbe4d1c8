// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "sim/arch/host_math.h"
#include "sim/arch/host_op.h"
#include "sim/arch/numerics.h"

namespace gemel::arch {
namespace {

// Tensors of an operator in one memory, 64 KiB apart: a table of pairs fills that.
class Memory {
 public:
  template <typename Element>
  HostTensor put(const std::vector<Element>& values, std::vector<std::int64_t> shape) {
    const HostTensor tensor = room(shape, sizeof(Element));
    std::memcpy(bytes_.data() + tensor.address, values.data(), values.size() * sizeof(Element));
    return tensor;
  }
  HostTensor room(std::vector<std::int64_t> shape, std::size_t element_bytes) {
    HostTensor tensor;
    tensor.address = bytes_.size();
    tensor.element_bytes = static_cast<std::uint8_t>(element_bytes);
    tensor.shape = std::move(shape);
    bytes_.resize(bytes_.size() + 65536);
    return tensor;
  }
  template <typename Element>
  std::vector<Element> run(const HostOp& op, std::size_t count) {
    run_host_op(op, bytes_.data(), 0, bytes_.size());
    std::vector<Element> values(count);
    std::memcpy(values.data(), bytes_.data() + op.output.address, count * sizeof(Element));
    return values;
  }

 private:
  std::vector<std::uint8_t> bytes_;
};

using Bytes = std::vector<std::int8_t>;

TEST(HostLookup, TakesTheEntryOfEachByte) {
  Memory memory;
  Bytes table(256);
  for (int i = 0; i < 256; ++i) table[static_cast<std::size_t>(i)] = static_cast<std::int8_t>(127 - i);
  HostOp op;
  op.kind = HostOpKind::Lookup;
  op.inputs = {memory.put<std::int8_t>({-128, -1, 0, 127}, {4}), memory.put(table, {256})};
  op.output = memory.room({4}, 1);
  EXPECT_EQ(memory.run<std::int8_t>(op, 4), (Bytes{127, 0, -1, -128}));
  EXPECT_EQ(host_op_work(op).operations, 8u);
}

TEST(HostLookup, TakesTheEntryOfEachPairAndRepeatsByStrideZero) {
  Memory memory;
  Bytes table(65536);
  for (int a = -128; a < 128; ++a) {
    for (int b = -128; b < 128; ++b) {
      table[static_cast<std::size_t>((a + 128) * 256 + b + 128)] = static_cast<std::int8_t>((a - 2 * b) / 4);
    }
  }
  HostOp op;
  op.kind = HostOpKind::Lookup;
  op.inputs = {memory.put<std::int8_t>({-128, 5, 100, 127}, {2, 2}), memory.put<std::int8_t>({-128, 127}, {2, 2}),
               memory.put(table, {65536})};
  op.inputs[1].strides = {0, 1};
  op.output = memory.room({2, 2}, 1);
  EXPECT_EQ(memory.run<std::int8_t>(op, 4), (Bytes{32, -62, 89, -31}));
}

HostOp quantize_sums(Memory& memory, std::vector<std::int64_t> params) {
  HostOp op;
  op.kind = HostOpKind::QuantizeSums;
  op.params = std::move(params);
  op.output = memory.room({2, 2}, 1);
  return op;
}

TEST(HostQuantizeSums, RoundsHalfToEvenBeforeTheZeroPointAndSaturates) {
  Memory memory;
  HostOp op = quantize_sums(memory, {3, -128, 127, 0, 0, 0});
  // 0.5 and 1.5 are ties: to 0 and 2, then the odd zero point.
  op.inputs = {memory.put<std::int32_t>({1, 3, 1000, -1000}, {2, 2}), memory.put<float>({0.5f, 0.5f}, {2, 2})};
  op.inputs[1].strides = {0, 1};
  EXPECT_EQ(memory.run<std::int8_t>(op, 4), (Bytes{3, 5, 127, -128}));
}

TEST(HostQuantizeSums, HasAMultiplierForEachChannelAndLimits) {
  Memory memory;
  HostOp op = quantize_sums(memory, {-10, -10, 50, 0, 0, 0});
  op.inputs = {memory.put<std::int32_t>({40, 40, -40, 4000}, {2, 2}), memory.put<float>({0.25f, 1.0f}, {2, 2})};
  op.inputs[1].strides = {0, 1};
  EXPECT_EQ(memory.run<std::int8_t>(op, 4), (Bytes{0, 30, -10, 50}));
}

TEST(HostQuantizeSums, AddsOffsetAndTermsWithWrapAround) {
  Memory memory;
  HostOp op = quantize_sums(memory, {0, -128, 127, 5, -2, 3});
  op.inputs = {memory.put<std::int32_t>({10, 20, 30, INT32_MAX}, {2, 2}), memory.put<float>({1.0f}, {2, 2}),
               memory.put<std::int32_t>({1, 2}, {2, 2}), memory.put<std::int32_t>({10, 20}, {2, 2})};
  op.inputs[1].strides = {0, 0};
  op.inputs[2].strides = {1, 0};
  op.inputs[3].strides = {0, 1};
  // The last sum is 2^31 - 1 + 5 - 4 + 60, which wraps to the least integers.
  EXPECT_EQ(memory.run<std::int8_t>(op, 4), (Bytes{43, 83, 61, -128}));
  EXPECT_EQ(host_op_work(op).operations, 8u * 4);
}

TEST(HostQuantizeFloat, RoundsSaturatesAndComesBack) {
  Memory memory;
  HostOp op;
  op.kind = HostOpKind::QuantizeFloat;
  op.params = {7};
  op.scales = {0.5f};
  const float nan = float_from_bits(0x7fc00000u);
  op.inputs = {memory.put<float>({0.25f, 0.75f, 1e30f, -1e30f, nan}, {5})};
  op.output = memory.room({5}, 1);
  EXPECT_EQ(memory.run<std::int8_t>(op, 5), (Bytes{7, 9, 127, -128, -128}));

  HostOp back;
  back.kind = HostOpKind::DequantizeFloat;
  back.params = {7};
  back.scales = {0.5f};
  back.inputs = {op.output};
  back.output = memory.room({5}, 4);
  EXPECT_EQ(memory.run<float>(back, 5), (std::vector<float>{0.0f, 1.0f, 60.0f, -67.5f, -67.5f}));
}

TEST(HostQuantized, OddOperandsAreRefused) {
  Memory memory;
  HostOp op;
  op.kind = HostOpKind::Lookup;
  op.inputs = {memory.put<std::int8_t>({1}, {1}), memory.put(Bytes(255), {255})};
  op.output = memory.room({1}, 1);
  EXPECT_THROW(check_host_op(op), std::invalid_argument);  // a table of 255
  op.inputs[1] = memory.put(Bytes(256), {256});
  EXPECT_NO_THROW(check_host_op(op));
  op.output.element_bytes = 4;
  EXPECT_THROW(check_host_op(op), std::invalid_argument);

  HostOp sums = quantize_sums(memory, {0, 5, 4, 0, 0, 0});
  sums.inputs = {memory.put<std::int32_t>({1, 2, 3, 4}, {2, 2}), memory.put<float>({1, 1, 1, 1}, {2, 2})};
  EXPECT_THROW(check_host_op(sums), std::invalid_argument);  // limits crossed
  sums.params = {128, -128, 127, 0, 0, 0};
  EXPECT_THROW(check_host_op(sums), std::invalid_argument);  // a zero point outside int8
  sums.params[0] = 0;
  EXPECT_NO_THROW(check_host_op(sums));
}

HostOp masked(Memory& memory, const Bytes& scores, const Bytes& mask, std::vector<std::int64_t> shape) {
  HostOp op;
  op.kind = HostOpKind::Softmax;
  op.inputs = {memory.put(scores, shape), memory.put(mask, shape)};
  op.output = memory.room(shape, 1);
  op.params = {0, 0};
  op.scales = {0.05f, 1.0f, 1.0f / 127};
  return op;
}

TEST(HostSoftmax, AMaskOfZeroChangesNothing) {
  Memory memory;
  const Bytes scores{-128, 127, 3, 4, 0, 90, 80, -7};
  const HostOp with = masked(memory, scores, Bytes(8, 0), {2, 4});
  HostOp without = with;
  without.inputs.pop_back();
  without.scales = {0.05f, 1.0f / 127};
  without.output = memory.room({2, 4}, 1);
  EXPECT_EQ(memory.run<std::int8_t>(with, 8), memory.run<std::int8_t>(without, 8));
  EXPECT_EQ(host_op_work(with).operations, host_op_work(without).operations + 2 * 8);
}

TEST(HostSoftmax, HiddenElementsHaveNoShare) {
  Memory memory;
  const HostOp op = masked(memory, {10, 127, 10, 10}, {0, -127, 0, -127}, {1, 4});
  EXPECT_EQ(memory.run<std::int8_t>(op, 4), (Bytes{64, 0, 64, 0}));  // half of 127 is a tie
}

TEST(HostSoftmax, AMaskRepeatsByStrideZero) {
  Memory memory;
  HostOp op = masked(memory, {1, 2, 3, 1, 2, 3}, {0, 0, -128, 0, 0, 0}, {2, 3});
  op.inputs[1].strides = {0, 1};
  const Bytes rows = memory.run<std::int8_t>(op, 6);
  EXPECT_EQ(Bytes(rows.begin(), rows.begin() + 3), Bytes(rows.begin() + 3, rows.end()));
  EXPECT_EQ(rows[2], 0);
}

// x [1, 2, 2, 1] in the middle of its pixels, to [1, 1, 3, 1]; zero points 1 and -2.
HostOp interpolation() {
  HostOp op;
  op.kind = HostOpKind::Interpolate;
  op.inputs = {
      {0, 1, {1, 2, 2, 1}, {}}, {16, 4, {1, 2}, {}}, {24, 4, {1, 2}, {}}, {32, 4, {3, 2}, {}}, {56, 4, {3, 2}, {}}};
  op.output = {80, 1, {1, 1, 3, 1}, {}};
  op.params = {1, -2};
  op.scales = {0.5f, 0.25f};
  return op;
}

std::vector<std::uint8_t> interpolation_memory() {
  std::vector<std::uint8_t> memory(83, 0);
  const std::int8_t x[] = {1, 11, -19, 101};
  const std::int32_t row[] = {0, 1}, columns[] = {0, 1, 0, 1, 0, 1};
  const float row_weights[] = {0.5f, 0.5f}, column_weights[] = {1.0f, 0.0f, 0.75f, 0.25f, 0.0f, 1.0f};
  std::memcpy(memory.data(), x, sizeof x);
  std::memcpy(memory.data() + 16, row, sizeof row);
  std::memcpy(memory.data() + 24, row_weights, sizeof row_weights);
  std::memcpy(memory.data() + 32, columns, sizeof columns);
  std::memcpy(memory.data() + 56, column_weights, sizeof column_weights);
  return memory;
}

TEST(HostInterpolate, MixesRowsAndColumnsAroundTheZeroPoint) {
  std::vector<std::uint8_t> memory = interpolation_memory();
  run_host_op(interpolation(), memory.data(), 0, memory.size());
  const auto at = [&](std::size_t i) { return static_cast<int>(static_cast<std::int8_t>(memory[80 + i])); };
  // Columns' means -10 and 55, less the zero point; times two, plus -2; the last one saturates.
  EXPECT_EQ(at(0), -22);
  EXPECT_EQ(at(1), 10);  // 0.75 * -10 + 0.25 * 55 = 6.25; 12.5 rounds to even
  EXPECT_EQ(at(2), 108);
}

TEST(HostInterpolate, RefusesElementsThatAreNotThere) {
  std::vector<std::uint8_t> memory = interpolation_memory();
  memory[16] = 2;
  EXPECT_THROW(run_host_op(interpolation(), memory.data(), 0, memory.size()), std::invalid_argument);
  HostOp op = interpolation();
  op.output.shape = {1, 1, 4, 1};
  EXPECT_THROW(check_host_op(op), std::invalid_argument);
}

TEST(HostSoftmax, LogarithmOfShares) {
  std::int8_t bytes[8] = {10, 10, 10, 10, 0, 0, 0, 0};
  HostOp op{HostOpKind::Softmax, {{0, 1, {1, 4}, {}}}, {4, 1, {1, 4}, {}}, {0, 0, 100, 1}, {0.5f, 0.01f}};
  run_host_op(op, reinterpret_cast<std::uint8_t*>(bytes), 0, sizeof bytes);
  EXPECT_EQ(bytes[4], 100 - 139);  // ln(1/4) = -1.386
  bytes[0] = 127;
  run_host_op(op, reinterpret_cast<std::uint8_t*>(bytes), 0, sizeof bytes);
  EXPECT_EQ(bytes[4], 100);
  EXPECT_EQ(bytes[5], -128);
  op.params[0] = 1;
  EXPECT_THROW(check_host_op(op), std::invalid_argument);
}

TEST(HostMath, LogarithmAgreesWithTheLibrary) {
  for (double x = 1; x < 1e7; x *= 1.037) EXPECT_NEAR(log_from_one(x), std::log(x), 4e-16 * std::max(1.0, std::log(x)));
}

TEST(HostGatherRows, TakesRowsAndCountsFromTheEnd) {
  Memory memory;
  HostOp op;
  op.kind = HostOpKind::GatherRows;
  op.inputs = {memory.put(std::vector<std::int32_t>{2, 0, -1, -3}, {2, 2}),
               memory.put(Bytes{1, 2, 3, 4, 5, 6}, {3, 2})};
  op.output = memory.room({2, 2, 2}, 1);
  EXPECT_EQ(memory.run<std::int8_t>(op, 8), (Bytes{5, 6, 1, 2, 5, 6, 1, 2}));
  EXPECT_EQ(host_op_work(op).operations, 8u);
  EXPECT_EQ(host_op_work(op).bytes_read, 4u * 4 + 8);  // the rows that are asked for, not the table
}

TEST(HostGatherRows, RefusesRowsThatAreNotThere) {
  for (const std::int32_t index : {3, -4}) {
    Memory memory;
    HostOp op;
    op.kind = HostOpKind::GatherRows;
    op.inputs = {memory.put(std::vector<std::int32_t>{index}, {1}), memory.put(Bytes{1, 2, 3}, {3, 1})};
    op.output = memory.room({1, 1}, 1);
    EXPECT_THROW(memory.run<std::int8_t>(op, 1), std::invalid_argument) << index;
    op.output = memory.room({1, 2}, 1);
    EXPECT_THROW(check_host_op(op), std::invalid_argument);
  }
}

TEST(HostSoftmax, AddsAZeroPointAndSaturates) {
  Memory memory;
  HostOp op;
  op.kind = HostOpKind::Softmax;
  op.params = {0, 0, -128};
  op.scales = {1.0f, 1.0f / 256};
  op.inputs = {memory.put<std::int8_t>({100, -100}, {1, 2})};
  op.output = memory.room({1, 2}, 1);
  EXPECT_EQ(memory.run<std::int8_t>(op, 2), (Bytes{127, -128}));
}

}  // namespace
}  // namespace gemel::arch
