// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/sweep_plan.h"

#include <gmock/gmock.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>

#include "sim/sweep/sweep_spec.h"

namespace gemel::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kSource = GEMEL_SOURCE_DIR;

class SweepPlanTest : public ::testing::Test {
 protected:
  ~SweepPlanTest() override { std::remove(path().c_str()); }

  SweepPlan plan(const std::string& rest, const std::string& version = "1") {
    std::ofstream(path()) << "schema: sweep/v1\nname: test\n" << rest;
    return plan_sweep(load_sweep_spec(path()), version, kSource + "/configs/energy/cmos_45nm.yaml");
  }
  SweepPlan plan_of_tiny(const std::string& rest, const std::string& version = "1") {
    return plan("config: tiny_4x4\nworkloads: " + kSource + "/workloads/gemm/square_64.yaml\n" + rest, version);
  }
  static std::vector<std::vector<std::string>> values(const SweepPlan& plan) {
    std::vector<std::vector<std::string>> values;
    for (const PlannedPoint& point : plan.points) values.push_back(point.values);
    return values;
  }

 private:
  static std::string path() {
    const ::testing::TestInfo* test = ::testing::UnitTest::GetInstance()->current_test_info();
    return ::testing::TempDir() + "gemel_sweep_plan_" + test->name() + ".yaml";
  }
};

TEST_F(SweepPlanTest, EveryFormOfAxisHasItsValues) {
  const SweepPlan sweep = plan_of_tiny(R"(
axes:
  mesh.dataflow: [both, ws]
linked:
  - queues.load: {powers_of_two: [2, 8]}
    queues.store: {from: 1, to: 6, step: 2}
)");
  EXPECT_THAT(
      values(sweep),
      ElementsAre(std::vector<std::string>{"both", "2", "1"}, std::vector<std::string>{"both", "4", "3"},
                  std::vector<std::string>{"both", "8", "5"}, std::vector<std::string>{"weight_stationary", "2", "1"},
                  std::vector<std::string>{"weight_stationary", "4", "3"},
                  std::vector<std::string>{"weight_stationary", "8", "5"}));
  ASSERT_EQ(sweep.axes.size(), 3u);
  EXPECT_EQ(sweep.axes[0].key, "mesh.dataflow");
  EXPECT_FALSE(sweep.axes[0].is_number);
  EXPECT_EQ(sweep.axes[1].unit, "commands");
  EXPECT_TRUE(sweep.axes[1].is_number);
}

TEST_F(SweepPlanTest, MachinesHaveWhatTheirRowSays) {
  const SweepPlan sweep = plan_of_tiny(R"(
set: {mesh.output_bits: auto, host.issue_gap_cycles: 3}
axes:
  mesh.dim: [4, 8]
derived:
  queues.load: mesh.dim / 2
  queues.store: queues.load + 1
)");
  EXPECT_THAT(values(sweep),
              ElementsAre(std::vector<std::string>{"4", "2", "3"}, std::vector<std::string>{"8", "4", "5"}));
  for (const char* text : {"dim: 8\n", "output_bits: 19\n", "load: 4\n", "store: 5\n", "issue_gap_cycles: 3\n"}) {
    EXPECT_THAT(sweep.points[1].machine, HasSubstr(text));
  }
  EXPECT_THAT(sweep.points[0].machine, HasSubstr("output_bits: 18\n"));
}

TEST_F(SweepPlanTest, WhatCannotBeBuiltIsARowWithItsReason) {
  const SweepPlan sweep = plan_of_tiny(R"(
axes:
  mesh.dim: [4, 6]
derived:
  queues.load: mesh.dim / 4
)");
  ASSERT_EQ(sweep.points.size(), 2u);
  EXPECT_EQ(sweep.points[0].illegal_reason, "");
  EXPECT_EQ(sweep.points[1].illegal_reason, "queues.load: 'mesh.dim / 4' gives 1.5; expected a whole number, 1 to 64");
  EXPECT_EQ(sweep.points[1].values[1], "1.5");
  EXPECT_THAT(plan_of_tiny("axes:\n  mesh.dim: [4, 6]\n").points[1].illegal_reason, HasSubstr("not a power of two"));
}

TEST_F(SweepPlanTest, ConstraintsLeaveOutPointsAndCountThem) {
  const SweepPlan sweep = plan_of_tiny(R"(
axes:
  queues.load: [1, 2, 4]
  queues.store: [1, 2, 4]
constraints: [queues.load >= queues.store, queues.load != 2]
)");
  EXPECT_THAT(values(sweep), ElementsAre(std::vector<std::string>{"1", "1"}, std::vector<std::string>{"4", "1"},
                                         std::vector<std::string>{"4", "2"}, std::vector<std::string>{"4", "4"}));
  EXPECT_EQ(sweep.excluded_points, 5u);
}

