// SPDX-License-Identifier: Apache-2.0
#include "compiler/reference/graph_executor.h"

#include <algorithm>
#include <stdexcept>

#include "compiler/graph/tensor_view.h"
#include "compiler/reference/convolution.h"
#include "compiler/reference/host_operator.h"
#include "compiler/reference/int8_gemm.h"
#include "compiler/reference/synthetic.h"
#include "sim/arch/numerics.h"

namespace gemel::compiler {
namespace {

std::int32_t wrapping(std::int64_t value) { return static_cast<std::int32_t>(static_cast<std::uint64_t>(value)); }

void add_bias(std::int32_t* sums, std::int64_t rows, std::int64_t columns, const std::int32_t* bias) {
  for (std::int64_t r = 0; r < rows; ++r) arch::add_row(bias, sums + r * columns, static_cast<unsigned>(columns));
}

ImageShape image_shape(const Tensor& tensor) {
  return {tensor.shape[0], tensor.shape[1], tensor.shape[2], tensor.shape[3]};
}

// Copies `from`, of this shape and strides, to dense `to`.
template <typename Element>
void gather(const Element* from, const Shape& shape, const std::vector<std::int64_t>& strides, std::size_t axis,
            Element*& to) {
  if (axis + 1 >= shape.size()) {
    const std::int64_t count = shape.empty() ? 1 : shape.back();
    const std::int64_t stride = shape.empty() ? 1 : strides.back();
    for (std::int64_t i = 0; i < count; ++i) *to++ = from[i * stride];
    return;
  }
  for (std::int64_t i = 0; i < shape[axis]; ++i) gather(from + i * strides[axis], shape, strides, axis + 1, to);
}

}  // namespace

// One overload per operator: reads the node's inputs, fills `out`.
struct NodeRunner {
  GraphExecutor& executor;
  const Node& node;
  bool consume;
  TensorValue& out;

  const Tensor& in(std::size_t i) const { return executor.graph_.tensor(node.inputs[i]); }
  const Tensor& result() const { return executor.graph_.tensor(node.output); }
  const std::int8_t* int8_in(std::size_t i) const { return executor.int8_data(node.inputs[i]); }
  const std::int32_t* int32_in(std::size_t i) const { return executor.int32_data(node.inputs[i]); }
  void allocate() const { out = zero_value(result().type, element_count(result().shape)); }

  // The first input's elements, taken over where it is used up.
  void take_first() const {
    const auto value = executor.values_.find(node.inputs[0]);
    if (consume && value != executor.values_.end()) {
      out = std::move(value->second);
      executor.values_.erase(value);
    } else if (value != executor.values_.end()) {
      out = value->second;
    } else {
      out = constant_value(in(0));
    }
  }

  void operator()(const Conv2d& op) const {
    allocate();
    const std::int64_t channels = result().shape[3];
    convolve(int8_in(0), image_shape(in(0)), int8_in(1), channels, op.window, op.groups, out.int32_data.data());
    if (node.inputs.size() > 2) {
      add_bias(out.int32_data.data(), element_count(result().shape) / channels, channels, int32_in(2));
    }
  }

  void operator()(const MatMul& op) const {
    allocate();
    const Shape& shape = result().shape;
    const std::int64_t m = shape[shape.size() - 2];
    const std::int64_t n = shape.back();
    const std::int64_t k = in(0).shape[in(0).shape.size() - (op.transpose_a ? 2 : 1)];
    const bool shared = in(1).shape.size() == 2;
    const std::int64_t batch = element_count(shape) / (m * n);
    const bool one_product = shared && !op.transpose_a;
    const auto packed = [&](std::int64_t i) {
      const std::int8_t* b = int8_in(1) + (shared ? 0 : i * k * n);
      return op.transpose_b ? PackedMatrix(b, k, n, 1, k) : PackedMatrix(b, k, n, n, 1);
    };
    for (std::int64_t i = 0; i < (one_product ? 1 : batch); ++i) {
      const std::int8_t* a = int8_in(0) + i * m * k;
      const RowSource rows = [&](std::int64_t first, std::int64_t count, std::int8_t* to) {
        if (!op.transpose_a) {
          std::copy_n(a + first * k, count * k, to);
          return;
        }
        for (std::int64_t r = 0; r < count; ++r) {
          for (std::int64_t j = 0; j < k; ++j) to[r * k + j] = a[j * m + first + r];
        }
      };
      multiply(one_product ? batch * m : m, rows, packed(i), out.int32_data.data() + i * m * n, n);
    }
    if (node.inputs.size() > 2) add_bias(out.int32_data.data(), batch * m, n, int32_in(2));
  }

