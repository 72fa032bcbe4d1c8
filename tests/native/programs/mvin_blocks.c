// SPDX-License-Identifier: Apache-2.0
// One mvin of several blocks of columns, the last ragged, with a block stride of its own; and such an mvout.
#include "accelerator.h"

#define COLS (MAX_BLOCK_LEN * DIM)
static elem_t in[DIM][COLS] row_align(1), out[DIM][COLS] row_align(1);

int main(void) {
  fill_int8(&in[0][0], sizeof in);
  const int cols = MAX_BLOCK_LEN > 1 ? COLS - DIM / 2 : DIM, apart = DIM + 8;
  CONFIG_LD(1, COLS, 1.0f, 0, apart, 1)
  MVIN2(in, SPAD(64), cols, DIM)
  CONFIG_ST(COLS, 0, float_bits(1.0f))
  for (int first = 0; first < cols; first += DIM) {
    const int part = cols - first < DIM ? cols - first : DIM;
    MVOUT(&out[0][first], SPAD(64 + first / DIM * apart), part, DIM)
  }
  FENCE();
  for (int i = 0; i < DIM; ++i)
    for (int j = 0; j < COLS; ++j) CHECK_AT(out[i][j], j < cols ? in[i][j] : 0, i, j);

  memset(out, 0, sizeof out);
  CONFIG_LD(1, COLS, 1.0f, 0, DIM, 1)  // dense blocks, as mvout has them
  MVIN2(in, SPAD(1000), cols, DIM)
  MVOUT(out, SPAD(1000), cols, DIM)
  FENCE();
  for (int i = 0; i < DIM; ++i)
    for (int j = 0; j < COLS; ++j) CHECK_AT(out[i][j], j < cols ? in[i][j] : 0, i, j);
  DONE();
}
