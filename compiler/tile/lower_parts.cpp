// SPDX-License-Identifier: Apache-2.0
#include "compiler/tile/lower_parts.h"

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

BufferId identity_matrix(std::int32_t multiple, const Machine& machine, BufferTable& buffers) {
  const std::string key = "identity_" + std::to_string(multiple);
  if (const auto found = buffers.find(key)) return *found;
  const auto dim = static_cast<std::size_t>(machine.dim());
  std::vector<std::uint8_t> data(dim * dim, 0);
  for (std::size_t i = 0; i < dim; ++i) data[i * dim + i] = static_cast<std::uint8_t>(multiple);
  return buffers.constant(key, {machine.dim(), machine.dim()}, std::move(data));
}

std::vector<std::int64_t> packed_shape(const WeightPacking& p) {
  return {p.lane_blocks, p.taps, p.groups, p.dim, p.row_bytes};
}

}  // namespace gemel::compiler
