// SPDX-License-Identifier: Apache-2.0
#pragma once
// NumPy's .npy files: int8, uint8, int32 and float32, little endian, C order; versions 1 to 3 are read, 1 is written.
// Numbers of int64 that fit are read as int32.
#include <cstdint>
#include <string>
#include <vector>

#include "sim/arch/program.h"

namespace gemel::cli {

struct NpyArray {
  arch::ElementType type = arch::ElementType::Int8;
  std::vector<std::int64_t> shape;
  std::vector<std::uint8_t> bytes;
};

// Throws arch::InputError.
NpyArray load_npy(const std::string& path);

// The contents of a .npy file.
std::string npy_text(const NpyArray& array);

std::string shape_text(const std::vector<std::int64_t>& shape);  // "[1, 224, 224, 3]"
const char* element_type_name(arch::ElementType type);           // "int8", "int32", ...
std::size_t element_size(arch::ElementType type);

}  // namespace gemel::cli
