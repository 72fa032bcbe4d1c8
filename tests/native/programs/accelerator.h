// SPDX-License-Identifier: Apache-2.0
// What the test programs use of the accelerator: one macro a command, written from docs/isa.md; operands, matrices with
// known contents, and checks. Programs include it after their gemmini_params.h.
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "include/gemmini_params.h"
#include "rocc-software/src/xcustom.h"

#define CUSTOM 3
#define ISSUE(rs1, rs2, funct) ROCC_INSTRUCTION_0_R_R(CUSTOM, rs1, rs2, funct)

// ---- Operands --------------------------------------------------------------------------------------------------

#define GARBAGE 0xffffffffu
#define SPAD(row) ((uint32_t)(row))
#define ACC(row) (0x80000000u | (uint32_t)(row))
#define ACC_ADD(row) (0xc0000000u | (uint32_t)(row))
#define ACC_FULL(row) (0xa0000000u | (uint32_t)(row))
#define BLOCK(local, cols, rows) ((uint64_t)(rows) << 48 | (uint64_t)(cols) << 32 | (uint32_t)(local))
#define KEEP_SCALE 0xffffffffu

static inline uint64_t float_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

// ---- Commands --------------------------------------------------------------------------------------------------

#define OUTPUT_STATIONARY 0
#define WEIGHT_STATIONARY 1

#define CONFIG_EX(dataflow, activation, shift, a_stride, c_stride, a_transpose, b_transpose)       \
  ISSUE((uint64_t)(a_stride) << 16 | (uint64_t)(b_transpose) << 9 | (uint64_t)(a_transpose) << 8 | \
            (uint64_t)(activation) << 3 | (uint64_t)(dataflow) << 2 | 0,                           \
        (uint64_t)(c_stride) << 48 | (uint32_t)(shift), 0)
#define CONFIG_EX_STRIDES(a_stride, c_stride) \
  ISSUE((uint64_t)(a_stride) << 16 | 1 << 7 | 0, (uint64_t)(c_stride) << 48, 0)
#define CONFIG_LD(state, stride, scale, shrink, block_stride, pixels)                                                 \
  ISSUE(float_bits(scale) << 32 | (uint64_t)(block_stride) << 16 | (uint64_t)(pixels) << 8 | (uint64_t)(state) << 3 | \
            (uint64_t)(shrink) << 2 | 1,                                                                              \
        stride, 0)
#define CONFIG_ST(stride, activation, scale_bits) \
  ISSUE((uint64_t)(activation) << 2 | 2, (uint64_t)(scale_bits) << 32 | (uint32_t)(stride), 0)
#define CONFIG_ST_POOL(stride, activation, scale_bits, step, size, upper, left, out_dim, prows, pcols, orows, ocols) \
  ISSUE((uint64_t)(ocols) << 56 | (uint64_t)(orows) << 48 | (uint64_t)(pcols) << 40 | (uint64_t)(prows) << 32 |      \
            (uint64_t)(out_dim) << 24 | (uint64_t)(left) << 10 | (uint64_t)(upper) << 8 | (uint64_t)(size) << 6 |    \
            (uint64_t)(step) << 4 | (uint64_t)(activation) << 2 | 2,                                                 \
        (uint64_t)(scale_bits) << 32 | (uint32_t)(stride), 0)
#define MVIN(memory, local, cols, rows) ISSUE(memory, BLOCK(local, cols, rows), 2)
#define MVIN2(memory, local, cols, rows) ISSUE(memory, BLOCK(local, cols, rows), 1)
#define MVIN3(memory, local, cols, rows) ISSUE(memory, BLOCK(local, cols, rows), 14)
#define MVOUT(memory, local, cols, rows) ISSUE(memory, BLOCK(local, cols, rows), 3)
#define PRELOAD(bd, bd_cols, bd_rows, c, c_cols, c_rows) ISSUE(BLOCK(bd, bd_cols, bd_rows), BLOCK(c, c_cols, c_rows), 6)
#define COMPUTE_PRELOADED(a, a_cols, a_rows, bd, bd_cols, bd_rows) \
  ISSUE(BLOCK(a, a_cols, a_rows), BLOCK(bd, bd_cols, bd_rows), 4)
#define COMPUTE_ACCUMULATED(a, a_cols, a_rows, bd, bd_cols, bd_rows) \
  ISSUE(BLOCK(a, a_cols, a_rows), BLOCK(bd, bd_cols, bd_rows), 5)
#define FLUSH(skip) ISSUE(skip, 0, 7)
#define CLOCK_GATE(enable) ISSUE(enable, 0, 22)
#define FENCE() __asm__ volatile("fence" ::: "memory")

static inline uint64_t read_clock(void) {
  uint64_t cycles;
  __asm__ volatile("rdcycle %0" : "=r"(cycles));
  return cycles;
}

// Counters: event ids are Gemmini's. rs2 has no meaning and is not initialised, as programs have it.
static inline uint32_t counter_access(uint32_t rs1) {
  uint32_t value, nothing;
  ROCC_INSTRUCTION(CUSTOM, value, rs1, nothing, 126)
  return value;
}
#define COUNTER_READ(index) counter_access((uint32_t)(index) << 4)
#define COUNTER_CONFIGURE(index, event) counter_access((uint32_t)(index) << 4 | (uint32_t)(event) << 12 | 8)
#define COUNTER_CONFIGURE_EXTERNAL(index, event) \
  counter_access(0x80000000u | (uint32_t)(index) << 4 | (uint32_t)(event) << 12 | 8)
#define COUNTER_SNAPSHOT() counter_access(4)
#define COUNTER_RELEASE() counter_access(2)
#define COUNTER_RESET() counter_access(1)

// ---- Data and checks -------------------------------------------------------------------------------------------

// A linear congruential generator of our own; programs with their own rand() are tested elsewhere.
static uint32_t random_state = 12345;
static inline int random_int(int from, int to) {  // both included
  random_state = random_state * 1664525u + 1013904223u;
  return from + (int)((random_state >> 8) % (uint32_t)(to - from + 1));
}
static inline void fill_int8(int8_t* data, size_t count) {
  for (size_t i = 0; i < count; ++i) data[i] = (int8_t)random_int(-128, 127);
}
static inline void fill_int32(int32_t* data, size_t count, int range) {
  for (size_t i = 0; i < count; ++i) data[i] = random_int(-range, range);
}

static inline int clip(long long value) { return value > 127 ? 127 : value < -128 ? -128 : (int)value; }
// Sums inside the array wrap at 20 bits on machines of side 16.
static inline int wrap20(long long value) { return (int)((uint32_t)value << 12) >> 12; }

static int checks_done, checks_failed;
static inline void check_at(long long found, long long expected, const char* what, int i, int j, int line) {
  ++checks_done;
  if (found == expected) return;
  if (++checks_failed <= 5) printf("line %d: %s [%d][%d] is %lld instead of %lld\n", line, what, i, j, found, expected);
}
#define CHECK(found, expected) check_at((long long)(found), (long long)(expected), #found, 0, 0, __LINE__)
#define CHECK_AT(found, expected, i, j) \
  check_at((long long)(found), (long long)(expected), #found, (int)(i), (int)(j), __LINE__)
// At the end of main(): checks were done and none failed.
#define DONE() return checks_done == 0 || checks_failed != 0
