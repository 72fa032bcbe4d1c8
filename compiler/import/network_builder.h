// SPDX-License-Identifier: Apache-2.0
#pragma once
// Builds a graph layer by layer with synthetic weights, and runs each node on the synthetic inputs as it goes, so that
// scales which the user leaves open are chosen from real values.
#include <optional>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/reference/graph_executor.h"

namespace gemel::compiler {

// What follows the sums of a layer.
struct LayerFinish {
  bool relu = false;
  std::optional<TensorId> residual;  // int8, added to the sums
  std::optional<std::int32_t> residual_multiplier;
  std::optional<float> scale;  // of the requantisation; none: calibrated
};

struct ConvolutionSpec {
  Window window;
  std::int64_t out_channels = 1;
  std::int64_t groups = 1;
  bool bias = true;
};

// Each function that makes a layer returns its int8 result, a tensor named `name`. All throw GraphError.
class NetworkBuilder {
 public:
  explicit NetworkBuilder(std::string network_name);
  NetworkBuilder(const NetworkBuilder&) = delete;
  NetworkBuilder& operator=(const NetworkBuilder&) = delete;

  TensorId input(const std::string& name, Shape shape);
  TensorId constant(const std::string& name, Shape shape);
  TensorId convolution(const std::string& name, TensorId x, const ConvolutionSpec& spec, const LayerFinish& finish);
  // y = x · W over the last dimension of x.
  TensorId linear(const std::string& name, TensorId x, std::int64_t out_features, bool bias, const LayerFinish& finish);
  TensorId matmul(const std::string& name, TensorId a, TensorId b, const MatMul& op, const LayerFinish& finish);
  TensorId add(const std::string& name, TensorId a, TensorId b, const Add& op, const LayerFinish& finish);
  // Average over the window. `scale` multiplies the average; none: calibrated.
  TensorId average_pool(const std::string& name, TensorId x, const Window& window, std::optional<float> scale);
  // Scales that are not given are calibrated.
  TensorId softmax(const std::string& name, TensorId x, Softmax op, std::optional<float> input_scale,
                   std::optional<float> output_scale);
  TensorId layer_norm(const std::string& name, TensorId x, const LayerNorm& op);
  // Any operator without weights and sums.
  TensorId plain(const std::string& name, Operator op, std::vector<TensorId> inputs);

  const Graph& graph() const { return graph_; }
  // Marks the outputs, verifies and gives the graph away.
  Graph finish(const std::vector<TensorId>& outputs);

 private:
  TensorId run(const std::string& name, const std::string& layer, Operator op, std::vector<TensorId> inputs);
  TensorId finish_sums(const std::string& name, TensorId sums, const LayerFinish& finish);
  // The inputs of a product: x, synthetic weights and, if wanted, bias.
  std::vector<TensorId> weights_for(const std::string& name, TensorId x, const Shape& shape, std::int64_t depth,
                                    bool bias, const LayerFinish& finish);
  double value_rms(TensorId tensor) const;

  Graph graph_;
  GraphExecutor executor_;
};

}  // namespace gemel::compiler
