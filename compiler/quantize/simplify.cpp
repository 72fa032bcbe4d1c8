// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/simplify.h"

#include <algorithm>
#include <set>

#include "compiler/onnx/onnx_error.h"
#include "compiler/quantize/attention_masks.h"
#include "compiler/quantize/channel_norms.h"
#include "compiler/quantize/integer_tables.h"
#include "compiler/quantize/patterns.h"

namespace gemel::compiler {
namespace {

// Nodes whose results do not depend on the inputs' numbers become constants. Notes the shapes of all other values.
OnnxModel folded(const OnnxModel& model, const NamedOnnxTensors& sample, std::map<std::string, OnnxShape>& shapes) {
  OnnxModel result = model;
  result.nodes.clear();
  for (const OnnxValue& input : model.inputs) shapes[input.name] = input.shape;
  run_onnx(model, sample, [&](const OnnxNode& node, const std::vector<OnnxTensor>& values) {
    const bool is_constant = (node.domain.empty() && (node.op_type == "Shape" || node.op_type == "Size")) ||
                             std::all_of(node.inputs.begin(), node.inputs.end(), [&](const std::string& i) {
                               return i.empty() || result.initializer(i) != nullptr;
                             });
    for (std::size_t i = 0; i < node.outputs.size() && i < values.size(); ++i) {
      if (node.outputs[i].empty()) continue;
      if (is_constant) {
        result.initializers[node.outputs[i]] = values[i];
      } else {
        shapes[node.outputs[i]] = values[i].shape;
        result.notes[node.outputs[i]] = {node.outputs[i], values[i].type, values[i].shape};
      }
    }
    if (!is_constant) result.nodes.push_back(node);
  });
  for (const OnnxValue& output : model.outputs) {
    if (result.initializer(output.name)) throw OnnxError("output '" + output.name + "' depends on no input");
  }
  return result;
}

// Readers of a copy read the original.
void drop_copies(OnnxModel& model) {
  std::map<std::string, std::string> originals;
  std::vector<OnnxNode> kept;
  for (OnnxNode& node : model.nodes) {
    for (std::string& input : node.inputs) {
      const auto found = originals.find(input);
      if (found != originals.end()) input = found->second;
    }
    const bool copies = node.domain.empty() && (node.op_type == "Identity" || node.op_type == "Dropout");
    if (copies && !model.is_output(node.outputs[0])) {
      originals[node.outputs[0]] = node.inputs[0];
    } else {
      kept.push_back(std::move(node));
    }
  }
  model.nodes = std::move(kept);
}

}  // namespace

OnnxModel simplified_float_model(const OnnxModel& model, const NamedOnnxTensors& sample) {
  std::map<std::string, OnnxShape> shapes;
  OnnxModel result = folded(model, sample, shapes);
  drop_copies(result);
  split_channel_norms(result, shapes);
  GraphEdit edit(result);
  fold_batch_norm(edit);
  edit.drop_dead();
  find_gelu(edit);
  edit.drop_dead();
  find_layer_norm(edit, shapes);
  edit.drop_dead();
  tabulate_integers(edit, shapes);
  edit.drop_dead();
  move_reshapes_behind_softmax(edit);
  find_image_means(edit, shapes);
  turn_around_constants(edit);
  edit.drop_dead();
  return result;
}

}  // namespace gemel::compiler