  void operator()(const Add& op) const {
    const bool first_is_sum = in(0).type == ElementType::Int32;
    if (first_is_sum) {
      take_first();
    } else {
      allocate();
    }
    std::int32_t* sums = out.int32_data.data();
    const std::int64_t count = element_count(in(0).shape);
    if (!first_is_sum) {
      const std::int8_t* a = int8_in(0);
      for (std::int64_t i = 0; i < count; ++i) sums[i] = op.a_multiplier * a[i];
    }
    const std::int64_t period = element_count(in(1).shape);
    for (std::int64_t start = 0; start < count; start += period) {
      if (in(1).type == ElementType::Int32) {
        const std::int32_t* b = int32_in(1);
        for (std::int64_t i = 0; i < period; ++i) sums[start + i] = wrapping(std::int64_t{sums[start + i]} + b[i]);
      } else {
        const std::int8_t* b = int8_in(1);
        const std::int32_t multiplier = op.b_multiplier;
        std::int32_t* __restrict to = sums + start;
        for (std::int64_t i = 0; i < period; ++i) {
          to[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(to[i]) +
                                            static_cast<std::uint32_t>(multiplier * b[i]));
        }
      }
    }
  }

  void operator()(const Relu&) const {
    take_first();
    for (std::int8_t& v : out.int8_data) v = std::max<std::int8_t>(v, 0);
    for (std::int32_t& v : out.int32_data) v = std::max(v, 0);
  }

  void operator()(const Requantize& op) const {
    allocate();
    const std::int64_t count = element_count(in(0).shape);
    if (in(0).type == ElementType::Int8) {
      const std::int8_t* from = int8_in(0);
      for (std::int64_t i = 0; i < count; ++i) {
        out.int8_data[static_cast<std::size_t>(i)] = arch::accumulator_scale(from[i], op.scale, arch::Activation::None);
      }
    } else {
      constexpr std::int64_t kChunk = std::int64_t{1} << 20;
      for (std::int64_t i = 0; i < count; i += kChunk) {
        arch::accumulator_scale_row(int32_in(0) + i, out.int8_data.data() + i,
                                    static_cast<unsigned>(std::min(kChunk, count - i)), op.scale,
                                    arch::Activation::None);
      }
    }
    if (consume && in(0).type == ElementType::Int32) executor.values_.erase(node.inputs[0]);
  }

  void operator()(const MaxPool& op) const {
    allocate();
    max_pool(int8_in(0), image_shape(in(0)), op.window, !op.ignores_padding, out.int8_data.data());
  }

  void operator()(const SumPool& op) const {
    allocate();
    sum_pool(int8_in(0), image_shape(in(0)), op.window, out.int32_data.data());
  }

  // Copies part of an input: `shape` elements at `strides` from `offset`, to dense `to`.
  void move(std::size_t input, std::int64_t offset, const Shape& shape,
            const std::vector<std::int64_t>& strides) const {
    allocate();
    if (element_bytes(in(input).type) == 1) {
      std::int8_t* to = out.int8_data.data();
      gather(int8_in(input) + offset, shape, strides, 0, to);
    } else {
      std::int32_t* to = out.int32_data.data();
      gather(int32_in(input) + offset, shape, strides, 0, to);
    }
  }

