// SPDX-License-Identifier: Apache-2.0
// What a native Gemmini program sees of the accelerator: entry points of libgemel_native, and assembler macros for the
// two RISC-V instructions that such programs write in inline assembly. C and C++; gcc and clang on x86-64.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A RoCC command. Never inlined: the call is what orders it against the program's own accesses to memory.
void gemel_native_command(unsigned funct, uint64_t rs1, uint64_t rs2);
// One that returns a value in rd.
uint64_t gemel_native_answered_command(unsigned funct, uint64_t rs1, uint64_t rs2);

// What a program was compiled for. A number that the program does not define is -1; yes and no are 1 and 0.
struct gemel_native_program {
  uint32_t bytes;        // of this structure
  const char* config;    // machine that was chosen when it was compiled, or ""
  const char* settings;  // KEY=VALUE of single keys, separated by ';', or ""
  const char* record;    // "" or "1": record the commands
  const char* isa;       // whose loop instructions gemmini.h writes: a value of the key isa.version, or "" (not known)
  int32_t dim, bank_num, bank_rows, acc_rows, max_bytes, addr_len;
  int32_t elem_bytes, elem_is_float, acc_bytes, acc_is_float;
  int32_t has_mvin_scale, has_mvin_acc_scale, acc_scale_is_float, acc_scale_exp_bits, acc_scale_sig_bits;
  int32_t reads_full_width, has_normalizations;
};
void gemel_native_declare(const struct gemel_native_program* program);

#ifdef __cplusplus
}
#endif

// `fence` and `rdcycle`. The thunks keep every register and flag; the macros step over the 128 bytes below the stack
// pointer that belong to the function around them. They go through the address table rather than the linker's stubs,
// which would not keep all registers.
#if defined(__x86_64__)
__asm__(
    ".ifndef gemel_native_macros\n"
    ".set gemel_native_macros, 1\n"
    ".macro fence operands:vararg\n"
    "  lea -128(%rsp), %rsp\n"
    "  call *gemel_native_fence@GOTPCREL(%rip)\n"
    "  lea 128(%rsp), %rsp\n"
    ".endm\n"
    ".macro rdcycle destination\n"
    "  lea -136(%rsp), %rsp\n"
    "  call *gemel_native_rdcycle@GOTPCREL(%rip)\n"
    "  mov (%rsp), \\destination\n"
    "  lea 136(%rsp), %rsp\n"
    ".endm\n"
    ".endif\n");
#else
#error "native Gemmini programs run on x86-64 only"
#endif
