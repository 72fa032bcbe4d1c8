// SPDX-License-Identifier: Apache-2.0
#pragma once
// CRC-32 (zlib's) of a program's memory after a run: of the whole region and of every output range.
#include <cstdint>
#include <string>
#include <vector>

#include "sim/arch/program.h"

namespace gemel::sim {

struct MemoryDigest {
  std::string region;                // eight lower-case hexadecimal digits
  std::vector<std::string> outputs;  // in the order of Program::outputs
};

// `memory` is [program.base, program.base + program.size). Throws std::invalid_argument where an output range leaves
// it.
MemoryDigest digest_memory(const arch::Program& program, const std::vector<std::uint8_t>& memory);

}  // namespace gemel::sim
