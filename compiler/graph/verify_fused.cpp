// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/fused_layer.h"
#include "compiler/graph/verify.h"

namespace gemel::compiler {
namespace {

struct Check {
  const FusedModel& model;
  const FusedLayer& layer;

  [[noreturn]] void fail(const std::string& reason) const {
    throw GraphError("fused layer '" + layer.name + "': " + reason);
  }
  void require(bool holds, const char* rule) const {
    if (!holds) fail(std::string("broken rule: ") + rule);
  }

  ElementType type_of(const TensorView& view) const { return model.graph.tensor(view.root).type; }

  void view(const TensorView& v, const char* what) const {
    if (v.root >= model.graph.tensors.size() || v.shape.size() != v.strides.size())
      fail(std::string(what) + " has no tensor");
    const std::int64_t count = element_count(model.graph.tensor(v.root).shape);
    if (first_element(v) < 0 || last_element(v) >= count) {
      fail(std::string(what) + " leaves '" + model.graph.tensor(v.root).name + "'");
    }
  }
  void array_view(const TensorView& v, const char* what) const {
    view(v, what);
    if (v.shape.empty() || (v.shape.back() != 1 && v.strides.back() != 1)) {
      fail(std::string(what) + " must have innermost stride 1");
    }
  }
  void epilogue(const Epilogue& e, const TensorView& output, const Shape& sums, std::int64_t channels) const {
    if (e.bias) {
      const Tensor& bias = model.graph.tensor(*e.bias);
      require(bias.role == TensorRole::Constant && bias.type == ElementType::Int32 && bias.shape == Shape{channels},
              "bias is an int32 constant per output channel");
    }
    if (e.residual) {
      array_view(e.residual->view, "residual");
      require(type_of(e.residual->view) == ElementType::Int8, "residual is int8");
      require(e.residual->view.shape == sums, "residual has the shape of the sums");
      require(e.residual->multiplier >= -128 && e.residual->multiplier <= 127 && e.residual->multiplier != 0,
              "residual multiplier is in -128..127 and not 0");
    }
    if (!e.scale) require(e.activation == arch::Activation::None, "int32 output has no activation");
    require(type_of(output) == (e.scale ? ElementType::Int8 : ElementType::Int32), "scale decides the output type");
  }

  void operator()(const ConvLayer& conv) const {
    array_view(conv.input, "input");
    array_view(conv.output, "output");
    require(conv.input.shape.size() == 4 && conv.output.shape.size() == 4, "images have 4 dimensions");
    const Tensor& weights = model.graph.tensor(conv.weights);
    require(weights.role == TensorRole::Constant && weights.shape.size() == 4, "weights are a 4-dimensional constant");
    const Shape wanted{conv.window.kernel_h, conv.window.kernel_w, conv.input.shape[3] / conv.groups, weights.shape[3]};
    require(weights.shape == wanted, "weights fit window and groups");
    require(conv.output_h == conv.window.output_h(conv.input.shape[1]) &&
                conv.output_w == conv.window.output_w(conv.input.shape[2]),
            "output size follows from the window");
    const Shape sums{conv.input.shape[0], conv.output_h, conv.output_w, weights.shape[3]};
    Shape result = sums;
    if (conv.pool) {
      require(conv.epilogue.scale.has_value(), "only int8 is pooled");
      const Window& p = *conv.pool;
      require(p.kernel_h == p.kernel_w && p.kernel_h <= 3 && p.stride_h == p.stride_w && p.stride_h <= 3 &&
                  p.padding.top <= 3 && p.padding.left <= 3,
              "pool fits the store path");
      result = {sums[0], p.output_h(conv.output_h), p.output_w(conv.output_w), sums[3]};
    }
    require(conv.output.shape == result, "output has the shape of the sums or of the pooled image");
    epilogue(conv.epilogue, conv.output, sums, weights.shape[3]);
  }
  void operator()(const GemmLayer& gemm) const {
    array_view(gemm.a, "a");
    array_view(gemm.b, "b");
    array_view(gemm.output, "output");
    const std::int64_t batch = gemm.batch, m = gemm.m, n = gemm.n, k = gemm.k;
    require(gemm.a.shape == (gemm.transpose_a ? Shape{batch, k, m} : Shape{batch, m, k}), "a is [batch, M, K]");
    require(gemm.b.shape == (gemm.transpose_b ? Shape{batch, n, k} : Shape{batch, k, n}), "b is [batch, K, N]");
    require(gemm.output.shape == Shape({batch, m, n}), "output is [batch, M, N]");
    require(type_of(gemm.a) == ElementType::Int8 && type_of(gemm.b) == ElementType::Int8, "operands are int8");
    epilogue(gemm.epilogue, gemm.output, {batch, m, n}, n);
  }
  void operator()(const AddLayer& add) const {
    array_view(add.a, "a");
    array_view(add.b, "b");
    array_view(add.output, "output");
    require(add.output.shape.size() == 3 && add.a.shape == add.output.shape && add.b.shape == add.output.shape,
            "views are [batch, rows, columns]");
    for (const TensorView* v : {&add.a, &add.b, &add.output}) {
      require(type_of(*v) == ElementType::Int8, "operands and output are int8");
    }
  }
  void operator()(const GlobalAverageLayer& average) const {
    array_view(average.input, "input");
    array_view(average.output, "output");
    require(average.input.shape.size() == 3 &&
                average.output.shape == Shape({average.input.shape[0], average.input.shape[2]}),
            "input is [N, positions, C], output [N, C]");
    require(type_of(average.output) == (average.scale ? ElementType::Int8 : ElementType::Int32),
            "scale decides the output type");
  }
  void operator()(const HostLayer& host) const {
    for (const TensorView& input : host.inputs) view(input, "input");
    view(host.output, "output");
  }
};

}  // namespace

void verify_fused_model(const FusedModel& model) {
  std::vector<bool> written(model.graph.tensors.size(), false);
  for (TensorId id = 0; id < model.graph.tensors.size(); ++id) {
    const TensorRole role = model.graph.tensors[id].role;
    written[id] = role == TensorRole::Input || role == TensorRole::Constant;
  }
  for (const FusedLayer& layer : model.layers) {
    const Check check{model, layer};
    std::visit(check, layer.kind);
    const bool is_host = std::holds_alternative<HostLayer>(layer.kind);
    if (is_host != (layer.placement == arch::Placement::Host)) check.fail("placement contradicts its kind");
    for (const TensorView& view : input_views(model.graph, layer)) {
      if (!written[view.root]) check.fail("reads '" + model.graph.tensor(view.root).name + "' before it is written");
    }
    const TensorId root = output_view(layer).root;
    const TensorRole role = model.graph.tensor(root).role;
    if (role == TensorRole::Input || role == TensorRole::Constant) check.fail("writes an input or a constant");
    written[root] = true;
  }
  for (TensorId output : model.graph.outputs) {
    if (!written[output])
      throw GraphError("output '" + model.graph.tensor(output).name + "' is written by no fused layer");
  }
}

}  // namespace gemel::compiler
