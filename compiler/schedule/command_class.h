// SPDX-License-Identifier: Apache-2.0
#pragma once
// The classes of the reservation station (docs/microarchitecture.md, section 3).
#include <cstddef>
#include <cstdint>

#include "compiler/schedule/timing_calendar.h"
#include "sim/arch/command.h"

namespace gemel::compiler {

enum class CommandClass : std::uint8_t { Load, Execute, Store };
CommandClass class_of(const arch::Command& command);

// Commands of a class that are behind an unroller: how many, and when the next one ends, kNever where that is not known
// yet.
struct OnTheWay {
  std::size_t count = 0;
  Time next_end = kNever;
};

}  // namespace gemel::compiler
