// SPDX-License-Identifier: Apache-2.0
// The RoCC macros of Gemmini programs, for native runs: stands where such programs look for the header of that name.
// The macros keep the shape of a block, since they are written with and without `;` behind them and several in a row.
#pragma once

#include <gemel_native.h>

#ifndef STR
#define STR1(x) #x
#define STR(x) STR1(x)
#endif
#ifndef CAT
#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)
#endif

// An operand is any scalar: pointer, integer of any width, NULL.
#define GEMEL_NATIVE_OPERAND(value) ((uint64_t)(value))

// A counter access looks at 32 bits of rs1 only, and its rs2 is often not initialised: it is never evaluated.
#define GEMEL_NATIVE_ANSWERED(rd, rs1, rs2, funct)                                                 \
  {                                                                                                \
    (rd) = gemel_native_answered_command(                                                          \
        (funct), (funct) == 126 ? (uint32_t)GEMEL_NATIVE_OPERAND(rs1) : GEMEL_NATIVE_OPERAND(rs1), \
        (funct) == 126 ? 0 : GEMEL_NATIVE_OPERAND(rs2));                                           \
  }
#define GEMEL_NATIVE_COMMAND(rs1, rs2, funct) \
  { gemel_native_command((funct), GEMEL_NATIVE_OPERAND(rs1), GEMEL_NATIVE_OPERAND(rs2)); }

#define ROCC_INSTRUCTION(x, rd, rs1, rs2, funct) GEMEL_NATIVE_ANSWERED(rd, rs1, rs2, funct)
#define ROCC_INSTRUCTION_R_R_R(x, rd, rs1, rs2, funct) GEMEL_NATIVE_ANSWERED(rd, rs1, rs2, funct)
#define ROCC_INSTRUCTION_R_R_I(x, rd, rs1, rs2, funct) GEMEL_NATIVE_ANSWERED(rd, rs1, rs2, funct)
#define ROCC_INSTRUCTION_R_I_I(x, rd, rs1, rs2, funct) GEMEL_NATIVE_ANSWERED(rd, rs1, rs2, funct)
#define ROCC_INSTRUCTION_R_R_0(x, rd, rs1, funct) GEMEL_NATIVE_ANSWERED(rd, rs1, 0, funct)
#define ROCC_INSTRUCTION_R_0_0(x, rd, funct) GEMEL_NATIVE_ANSWERED(rd, 0, 0, funct)
#define ROCC_INSTRUCTION_0_R_R(x, rs1, rs2, funct) GEMEL_NATIVE_COMMAND(rs1, rs2, funct)
#define ROCC_INSTRUCTION_0_R_I(x, rs1, rs2, funct) GEMEL_NATIVE_COMMAND(rs1, rs2, funct)
#define ROCC_INSTRUCTION_0_I_I(x, rs1, rs2, funct) GEMEL_NATIVE_COMMAND(rs1, rs2, funct)
#define ROCC_INSTRUCTION_0_R_0(x, rs1, funct) GEMEL_NATIVE_COMMAND(rs1, 0, funct)
#define ROCC_INSTRUCTION_0_0_0(x, funct) GEMEL_NATIVE_COMMAND(0, 0, funct)

// ---- What the program was compiled for: its gemmini_params.h, where that stands before this header ----------------

