// SPDX-License-Identifier: Apache-2.0
// Blocks through the scratchpad and back, one for each load state; read without any fence.
#include "accelerator.h"

static elem_t in[3][DIM][DIM] row_align(1), out[3][DIM][DIM] row_align(1);

int main(void) {
  fill_int8(&in[0][0][0], sizeof in);
  CONFIG_LD(0, DIM, 1.0f, 0, DIM, 1)
  CONFIG_LD(1, DIM, 1.0f, 0, DIM, 1);
  CONFIG_LD(2, DIM, 1.0f, 0, DIM, 1);
  CONFIG_ST(DIM, 0, float_bits(1.0f));
  MVIN(in[0], SPAD(0), DIM, DIM)
  MVIN2(in[1], SPAD(DIM), DIM, DIM)
  MVIN3(in[2], SPAD(2 * DIM), DIM, DIM)
  for (int n = 0; n < 3; ++n) MVOUT(out[n], SPAD(n * DIM), DIM, DIM)
  for (int n = 0; n < 3; ++n)
    for (int i = 0; i < DIM; ++i)
      for (int j = 0; j < DIM; ++j) CHECK_AT(out[n][i][j], in[n][i][j], i, j);
  DONE();
}
