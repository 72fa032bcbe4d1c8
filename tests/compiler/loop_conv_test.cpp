// SPDX-License-Identifier: Apache-2.0
// Layers as convolution loops: what the compiled program leaves in memory is what the reference computes.
#include <gmock/gmock.h>

#include <cstdlib>
#include <random>

#include "compiler/emit/compile.h"
#include "compiler/import/network_builder.h"
#include "compiler/passes/fuse_layers.h"
#include "compiler/reference/graph_executor.h"
#include "sim/arch/input_error.h"
#include "sim/arch/program_checker.h"
#include "tests/support/functional_machine.h"

namespace gemel::compiler {
namespace {

struct Layer {
  Shape input;
  ConvolutionSpec spec;
  bool relu = false;
  std::optional<MaxPool> pool;
};

std::string text_of(const Layer& layer) {
  const Window& w = layer.spec.window;
  return describe_shape(layer.input) + " to " + std::to_string(layer.spec.out_channels) + " channels, kernel " +
         std::to_string(w.kernel_h) + "x" + std::to_string(w.kernel_w) + " stride " + std::to_string(w.stride_h) +
         " dilation " + std::to_string(w.dilation_h) + " padding " + std::to_string(w.padding.top) + " " +
         std::to_string(w.padding.left) + " groups " + std::to_string(layer.spec.groups) +
         (layer.spec.bias ? " bias" : "") + (layer.pool ? " pooled " : "") +
         (layer.pool ? std::to_string(layer.pool->window.kernel_h) : "");
}

Graph network_of(const Layer& layer) {
  NetworkBuilder builder("convolution");
  LayerFinish finish;
  finish.relu = layer.relu;
  const TensorId x = builder.input("x", layer.input);
  const TensorId y = builder.convolution("y", x, layer.spec, finish);
  return builder.finish({layer.pool ? builder.plain("pooled", *layer.pool, {y}) : y});
}

Layer layer_of(Shape input, std::int64_t outputs, std::int64_t kernel, std::int64_t stride = 1,
               std::int64_t padding = 0) {
  Layer layer;
  layer.input = std::move(input);
  layer.spec.out_channels = outputs;
  layer.spec.window.kernel_h = layer.spec.window.kernel_w = kernel;
  layer.spec.window.stride_h = layer.spec.window.stride_w = stride;
  layer.spec.window.padding = {padding, padding, padding, padding};
  return layer;
}

arch::AcceleratorConfig machine_of(std::uint32_t dim, std::uint32_t scratchpad_kib, std::uint32_t accumulator_kib,
                                   arch::IsaVersion version) {
  arch::AcceleratorConfig config;
  config.name = "machine";
  config.mesh.dim = dim;
  config.mesh.output_bits = 22;
  config.isa_version = version;
  config.scratchpad.capacity_kib = scratchpad_kib;
  config.accumulator.capacity_kib = accumulator_kib;
  return config;
}

std::vector<arch::AcceleratorConfig> machines() {
  std::vector<arch::AcceleratorConfig> all;
  for (const arch::IsaVersion version : {arch::IsaVersion::GemminiV07, arch::IsaVersion::Gemmini2025}) {
    all.push_back(machine_of(4, 8, 4, version));
    all.push_back(machine_of(8, 16, 16, version));
    all.push_back(machine_of(16, 256, 64, version));
    all.push_back(machine_of(16, 32, 8, version));
    all.push_back(machine_of(32, 128, 32, version));
  }
  return all;
}

std::size_t conv_loops_in(const arch::Program& program) {
  std::size_t loops = 0;
  for (const arch::Command& command : program.commands) {
    loops += static_cast<arch::Funct>(command.funct) == arch::Funct::LoopConvWs ? 1 : 0;
  }
  return loops;
}

// Convolution loops of the program; fails where it does not compute what the graph says.
std::size_t run_and_compare(const Layer& layer, const arch::AcceleratorConfig& config) {
  const Graph graph = network_of(layer);
  CompileOptions options;
  options.loops = LoopUse::Always;
  options.dump_after = "schedule";
  options.schedule_lines = 20;
  const Compilation compiled = compile_model(fuse_layers(graph), config, options);
  const std::string what = text_of(layer) + "\n" + compiled.dump;
  if (const auto violation = arch::find_violation(compiled.program, config)) {
    ADD_FAILURE() << violation->message(compiled.program) << "\n" << what;
    return 0;
  }
  test_support::FunctionalMachine machine(config);
  const std::vector<std::uint8_t> memory = machine.run(compiled.program);
  const auto values = execute_graph(graph);
  for (const TensorId output : graph.outputs) {
    const arch::TensorPlace* place = arch::find_tensor(compiled.program, graph.tensor(output).name);
    const std::vector<std::uint8_t> expected = values.at(output).bytes();
    const std::uint8_t* got = memory.data() + (place->address - compiled.program.base);
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), got)) << what;
  }
  return conv_loops_in(compiled.program);
}

// On most machines; where lanes are whole kernel rows, rows of pixels may lie so that loops can not read them.
void expect_loops(const Layer& layer) {
  std::size_t looped = 0;
  for (const arch::AcceleratorConfig& config : machines()) {
    SCOPED_TRACE("DIM " + std::to_string(config.mesh.dim) + ", scratchpad " +
                 std::to_string(config.scratchpad.capacity_kib) + " KiB, version " +
                 std::to_string(static_cast<int>(config.isa_version)));
    try {
      const std::size_t loops = run_and_compare(layer, config);
      EXPECT_GT(loops, 0u);
      ++looped;
    } catch (const arch::InputError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("rows of its image are no whole number of pixels apart"));
    }
  }
  EXPECT_GE(looped, 6u) << text_of(layer);
}

