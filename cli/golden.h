// SPDX-License-Identifier: Apache-2.0
#pragma once
// --golden: outputs compared with tensors from outside.
#include <cstdint>
#include <string>
#include <vector>

#include "cli/npy_file.h"
#include "sim/arch/memory_capture.h"
#include "sim/arch/program.h"

namespace gemel::cli {

struct GoldenTensor {
  arch::TensorPlace place;
  NpyArray array;
  std::string file;
};

// `assignments` are "NAME=FILE.npy". Throws arch::InputError: before any long work.
std::vector<GoldenTensor> load_golden(const arch::Program& program, const std::vector<std::string>& assignments);

// Prints a line for each; true where one differs. `results` are those of arch::plan_layer_results.
bool report_golden(const arch::Program& program, const std::vector<std::uint8_t>& memory,
                   const arch::TensorContents& results, const std::vector<GoldenTensor>& golden);

// How two arrays of one type and shape differ: "" where equal, else first place, values and number.
std::string array_difference(const NpyArray& got, const NpyArray& expected);

}  // namespace gemel::cli
