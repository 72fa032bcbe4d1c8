// SPDX-License-Identifier: Apache-2.0
#include "compiler/emit/compile.h"

#include <gmock/gmock.h>

#include "compiler/import/network_builder.h"
#include "compiler/passes/fuse_layers.h"
#include "sim/arch/input_error.h"
#include "sim/arch/isa.h"

namespace gemel::compiler {
namespace {

FusedModel two_products() {
  NetworkBuilder builder("two");
  const TensorId x = builder.input("x", {40, 48});
  const TensorId y = builder.linear("y", x, 32, true, {});
  return fuse_layers(builder.finish({builder.linear("z", y, 16, true, {})}));
}

std::size_t count(const arch::Program& program, arch::StepKind kind) {
  std::size_t n = 0;
  for (const arch::Step& step : program.steps) n += step.kind == kind;
  return n;
}

TEST(Compile, ALayerThatReadsTheResultOfAnotherStandsBehindAFence) {
  const arch::Program program = compile_model(two_products(), {}).program;
  ASSERT_EQ(program.layers.size(), 2u);
  std::size_t layers = 0, fences_before_second = 0;
  for (const arch::Step& step : program.steps) {
    if (step.kind == arch::StepKind::Layer) ++layers;
    if (step.kind == arch::StepKind::Fence && layers == 1) ++fences_before_second;
  }
  EXPECT_EQ(layers, 2u);
  EXPECT_EQ(fences_before_second, 1u);
}

TEST(Compile, IndependentLayersAreNotFenced) {
  NetworkBuilder builder("branches");
  const TensorId x = builder.input("x", {32, 32});
  const TensorId y = builder.linear("y", x, 32, true, {}), z = builder.linear("z", x, 32, true, {});
  const arch::Program program = compile_model(fuse_layers(builder.finish({y, z})), {}).program;
  EXPECT_EQ(count(program, arch::StepKind::Fence), 1u);  // the last
}

TEST(Compile, LayersSayWhatTheyMustMove) {
  const arch::Program program = compile_model(two_products(), {}).program;
  EXPECT_EQ(program.layers[0].macs, 40u * 48 * 32);
  EXPECT_EQ(program.layers[0].min_dram_bytes, 40u * 48 + 48 * 32 + 4 * 32 + 40 * 32);
  EXPECT_EQ(program.layers[0].output, "y");
  EXPECT_EQ(program.macs, 40u * 48 * 32 + 40 * 32 * 16);
}

TEST(Compile, ConfigurationsAreWrittenOnlyWhereTheyChange) {
  const arch::Program program = compile_model(two_products(), {}).program;
  std::size_t execute = 0;
  for (const arch::Command& command : program.commands) {
    if (command.funct == 0 && arch::config_kind(command.rs1) == arch::ConfigKind::Execute) ++execute;
  }
  EXPECT_EQ(execute, 1u);
}

TEST(Compile, AMachineWithoutTheDataflowIsRefused) {
  arch::AcceleratorConfig config;
  config.mesh.dataflow = arch::Dataflow::WeightStationary;
  CompileOptions options;
  options.dataflow = DataflowChoice::OutputStationary;
  EXPECT_THAT([&] { compile_model(two_products(), config, options); },
              testing::Throws<arch::InputError>(
                  testing::Property(&arch::InputError::what, testing::HasSubstr("mesh.dataflow: both"))));
}

TEST(Compile, SumsThatCouldWrapInsideTheArrayAreRefused) {
  arch::AcceleratorConfig config;
  config.mesh.output_bits = 12;
  EXPECT_THAT([&] { compile_model(two_products(), config); },
              testing::Throws<arch::InputError>(
                  testing::Property(&arch::InputError::what, testing::HasSubstr("12-bit sums of the array"))));
}

TEST(Compile, AnInputOfTheWrongSizeIsRefused) {
  CompileOptions options;
  options.inputs["x"] = std::vector<std::uint8_t>(7);
  EXPECT_THROW(compile_model(two_products(), {}, options), arch::InputError);
}

TEST(Compile, EveryStageCanBePrinted) {
  for (const std::string& stage : compile_stages()) {
    CompileOptions options;
    options.dump_after = stage;
    EXPECT_FALSE(compile_model(two_products(), {}, options).dump.empty()) << stage;
  }
}

TEST(Compile, BiasIsAPassOfTheArrayWhereLoadingItWouldTakeLonger) {
  const auto tiles_of = [](std::int64_t lanes) {
    NetworkBuilder builder("bias");
    const TensorId x = builder.input("x", {2048, lanes});
    CompileOptions options;
    options.dump_after = "tiles";
    return compile_model(fuse_layers(builder.finish({builder.linear("y", x, 64, true, {})})), {}, options).dump;
  };
  EXPECT_THAT(tiles_of(16), testing::HasSubstr("bias in the array"));
  EXPECT_THAT(tiles_of(512), testing::Not(testing::HasSubstr("bias in the array")));
}

TEST(Compile, TwoCompilationsAreEqual) {
  const arch::Program a = compile_model(two_products(), {}).program, b = compile_model(two_products(), {}).program;
  EXPECT_TRUE(a.commands == b.commands);
}

}  // namespace
}  // namespace gemel::compiler
