// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/fuse_layers.h"

#include <algorithm>

#include "compiler/graph/verify.h"
#include "compiler/passes/fusion_chain.h"
#include "compiler/passes/host_operators.h"
#include "compiler/passes/storage.h"

namespace gemel::compiler {
namespace {

class LayerFuser {
 public:
  explicit LayerFuser(Graph graph)
      : consumers_(consumers_of(graph)), storage_(plan_storage(graph)), fused_(graph.nodes.size(), false) {
    model_.graph = std::move(graph);
  }

  FusedModel run() {
    // A chain is emitted where its last node stands, so that a residual is complete by then.
    const std::size_t count = graph().nodes.size();
    std::vector<std::optional<FusionChain>> ending_at(count);
    for (std::size_t n = 0; n < count; ++n) {
      if (fused_[n] || !is_anchor(graph().nodes[n].op)) continue;
      FusionChain chain = grow_chain(graph(), consumers_, n);
      for (std::size_t node : chain.nodes) fused_[node] = true;
      const std::size_t last = chain.nodes.back();
      ending_at[last] = std::move(chain);
    }
    for (std::size_t n = 0; n < count; ++n) {
      if (ending_at[n]) {
        emit_chain(*ending_at[n]);
      } else if (!fused_[n]) {
        emit_host(n);
      }
    }
    return std::move(model_);
  }

 private:
  const Graph& graph() const { return model_.graph; }
  const Node& node(std::size_t n) const { return model_.graph.nodes[n]; }
  const TensorView& view(TensorId tensor) const { return storage_.views[tensor]; }
  const Shape& shape(TensorId tensor) const { return graph().tensor(tensor).shape; }

  static bool is_anchor(const Operator& op) {
    return std::holds_alternative<Conv2d>(op) || std::holds_alternative<MatMul>(op) ||
           std::holds_alternative<Add>(op) || std::holds_alternative<SumPool>(op);
  }

  // --- names ---------------------------------------------------------------------------------------------

  FusedLayer named_layer(const FusionChain& chain) const {
    FusedLayer layer;
    std::string last;
    for (std::size_t n : chain.nodes) {
      if (node(n).layer == last) continue;
      last = node(n).layer;
      layer.name += (layer.name.empty() ? "" : "+") + last;
      layer.parts.push_back(last);
    }
    const Node& anchor = node(chain.nodes[0]);
    layer.op = std::holds_alternative<SumPool>(anchor.op) ? "average_pool" : operator_name(anchor.op);
    if (chain.bias) layer.op += "+bias";
    if (chain.residual) layer.op += "+add";
    if (chain.activation == arch::Activation::Relu) layer.op += "+relu";
    if (chain.pool) layer.op += "+max_pool";
    layer.macs = node_macs(graph(), anchor);
    layer.output_tensor = chain.result;
    return layer;
  }

  void push(FusedLayer layer, std::variant<ConvLayer, GemmLayer, AddLayer, GlobalAverageLayer, HostLayer> kind) {
    layer.placement = std::holds_alternative<HostLayer>(kind) ? arch::Placement::Host : arch::Placement::Array;
    layer.kind = std::move(kind);
    model_.layers.push_back(std::move(layer));
  }

  // --- operands ------------------------------------------------------------------------------------------

  void push_copy(const std::string& name, const Node& reader, const std::string& why, const TensorView& from,
                 const TensorView& to, TensorId output) {
    FusedLayer layer;
    layer.name = name;
    layer.parts = {reader.layer};
    layer.op = "copy";
    layer.reason = why;
    layer.output_tensor = output;
    push(std::move(layer), HostLayer{arch::HostOpKind::Copy, {from}, to, {}, {}});
  }

  // The tensor where its rows are contiguous, else a dense copy of it made by the host just before its first reader.
  TensorView contiguous(TensorId tensor, const Node& reader) {
    const TensorView from = view(tensor);
    if (has_unit_inner_stride(from)) return from;
    const TensorView to = dense_view(graph(), tensor);
    push_copy(graph().tensor(tensor).name + ".copy", reader, "rows of the operand are not contiguous in memory", from,
              to, tensor);
    storage_.views[tensor] = to;
    return to;
  }

