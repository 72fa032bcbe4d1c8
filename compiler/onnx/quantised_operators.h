// SPDX-License-Identifier: Apache-2.0
#pragma once
// Float operators and their forms on integers.
#include <cstdint>
#include <string>

#include "compiler/onnx/onnx_model.h"

namespace gemel::compiler {

// How the form on integers takes its operands.
enum class OperandForm : std::uint8_t { Unary, Binary, Product, LayerNorm, Reduced, Chosen, Resized };

struct QuantisedForm {
  const char* op;      // float operator
  const char* domain;  // of the form on integers
  const char* name;
  OperandForm form;
};

// nullptr where there is none.
const QuantisedForm* find_quantised_form(const std::string& op_type);

// "Conv, ConvTranspose, MatMul, ..."
std::string quantised_onnx_operators();

// Operators that keep numbers as they are: they move, repeat or choose them.
bool keeps_onnx_numbers(const OnnxNode& node);

}  // namespace gemel::compiler
