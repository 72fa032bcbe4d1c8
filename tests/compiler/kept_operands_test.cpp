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

// With operands kept; expects that nothing gets worse by it, and that what is said to be kept is not read.
Measured measure_kept(const Graph& graph, const arch::AcceleratorConfig& config, CompileOptions options = {}) {
  options.keep_operands = false;
  const Measured loaded = measure(graph, config, options);
  options.keep_operands = true;
  Measured kept = measure(graph, config, options);
  EXPECT_LE(kept.cycles, loaded.cycles) << kept.dump;
  EXPECT_EQ(kept.read_bytes + kept.kept_bytes, loaded.read_bytes + loaded.kept_bytes) << kept.dump;
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

}  // namespace
}  // namespace gemel::compiler