  // The same of a view that repeats a tensor.
  TensorView contiguous(const TensorView& from, const Node& reader) {
    if (has_unit_inner_stride(from)) return from;
    Tensor dense;
    dense.name = reader.name + ".operand" + std::to_string(model_.graph.tensors.size());
    dense.shape = from.shape;
    dense.type = graph().tensor(from.root).type;
    model_.graph.tensors.push_back(std::move(dense));
    const TensorId id = model_.graph.tensors.size() - 1;
    push_copy(reader.name + ".copy" + std::to_string(id), reader, "rows of the operand are not contiguous in memory",
              from, dense_view(graph(), id), id);
    return dense_view(graph(), id);
  }

  Epilogue epilogue_of(const FusionChain& chain) {
    if (chain.bias && graph().tensor(*chain.bias).role != TensorRole::Constant) {
      throw GraphError("'" + node(chain.nodes[0]).name + "': a bias must be a constant");
    }
    Epilogue epilogue;
    epilogue.bias = chain.bias;
    epilogue.activation = chain.activation;
    epilogue.scale = chain.scale;
    if (chain.residual) {
      const TensorView repeated = broadcast(view(chain.residual->tensor), shape(chain.sums));
      epilogue.residual = Residual{contiguous(repeated, Node(node(chain.nodes[0]))), chain.residual->multiplier};
    }
    return epilogue;
  }

  // --- array layers --------------------------------------------------------------------------------------

  void emit_chain(const FusionChain& chain) {
    const Node& anchor = node(chain.nodes[0]);
    if (std::holds_alternative<Conv2d>(anchor.op)) {
      emit_conv(chain);
    } else if (std::holds_alternative<MatMul>(anchor.op)) {
      emit_gemm(chain);
    } else if (std::holds_alternative<Add>(anchor.op)) {
      emit_add(chain);
    } else {
      emit_average(chain);
    }
  }

  void emit_conv(const FusionChain& chain) {
    const Node anchor = node(chain.nodes[0]);
    const auto& op = std::get<Conv2d>(anchor.op);
    ConvLayer conv;
    conv.input = contiguous(anchor.inputs[0], anchor);
    conv.weights = anchor.inputs[1];
    if (graph().tensor(conv.weights).role != TensorRole::Constant) {
      throw GraphError("'" + anchor.name + "': convolution weights must be a constant");
    }
    conv.output = view(chain.result);
    conv.window = op.window;
    conv.groups = op.groups;
    conv.output_h = shape(chain.sums)[1];
    conv.output_w = shape(chain.sums)[2];
    conv.epilogue = epilogue_of(chain);
    conv.pool = chain.pool;
    FusedLayer layer = named_layer(chain);
    if (op.groups > 1 && op.groups == shape(anchor.inputs[0])[3]) layer.op.replace(0, 6, "depthwise_conv2d");
    if (std::optional<GemmLayer> gemm = as_gemm(conv)) {
      layer.reason = "a 1x1 convolution is a matrix product";
      push(std::move(layer), std::move(*gemm));
    } else {
      push(std::move(layer), std::move(conv));
    }
  }

  // A convolution that looks at one pixel at a time, over views that can be read as matrices.
  std::optional<GemmLayer> as_gemm(const ConvLayer& conv) const {
    const Window& w = conv.window;
    const bool is_pointwise =
        w.kernel_h == 1 && w.kernel_w == 1 && w.stride_h == 1 && w.stride_w == 1 && !w.padding.any();
    if (!is_pointwise || conv.groups != 1 || conv.pool) return std::nullopt;
    GemmLayer gemm;
    gemm.m = element_count(conv.input.shape) / conv.input.shape[3];
    gemm.k = conv.input.shape[3];
    gemm.n = shape(conv.weights)[3];
    const auto a = reshaped(conv.input, {1, gemm.m, gemm.k});
    const auto out = reshaped(conv.output, {1, gemm.m, gemm.n});
    if (!a || !out) return std::nullopt;
    gemm.a = *a;
    gemm.b = *reshaped(dense_view(graph(), conv.weights), {1, gemm.k, gemm.n});
    gemm.output = *out;
    gemm.epilogue = conv.epilogue;
    if (gemm.epilogue.residual) {
      const auto residual = reshaped(gemm.epilogue.residual->view, {1, gemm.m, gemm.n});
      if (!residual) return std::nullopt;
      gemm.epilogue.residual->view = *residual;
    }
    return gemm;
  }

