// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the passes hand to the tiler: layers as the array executes them, in order, over views of the graph's
// tensors. Tensors that some view names as its root need memory (FusedModel::stored_tensors); all others
// (accumulator values, reshapes, slices, parts of a concatenation) exist only as views of those.
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/graph/tensor_view.h"
#include "sim/arch/host_op.h"
#include "sim/arch/numerics.h"

namespace gemel::compiler {

// multiplier · view (int8, shape of the layer's output before pooling) is added to the int32 sums.
struct Residual {
  TensorView view;
  std::int32_t multiplier = 1;  // -128..127, not 0
};

// How int32 sums become the output: + bias, + residual, activation, scale to int8 (arch::accumulator_scale).
// No scale: the output is the int32 sum itself, then activation is None.
struct Epilogue {
  std::optional<TensorId> bias;  // Int32 constant [output channels]
  std::optional<Residual> residual;
  arch::Activation activation = arch::Activation::None;
  std::optional<float> scale;
};

// input [N,H,W,C], weights constant [KH,KW,C/groups,CO], output [N,OH,OW,CO] or, with a pool, the pooled image.
// Innermost (channel) stride of all views is 1; other strides are free, so an output may be a channel slice of a
// wider tensor. groups == C is depthwise. A 1x1 convolution with stride 1, no padding and one group over a dense
// image arrives as a GemmLayer instead, unless it has a pool.
struct ConvLayer {
  TensorView input;
  TensorId weights = 0;
  TensorView output;
  Window window;
  std::int64_t groups = 1;
  std::int64_t output_h = 0, output_w = 0;  // before pooling
  Epilogue epilogue;
  // Max-pool on int8; padding counts as 0. As the machine's store path can do it: square kernel and stride of at most
  // 3, top and left padding at most 3, no dilation.
  std::optional<Window> pool;
};

// For each batch entry: output [M,N] = A [M,K] · B [K,N]. Views have 3 dimensions, batch first: a is
// [batch,M,K] (transpose_a: [batch,K,M]), b [batch,K,N] (transpose_b: [batch,N,K]), output and residual
// [batch,M,N]. Innermost strides are 1; a batch stride of 0 shares the operand. b's root may be a constant (weights)
// or an activation.
struct GemmLayer {
  std::int64_t batch = 1, m = 0, n = 0, k = 0;
  TensorView a;
  bool transpose_a = false;
  TensorView b;
  bool transpose_b = false;
  TensorView output;
  Epilogue epilogue;  // bias [N] is added to every row
};

// output = scale(act(a_multiplier·a + b_multiplier·b)), element by element, int8 -> int8. Views [batch,rows,columns],
// innermost stride 1; b may repeat with stride 0 in the outer two.
struct AddLayer {
  TensorView a, b;
  std::int32_t a_multiplier = 1, b_multiplier = 1;
  TensorView output;
  arch::Activation activation = arch::Activation::None;
  float scale = 1.0f;
};

// output[n][c] = scale(act(sum over positions of input[n][position][c])). Views [N,positions,C] and [N,C]. No scale:
// the output is the int32 sum, without activation.
struct GlobalAverageLayer {
  TensorView input;
  TensorView output;
  arch::Activation activation = arch::Activation::None;
  std::optional<float> scale;
};

// One arch::HostOp: addresses follow from the views.
struct HostLayer {
  arch::HostOpKind kind = arch::HostOpKind::Copy;
  std::vector<TensorView> inputs;
  TensorView output;
  std::vector<std::int64_t> params;
  std::vector<float> scales;
};

struct FusedLayer {
  std::string name;                // the workload's layer
  std::vector<std::string> parts;  // layers (Node::layer) that it computes, wholly or in part
  std::string op;                  // parts joined: "conv2d+bias+relu+max_pool"
  arch::Placement placement = arch::Placement::Array;
  std::string reason;          // why it is placed there
  std::uint64_t macs = 0;      // useful multiply-accumulates
  TensorId output_tensor = 0;  // graph tensor whose value the layer completes (its name is the user's)
  std::variant<ConvLayer, GemmLayer, AddLayer, GlobalAverageLayer, HostLayer> kind;
};

struct FusedModel {
  Graph graph;                     // tensors that the views refer to
  std::vector<FusedLayer> layers;  // in execution order

  // Roots of all views, weights and biases included, ascending. Each needs memory of its dense size.
  std::vector<TensorId> stored_tensors() const;
};

const TensorView& output_view(const FusedLayer& layer);
// Activations and constants that the layer reads; weights and bias as dense views.
std::vector<TensorView> input_views(const Graph& graph, const FusedLayer& layer);

// One line a layer with its views; for --dump-after.
std::string describe_fused_model(const FusedModel& model);

// Throws GraphError where a layer breaks a rule written above. Runs after the passes and in tests.
void verify_fused_model(const FusedModel& model);

}  // namespace gemel::compiler
