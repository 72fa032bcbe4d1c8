// SPDX-License-Identifier: Apache-2.0
#include "cli/peak_memory.h"

#include <sys/resource.h>

namespace gemel::cli {

std::string peak_memory_text() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return "peak memory " + std::to_string(usage.ru_maxrss / 1024) + " MiB";  // ru_maxrss counts KiB
}

}  // namespace gemel::cli
