// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

namespace gemel::sim {

// `text` as the contents of a .gz file.
std::string gzip(const std::string& text);

}  // namespace gemel::sim
