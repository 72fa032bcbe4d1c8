// SPDX-License-Identifier: Apache-2.0
// Random small networks on all kinds of machines: the compiled program must be legal, never read what it has not
// written, and leave in memory what the reference computes.
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

using Random = std::mt19937;

std::int64_t pick(Random& random, std::int64_t low, std::int64_t high) {
  return std::uniform_int_distribution<std::int64_t>(low, high)(random);
}
bool coin(Random& random) { return pick(random, 0, 1) == 1; }

// Edge sizes of a machine of this DIM as often as any other size.
std::int64_t size(Random& random, std::int64_t dim, std::int64_t most) {
  const std::int64_t edges[] = {1, dim - 1, dim, dim + 1, 2 * dim, 4 * dim + 3};
  const std::int64_t value = coin(random) ? edges[pick(random, 0, 5)] : pick(random, 1, most);
  return std::max<std::int64_t>(1, std::min(value, most));
}

arch::AcceleratorConfig random_machine(Random& random) {
  arch::AcceleratorConfig config;
  config.name = "random";
  const std::uint32_t dims[] = {4, 8, 16, 16, 32};
  config.mesh.dim = dims[pick(random, 0, 4)];
  config.mesh.output_bits = 22;
  const arch::Dataflow flows[] = {arch::Dataflow::Both, arch::Dataflow::WeightStationary,
                                  arch::Dataflow::OutputStationary};
  config.mesh.dataflow = flows[pick(random, 0, 2)];
  if (coin(random)) config.isa_version = arch::IsaVersion::Gemmini2025;
  config.scratchpad.banks = 1u << pick(random, 0, 3);
  config.scratchpad.capacity_kib = (32u << pick(random, 0, 3)) * std::max(1u, config.mesh.dim / 16);
  config.accumulator.banks = 1u << pick(random, 0, 1);
  config.accumulator.capacity_kib = (8u << pick(random, 0, 3)) * std::max(1u, config.mesh.dim / 8);
  config.dma.max_request_bytes = config.mesh.dim >= 64 ? 128 : 64;
  return config;
}

// Layers that read one tensor, alike or not, whole or in part, and what else may come between them.
Graph random_branches(Random& random, std::int64_t dim) {
  NetworkBuilder builder("branches");
  const bool image = coin(random);
  const std::int64_t lanes = size(random, dim, 150);
  const TensorId x = image ? builder.input("x", {pick(random, 1, 2), pick(random, 3, 15), pick(random, 3, 15), lanes})
                           : builder.input("x", {size(random, dim, 200), lanes});
  const std::size_t axis = image ? 3 : 1;
  const std::int64_t from = pick(random, 0, lanes - 1);
  const TensorId part = builder.plain("part", Slice{axis, from, pick(random, from + 1, lanes)}, {x});
  std::vector<TensorId> results;
  for (std::int64_t i = pick(random, 2, 5); i > 0; --i) {
    const std::string name = "y" + std::to_string(i);
    const TensorId source = pick(random, 0, 3) > 0 ? x : coin(random) || results.empty() ? part : results.back();
    const std::int64_t outputs = size(random, dim, 100);
    LayerFinish finish;
    finish.relu = coin(random);
    if (!image) {
      results.push_back(builder.linear(name, source, outputs, coin(random), finish));
      continue;
    }
    ConvolutionSpec spec;
    spec.out_channels = outputs;
    spec.bias = coin(random);
    if (pick(random, 0, 2) == 0) {
      spec.window.kernel_h = spec.window.kernel_w = 3;
      spec.window.padding = {1, 1, 1, 1};
    }
    results.push_back(builder.convolution(name, source, spec, finish));
  }
  return builder.finish(results);
}

