// SPDX-License-Identifier: Apache-2.0
// Convolutions as plain instructions or as loops: what is predicted against what the machine takes, and that the faster
// form is chosen.
#include <gmock/gmock.h>

#include "compiler/emit/compile.h"
#include "compiler/import/network_builder.h"
#include "compiler/passes/fuse_layers.h"
#include "compiler/schedule/command_timing.h"
#include "sim/top/run.h"

namespace gemel::compiler {
namespace {

struct Convolution {
  const char* name;
  std::int64_t height, width, channels, outputs, kernel, stride, padding, dilation, groups, pool;
};

const Convolution kConvolutions[] = {
    {"3x3_14x14x32", 14, 14, 32, 32, 3, 1, 1, 1, 1, 0},     {"3x3_7x7x64", 7, 7, 64, 48, 3, 1, 1, 1, 1, 0},
    {"3x3_28x28x16", 28, 28, 16, 20, 3, 1, 1, 1, 1, 0},     {"strided_15x15x32", 15, 15, 32, 32, 3, 2, 1, 1, 1, 0},
    {"dilated_12x20x17", 12, 20, 17, 33, 3, 1, 2, 2, 1, 0}, {"depthwise_14x14x48", 14, 14, 48, 48, 3, 1, 1, 1, 48, 0},
    {"pooled_16x16x16", 16, 16, 16, 32, 3, 1, 1, 1, 1, 2},  {"valid_5x5_10x10x16", 10, 10, 16, 16, 5, 1, 0, 1, 1, 0},
};
constexpr std::uint32_t kGaps[] = {0, 16, 40};

Graph network_of(const Convolution& c) {
  NetworkBuilder builder("convolution");
  ConvolutionSpec spec;
  spec.out_channels = c.outputs;
  spec.groups = c.groups;
  spec.window.kernel_h = spec.window.kernel_w = c.kernel;
  spec.window.stride_h = spec.window.stride_w = c.stride;
  spec.window.dilation_h = spec.window.dilation_w = c.dilation;
  spec.window.padding = {c.padding, c.padding, c.padding, c.padding};
  LayerFinish finish;
  finish.relu = true;
  const TensorId x = builder.input("x", {1, c.height, c.width, c.channels});
  const TensorId y = builder.convolution("y", x, spec, finish);
  if (c.pool == 0) return builder.finish({y});
  MaxPool pool;
  pool.window.kernel_h = pool.window.kernel_w = pool.window.stride_h = pool.window.stride_w = c.pool;
  return builder.finish({builder.plain("pooled", pool, {y})});
}

Compilation compiled(const Convolution& convolution, const arch::AcceleratorConfig& config, LoopUse use) {
  CompileOptions options;
  options.loops = use;
  options.dump_after = "tiles";
  return compile_model(fuse_layers(network_of(convolution)), config, options);
}

std::uint64_t cycles_of(const arch::Program& program, const arch::AcceleratorConfig& config) {
  sim::RunOptions options;
  options.timing_only = true;
  return sim::run_program(program, config, options).statistics.cycles;
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

TEST(CommandTimingOfConvolutions, PredictsWithinSixPerCentOfTheMachine) {
  for (const Convolution& convolution : kConvolutions) {
    for (const std::uint32_t gap : kGaps) {
      const arch::AcceleratorConfig config = slow_host(gap);
      for (const LoopUse use : {LoopUse::Never, LoopUse::Always}) {
        const Compilation compilation = compiled(convolution, config, use);
        const auto measured = static_cast<double>(cycles_of(compilation.program, config));
        const auto predicted = static_cast<double>(predict(compilation.program.commands, machine_of(config)).cycles);
        EXPECT_NEAR(predicted / measured, 1.0, 0.06) << convolution.name << " gap " << gap << ": " << predicted
                                                     << " predicted, " << measured << " measured; " << compilation.dump;
      }
    }
  }
}

// Loops where they gain more than a fiftieth; never where they lose.
TEST(ConvLoopChoice, TakesLoopsWhereTheMachineRunsThemClearlyFaster) {
  for (const Convolution& convolution : kConvolutions) {
    for (const std::uint32_t gap : kGaps) {
      const arch::AcceleratorConfig config = slow_host(gap);
      const std::uint64_t plain = cycles_of(compiled(convolution, config, LoopUse::Never).program, config);
      const std::uint64_t loops = cycles_of(compiled(convolution, config, LoopUse::Always).program, config);
      const Compilation chosen = compiled(convolution, config, LoopUse::Automatic);
      const bool is_near = loops < plain && loops + plain / 40 > plain;
      const std::uint64_t wanted = loops < plain && !is_near ? loops : plain;
      const std::uint64_t cycles = cycles_of(chosen.program, config);
      EXPECT_TRUE(cycles == wanted || (is_near && cycles == loops))
          << cycles << " chosen; " << convolution.name << " gap " << gap << ": " << plain << " plain, " << loops
          << " loops; " << chosen.dump;
    }
  }
}

}  // namespace
}  // namespace gemel::compiler