#ifdef DIM
#define GEMEL_NATIVE_DIM (DIM)
#else
#define GEMEL_NATIVE_DIM (-1)
#endif
#ifdef BANK_NUM
#define GEMEL_NATIVE_BANK_NUM (BANK_NUM)
#else
#define GEMEL_NATIVE_BANK_NUM (-1)
#endif
#ifdef BANK_ROWS
#define GEMEL_NATIVE_BANK_ROWS (BANK_ROWS)
#else
#define GEMEL_NATIVE_BANK_ROWS (-1)
#endif
#ifdef ACC_ROWS
#define GEMEL_NATIVE_ACC_ROWS (ACC_ROWS)
#else
#define GEMEL_NATIVE_ACC_ROWS (-1)
#endif
#ifdef MAX_BYTES
#define GEMEL_NATIVE_MAX_BYTES (MAX_BYTES)
#else
#define GEMEL_NATIVE_MAX_BYTES (-1)
#endif
#ifdef ADDR_LEN
#define GEMEL_NATIVE_ADDR_LEN (ADDR_LEN)
#else
#define GEMEL_NATIVE_ADDR_LEN (-1)
#endif
#ifdef GEMMINI_PARAMS_H
#define GEMEL_NATIVE_ELEM_BYTES ((int32_t)sizeof(elem_t))
#define GEMEL_NATIVE_ELEM_IS_FLOAT ((elem_t)0.5 != 0)
#define GEMEL_NATIVE_ACC_BYTES ((int32_t)sizeof(acc_t))
#define GEMEL_NATIVE_ACC_IS_FLOAT ((acc_t)0.5 != 0)
#ifdef HAS_MVIN_SCALE
#define GEMEL_NATIVE_MVIN_SCALE 1
#else
#define GEMEL_NATIVE_MVIN_SCALE 0
#endif
#ifdef ACC_SCALE_T_IS_FLOAT
#define GEMEL_NATIVE_ACC_SCALE_IS_FLOAT 1
#else
#define GEMEL_NATIVE_ACC_SCALE_IS_FLOAT 0
#endif
#else
#define GEMEL_NATIVE_ELEM_BYTES (-1)
#define GEMEL_NATIVE_ELEM_IS_FLOAT (-1)
#define GEMEL_NATIVE_ACC_BYTES (-1)
#define GEMEL_NATIVE_ACC_IS_FLOAT (-1)
#define GEMEL_NATIVE_MVIN_SCALE (-1)
#define GEMEL_NATIVE_ACC_SCALE_IS_FLOAT (-1)
#endif
#ifdef HAS_MVIN_ACC_SCALE
#define GEMEL_NATIVE_MVIN_ACC_SCALE 1
#else
#define GEMEL_NATIVE_MVIN_ACC_SCALE 0
#endif
#ifdef ACC_SCALE_EXP_BITS
#define GEMEL_NATIVE_ACC_SCALE_EXP_BITS (ACC_SCALE_EXP_BITS)
#define GEMEL_NATIVE_ACC_SCALE_SIG_BITS (ACC_SCALE_SIG_BITS)
#else
#define GEMEL_NATIVE_ACC_SCALE_EXP_BITS (-1)
#define GEMEL_NATIVE_ACC_SCALE_SIG_BITS (-1)
#endif
#ifdef ACC_READ_FULL_WIDTH
#define GEMEL_NATIVE_FULL_WIDTH 1
#else
#define GEMEL_NATIVE_FULL_WIDTH 0
#endif
#ifdef HAS_NORMALIZATIONS
#define GEMEL_NATIVE_NORMALIZATIONS 1
#else
#define GEMEL_NATIVE_NORMALIZATIONS 0
#endif

// Chosen on the command line of gemel-cc.
#ifndef GEMEL_NATIVE_CONFIG
#define GEMEL_NATIVE_CONFIG ""
#endif
#ifndef GEMEL_NATIVE_SETTINGS
#define GEMEL_NATIVE_SETTINGS ""
#endif
#ifndef GEMEL_NATIVE_RECORD
#define GEMEL_NATIVE_RECORD ""
#endif
// What gemel-cc found in the program's gemmini.h.
#ifndef GEMEL_NATIVE_ISA
#define GEMEL_NATIVE_ISA ""
#endif

__attribute__((constructor, used)) static void gemel_native_declare_this_file(void) {
  static const struct gemel_native_program program = {(uint32_t)sizeof(struct gemel_native_program),
                                                      GEMEL_NATIVE_CONFIG,
                                                      GEMEL_NATIVE_SETTINGS,
                                                      GEMEL_NATIVE_RECORD,
                                                      GEMEL_NATIVE_ISA,
                                                      GEMEL_NATIVE_DIM,
                                                      GEMEL_NATIVE_BANK_NUM,
                                                      GEMEL_NATIVE_BANK_ROWS,
                                                      GEMEL_NATIVE_ACC_ROWS,
                                                      GEMEL_NATIVE_MAX_BYTES,
                                                      GEMEL_NATIVE_ADDR_LEN,
                                                      GEMEL_NATIVE_ELEM_BYTES,
                                                      GEMEL_NATIVE_ELEM_IS_FLOAT,
                                                      GEMEL_NATIVE_ACC_BYTES,
                                                      GEMEL_NATIVE_ACC_IS_FLOAT,
                                                      GEMEL_NATIVE_MVIN_SCALE,
                                                      GEMEL_NATIVE_MVIN_ACC_SCALE,
                                                      GEMEL_NATIVE_ACC_SCALE_IS_FLOAT,
                                                      GEMEL_NATIVE_ACC_SCALE_EXP_BITS,
                                                      GEMEL_NATIVE_ACC_SCALE_SIG_BITS,
                                                      GEMEL_NATIVE_FULL_WIDTH,
                                                      GEMEL_NATIVE_NORMALIZATIONS};
  gemel_native_declare(&program);
}
