// SPDX-License-Identifier: Apache-2.0
#include "compiler/tile/lower_parts.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "sim/arch/input_error.h"

namespace gemel::compiler {

ImageRef image_ref(BufferTable& buffers, const Graph& graph, const TensorView& view) {
  const std::int64_t bytes = element_bytes(graph.tensor(view.root).type);
  return {{buffers.tensor(view.root), view.offset * bytes},
          view.strides[0] * bytes,
          view.strides[1] * bytes,
          view.strides[2] * bytes};
}

ImageRef rows_ref(BufferTable& buffers, const Graph& graph, const TensorView& view) {
  const std::int64_t bytes = element_bytes(graph.tensor(view.root).type);
  return {{buffers.tensor(view.root), view.offset * bytes}, view.strides[0] * bytes, 0, view.strides[1] * bytes};
}

ImageRef matrix_ref(BufferTable& buffers, const Graph& graph, const TensorView& view, std::int64_t batch) {
  ImageRef ref = rows_ref(buffers, graph, view);
  ref.base.offset += batch * ref.image_stride;
  return ref;
}

void set_epilogue(Contraction& work, const Epilogue& epilogue, const Machine& machine, const Graph& /*graph*/,
                  BufferTable& buffers) {
  if (epilogue.bias) work.bias = BufferRef{buffers.tensor(*epilogue.bias), 0};
  if (epilogue.residual) {
    work.residual_matrix = {identity_matrix(epilogue.residual->multiplier, machine, buffers), 0};
  }
  work.activation = epilogue.activation;
  work.scale = epilogue.scale;
  if (!work.scale && !machine.config.full_width_accumulator_read) {
    throw arch::InputError(machine.config.name + ": layer '" + work.name +
                           "' has a 32-bit result, which this machine can not store; accumulator.full_width_read: true "
                           "or a requantised result would be right");
  }
}

// Lane 0 counts 1, every other lane 127.
void add_bias_weights(Contraction& work, const Machine& machine, const Graph& graph, BufferTable& buffers) {
  if (!work.bias || work.weight_layout != WeightLayout::Packed) return;
  const std::int32_t dim = machine.dim();
  const std::int64_t limit = std::min<std::int64_t>(std::int64_t{127} * 127 * (dim - 1),
                                                    (std::int64_t{1} << (machine.config.mesh.output_bits - 1)) - 128);
  const Tensor& tensor = graph.tensor(*buffers.buffers()[work.bias->buffer].tensor);
  const std::int32_t* bias = tensor.int32_data.data() + work.bias->offset / 4;
  for (std::int32_t o = 0; o < work.outputs; ++o) {
    if (bias[o] > limit || bias[o] < -limit) return;
  }
  const std::string lanes_key = "bias_lanes";
  std::optional<BufferId> lanes = buffers.find(lanes_key);
  if (!lanes) {
    std::vector<std::uint8_t> data(static_cast<std::size_t>(dim * dim), 127);
    for (std::int32_t row = 0; row < dim; ++row) data[static_cast<std::size_t>(row * dim)] = 1;
    lanes = buffers.constant(lanes_key, {dim, dim}, std::move(data));
  }
  work.bias_lanes = {*lanes, 0};
  const std::string key = tensor.name + ".digits_" + std::to_string(work.bias->offset / 4);
  std::optional<BufferId> digits = buffers.find(key);
  if (!digits) {
    const WeightPacking packing = packing_of(dim, 1, work.outputs, false, machine);
    std::vector<std::uint8_t> data(static_cast<std::size_t>(packing.bytes()), 0);
    for (std::int32_t o = 0; o < work.outputs; ++o) {
      std::uint8_t* column = data.data() + packing.offset(0, 0, o / dim) + o % dim;
      std::int32_t left = static_cast<std::int32_t>(std::lround(bias[o] / 127.0));
      column[0] = static_cast<std::uint8_t>(bias[o] - 127 * left);
      for (std::int32_t lane = 1; lane < dim && left != 0; ++lane) {
        const std::int32_t digit = std::max(-127, std::min(127, left));
        column[lane * packing.row_bytes] = static_cast<std::uint8_t>(digit);
        left -= digit;
      }
    }
    digits = buffers.constant(key, packed_shape(packing), std::move(data));
  }
  work.bias_weights = BufferRef{*digits, 0};
}

BufferId identity_matrix(std::int32_t multiple, const Machine& machine, BufferTable& buffers) {
  const std::string key = "identity_" + std::to_string(multiple);
  if (const auto found = buffers.find(key)) return *found;
  const auto dim = static_cast<std::size_t>(machine.dim());
  std::vector<std::uint8_t> data(dim * dim, 0);
  for (std::size_t i = 0; i < dim; ++i) data[i * dim + i] = static_cast<std::uint8_t>(multiple);
  return buffers.constant(key, {machine.dim(), machine.dim()}, std::move(data));
}

std::vector<std::int64_t> packed_shape(const WeightPacking& p) { return {p.lane_blocks, p.taps, p.dim, p.row_bytes}; }

}  // namespace gemel::compiler
