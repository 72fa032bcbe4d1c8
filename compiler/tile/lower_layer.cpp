// SPDX-License-Identifier: Apache-2.0
#include "compiler/tile/lower_layer.h"

#include "compiler/tile/lower_conv.h"
#include "compiler/tile/lower_parts.h"
#include "compiler/tile/pack_weights.h"

namespace gemel::compiler {
namespace {

class Lowering {
 public:
  Lowering(const FusedLayer& layer, Graph& graph, const Machine& machine, BufferTable& buffers)
      : layer_(layer), graph_(graph), machine_(machine), buffers_(buffers) {}

  std::vector<Stage> operator()(const ConvLayer& conv) {
    return lower_conv(layer_.name, conv, graph_, machine_, buffers_);
  }

  std::vector<Stage> operator()(const GemmLayer& gemm) {
    std::vector<Stage> stages;
    TensorView a = gemm.a, b = gemm.b;
    if (gemm.transpose_a) a = transposed_copy(a, stages);
    const bool constant = graph_.tensor(b.root).role == TensorRole::Constant;
    bool transpose_b = gemm.transpose_b;
    // Output stationary, the array's one transposer is taken by A.
    if (transpose_b && !constant && machine_.output_stationary) {
      b = transposed_copy(b, stages);
      transpose_b = false;
    }
    if (!constant) check_partial_sums(static_cast<std::int32_t>(gemm.k), machine_, layer_.name);
    ContractionGroup group;
    for (std::int64_t i = 0; i < gemm.batch; ++i) {
      Contraction work;
      work.name = gemm.batch == 1 ? layer_.name : layer_.name + "[" + std::to_string(i) + "]";
      work.out_w = static_cast<std::int32_t>(gemm.m);
      work.outputs = static_cast<std::int32_t>(gemm.n);
      work.lanes = static_cast<std::int32_t>(gemm.k);
      work.in_w = work.out_w;
      work.input = matrix_ref(buffers_, graph_, a, i);
      work.output = matrix_ref(buffers_, graph_, gemm.output, i);
      set_epilogue(work, gemm.epilogue, machine_, graph_, buffers_);
      if (gemm.epilogue.residual) work.residual = matrix_ref(buffers_, graph_, gemm.epilogue.residual->view, i);
      if (constant) {
        work.weights = {packed_matrix(b, transpose_b, i, work), 0};
      } else {
        work.weight_layout = transpose_b ? WeightLayout::Transposed : WeightLayout::RowMajor;
        const ImageRef matrix = matrix_ref(buffers_, graph_, b, i);
        work.weights = matrix.base;
        work.weight_stride = matrix.x_stride;
      }
      group.push_back(std::move(work));
    }
    stages.emplace_back(std::move(group));
    return stages;
  }

  // a's multiple of the identity as weights, b as residual.
  std::vector<Stage> operator()(const AddLayer& add) {
    Contraction work;
    work.name = layer_.name;
    work.images = static_cast<std::int32_t>(add.output.shape[0]);
    work.out_w = work.in_w = static_cast<std::int32_t>(add.output.shape[1]);
    work.outputs = work.lanes = static_cast<std::int32_t>(add.output.shape[2]);
    work.diagonal = true;
    work.input = rows_ref(buffers_, graph_, add.a);
    work.output = rows_ref(buffers_, graph_, add.output);
    work.residual = rows_ref(buffers_, graph_, add.b);
    work.residual_matrix = {identity_matrix(add.b_multiplier, machine_, buffers_), 0};
    work.activation = add.activation;
    work.scale = add.scale;
    const WeightPacking packing = packing_of(work, machine_);
    const std::string key = "identity_" + std::to_string(add.a_multiplier) + "_x" + std::to_string(work.outputs);
    std::optional<BufferId> weights = buffers_.find(key);
    if (!weights) {
      const std::vector<std::int8_t> ones(static_cast<std::size_t>(work.outputs),
                                          static_cast<std::int8_t>(add.a_multiplier));
      WeightSource source;
      source.data = ones.data();
      source.tap_offset = {0};
      source.outputs = source.lanes = work.outputs;
      source.group_lanes = 1;
      weights = buffers_.constant(key, packed_shape(packing), pack_weights(source, packing));
    }
    work.weights = {*weights, 0};
    return {ContractionGroup{std::move(work)}};
  }

