// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/evaluate.h"

#include "compiler/onnx/onnx_error.h"
#include "compiler/quantize/operands.h"

namespace gemel::compiler {
namespace {

struct Entry {
  const char* op;
  OnnxTensors (*evaluate)(const Operands&);
};

constexpr Entry kEntries[] = {
    {"Conv", evaluate_conv},
    {"ConvTranspose", evaluate_conv_transpose},
    {"MaxPool", evaluate_pool},
    {"AveragePool", evaluate_pool},
    {"GlobalAveragePool", evaluate_global_pool},
    {"GlobalMaxPool", evaluate_global_pool},
    {"MatMul", evaluate_matmul},
    {"Gemm", evaluate_gemm},
    {"Relu", evaluate_unary},
    {"LeakyRelu", evaluate_unary},
    {"Sigmoid", evaluate_unary},
    {"Tanh", evaluate_unary},
    {"Exp", evaluate_unary},
    {"Log", evaluate_unary},
    {"Erf", evaluate_unary},
    {"Sqrt", evaluate_unary},
    {"Abs", evaluate_unary},
    {"Neg", evaluate_unary},
    {"Reciprocal", evaluate_unary},
    {"Elu", evaluate_unary},
    {"Softplus", evaluate_unary},
    {"HardSigmoid", evaluate_unary},
    {"HardSwish", evaluate_unary},
    {"Gelu", evaluate_unary},
    {"FastGelu", evaluate_unary},
    {"Floor", evaluate_unary},
    {"Ceil", evaluate_unary},
    {"Round", evaluate_unary},
    {"Sign", evaluate_unary},
    {"Softsign", evaluate_unary},
    {"Mish", evaluate_unary},
    {"ThresholdedRelu", evaluate_unary},
    {"Selu", evaluate_unary},
    {"Celu", evaluate_unary},
    {"Not", evaluate_unary},
    {"Add", evaluate_binary},
    {"Sub", evaluate_binary},
    {"Mul", evaluate_binary},
    {"Div", evaluate_binary},
    {"Pow", evaluate_binary},
    {"Max", evaluate_binary},
    {"Min", evaluate_binary},
    {"Equal", evaluate_binary},
    {"Less", evaluate_binary},
    {"LessOrEqual", evaluate_binary},
    {"GreaterOrEqual", evaluate_binary},
    {"Mod", evaluate_binary},
    {"Greater", evaluate_binary},
    {"And", evaluate_binary},
    {"Or", evaluate_binary},
    {"PRelu", evaluate_binary},
    {"Clip", evaluate_clip},
    {"Where", evaluate_where},
    {"Cast", evaluate_cast},
    {"QuantizeLinear", evaluate_quantize},
    {"DequantizeLinear", evaluate_dequantize},
    {"Softmax", evaluate_softmax},
    {"LogSoftmax", evaluate_softmax},
    {"LayerNormalization", evaluate_layer_norm},
    {"BatchNormalization", evaluate_batch_norm},
    {"InstanceNormalization", evaluate_channel_norm},
    {"GroupNormalization", evaluate_channel_norm},
    {"ReduceMean", evaluate_reduce},
    {"ReduceSum", evaluate_reduce},
    {"ReduceProd", evaluate_reduce},
    {"ReduceMax", evaluate_reduce},
    {"ReduceMin", evaluate_reduce},
    {"Shape", evaluate_shape},
    {"Size", evaluate_shape},
    {"Constant", evaluate_constant},
    {"ConstantOfShape", evaluate_constant_of_shape},
    {"Range", evaluate_range},
    {"Reshape", evaluate_reshape},
    {"Flatten", evaluate_reshape},
    {"Squeeze", evaluate_reshape},
    {"Unsqueeze", evaluate_reshape},
    {"Identity", evaluate_identity},
    {"Dropout", evaluate_identity},
    {"Transpose", evaluate_transpose},
    {"Concat", evaluate_concat},
    {"Slice", evaluate_slice},
    {"Split", evaluate_split},
    {"Gather", evaluate_gather},
    {"Expand", evaluate_expand},
    {"Tile", evaluate_tile},
    {"DepthToSpace", evaluate_depth_space},
    {"SpaceToDepth", evaluate_depth_space},
    {"Pad", evaluate_pad},
    {"ScatterND", evaluate_scatter_nd},
    {"Resize", evaluate_resize},
    {"Upsample", evaluate_resize},
};

const Entry* find_entry(const OnnxNode& node) {
  const bool is_gelu = node.op_type == "Gelu" || node.op_type == "FastGelu";
  if (!node.domain.empty() && !(node.domain == kOnnxMicrosoft && is_gelu)) return nullptr;
  for (const Entry& entry : kEntries) {
    if (node.op_type == entry.op) return &entry;
  }
  return nullptr;
}

}  // namespace

bool can_evaluate(const OnnxNode& node) { return find_entry(node) != nullptr; }

std::vector<OnnxTensor> evaluate_node(const OnnxNode& node, const std::vector<const OnnxTensor*>& inputs) {
  const Entry* entry = find_entry(node);
  const Operands operands(node, inputs);
  if (!entry) operands.fail("can not be run in float, so its model can not be quantised");
  std::vector<OnnxTensor> results = entry->evaluate(operands);
  for (std::size_t i = results.size(); i < node.outputs.size(); ++i) {
    if (!node.outputs[i].empty()) operands.fail("its output '" + node.outputs[i] + "' is not supported");
  }
  return results;
}

}  // namespace gemel::compiler
