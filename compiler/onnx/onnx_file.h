// SPDX-License-Identifier: Apache-2.0
#pragma once
// ONNX files to and from OnnxModel.
#include <cstdint>
#include <map>
#include <string>

#include "compiler/onnx/onnx_model.h"

namespace gemel::compiler {

// Sizes of dynamic dimensions by their names.
using OnnxDims = std::map<std::string, std::int64_t>;

// Reads and checks: operator sets, element types, static shapes, order of the nodes, every name once. Throws
// arch::InputError, one line that starts with the file. Tensors may keep their data in files beside the model.
OnnxModel load_onnx(const std::string& path, const OnnxDims& dims = {});
// The same from the file's bytes alone; throws OnnxError without a file name.
OnnxModel parse_onnx(const std::string& bytes, const std::string& default_name, const OnnxDims& dims = {});

// The bytes of an ONNX file.
std::string onnx_bytes(const OnnxModel& model);

}  // namespace gemel::compiler