  // An operand of a matrix product whose last two dimensions may be swapped to make rows contiguous.
  TensorView matrix_operand(TensorId tensor, bool& transpose, const Node& reader) {
    const TensorView from = view(tensor);
    if (has_unit_inner_stride(from)) return from;
    std::vector<std::size_t> swap_last;
    for (std::size_t i = 0; i < from.shape.size(); ++i) swap_last.push_back(i);
    std::swap(swap_last[from.shape.size() - 1], swap_last[from.shape.size() - 2]);
    const TensorView swapped = permuted(from, swap_last);
    if (!has_unit_inner_stride(swapped)) return contiguous(tensor, reader);
    transpose = !transpose;
    return swapped;
  }

  void emit_gemm(const FusionChain& chain) {
    const Node anchor = node(chain.nodes[0]);
    const auto op = std::get<MatMul>(anchor.op);
    GemmLayer gemm;
    gemm.transpose_a = op.transpose_a;
    gemm.transpose_b = op.transpose_b;
    const TensorView a = matrix_operand(anchor.inputs[0], gemm.transpose_a, anchor);
    const TensorView b = matrix_operand(anchor.inputs[1], gemm.transpose_b, anchor);
    const Epilogue epilogue = epilogue_of(chain);
    const Shape& sums = shape(chain.sums);
    gemm.m = sums[sums.size() - 2];
    gemm.n = sums.back();
    gemm.k = a.shape[a.shape.size() - (gemm.transpose_a ? 2 : 1)];
    const FusedLayer layer = named_layer(chain);
    if (b.shape.size() == 2 && !gemm.transpose_a) {
      const std::int64_t rows = element_count(sums) / gemm.n;
      const auto all_a = reshaped(a, {1, rows, gemm.k});
      const auto all_out = reshaped(view(chain.result), {1, rows, gemm.n});
      const auto all_residual = epilogue.residual ? reshaped(epilogue.residual->view, {1, rows, gemm.n}) : all_out;
      if (all_a && all_out && all_residual) {
        gemm.m = rows;
        push_gemm(layer, gemm, *all_a, *reshaped(b, {1, b.shape[0], b.shape[1]}), *all_out, epilogue, *all_residual);
        return;
      }
    }
    const TensorView whole_b = b.shape.size() == 2 ? broadcast(b, batched(sums, b.shape)) : b;
    const TensorView& out = view(chain.result);
    push_batches(layer, gemm, a, whole_b, out, epilogue, epilogue.residual ? epilogue.residual->view : out, layer.macs);
  }

  static Shape batched(const Shape& sums, const Shape& matrix) {
    Shape result(sums.begin(), sums.end() - 2);
    result.insert(result.end(), matrix.begin(), matrix.end());
    return result;
  }

  // Entry i of the first dimension.
  static TensorView without_first(const TensorView& v, std::int64_t i) {
    TensorView entry = sliced(v, 0, i, i + 1);
    entry.shape.erase(entry.shape.begin());
    entry.strides.erase(entry.strides.begin());
    return entry;
  }

