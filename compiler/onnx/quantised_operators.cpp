// SPDX-License-Identifier: Apache-2.0
#include "compiler/onnx/quantised_operators.h"

#include <algorithm>
#include <iterator>

#include "compiler/onnx/canonical.h"
#include "compiler/onnx/resize_taps.h"

namespace gemel::compiler {
namespace {

constexpr QuantisedForm kQuantised[] = {
    {"Conv", "", "QLinearConv", OperandForm::Product},
    {"ConvTranspose", kOnnxInner, "QuantizedConvTranspose", OperandForm::Product},
    {"MatMul", "", "QLinearMatMul", OperandForm::Product},
    {"Gemm", kOnnxMicrosoft, "QGemm", OperandForm::Product},
    {"Add", kOnnxMicrosoft, "QLinearAdd", OperandForm::Binary},
    {"Mul", kOnnxMicrosoft, "QLinearMul", OperandForm::Binary},
    {"Sub", kOnnxInner, "QuantizedSub", OperandForm::Binary},
    {"Div", kOnnxInner, "QuantizedDiv", OperandForm::Binary},
    {"Max", kOnnxInner, "QuantizedMax", OperandForm::Binary},
    {"Min", kOnnxInner, "QuantizedMin", OperandForm::Binary},
    {"Pow", kOnnxInner, "QuantizedPow", OperandForm::Binary},
    {"Sigmoid", kOnnxMicrosoft, "QLinearSigmoid", OperandForm::Unary},
    {"LeakyRelu", kOnnxMicrosoft, "QLinearLeakyRelu", OperandForm::Unary},
    {"Softmax", kOnnxMicrosoft, "QLinearSoftmax", OperandForm::Unary},
    {"LogSoftmax", kOnnxInner, "QuantizedLogSoftmax", OperandForm::Unary},
    {"GlobalAveragePool", kOnnxMicrosoft, "QLinearGlobalAveragePool", OperandForm::Unary},
    {"AveragePool", kOnnxMicrosoft, "QLinearAveragePool", OperandForm::Unary},
    {"GlobalMaxPool", kOnnxInner, "QuantizedGlobalMaxPool", OperandForm::Unary},
    {"ReduceMean", kOnnxInner, "QuantizedReduceMean", OperandForm::Reduced},
    {"ReduceSum", kOnnxInner, "QuantizedReduceSum", OperandForm::Reduced},
    {"ReduceMax", kOnnxInner, "QuantizedReduceMax", OperandForm::Reduced},
    {"ReduceMin", kOnnxInner, "QuantizedReduceMin", OperandForm::Reduced},
    {"Resize", kOnnxInner, "QuantizedResize", OperandForm::Resized},
    {"Where", kOnnxMicrosoft, "QLinearWhere", OperandForm::Chosen},
    {"Tanh", kOnnxInner, "QuantizedTanh", OperandForm::Unary},
    {"Exp", kOnnxInner, "QuantizedExp", OperandForm::Unary},
    {"Erf", kOnnxInner, "QuantizedErf", OperandForm::Unary},
    {"Sqrt", kOnnxInner, "QuantizedSqrt", OperandForm::Unary},
    {"Abs", kOnnxInner, "QuantizedAbs", OperandForm::Unary},
    {"Neg", kOnnxInner, "QuantizedNeg", OperandForm::Unary},
    {"Reciprocal", kOnnxInner, "QuantizedReciprocal", OperandForm::Unary},
    {"Elu", kOnnxInner, "QuantizedElu", OperandForm::Unary},
    {"Softplus", kOnnxInner, "QuantizedSoftplus", OperandForm::Unary},
    {"HardSigmoid", kOnnxInner, "QuantizedHardSigmoid", OperandForm::Unary},
    {"HardSwish", kOnnxInner, "QuantizedHardSwish", OperandForm::Unary},
    {"Gelu", kOnnxInner, "QuantizedGelu", OperandForm::Unary},
    {"FastGelu", kOnnxInner, "QuantizedGelu", OperandForm::Unary},
    {"LayerNormalization", kOnnxInner, "QuantizedLayerNormalization", OperandForm::LayerNorm},
};

constexpr const char* kKeeping[] = {"Reshape",      "Flatten",      "Transpose", "Squeeze", "Unsqueeze",
                                    "Tile",         "Slice",        "Split",     "Gather",  "Expand",
                                    "Identity",     "Dropout",      "MaxPool",   "Concat",  "Pad",
                                    "DepthToSpace", "SpaceToDepth", "Relu",      "Clip"};

}  // namespace

const QuantisedForm* find_quantised_form(const std::string& op_type) {
  for (const QuantisedForm& entry : kQuantised) {
    if (op_type == entry.op) return &entry;
  }
  return nullptr;
}

std::string quantised_onnx_operators() {
  std::string text;
  for (const QuantisedForm& entry : kQuantised) text += (text.empty() ? "" : ", ") + std::string(entry.op);
  return text;
}

bool keeps_onnx_numbers(const OnnxNode& node) {
  if (node.op_type == "Resize" || node.op_type == "Upsample") return node.domain.empty() && resizes_by_choice(node);
  return node.domain.empty() &&
         std::any_of(std::begin(kKeeping), std::end(kKeeping), [&](const char* op) { return node.op_type == op; });
}

std::string qdq_pattern(const std::string& op_type) {
  if (!find_quantised_form(op_type)) return "";
  return "DequantizeLinear -> " + op_type + " -> QuantizeLinear";
}

}  // namespace gemel::compiler
