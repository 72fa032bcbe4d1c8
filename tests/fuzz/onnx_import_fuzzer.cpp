// SPDX-License-Identifier: Apache-2.0
// libFuzzer target: any bytes are either imported or refused with one line; float models pass the quantiser first. What
// is imported must also survive being written and read again.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "compiler/graph/verify.h"
#include "compiler/import/onnx_import.h"
#include "compiler/onnx/canonical.h"
#include "compiler/onnx/onnx_error.h"
#include "compiler/onnx/onnx_file.h"
#include "compiler/quantize/quantize_model.h"

namespace {

using gemel::compiler::OnnxModel;

[[noreturn]] void stop(const std::string& what) {
  std::cerr << what << "\n";
  std::abort();
}

void check_message(const std::string& text) {
  if (text.empty()) stop("an error without a message");
}

void write_and_read_again(const OnnxModel& canonical) {
  const OnnxModel standard = gemel::compiler::standard_onnx(canonical);
  try {
    gemel::compiler::parse_onnx(gemel::compiler::onnx_bytes(standard), "again");
  } catch (const gemel::compiler::OnnxError& error) {
    stop(std::string("an imported model can not be read again: ") + error.what());
  }
}

bool is_small(const std::vector<std::int64_t>& numbers) {
  constexpr std::int64_t kMost = 16;  // of sizes, pads and repeats
  return std::all_of(numbers.begin(), numbers.end(), [](std::int64_t v) { return v <= kMost && v >= -kMost; });
}

// Float models are run in float: large ones would only take time.
bool is_large(const OnnxModel& model) {
  constexpr std::int64_t kMostElements = 4096;
  std::int64_t elements = 0;
  bool small = true;
  for (const gemel::compiler::OnnxValue& input : model.inputs) {
    elements += gemel::compiler::onnx_element_count(input.shape);
  }
  for (const auto& [name, tensor] : model.initializers) small = small && is_small(tensor.integers());
  for (const gemel::compiler::OnnxNode& node : model.nodes) {
    for (const auto& [name, attribute] : node.attributes) {
      small = small && is_small(attribute.ints) && is_small({attribute.i}) && is_small(attribute.tensor.integers());
    }
  }
  return !small || elements > kMostElements;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  try {
    OnnxModel model = gemel::compiler::parse_onnx(bytes, "fuzz");
    if (gemel::compiler::is_float_model(model)) {
      if (is_large(model)) return 0;
      model = gemel::compiler::quantized_by_default(model);
    }
    const OnnxModel canonical = gemel::compiler::canonical_onnx(model);
    gemel::compiler::import_onnx(canonical);
    write_and_read_again(canonical);
  } catch (const gemel::compiler::OnnxError& error) {
    check_message(error.what());
  } catch (const gemel::compiler::GraphError& error) {
    check_message(error.what());
  }
  return 0;
}
