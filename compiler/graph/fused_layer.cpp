// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/fused_layer.h"

#include <algorithm>
#include <cstdio>

namespace gemel::compiler {
namespace {

struct OutputView {
  template <typename Layer>
  const TensorView& operator()(const Layer& layer) const {
    return layer.output;
  }
};

struct InputViews {
  const Graph& graph;
  std::vector<TensorView> views;

  void epilogue(const Epilogue& epilogue) {
    if (epilogue.bias) views.push_back(dense_view(graph, *epilogue.bias));
    if (epilogue.residual) views.push_back(epilogue.residual->view);
  }
  void operator()(const ConvLayer& layer) {
    views = {layer.input, dense_view(graph, layer.weights)};
    epilogue(layer.epilogue);
  }
  void operator()(const GemmLayer& layer) {
    views = {layer.a, layer.b};
    epilogue(layer.epilogue);
  }
  void operator()(const AddLayer& layer) { views = {layer.a, layer.b}; }
  void operator()(const GlobalAverageLayer& layer) { views = {layer.input}; }
  void operator()(const HostLayer& layer) { views = layer.inputs; }
};

std::string number(float value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", static_cast<double>(value));
  return text;
}

std::string finish_text(arch::Activation activation, const std::optional<float>& scale) {
  return std::string(activation == arch::Activation::Relu ? " relu" : "") +
         (scale ? " scale=" + number(*scale) : " int32");
}

struct DescribeKind {
  const Graph& graph;

  std::string epilogue(const Epilogue& epilogue) const {
    std::string text;
    if (epilogue.bias) text += " bias=" + graph.tensor(*epilogue.bias).name;
    if (epilogue.residual) {
      text += " residual=" + std::to_string(epilogue.residual->multiplier) + "*" +
              describe_view(graph, epilogue.residual->view);
    }
    return text + finish_text(epilogue.activation, epilogue.scale);
  }
  static std::string window(const Window& w) {
    const auto pair = [](std::int64_t a, std::int64_t b) { return std::to_string(a) + "x" + std::to_string(b); };
    std::string text = pair(w.kernel_h, w.kernel_w) + "/" + pair(w.stride_h, w.stride_w);
    if (w.padding.any()) {
      text += " pad " + std::to_string(w.padding.top) + "," + std::to_string(w.padding.left) + "," +
              std::to_string(w.padding.bottom) + "," + std::to_string(w.padding.right);
    }
    if (w.dilation_h != 1 || w.dilation_w != 1) text += " dilation " + pair(w.dilation_h, w.dilation_w);
    return text;
  }
  std::string operator()(const ConvLayer& layer) const {
    std::string text = "conv " + window(layer.window) + " " + describe_view(graph, layer.input) + " * " +
                       graph.tensor(layer.weights).name + "[" + describe_shape(graph.tensor(layer.weights).shape) + "]";
    if (layer.groups != 1) text += " groups=" + std::to_string(layer.groups);
    text += epilogue(layer.epilogue);
    if (layer.pool) text += " max_pool " + window(*layer.pool);
    return text;
  }
  std::string operator()(const GemmLayer& layer) const {
    return "gemm " + (layer.batch == 1 ? "" : std::to_string(layer.batch) + " of ") + std::to_string(layer.m) + "x" +
           std::to_string(layer.n) + "x" + std::to_string(layer.k) + " " + describe_view(graph, layer.a) +
           (layer.transpose_a ? "^T" : "") + " * " + describe_view(graph, layer.b) + (layer.transpose_b ? "^T" : "") +
           epilogue(layer.epilogue);
  }
  std::string operator()(const AddLayer& layer) const {
    return "add " + std::to_string(layer.a_multiplier) + "*" + describe_view(graph, layer.a) + " + " +
           std::to_string(layer.b_multiplier) + "*" + describe_view(graph, layer.b) +
           finish_text(layer.activation, layer.scale);
  }
  std::string operator()(const GlobalAverageLayer& layer) const {
    return "global_average " + describe_view(graph, layer.input) + finish_text(layer.activation, layer.scale);
  }
  std::string operator()(const HostLayer& layer) const {
    std::string text = arch::host_op_name(layer.kind);
    for (const TensorView& input : layer.inputs) text += " " + describe_view(graph, input);
    for (std::int64_t param : layer.params) text += " " + std::to_string(param);
    for (float scale : layer.scales) text += " " + number(scale);
    return text;
  }
};

}  // namespace

const TensorView& output_view(const FusedLayer& layer) { return std::visit(OutputView{}, layer.kind); }

std::vector<TensorView> input_views(const Graph& graph, const FusedLayer& layer) {
  InputViews collect{graph, {}};
  std::visit(collect, layer.kind);
  return collect.views;
}

std::vector<TensorId> FusedModel::stored_tensors() const {
  std::vector<TensorId> roots;
  for (const FusedLayer& layer : layers) {
    for (const TensorView& view : input_views(graph, layer)) roots.push_back(view.root);
    roots.push_back(output_view(layer).root);
  }
  std::sort(roots.begin(), roots.end());
  roots.erase(std::unique(roots.begin(), roots.end()), roots.end());
  return roots;
}

std::string describe_fused_model(const FusedModel& model) {
  std::string text = "fused " + model.graph.name + "\n";
  for (const FusedLayer& layer : model.layers) {
    text += layer.name + ": " + layer.op + " on " + (layer.placement == arch::Placement::Array ? "array" : "host") +
            ": " + std::visit(DescribeKind{model.graph}, layer.kind) + " -> " +
            describe_view(model.graph, output_view(layer)) + " macs=" + std::to_string(layer.macs);
    if (!layer.reason.empty()) text += " (" + layer.reason + ")";
    text += "\n";
  }
  return text;
}

}  // namespace gemel::compiler
