// SPDX-License-Identifier: Apache-2.0
// Operands that several layers read are loaded once, where they can stay in the scratchpad.
#include <gmock/gmock.h>

#include "compiler/emit/compile.h"
#include "compiler/import/network_builder.h"
#include "compiler/passes/fuse_layers.h"
#include "compiler/reference/graph_executor.h"
#include "sim/arch/program_checker.h"
#include "sim/top/run.h"
#include "tests/support/functional_machine.h"

namespace gemel::compiler {
namespace {

struct Measured {
  std::uint64_t cycles = 0, read_bytes = 0, kept_bytes = 0;
  std::string dump;
};

// Compiles, proves the program legal, compares every output with the reference, and runs it on the machine.
Measured measure(const Graph& graph, const arch::AcceleratorConfig& config, CompileOptions options) {
  options.dump_after = "tiles";
  const Compilation compiled = compile_model(fuse_layers(graph), config, options);
  const auto violation = arch::find_violation(compiled.program, config);
  EXPECT_FALSE(violation) << violation->message(compiled.program);
  test_support::FunctionalMachine machine(config);
  const std::vector<std::uint8_t> memory = machine.run(compiled.program);
  const auto values = execute_graph(graph);
  for (const TensorId output : graph.outputs) {
    const arch::TensorPlace* place = arch::find_tensor(compiled.program, graph.tensor(output).name);
    const std::vector<std::uint8_t> expected = values.at(output).bytes();
    const std::uint8_t* got = memory.data() + (place->address - compiled.program.base);
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), got)) << place->name << "\n" << compiled.dump;
  }
  sim::RunOptions run;
  run.timing_only = true;
  const sim::RunStatistics statistics = sim::run_program(compiled.program, config, run).statistics;
  return {statistics.cycles, statistics.dram_read_bytes, compiled.memory.kept_bytes, compiled.dump};
}

// With operands kept; expects that nothing gets worse by it.
Measured measure_kept(const Graph& graph, const arch::AcceleratorConfig& config, CompileOptions options = {}) {
  options.keep_operands = false;
  const Measured loaded = measure(graph, config, options);
  options.keep_operands = true;
  Measured kept = measure(graph, config, options);
  EXPECT_LE(kept.cycles, loaded.cycles) << kept.dump;
  EXPECT_LE(kept.read_bytes, loaded.read_bytes) << kept.dump;
  EXPECT_TRUE(kept.kept_bytes == 0 || kept.read_bytes < loaded.read_bytes) << kept.dump;
  return kept;
}

Graph three_products(std::int64_t rows, std::int64_t lanes, std::int64_t outputs) {
  NetworkBuilder builder("attention");
  const TensorId x = builder.input("x", {rows, lanes});
  return builder.finish({builder.linear("query", x, outputs, true, {}), builder.linear("key", x, outputs, true, {}),
                         builder.linear("value", x, outputs, true, {})});
}

TEST(KeptOperands, ThreeProductsOfOneMatrixLoadItOnce) {
  const Measured kept = measure_kept(three_products(64, 128, 96), {});
  EXPECT_EQ(kept.kept_bytes, 2u * 64 * 128) << kept.dump;
  EXPECT_THAT(kept.dump, testing::HasSubstr("  8192 bytes not loaded: layer 0 query left them in the scratchpad\n"));
}

ConvolutionSpec convolution(std::int64_t outputs, std::int64_t kernel, std::int64_t stride = 1) {
  ConvolutionSpec spec;
  spec.out_channels = outputs;
  spec.window.kernel_h = spec.window.kernel_w = kernel;
  spec.window.stride_h = spec.window.stride_w = stride;
  spec.window.padding = {kernel / 2, kernel / 2, kernel / 2, kernel / 2};
  return spec;
}

TEST(KeptOperands, WhatIsKeptIsNotRead) {
  CompileOptions options;
  options.keep_operands = false;
  const Measured loaded = measure(three_products(64, 128, 96), {}, options);
  const Measured kept = measure(three_products(64, 128, 96), {}, {});
  EXPECT_EQ(loaded.kept_bytes, 0u);
  EXPECT_EQ(kept.read_bytes + kept.kept_bytes, loaded.read_bytes);
}

TEST(KeptOperands, OtherWidthsAndScalesFindTheSameMatrix) {
  NetworkBuilder builder("branches");
  const TensorId x = builder.input("x", {49, 80});
  LayerFinish coarse, fine;
  coarse.scale = 0.001f;
  fine.scale = 0.01f;
  fine.relu = true;
  const Graph graph = builder.finish({builder.linear("a", x, 16, false, coarse),
                                      builder.linear("b", x, 100, false, fine), builder.linear("c", x, 31, false, {})});
  EXPECT_EQ(measure_kept(graph, {}).kept_bytes, 2u * 49 * 80);
}

