// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/result_store.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "sim/sweep/owner.h"
#include "tests/support/refusal.h"

namespace gemel::sim {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Claim = ResultStore::Claim;

class ResultStoreTest : public ::testing::Test {
 protected:
  ResultStoreTest() {
    const ::testing::TestInfo* test = ::testing::UnitTest::GetInstance()->current_test_info();
    directory_ = ::testing::TempDir() + "gemel_result_store_" + test->name();
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }
  ~ResultStoreTest() override { std::filesystem::remove_all(directory_); }

  static PointOutcome refusal() {
    PointOutcome outcome;
    outcome.status = PointStatus::Refused;
    outcome.reason = "too small";
    return outcome;
  }
  // A process of this machine that is no more, and one of another machine.
  static std::string dead() { return own_name() + "0"; }
  static std::string foreign() { return "elsewhere/boot/pid:[1]/2/3"; }

  std::string directory_;
};

TEST_F(ResultStoreTest, OneOfTwoLivingProcessesGetsAPoint) {
  ResultStore first(directory_, own_name());
  ResultStore second(directory_, foreign());
  EXPECT_EQ(first.claim("a"), Claim::Taken);
  EXPECT_EQ(second.claim("a"), Claim::Busy);
  EXPECT_EQ(second.claim("b"), Claim::Taken);
  EXPECT_EQ(first.claim("b"), Claim::Busy) << "nobody here can know that it is dead";
  first.finish("a", refusal());
  EXPECT_EQ(second.claim("a"), Claim::Done);
  second.release("b", PointStatus::Lost);
  EXPECT_EQ(first.claim("b"), Claim::Taken);
}

TEST_F(ResultStoreTest, TheDeadLoseTheirClaims) {
  ResultStore gone(directory_, dead());
  ResultStore here(directory_, own_name());
  EXPECT_EQ(gone.claim("a"), Claim::Taken);
  EXPECT_EQ(here.claim("a"), Claim::Taken);
}

TEST_F(ResultStoreTest, FirstResultStays) {
  ResultStore store(directory_, own_name());
  store.finish("a", refusal());
  PointOutcome crash;
  store.finish("a", crash);
  EXPECT_TRUE(store.keys_with_fault().empty());
  EXPECT_EQ(store.keys_with_result().count("a"), 1u);
}

TEST_F(ResultStoreTest, FaultsCanBeForgottenAnswersNot) {
  ResultStore store(directory_, own_name());
  store.finish("answer", refusal());
  store.finish("fault", PointOutcome());
  store.finish("other sweep's", PointOutcome());
  EXPECT_EQ(store.forget_faults({"answer", "fault", "unknown"}), 1);
  EXPECT_TRUE(store.has_result("answer"));
  EXPECT_FALSE(store.has_result("fault"));
  EXPECT_TRUE(store.has_result("other sweep's"));
}

TEST_F(ResultStoreTest, StatisticsComeBackAsTheyWere) {
  SweepPlan plan;
  plan.name = "test";
  plan.axes = {{"mesh.dim", "PEs", true}};
  plan.workloads = {{"net", "/net.yaml", "net.yaml", false}};
  PlannedPoint point;
  point.values = {"4"};
  point.key = "a";
  plan.points = {point, point};
  plan.points[1].key = "b";
  const std::string statistics =
      R"({"verified": true, "cycles": 9007199254740993, "macs": 4, "commands": 1, "dram_read_bytes": 2,)"
      R"( "dram_write_bytes": 3, "read_requests": 5, "write_requests": 6, "utilization": 0.25, "host_seconds": 1,)"
      R"( "compile_seconds": 1, "verify_seconds": 1, "energy": {"total_pj": 7.5, "energy_delay_js": 1e-9,)"
      R"( "area_um2": 8}})";
  ResultStore store(directory_, own_name());
  store.put_plan(plan);
  PointOutcome outcome;
  outcome.status = PointStatus::Ok;
  outcome.statistics_json = statistics;
  store.finish("a", outcome);

  const SweepResults results = load_sweep_results(directory_);
  ASSERT_EQ(results.rows.size(), 2u);
  ASSERT_TRUE(results.rows[0].figures);
  EXPECT_EQ(results.rows[0].statistics_json, statistics);
  EXPECT_EQ(results.rows[0].figures->cycles, 9007199254740993u) << "more than a double holds";
  EXPECT_EQ(results.rows[0].figures->verified, true);
  EXPECT_EQ(results.rows[0].figures->energy_pj, 7.5);
  EXPECT_EQ(results.rows[0].status, "ok");
  EXPECT_EQ(results.rows[1].status, "") << "it has not run";
  EXPECT_FALSE(results.rows[1].figures);
  EXPECT_EQ(load_sweep_results(directory_, false).rows[0].statistics_json, "");
}

TEST_F(ResultStoreTest, OtherFilesAndOtherSweepsAreRefused) {
  SweepPlan plan;
  plan.name = "mine";
  ResultStore(directory_, own_name()).put_plan(plan);
  const std::string error = test_support::error_of([&] { ResultStore(directory_, own_name()).check_name("yours"); });
  EXPECT_THAT(error, StartsWith(directory_ + ": it holds the sweep 'mine', not 'yours'"));
  EXPECT_THAT(test_support::error_of([] { load_sweep_results("no/such/directory"); }),
              StartsWith("no/such/directory: it holds no sweep"));
}

TEST(Owner, IsAliveOnlyAsItself) {
  EXPECT_EQ(liveness_of(own_name()), Liveness::Alive);
  EXPECT_EQ(liveness_of(own_name() + "1"), Liveness::Dead) << "another process with this one's number";
  EXPECT_EQ(liveness_of("elsewhere/boot/pid:[1]/2/3"), Liveness::Unknown);
  EXPECT_EQ(liveness_of(""), Liveness::Unknown);
}

}  // namespace
}  // namespace gemel::sim
