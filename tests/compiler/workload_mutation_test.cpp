// SPDX-License-Identifier: Apache-2.0
// Damaged workload files: each is refused with one line, or is a sound workload that fuses bit for bit.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <random>

#include "compiler/graph/verify.h"
#include "compiler/import/workload_yaml.h"
#include "compiler/passes/fuse_layers.h"
#include "compiler/reference/fused_executor.h"
#include "compiler/reference/graph_executor.h"
#include "sim/arch/input_error.h"

namespace gemel::compiler {
namespace {

const std::string kSource =
    "schema: workload/v1\n"
    "name: source\n"
    "inputs:\n"
    "  - {name: x, shape: [1, 6, 6, 8]}\n"
    "layers:\n"
    "  - {name: a, op: conv2d, out_channels: 8, kernel: 3, padding: 1, groups: 2, activation: relu}\n"
    "  - {name: p, op: max_pool, kernel: 3, stride: 1, padding: [1, 1, 1, 1]}\n"
    "  - {name: d, op: depthwise_conv2d, kernel: [3, 3], padding: same, add: x, add_multiplier: 3}\n"
    "  - repeat: 2\n"
    "    name: block\n"
    "    layers:\n"
    "      - {name: e, op: conv2d, out_channels: 8, kernel: 1, add: block_input, scale: 0.01}\n"
    "  - {name: s, op: add, inputs: [block, d], multipliers: [2, -1]}\n"
    "  - {name: j, op: concat, inputs: [s, a], axis: 3}\n"
    "  - {name: r, op: reshape, shape: [1, 36, 16]}\n"
    "  - {name: t, op: transpose, permutation: [0, 2, 1]}\n"
    "  - {name: m, op: matmul, inputs: [t, t], transpose_b: true}\n"
    "  - {name: f, op: softmax, causal: true, causal_offset: 1}\n"
    "  - {name: n, op: layer_norm}\n"
    "  - {name: g, op: gelu}\n"
    "  - {name: u, op: slice, axis: 1, begin: 2, end: 9}\n"
    "  - {name: l, op: linear, out_features: 5, bias: false}\n"
    "  - {name: v, op: average_pool, inputs: a, kernel: 2}\n"
    "  - {name: w, op: global_average_pool, inputs: a}\n"
    "outputs: [l, v, w]\n";

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.'; }

// Words of the text and where they are.
std::vector<std::pair<std::size_t, std::size_t>> words_of(const std::string& text) {
  std::vector<std::pair<std::size_t, std::size_t>> words;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && is_word(text[end])) ++end;
    if (end > i) words.emplace_back(i, end - i);
    i = std::max(end, i + 1);
  }
  return words;
}

std::string damaged(std::mt19937& random) {
  std::string text = kSource;
  const char* others[] = {"0",    "1",    "2", "3", "5",      "16", "-1", "0.5", "99999999999999999999",
                          "true", "relu", "x", "a", "[1, 2]", "{}", "''", "~"};
  for (unsigned n = 1 + random() % 2; n > 0; --n) {
    const auto words = words_of(text);
    const auto word = words[random() % words.size()];
    const auto other = words[random() % words.size()];
    switch (random() % 5) {
      case 0:
        text.replace(word.first, word.second, text.substr(other.first, other.second));
        break;
      case 1:
        text.erase(word.first, word.second);
        break;
      case 2:
        text.erase(random() % text.size(), 1);
        break;
      default:
        text.replace(word.first, word.second, others[random() % (sizeof others / sizeof *others)]);
    }
  }
  return text;
}

TEST(DamagedWorkloads, AreRefusedInOneLineOrAreSound) {
  const unsigned seed = 5;
  std::mt19937 random(seed);
  int refused = 0, sound = 0;
  for (int round = 0; round < 3000; ++round) {
    const std::string text = damaged(random);
    SCOPED_TRACE("seed " + std::to_string(seed) + " round " + std::to_string(round) + "\n" + text);
    try {
      const Graph graph = parse_workload(text, "damaged.yaml");
      const auto wanted = execute_graph(graph);
      for (const auto& [id, value] : execute_fused_model(fuse_layers(graph))) {
        if (wanted.find(id) == wanted.end()) continue;
        ASSERT_EQ(value.int8_data, wanted.at(id).int8_data);
      }
      ++sound;
    } catch (const arch::InputError& error) {
      const std::string message = error.what();
      ASSERT_EQ(message.find("damaged.yaml"), 0u) << message;
      ASSERT_EQ(message.find('\n'), std::string::npos) << message;
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000);
  EXPECT_GT(sound, 100);
}

}  // namespace
}  // namespace gemel::compiler
