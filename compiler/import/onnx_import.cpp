// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx_import.h"

#include <algorithm>
#include <limits>
#include <set>

#include "compiler/graph/verify.h"
#include "compiler/import/onnx_folding.h"
#include "compiler/import/onnx_operators.h"
#include "compiler/onnx/canonical.h"
#include "compiler/onnx/onnx_error.h"

namespace gemel::compiler {
namespace {

struct Entry {
  const char* domain;
  const char* op;
  std::size_t least_inputs, most_inputs;
  void (*import)(OnnxBuilder&);
};

constexpr std::size_t kAny = 1000000;
constexpr const char* kOwn = "";
constexpr const char* kMs = kOnnxMicrosoft;
constexpr const char* kInner = kOnnxInner;

constexpr Entry kEntries[] = {
    {kOwn, "QLinearConv", 8, 9, import_qlinear_conv},
    {kOwn, "QLinearMatMul", 8, 8, import_qlinear_matmul},
    {kOwn, "ConvInteger", 2, 4, import_conv_integer},
    {kOwn, "MatMulInteger", 2, 4, import_matmul_integer},
    {kMs, "QGemm", 6, 9, import_qgemm},
    {kMs, "QLinearAdd", 7, 8, import_binary},
    {kMs, "QLinearMul", 7, 8, import_binary},
    {kMs, "QLinearSigmoid", 4, 5, import_unary},
    {kMs, "QLinearLeakyRelu", 4, 5, import_unary},
    {kMs, "QLinearSoftmax", 5, 5, import_softmax},
    {kMs, "QLinearGlobalAveragePool", 5, 5, import_global_average_pool},
    {kMs, "QLinearAveragePool", 4, 5, import_average_pool},
    {kMs, "QLinearConcat", 5, kAny, import_qlinear_concat},
    {kInner, "QuantizedConvTranspose", 8, 9, import_conv_transpose},
    {kInner, "QuantizedMatMul", 9, 9, import_qlinear_matmul},
    {kInner, "QuantizedSub", 7, 8, import_binary},
    {kInner, "QuantizedDiv", 7, 8, import_binary},
    {kInner, "QuantizedMax", 7, 8, import_binary},
    {kInner, "QuantizedMin", 7, 8, import_binary},
    {kInner, "QuantizedPow", 7, 8, import_binary},
    {kInner, "QuantizedIdentity", 5, 5, import_unary},
    {kInner, "QuantizedTanh", 5, 5, import_unary},
    {kInner, "QuantizedExp", 5, 5, import_unary},
    {kInner, "QuantizedErf", 5, 5, import_unary},
    {kInner, "QuantizedSqrt", 5, 5, import_unary},
    {kInner, "QuantizedAbs", 5, 5, import_unary},
    {kInner, "QuantizedNeg", 5, 5, import_unary},
    {kInner, "QuantizedReciprocal", 5, 5, import_unary},
    {kInner, "QuantizedElu", 5, 5, import_unary},
    {kInner, "QuantizedSoftplus", 5, 5, import_unary},
    {kInner, "QuantizedHardSigmoid", 5, 5, import_unary},
    {kInner, "QuantizedHardSwish", 5, 5, import_unary},
    {kInner, "QuantizedGelu", 5, 5, import_unary},
    {kInner, "QuantizedLayerNormalization", 7, 7, import_layer_norm},
    {kInner, "QuantizedResize", 7, 8, import_quantized_resize},
    {kInner, "QuantizedLogSoftmax", 5, 5, import_softmax},
    {kInner, "QuantizedMaskedSoftmax", 8, 8, import_softmax},
    {kInner, kOnnxIsland, 5, kAny, import_island},
    {kInner, "QuantizedGlobalMaxPool", 5, 5, import_global_max_pool},
    {kInner, "QuantizedReduceMean", 5, 6, import_reduce},
    {kInner, "QuantizedReduceSum", 5, 6, import_reduce},
    {kInner, "QuantizedReduceMax", 5, 6, import_reduce},
    {kInner, "QuantizedReduceMin", 5, 6, import_reduce},
    {kMs, "QLinearReduceMean", 5, 5, import_reduce},
    {kMs, "QLinearWhere", 9, 9, import_where},
    {kOwn, "QuantizeLinear", 2, 3, import_quantize},
    {kOwn, "DequantizeLinear", 2, 3, import_dequantize},
    {kOwn, "MaxPool", 1, 1, import_max_pool},
    {kOwn, "Relu", 1, 1, import_relu},
    {kOwn, "Clip", 1, 3, import_clip},
    {kOwn, "Concat", 1, kAny, import_concat},
    {kOwn, "Flatten", 1, 1, import_reshape},
    {kOwn, "Reshape", 2, 2, import_reshape},
    {kOwn, "Squeeze", 1, 2, import_reshape},
    {kOwn, "Unsqueeze", 1, 2, import_reshape},
    {kOwn, "Transpose", 1, 1, import_transpose},
    {kOwn, "Identity", 1, 1, import_identity},
    {kOwn, "Dropout", 1, 3, import_identity},
    {kOwn, "Slice", 3, 5, import_slice},
    {kOwn, "Split", 1, 2, import_split},
    {kOwn, "Pad", 1, 4, import_pad},
    {kOwn, "Gather", 2, 2, import_any_gather},
    {kOwn, "Expand", 2, 2, import_expand},
    {kOwn, "Tile", 2, 2, import_tile},
    {kOwn, "DepthToSpace", 1, 1, import_depth_space},
    {kOwn, "SpaceToDepth", 1, 1, import_depth_space},
    {kOwn, "Resize", 1, 4, import_resize},
    {kOwn, "Upsample", 1, 2, import_resize},
};

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string full_name(const Entry& entry) {
  return entry.domain[0] == '\0' ? entry.op : std::string(entry.domain) + "." + entry.op;
}

// What a node of an unknown operator should have been.
std::string nearest_pattern(const OnnxNode& node) {
  // A float operator whose quantised form is known.
  const std::string pattern = qdq_pattern(node.op_type);
  if (!pattern.empty()) return "supported is " + pattern;
  const Entry* nearest = nullptr;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  for (const Entry& entry : kEntries) {
    if (std::string(entry.domain) == kOnnxInner) continue;
    const std::size_t distance = edit_distance(node.op_type, entry.op);
    if (distance < least) {
      least = distance;
      nearest = &entry;
    }
  }
  return "the nearest supported operator is " + full_name(*nearest);
}

const Entry& find_entry(const OnnxNode& node) {
  for (const Entry& entry : kEntries) {
    if (node.op_type == entry.op && node.domain == entry.domain) return entry;
  }
  throw OnnxError(node.described() + ": is not supported; " + nearest_pattern(node));
}

}  // namespace

OnnxImport import_onnx(const OnnxModel& model) {
  for (const OnnxNode& node : model.nodes) {  // the plainest complaint first
    if (!may_be_folded(node)) find_entry(node);
  }
  OnnxBuilder builder(model);
  for (const OnnxNode& node : model.nodes) {
    builder.begin(node);
    if (try_folding(builder)) continue;
    const Entry& entry = find_entry(node);
    if (node.inputs.size() < entry.least_inputs || node.inputs.size() > entry.most_inputs) {
      builder.fail("has " + std::to_string(node.inputs.size()) + " inputs; expected " +
                   std::to_string(entry.least_inputs) +
                   (entry.most_inputs == entry.least_inputs ? ""
                    : entry.most_inputs == kAny             ? " or more"
                                                            : " to " + std::to_string(entry.most_inputs)));
    }
    entry.import(builder);
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      if (!node.outputs[i].empty() && !builder.has_value(node.outputs[i])) {
        builder.fail("its output '" + node.outputs[i] + "' is not supported; expected " + std::to_string(i) +
                     " outputs");
      }
    }
  }
  OnnxImport result;
  result.graph = builder.finish();
  result.notes = builder.notes();
  result.places = builder.places();
  result.folded = builder.folded();
  verify_graph(result.graph);
  return result;
}

OnnxModel without_folded(OnnxModel model, const std::map<std::string, OnnxTensor>& folded) {
  std::set<std::string> needed;
  for (const OnnxValue& output : model.outputs) needed.insert(output.name);
  std::vector<OnnxNode> kept;
  for (OnnxNode& node : model.nodes) {
    const bool is_folded = folded.count(node.outputs[0]) != 0;
    if (is_folded) continue;
    needed.insert(node.inputs.begin(), node.inputs.end());
    kept.push_back(std::move(node));
  }
  model.nodes = std::move(kept);
  for (const auto& [name, tensor] : folded) model.initializers[name] = tensor;
  for (auto it = model.initializers.begin(); it != model.initializers.end();) {
    it = needed.count(it->first) != 0 ? std::next(it) : model.initializers.erase(it);
  }
  return model;
}

std::vector<std::string> known_onnx_operators() {
  std::vector<std::string> names;
  for (const Entry& entry : kEntries) names.push_back(full_name(entry));
  return names;
}

}  // namespace gemel::compiler
