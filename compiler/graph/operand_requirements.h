// SPDX-License-Identifier: Apache-2.0
#pragma once
// What inference asks of operands. Each throws GraphError where it is not so.
#include <string>
#include <vector>

#include "compiler/graph/graph.h"

namespace gemel::compiler {

using TensorOperands = std::vector<const Tensor*>;

std::string described_operand(const Tensor& tensor);  // "'x' (int8 1x16)"
[[noreturn]] void refuse_operands(const std::string& reason);
void need_count(const TensorOperands& in, std::size_t least, std::size_t most, const char* what);
void need_type(const Tensor& tensor, ElementType type, const char* what);
void need_rank(const Tensor& tensor, std::size_t rank, const char* what);
void need_scale(float scale, const char* what);

}  // namespace gemel::compiler
