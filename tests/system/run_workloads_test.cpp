// SPDX-License-Identifier: Apache-2.0
// Workloads from the command line to the checked result: every file of workloads/, and representative ones on every
// machine.
#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/system/child_process.h"

namespace gemel::tests {
namespace {

using ::testing::HasSubstr;

const std::string kSource = GEMEL_SOURCE_DIR;

std::vector<std::string> files_of(const std::string& directory) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(kSource + directory)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string stem_of(const std::string& path) { return std::filesystem::path(path).stem().string(); }

std::string test_name(std::string name) {
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

nlohmann::json run_verified(const std::string& workload, const std::string& machine) {
  const ScratchDirectory scratch;
  const ChildResult result = run_gemel({"run", workload, "-c", machine, "--json", scratch.file("run.json")});
  EXPECT_EQ(result.status, 0) << result.err << result.out;
  EXPECT_THAT(result.out, HasSubstr("verified:"));
  if (result.status == 2) return {};
  return nlohmann::json::parse(read_text(scratch.file("run.json")));
}

void expect_causes_sum_to(const nlohmann::json& accounting, std::uint64_t cycles, const std::string& where) {
  EXPECT_FALSE(accounting.empty()) << where;
  for (const auto& [unit, causes] : accounting.items()) {
    std::uint64_t sum = 0;
    for (const auto& [cause, count] : causes.items()) sum += count.get<std::uint64_t>();
    EXPECT_EQ(sum, cycles) << where << " " << unit;
  }
}

void expect_sound(const nlohmann::json& run) {
  ASSERT_TRUE(run.is_object());
  EXPECT_EQ(run["verified"], true);
  const std::uint64_t cycles = run["cycles"];
  expect_causes_sum_to(run["accounting"], cycles, "run");
  std::uint64_t layer_cycles = 0, layer_macs = 0, layer_reads = 0, layer_writes = 0;
  for (const auto& layer : run["layers"]) {
    const std::string name = layer["name"];
    EXPECT_GT(layer["cycles"], 0) << name << " costs nothing";
    EXPECT_LE(layer["compute_bound_cycles"], layer["cycles"]) << name;
    EXPECT_LE(layer["utilization"], 1.0) << name;
    expect_causes_sum_to(layer["accounting"], layer["cycles"], name);
    layer_cycles += layer["cycles"].get<std::uint64_t>();
    layer_macs += layer["macs"].get<std::uint64_t>();
    layer_reads += layer["dram_read_bytes"].get<std::uint64_t>();
    layer_writes += layer["dram_write_bytes"].get<std::uint64_t>();
  }
  EXPECT_EQ(layer_cycles, cycles);
  EXPECT_EQ(layer_macs, run["macs"]);
  EXPECT_EQ(layer_reads, run["dram_read_bytes"]);
  EXPECT_EQ(layer_writes, run["dram_write_bytes"]);
}

class Workload : public ::testing::TestWithParam<std::string> {};

TEST_P(Workload, IsVerifiedAndItsFiguresAddUp) { expect_sound(run_verified(GetParam(), "gemmini_16x16")); }

const auto kWorkloadName = [](const ::testing::TestParamInfo<std::string>& info) {
  return test_name(stem_of(info.param));
};
INSTANTIATE_TEST_SUITE_P(Gemm, Workload, ::testing::ValuesIn(files_of("/workloads/gemm")), kWorkloadName);
INSTANTIATE_TEST_SUITE_P(Conv, Workload, ::testing::ValuesIn(files_of("/workloads/conv")), kWorkloadName);
INSTANTIATE_TEST_SUITE_P(Model, Workload, ::testing::ValuesIn(files_of("/workloads/models")), kWorkloadName);

class Machine : public ::testing::TestWithParam<std::string> {};

TEST_P(Machine, RunsMatrixProductsConvolutionsAndAModelVerified) {
  for (const char* workload : {"gemm/ragged_131x257x67", "gemm/residual_100x72x40", "conv/residual_block",
                               "conv/pooled_3x3", "conv/depthwise_strided_ragged", "models/mlperf_tiny_resnet8"}) {
    SCOPED_TRACE(workload);
    expect_sound(run_verified(kSource + "/workloads/" + workload + ".yaml", GetParam()));
  }
}

INSTANTIATE_TEST_SUITE_P(Shipped, Machine, ::testing::ValuesIn(files_of("/configs/accelerators")),
                         [](const auto& info) { return test_name(stem_of(info.param)); });

TEST(Utilisation, LargeMatrixProductsAndResNet50FillTheArray) {
  const auto gemm = run_verified(kSource + "/workloads/gemm/square_512.yaml", "gemmini_16x16");
  EXPECT_GE(gemm["utilization"], 0.97);
  const auto resnet = run_verified(kSource + "/workloads/models/resnet50.yaml", "gemmini_16x16");
  EXPECT_GE(resnet["utilization"], 0.70);
}

TEST(Utilisation, MatrixProductsOfBertFillTheArrayTogether) {
  const auto bert = run_verified(kSource + "/workloads/models/bert_base.yaml", "gemmini_16x16");
  std::uint64_t macs = 0, cycles = 0;
  for (const auto& layer : bert["layers"]) {
    if (layer["macs"] == 0) continue;
    macs += layer["macs"].get<std::uint64_t>();
    cycles += layer["cycles"].get<std::uint64_t>();
  }
  EXPECT_GE(static_cast<double>(macs) / (256.0 * static_cast<double>(cycles)), 0.95);
}

}  // namespace
}  // namespace gemel::tests
