// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/accelerator_config_yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "sim/arch/accelerator_settings.h"
#include "sim/arch/input_error.h"
#include "tests/support/refusal.h"

namespace gemel::arch {
namespace {

namespace fs = std::filesystem;
using test_support::error_of;
using ::testing::HasSubstr;

const std::string kConfigDir = GEMEL_SOURCE_DIR "/configs/accelerators";

std::string override_error(const std::string& override, const std::string& config = "gemmini_16x16") {
  return error_of([&] { load_accelerator_config(config, {override}, kConfigDir); });
}

// A directory of its own for each test, removed afterwards.
class ConfigFiles : public ::testing::Test {
 protected:
  ConfigFiles() {
    const std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::random_device number;
    directory_ = fs::temp_directory_path() / ("gemel_config_" + name + "_" + std::to_string(number()));
    fs::create_directories(directory_);
  }
  ~ConfigFiles() override { fs::remove_all(directory_); }

  std::string write(const std::string& file, const std::string& text) {
    const fs::path path = directory_ / file;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path.string();
  }

  fs::path directory_;
};

// --- reading and writing --------------------------------------------------------------------------------------------

TEST_F(ConfigFiles, WrittenFileReadsBackEqual) {
  for (const std::string& name : shipped_configs(kConfigDir)) {
    const AcceleratorConfig config = load_accelerator_config(name, {}, kConfigDir);
    EXPECT_EQ(load_accelerator_config(write(name + ".yaml", to_yaml(config))), config) << name;
  }
}

TEST_F(ConfigFiles, RandomConfigsReadBackEqual) {
  const unsigned seed = 20240611;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  int accepted = 0;
  for (int i = 0; i < 20000; ++i) {
    AcceleratorConfig config;
    config.name = "random_" + std::to_string(i);
    // A few keys at a time, else hardly any machine can be built.
    for (int change = 0; change < 6; ++change) {
      const Setting& setting = accelerator_settings()[random() % accelerator_settings().size()];
      if (setting.is_number) {
        setting.set(config, 1u << (random() % 17));
      } else {
        setting.set(config, setting.words[random() % setting.words.size()].second);
      }
    }
    if (find_violation(config)) continue;
    ++accepted;
    ASSERT_EQ(load_accelerator_config(write("random.yaml", to_yaml(config))), config) << to_yaml(config);
  }
  EXPECT_GT(accepted, 200);
}

TEST_F(ConfigFiles, BaseGivesTheKeysThatTheFileLeavesOut) {
  const std::string path = write("mine.yaml",
                                 "schema: accelerator/v1\nname: mine\nbase: gemmini_16x16\n"
                                 "mesh:\n  dim: 8\n  dataflow: ws\nmemory:\n  latency_cycles: 100\n");
  AcceleratorConfig expected;
  expected.name = "mine";
  expected.mesh.dim = 8;
  expected.mesh.output_bits = 19;  // auto in the base
  expected.mesh.dataflow = Dataflow::WeightStationary;
  expected.memory.latency_cycles = 100;
  EXPECT_EQ(load_accelerator_config(path, {}, kConfigDir), expected);
}

TEST_F(ConfigFiles, BaseFileIsLookedUpBesideTheFileAndMayHaveABaseItself) {
  write("first.yaml", "schema: accelerator/v1\nname: first\nbase: tiny_4x4\nqueues: {load: 3, store: 3}\n");
  write("below/second.yaml", "schema: accelerator/v1\nname: second\nbase: ../first.yaml\nqueues: {store: 5}\n");
  const AcceleratorConfig config = load_accelerator_config((directory_ / "below/second.yaml").string(), {}, kConfigDir);
  EXPECT_EQ(config.name, "second");
  EXPECT_EQ(config.mesh.dim, 4u);
  EXPECT_EQ(config.queues.load, 3u);
  EXPECT_EQ(config.queues.store, 5u);
}

TEST_F(ConfigFiles, CircleOfBasesIsRefused) {
  write("a.yaml", "schema: accelerator/v1\nname: a\nbase: b.yaml\n");
  write("b.yaml", "schema: accelerator/v1\nname: b\nbase: ./a.yaml\n");
  EXPECT_EQ(error_of([&] { load_accelerator_config((directory_ / "a.yaml").string()); }),
            (directory_ / "b.yaml").string() + ":3:7: base: './a.yaml' leads back to a file that is based on this one");
}

TEST_F(ConfigFiles, CompleteFileNeedsEveryKeyThatMayNotBeLeftOut) {
  const std::string complete = to_yaml(AcceleratorConfig());
  std::istringstream lines(complete);
  std::string line;
  int removed = 0;
  for (std::size_t at = 0; std::getline(lines, line); at += line.size() + 1) {
    if (line.back() == ':') continue;  // the head of a section
    std::string text = complete;
    text.erase(at, line.size() + 1);
    if (line == "normalisations: false") {
      const ResolvedConfig resolved = resolve_accelerator_config(write("short.yaml", text));
      EXPECT_FALSE(resolved.config.normalisations);
      EXPECT_EQ(resolved.origins.at("normalisations").kind, ValueOrigin::Kind::Default);
      EXPECT_THAT(describe_config(resolved), HasSubstr("left out: the default"));
      ++removed;
      continue;
    }
    const std::string error = error_of([&] { load_accelerator_config(write("short.yaml", text)); });
    EXPECT_THAT(error, ::testing::AnyOf(HasSubstr("missing key"), HasSubstr("got nothing"))) << line;
    ++removed;
  }
  EXPECT_EQ(removed, static_cast<int>(accelerator_settings().size()) + 2);
}

// --- --set ----------------------------------------------------------------------------------------------------------

TEST(Override, SetsEachKeyAndNothingElse) {
  for (const Setting& setting : accelerator_settings()) {
    std::vector<std::uint32_t> values = {setting.min, setting.max};
    if (!setting.is_number) values = {setting.words.front().second, setting.words.back().second};
    for (const std::uint32_t value : values) {
      AcceleratorConfig config;
      apply_override(config, setting.path, format_setting(setting, value));
      EXPECT_EQ(setting.get(config), value) << setting.path;
      AcceleratorConfig expected;
      setting.set(expected, value);
      EXPECT_EQ(config, expected) << setting.path;
    }
  }
}

TEST(Override, RefusesTheValuesJustOutsideTheRange) {
  for (const Setting& setting : accelerator_settings()) {
    if (!setting.is_number) continue;
    AcceleratorConfig config;
    const std::string above = std::to_string(setting.max + 1);
    EXPECT_EQ(error_of([&] { apply_override(config, setting.path, above); }),
              "--set " + setting.path + "=" + above + ": " + setting.path + ": '" + above +
                  "' is out of range; expected " + std::to_string(setting.min) + " to " + std::to_string(setting.max));
    const std::string below = std::to_string(static_cast<std::int64_t>(setting.min) - 1);
    EXPECT_THAT(error_of([&] { apply_override(config, setting.path, below); }), HasSubstr("is out of range"));
    EXPECT_EQ(config, AcceleratorConfig());
  }
}

TEST(Override, LastOneWins) {
  EXPECT_EQ(load_accelerator_config("gemmini_16x16", {"mesh.dim=8", "mesh.dim=32"}, kConfigDir).mesh.dim, 32u);
}

TEST(Override, ShortNamesOfDataflowsAreAccepted) {
  AcceleratorConfig config;
  apply_override(config, "mesh.dataflow", "os");
  EXPECT_EQ(config.mesh.dataflow, Dataflow::OutputStationary);
  apply_override(config, "mesh.dataflow", "ws");
  EXPECT_EQ(config.mesh.dataflow, Dataflow::WeightStationary);
}

TEST(Override, DefaultMachineTakesEveryArraySizeThatItsMemoriesHold) {
  for (const std::string dim : {"2", "4", "8", "16", "32", "64"}) {
    const AcceleratorConfig config = load_accelerator_config("gemmini_16x16", {"mesh.dim=" + dim}, kConfigDir);
    EXPECT_EQ(config.mesh.output_bits, required_output_bits(config.mesh.dim));
  }
  EXPECT_EQ(override_error("mesh.dim=128"),
            "--set mesh.dim=128: accumulator.capacity_kib: 64 KiB in 2 banks of 512-byte rows is 64 rows a bank; a "
            "bank must hold a block of mesh.dim = 128 rows, so the least is 128 KiB");
}

TEST(Override, ValuesThatOnlyFitTogetherMayComeInAnyOrder) {
  EXPECT_EQ(error_of([] {
              load_accelerator_config("gemmini_16x16", {"mesh.dim=128", "accumulator.capacity_kib=128"}, kConfigDir);
            }),
            "(no error)");
}

TEST(Override, MistakesAreExplained) {
  EXPECT_EQ(override_error("mesh.dimm=3"), "--set mesh.dimm=3: unknown key 'mesh.dimm'; did you mean 'mesh.dim'?");
  EXPECT_EQ(override_error("dim=8"), "--set dim=8: unknown key 'dim'; did you mean 'mesh.dim'?");
  EXPECT_EQ(override_error("memory=8"),
            "--set memory=8: 'memory' is a section; its keys are memory.latency_cycles, memory.jitter_cycles, "
            "memory.beat_gap_cycles, memory.seed");
  EXPECT_EQ(override_error("qwertyuiop=8"),
            "--set qwertyuiop=8: unknown key 'qwertyuiop'; `gemel config` lists the keys");
  EXPECT_EQ(override_error("mesh.dim"), "--set mesh.dim: expected KEY=VALUE, such as mesh.dim=32");
  EXPECT_EQ(override_error("=8"), "--set =8: expected KEY=VALUE, such as mesh.dim=32");
  EXPECT_EQ(override_error("mesh.dim="), "--set mesh.dim=: mesh.dim: expected a whole number, got nothing");
  EXPECT_EQ(override_error("mesh.dim=abc"), "--set mesh.dim=abc: mesh.dim: expected a whole number, got 'abc'");
  EXPECT_EQ(override_error("mesh.dim=24"),
            "--set mesh.dim=24: mesh.dim: 24 is not a power of two; the nearest are 16 and 32");
  EXPECT_EQ(override_error("mesh.dim=8\n"), "--set mesh.dim=8\\n: mesh.dim: expected a whole number, got '8\\n'");
}

// --- where values come from -----------------------------------------------------------------------------------------

TEST_F(ConfigFiles, EveryValueKnowsWhereItWasWritten) {
  write("base.yaml", to_yaml(AcceleratorConfig()));
  const std::string path = write("mine.yaml", "schema: accelerator/v1\nname: mine\nbase: base.yaml\nmesh:\n  dim: 8\n");
  const ResolvedConfig resolved = resolve_accelerator_config(path, {"memory.latency_cycles=7"});
  EXPECT_EQ(resolved.origins.size(), accelerator_settings().size());
  EXPECT_EQ(resolved.origins.at("mesh.dim").kind, ValueOrigin::Kind::File);
  EXPECT_EQ(to_string(resolved.origins.at("mesh.dim").position), path + ":5:8");
  EXPECT_EQ(resolved.origins.at("isa.version").kind, ValueOrigin::Kind::BaseFile);
  EXPECT_EQ(to_string(resolved.origins.at("isa.version").position), (directory_ / "base.yaml").string() + ":4:12");
  EXPECT_EQ(resolved.origins.at("memory.latency_cycles").kind, ValueOrigin::Kind::CommandLine);
  EXPECT_EQ(to_string(resolved.origins.at("memory.latency_cycles").position), "--set memory.latency_cycles=7");
}

TEST_F(ConfigFiles, DescriptionListsEveryKeyOnceWithValueAndOrigin) {
  const std::string text =
      describe_config(resolve_accelerator_config("tiny_4x4", {"memory.latency_cycles=7"}, kConfigDir));
  for (const Setting& setting : accelerator_settings()) {
    const std::size_t found = text.find("\n  " + setting.path + " ");
    ASSERT_NE(found, std::string::npos) << setting.path;
    EXPECT_EQ(text.find("\n  " + setting.path + " ", found + 1), std::string::npos) << setting.path;
  }
  EXPECT_THAT(text, ::testing::ContainsRegex("mesh.output_bits +18 +bits +[^\n]*tiny_4x4.yaml:[0-9]+:16 \\(auto\\)\n"));
  EXPECT_THAT(text, ::testing::ContainsRegex("memory.latency_cycles +7 +cycles +--set memory.latency_cycles=7\n"));
  EXPECT_THAT(text, HasSubstr("4096 rows of 4 bytes; 4 banks of 1024 rows"));
}

// --- finding files --------------------------------------------------------------------------------------------------

TEST_F(ConfigFiles, BareNameIsLookedUpInTheDirectoryOfConfigurations) {
  write("own.yaml", to_yaml(AcceleratorConfig()));
  EXPECT_TRUE(fs::equivalent(find_config("own", directory_.string()), directory_ / "own.yaml"));
  EXPECT_EQ(find_config("some/path.yaml", directory_.string()), "some/path.yaml");
  EXPECT_EQ(error_of([&] { find_config("owm", directory_.string()); }),
            "no configuration named 'owm'; did you mean 'own'?");
  EXPECT_EQ(error_of([&] { find_config("xyz", directory_.string()); }), "no configuration named 'xyz'; known: own");
  EXPECT_EQ(error_of([&] { find_config("", directory_.string()); }),
            "a configuration is named by a path or by a shipped name, got nothing");
}

TEST_F(ConfigFiles, EnvironmentNamesTheDirectoryOfConfigurations) {
  write("elsewhere.yaml", to_yaml(AcceleratorConfig()));
  ::setenv("GEMEL_CONFIG_DIR", directory_.c_str(), 1);
  const std::vector<std::string> names = shipped_configs();
  ::unsetenv("GEMEL_CONFIG_DIR");
  EXPECT_THAT(names, ::testing::ElementsAre("elsewhere"));
  EXPECT_TRUE(fs::equivalent(default_config_dir(), kConfigDir));
}

TEST_F(ConfigFiles, FilesThatCannotBeReadAreNamed) {
  EXPECT_EQ(error_of([] { load_accelerator_config("nowhere/none.yaml"); }), "nowhere/none.yaml: file not found");
  const std::string directory = directory_.string() + "/";
  EXPECT_EQ(error_of([&] { load_accelerator_config(directory); }),
            directory + ": is a directory; expected a YAML file");
  EXPECT_EQ(error_of([] { shipped_configs("nowhere"); }),
            "nowhere: no such directory of configurations; see GEMEL_CONFIG_DIR");
}

// --- malformed files ------------------------------------------------------------------------------------------------

// Each file says in its first line what it must get: "# expect: " and the message after the file's name, with
// DIR for the directory of the files.
TEST(BadConfigs, EachGetsExactlyItsLine) {
  const fs::path directory = GEMEL_SOURCE_DIR "/tests/arch/bad_configs";
  int files = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    const std::string path = entry.path().string();
    std::string expected = test_support::expectation_of(path);
    ASSERT_NE(expected, "") << path << " does not say what it expects";
    const bool names_another_file = expected.compare(0, 4, "DIR/") == 0;
    for (std::size_t at = 0; (at = expected.find("DIR/", at)) != std::string::npos;) {
      expected.replace(at, 4, directory.string() + "/");
    }
    if (!names_another_file) expected = path + expected;
    const std::string error = error_of([&] { load_accelerator_config(path, {}, kConfigDir); });
    EXPECT_EQ(error, expected);
    EXPECT_EQ(error.find('\n'), std::string::npos) << path;
    ++files;
  }
  EXPECT_GE(files, 60);
}

}  // namespace
}  // namespace gemel::arch