TEST_F(SweepPlanTest, OnePointOfEachGroupIsVerified) {
  const std::string axes = "axes:\n  queues.load: [1, 2]\n  queues.store: [1, 2]\n";
  const auto modes = [&](const std::string& verify) {
    std::string text;
    for (const PlannedPoint& point : plan_of_tiny(axes + verify).points) text += point.timing_only ? 't' : 'v';
    return text;
  };
  EXPECT_EQ(modes(""), "vvvv");
  EXPECT_EQ(modes("verify: all\n"), "vvvv");
  EXPECT_EQ(modes("verify: none\n"), "tttt");
  EXPECT_EQ(modes("verify: {first_per: queues.load}\n"), "vtvt");
  EXPECT_EQ(modes("verify: {first_per: queues.store}\n"), "vvtt");
  EXPECT_EQ(modes("verify: {first_per: [queues.load, queues.store]}\n"), "vvvv");
}

TEST_F(SweepPlanTest, TheVerifiedPointIsOneThatCanBeBuilt) {
  const SweepPlan sweep =
      plan_of_tiny("axes:\n  queues.load: [1, 2]\n  scratchpad.banks: [3, 4]\nverify: {first_per: queues.load}\n");
  ASSERT_EQ(sweep.points.size(), 4u);
  EXPECT_NE(sweep.points[0].illegal_reason, "");
  EXPECT_FALSE(sweep.points[1].timing_only);
  EXPECT_FALSE(sweep.points[3].timing_only);
}

TEST_F(SweepPlanTest, WhereTheCompilerRefusesThePointToBeVerifiedTheNextOneIs) {
  SweepPlan sweep =
      plan_of_tiny("axes:\n  queues.load: [1, 2]\n  queues.store: [1, 2, 4]\nverify: {first_per: queues.load}\n");
  const auto modes = [&] {
    std::string text;
    for (const PlannedPoint& point : sweep.points) text += point.timing_only ? 't' : 'v';
    return text;
  };
  ASSERT_EQ(modes(), "vttvtt");
  EXPECT_FALSE(verify_instead_of_refused(sweep, {}));
  EXPECT_FALSE(verify_instead_of_refused(sweep, {sweep.points[1].key}));  // was not to be verified
  EXPECT_EQ(modes(), "vttvtt");
  const std::string before = sweep.points[2].key;
  std::set<std::string> refused{sweep.points[0].key, sweep.points[1].key};
  EXPECT_TRUE(verify_instead_of_refused(sweep, refused));
  EXPECT_EQ(modes(), "vtvvtt");  // the refused one keeps its result
  EXPECT_NE(sweep.points[2].key, before);
  EXPECT_FALSE(verify_instead_of_refused(sweep, refused));
  refused.insert(sweep.points[2].key);
  EXPECT_FALSE(verify_instead_of_refused(sweep, refused));  // nothing is left of this group
  SweepPlan all = plan_of_tiny("axes:\n  queues.load: [1, 2]\n");
  EXPECT_FALSE(verify_instead_of_refused(all, {all.points[0].key}));
}

TEST_F(SweepPlanTest, ConfigurationsAndWorkloadsVaryToo) {
  const SweepPlan sweep = plan("config: [tiny_4x4, small_8x8]\nworkloads: [" + kSource +
                               "/workloads/gemm/square_64.yaml, " + kSource + "/workloads/gemm/square_128.yaml]\n");
  ASSERT_EQ(sweep.points.size(), 4u);
  EXPECT_EQ(sweep.axes[0].key, "config");
  EXPECT_EQ(sweep.workloads[sweep.points[1].workload].name, "square_64");
  EXPECT_THAT(sweep.points[1].machine, HasSubstr("name: small_8x8\n"));
  EXPECT_EQ(sweep.workloads[sweep.points[2].workload].name, "square_128");
  EXPECT_EQ(sweep.base_config, "tiny_4x4, small_8x8");
}

TEST_F(SweepPlanTest, KeysChangeWithWhatTheResultDependsOn) {
  const std::string axes = "axes:\n  queues.load: [1, 2]\n";
  const SweepPlan sweep = plan_of_tiny(axes);
  std::set<std::string> keys{sweep.points[0].key, sweep.points[1].key};
  keys.insert(plan_of_tiny(axes, "2").points[0].key);
  keys.insert(plan_of_tiny(axes + "verify: none\n").points[0].key);
  keys.insert(plan_of_tiny(axes + "set: {queues.store: 7}\n").points[0].key);
  keys.insert(
      plan("config: tiny_4x4\nworkloads: " + kSource + "/workloads/gemm/square_128.yaml\n" + axes).points[0].key);
  EXPECT_EQ(keys.size(), 6u);
  // One more value keeps the others.
  const SweepPlan longer = plan_of_tiny("axes:\n  queues.load: [4, 1, 2]\n");
  EXPECT_EQ(longer.points[1].key, sweep.points[0].key);
  EXPECT_EQ(longer.points[2].key, sweep.points[1].key);
}

}  // namespace
}  // namespace gemel::sim
