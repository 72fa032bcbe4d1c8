// SPDX-License-Identifier: Apache-2.0
// `gemel compile --bundle`: its files agree with each other and with what a run gives.
#include <gmock/gmock.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "sim/arch/memory_capture.h"
#include "sim/arch/program_file.h"
#include "tests/system/child_process.h"

namespace gemel::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Array and host layers (the softmax), a residual, and an input whose name is no C identifier.
constexpr const char* kNetwork = R"(schema: workload/v1
name: small
inputs:
  - {name: an-image, shape: [1, 9, 9, 3]}
layers:
  - {name: stem, op: conv2d, out_channels: 24, kernel: 3, padding: 1, activation: relu}
  - {name: body, op: conv2d, out_channels: 24, kernel: 3, padding: 1, add: stem, activation: relu}
  - {name: flat, op: flatten}
  - {name: logits, op: linear, out_features: 10}
  - {name: probabilities, op: softmax}
)";

void make_bundle(const ScratchDirectory& scratch) {
  scratch.write("small.yaml", kNetwork);
  const ChildResult result =
      run_gemel({"compile", "small.yaml", "-c", "gemmini_16x16", "--bundle", "bundle"}, scratch.path());
  ASSERT_EQ(result.status, 0) << result.err;
}

nlohmann::json run_json(const ScratchDirectory& scratch, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "run");
  arguments.insert(arguments.end(), {"--json", "run.json"});
  const ChildResult result = run_gemel(arguments, scratch.path());
  EXPECT_EQ(result.status, 0) << result.err << result.out;
  return nlohmann::json::parse(read_text(scratch.file("run.json")));
}

