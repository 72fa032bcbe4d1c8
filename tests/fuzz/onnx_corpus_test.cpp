// SPDX-License-Identifier: Apache-2.0
// The fuzzer's target on its corpus and on random changes of it, in every build.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "sim/arch/file_io.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace gemel::compiler {
namespace {

std::vector<std::string> corpus() {
  std::vector<std::string> paths;
  const std::string directory = GEMEL_SOURCE_DIR "/tests/fuzz/onnx_corpus";
  for (const auto& entry : std::filesystem::directory_iterator(directory)) paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> contents;
  for (const std::string& path : paths) contents.push_back(arch::load_file(path));
  return contents;
}

void run(const std::string& bytes) {
  EXPECT_EQ(LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()), 0);
}

TEST(OnnxCorpus, EveryFileIsImportedOrRefused) {
  const std::vector<std::string> files = corpus();
  ASSERT_GE(files.size(), 20u);
  for (const std::string& bytes : files) run(bytes);
}

TEST(OnnxCorpus, RandomChangesAreImportedOrRefused) {
  const unsigned seed = 20261122;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::vector<std::string> files = corpus();
  for (int round = 0; round < 4000; ++round) {
    std::string bytes = files[random() % files.size()];
    for (unsigned change = 1 + random() % 4; change > 0 && !bytes.empty(); --change) {
      const std::size_t at = random() % bytes.size();
      switch (random() % 4) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.erase(at, 1 + random() % 8);
          break;
        case 2:
          bytes.insert(at, 1, static_cast<char>(random()));
          break;
        default:
          bytes += bytes.substr(at, 1 + random() % 64);
      }
    }
    run(bytes);
  }
}

}  // namespace
}  // namespace gemel::compiler
