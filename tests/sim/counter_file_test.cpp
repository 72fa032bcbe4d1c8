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
  // One row request a cycle. The access that takes the snapshot reads counter 0, which has no event.
  EXPECT_THAT(run(), ElementsAre(0, 16, 23, 0));
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
  EXPECT_THAT(run(), ElementsAre(0, 7));
}

// One mvin alone: the station holds an entry from the cycle after its allocation to its completion; its class is busy
// from the cycle after its issue, one later.
TEST_F(Counters, AClassIsBusyFromItsIssueOn) {
  configure(1, 42);
  configure(2, 1);
  configure(3, 7);
  mvin(16, 64, 0);
  fence();
  for (std::uint8_t i = 1; i < 4; ++i) read(i);
  const std::vector<std::uint64_t> counted = run();
  EXPECT_GT(counted[0], 16u + 40u);  // rows and the way to memory
  EXPECT_EQ(counted[1], counted[0] - 1);
  EXPECT_EQ(counted[2], 0u);
}

// As Gemmini's own counter test asks: the read that takes the snapshot gives the entries of that cycle, and so do later
// ones while it stands.
TEST_F(Counters, EntriesAreReadAsTheyAre) {
  arch::CounterAccess take;
  take.take_snapshot = true;
  take.counter = 7;
  configure(7, 1, true);
  read(7);
  for (std::uint32_t i = 0; i < 5; ++i) mvin(16, 64, 100 * i);
  add(arch::encode_counter(take));
  fence();
  read(7);
  EXPECT_THAT(run(), ElementsAre(0, 5, 5));
}

// Each cycle belongs to one set of busy classes at most; loads, products and a store that overlap.
TEST_F(Counters, SetsOfBusyClassesAddUpToTheCyclesOfEach) {
  for (std::uint8_t event = 1; event <= 7; ++event) configure(event, event);
  configure(0, 42);
  mvin(16, 16, 0);
  mvin(16, 16, 8192);
  product();
  for (std::uint32_t i = 1; i < 5; ++i) mvin(16, 64, 100 * i);
  product();
  add(arch::encode_mvout({0x80001000, {LocalAddress::scratchpad(400), 16, 16}}));
  fence();
  for (std::uint8_t i = 0; i < 8; ++i) read(i);
  const std::vector<std::uint64_t> counted = run();
  std::uint64_t sum = 0;
  for (std::size_t i = 1; i < 8; ++i) sum += counted[i];
  EXPECT_LE(sum, counted[0]);
  EXPECT_GT(sum, counted[0] - 10);  // entries that are not issued yet
  EXPECT_GT(counted[5], 0u);        // loads and products
}

TEST_F(Counters, TheStationTakesACommandInAllCyclesButThoseCounted) {
  configure(0, 41);
  read(0);
  read(0);
  mvin(16, 64, 0);
  mvin(16, 64, 100);
  read(0);
  EXPECT_THAT(run(), ElementsAre(0, 1, 2));
}

// Slots: a read of one beat takes its slot from the cycle after the request to its beat.
TEST_F(Counters, SlotsCountWhileTheyAreTaken) {
  configure(0, 6, true);
  configure(1, 7, true);
  mvin(1, 16, 0);
  fence();
  read(0);
  mvin(2, 16, 0);
  fence();
  read(0);
  read(1);
  const std::vector<std::uint64_t> counted = run();
  EXPECT_GT(counted[0], 40u);
  EXPECT_EQ(counted[1], 3 * counted[0]);
  EXPECT_EQ(counted[2], 0u);
}

TEST_F(Counters, AnEventThatIsNotBuiltInIsRefused) {
  configure(0, 27);
  EXPECT_THROW(run(), std::invalid_argument);
}

}  // namespace
}  // namespace gemel::sim
