// SPDX-License-Identifier: Apache-2.0
// Rows far apart in memory, blocks that are smaller than the array; lanes beyond a block keep their contents.
#include "accelerator.h"

#define STRIDE (3 * DIM + 5)
static elem_t in[DIM][STRIDE], out[DIM][STRIDE], before[DIM][DIM];

int main(void) {
  fill_int8(&in[0][0], sizeof in);
  fill_int8(&before[0][0], sizeof before);
  const int cols = DIM - 1, rows = DIM / 2 + 1;
  CONFIG_LD(0, DIM, 1.0f, 0, DIM, 1)
  MVIN(before, SPAD(7), DIM, DIM)
  CONFIG_LD(0, STRIDE, 1.0f, 0, DIM, 1)
  MVIN(&in[0][3], SPAD(7), cols, rows)
  CONFIG_ST(STRIDE, 0, float_bits(1.0f))
  MVOUT(&out[0][1], SPAD(7), DIM, DIM)
  FENCE();
  for (int i = 0; i < DIM; ++i)
    for (int j = 0; j < DIM; ++j) CHECK_AT(out[i][j + 1], i < rows && j < cols ? in[i][j + 3] : before[i][j], i, j);
  for (int i = 0; i < DIM; ++i) CHECK_AT(out[i][0], 0, i, 0);
  DONE();
}
