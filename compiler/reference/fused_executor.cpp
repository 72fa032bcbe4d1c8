// SPDX-License-Identifier: Apache-2.0
#include "compiler/reference/fused_executor.h"

#include <algorithm>

#include "compiler/reference/convolution.h"
#include "compiler/reference/host_operator.h"
#include "compiler/reference/int8_gemm.h"
#include "compiler/reference/synthetic.h"

namespace gemel::compiler {
namespace {

using Sums = std::vector<std::int32_t>;

// Calls visit(element of the root, index in row-major order) for each element of the view.
template <typename Visit>
void for_each_element(const TensorView& view, std::size_t axis, std::int64_t at, std::int64_t& index, Visit&& visit) {
  if (axis == view.shape.size()) {
    visit(static_cast<std::size_t>(at), static_cast<std::size_t>(index++));
    return;
  }
  for (std::int64_t i = 0; i < view.shape[axis]; ++i, at += view.strides[axis]) {
    for_each_element(view, axis + 1, at, index, visit);
  }
}

template <typename Element>
std::vector<Element> gathered_elements(const std::vector<Element>& root, const TensorView& view) {
  std::vector<Element> dense(static_cast<std::size_t>(element_count(view.shape)));
  std::int64_t index = 0;
  for_each_element(view, 0, view.offset, index, [&](std::size_t from, std::size_t to) { dense[to] = root[from]; });
  return dense;
}

class FusedExecutor {
 public:
  explicit FusedExecutor(const FusedModel& model) : graph_(model.graph) {}

  std::unordered_map<TensorId, TensorValue> values;

  void run(const FusedLayer& layer) {
    const TensorId root = output_view(layer).root;
    const Tensor& tensor = graph_.tensor(root);
    if (values.find(root) == values.end()) values[root] = zero_value(tensor.type, element_count(tensor.shape));
    std::visit([this](const auto& kind) { run_kind(kind); }, layer.kind);
  }

 private:
  std::vector<std::int8_t> int8(const TensorView& view) const {
    return gathered_elements(values.at(view.root).int8_data, view);
  }

  void store(const TensorView& view, const std::vector<std::int8_t>& dense) {
    std::vector<std::int8_t>& root = values.at(view.root).int8_data;
    std::int64_t index = 0;
    for_each_element(view, 0, view.offset, index, [&](std::size_t to, std::size_t from) { root[to] = dense[from]; });
  }

  // Bias and residual onto sums whose innermost dimension is the bias's.
  void accumulate(Sums& sums, const Epilogue& epilogue) const {
    if (epilogue.bias) {
      const std::vector<std::int32_t>& bias = graph_.tensor(*epilogue.bias).int32_data;
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += bias[i % bias.size()];
    }
    if (epilogue.residual) {
      const std::vector<std::int8_t> residual = int8(epilogue.residual->view);
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += epilogue.residual->multiplier * residual[i];
    }
  }

  static std::vector<std::int8_t> scaled(const Sums& sums, float scale, arch::Activation activation) {
    std::vector<std::int8_t> result(sums.size());
    std::transform(sums.begin(), sums.end(), result.begin(),
                   [&](std::int32_t sum) { return arch::accumulator_scale(sum, scale, activation); });
    return result;
  }

  void finish(const Epilogue& epilogue, const Sums& sums, const TensorView& output) {
    if (epilogue.scale) {
      store(output, scaled(sums, *epilogue.scale, epilogue.activation));
      return;
    }
    std::vector<std::int32_t>& root = values.at(output.root).int32_data;
    std::int64_t index = 0;
    for_each_element(output, 0, output.offset, index, [&](std::size_t to, std::size_t from) { root[to] = sums[from]; });
  }

  void run_kind(const ConvLayer& conv) {
    const Shape& in = conv.input.shape;
    const std::int64_t channels = graph_.tensor(conv.weights).shape[3];
    Sums sums(static_cast<std::size_t>(in[0] * conv.output_h * conv.output_w * channels));
    const std::vector<std::int8_t> image = int8(conv.input);
    convolve(image.data(), {in[0], in[1], in[2], in[3]}, graph_.tensor(conv.weights).int8_data.data(), channels,
             conv.window, conv.groups, sums.data());
    accumulate(sums, conv.epilogue);
    if (!conv.pool) {
      finish(conv.epilogue, sums, conv.output);
      return;
    }
    const std::vector<std::int8_t> whole = scaled(sums, *conv.epilogue.scale, conv.epilogue.activation);
    std::vector<std::int8_t> pooled(static_cast<std::size_t>(element_count(conv.output.shape)));
    max_pool(whole.data(), {in[0], conv.output_h, conv.output_w, channels}, *conv.pool, true, pooled.data());
    store(conv.output, pooled);
  }