  // A row of ones times the matrix of positions.
  std::vector<Stage> operator()(const GlobalAverageLayer& average) {
    ContractionGroup group;
    const auto positions = static_cast<std::int32_t>(average.input.shape[1]);
    for (std::int64_t i = 0; i < average.input.shape[0]; ++i) {
      Contraction work;
      work.name = layer_.name + (average.input.shape[0] == 1 ? "" : "[" + std::to_string(i) + "]");
      work.lanes = positions;
      work.outputs = static_cast<std::int32_t>(average.input.shape[2]);
      const std::string key = "ones_" + std::to_string(positions);
      std::optional<BufferId> ones = buffers_.find(key);
      if (!ones) {
        ones = buffers_.constant(key, {positions}, std::vector<std::uint8_t>(static_cast<std::size_t>(positions), 1));
      }
      work.input.base = {*ones, 0};
      const ImageRef matrix = matrix_ref(buffers_, graph_, average.input, i);
      work.weights = matrix.base;
      work.weight_layout = WeightLayout::RowMajor;
      work.weight_stride = matrix.x_stride;
      const std::int64_t output_bytes = element_bytes(graph_.tensor(average.output.root).type);
      work.output.base = {buffers_.tensor(average.output.root),
                          (average.output.offset + i * average.output.strides[0]) * output_bytes};
      Epilogue epilogue;
      epilogue.activation = average.activation;
      epilogue.scale = average.scale;
      set_epilogue(work, epilogue, machine_, graph_, buffers_);
      group.push_back(std::move(work));
    }
    return {std::move(group)};
  }

  std::vector<Stage> operator()(const HostLayer& host) { return {host}; }

 private:
  // A dense copy, made by the host, with the last two dimensions swapped.
  TensorView transposed_copy(const TensorView& from, std::vector<Stage>& stages) {
    Tensor tensor;
    tensor.name = layer_.name + ".transposed" + std::to_string(graph_.tensors.size());
    tensor.shape = {from.shape[0], from.shape[2], from.shape[1]};
    tensor.type = graph_.tensor(from.root).type;
    graph_.tensors.push_back(tensor);
    const TensorView to = dense_view(graph_, graph_.tensors.size() - 1);
    TensorView seen = from;
    std::swap(seen.shape[1], seen.shape[2]);
    std::swap(seen.strides[1], seen.strides[2]);
    stages.emplace_back(HostLayer{arch::HostOpKind::Copy, {seen}, to, {}, {}});
    return to;
  }

  BufferId packed_matrix(const TensorView& b, bool transposed, std::int64_t batch, const Contraction& work) {
    const std::int64_t offset = b.offset + batch * b.strides[0];
    const std::int64_t lane_stride = transposed ? b.strides[2] : b.strides[1];
    const std::int64_t output_stride = transposed ? b.strides[1] : b.strides[2];
    const std::string key = graph_.tensor(b.root).name + ".packed_" + std::to_string(offset) + "_" +
                            std::to_string(lane_stride) + "_" + std::to_string(output_stride) + "_" +
                            std::to_string(work.lanes) + "x" + std::to_string(work.outputs);
    if (const auto found = buffers_.find(key)) return *found;
    const WeightPacking packing = packing_of(work, machine_);
    WeightSource source;
    source.data = graph_.tensor(b.root).int8_data.data() + offset;
    source.tap_offset = {0};
    source.lane_stride = work.lanes == 1 ? 0 : lane_stride;
    source.output_stride = work.outputs == 1 ? 1 : output_stride;
    source.lanes = work.lanes;
    source.outputs = work.outputs;
    std::vector<std::uint8_t> packed = pack_weights(source, packing);
    check_partial_sums(packed, packing, machine_, layer_.name);
    return buffers_.constant(key, packed_shape(packing), std::move(packed));
  }

  const FusedLayer& layer_;
  Graph& graph_;
  const Machine& machine_;
  BufferTable& buffers_;
};

}  // namespace

std::vector<Stage> lower_layer(const FusedLayer& layer, Graph& graph, const Machine& machine, BufferTable& buffers) {
  std::vector<Stage> stages = std::visit(Lowering(layer, graph, machine, buffers), layer.kind);
  for (Stage& stage : stages) {
    auto* group = std::get_if<ContractionGroup>(&stage);
    if (!group) continue;
    for (Contraction& work : *group) add_bias_weights(work, machine, graph, buffers);
  }
  return stages;
}

}  // namespace gemel::compiler