Graph random_network(Random& random, std::int64_t dim) {
  NetworkBuilder builder("random");
  LayerFinish finish;
  finish.relu = coin(random);
  const int kind = static_cast<int>(pick(random, 0, 6));
  if (kind == 0) {  // matrix product with bias, then a residual around a second one
    const std::int64_t m = size(random, dim, 90), k = size(random, dim, 150), n = size(random, dim, 100);
    const TensorId x = builder.input("x", {m, k});
    const TensorId y = builder.linear("y", x, n, coin(random), finish);
    LayerFinish with_residual = finish;
    with_residual.residual = y;
    if (coin(random)) with_residual.residual_multiplier = pick(random, 0, 1) ? 3 : -2;
    return builder.finish({builder.linear("z", y, n, coin(random), with_residual)});
  }
  if (kind == 1) {  // product of two activations, perhaps transposed
    const std::int64_t batch = pick(random, 1, 3), m = size(random, dim, 70), k = size(random, dim, 70),
                       n = size(random, dim, 70);
    MatMul op;
    op.transpose_a = pick(random, 0, 3) == 0;
    op.transpose_b = coin(random);
    const TensorId a = builder.input("a", op.transpose_a ? Shape{batch, k, m} : Shape{batch, m, k});
    const TensorId b = builder.input("b", op.transpose_b ? Shape{batch, n, k} : Shape{batch, k, n});
    return builder.finish({builder.matmul("y", a, b, op, finish)});
  }
  if (kind == 2) {  // sum of two tensors, then the average
    const std::int64_t h = pick(random, 1, 9), w = pick(random, 1, 9), c = size(random, dim, 80);
    const TensorId a = builder.input("a", {1, h, w, c}), b = builder.input("b", {1, h, w, c});
    Add op;
    op.a_multiplier = static_cast<std::int32_t>(pick(random, 1, 5));
    const TensorId sum = builder.add("sum", a, b, op, finish);
    Window window;
    window.kernel_h = h;
    window.kernel_w = w;
    return builder.finish({builder.average_pool("average", sum, window, std::nullopt)});
  }
  if (kind == 6) return random_branches(random, dim);
  // A convolution of any kind, perhaps pooled.
  ConvolutionSpec spec;
  spec.window.kernel_h = pick(random, 1, 5);
  spec.window.kernel_w = coin(random) ? spec.window.kernel_h : pick(random, 1, 5);
  spec.window.stride_h = pick(random, 1, 3);
  spec.window.stride_w = coin(random) ? spec.window.stride_h : pick(random, 1, 3);
  if (pick(random, 0, 3) == 0) spec.window.dilation_h = spec.window.dilation_w = 2;
  spec.window.padding = {pick(random, 0, spec.window.kernel_h - 1), pick(random, 0, spec.window.kernel_w - 1),
                         pick(random, 0, spec.window.kernel_h - 1), pick(random, 0, spec.window.kernel_w - 1)};
  std::int64_t channels = coin(random) ? pick(random, 1, 5) : size(random, dim, 80);
  spec.out_channels = size(random, dim, 90);
  if (kind == 3) {
    const std::int64_t groups = pick(random, 2, 4), each = pick(random, 1, 20);
    spec.groups = groups;
    channels = groups * each;
    spec.out_channels = groups * (coin(random) ? each : pick(random, 1, 20));
  } else if (kind == 4) {
    spec.groups = spec.out_channels = channels = size(random, dim, 80);
  }
  spec.bias = coin(random);
  const TensorId x = builder.input("x", {pick(random, 1, 2), pick(random, 9, 19), pick(random, 9, 19), channels});
  const bool pooled = coin(random);
  finish.relu = finish.relu || pooled;
  const TensorId y = builder.convolution("y", x, spec, finish);
  if (!pooled) return builder.finish({y});
  MaxPool pool;
  pool.window.kernel_h = pool.window.kernel_w = pick(random, 1, 3);
  pool.window.stride_h = pool.window.stride_w = pick(random, 1, 3);
  const std::int64_t pad = pick(random, 0, pool.window.kernel_h - 1);
  const Shape& image = builder.graph().tensor(y).shape;
  if (image[1] + pad < pool.window.kernel_h || image[2] + pad < pool.window.kernel_w) return builder.finish({y});
  pool.window.padding = {pad, pad, pad, pad};
  return builder.finish({builder.plain("pooled", pool, {y})});
}

// "" where the program does what the graph says.
std::string run_and_compare(const Graph& graph, const arch::AcceleratorConfig& config, const CompileOptions& options) {
  const Compilation compiled = compile_model(fuse_layers(graph), config, options);
  if (const auto violation = arch::find_violation(compiled.program, config))
    return violation->message(compiled.program);
  test_support::FunctionalMachine machine(config);
  const std::vector<std::uint8_t> memory = machine.run(compiled.program);
  const auto values = execute_graph(graph);
  for (const TensorId output : graph.outputs) {
    const arch::TensorPlace* place = arch::find_tensor(compiled.program, graph.tensor(output).name);
    if (!place) return "output has no place in memory";
    const std::vector<std::uint8_t> expected = values.at(output).bytes();
    const std::uint8_t* got = memory.data() + (place->address - compiled.program.base);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      if (got[i] != expected[i]) {
        return "byte " + std::to_string(i) + " of " + place->name + " is " + std::to_string(got[i]) + ", expected " +
               std::to_string(expected[i]) + "\n" + describe_fused_model(fuse_layers(graph));
      }
    }
  }
  return "";
}

TEST(CompileRandom, ProgramsComputeWhatTheReferenceComputes) {
  const char* given = std::getenv("GEMEL_SEED");
  const unsigned seed = given ? static_cast<unsigned>(std::atoi(given)) : std::random_device{}();
  std::printf("GEMEL_SEED=%u\n", seed);
  Random random(seed);
  int refused = 0, looped = 0;
  constexpr int kNetworks = 150;
  for (int i = 0; i < kNetworks; ++i) {
    const arch::AcceleratorConfig config = random_machine(random);
    const Graph graph = random_network(random, config.mesh.dim);
    CompileOptions options;
    if (config.mesh.dataflow == arch::Dataflow::Both && coin(random))
      options.dataflow = DataflowChoice::OutputStationary;
    const LoopUse uses[] = {LoopUse::Automatic, LoopUse::Never, LoopUse::Always, LoopUse::Always};
    options.loops = uses[pick(random, 0, 3)];
    SCOPED_TRACE("seed " + std::to_string(seed) + " network " + std::to_string(i) + " dim " +
                 std::to_string(config.mesh.dim));
    try {
      try {
        ASSERT_EQ(run_and_compare(graph, config, options), "") << describe_graph(graph);
        looped += options.loops == LoopUse::Always ? 1 : 0;
      } catch (const arch::InputError& error) {
        if (std::string(error.what()).find("no layer can be a loop") == std::string::npos) throw;
        options.loops = LoopUse::Automatic;
        ASSERT_EQ(run_and_compare(graph, config, options), "") << describe_graph(graph);
      }
    } catch (const arch::InputError& error) {
      ASSERT_THAT(error.what(), testing::HasSubstr("would be right"));
      ++refused;
    }
  }
  EXPECT_LT(refused, kNetworks / 10);  // machines too small for a layer are rare
  EXPECT_GT(looped, 0);
}

}  // namespace
}  // namespace gemel::compiler
