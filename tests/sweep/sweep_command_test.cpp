// SPDX-License-Identifier: Apache-2.0
// `gemel sweep` as a user types it: also killed, crowded and fed with nonsense.
#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <random>
#include <thread>

#include "sim/sweep/sweep_results.h"
#include "tests/support/refusal.h"
#include "tests/sweep/running_sweep.h"
#include "tests/system/child_process.h"

namespace gemel::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const std::string kSource = GEMEL_SOURCE_DIR;

std::string sweep_text(const std::string& workload, const std::string& rest) {
  return "schema: sweep/v1\nname: test\nconfig: tiny_4x4\nworkloads: " + kSource + "/workloads/" + workload + "\n" +
         rest;
}

// 48 points of some 20 ms.
std::string small_sweep() {
  return sweep_text(
      "gemm/square_128.yaml",
      "axes:\n  memory.latency_cycles: {from: 10, to: 120, step: 10}\n  dma.requests_in_flight: [1, 2, 4, 8]\n");
}

TEST(SweepCommand, EveryBadSweepFileIsRefusedInOneLineBeforeAnythingRuns) {
  const ScratchDirectory scratch;
  const fs::path bad = fs::path(kSource) / "tests/sweep/bad_sweeps";
  int files = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(bad)) {
    if (entry.path().extension() != ".yaml") continue;
    const std::string name = entry.path().filename().string();
    SCOPED_TRACE(name);
    const std::string expected = test_support::expectation_of(entry.path().string());
    ASSERT_NE(expected, "") << "it does not say what it expects";
    const ChildResult result = run_gemel({"sweep", name, "-o", scratch.file("out")}, bad.string());
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.err, (expected[0] == ':' ? name : "") + expected + "\n");
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_THAT(scratch.names(), IsEmpty());
    ++files;
  }
  EXPECT_GE(files, 25);
}

TEST(SweepCommand, BadCommandLinesAreRefused) {
  const ScratchDirectory scratch;
  const std::string file = scratch.write("s.yaml", small_sweep());
  scratch.write("plain", "");
  const auto refusal = [&](const std::vector<std::string>& arguments) {
    std::vector<std::string> all{"sweep"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const ChildResult result = run_gemel(all, scratch.path());
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    return result.err;
  };
  EXPECT_THAT(refusal({}), HasSubstr("SWEEP is required"));
  EXPECT_THAT(refusal({"s.yaml"}), HasSubstr("--output is required"));
  EXPECT_THAT(refusal({"none.yaml", "-o", "out"}), HasSubstr("none.yaml: cannot be read"));
  EXPECT_THAT(refusal({"s.yaml", "-o", "plain"}), HasSubstr("plain"));
  EXPECT_THAT(refusal({"s.yaml", "-o", "out", "-j", "0"}), HasSubstr("--jobs"));
  EXPECT_THAT(refusal({"s.yaml", "-o", "out", "--engine", "cloud"}), HasSubstr("no such engine"));
  EXPECT_THAT(refusal({"s.yaml", "-o", "out", "--reuse", "nowhere"}), HasSubstr("nowhere: it holds no sweep"));
  (void)file;
}

TEST(SweepCommand, RowsAgreeWithSingleRuns) {
  const ScratchDirectory scratch;
  const std::string file =
      scratch.write("s.yaml", sweep_text("conv/pooled_3x3.yaml",
                                         "set: {mesh.output_bits: auto}\naxes:\n  mesh.dim: [4, 8]\n"
                                         "  memory.latency_cycles: [10, 77]\n"));
  const ChildResult result = run_gemel({"sweep", file, "-o", scratch.file("out")});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("cycles by memory.latency_cycles\nworkload    mesh.dim  "));
  EXPECT_THAT(result.out, HasSubstr("\ntest: 4 points: 4 ok\n4 ran now"));
  const sim::SweepResults results = sim::load_sweep_results(scratch.file("out"));
  ASSERT_EQ(results.rows.size(), 4u);
  for (const sim::SweepRow& row : results.rows) {
    const ChildResult single =
        run_gemel({"run", kSource + "/workloads/conv/pooled_3x3.yaml", "-c", "tiny_4x4", "--set",
                   "mesh.output_bits=auto", "--set", "mesh.dim=" + row.values[0], "--set",
                   "memory.latency_cycles=" + row.values[1], "--json", scratch.file("run.json")});
    ASSERT_EQ(single.status, 0) << single.err;
    ASSERT_TRUE(row.figures);
    EXPECT_EQ(row.figures->verified, true);
    EXPECT_THAT(read_text(scratch.file("run.json")),
                HasSubstr("\"cycles\": " + std::to_string(row.figures->cycles) + ",\n"));
  }
  EXPECT_NE(results.rows[0].figures->cycles, results.rows[1].figures->cycles) << "latency must matter here";
}

