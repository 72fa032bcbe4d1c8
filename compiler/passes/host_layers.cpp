// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/host_layers.h"

#include <utility>

#include "compiler/passes/host_operators.h"

namespace gemel::compiler {
namespace {

class HostLayerMaker {
 public:
  explicit HostLayerMaker(LayerList& layers) : layers_(layers) {}

  void emit_host(std::size_t n) {
    const Node current = layers_.node(n);
    if (is_data_movement(current.op)) {
      int part = 0;
      for (const PlannedCopy& copy : layers_.copies(n)) {
        const std::string suffix = layers_.copies(n).size() == 1 ? "" : "[" + std::to_string(part++) + "]";
        layers_.push_copy(current.layer + suffix, current,
                          std::string(operator_name(current.op)) + " that addressing can not express", copy.from,
                          copy.to, current.output);
      }
      if (const auto* pad = std::get_if<Pad>(&current.op)) push_margins(current, *pad);
      return;
    }
    HostLayer host;
    for (TensorId input : current.inputs) host.inputs.push_back(layers_.view(input));
    host.output = layers_.view(current.output);
    const bool is_pair = std::holds_alternative<LookupPair>(current.op);
    if (is_pair || std::holds_alternative<QuantizeSums>(current.op) || std::holds_alternative<Softmax>(current.op)) {
      for (std::size_t i = 0; i < host.inputs.size() - (is_pair ? 1 : 0); ++i) {
        host.inputs[i] = broadcast(host.inputs[i], layers_.shape(current.output));
      }
    }
    FusedLayer layer;
    layer.name = current.layer;
    layer.parts = {current.layer};
    layer.op = operator_name(current.op);
    layer.output_tensor = current.output;
    layer.reason = set_host_operator(current.op, host);
    layers_.push(std::move(layer), std::move(host));
  }

  // What lies around the input of a Pad, a dimension at a time: the outer ones whole.
  void push_margins(const Node& current, const Pad& pad) {
    TensorView rest = layers_.view(current.output);
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
    layer.name = current.layer + ".margin" + std::to_string(layers_.count());
    layer.parts = {current.layer};
    layer.op = "fill";
    layer.reason = "the array pads with 0 alone";
    layer.output_tensor = current.output;
    layers_.push(std::move(layer), HostLayer{arch::HostOpKind::Fill, {}, margin, {value}, {}});
  }

 private:
  LayerList& layers_;
};

}  // namespace

void add_host_layers(std::size_t node, LayerList& layers) { HostLayerMaker(layers).emit_host(node); }

}  // namespace gemel::compiler
