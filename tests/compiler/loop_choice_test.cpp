// SPDX-License-Identifier: Apache-2.0
// Plain instructions or loops: what is predicted against what the machine takes, and that the faster form is chosen.
#include <gmock/gmock.h>

#include "compiler/emit/compile.h"
#include "compiler/import/network_builder.h"
#include "compiler/passes/fuse_layers.h"
#include "compiler/schedule/command_timing.h"
#include "sim/arch/input_error.h"
#include "sim/top/run.h"

namespace gemel::compiler {
namespace {

struct Product {
  std::int64_t rows, lanes, outputs;
  bool bias;
};

Graph network_of(const Product& product) {
  NetworkBuilder builder("product");
  const TensorId x = builder.input("x", {product.rows, product.lanes});
  return builder.finish({builder.linear("y", x, product.outputs, product.bias, {})});
}

Graph small_network() { return network_of({64, 64, 64, true}); }

Compilation compiled(const Graph& graph, const arch::AcceleratorConfig& config, LoopUse use) {
  CompileOptions options;
  options.loops = use;
  options.dump_after = "tiles";
  return compile_model(fuse_layers(graph), config, options);
}

std::uint64_t cycles_of(const arch::Program& program, const arch::AcceleratorConfig& config) {
  sim::RunOptions options;
  options.timing_only = true;
  return sim::run_program(program, config, options).statistics.cycles;
}

std::size_t loops_in(const arch::Program& program) {
  std::size_t loops = 0;
  for (const arch::Command& command : program.commands) {
    loops += static_cast<arch::Funct>(command.funct) == arch::Funct::LoopWs ? 1 : 0;
  }
  return loops;
}

arch::AcceleratorConfig slow_host(std::uint32_t gap) {
  arch::AcceleratorConfig config;
  config.host.issue_gap_cycles = gap;
  return config;
}

Machine machine_of(const arch::AcceleratorConfig& config) {
  Machine machine;
  machine.config = config;
  machine.derived = arch::derive(config);
  return machine;
}

const Product kProducts[] = {{1, 1, 1, false},      {15, 17, 33, true},    {16, 16, 16, false},   {17, 64, 31, true},
                             {49, 128, 96, true},   {64, 64, 64, false},   {128, 128, 128, true}, {100, 300, 64, false},
                             {1, 512, 256, true},   {400, 48, 32, true},   {64, 1024, 64, false}, {256, 64, 256, false},
                             {196, 256, 128, true}, {31, 1000, 10, false}, {128, 96, 200, true}};
constexpr std::uint32_t kGaps[] = {0, 4, 16, 40};

TEST(CommandTiming, PredictsWithinSixPerCentOfTheMachine) {
  for (const Product& product : kProducts) {
    for (const std::uint32_t gap : kGaps) {
      const arch::AcceleratorConfig config = slow_host(gap);
      for (const LoopUse use : {LoopUse::Never, LoopUse::Always}) {
        const Compilation compilation = compiled(network_of(product), config, use);
        const auto measured = static_cast<double>(cycles_of(compilation.program, config));
        const auto predicted = static_cast<double>(predict(compilation.program.commands, machine_of(config)).cycles);
        EXPECT_NEAR(predicted / measured, 1.0, 0.06)
            << product.rows << "x" << product.lanes << "x" << product.outputs << " gap " << gap << ": " << predicted
            << " predicted, " << measured << " measured; " << compilation.dump;
      }
    }
  }
}

// Loops where they gain more than a fiftieth; never where they lose.
TEST(LoopChoice, TakesLoopsWhereTheMachineRunsThemClearlyFaster) {
  for (const Product& product : kProducts) {
    for (const std::uint32_t gap : kGaps) {
      const arch::AcceleratorConfig config = slow_host(gap);
      const Graph graph = network_of(product);
      const std::uint64_t plain = cycles_of(compiled(graph, config, LoopUse::Never).program, config);
      const std::uint64_t loops = cycles_of(compiled(graph, config, LoopUse::Always).program, config);
      const Compilation chosen = compiled(graph, config, LoopUse::Automatic);
      const bool is_near = loops < plain && loops + plain / 40 > plain;
      const std::uint64_t wanted = loops < plain && !is_near ? loops : plain;
      const std::uint64_t cycles = cycles_of(chosen.program, config);
      EXPECT_TRUE(cycles == wanted || (is_near && cycles == loops))
          << cycles << " chosen; " << product.rows << "x" << product.lanes << "x" << product.outputs << " gap " << gap
          << ": " << plain << " plain, " << loops << " loops; " << chosen.dump;
    }
  }
}

TEST(LoopChoice, SaysWhichFormAndWhy) {
  EXPECT_THAT(compiled(small_network(), slow_host(0), LoopUse::Automatic).dump, testing::HasSubstr("  plain: 1,"));
  EXPECT_THAT(compiled(small_network(), slow_host(40), LoopUse::Automatic).dump,
              testing::ContainsRegex("  loop: .* cycles predicted .* against .* \\(host\\) of plain instructions"));
  EXPECT_THAT(compiled(small_network(), slow_host(40), LoopUse::Never).dump,
              testing::HasSubstr("  plain: loops are not wanted"));
}

TEST(LoopChoice, IsObeyedWhereItIsForced) {
  EXPECT_EQ(loops_in(compiled(small_network(), slow_host(40), LoopUse::Never).program), 0u);
  EXPECT_GT(loops_in(compiled(small_network(), slow_host(0), LoopUse::Always).program), 0u);
  EXPECT_EQ(loops_in(compiled(small_network(), slow_host(0), LoopUse::Automatic).program), 0u);
}

TEST(LoopChoice, IsRefusedWhereNoLayerCanBeALoop) {
  NetworkBuilder builder("convolution");
  ConvolutionSpec spec;
  spec.out_channels = 16;
  spec.window.kernel_h = spec.window.kernel_w = 3;
  spec.window.stride_h = 2;
  const TensorId x = builder.input("x", {1, 9, 9, 16});
  const Graph graph = builder.finish({builder.convolution("y", x, spec, {})});
  try {
    compiled(graph, slow_host(0), LoopUse::Always);
    FAIL() << "compiled";
  } catch (const arch::InputError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("no layer can be a loop"));
    EXPECT_THAT(error.what(),
                testing::HasSubstr("'y': loop_conv_ws steps alike down and across, this layer by 2 and 1"));
  }
}

}  // namespace
}  // namespace gemel::compiler