  void run_kind(const GemmLayer& gemm) {
    const std::int64_t m = gemm.m, n = gemm.n, k = gemm.k;
    const std::vector<std::int8_t> a = int8(gemm.a);
    const std::vector<std::int8_t> b = int8(gemm.b);
    Sums sums(static_cast<std::size_t>(gemm.batch * m * n));
    for (std::int64_t i = 0; i < gemm.batch; ++i) {
      const std::int8_t* rows_of_a = a.data() + i * m * k;
      const RowSource rows = [&](std::int64_t first, std::int64_t count, std::int8_t* to) {
        for (std::int64_t r = first; r < first + count; ++r) {
          for (std::int64_t j = 0; j < k; ++j) *to++ = rows_of_a[gemm.transpose_a ? j * m + r : r * k + j];
        }
      };
      const std::int8_t* matrix = b.data() + i * k * n;
      const PackedMatrix packed =
          gemm.transpose_b ? PackedMatrix(matrix, k, n, 1, k) : PackedMatrix(matrix, k, n, n, 1);
      multiply(m, rows, packed, sums.data() + i * m * n, n);
    }
    accumulate(sums, gemm.epilogue);
    finish(gemm.epilogue, sums, gemm.output);
  }

  void run_kind(const AddLayer& add) {
    const std::vector<std::int8_t> a = int8(add.a);
    const std::vector<std::int8_t> b = int8(add.b);
    Sums sums(a.size());
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = add.a_multiplier * a[i] + add.b_multiplier * b[i];
    store(add.output, scaled(sums, add.scale, add.activation));
  }

  void run_kind(const GlobalAverageLayer& average) {
    const std::vector<std::int8_t> x = int8(average.input);
    const Shape& shape = average.input.shape;
    Sums sums(static_cast<std::size_t>(shape[0] * shape[2]));
    for (std::size_t i = 0; i < x.size(); ++i) {
      const auto channel = static_cast<std::int64_t>(i) % shape[2];
      const auto image = static_cast<std::int64_t>(i) / (shape[1] * shape[2]);
      sums[static_cast<std::size_t>(image * shape[2] + channel)] += x[i];
    }
    Epilogue epilogue;
    epilogue.activation = average.activation;
    epilogue.scale = average.scale;
    finish(epilogue, sums, average.output);
  }

  HostOperand operand(const TensorView& view) const {
    const TensorValue& value = values.at(view.root);
    const ElementType type = graph_.tensor(view.root).type;
    const void* data =
        element_bytes(type) == 1 ? static_cast<const void*>(value.int8_data.data()) : value.int32_data.data();
    return {data, type, element_count(graph_.tensor(view.root).shape), view.offset, view.shape, view.strides};
  }

  void run_kind(const HostLayer& host) {
    std::vector<HostOperand> inputs;
    for (const TensorView& input : host.inputs) inputs.push_back(operand(input));
    TensorValue& out = values.at(host.output.root);
    void* data = out.int8_data.empty() ? static_cast<void*>(out.int32_data.data()) : out.int8_data.data();
    run_host_operator(host.kind, inputs, operand(host.output), data, host.params, host.scales);
  }

  const Graph& graph_;
};

}  // namespace

TensorValue gathered(const TensorValue& root, const TensorView& view) {
  TensorValue value;
  if (!root.int8_data.empty()) value.int8_data = gathered_elements(root.int8_data, view);
  if (!root.int32_data.empty()) value.int32_data = gathered_elements(root.int32_data, view);
  return value;
}

std::unordered_map<TensorId, TensorValue> execute_fused_model(const FusedModel& model,
                                                              std::unordered_map<TensorId, TensorValue> inputs) {
  FusedExecutor executor(model);
  for (TensorId id : model.graph.inputs) {
    const auto given = inputs.find(id);
    executor.values[id] = given != inputs.end() ? std::move(given->second) : synthetic_input(model.graph.tensor(id));
  }
  for (TensorId id : model.stored_tensors()) {
    if (model.graph.tensor(id).role == TensorRole::Constant)
      executor.values[id] = constant_value(model.graph.tensor(id));
  }
  for (const FusedLayer& layer : model.layers) executor.run(layer);
  return std::move(executor.values);
}

}  // namespace gemel::compiler
