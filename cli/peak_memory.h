// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

namespace gemel::cli {

// "peak memory 199 MiB": the most that this process had of this computer's memory.
std::string peak_memory_text();

}  // namespace gemel::cli