TEST(SweepCommand, FailingPointsAreRowsAndDoNotEndTheSweep) {
  const ScratchDirectory scratch;
  const std::string file = scratch.write("s.yaml", sweep_text("gemm/deep_64x64x4096.yaml",
                                                              "set: {full_width_accumulator_read: false}\n"
                                                              "axes:\n  scratchpad.banks: [3, 4]\n"
                                                              "  mesh.dataflow: [ws, os]\n"));
  const ChildResult result = run_gemel({"sweep", file, "-o", scratch.file("out")});
  const sim::SweepResults results = sim::load_sweep_results(scratch.file("out"));
  ASSERT_EQ(results.rows.size(), 4u);
  EXPECT_EQ(results.rows[0].status, "illegal");
  EXPECT_THAT(results.rows[0].reason, HasSubstr("scratchpad.banks"));
  EXPECT_EQ(results.rows[1].status, "illegal");
  EXPECT_EQ(results.rows[2].status, "ok");
  EXPECT_THAT(result.out, HasSubstr("2 illegal"));
  EXPECT_EQ(result.status, 0) << "a machine that can not be built is an answer";
}

TEST(SweepCommand, WhereTheCompilerRefusesTheFirstPointTheNextOneIsVerified) {
  const ScratchDirectory scratch;
  scratch.write("wide.yaml",
                "schema: workload/v1\nname: wide\ninputs: [{name: image, shape: [1, 20, 20, 4]}]\n"
                "layers: [{name: window, op: conv2d, out_channels: 4, kernel: 16}]\n");
  const std::string file = scratch.write("s.yaml",
                                         "schema: sweep/v1\nname: test\nconfig: tiny_4x4\nworkloads: wide.yaml\n"
                                         "axes:\n  memory.latency_cycles: [10, 20]\n"
                                         "  scratchpad.capacity_kib: [3, 2, 8, 16]\n"
                                         "verify: {first_per: memory.latency_cycles}\n");
  for (int time = 0; time < 2; ++time) {  // the second time everything is there
    const ChildResult result = run_gemel({"sweep", file, "-o", scratch.file("out")});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_THAT(result.out, HasSubstr("2 verified, the others timing only"));
    EXPECT_THAT(result.out, HasSubstr(time == 0 ? "8 ran now" : "0 ran now")) << "two of them in both modes";
    const sim::SweepResults results = sim::load_sweep_results(scratch.file("out"));
    ASSERT_EQ(results.rows.size(), 8u);
    for (const std::size_t first : {std::size_t{0}, std::size_t{4}}) {
      EXPECT_EQ(results.rows[first].status, "illegal");
      EXPECT_EQ(results.rows[first + 1].status, "refused");
      ASSERT_EQ(results.rows[first + 2].status, "ok");
      EXPECT_EQ(results.rows[first + 2].figures->verified, true);
      ASSERT_EQ(results.rows[first + 3].status, "ok");
      EXPECT_EQ(results.rows[first + 3].figures->verified, std::nullopt);
    }
  }
}

TEST(SweepCommand, PointsThatTakeTooLongAreRows) {
  const ScratchDirectory scratch;
  const std::string text = sweep_text("models/resnet50.yaml", "axes:\n  queues.load: [4, 8]\ntimeout_seconds: 0.1\n");
  const ChildResult result = run_gemel({"sweep", scratch.write("s.yaml", text), "-o", scratch.file("out")});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.out, HasSubstr("2 timeout"));
  EXPECT_THAT(read_text(scratch.file("out/table.csv")), HasSubstr("took longer than 0.1 s"));
  EXPECT_FALSE(fs::exists(scratch.file("out/running"))) << "nothing is left behind";
}

TEST(SweepCommand, CrashIsARowAndAKilledPointRunsAgain) {
  const ScratchDirectory scratch;
  const std::string text = sweep_text("models/mlperf_tiny_resnet8.yaml", "axes:\n  queues.load: [2, 4, 8]\n");
  const std::string file = scratch.write("s.yaml", text);
  {
    RunningSweep sweep({"sweep", file, "-o", scratch.file("out"), "-j", "1"});
    const pid_t first = wait_for([&] { return sweep.point_pid(); });
    ASSERT_NE(first, 0);
    kill(first, SIGSEGV);
    const pid_t second = wait_for([&] { return sweep.point_pid() == first ? 0 : sweep.point_pid(); });
    ASSERT_NE(second, 0);
    kill(second, SIGKILL);
    EXPECT_EQ(sweep.wait(), 1);
  }
  EXPECT_EQ(count_in(scratch.file("out"), "SELECT COUNT(*) FROM results WHERE status = 'crashed'"), 1);
  EXPECT_EQ(count_in(scratch.file("out"), "SELECT COUNT(*) FROM results WHERE status = 'ok'"), 2);
  EXPECT_EQ(count_in(scratch.file("out"), "SELECT COUNT(*) FROM runs WHERE status = 'lost'"), 1);
  EXPECT_THAT(read_text(scratch.file("out/table.csv")), HasSubstr("ended by signal 11"));

  const ChildResult again = run_gemel({"sweep", file, "-o", scratch.file("out")});
  EXPECT_THAT(again.out, HasSubstr("0 ran now"));
  const ChildResult retried = run_gemel({"sweep", file, "-o", scratch.file("out"), "--retry"});
  EXPECT_EQ(retried.status, 0);
  EXPECT_THAT(retried.out, HasSubstr("3 points: 3 ok\n1 ran now"));
}

