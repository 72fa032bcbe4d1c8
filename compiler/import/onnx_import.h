// SPDX-License-Identifier: Apache-2.0
#pragma once
// ONNX models to the typed graph. The integer importer knows models of QOperator form (compiler/onnx/canonical.h makes
// it of QDQ models).
#include <map>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/import/onnx_builder.h"
#include "compiler/onnx/onnx_model.h"

namespace gemel::compiler {

struct OnnxImport {
  Graph graph;                               // names of inputs and outputs are the model's
  std::vector<OnnxNodeNote> notes;           // one for each node of the model, in its order
  std::map<std::string, OnnxPlace> places;   // of the model's values
  std::map<std::string, OnnxTensor> folded;  // values that turned out to be constants
};

// Throws OnnxError, or GraphError where the graph as a whole is impossible.
OnnxImport import_onnx(const OnnxModel& model);

// The model with these values as initialisers, without the nodes that make them.
OnnxModel without_folded(OnnxModel model, const std::map<std::string, OnnxTensor>& folded);

// Operators that import_onnx() knows, "domain.Name", for messages and documentation.
std::vector<std::string> known_onnx_operators();

}  // namespace gemel::compiler
