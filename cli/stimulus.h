// SPDX-License-Identifier: Apache-2.0
#pragma once
// A compiled program as a command stream that needs nothing but a machine and its memory.
#include <cstdint>
#include <vector>

#include "sim/arch/memory_capture.h"
#include "sim/arch/rocc_stream.h"

namespace gemel::cli {

// What the host operators of `program` write, to be noted down in a run: one for each such step, in order.
std::vector<arch::MemoryCapture> host_write_captures(const arch::Program& program);

// Same commands and fences; where the host computes something, it writes what it computed in that run (`host_writes`,
// as captured), at the cost of a copy.
arch::RoccStream stimulus_of(const arch::Program& program, const std::vector<std::vector<std::uint8_t>>& host_writes);

}  // namespace gemel::cli
