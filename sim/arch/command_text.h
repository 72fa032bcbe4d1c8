// SPDX-License-Identifier: Apache-2.0
#pragma once
// Text form of one command: `mvin dram_address=0x80001000 local=spad:16 cols=64 rows=16`.
// Fields that are zero are left out, local addresses excepted; bits outside all fields appear as rs1_extra= and
// rs2_extra=; a command that the instruction set does not know is `raw FUNCT RS1 RS2`.
#include <stdexcept>
#include <string>
#include <string_view>

#include "sim/arch/command.h"
#include "sim/arch/isa.h"

namespace gemel::arch {

// What is wrong with a text, and where in it (column counts from 1).
class CommandTextError : public std::runtime_error {
 public:
  CommandTextError(int column, const std::string& what) : std::runtime_error(what), column_(column) {}
  int column() const { return column_; }

 private:
  int column_;
};

// parse_command(describe(c, v), v) == c for every command (functs have 7 bits) and version.
std::string describe(const Command& command, IsaVersion version);
void describe_to(std::string& out, const Command& command, IsaVersion version);
Command parse_command(std::string_view text, IsaVersion version);  // throws CommandTextError

// A local address: `spad:ROW`, `acc:ROW[:accumulate][:full]`, `garbage`, or hexadecimal where bits say more.
std::string describe(LocalAddress address);

}  // namespace gemel::arch
