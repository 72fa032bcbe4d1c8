// SPDX-License-Identifier: Apache-2.0
// Sweeps on a real Slurm cluster, which the test starts on this machine alone.
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "sim/sweep/database.h"
#include "tests/sweep/running_sweep.h"
#include "tests/system/child_process.h"

namespace gemel::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const std::string kSource = GEMEL_SOURCE_DIR;
const std::string kCluster = kSource + "/tests/sweep/one_node_slurm";

class SlurmSweep : public ::testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root can start a Slurm cluster";
    for (const char* program : {"/usr/sbin/slurmctld", "/usr/sbin/slurmd", "/usr/sbin/munged"}) {
      if (!fs::exists(program)) GTEST_SKIP() << program << " is not installed; see scripts/packages.txt";
    }
    const ChildResult started = run_child({kCluster, "start", scratch_.file("cluster")});
    ASSERT_EQ(started.status, 0) << started.err;
    is_started_ = true;
    setenv("SLURM_CONF", scratch_.file("cluster/slurm.conf").c_str(), 1);
  }
  void TearDown() override {
    if (is_started_) run_child({kCluster, "stop", scratch_.file("cluster")});
  }

  // 40 points, 4 a task.
  std::string write_sweep() const {
    return scratch_.write("s.yaml", "schema: sweep/v1\nname: test\nconfig: tiny_4x4\nworkloads: " + kSource +
                                        "/workloads/gemm/square_128.yaml\n"
                                        "axes:\n"
                                        "  memory.latency_cycles: {from: 10, to: 100, step: 10}\n"
                                        "  dma.requests_in_flight: [1, 2, 4, 8]\n"
                                        "verify: {first_per: dma.requests_in_flight}\n"
                                        "slurm: {points_per_task: 4, partition: test}\n");
  }
  std::string local_table(const std::string& file) const {
    const ChildResult local = run_gemel({"sweep", file, "-o", scratch_.file("local")});
    EXPECT_EQ(local.status, 0) << local.err;
    return read_text(scratch_.file("local/table.csv"));
  }
  // A task of the sweep in that directory that is running; 0 where there is none.
  static pid_t task_pid(const std::string& directory) {
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::directory_iterator("/proc", ignored)) {
      const std::string name = entry.path().filename().string();
      if (name.find_first_not_of("0123456789") != std::string::npos) continue;
      std::ifstream file(entry.path() / "cmdline");
      std::string line;
      std::getline(file, line);  // words end with zeros; nothing where the process is gone
      if (line.find("sweep-task") != std::string::npos && line.find(directory + "/slurm/") != std::string::npos &&
          line.find("sh") != 0 && line.find("task.sh") == std::string::npos) {
        return static_cast<pid_t>(std::stol(name));
      }
    }
    return 0;
  }

  ScratchDirectory scratch_;
  bool is_started_ = false;
};

TEST_F(SlurmSweep, FortyPointsWithATaskKilledGiveTheTableOfALocalRun) {
  const std::string file = write_sweep();
  const std::string out = scratch_.file("out");
  {
    RunningSweep sweep({"sweep", file, "-o", out, "--engine", "slurm"});
    const pid_t task = wait_for([&] { return task_pid(out); }, 30000);
    ASSERT_NE(task, 0) << "no task has started";
    ASSERT_EQ(kill(task, SIGKILL), 0);
    EXPECT_EQ(sweep.wait(), 0);
  }
  EXPECT_EQ(read_text(out + "/table.csv"), local_table(file));
  EXPECT_EQ(count_in(out, "SELECT COUNT(*) FROM results WHERE status = 'ok'"), 40);
  EXPECT_EQ(count_in(out, "SELECT COUNT(*) FROM runs WHERE status = 'ok'"), 40);
  const std::int64_t lost = count_in(out, "SELECT COUNT(*) FROM runs WHERE status = 'lost'");
  EXPECT_GE(lost, 1) << "the killed task had points left";
  EXPECT_LE(lost, 4) << "no other task was touched";
  EXPECT_EQ(count_in(out, "SELECT COUNT(*) FROM slurm_submissions WHERE is_open"), 0);
}

TEST_F(SlurmSweep, KilledCollectorGoesOnWithTheJobsThatItSubmitted) {
  const std::string file = write_sweep();
  const std::string out = scratch_.file("out");
  {
    RunningSweep sweep({"sweep", file, "-o", out, "--engine", "slurm"});
    ASSERT_NE(wait_for([&] { return task_pid(out); }, 30000), 0) << "no task has started";
    sweep.end(SIGKILL);
  }
  const ChildResult local = run_gemel({"sweep", file, "-o", out});
  if (local.status == 2) {  // else Slurm was done already
    EXPECT_THAT(local.err, HasSubstr("still has points of this sweep; go on with --engine slurm"));
  }
  const ChildResult again = run_gemel({"sweep", file, "-o", out, "--engine", "slurm"});
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(read_text(out + "/table.csv"), local_table(file));
  EXPECT_EQ(count_in(out, "SELECT COUNT(*) FROM slurm_submissions"), 1) << "nothing was submitted twice";
  EXPECT_EQ(count_in(out, "SELECT COUNT(*) FROM claims"), 0);
}

TEST_F(SlurmSweep, WhatSlurmRefusesIsSaidInOneLine) {
  const std::string file = write_sweep();
  const ChildResult result =
      run_gemel({"sweep", file, "-o", scratch_.file("out"), "--engine", "slurm", "--partition", "nowhere"});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("Slurm refuses the job"));
  EXPECT_THAT(result.err, HasSubstr("partition"));
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  EXPECT_EQ(count_in(scratch_.file("out"), "SELECT COUNT(*) FROM claims"), 0);
}

}  // namespace
}  // namespace gemel::tests
