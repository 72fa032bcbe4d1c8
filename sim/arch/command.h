// SPDX-License-Identifier: Apache-2.0
#pragma once
// A RoCC command as the host offers it, and its function codes (Gemmini's binary ISA).
#include <cstdint>

namespace gemel::arch {

enum class Funct : std::uint8_t {
  Config = 0,
  Mvin2 = 1,
  Mvin = 2,
  Mvout = 3,
  ComputePreloaded = 4,
  ComputeAccumulated = 5,
  Preload = 6,
  Flush = 7,
  LoopWs = 8,
  LoopWsBounds = 9,
  LoopWsAddressesAB = 10,
  LoopWsAddressesDC = 11,
  LoopWsStridesAB = 12,
  LoopWsStridesDC = 13,
  Mvin3 = 14,
  LoopConvWs = 15,
  LoopConvWsConfig1 = 16,
  LoopConvWsConfig2 = 17,
  LoopConvWsConfig3 = 18,
  LoopConvWsConfig4 = 19,
  LoopConvWsConfig5 = 20,
  LoopConvWsConfig6 = 21,
  ClockGate = 22,
  MvoutToScratchpad = 23,  // 23..25: later Gemmini only
  LoopWsScratchpadAB = 24,
  LoopWsScratchpadC = 25,
  Counter = 126,
};

enum class ConfigKind : std::uint8_t { Execute = 0, Load = 1, Store = 2, Normalise = 3 };

struct Command {
  std::uint8_t funct = 0;
  std::uint64_t rs1 = 0;
  std::uint64_t rs2 = 0;
};
inline bool operator==(const Command& a, const Command& b) {
  return a.funct == b.funct && a.rs1 == b.rs1 && a.rs2 == b.rs2;
}

}  // namespace gemel::arch
