// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/operand_requirements.h"

#include <cmath>

#include "compiler/graph/verify.h"

namespace gemel::compiler {

std::string described_operand(const Tensor& tensor) {
  return "'" + tensor.name + "' (" + element_type_name(tensor.type) + " " + describe_shape(tensor.shape) + ")";
}

void refuse_operands(const std::string& reason) { throw GraphError(reason); }

void need_count(const TensorOperands& in, std::size_t least, std::size_t most, const char* what) {
  if (in.size() >= least && in.size() <= most) return;
  std::string wanted = std::to_string(least);
  if (most != least) wanted += " to " + std::to_string(most);
  refuse_operands(std::string(what) + " takes " + wanted + " inputs, not " + std::to_string(in.size()));
}

void need_type(const Tensor& tensor, ElementType type, const char* what) {
  if (tensor.type != type) {
    refuse_operands(std::string(what) + " needs an " + element_type_name(type) + " input, but " +
                    described_operand(tensor) + " is not");
  }
}

void need_rank(const Tensor& tensor, std::size_t rank, const char* what) {
  if (tensor.shape.size() != rank) {
    refuse_operands(std::string(what) + " needs a tensor of " + std::to_string(rank) + " dimensions, but " +
                    described_operand(tensor) + " has " + std::to_string(tensor.shape.size()));
  }
}

void need_scale(float scale, const char* what) {
  if (!std::isfinite(scale) || scale <= 0.0f) refuse_operands(std::string(what) + " must be a positive finite number");
}

}  // namespace gemel::compiler