  void operator()(const Concat& op) const {
    allocate();
    const Shape& shape = result().shape;
    std::int64_t inner = 1, outer = 1;
    for (std::size_t d = op.axis + 1; d < shape.size(); ++d) inner *= shape[d];
    for (std::size_t d = 0; d < op.axis; ++d) outer *= shape[d];
    std::int64_t position = 0;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const std::int64_t part = in(i).shape[op.axis] * inner;
      for (std::int64_t o = 0; o < outer; ++o) {
        const std::int64_t to = o * shape[op.axis] * inner + position;
        if (element_bytes(result().type) == 1) {
          std::copy_n(int8_in(i) + o * part, part, out.int8_data.data() + to);
        } else {
          std::copy_n(int32_in(i) + o * part, part, out.int32_data.data() + to);
        }
      }
      position += part;
    }
  }

  void operator()(const Reshape&) const { move(0, 0, in(0).shape, dense_strides(in(0).shape)); }

  void operator()(const Transpose& op) const {
    const std::vector<std::int64_t> from = dense_strides(in(0).shape);
    std::vector<std::int64_t> strides;
    for (std::size_t axis : op.permutation) strides.push_back(from[axis]);
    move(0, 0, result().shape, strides);
  }

  void operator()(const Slice& op) const {
    const std::vector<std::int64_t> strides = dense_strides(in(0).shape);
    move(0, op.begin * strides[op.axis], result().shape, strides);
  }

  // The first `repeated` inputs repeat along dimensions of 1.
  void host(arch::HostOpKind kind, const std::vector<std::int64_t>& params, const std::vector<float>& scales,
            std::size_t repeated = 0) const {
    allocate();
    std::vector<HostOperand> operands;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const void* data = element_bytes(in(i).type) == 1 ? static_cast<const void*>(int8_in(i)) : int32_in(i);
      operands.push_back({data, in(i).type, element_count(in(i).shape), 0, in(i).shape, {}});
      if (i < repeated) repeat(operands.back(), result().shape);
    }
    const HostOperand to{nullptr, result().type, element_count(result().shape), 0, result().shape, {}};
    void* data = out.int8_data.empty() ? static_cast<void*>(out.int32_data.data()) : out.int8_data.data();
    run_host_operator(kind, operands, to, data, params, scales);
  }

  // `operand` seen in `shape`, repeated along dimensions of 1 and missing ones.
  static void repeat(HostOperand& operand, const Shape& shape) {
    const TensorView seen = broadcast({0, 0, operand.shape, dense_strides(operand.shape)}, shape);
    operand.shape = seen.shape;
    operand.strides = seen.strides;
  }

  void operator()(const Pad& op) const {
    allocate();
    std::fill(out.int8_data.begin(), out.int8_data.end(), op.value);
    TensorView inner{0, 0, result().shape, dense_strides(result().shape)};
    for (std::size_t d = 0; d < op.before.size(); ++d) {
      inner = sliced(inner, d, op.before[d], op.before[d] + in(0).shape[d]);
    }
    const HostOperand from{int8_in(0), in(0).type, element_count(in(0).shape), 0, in(0).shape, {}};
    const HostOperand to{nullptr,      result().type, element_count(result().shape),
                         inner.offset, inner.shape,   inner.strides};
    run_host_operator(arch::HostOpKind::Copy, {from}, to, out.int8_data.data(), {}, {});
  }
  void operator()(const Lookup&) const { host(arch::HostOpKind::Lookup, {}, {}); }
  void operator()(const LookupPair&) const { host(arch::HostOpKind::Lookup, {}, {}, 2); }
  void operator()(const QuantizeSums& op) const {
    host(arch::HostOpKind::QuantizeSums, quantize_sums_params(op), {}, node.inputs.size());
  }
  void operator()(const QuantizeFloat& op) const { host(arch::HostOpKind::QuantizeFloat, {op.zero_point}, {op.scale}); }
  void operator()(const DequantizeFloat& op) const {
    host(arch::HostOpKind::DequantizeFloat, {op.zero_point}, {op.scale});
  }

  void operator()(const Softmax& op) const {
    host(arch::HostOpKind::Softmax, softmax_params(op), softmax_scales(op, node.inputs.size()), node.inputs.size());
  }
  void operator()(const GatherRows&) const { host(arch::HostOpKind::GatherRows, {}, {}); }
  void operator()(const Interpolate& op) const {
    host(arch::HostOpKind::Interpolate, {op.input_zero_point, op.output_zero_point}, {op.input_scale, op.output_scale});
  }
  void operator()(const LayerNorm& op) const {
    host(arch::HostOpKind::LayerNorm, {static_cast<std::int64_t>(arch::bits_from_float(op.epsilon))},
         {op.input_scale, op.output_scale});
  }
  void operator()(const Gelu& op) const { host(arch::HostOpKind::Gelu, {}, {op.input_scale, op.output_scale}); }
  void operator()(const Mul& op) const { host(arch::HostOpKind::Mul, {}, {op.a_scale, op.b_scale, op.output_scale}); }
};

