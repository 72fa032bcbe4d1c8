// SPDX-License-Identifier: Apache-2.0
#include "compiler/reference/host_operator.h"

#include <cstring>

namespace gemel::compiler {
namespace {

std::size_t root_bytes(const HostOperand& operand) {
  return static_cast<std::size_t>(operand.root_elements * element_bytes(operand.type));
}

arch::HostTensor placed(const HostOperand& operand, std::uint64_t address) {
  arch::HostTensor tensor;
  tensor.element_bytes = static_cast<std::uint8_t>(element_bytes(operand.type));
  tensor.address = address + static_cast<std::uint64_t>(operand.offset * element_bytes(operand.type));
  tensor.shape = operand.shape;
  tensor.strides = operand.strides;
  return tensor;
}

std::uint64_t aligned(std::uint64_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace

void run_host_operator(arch::HostOpKind kind, const std::vector<HostOperand>& inputs, HostOperand output,
                       void* output_data, const std::vector<std::int64_t>& params, const std::vector<float>& scales) {
  arch::HostOp op;
  op.kind = kind;
  op.params = params;
  op.scales = scales;
  std::uint64_t size = 0;
  for (const HostOperand& input : inputs) {
    op.inputs.push_back(placed(input, size));
    size += aligned(root_bytes(input));
  }
  const std::uint64_t output_address = size;
  op.output = placed(output, output_address);
  size += aligned(root_bytes(output));

  std::vector<std::uint8_t> memory(size);
  std::uint64_t address = 0;
  for (const HostOperand& input : inputs) {
    std::memcpy(memory.data() + address, input.data, root_bytes(input));
    address += aligned(root_bytes(input));
  }
  std::memcpy(memory.data() + output_address, output_data, root_bytes(output));
  arch::run_host_op(op, memory.data(), 0, memory.size());
  std::memcpy(output_data, memory.data() + output_address, root_bytes(output));
}

}  // namespace gemel::compiler
