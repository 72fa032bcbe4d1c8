// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/neighbour_readers.h"

#include <gmock/gmock.h>

#include "compiler/import/network_builder.h"
#include "compiler/passes/fuse_layers.h"

namespace gemel::compiler {
namespace {

std::vector<std::string> order_of(const Graph& graph) {
  std::vector<std::string> names;
  for (const FusedLayer& layer : fuse_layers(graph).layers) names.push_back(layer.name);
  return names;
}

ConvolutionSpec convolution(std::int64_t outputs, std::int64_t kernel) {
  ConvolutionSpec spec;
  spec.out_channels = outputs;
  spec.window.kernel_h = spec.window.kernel_w = kernel;
  spec.window.padding = {kernel / 2, kernel / 2, kernel / 2, kernel / 2};
  return spec;
}

TEST(NeighbourReaders, BranchesBeginBeforeTheFirstOfThemGoesOn) {
  NetworkBuilder builder("inception");
  const TensorId x = builder.input("x", {1, 6, 6, 8});
  const TensorId one = builder.convolution("one", x, convolution(8, 1), {});
  const TensorId reduce_a = builder.convolution("reduce_a", x, convolution(4, 1), {});
  const TensorId a = builder.convolution("a", reduce_a, convolution(8, 3), {});
  const TensorId whole = builder.convolution("whole", x, convolution(8, 3), {});  // reads it through another window
  const TensorId reduce_b = builder.convolution("reduce_b", x, convolution(4, 1), {});
  const TensorId b = builder.convolution("b", reduce_b, convolution(8, 3), {});
  EXPECT_THAT(order_of(builder.finish({one, a, whole, b})),
              testing::ElementsAre("one", "reduce_a", "reduce_b", "a", "whole", "b"));
}

TEST(NeighbourReaders, ALayerWithAResidualStaysBehindIt) {
  NetworkBuilder builder("residual");
  const TensorId x = builder.input("x", {20, 12});
  const TensorId first = builder.linear("first", x, 12, true, {});
  const TensorId second = builder.linear("second", first, 12, true, {});
  LayerFinish finish;
  finish.residual = second;
  const TensorId third = builder.linear("third", x, 12, true, finish);
  EXPECT_THAT(order_of(builder.finish({third})), testing::ElementsAre("first", "second", "third"));
}

TEST(NeighbourReaders, AProductOfTwoActivationsStaysBehindBoth) {
  NetworkBuilder builder("products");
  const TensorId x = builder.input("x", {12, 12});
  const TensorId first = builder.linear("first", x, 12, true, {});
  const TensorId second = builder.linear("second", first, 12, true, {});
  const TensorId third = builder.matmul("third", x, second, {}, {});
  const TensorId fourth = builder.linear("fourth", x, 5, true, {});
  EXPECT_THAT(order_of(builder.finish({third, fourth})), testing::ElementsAre("first", "fourth", "second", "third"));
}

TEST(NeighbourReaders, AnotherPartOfTheTensorIsAnotherInput) {
  NetworkBuilder builder("parts");
  const TensorId x = builder.input("x", {12, 24});
  const TensorId low = builder.plain("low", Slice{1, 0, 12}, {x}), high = builder.plain("high", Slice{1, 12, 24}, {x});
  const TensorId first = builder.linear("first", low, 12, true, {});
  const TensorId second = builder.linear("second", first, 12, true, {});
  const TensorId third = builder.linear("third", high, 12, true, {});
  EXPECT_THAT(order_of(builder.finish({second, third})), testing::ElementsAre("first", "second", "third"));
}

}  // namespace
}  // namespace gemel::compiler