  // One layer where a single stride covers the batch, else one for each entry of the first dimension.
  void push_batches(const FusedLayer& layer, const GemmLayer& gemm, const TensorView& a, const TensorView& b,
                    const TensorView& out, const Epilogue& epilogue, const TensorView& residual, std::uint64_t macs) {
    const auto three = [](const TensorView& v) {
      const std::int64_t rows = v.shape[v.shape.size() - 2];
      return reshaped(v, {element_count(v.shape) / (rows * v.shape.back()), rows, v.shape.back()});
    };
    const auto a3 = three(a), b3 = three(b), out3 = three(out), residual3 = three(residual);
    if (a3 && b3 && out3 && residual3) {
      FusedLayer whole = layer;
      whole.macs = macs;
      push_gemm(std::move(whole), gemm, *a3, *b3, *out3, epilogue, *residual3);
      return;
    }
    const std::int64_t entries = out.shape[0];
    for (std::int64_t i = 0; i < entries; ++i) {
      FusedLayer entry = layer;
      entry.name += "[" + std::to_string(i) + "]";
      push_batches(entry, gemm, without_first(a, i), without_first(b, i), without_first(out, i), epilogue,
                   without_first(residual, i), macs / static_cast<std::uint64_t>(entries));
    }
  }

  void push_gemm(FusedLayer layer, GemmLayer gemm, const TensorView& a, const TensorView& b, const TensorView& out,
                 const Epilogue& epilogue, const TensorView& residual) {
    gemm.batch = out.shape[0];
    gemm.a = a;
    gemm.b = b;
    gemm.output = out;
    gemm.epilogue = epilogue;
    if (gemm.epilogue.residual) gemm.epilogue.residual->view = residual;
    push(std::move(layer), std::move(gemm));
  }

  void emit_add(const FusionChain& chain) {
    const Node anchor = node(chain.nodes[0]);
    const auto op = std::get<Add>(anchor.op);
    const bool both_int8 = graph().tensor(anchor.inputs[0]).type == ElementType::Int8 &&
                           graph().tensor(anchor.inputs[1]).type == ElementType::Int8;
    if (!both_int8 || !chain.scale) {
      throw GraphError("'" + anchor.name +
                       "': an add must have two int8 operands, or follow the one convolution or matrix product whose "
                       "sums it alone reads, and be requantised");
    }
    AddLayer add;
    add.a_multiplier = op.a_multiplier;
    add.b_multiplier = op.b_multiplier;
    add.activation = chain.activation;
    add.scale = *chain.scale;
    const TensorView a = contiguous(anchor.inputs[0], anchor);
    const TensorView b = contiguous(broadcast(view(anchor.inputs[1]), shape(chain.sums)), anchor);
    push_sums(named_layer(chain), add, a, b, view(chain.result));
  }

  // One layer where all three layouts are batches of rows, else one for each entry of the first dimension.
  void push_sums(FusedLayer layer, AddLayer add, const TensorView& a, const TensorView& b, const TensorView& out) {
    const Shape& s = out.shape;
    const std::int64_t columns = s.empty() ? 1 : s.back();
    std::int64_t batch = 1;
    for (std::size_t split = 0; split < std::max<std::size_t>(s.size(), 1); ++split) {
      const Shape rows{batch, element_count(s) / columns / batch, columns};
      const auto a3 = reshaped(a, rows), b3 = reshaped(b, rows), out3 = reshaped(out, rows);
      if (a3 && b3 && out3) {
        add.a = *a3, add.b = *b3, add.output = *out3;
        push(std::move(layer), std::move(add));
        return;
      }
      if (split < s.size()) batch *= s[split];
    }
    for (std::int64_t i = 0; i < s[0]; ++i) {
      FusedLayer entry = layer;
      entry.name += "[" + std::to_string(i) + "]";
      push_sums(std::move(entry), add, without_first(a, i), without_first(b, i), without_first(out, i));
    }
  }

