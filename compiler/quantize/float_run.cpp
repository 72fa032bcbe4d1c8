// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/float_run.h"

#include <algorithm>
#include <limits>
#include <random>
#include <set>

#include "compiler/onnx/onnx_error.h"
#include "compiler/quantize/evaluate.h"
#include "compiler/quantize/operands.h"

namespace gemel::compiler {
namespace {

// For each value, the last node that reads it.
std::map<std::string, std::size_t> last_readers(const OnnxModel& model) {
  std::map<std::string, std::size_t> last;
  for (std::size_t n = 0; n < model.nodes.size(); ++n) {
    for (const std::string& input : model.nodes[n].inputs) last[input] = n;
    for (const std::string& output : model.nodes[n].outputs) last.emplace(output, n);
  }
  for (const OnnxValue& output : model.outputs) last[output.name] = model.nodes.size();
  return last;
}

// Rows of the smallest table that the value indexes, moved or cast on the way; 2 where there is none.
std::int64_t rows_indexed_by(const OnnxModel& model, const std::string& input) {
  std::set<std::string> same{input};
  std::int64_t rows = std::numeric_limits<std::int64_t>::max();
  for (const OnnxNode& node : model.nodes) {
    const bool moves = node.op_type == "Cast" || node.op_type == "Reshape" || node.op_type == "Unsqueeze" ||
                       node.op_type == "Squeeze" || node.op_type == "Flatten" || node.op_type == "Identity";
    if (moves && same.count(node.input(0)) != 0) same.insert(node.outputs[0]);
    const OnnxTensor* table = model.initializer(node.input(0));
    if (node.op_type != "Gather" || !table || table->shape.empty() || same.count(node.input(1)) == 0) continue;
    rows = std::min(rows, table->shape[0]);
  }
  return rows == std::numeric_limits<std::int64_t>::max() ? 2 : rows;
}

OnnxTensor generated_indices(const OnnxModel& model, const OnnxValue& input, std::mt19937_64& random) {
  const auto rows = static_cast<std::uint64_t>(std::max<std::int64_t>(rows_indexed_by(model, input.name), 1));
  std::vector<std::int64_t> values(static_cast<std::size_t>(onnx_element_count(input.shape)));
  for (std::int64_t& value : values) value = static_cast<std::int64_t>(random() % rows);
  return integer_tensor(input.type, input.shape, values);
}

}  // namespace

NamedOnnxTensors run_onnx(const OnnxModel& model, const NamedOnnxTensors& inputs, const OnnxVisitor& visit) {
  const std::map<std::string, std::size_t> last = last_readers(model);
  NamedOnnxTensors values;
  for (const OnnxValue& input : model.inputs) {
    const auto given = inputs.find(input.name);
    if (given == inputs.end()) throw OnnxError("input '" + input.name + "' has no data");
    if (given->second.shape != input.shape || given->second.type != input.type) {
      throw OnnxError("input '" + input.name + "': data are " + onnx_type_name(given->second.type) + " " +
                      onnx_shape_text(given->second.shape) + "; the model wants " + onnx_type_name(input.type) + " " +
                      onnx_shape_text(input.shape));
    }
    values.insert(*given);
  }
  const auto find = [&](const std::string& name) -> const OnnxTensor* {
    if (name.empty()) return nullptr;
    if (const OnnxTensor* constant = model.initializer(name)) return constant;
    return &values.at(name);
  };
  for (std::size_t n = 0; n < model.nodes.size(); ++n) {
    const OnnxNode& node = model.nodes[n];
    std::vector<const OnnxTensor*> operands;
    for (const std::string& input : node.inputs) operands.push_back(find(input));
    std::vector<OnnxTensor> results = evaluate_node(node, operands);
    if (visit) visit(node, results);
    for (std::size_t i = 0; i < node.outputs.size() && i < results.size(); ++i) {
      if (!node.outputs[i].empty()) values[node.outputs[i]] = std::move(results[i]);
    }
    for (const auto* names : {&node.inputs, &node.outputs}) {
      for (const std::string& name : *names) {
        const auto use = last.find(name);
        if (use != last.end() && use->second == n) values.erase(name);
      }
    }
  }
  NamedOnnxTensors outputs;
  for (const OnnxValue& output : model.outputs) outputs[output.name] = *find(output.name);
  return outputs;
}

NamedOnnxTensors generated_inputs(const OnnxModel& model, std::uint64_t seed) {
  NamedOnnxTensors result;
  for (const OnnxValue& input : model.inputs) {
    const bool is_index = input.type == OnnxType::Int64 || input.type == OnnxType::Int32;
    if (input.type != OnnxType::Float && !is_index) {
      throw OnnxError("input '" + input.name + "' is " + onnx_type_name(input.type) +
                      "; quantisation takes float inputs, and indices of int64 or int32");
    }
    std::uint64_t hash = 14695981039346656037u + seed;
    for (const char c : input.name) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    std::mt19937_64 random(hash);
    if (is_index) {
      result[input.name] = generated_indices(model, input, random);
      continue;
    }
    std::vector<float> values(static_cast<std::size_t>(onnx_element_count(input.shape)));
    for (float& value : values) {
      // Twelve uniform numbers have variance 1; the standard library's normal distribution differs between systems.
      std::uint64_t sum = 0;
      for (int i = 0; i < 3; ++i) {
        const std::uint64_t bits = random();
        for (int part = 0; part < 4; ++part) sum += bits >> (16 * part) & 0xffff;
      }
      value = static_cast<float>(static_cast<double>(sum) / 65536.0 - 6.0);
    }
    result[input.name] = make_onnx_tensor(OnnxType::Float, input.shape, values);
  }
  return result;
}

}  // namespace gemel::compiler
