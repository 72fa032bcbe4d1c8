// SPDX-License-Identifier: Apache-2.0
#pragma once
// The program file (.gemel), binary: what the compiler hands to the machine. Versioned and checked: a damaged,
// cut or newer file is refused with one line.
//
// Layout, little-endian: "GEMEL\r\n\x1A", format version (u32), CRC-32 of the body (u32), body length (u64), body.
// Body: the members of Program in order; numbers as 64-bit words, texts and lists with their length in front, commands
// as three arrays (funct, rs1, rs2), steps as runs of consecutive indices.
#include <string>
#include <string_view>

#include "sim/arch/program.h"

namespace gemel::arch {

inline constexpr std::uint32_t kProgramFormatVersion = 1;

std::string serialise_program(const Program& program);
Program parse_program(std::string_view bytes, const std::string& file);  // throws InputError

void save_program(const Program& program, const std::string& path);  // whole or not at all
Program load_program(const std::string& path);                       // throws InputError

}  // namespace gemel::arch