  void emit_average(const FusionChain& chain) {
    const Node anchor = node(chain.nodes[0]);
    const Window& window = std::get<SumPool>(anchor.op).window;
    const TensorView input = contiguous(anchor.inputs[0], anchor);
    const Shape image = shape(anchor.inputs[0]);
    FusedLayer layer = named_layer(chain);
    const bool is_global = window.kernel_h == image[1] && window.kernel_w == image[2] && !window.padding.any();
    const auto positions = reshaped(input, {image[0], image[1] * image[2], image[3]});
    const auto rows = reshaped(view(chain.result), {image[0], image[3]});
    if (is_global && positions && rows) {
      layer.op.replace(0, std::string("average_pool").size(), "global_average_pool");
      push(std::move(layer), GlobalAverageLayer{*positions, *rows, chain.activation, chain.scale});
      return;
    }
    ConvLayer conv;  // a depthwise convolution with ones
    conv.input = input;
    const std::int64_t taps = window.kernel_h * window.kernel_w;
    conv.weights = model_.graph.add_constant(anchor.name + ".ones", {window.kernel_h, window.kernel_w, 1, image[3]},
                                             std::vector<std::int8_t>(static_cast<std::size_t>(taps * image[3]), 1));
    conv.output = view(chain.result);
    conv.window = window;
    conv.groups = image[3];
    conv.output_h = shape(chain.sums)[1];
    conv.output_w = shape(chain.sums)[2];
    conv.epilogue = epilogue_of(chain);
    layer.reason = "an average is a depthwise convolution with ones";
    push(std::move(layer), std::move(conv));
  }

  // --- host layers ---------------------------------------------------------------------------------------

  void emit_host(std::size_t n) {
    const Node current = node(n);
    if (is_data_movement(current.op)) {
      int part = 0;
      for (const PlannedCopy& copy : storage_.copies[n]) {
        const std::string suffix = storage_.copies[n].size() == 1 ? "" : "[" + std::to_string(part++) + "]";
        push_copy(current.layer + suffix, current,
                  std::string(operator_name(current.op)) + " that addressing can not express", copy.from, copy.to,
                  current.output);
      }
      if (const auto* pad = std::get_if<Pad>(&current.op)) push_margins(current, *pad);
      return;
    }
    HostLayer host;
    for (TensorId input : current.inputs) host.inputs.push_back(view(input));
    host.output = view(current.output);
    const bool is_pair = std::holds_alternative<LookupPair>(current.op);
    if (is_pair || std::holds_alternative<QuantizeSums>(current.op) || std::holds_alternative<Softmax>(current.op)) {
      for (std::size_t i = 0; i < host.inputs.size() - (is_pair ? 1 : 0); ++i) {
        host.inputs[i] = broadcast(host.inputs[i], shape(current.output));
      }
    }
    FusedLayer layer;
    layer.name = current.layer;
    layer.parts = {current.layer};
    layer.op = operator_name(current.op);
    layer.output_tensor = current.output;
    layer.reason = set_host_operator(current.op, host);
    push(std::move(layer), std::move(host));
  }

  // What lies around the input of a Pad, a dimension at a time: the outer ones whole.
  void push_margins(const Node& current, const Pad& pad) {
    TensorView rest = view(current.output);
    for (std::size_t d = 0; d < rest.shape.size(); ++d) {
      const std::int64_t extent = rest.shape[d];
      push_fill(current, sliced(rest, d, 0, pad.before[d]), pad.value);
      push_fill(current, sliced(rest, d, extent - pad.after[d], extent), pad.value);
      rest = sliced(rest, d, pad.before[d], extent - pad.after[d]);
    }
  }

  void push_fill(const Node& current, const TensorView& margin, std::int8_t value) {
    if (element_count(margin.shape) == 0) return;
    FusedLayer layer;
    layer.name = current.layer + ".margin" + std::to_string(model_.layers.size());
    layer.parts = {current.layer};
    layer.op = "fill";
    layer.reason = "the array pads with 0 alone";
    layer.output_tensor = current.output;
    push(std::move(layer), HostLayer{arch::HostOpKind::Fill, {}, margin, {value}, {}});
  }

  FusedModel model_;
  std::vector<std::vector<std::size_t>> consumers_;
  Storage storage_;
  std::vector<bool> fused_;
};

}  // namespace

FusedModel fuse_layers(Graph graph) {
  verify_graph(graph);
  FusedModel model = LayerFuser(std::move(graph)).run();
  verify_fused_model(model);
  return model;
}

}  // namespace gemel::compiler
