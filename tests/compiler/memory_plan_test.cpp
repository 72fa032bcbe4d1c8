// SPDX-License-Identifier: Apache-2.0
#include "compiler/memory/memory_plan.h"

#include <gmock/gmock.h>

#include <random>

#include "compiler/emit/compile.h"
#include "compiler/memory/arena.h"
#include "compiler/passes/fuse_layers.h"
#include "compiler/passes/graph_pass.h"
#include "compiler/reference/graph_executor.h"
#include "sim/arch/input_error.h"
#include "sim/arch/memory_capture.h"
#include "sim/arch/program_checker.h"
#include "tests/compiler/random_network.h"
#include "tests/support/functional_machine.h"

namespace gemel::compiler {
namespace {

using ::testing::HasSubstr;

TEST(Arena, BlocksThatAreAliveTogetherLieApart) {
  std::mt19937 random(7);
  const auto pick = [&](std::size_t most) { return static_cast<std::size_t>(random() % (most + 1)); };
  for (int round = 0; round < 200; ++round) {
    std::vector<ArenaBlock> blocks(1 + pick(30));
    for (ArenaBlock& block : blocks) {
      block.bytes = 64 * pick(20);
      block.lifetime.first = pick(12);
      block.lifetime.last = block.lifetime.first + pick(4);
    }
    const Arena arena = place_blocks(blocks);
    std::uint64_t sum = 0;
    for (std::size_t a = 0; a < blocks.size(); ++a) {
      sum += blocks[a].bytes;
      ASSERT_LE(arena.offset[a] + blocks[a].bytes, arena.bytes);
      for (std::size_t b = 0; b < a; ++b) {
        if (!blocks[a].lifetime.meets(blocks[b].lifetime) || blocks[a].bytes == 0 || blocks[b].bytes == 0) continue;
        ASSERT_TRUE(arena.offset[a] + blocks[a].bytes <= arena.offset[b] ||
                    arena.offset[b] + blocks[b].bytes <= arena.offset[a]);
      }
    }
    ASSERT_GE(arena.bytes, arena.least_bytes);
    ASSERT_LE(arena.bytes, sum);
  }
}

TEST(Arena, AChainNeedsTwoBlocksWhateverItsLength) {
  std::vector<ArenaBlock> chain;
  for (std::size_t i = 0; i < 20; ++i) chain.push_back({640, {i, i + 1}});
  EXPECT_EQ(place_blocks(chain).bytes, 1280u);
  EXPECT_EQ(place_blocks({}).bytes, 0u);
}

// x -> a -> b -> sum of a and b -> y
Graph residual_network() {
  NetworkBuilder builder("residual");
  const TensorId x = builder.input("x", {40, 48});
  const TensorId a = builder.linear("a", x, 48, true, {});
  const TensorId b = builder.linear("b", a, 48, true, {});
  LayerFinish with_residual;
  with_residual.residual = a;
  const TensorId c = builder.linear("c", b, 48, true, with_residual);
  return builder.finish({builder.linear("y", c, 16, true, {})});
}

std::uint64_t address_of(const arch::Program& program, const std::string& name) {
  return arch::find_tensor(program, name)->address;
}

TEST(MemoryPlan, AResidualLivesUntilItIsAdded) {
  const Compilation compiled = compile_model(fuse_layers(residual_network()), {});
  const arch::Program& program = compiled.program;
  EXPECT_EQ(compiled.memory.unshared_activations, 3u * 40 * 48);
  EXPECT_EQ(compiled.memory.activations, 3u * 40 * 48);  // while c is made, a and b are read
  const std::uint64_t a = address_of(program, "a"), b = address_of(program, "b"), c = address_of(program, "c");
  EXPECT_NE(a, b);
  EXPECT_NE(a, c);
  EXPECT_NE(b, c);
}

TEST(MemoryPlan, OutputsInputsAndConstantsKeepTheirMemory) {
  NetworkBuilder builder("chain");
  TensorId at = builder.input("x", {40, 48});
  std::vector<TensorId> outputs;
  for (const char* name : {"a", "b", "c", "d"}) at = builder.linear(name, at, 48, true, {});
  outputs.push_back(at);
  const Compilation compiled = compile_model(fuse_layers(builder.finish(outputs)), {});
  const arch::Program& program = compiled.program;
  EXPECT_EQ(compiled.memory.activations, 2u * 40 * 48);
  EXPECT_EQ(compiled.memory.unshared_activations, 3u * 40 * 48);
  EXPECT_EQ(address_of(program, "a"), address_of(program, "c"));
  for (const arch::TensorPlace& one : program.tensors) {
    if (one.role == arch::TensorPlace::Role::Intermediate) continue;
    for (const arch::TensorPlace& other : program.tensors) {
      if (&one == &other) continue;
      EXPECT_TRUE(one.address + arch::tensor_bytes(one) <= other.address ||
                  other.address + arch::tensor_bytes(other) <= one.address)
          << one.name << " " << other.name;
    }
  }
}

TEST(MemoryPlan, SharingChangesNoCommandButAddresses) {
  CompileOptions apart;
  apart.share_memory = false;
  const Compilation shared = compile_model(fuse_layers(residual_network()), {});
  const Compilation unshared = compile_model(fuse_layers(residual_network()), {}, apart);
  ASSERT_EQ(shared.program.commands.size(), unshared.program.commands.size());
  ASSERT_EQ(shared.program.steps.size(), unshared.program.steps.size());
  for (std::size_t i = 0; i < shared.program.commands.size(); ++i) {
    EXPECT_EQ(shared.program.commands[i].funct, unshared.program.commands[i].funct);
    EXPECT_EQ(shared.program.commands[i].rs2, unshared.program.commands[i].rs2);
  }
}

TEST(MemoryPlan, TheVerifierSeesBuffersThatMeet) {
  NetworkBuilder builder("two");
  const TensorId x = builder.input("x", {4, 4});
  const TensorId y = builder.input("y", {4, 4});
  const Graph graph = builder.finish({builder.add("z", x, y, Add{}, {})});
  BufferTable buffers(graph);
  buffers.tensor(x);
  buffers.tensor(y);
  MemoryPlan plan = plan_memory(graph, buffers, {});
  verify_memory(buffers, plan);
  plan.address[1] = plan.address[0];
  EXPECT_THAT([&] { verify_memory(buffers, plan); },
              testing::Throws<std::logic_error>(testing::Property(&std::logic_error::what, HasSubstr("overlaps"))));
  plan.address[1] = plan.base + plan.size;
  EXPECT_THROW(verify_memory(buffers, plan), std::logic_error);
}

// Branches, residuals, concatenations, host operators: what shares memory is never needed any more.
TEST(MemoryPlan, RandomNetworksComputeTheSameInSharedMemory) {
  int shared = 0, refused = 0;
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Graph graph = RandomNetwork(seed).finish();
    try {
      const Compilation compiled = compile_model(fuse_layers(optimise_graph(graph).graph), {});
      ASSERT_FALSE(arch::find_violation(compiled.program, arch::AcceleratorConfig{}));
      shared += compiled.memory.activations < compiled.memory.unshared_activations;
      const auto memory = test_support::FunctionalMachine(arch::AcceleratorConfig{}).run(compiled.program);
      const auto values = execute_graph(graph);
      for (const TensorId output : graph.outputs) {
        const arch::TensorPlace* place = arch::find_tensor(compiled.program, graph.tensor(output).name);
        ASSERT_NE(place, nullptr);
        const auto first = memory.begin() + static_cast<std::ptrdiff_t>(place->address - compiled.program.base);
        const std::vector<std::uint8_t> got(first, first + static_cast<std::ptrdiff_t>(arch::tensor_bytes(*place)));
        ASSERT_EQ(got, values.at(output).bytes()) << place->name << "\n" << describe_graph(graph);
      }
    } catch (const arch::InputError& error) {  // a sum that could leave the array
      ASSERT_THAT(error.what(), HasSubstr("would be right"));
      ++refused;
    }
  }
  EXPECT_GT(shared, 20);
  EXPECT_LT(refused, 20);
}

}  // namespace
}  // namespace gemel::compiler