TEST(SweepCommand, KilledTenTimesItEndsWithTheSameTable) {
  const std::uint32_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const ScratchDirectory scratch;
  const std::string file = scratch.write("s.yaml", small_sweep());
  ASSERT_EQ(run_gemel({"sweep", file, "-o", scratch.file("whole")}).status, 0);

  const std::string out = scratch.file("out");
  for (int i = 0; i < 10; ++i) {
    RunningSweep sweep({"sweep", file, "-o", out, "-j", "2"});
    ASSERT_NE(wait_for([&] { return sweep.sweep_pid(); }), 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(std::uniform_int_distribution<int>(5, 120)(random)));
    sweep.end(SIGKILL);
  }
  const ChildResult last = run_gemel({"sweep", file, "-o", out});
  EXPECT_EQ(last.status, 0) << last.err;
  EXPECT_EQ(read_text(out + "/table.csv"), read_text(scratch.file("whole/table.csv")));
  // Nothing ran twice: each point ended once, and only what was in flight at a kill was lost.
  EXPECT_EQ(count_in(out, "SELECT COUNT(*) FROM runs WHERE status = 'ok'"), 48);
  EXPECT_EQ(count_in(out, "SELECT COUNT(DISTINCT key) FROM runs WHERE status = 'ok'"), 48);
  EXPECT_LE(count_in(out, "SELECT COUNT(*) FROM runs"), 48 + 10 * 2);
  EXPECT_EQ(count_in(out, "SELECT COUNT(*) FROM claims"), 0);
  EXPECT_FALSE(fs::exists(out + "/running"));
}

TEST(SweepCommand, InterruptedItSaysHowToGoOnAndDoes) {
  const ScratchDirectory scratch;
  const std::string file = scratch.write("s.yaml", small_sweep());
  {
    RunningSweep sweep({"sweep", file, "-o", scratch.file("out"), "-j", "2"});
    ASSERT_NE(wait_for([&] { return sweep.point_pid(); }), 0);
    kill(sweep.sweep_pid(), SIGINT);
    EXPECT_EQ(sweep.wait(), 128 + SIGINT);
  }
  EXPECT_EQ(count_in(scratch.file("out"), "SELECT COUNT(*) FROM claims"), 0);
  EXPECT_THAT(read_text(scratch.file("out/table.csv")), HasSubstr("not run"));
  EXPECT_EQ(run_gemel({"sweep", file, "-o", scratch.file("out")}).status, 0);
}

TEST(SweepCommand, ThreeWritersShareTheWork) {
  const ScratchDirectory scratch;
  const std::string file = scratch.write("s.yaml", small_sweep());
  const std::string out = scratch.file("out");
  {
    const std::vector<std::string> arguments{"sweep", file, "-o", out, "-j", "1"};
    RunningSweep a(arguments), b(arguments), c(arguments);
    EXPECT_EQ(a.wait(), 0);
    EXPECT_EQ(b.wait(), 0);
    EXPECT_EQ(c.wait(), 0);
  }
  EXPECT_EQ(count_in(out, "SELECT COUNT(*) FROM runs"), 48) << "nothing ran twice";
  EXPECT_EQ(count_in(out, "SELECT COUNT(*) FROM results"), 48);
  EXPECT_GE(count_in(out, "SELECT COUNT(DISTINCT owner) FROM runs"), 2) << "one of them did all the work";
}

TEST(SweepCommand, OneMoreValueRunsOnlyTheNewPoints) {
  const ScratchDirectory scratch;
  const auto text = [](const std::string& values) {
    return sweep_text("gemm/square_64.yaml", "axes:\n  memory.latency_cycles: " + values + "\n");
  };
  const std::string out = scratch.file("out");
  EXPECT_THAT(run_gemel({"sweep", scratch.write("s.yaml", text("[10, 20]")), "-o", out}).out, HasSubstr("\n2 ran now"));
  EXPECT_THAT(run_gemel({"sweep", scratch.write("s.yaml", text("[5, 10, 20]")), "-o", out}).out,
              HasSubstr("3 points: 3 ok\n1 ran now"));
  // Another sweep takes over what it can; a workload of other contents is another workload.
  const std::string other = scratch.write("t.yaml", text("[20, 40]").replace(23, 4, "more"));
  EXPECT_THAT(run_gemel({"sweep", other, "-o", out}).err, HasSubstr("it holds the sweep 'test', not 'more'"));
  EXPECT_THAT(run_gemel({"sweep", other, "-o", scratch.file("more"), "--reuse", out}).out,
              HasSubstr("2 points: 2 ok\n1 ran now"));
}

}  // namespace
}  // namespace gemel::tests
