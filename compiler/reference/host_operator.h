// SPDX-License-Identifier: Apache-2.0
#pragma once
// Runs one of the machine's host operators (sim/arch/host_op.h) on tensor values, so that reference and machine
// share one definition of each.
#include <vector>

#include "compiler/reference/tensor_value.h"
#include "sim/arch/host_op.h"

namespace gemel::compiler {

struct HostOperand {
  const void* data = nullptr;  // dense elements of the root tensor
  ElementType type = ElementType::Int8;
  std::int64_t root_elements = 0;
  std::int64_t offset = 0;  // elements
  Shape shape;
  std::vector<std::int64_t> strides;  // empty = dense
};

// Elements of `output` outside the view keep their value.
void run_host_operator(arch::HostOpKind kind, const std::vector<HostOperand>& inputs, HostOperand output,
                       void* output_data, const std::vector<std::int64_t>& params, const std::vector<float>& scales);

}  // namespace gemel::compiler
