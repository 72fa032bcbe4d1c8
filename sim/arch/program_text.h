// SPDX-License-Identifier: Apache-2.0
#pragma once
// Text form of a program: what `gemel disasm` writes and `gemel asm` reads. assemble(disassemble(p)) == p for
// every program.
//
//   gemel-program 1
//   name "two_matmuls"            config "gemmini_16x16"       isa gemmini_v0_7     (one a line)
//   base 0x80000000               size 0x10000                 macs 8192
//   output 0x80001000 0x100       tensor "x" input int8 0x80000000 [1, 16]
//   layer "l0" "gemm" array macs=4096 output="y" min_dram_bytes=768
//   memory 0x80000000             then lines of hexadecimal bytes, then `end`
//   host_op softmax               then `input ADDRESS BYTES [shape]`, `output ...`, `params ...`, `scales ...`, then
//   `end` code                          then one step a line
//     config_ex dataflow=1 a_stride=1 acc_scale=1 c_stride=1
//     fence · idle 50 · begin · end · host 0 · layer 0
//     repeat 3                    offers commands[3] once more
//     define mvin ...             a command that no step offers in order
// `#` starts a comment.
#include <string>
#include <string_view>

#include "sim/arch/program.h"

namespace gemel::arch {

std::string disassemble(const Program& program);
Program assemble(std::string_view text, const std::string& file);  // throws InputError with file, line, column

// Program of a file of any kind, by its contents: program file, text form, or command stream (.rocc).
Program load_any_program(const std::string& path);

}  // namespace gemel::arch
