// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/network_builder.h"

#include <algorithm>
#include <cmath>

#include "compiler/graph/verify.h"
#include "compiler/import/calibration.h"
#include "compiler/reference/synthetic.h"
#include "sim/arch/numerics.h"

namespace gemel::compiler {
namespace {

constexpr double kWeightDeviation = 148.0 / kWeightDivisor;  // of synthetic_weights()
constexpr int kLargestWeightDivisor = 64;                    // deviation 2.3

constexpr std::int64_t kMostElements = std::int64_t{1} << 28;  // of one tensor

void need_reasonable(const std::string& name, const Shape& shape) {
  std::int64_t count = 1;
  for (std::int64_t extent : shape) {
    if (extent > 0 && count > kMostElements / extent) {
      throw GraphError("tensor '" + name + "' would have the shape " + describe_shape(shape) + ", more than " +
                       std::to_string(kMostElements) + " elements");
    }
    count *= extent;
  }
}

}  // namespace

NetworkBuilder::NetworkBuilder(std::string network_name) : executor_(graph_) { graph_.name = std::move(network_name); }

TensorId NetworkBuilder::input(const std::string& name, Shape shape) {
  need_reasonable(name, shape);
  const TensorId id = graph_.add_input(name, std::move(shape), ElementType::Int8);
  executor_.set_input(id, synthetic_input(graph_.tensor(id)));
  return id;
}

TensorId NetworkBuilder::constant(const std::string& name, Shape shape) {
  need_reasonable(name, shape);
  std::vector<std::int8_t> data = synthetic_weights(name, element_count(shape));
  return graph_.add_constant(name, std::move(shape), std::move(data));
}

TensorId NetworkBuilder::convolution(const std::string& name, TensorId x, const ConvolutionSpec& spec,
                                     const LayerFinish& finish) {
  const Shape& image = graph_.tensor(x).shape;
  if (image.size() != 4) {
    throw GraphError("conv2d needs an image [batch, height, width, channels], but '" + graph_.tensor(x).name + "' is " +
                     describe_shape(image));
  }
  if (spec.groups < 1 || image[3] % spec.groups != 0 || spec.out_channels % spec.groups != 0) {
    throw GraphError("conv2d groups " + std::to_string(spec.groups) + " must divide both the " +
                     std::to_string(image[3]) + " input channels and the " + std::to_string(spec.out_channels) +
                     " output channels");
  }
  const Shape shape{spec.window.kernel_h, spec.window.kernel_w, image[3] / spec.groups, spec.out_channels};
  std::vector<TensorId> inputs = weights_for(name, x, shape, shape[0] * shape[1] * shape[2], spec.bias, finish);
  const TensorId sums = run(name + ".sums", name, Conv2d{spec.window, spec.groups}, std::move(inputs));
  return finish_sums(name, sums, finish);
}

TensorId NetworkBuilder::linear(const std::string& name, TensorId x, std::int64_t out_features, bool bias,
                                const LayerFinish& finish) {
  if (graph_.tensor(x).shape.size() < 2) throw GraphError("linear needs an input of at least 2 dimensions");
  const std::int64_t depth = graph_.tensor(x).shape.back();
  std::vector<TensorId> inputs = weights_for(name, x, {depth, out_features}, depth, bias, finish);
  const TensorId sums = run(name + ".sums", name, MatMul{}, std::move(inputs));
  return finish_sums(name, sums, finish);
}

TensorId NetworkBuilder::matmul(const std::string& name, TensorId a, TensorId b, const MatMul& op,
                                const LayerFinish& finish) {
  return finish_sums(name, run(name + ".sums", name, op, {a, b}), finish);
}

TensorId NetworkBuilder::add(const std::string& name, TensorId a, TensorId b, const Add& op,
                             const LayerFinish& finish) {
  return finish_sums(name, run(name + ".sums", name, op, {a, b}), finish);
}

TensorId NetworkBuilder::average_pool(const std::string& name, TensorId x, const Window& window,
                                      std::optional<float> scale) {
  const TensorId sums = run(name + ".sums", name, SumPool{window}, {x});
  LayerFinish finish;
  if (scale) finish.scale = static_cast<float>(double{*scale} / static_cast<double>(window.kernel_h * window.kernel_w));
  return finish_sums(name, sums, finish);
}

TensorId NetworkBuilder::layer_norm(const std::string& name, TensorId x, const LayerNorm& op) {
  const std::int64_t features = graph_.tensor(x).shape.empty() ? 1 : graph_.tensor(x).shape.back();
  const auto parameter = [&](const std::string& suffix, float centre) {
    std::vector<std::int32_t> bits = synthetic_bias(name + suffix, features, 100.0);
    for (std::int32_t& value : bits) {
      const float real = centre + static_cast<float>(value) * 0.001f;
      value = static_cast<std::int32_t>(arch::bits_from_float(real));
    }
    return graph_.add_constant(name + suffix, {features}, std::move(bits));
  };
  const TensorId gamma = parameter(".gamma", 1.0f);
  return run(name, name, op, {x, gamma, parameter(".beta", 0.0f)});
}

TensorId NetworkBuilder::softmax(const std::string& name, TensorId x, Softmax op, std::optional<float> input_scale,
                                 std::optional<float> output_scale) {
  const Shape& shape = graph_.tensor(x).shape;
  const std::int64_t columns = shape.empty() ? 1 : shape.back();
  op.input_scale = input_scale
                       ? *input_scale
                       : calibrated_logit_scale(executor_.int8_data(x), element_count(shape) / columns, columns);
  // Logits of deviation 2 over n columns have their 99.9th percentile of probability near 66 / n: it becomes 100.
  op.output_scale =
      output_scale ? *output_scale : static_cast<float>(std::min(1.0 / 127, 0.66 / static_cast<double>(columns)));
  return run(name, name, op, {x});
}

TensorId NetworkBuilder::plain(const std::string& name, Operator op, std::vector<TensorId> inputs) {
  return run(name, name, std::move(op), std::move(inputs));
}

Graph NetworkBuilder::finish(const std::vector<TensorId>& outputs) {
  for (TensorId output : outputs) graph_.mark_output(output);
  verify_graph(graph_);
  return std::move(graph_);
}

TensorId NetworkBuilder::run(const std::string& name, const std::string& layer, Operator op,
                             std::vector<TensorId> inputs) {
  const TensorId result = graph_.add_node(name, layer, std::move(op), std::move(inputs));
  need_reasonable(name, graph_.tensor(result).shape);
  // Sums are read by the next node of their layer alone.
  const Node& node = graph_.nodes.back();
  executor_.run_node(node, graph_.tensor(node.inputs[0]).type == ElementType::Int32);
  return result;
}

TensorId NetworkBuilder::finish_sums(const std::string& name, TensorId sums, const LayerFinish& finish) {
  const std::int64_t count = element_count(graph_.tensor(sums).shape);
  if (finish.residual) {
    Add op;
    if (finish.residual_multiplier) {
      op.b_multiplier = *finish.residual_multiplier;
    } else {
      const std::int64_t residual_count = element_count(graph_.tensor(*finish.residual).shape);
      op.b_multiplier = calibrated_multiplier(root_mean_square(executor_.int32_data(sums), count),
                                              root_mean_square(executor_.int8_data(*finish.residual), residual_count));
    }
    sums = run(name + ".add", name, op, {sums, *finish.residual});
  }
  if (finish.relu) sums = run(name + ".relu", name, Relu{}, {sums});
  const float scale = finish.scale ? *finish.scale : calibrated_scale(executor_.int32_data(sums), count);
  return run(name, name, Requantize{scale}, {sums});
}

double NetworkBuilder::value_rms(TensorId tensor) const {
  return root_mean_square(executor_.int8_data(tensor), element_count(graph_.tensor(tensor).shape));
}

std::vector<TensorId> NetworkBuilder::weights_for(const std::string& name, TensorId x, const Shape& shape,
                                                  std::int64_t depth, bool bias, const LayerFinish& finish) {
  // Sums far above what the largest multiplier can make of the residual would drown it: such layers get smaller
  // weights.
  const double expected = value_rms(x) * kWeightDeviation * std::sqrt(static_cast<double>(depth));
  int divisor = kWeightDivisor;
  if (finish.residual && !finish.residual_multiplier) {
    const double reach = 100.0 * std::max(value_rms(*finish.residual), 1.0);
    const double excess = std::max(1.0, expected / reach);
    divisor = static_cast<int>(std::min<double>(kLargestWeightDivisor, std::nearbyint(kWeightDivisor * excess)));
  }
  need_reasonable(name + ".weights", shape);
  std::vector<TensorId> inputs{
      x, graph_.add_constant(name + ".weights", shape,
                             synthetic_weights(name + ".weights", element_count(shape), divisor))};
  if (bias) {
    const double deviation = 0.25 * expected * kWeightDivisor / divisor;
    inputs.push_back(
        graph_.add_constant(name + ".bias", {shape.back()}, synthetic_bias(name + ".bias", shape.back(), deviation)));
  }
  return inputs;
}

}  // namespace gemel::compiler