TEST(Bundle, TheHeaderCompilesAndSaysWhatTheProgramSays) {
  const ScratchDirectory scratch;
  make_bundle(scratch);
  const char* const names[] = {"DIM",
                               "COMMANDS",
                               "HOST_OPERATORS",
                               "LAYERS",
                               "MACS",
                               "MEMORY_ADDRESS",
                               "MEMORY_BYTES",
                               "WEIGHTS_ADDRESS",
                               "WEIGHTS_BYTES",
                               "INPUTS",
                               "OUTPUTS",
                               "INPUT_AN_IMAGE_ADDRESS",
                               "INPUT_AN_IMAGE_BYTES",
                               "OUTPUT_PROBABILITIES_ADDRESS",
                               "OUTPUT_PROBABILITIES_BYTES",
                               "EXPECTED_CYCLES"};
  std::string source =
      "#include \"bundle/network.h\"\n#include <stdio.h>\n"
      "static const int shape[GEMEL_INPUT_AN_IMAGE_RANK] = GEMEL_INPUT_AN_IMAGE_SHAPE;\n"
      "static const uint32_t crc[GEMEL_OUTPUTS] = GEMEL_EXPECTED_CRC32;\n"
      "int main(void) {\n  GEMEL_OUTPUT_PROBABILITIES_TYPE value = 0;\n  (void)value;\n";
  for (const char* name : names) {
    source += std::string("  printf(\"") + name + " %llu\\n\", (unsigned long long)GEMEL_" + name + ");\n";
  }
  source += "  printf(\"EXTENT %d\\nCRC %u\\n\", shape[1], (unsigned)crc[0]);\n  return 0;\n}\n";
  scratch.write("print.c", source);
  const ChildResult compiled = run_child(
      {"/usr/bin/env", "cc", "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "print.c", "-o", "print"},
      scratch.path());
  ASSERT_EQ(compiled.status, 0) << compiled.err;
  std::map<std::string, std::uint64_t> said;
  std::istringstream lines(run_child({scratch.file("print")}).out);
  std::string name;
  for (std::uint64_t value = 0; lines >> name >> value;) said[name] = value;

  const arch::Program program = arch::load_program(scratch.file("bundle/program.gemel"));
  EXPECT_EQ(said["DIM"], 16u);
  EXPECT_EQ(said["COMMANDS"], program.commands.size());
  EXPECT_EQ(said["HOST_OPERATORS"], program.host_ops.size());
  EXPECT_EQ(said["LAYERS"], program.layers.size());
  EXPECT_EQ(said["MACS"], program.macs);
  EXPECT_EQ(said["MEMORY_ADDRESS"], program.base);
  EXPECT_EQ(said["MEMORY_BYTES"], program.size);
  EXPECT_EQ(said["INPUTS"], 1u);
  EXPECT_EQ(said["OUTPUTS"], 1u);
  EXPECT_EQ(said["EXTENT"], 9u);
  EXPECT_EQ(said["INPUT_AN_IMAGE_ADDRESS"], arch::find_tensor(program, "an-image")->address);
  EXPECT_EQ(said["INPUT_AN_IMAGE_BYTES"], 243u);
  EXPECT_EQ(said["OUTPUT_PROBABILITIES_ADDRESS"], arch::find_tensor(program, "probabilities")->address);
  EXPECT_EQ(said["OUTPUT_PROBABILITIES_BYTES"], 10u);

  // The weights' image is what memory holds there before a run.
  const std::string weights = read_text(scratch.file("bundle/weights.bin"));
  ASSERT_EQ(weights.size(), said["WEIGHTS_BYTES"]);
  const std::vector<std::uint8_t> memory = arch::initial_memory(program);
  const std::uint64_t offset = said["WEIGHTS_ADDRESS"] - program.base;
  EXPECT_TRUE(std::equal(weights.begin(), weights.end(), memory.begin() + static_cast<std::ptrdiff_t>(offset),
                         [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; }));
  for (const arch::TensorPlace& place : program.tensors) {
    if (place.role != arch::TensorPlace::Role::Weight) continue;
    EXPECT_GE(place.address, said["WEIGHTS_ADDRESS"]);
    EXPECT_LE(place.address + arch::tensor_bytes(place), said["WEIGHTS_ADDRESS"] + said["WEIGHTS_BYTES"]);
  }

  const auto run = run_json(scratch, {"bundle/program.gemel"});
  EXPECT_EQ(said["EXPECTED_CYCLES"], run["cycles"]);
  char crc[16];
  std::snprintf(crc, sizeof crc, "%08llx", static_cast<unsigned long long>(said["CRC"]));
  EXPECT_EQ(run["memory_crc32"]["outputs"][0], crc);
}

TEST(Bundle, TheStimulusGivesTheSameOutputsWithoutTheCompilersHostOperators) {
  const ScratchDirectory scratch;
  make_bundle(scratch);
  const auto program = run_json(scratch, {"bundle/program.gemel"});
  const auto stimulus = run_json(scratch, {"bundle/stimulus.rocc"});
  EXPECT_EQ(stimulus["memory_crc32"]["outputs"], program["memory_crc32"]["outputs"]);
  EXPECT_EQ(stimulus["dram_write_bytes"], program["dram_write_bytes"]);
}

TEST(Bundle, InputsAndExpectedOutputsBelongTogether) {
  const ScratchDirectory scratch;
  make_bundle(scratch);
  const ChildResult result = run_gemel({"run", "bundle/program.gemel", "--input", "an-image=bundle/inputs/an-image.npy",
                                        "--golden", "probabilities=bundle/expected/probabilities.npy"},
                                       scratch.path());
  EXPECT_EQ(result.status, 0) << result.out;
  EXPECT_THAT(result.out, HasSubstr("probabilities equals"));
}

TEST(Bundle, TheMapNamesEveryTensorOfTheProgram) {
  const ScratchDirectory scratch;
  make_bundle(scratch);
  const std::string map = read_text(scratch.file("bundle/memory_map.txt"));
  for (const arch::TensorPlace& place : arch::load_program(scratch.file("bundle/program.gemel")).tensors) {
    std::ostringstream line;
    line << "0x" << std::hex << place.address << std::dec << " " << arch::tensor_bytes(place) << " ";
    EXPECT_THAT(map, HasSubstr(line.str())) << place.name;
    EXPECT_THAT(map, HasSubstr(" " + place.name + "\n"));
  }
}

TEST(Bundle, AppearsWholeOrNotAtAll) {
  const ScratchDirectory scratch;
  make_bundle(scratch);
  EXPECT_THAT(scratch.names(), ElementsAre("bundle", "small.yaml"));
  const auto refused = [&](const std::string& work, const std::string& directory, const std::string& why) {
    const ChildResult result =
        run_gemel({"compile", work, "-c", "gemmini_16x16", "--bundle", directory}, scratch.path());
    EXPECT_EQ(result.status, 2);
    EXPECT_THAT(result.err, HasSubstr(why));
  };
  refused("small.yaml", "bundle", "it is not empty");
  refused("small.yaml", "small.yaml", "it is not a directory");
  refused("small.yaml", "nosuch/bundle", "there is no directory nosuch");
  scratch.write("bad.yaml", "schema: workload/v1\n");
  refused("bad.yaml", "new", "bad.yaml");
  EXPECT_THAT(scratch.names(), ElementsAre("bad.yaml", "bundle", "small.yaml"));
  std::filesystem::create_directory(scratch.file("empty"));
  const ChildResult result =
      run_gemel({"compile", "small.yaml", "-c", "gemmini_16x16", "--bundle", "empty/"}, scratch.path());
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_TRUE(std::filesystem::exists(scratch.file("empty/stimulus.rocc")));
}

TEST(Profile, OnlyFloatOnnxModelsTakeOne) {
  const ScratchDirectory scratch;
  scratch.write("small.yaml", kNetwork);
  scratch.write("p.yaml", "");
  for (const std::vector<std::string>& command : {std::vector<std::string>{"run", "small.yaml"},
                                                  {"compile", "small.yaml", "-c", "gemmini_16x16", "-o", "p.gemel"}}) {
    std::vector<std::string> arguments = command;
    arguments.insert(arguments.end(), {"--profile", "p.yaml"});
    const ChildResult result = run_gemel(arguments, scratch.path());
    EXPECT_EQ(result.status, 2);
    EXPECT_THAT(result.err, HasSubstr("--profile: only float ONNX models"));
  }
  EXPECT_THAT(scratch.names(), ElementsAre("p.yaml", "small.yaml"));
}

}  // namespace
}  // namespace gemel::tests
