// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/fuse_sums.h"

#include <algorithm>
#include <utility>

#include "compiler/graph/verify.h"

namespace gemel::compiler {
namespace {

class SumFuser {
 public:
  explicit SumFuser(LayerList& layers) : layers_(layers) {}

  void emit_add(const FusionChain& chain) {
    const Node anchor = layers_.node(chain.nodes[0]);
    const auto op = std::get<Add>(anchor.op);
    const bool both_int8 = layers_.graph().tensor(anchor.inputs[0]).type == ElementType::Int8 &&
                           layers_.graph().tensor(anchor.inputs[1]).type == ElementType::Int8;
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
    const TensorView a = layers_.contiguous(anchor.inputs[0], anchor);
    const TensorView b = layers_.repeated(anchor.inputs[1], Shape(layers_.shape(chain.sums)), anchor);
    push_sums(layers_.named_layer(chain), add, a, b, layers_.view(chain.result));
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
        layers_.push(std::move(layer), std::move(add));
        return;
      }
      if (split < s.size()) batch *= s[split];
    }
    for (std::int64_t i = 0; i < s[0]; ++i) {
      FusedLayer entry = layer;
      entry.name += "[" + std::to_string(i) + "]";
      push_sums(std::move(entry), add, entry_of(a, i), entry_of(b, i), entry_of(out, i));
    }
  }

  void emit_average(const FusionChain& chain) {
    const Node anchor = layers_.node(chain.nodes[0]);
    const Window& window = std::get<SumPool>(anchor.op).window;
    const TensorView input = layers_.contiguous(anchor.inputs[0], anchor);
    const Shape image = layers_.shape(anchor.inputs[0]);
    FusedLayer layer = layers_.named_layer(chain);
    const bool is_global = window.kernel_h == image[1] && window.kernel_w == image[2] && !window.padding.any();
    const auto positions = reshaped(input, {image[0], image[1] * image[2], image[3]});
    const auto rows = reshaped(layers_.view(chain.result), {image[0], image[3]});
    if (is_global && positions && rows) {
      layer.op.replace(0, std::string("average_pool").size(), "global_average_pool");
      layers_.push(std::move(layer), GlobalAverageLayer{*positions, *rows, chain.activation, chain.scale});
      return;
    }
    ConvLayer conv;  // a depthwise convolution with ones
    conv.input = input;
    const std::int64_t taps = window.kernel_h * window.kernel_w;
    conv.weights = layers_.add_constant(anchor.name + ".ones", {window.kernel_h, window.kernel_w, 1, image[3]},
                                        std::vector<std::int8_t>(static_cast<std::size_t>(taps * image[3]), 1));
    conv.output = layers_.view(chain.result);
    conv.window = window;
    conv.groups = image[3];
    conv.output_h = layers_.shape(chain.sums)[1];
    conv.output_w = layers_.shape(chain.sums)[2];
    conv.epilogue = layers_.epilogue_of(chain);
    layer.reason = "an average is a depthwise convolution with ones";
    layers_.push(std::move(layer), std::move(conv));
  }

 private:
  LayerList& layers_;
};

}  // namespace

void fuse_addition(const FusionChain& chain, LayerList& layers) { SumFuser(layers).emit_add(chain); }
void fuse_pooling_sum(const FusionChain& chain, LayerList& layers) { SumFuser(layers).emit_average(chain); }

}  // namespace gemel::compiler
