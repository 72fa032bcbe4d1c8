// SPDX-License-Identifier: Apache-2.0
#pragma once
// A command on its way from the reservation station to a controller.
#include <array>
#include <cstdint>

#include "sim/arch/command.h"
#include "sim/units/unit.h"

namespace gemel::sim {

enum class CommandClass : std::uint8_t { Load = 0, Execute = 1, Store = 2 };
inline constexpr unsigned kCommandClasses = 3;

// Who made a command: the host, or an unroller out of a loop.
enum class CommandOrigin : std::uint8_t { Host, ConvLoop, MatmulLoop };

// Told when the station lets go of a command that an unroller made.
class LoopCommandListener {
 public:
  virtual ~LoopCommandListener() = default;
  virtual void loop_command_left(CommandOrigin origin, CommandClass c, Cycle now) = 0;
};

struct IssuedCommand {
  static constexpr std::uint8_t kNoEntry = 0xFF;
  arch::Command command;
  std::uint8_t entry = kNoEntry;  // of its class in the station; kNoEntry: nothing to complete
  CommandOrigin origin = CommandOrigin::Host;
  Cycle allocated = 0;
  // The cycle in which its last dependency on a class left; 0 where there was none.
  std::array<Cycle, kCommandClasses> resolved{};
};

}  // namespace gemel::sim
