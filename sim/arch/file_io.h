// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whole files in and out. An output file appears whole or not at all.
#include <string>
#include <string_view>

namespace gemel::arch {

// Throws InputError where the file cannot be read.
std::string load_file(const std::string& path);

// Writes beside the path, then renames. Throws InputError where that fails, and leaves nothing behind.
void save_file(const std::string& path, std::string_view contents);

}  // namespace gemel::arch
