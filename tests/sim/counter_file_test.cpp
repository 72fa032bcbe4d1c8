// SPDX-License-Identifier: Apache-2.0
// Counter accesses (docs/microarchitecture.md, section 15).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sim/arch/isa.h"
#include "sim/arch/program.h"
#include "sim/top/run.h"

namespace gemel::sim {
namespace {

using arch::LocalAddress;
using testing::ElementsAre;

class Counters : public testing::Test {
 protected:
  Counters() {
    program_.size = 0x4000;
    arch::ConfigExecute execute;
    execute.dataflow = arch::Dataflow::WeightStationary;
    execute.a_stride = execute.c_stride = 1;
    add(arch::encode_config_execute(execute));
    arch::ConfigLoad load;
    load.block_stride = 16;
    load.dram_stride = 64;
    add(arch::encode_config_load(load));
    fence();
  }
  void add(const arch::Command& command) {
    program_.steps.push_back({arch::StepKind::Command, static_cast<std::uint32_t>(program_.commands.size())});
    program_.commands.push_back(command);
  }
  void fence() { program_.steps.push_back({arch::StepKind::Fence, 0}); }
  void configure(std::uint8_t counter, std::uint8_t event, bool external = false) {
    arch::CounterAccess access;
    access.configure = true;
    access.counter = counter;
    access.event = event;
    access.external = external;
    add(arch::encode_counter(access));
  }
  void read(std::uint8_t counter) {
    arch::CounterAccess access;
    access.counter = counter;
    add(arch::encode_counter(access));
  }
  void mvin(std::uint16_t rows, std::uint16_t cols, std::uint32_t to_row) {
    add(arch::encode_mvin({0, 0x80000000, {LocalAddress::scratchpad(to_row), cols, rows}}));
  }
  void product() {
    const std::uint16_t dim = 16;
    add(arch::encode_preload({{LocalAddress::scratchpad(8192), dim, dim}, {LocalAddress::accumulator(0), dim, dim}}));
    add(arch::encode_compute({true, {LocalAddress::scratchpad(0), dim, dim}, {LocalAddress::garbage(), dim, dim}}));
  }
  std::vector<std::uint64_t> run() { return run_program(program_, arch::AcceleratorConfig{}).statistics.counter_reads; }

  arch::Program program_;
};

TEST_F(Counters, ExecuteActiveCountsTheCyclesInWhichRowsAreFed) {
  mvin(16, 16, 0);
  mvin(16, 16, 8192);
  fence();
  configure(3, 24);
  product();
  product();
  fence();
  read(3);
  // preload, compute + preload, compute: three requests of 16 rows.
  EXPECT_THAT(run(), ElementsAre(48));
}

TEST_F(Counters, BytesReadAreThoseOfBeatsSinceTheCounterWasSetUp) {
  mvin(16, 64, 0);
  fence();
  configure(0, 4, true);
  read(0);
  mvin(5, 32, 0);
  fence();
  read(0);
  EXPECT_THAT(run(), ElementsAre(0, 5 * 32));
}

// The load controller is at work when the counter is set up and read in the two cycles behind.
TEST_F(Counters, CountingStartsInTheCycleAfterTheConfiguration) {
  mvin(16, 64, 0);
  for (int i = 0; i < 6; ++i) add(arch::encode_flush({}));
  configure(0, 9);
  read(0);
  read(0);
  fence();
  EXPECT_THAT(run(), ElementsAre(0, 1));
}

TEST_F(Counters, ASnapshotKeepsItsValuesUntilItIsDropped) {
  arch::CounterAccess take, drop, reset;
  take.take_snapshot = true;
  drop.drop_snapshot = true;
  reset.reset = true;
  configure(1, 9);
  mvin(16, 64, 0);
  fence();
  add(arch::encode_counter(take));
  mvin(7, 64, 0);
  fence();
  read(1);
  add(arch::encode_counter(drop));
  read(1);
  add(arch::encode_counter(reset));
  read(1);
  // One row request a cycle.
  EXPECT_THAT(run(), ElementsAre(16, 23, 0));
}

TEST_F(Counters, AResetDropsTheSnapshotAndKeepsTheEvents) {
  arch::CounterAccess take, reset;
  take.take_snapshot = true;
  reset.reset = true;
  configure(1, 9);
  mvin(16, 64, 0);
  fence();
  add(arch::encode_counter(take));
  add(arch::encode_counter(reset));
  mvin(7, 64, 0);
  fence();
  read(1);
  EXPECT_THAT(run(), ElementsAre(7));
}

TEST_F(Counters, AnEventThatIsNotBuiltInIsRefused) {
  configure(0, 27);
  EXPECT_THROW(run(), std::invalid_argument);
}

}  // namespace
}  // namespace gemel::sim
