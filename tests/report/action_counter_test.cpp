// SPDX-License-Identifier: Apache-2.0
#include "sim/energy/action_counter.h"

#include <gtest/gtest.h>

#include "sim/arch/accelerator_config_yaml.h"
#include "sim/arch/program_text.h"
#include "sim/cosim/random_program.h"
#include "sim/top/run.h"
#include "tests/support/truth.h"

namespace gemel::sim {
namespace {

using arch::LocalAddress;

arch::Command configure_load(std::uint64_t dram_stride, float scale = 1.0f, bool shrink = false) {
  arch::ConfigLoad config;
  config.dram_stride = dram_stride;
  config.block_stride = 16;
  config.scale = scale;
  config.shrink = shrink;
  return arch::encode_config_load(config);
}

arch::Command mvin(LocalAddress local, std::uint16_t rows, std::uint16_t cols, std::uint64_t address = 0x80000000) {
  return arch::encode_mvin({0, address, {local, cols, rows}});
}

ActionCounts count(const std::vector<arch::Command>& commands) {
  ActionCounter counter(arch::load_accelerator_config("gemmini_16x16"));
  for (const arch::Command& command : commands) counter.command(command);
  return counter.take();
}

TEST(ActionCounter, AnMvinWritesEachPieceOnce) {
  const ActionCounts counts = count({configure_load(64), mvin(LocalAddress::scratchpad(0), 5, 64)});
  EXPECT_EQ(counts.loads, 1u);
  EXPECT_EQ(counts.configurations, 1u);
  EXPECT_EQ(counts.dram_read_bytes, 5u * 64);
  EXPECT_EQ(counts.scratchpad_row_writes, 5u * 4);
  EXPECT_EQ(counts.scratchpad_rows_used, 5u * 4);
  EXPECT_EQ(counts.mvin_scaled_elements, 0u);
}

TEST(ActionCounter, ARowThatTwoRequestsBringIsWrittenTwice) {
  // 16 bytes that start 8 before a 64-byte border: two requests of one beat.
  const ActionCounts counts = count({configure_load(64), mvin(LocalAddress::scratchpad(3), 1, 16, 0x80000038)});
  EXPECT_EQ(counts.dram_read_bytes, 32u);
  EXPECT_EQ(counts.scratchpad_row_writes, 2u);
  EXPECT_EQ(counts.scratchpad_rows_used, 1u);
}

TEST(ActionCounter, ZerosAndRepeatedRowsCostNoTrafficOrOnlyOneRow) {
  const ActionCounts zeros = count({configure_load(64), mvin(LocalAddress::scratchpad(0), 7, 17, 0)});
  EXPECT_EQ(zeros.dram_read_bytes, 0u);
  EXPECT_EQ(zeros.scratchpad_row_writes, 7u * 2);
  const ActionCounts repeated = count({configure_load(0), mvin(LocalAddress::scratchpad(0), 7, 16)});
  EXPECT_EQ(repeated.dram_read_bytes, 16u);
  EXPECT_EQ(repeated.scratchpad_row_writes, 7u);
}

TEST(ActionCounter, AnAccumulatingMvinReadsAddsAndWrites) {
  const LocalAddress plain = LocalAddress::accumulator(0);
  const ActionCounts wide = count({configure_load(64), mvin(plain, 3, 16)});
  EXPECT_EQ(wide.dram_read_bytes, 3u * 64);
  EXPECT_EQ(wide.accumulator_row_writes, 3u);
  EXPECT_EQ(wide.accumulator_row_reads, 0u);
  const ActionCounts shrunk = count({configure_load(64, 0.5f, true), mvin(plain.with_accumulate(), 3, 16)});
  EXPECT_EQ(shrunk.dram_read_bytes, 3u * 16);
  EXPECT_EQ(shrunk.accumulator_row_reads, 3u);
  EXPECT_EQ(shrunk.accumulator_row_additions, 3u);
  EXPECT_EQ(shrunk.mvin_scaled_elements, 3u * 16);
}

TEST(ActionCounter, AProductMultipliesOnlyWhatOperandsHave) {
  arch::ConfigExecute execute;
  execute.dataflow = arch::Dataflow::WeightStationary;
  execute.a_stride = execute.c_stride = 1;
  arch::Preload preload;
  preload.bd = {LocalAddress::scratchpad(0), 7, 9};  // 9 rows of 7 columns
  preload.c = {LocalAddress::accumulator(0).with_accumulate(), 7, 5};
  arch::Compute compute;
  compute.preloaded = true;
  compute.a = {LocalAddress::scratchpad(100), 9, 5};
  compute.bd = {LocalAddress::garbage(), 16, 16};
  arch::Preload again = preload;  // keeps the weights
  again.bd.address = LocalAddress::garbage();
  again.c.address = LocalAddress::garbage();
  arch::Compute with_the_same = compute;
  with_the_same.preloaded = false;
  const ActionCounts counts =
      count({arch::encode_config_execute(execute), arch::encode_preload(preload), arch::encode_compute(compute),
             arch::encode_preload(again), arch::encode_compute(with_the_same)});
  EXPECT_EQ(counts.macs_executed, 2u * 5 * 9 * 7);
  EXPECT_EQ(counts.scratchpad_row_reads, 9u + 5 + 5);
  EXPECT_EQ(counts.accumulator_row_writes, 5u);  // the second result is thrown away
  EXPECT_EQ(counts.accumulator_row_reads, 5u);
}

TEST(ActionCounter, APoolingMvoutReadsWhatTheWindowsHoldAndWritesPooledRows) {
  arch::ConfigStore store;
  store.dram_stride = 16;
  store.scale_bits = arch::ConfigStore::kKeepScale;
  store.pool_size = 3;
  store.pool_stride = 2;
  store.upper_pad = store.left_pad = 1;
  store.out_rows = store.out_cols = 4;
  store.pooled_rows = store.pooled_cols = store.pool_out_dim = 2;
  const arch::Mvout mvout{0x80000000, {LocalAddress::accumulator(0), 16, 1}};
  const ActionCounts counts = count({arch::encode_config_store(store), arch::encode_mvout(mvout)});
  // Along an axis: windows -1..1 and 1..3 of 0..3 hold 2 and 3 elements.
  EXPECT_EQ(counts.accumulator_row_reads, 5u * 5);
  EXPECT_EQ(counts.result_scaled_elements, 5u * 5 * 16);
  EXPECT_EQ(counts.dram_write_bytes, 4u * 16);
}

// The beats that Gemmini's own RTL moved in the measured streams.
TEST(ActionCounter, CountsTheBeatsThatTheMeasuredRtlMoved) {
  const arch::AcceleratorConfig config = arch::load_accelerator_config("gemmini_16x16");
  std::size_t streams = 0;
  for (const test_support::TruthCase& row : test_support::load_truth_cases()) {
    const arch::Program program = arch::load_any_program(test_support::truth_stream_path(row.name));
    const ActionCounts counts = count_actions(program, config).total;
    EXPECT_EQ(counts.dram_read_bytes, row.read_beats * 16) << row.name;
    EXPECT_EQ(counts.dram_write_bytes, row.write_beats * 16) << row.name;
    ++streams;
  }
  EXPECT_GT(streams, 250u);
}

TEST(ActionCounter, CountsTheBytesThatTheModelMovesInRandomPrograms) {
  for (const char* machine : {"gemmini_16x16", "tiny_4x4", "small_8x8", "large_32x32"}) {
    const arch::AcceleratorConfig config = arch::load_accelerator_config(machine);
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
      SCOPED_TRACE(std::string(machine) + ", seed " + std::to_string(seed));
      const arch::Program program = arch::make_program(random_stream(config, seed));
      RunOptions options;
      options.timing_only = true;
      const RunStatistics statistics = run_program(program, config, options).statistics;
      const ActionCounts counts = count_actions(program, config).total;
      ASSERT_EQ(counts.dram_read_bytes, statistics.dram_read_bytes);
      ASSERT_EQ(counts.dram_write_bytes, statistics.dram_write_bytes);
    }
  }
}

}  // namespace
}  // namespace gemel::sim
