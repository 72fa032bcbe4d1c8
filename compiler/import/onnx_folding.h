// SPDX-License-Identifier: Apache-2.0
#pragma once
// Nodes that compute with shapes and constants alone.
#include "compiler/import/onnx_builder.h"

namespace gemel::compiler {

// Whether such a node could be computed here, if its inputs allow it.
bool may_be_folded(const OnnxNode& node);

// Computes the builder's node where its inputs are constants, or it asks for a shape. False where it is to be imported.
bool try_folding(OnnxBuilder& builder);

}  // namespace gemel::compiler
