// SPDX-License-Identifier: Apache-2.0
#pragma once
// Output files appear whole or not at all.
#include <string>

namespace gemel::cli {

// Throws arch::InputError where `path` could not be written (missing or read-only directory, a directory itself),
// or is `input`. Called before any long work, so that bad paths are refused at once.
void check_output_path(const std::string& path, const std::string& input = "");

// Writes beside the target and renames; devices and pipes are written directly. Throws arch::InputError.
void write_output_file(const std::string& path, const std::string& contents);

}  // namespace gemel::cli
