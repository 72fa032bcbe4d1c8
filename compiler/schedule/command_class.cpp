// SPDX-License-Identifier: Apache-2.0
#include "compiler/schedule/command_class.h"

#include "sim/arch/isa.h"

namespace gemel::compiler {

using arch::Command;
using arch::Funct;

CommandClass class_of(const Command& command) {
  switch (static_cast<Funct>(command.funct)) {
    case Funct::Config:
      switch (arch::config_kind(command.rs1)) {
        case arch::ConfigKind::Execute:
          return CommandClass::Execute;
        case arch::ConfigKind::Load:
          return CommandClass::Load;
        default:
          return CommandClass::Store;
      }
    case Funct::Mvin:
    case Funct::Mvin2:
    case Funct::Mvin3:
      return CommandClass::Load;
    case Funct::Mvout:
      return CommandClass::Store;
    default:
      return CommandClass::Execute;
  }
}

}  // namespace gemel::compiler