TEST(ConvLoops, ComputeAPaddedKernelAtAllEdgesOfDim) {
  for (const std::int64_t channels : {3, 4, 5, 15, 16, 20, 40}) {
    expect_loops(layer_of({1, 9, 9, channels}, channels + 1, 3, 1, 1));
  }
}

TEST(ConvLoops, ComputeImagesNarrowerAndWiderThanDim) {
  for (const std::int64_t width : {1, 3, 15, 16, 17, 35}) expect_loops(layer_of({1, 5, width, 20}, 9, 3, 1, 1));
}

TEST(ConvLoops, ComputeStridesWithAndWithoutPadding) {
  for (const std::int64_t stride : {2, 3}) {
    expect_loops(layer_of({1, 13, 14, 18}, 20, 3, stride, 1));
    expect_loops(layer_of({1, 13, 14, 18}, 20, 3, stride, 0));
    expect_loops(layer_of({1, 12, 11, 6}, 7, 5, stride, 2));
  }
}

TEST(ConvLoops, ComputeDilatedKernels) {
  Layer layer = layer_of({1, 14, 11, 20}, 17, 3, 1, 2);
  layer.spec.window.dilation_h = layer.spec.window.dilation_w = 2;
  expect_loops(layer);
  layer.input[3] = 17;
  layer.spec.window.padding = {3, 0, 1, 2};
  layer.spec.bias = false;
  expect_loops(layer);
}

TEST(ConvLoops, ComputeKernelsThatAreNotSquareAndPaddingThatIsNotEven) {
  Layer layer = layer_of({1, 9, 12, 20}, 10, 3);
  layer.spec.window.kernel_w = 1;
  layer.spec.window.padding = {2, 0, 0, 0};
  expect_loops(layer);
  layer.spec.window.kernel_w = 5;
  layer.spec.window.padding = {0, 4, 1, 1};
  expect_loops(layer);
}

TEST(ConvLoops, ComputeSeveralImages) { expect_loops(layer_of({3, 7, 6, 18}, 19, 3, 1, 1)); }

TEST(ConvLoops, ComputeDepthwiseLayers) {
  for (const std::int64_t channels : {1, 4, 15, 16, 33}) {
    Layer layer = layer_of({1, 8, 9, channels}, channels, 3, channels % 2 == 0 ? 2 : 1, 1);
    layer.spec.groups = channels;
    expect_loops(layer);
  }
}

TEST(ConvLoops, ComputePooledLayers) {
  for (const std::int64_t size : {2, 3}) {
    Layer layer = layer_of({1, 12, 13, 17}, 18, 3, 1, 1);
    layer.relu = true;
    layer.pool = MaxPool{};
    layer.pool->window.kernel_h = layer.pool->window.kernel_w = size;
    layer.pool->window.stride_h = layer.pool->window.stride_w = 2;
    if (size == 3) layer.pool->window.padding = {1, 1, 1, 1};
    expect_loops(layer);
  }
}

TEST(ConvLoops, CutSumsWhoseWeightsFitNoHalf) {
  // 300 lanes of 25 taps on a machine with 8 KiB.
  EXPECT_GT(run_and_compare(layer_of({1, 5, 5, 300}, 6, 5, 1, 2), machine_of(4, 8, 4, arch::IsaVersion::GemminiV07)),
            1u);
}

TEST(ConvLoops, RandomLayersGiveWhatTheReferenceGives) {
  const char* given = std::getenv("GEMEL_SEED");
  const unsigned seed = given ? static_cast<unsigned>(std::atoi(given)) : std::random_device{}();
  std::printf("GEMEL_SEED=%u\n", seed);
  std::mt19937 random(seed);
  const auto pick = [&](std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random);
  };
  const auto all = machines();
  std::size_t looped = 0;
  for (int i = 0; i < 100; ++i) {
    const arch::AcceleratorConfig& config = all[static_cast<std::size_t>(pick(0, 9))];
    const std::int64_t stride = pick(1, 3), kernel = pick(1, 5);
    Layer layer = layer_of({pick(1, 2), pick(5, 20), pick(5, 20), pick(1, 50)}, pick(1, 50), kernel, stride);
    Window& window = layer.spec.window;
    if (pick(0, 2) == 0) window.kernel_w = pick(1, 5);
    if (pick(0, 3) == 0) window.dilation_h = window.dilation_w = 2;
    window.padding = {pick(0, window.kernel_h - 1), pick(0, window.kernel_w - 1), pick(0, window.kernel_h - 1),
                      pick(0, window.kernel_w - 1)};
    if (window.output_h(layer.input[1]) < 3 || window.output_w(layer.input[2]) < 3) continue;
    if (pick(0, 3) == 0) {
      const std::int64_t groups = pick(2, 4), each = pick(1, 18);
      layer.input[3] = groups * each;
      layer.spec.groups = groups;
      layer.spec.out_channels = groups * pick(1, 18);
    } else if (pick(0, 3) == 0) {
      layer.spec.groups = layer.spec.out_channels = layer.input[3];
    }
    layer.spec.bias = pick(0, 1) == 1;
    if (pick(0, 2) == 0) {
      layer.relu = true;
      layer.pool = MaxPool{};
      layer.pool->window.kernel_h = layer.pool->window.kernel_w = pick(2, 3);
      layer.pool->window.stride_h = layer.pool->window.stride_w = pick(1, 3);
    }
    SCOPED_TRACE("seed " + std::to_string(seed) + " layer " + std::to_string(i));
    try {
      looped += run_and_compare(layer, config) > 0 ? 1 : 0;
    } catch (const arch::InputError& error) {
      ASSERT_THAT(error.what(), testing::HasSubstr("would be right"));
    }
  }
  EXPECT_GT(looped, 40u);
}

}  // namespace
}  // namespace gemel::compiler
