// SPDX-License-Identifier: Apache-2.0
#include "tests/support/random_commands.h"

#include <cstdlib>

namespace gemel::test_support {

std::uint64_t test_seed(std::uint64_t standard) {
  const char* chosen = std::getenv("GEMEL_TEST_SEED");
  return chosen ? std::strtoull(chosen, nullptr, 0) : standard;
}

arch::Command random_command(std::mt19937_64& random) {
  arch::Command command;
  const std::uint64_t shape = random();
  // Mostly the codes that exist.
  command.funct = static_cast<std::uint8_t>((shape & 7) == 0 ? random() % 128 : (shape & 7) == 1 ? 126 : random() % 26);
  command.rs1 = random();
  command.rs2 = random();
  if (shape & 8) command.rs1 &= random() & random();
  if (shape & 16) command.rs2 &= random() & random();
  if (shape & 32) command.rs1 &= 0x0F0F00FF0000FFFFu;
  if (shape & 64) command.rs2 |= 0xFFFFFFFFu;  // garbage
  if (shape & 128) command.rs2 &= 0xFFFF0000FFFF0000u;
  return command;
}

}  // namespace gemel::test_support
