// SPDX-License-Identifier: Apache-2.0
// `fence` and `rdcycle` in inline assembly change nothing that the compiler does not know of: registers, flags, vector
// registers, the red zone.
#include "accelerator.h"

#define SAME(reg) "cmp $0x1234567, %%" reg "\n jne 1f\n"
#define SET(reg) "mov $0x1234567, %%" reg "\n"

static int registers_kept(void) {
  int same = 0;
  __asm__ volatile(SET("rax") SET("rcx") SET("rdx") SET("rsi") SET("rdi") SET("r8") SET("r9") SET("r10") SET("r11")
                   "fence\n"
                   SAME("rax") SAME("rcx") SAME("rdx") SAME("rsi") SAME("rdi") SAME("r8") SAME("r9") SAME("r10") SAME("r11")
                   "rdcycle %%r11\n"
                   "cmp $0x1234567, %%r11\n je 1f\n"
                   SAME("rax") SAME("rcx") SAME("rdx") SAME("rsi") SAME("rdi") SAME("r8") SAME("r9") SAME("r10")
                   "mov $1, %0\n"
                   "1:\n"
                   : "+r"(same)
                   :
                   : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "cc", "memory");
  return same;
}

static int flags_kept(void) {
  unsigned char carry, zero;
  __asm__ volatile("cmp %%rax, %%rax\n stc\n fence\n setc %0\n setz %1" : "=&r"(carry), "=&r"(zero) : : "cc", "memory");
  return carry && zero;
}

static int red_zone_kept(void) {
  uint64_t below;
  __asm__ volatile(
      "movq $0x5a5a, -8(%%rsp)\n movq $0x5b5b, -128(%%rsp)\n fence\n rdcycle %%rax\n"
      "movq -8(%%rsp), %0\n add -128(%%rsp), %0"
      : "=&r"(below)
      :
      : "rax", "cc", "memory");
  return below == 0x5a5a + 0x5b5b;
}

static int vectors_kept(void) {
  double in[2] = {1.25, -7.5}, out[2];
  __asm__ volatile(
      "movupd (%0), %%xmm0\n movupd (%0), %%xmm15\n fence\n rdcycle %%rax\n addpd %%xmm15, %%xmm0\n movupd %%xmm0, (%1)"
      :
      : "r"(in), "r"(out)
      : "xmm0", "xmm15", "rax", "cc", "memory");
  return out[0] == 2.5 && out[1] == -15;
}

int main(void) {
  CHECK(registers_kept(), 1);
  CHECK(flags_kept(), 1);
  CHECK(red_zone_kept(), 1);
  CHECK(vectors_kept(), 1);
  uint32_t low;
  __asm__ volatile("rdcycle %0" : "=r"(low));
  CHECK(low > 0, 1);
  DONE();
}
