// SPDX-License-Identifier: Apache-2.0
#pragma once
// --input and --output-dir: a program's named tensors from and to .npy files. All throw arch::InputError.
#include <cstdint>
#include <string>
#include <vector>

#include "sim/arch/program.h"

namespace gemel::cli {

// `assignments` are "NAME=FILE.npy". Each replaces what the program's memory holds at first.
void apply_inputs(arch::Program& program, const std::vector<std::string>& assignments);

// Refuses a directory that could not be made or written, before any long work.
void check_output_dir(const arch::Program& program, const std::string& directory);

// The file that holds a tensor: NAME.npy, where NAME's characters that a file name may not have are '_'.
std::string tensor_file_name(const std::string& tensor);

// One NAME.npy for each output tensor.
void save_outputs(const arch::Program& program, const std::vector<std::uint8_t>& memory, const std::string& directory);

}  // namespace gemel::cli
