// SPDX-License-Identifier: Apache-2.0
// Operands at any address: heap, stack, beginning at any byte.
#include "accelerator.h"

static void move(const elem_t* from, elem_t* to, int stride) {
  CONFIG_LD(0, stride, 1.0f, 0, DIM, 1)
  CONFIG_ST(stride, 0, float_bits(1.0f))
  MVIN(from, SPAD(0), DIM, DIM)
  MVOUT(to, SPAD(0), DIM, DIM)
  for (int i = 0; i < DIM; ++i)
    for (int j = 0; j < DIM; ++j) CHECK_AT(to[i * stride + j], from[i * stride + j], i, j);
}

int main(void) {
  enum { STRIDE = DIM + 3 };
  elem_t on_stack[DIM * STRIDE + 64];
  elem_t* in_heap = malloc(sizeof on_stack);
  elem_t* large = malloc(8 << 20);  // a mapping of its own
  for (int offset = 0; offset < 64; offset += 7) {
    fill_int8(on_stack, sizeof on_stack);
    move(on_stack + offset, in_heap + 64 - offset - 1, STRIDE);
    move(in_heap + 64 - offset - 1, large + (8 << 20) - sizeof on_stack + offset, STRIDE);
    move(large + (8 << 20) - sizeof on_stack + offset, on_stack + 3, STRIDE);
  }
  free(large);
  free(in_heap);
  DONE();
}
