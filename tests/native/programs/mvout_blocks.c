// SPDX-License-Identifier: Apache-2.0
// One mvout of several blocks of columns: a block has DIM rows of local memory, whatever rows the command has.
#include "accelerator.h"

#define COLS (MAX_BLOCK_LEN * DIM)
static acc_t in[DIM][COLS] row_align_acc(1);
static elem_t out[DIM][COLS] row_align(1);

int main(void) {
  fill_int32(&in[0][0], DIM * COLS, 180);
  const int rows = DIM / 2 + 1, cols = COLS > DIM ? COLS - 3 : DIM;
  CONFIG_LD(0, sizeof in[0], 1.0f, 0, DIM, 1)
  for (int first = 0; first < COLS; first += DIM) MVIN(&in[0][first], ACC(first), DIM, DIM)
  CONFIG_ST(sizeof out[0], 0, float_bits(1.0f))
  MVOUT(out, ACC(0), cols, rows)
  for (int i = 0; i < DIM; ++i)
    for (int j = 0; j < COLS; ++j) CHECK_AT(out[i][j], i < rows && j < cols ? clip(in[i][j]) : 0, i, j);
  DONE();
}