TEST(KeptOperands, WindowsKeepTheirPaddingAndTheirPlanes) {
  for (const std::int64_t stride : {1, 2}) {
    NetworkBuilder builder("windows");
    const TensorId x = builder.input("x", {1, 14, 14, 32});
    const Graph graph = builder.finish({builder.convolution("a", x, convolution(16, 3, stride), {}),
                                        builder.convolution("b", x, convolution(48, 3, stride), {})});
    EXPECT_GE(measure_kept(graph, {}).kept_bytes, 14u * 14 * 32) << stride;
  }
}

TEST(KeptOperands, EntriesOfABatchAreAllKept) {
  NetworkBuilder builder("batch");
  const TensorId x = builder.input("x", {3, 7, 7, 32});
  ConvolutionSpec narrow = convolution(16, 1), wide = convolution(32, 1);
  narrow.bias = wide.bias = false;
  const Graph graph = builder.finish({builder.convolution("a", x, narrow, {}), builder.convolution("b", x, wide, {})});
  EXPECT_EQ(measure_kept(graph, {}).kept_bytes, 3u * 7 * 7 * 32);
}

TEST(KeptOperands, APartOfAWiderTensorIsKeptAndAnotherPartIsLoaded) {
  NetworkBuilder builder("parts");
  const TensorId x = builder.input("x", {40, 96});
  const TensorId low = builder.plain("low", Slice{1, 0, 32}, {x}), high = builder.plain("high", Slice{1, 64, 96}, {x});
  const Graph graph =
      builder.finish({builder.linear("a", low, 24, false, {}), builder.linear("b", low, 40, false, {}),
                      builder.linear("c", high, 24, false, {}), builder.linear("d", high, 40, false, {})});
  EXPECT_EQ(measure_kept(graph, {}).kept_bytes, 2u * 40 * 32);
}

TEST(KeptOperands, OutputStationaryKeepsThemToo) {
  CompileOptions options;
  options.dataflow = DataflowChoice::OutputStationary;
  EXPECT_EQ(measure_kept(three_products(64, 128, 96), {}, options).kept_bytes, 2u * 64 * 128);
}

TEST(KeptOperands, ALayerBetweenDisplacesWhatItLoadsOver) {
  NetworkBuilder builder("between");
  const TensorId x = builder.input("x", {16, 64}), z = builder.input("z", {16, 64});
  const TensorId first = builder.linear("first", x, 64, false, {});
  const TensorId second = builder.linear("second", z, 64, false, {});  // its z lies where x was
  const TensorId third = builder.matmul("third", x, first, MatMul{false, true}, {});
  EXPECT_EQ(measure_kept(builder.finish({first, second, third}), {}).kept_bytes, 0u);
}

TEST(KeptOperands, AHostLayerAndAFenceBetweenLeaveThemAlone) {
  NetworkBuilder builder("host_between");
  const TensorId x = builder.input("x", {32, 64});
  const TensorId first = builder.linear("first", x, 64, true, {});
  const TensorId soft = builder.softmax("soft", first, {}, std::nullopt, std::nullopt);
  const Measured kept = measure_kept(builder.finish({builder.matmul("second", x, soft, MatMul{false, true}, {})}), {});
  EXPECT_EQ(kept.kept_bytes, 32u * 64) << kept.dump;
}

TEST(KeptOperands, LoopsKeepNothing) {
  CompileOptions options;
  options.loops = LoopUse::Always;
  EXPECT_EQ(measure_kept(three_products(64, 128, 96), {}, options).kept_bytes, 0u);
}

TEST(KeptOperands, WhereNotAllFitsTheNextLayerBeginsWithWhatIsLeft) {
  arch::AcceleratorConfig tiny;
  tiny.scratchpad.capacity_kib = 16;
  tiny.accumulator.capacity_kib = 8;
  const Measured kept = measure_kept(three_products(400, 64, 32), tiny);
  EXPECT_GT(kept.kept_bytes, 0u) << kept.dump;
  EXPECT_LT(kept.kept_bytes, 2u * 400 * 64) << kept.dump;
}

TEST(KeptOperands, WhatIsWrittenBesideAnInputDoesNotDisturbIt) {
  // As in DenseNet: each layer reads what is there of one tensor and writes the next channels of it.
  NetworkBuilder builder("dense");
  const TensorId x = builder.input("x", {1, 5, 5, 16});
  const TensorId a = builder.convolution("a", x, convolution(16, 3), {});
  const TensorId xa = builder.plain("xa", Concat{3}, {x, a});
  const TensorId b = builder.convolution("b", xa, convolution(16, 3), {});
  const TensorId xab = builder.plain("xab", Concat{3}, {x, a, b});
  measure_kept(builder.finish({builder.convolution("c", xab, convolution(16, 1), {})}), {});
}

}  // namespace
}  // namespace gemel::compiler
