// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/process_end.h"

#include <gmock/gmock.h>
#include <signal.h>

namespace gemel::sim {
namespace {

using ::testing::HasSubstr;

constexpr char kStatistics[] = R"({"cycles": 5})";

int exit_status(int status) { return status << 8; }  // as wait(2) has it

PointOutcome judged(int wait_status, const std::string& out, const std::string& err, const std::string& statistics,
                    bool is_timed_out = false) {
  PointJob job;
  job.workload = "/somewhere/net.yaml";
  job.timeout_seconds = 2.5;
  PointOutcome outcome;
  judge(ProcessEnd{wait_status, is_timed_out, out, err, statistics}, job, outcome);
  return outcome;
}

TEST(ProcessEnd, DoneIsOkOnlyWithItsStatistics) {
  EXPECT_EQ(judged(0, "table\n", "", kStatistics).status, PointStatus::Ok);
  EXPECT_EQ(judged(0, "table\n", "", kStatistics).statistics_json, kStatistics);
  EXPECT_EQ(judged(0, "table\n", "", "").status, PointStatus::Crashed);
  EXPECT_EQ(judged(0, "table\n", "", R"({"cycles": )").status, PointStatus::Crashed);
}

TEST(ProcessEnd, WrongResultKeepsFiguresAndTheFirstDifference) {
  const PointOutcome outcome = judged(exit_status(1), "table\nWRONG: conv1[3]: 4, expected 5\n", "", kStatistics);
  EXPECT_EQ(outcome.status, PointStatus::Wrong);
  EXPECT_EQ(outcome.reason, "WRONG: conv1[3]: 4, expected 5");
  EXPECT_EQ(outcome.statistics_json, kStatistics);
}

TEST(ProcessEnd, RefusalIsAnAnswerWithoutThePathsOfOneMachine) {
  const PointOutcome outcome = judged(exit_status(2), "", "/somewhere/net.yaml: it does not fit\n", "");
  EXPECT_EQ(outcome.status, PointStatus::Refused);
  EXPECT_EQ(outcome.reason, "net.yaml: it does not fit");
  EXPECT_FALSE(is_fault(outcome.status));
}

TEST(ProcessEnd, DeadlockIsToldFromOtherInternalErrors) {
  const PointOutcome stopped = judged(
      exit_status(1), "", "gemel: internal error: the program stops in cycle 70 with 9 commands accepted; x\n", "");
  EXPECT_EQ(stopped.status, PointStatus::Deadlock);
  EXPECT_EQ(stopped.reason, "the program stops in cycle 70 with 9 commands accepted; x");
  const PointOutcome broken = judged(exit_status(1), "", "gemel: internal error: bad map\n", "");
  EXPECT_EQ(broken.status, PointStatus::Crashed);
  EXPECT_EQ(broken.reason, "bad map");
  EXPECT_TRUE(is_fault(broken.status) && is_fault(stopped.status));
}

TEST(ProcessEnd, SignalsFromOutsideAreLossesOthersAreCrashes) {
  for (const int signal : {SIGSEGV, SIGABRT, SIGFPE, SIGBUS, SIGILL}) {
    const PointOutcome outcome = judged(signal, "", "", "");
    EXPECT_EQ(outcome.status, PointStatus::Crashed) << signal;
    EXPECT_THAT(outcome.reason, HasSubstr("signal " + std::to_string(signal)));
  }
  for (const int signal : {SIGKILL, SIGTERM, SIGINT, SIGHUP}) {
    EXPECT_EQ(judged(signal, "", "", "").status, PointStatus::Lost) << signal;
  }
}

TEST(ProcessEnd, TimeoutSaysHowLong) {
  const PointOutcome outcome = judged(SIGKILL, "", "", "", true);
  EXPECT_EQ(outcome.status, PointStatus::Timeout);
  EXPECT_EQ(outcome.reason, "took longer than 2.5 s");
  EXPECT_EQ(judged(0, "", "", kStatistics, true).status, PointStatus::Ok) << "it ended by itself all the same";
}

TEST(ProcessEnd, OutcomesAndJobsTravelAsJson) {
  PointJob job{"key", "machine: \"x\"\n", "/a/net.yaml", "/e.yaml", {"batch=2"}, true, 12.5};
  const PointJob again = job_from_json(to_json(job));
  EXPECT_EQ(to_json(again), to_json(job));
  EXPECT_EQ(again.machine, job.machine);
  EXPECT_TRUE(again.timing_only);
  PointOutcome outcome = judged(SIGSEGV, "", "", "");
  outcome.cpu_seconds = 1.5;
  EXPECT_EQ(to_json(outcome_from_json(to_json(outcome))), to_json(outcome));
  EXPECT_THROW(outcome_from_json("{"), std::exception);
}

}  // namespace
}  // namespace gemel::sim
