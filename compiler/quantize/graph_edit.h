// SPDX-License-Identifier: Apache-2.0
#pragma once
// Looks at and changes the nodes of a model where they stand.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compiler/onnx/onnx_model.h"

namespace gemel::compiler {

class GraphEdit {
 public:
  explicit GraphEdit(OnnxModel& model);

  OnnxModel& model() { return model_; }
  OnnxNode* producer(const std::string& value);
  // The producer, where it is this operator of ONNX's own.
  OnnxNode* producer(const std::string& value, const char* op);
  // The one node that reads the value, null where there are several, or the value is an output of the model.
  OnnxNode* only_reader(const std::string& value);
  OnnxNode* only_reader(const std::string& value, const char* op);
  // Of a node with two inputs, one a float constant of one element: that number, and the other input.
  struct WithNumber {
    float number = 0;
    std::string other;
    bool number_first = false;
  };
  std::optional<WithNumber> with_number(const OnnxNode& node) const;
  bool is_float_constant(const std::string& value) const;

  // Turns `last` into another operator; what made its old inputs goes when nothing else reads it.
  void replace(OnnxNode& last, const std::string& op, std::int64_t opset, std::vector<std::string> inputs);
  // Gelu of operator set 20, or what ONNX Runtime calls it in models of older ones.
  void replace_by_gelu(OnnxNode& last, const std::string& x, bool approximate);
  std::string add_constant(const std::string& wanted, OnnxTensor tensor);
  // Everything that nothing needs any more.
  void drop_dead();
  // After nodes were added or dropped.
  void index();

 private:
  OnnxModel& model_;
  std::map<std::string, std::size_t> producers_;
  std::map<std::string, std::vector<std::size_t>> readers_;
};

}  // namespace gemel::compiler
