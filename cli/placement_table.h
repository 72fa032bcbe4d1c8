// SPDX-License-Identifier: Apache-2.0
#pragma once
// What `gemel compile --explain` prints: where each node runs, what it is expected to cost, and why.
#include <string>
#include <vector>

#include "compiler/emit/compile.h"
#include "compiler/graph/fused_layer.h"
#include "compiler/import/onnx_builder.h"
#include "sim/arch/accelerator_config.h"

namespace gemel::cli {

// One line for each node of an ONNX model, or, without `notes`, for each layer of a workload. Cycles are those that the
// compiler expects of the array, and what the host's cost model says.
std::string placement_table(const std::vector<compiler::OnnxNodeNote>& notes, const compiler::FusedModel& model,
                            const compiler::Compilation& compilation, const arch::AcceleratorConfig& config);

}  // namespace gemel::cli
