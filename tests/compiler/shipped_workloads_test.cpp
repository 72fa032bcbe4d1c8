// SPDX-License-Identifier: Apache-2.0
// The workloads that come with the project: right architectures, and values that keep their information.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "compiler/import/workload_yaml.h"
#include "compiler/passes/fuse_layers.h"
#include "compiler/reference/fused_executor.h"
#include "compiler/reference/graph_executor.h"

namespace gemel::compiler {
namespace {

namespace fs = std::filesystem;

const std::string kWorkloads = GEMEL_SOURCE_DIR "/workloads/";

struct Model {
  const char* file;
  std::uint64_t macs;
  double published;  // multiply-accumulates as the literature has them, in units of `unit`
  double unit;
  std::size_t array_layers;
  std::uint64_t weights;  // elements of all int8 constants
};

// Published figures. torchvision's table of models ("GFLOPS", multiply-accumulates;
// https://pytorch.org/vision/stable/models.html): ResNet-50 4.09, VGG-16 15.47, MobileNetV2 0.30, AlexNet 0.71,
// ViT-B/16 17.56. BERT-base: 22.5 G operations for 128 tokens (TinyBERT, arXiv 1909.10351), two a multiply-accumulate;
// embeddings, softmax and normalisation make the difference to 22.35. MLPerf Tiny: arXiv 2106.07597 and its reference
// models: ResNet-8 12.5 M, MobileNetV1 0.25 7.5 M, DS-CNN 2.7 M, autoencoder 0.264 M. GPT-2 block: counted from its
// shapes, T·12·768² + 2·T·S·768 for T tokens over S positions.
const Model kModels[] = {
    {"resnet50", 4089184256, 4.09, 1e9, 55, 25502912},
    {"vgg16", 15470264320, 15.47, 1e9, 16, 138344128},
    {"mobilenet_v2", 300774272, 0.30, 1e9, 54, 3469760},
    {"alexnet", 714188480, 0.71, 1e9, 8, 61090496},
    {"vit_b16", 17563828224, 17.56, 1e9, 99, 0},
    {"bert_base", 11173625856, 22.5 / 2, 1e9, 96, 84934656},
    {"gpt2_block_prefill", 256ull * 12 * 768 * 768 + 2ull * 256 * 256 * 768, 1.91, 1e9, 6, 7077888},
    {"gpt2_block_decode", 12ull * 768 * 768 + 2ull * 256 * 768, 7.47, 1e6, 8, 7077888},
    {"mlperf_tiny_resnet8", 12501632, 12.5, 1e6, 11, 77360},
    {"mlperf_tiny_mobilenet_v1", 7489664, 7.5, 1e6, 29, 208112},
    {"mlperf_tiny_ds_cnn", 2656768, 2.66, 1e6, 11, 22016},
    {"mlperf_tiny_autoencoder", 264192, 0.264, 1e6, 10, 264192},
};

class ShippedModel : public ::testing::TestWithParam<Model> {};

TEST_P(ShippedModel, HasThePublishedSizeAndRunsFusedBitForBit) {
  const Model& model = GetParam();
  const Graph graph = load_workload(kWorkloads + "models/" + model.file + ".yaml");
  EXPECT_EQ(graph.name, model.file);
  EXPECT_EQ(graph_macs(graph), model.macs);
  EXPECT_NEAR(static_cast<double>(model.macs) / model.unit, model.published, 0.01 * model.published);

  std::uint64_t weights = 0;
  for (const Tensor& tensor : graph.tensors) weights += tensor.int8_data.size();
  if (model.weights != 0) {
    EXPECT_EQ(weights, model.weights);
  }

  const FusedModel fused = fuse_layers(graph);
  std::uint64_t fused_macs = 0;
  std::size_t array_layers = 0;
  for (const FusedLayer& layer : fused.layers) {
    fused_macs += layer.macs;
    array_layers += layer.placement == arch::Placement::Array ? 1 : 0;
    if (layer.placement == arch::Placement::Host) {
      EXPECT_FALSE(layer.reason.empty()) << layer.name;
    }
  }
  EXPECT_EQ(fused_macs, model.macs);
  EXPECT_EQ(array_layers, model.array_layers);

  const auto values = execute_graph(graph);
  for (const auto& [id, value] : execute_fused_model(fused)) {
    const auto wanted = values.find(id);
    if (wanted == values.end()) continue;
    EXPECT_EQ(value.int8_data, wanted->second.int8_data) << graph.tensor(id).name;
  }
}

// Activations that keep information: many different values, few saturated, not nearly constant.
TEST_P(ShippedModel, KeepsItsActivationsInformative) {
  const Graph graph = load_workload(kWorkloads + "models/" + GetParam().file + ".yaml");
  for (const auto& [id, value] : execute_graph(graph)) {
    const std::vector<std::int8_t>& data = value.int8_data;
    if (data.size() < 1000 || graph.tensor(id).role == TensorRole::Input) continue;
    std::vector<std::int64_t> histogram(256);
    for (std::int8_t v : data) ++histogram[static_cast<std::size_t>(v + 128)];
    const auto count = static_cast<double>(data.size());
    const auto distinct = std::count_if(histogram.begin(), histogram.end(), [](std::int64_t n) { return n > 0; });
    EXPECT_GE(distinct, 16) << graph.tensor(id).name;
    EXPECT_LT(static_cast<double>(histogram[0] + histogram[255]), 0.01 * count) << graph.tensor(id).name;
    EXPECT_LT(static_cast<double>(*std::max_element(histogram.begin(), histogram.end())), 0.9 * count)
        << graph.tensor(id).name;
  }
}

INSTANTIATE_TEST_SUITE_P(All, ShippedModel, ::testing::ValuesIn(kModels),
                         [](const ::testing::TestParamInfo<Model>& info) { return info.param.file; });

std::vector<std::string> files_of(const std::string& folder) {
  std::vector<std::string> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(kWorkloads + folder))
    files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

TEST(ShippedWorkloads, EachModelFileIsInTheTableAbove) {
  std::set<std::string> known;
  for (const Model& model : kModels) known.insert(kWorkloads + "models/" + model.file + ".yaml");
  for (const std::string& file : files_of("models")) EXPECT_EQ(known.count(file), 1u) << file;
}

TEST(ShippedWorkloads, GemmAndConvFilesRunFusedBitForBit) {
  for (const char* folder : {"gemm", "conv"}) {
    const std::vector<std::string> files = files_of(folder);
    EXPECT_GE(files.size(), 12u) << folder;
    for (const std::string& file : files) {
      SCOPED_TRACE(file);
      const Graph graph = load_workload(file);
      EXPECT_EQ(graph.name, fs::path(file).stem().string());
      const auto values = execute_graph(graph);
      for (const auto& [id, value] : execute_fused_model(fuse_layers(graph))) {
        const auto wanted = values.find(id);
        if (wanted == values.end()) continue;
        EXPECT_EQ(value.int8_data, wanted->second.int8_data) << graph.tensor(id).name;
      }
    }
  }
}

}  // namespace
}  // namespace gemel::compiler