void GraphExecutor::set_input(TensorId input, TensorValue value) {
  const Tensor& tensor = graph_.tensor(input);
  const auto wanted = static_cast<std::size_t>(element_count(tensor.shape));
  const bool is_int8 = element_bytes(tensor.type) == 1;
  if ((is_int8 ? value.int8_data.size() : value.int32_data.size()) != wanted) {
    throw std::invalid_argument("value of input '" + tensor.name + "' has not the tensor's " + std::to_string(wanted) +
                                " elements");
  }
  values_[input] = std::move(value);
}

const std::int8_t* GraphExecutor::int8_data(TensorId tensor) const {
  const Tensor& t = graph_.tensor(tensor);
  return t.role == TensorRole::Constant ? t.int8_data.data() : values_.at(tensor).int8_data.data();
}

const std::int32_t* GraphExecutor::int32_data(TensorId tensor) const {
  const Tensor& t = graph_.tensor(tensor);
  return t.role == TensorRole::Constant ? t.int32_data.data() : values_.at(tensor).int32_data.data();
}

bool GraphExecutor::has_value(TensorId tensor) const { return values_.find(tensor) != values_.end(); }

void GraphExecutor::run_node(const Node& node, bool consume) {
  TensorValue out;
  std::visit(NodeRunner{*this, node, consume, out}, node.op);
  values_[node.output] = std::move(out);
}

void GraphExecutor::run(bool keep_all) {
  std::vector<std::size_t> last_use(graph_.tensors.size(), kNoNode);
  for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
    for (TensorId input : graph_.nodes[n].inputs) last_use[input] = n;
  }
  // Sums that the array writes to memory: something reads them there.
  std::vector<bool> is_stored(graph_.tensors.size(), false);
  for (const Node& node : graph_.nodes) {
    const bool is_fused = std::holds_alternative<Requantize>(node.op) || std::holds_alternative<Relu>(node.op) ||
                          std::holds_alternative<Add>(node.op);
    if (is_fused) continue;
    for (const TensorId input : node.inputs) is_stored[input] = true;
  }
  const auto droppable = [&](TensorId id, std::size_t n) {
    const Tensor& tensor = graph_.tensor(id);
    return !keep_all && !is_stored[id] && last_use[id] == n && tensor.type == ElementType::Int32 &&
           tensor.role == TensorRole::Intermediate;
  };
  for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
    const Node& node = graph_.nodes[n];
    const bool used_once = std::count(node.inputs.begin(), node.inputs.end(), node.inputs[0]) == 1;
    run_node(node, used_once && droppable(node.inputs[0], n));
    for (TensorId input : node.inputs) {
      if (droppable(input, n)) values_.erase(input);
    }
  }
}

std::unordered_map<TensorId, TensorValue> execute_graph(const Graph& graph,
                                                        std::unordered_map<TensorId, TensorValue> inputs) {
  GraphExecutor executor(graph);
  for (TensorId input : graph.inputs) {
    const auto given = inputs.find(input);
    executor.set_input(input, given != inputs.end() ? std::move(given->second) : synthetic_input(graph.tensor(input)));
  }
  executor.run();
  std::unordered_map<TensorId, TensorValue> values;
  for (TensorId id = 0; id < graph.tensors.size(); ++id) {
    if (executor.has_value(id)) values.emplace(id, executor.value(id));
  }
  return values;
}

}  // namespace gemel::compiler
