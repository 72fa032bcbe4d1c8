// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/fuse_products.h"

#include <utility>

#include "compiler/graph/verify.h"

namespace gemel::compiler {
namespace {

class ProductFuser {
 public:
  explicit ProductFuser(LayerList& layers) : layers_(layers) {}

  void emit_conv(const FusionChain& chain) {
    const Node anchor = layers_.node(chain.nodes[0]);
    const auto& op = std::get<Conv2d>(anchor.op);
    ConvLayer conv;
    conv.input = layers_.contiguous(anchor.inputs[0], anchor);
    conv.weights = anchor.inputs[1];
    if (layers_.graph().tensor(conv.weights).role != TensorRole::Constant) {
      throw GraphError("'" + anchor.name + "': convolution weights must be a constant");
    }
    conv.output = layers_.view(chain.result);
    conv.window = op.window;
    conv.groups = op.groups;
    conv.output_h = layers_.shape(chain.sums)[1];
    conv.output_w = layers_.shape(chain.sums)[2];
    conv.epilogue = layers_.epilogue_of(chain);
    conv.pool = chain.pool;
    FusedLayer layer = layers_.named_layer(chain);
    if (op.groups > 1 && op.groups == layers_.shape(anchor.inputs[0])[3]) layer.op.replace(0, 6, "depthwise_conv2d");
    if (std::optional<GemmLayer> gemm = as_gemm(conv)) {
      layer.reason = "a 1x1 convolution is a matrix product";
      layers_.push(std::move(layer), std::move(*gemm));
    } else {
      layers_.push(std::move(layer), std::move(conv));
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
    gemm.n = layers_.shape(conv.weights)[3];
    const auto a = reshaped(conv.input, {1, gemm.m, gemm.k});
    const auto out = reshaped(conv.output, {1, gemm.m, gemm.n});
    if (!a || !out) return std::nullopt;
    gemm.a = *a;
    gemm.b = *reshaped(dense_view(layers_.graph(), conv.weights), {1, gemm.k, gemm.n});
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
    const TensorView from = layers_.view(tensor);
    if (has_unit_inner_stride(from)) return from;
    std::vector<std::size_t> swap_last;
    for (std::size_t i = 0; i < from.shape.size(); ++i) swap_last.push_back(i);
    std::swap(swap_last[from.shape.size() - 1], swap_last[from.shape.size() - 2]);
    const TensorView swapped = permuted(from, swap_last);
    if (!has_unit_inner_stride(swapped)) return layers_.contiguous(tensor, reader);
    transpose = !transpose;
    return swapped;
  }

  void emit_gemm(const FusionChain& chain) {
    const Node anchor = layers_.node(chain.nodes[0]);
    const auto op = std::get<MatMul>(anchor.op);
    GemmLayer gemm;
    gemm.transpose_a = op.transpose_a;
    gemm.transpose_b = op.transpose_b;
    const TensorView a = matrix_operand(anchor.inputs[0], gemm.transpose_a, anchor);
    const TensorView b = matrix_operand(anchor.inputs[1], gemm.transpose_b, anchor);
    const Epilogue epilogue = layers_.epilogue_of(chain);
    const Shape& sums = layers_.shape(chain.sums);
    gemm.m = sums[sums.size() - 2];
    gemm.n = sums.back();
    gemm.k = a.shape[a.shape.size() - (gemm.transpose_a ? 2 : 1)];
    const FusedLayer layer = layers_.named_layer(chain);
    if (b.shape.size() == 2 && !gemm.transpose_a) {
      const std::int64_t rows = element_count(sums) / gemm.n;
      const auto all_a = reshaped(a, {1, rows, gemm.k});
      const auto all_out = reshaped(layers_.view(chain.result), {1, rows, gemm.n});
      const auto all_residual = epilogue.residual ? reshaped(epilogue.residual->view, {1, rows, gemm.n}) : all_out;
      if (all_a && all_out && all_residual) {
        gemm.m = rows;
        push_gemm(layer, gemm, *all_a, *reshaped(b, {1, b.shape[0], b.shape[1]}), *all_out, epilogue, *all_residual);
        return;
      }
    }
    const TensorView whole_b = b.shape.size() == 2 ? broadcast(b, batched(sums, b.shape)) : b;
    const TensorView& out = layers_.view(chain.result);
    push_batches(layer, gemm, a, whole_b, out, epilogue, epilogue.residual ? epilogue.residual->view : out, layer.macs);
  }

  static Shape batched(const Shape& sums, const Shape& matrix) {
    Shape result(sums.begin(), sums.end() - 2);
    result.insert(result.end(), matrix.begin(), matrix.end());
    return result;
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
      push_batches(entry, gemm, entry_of(a, i), entry_of(b, i), entry_of(out, i), epilogue, entry_of(residual, i),
                   macs / static_cast<std::uint64_t>(entries));
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
    layers_.push(std::move(layer), std::move(gemm));
  }

 private:
  LayerList& layers_;
};

}  // namespace

void fuse_convolution(const FusionChain& chain, LayerList& layers) { ProductFuser(layers).emit_conv(chain); }
void fuse_matrix_product(const FusionChain& chain, LayerList& layers) { ProductFuser(layers).emit_gemm(chain); }

}  // namespace gemel::compiler
