// SPDX-License-Identifier: Apache-2.0
// Entry points of `fence` and `rdcycle`, which programs write in inline assembly: the compiler around them believes
// that nothing changes, so every register, flag and vector state is kept.
#include <cpuid.h>

#include <cstdint>

#include "sim/native/session.h"

extern "C" {
// Bytes that xsave needs for the state in kStateMask; 0 where the processor has only fxsave.
__attribute__((visibility("hidden"))) std::uint64_t gemel_native_state_bytes = 0;

__attribute__((visibility("hidden"), used)) void gemel_native_fence_in_c() { gemel::sim::native_fence(); }
__attribute__((visibility("hidden"), used)) std::uint64_t gemel_native_rdcycle_in_c() {
  return gemel::sim::native_clock();
}
}

namespace {

// x87, SSE, AVX and AVX-512 state: all that a program's own code may hold in registers across an inline assembly.
constexpr unsigned kStateMask = 0xE7;

__attribute__((constructor(101))) void find_state_size() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid(1, &a, &b, &c, &d) || (c & bit_OSXSAVE) == 0) return;
  if (__get_cpuid_count(13, 0, &a, &b, &c, &d)) gemel_native_state_bytes = b;  // all that the system has enabled
}
static_assert(kStateMask == 0xE7, "the assembler below has it too");

}  // namespace

// On entry rsp + 8 is the first word behind the return address, where rdcycle's value goes.
asm(R"(
  .macro gemel_native_thunk name, target, answers
  .globl \name
  .type \name, @function
\name:
  pushfq
  push %rax
  push %rcx
  push %rdx
  push %rsi
  push %rdi
  push %r8
  push %r9
  push %r10
  push %r11
  push %rbp
  mov %rsp, %rbp
  cld
  mov gemel_native_state_bytes(%rip), %rcx
  test %rcx, %rcx
  jz 1f
  sub %rcx, %rsp
  and $-64, %rsp
  xor %eax, %eax
  mov %rax, 512(%rsp)
  mov %rax, 520(%rsp)
  mov %rax, 528(%rsp)
  mov %rax, 536(%rsp)
  mov %rax, 544(%rsp)
  mov %rax, 552(%rsp)
  mov %rax, 560(%rsp)
  mov %rax, 568(%rsp)
  mov $0xE7, %eax
  xor %edx, %edx
  xsave (%rsp)
  jmp 2f
1:
  sub $512, %rsp
  and $-64, %rsp
  fxsave (%rsp)
2:
  call \target
  .if \answers
  mov %rax, 96(%rbp)
  .endif
  cmpq $0, gemel_native_state_bytes(%rip)
  je 3f
  mov $0xE7, %eax
  xor %edx, %edx
  xrstor (%rsp)
  jmp 4f
3:
  fxrstor (%rsp)
4:
  mov %rbp, %rsp
  pop %rbp
  pop %r11
  pop %r10
  pop %r9
  pop %r8
  pop %rdi
  pop %rsi
  pop %rdx
  pop %rcx
  pop %rax
  popfq
  ret
  .size \name, . - \name
  .endm
  .text
  gemel_native_thunk gemel_native_fence, gemel_native_fence_in_c, 0
  gemel_native_thunk gemel_native_rdcycle, gemel_native_rdcycle_in_c, 1
)");
