// SPDX-License-Identifier: Apache-2.0
// A stride of 0 fetches one row and writes it to all rows: int8 into the scratchpad, int32 into the accumulator.
#include "accelerator.h"

static elem_t row[DIM], out[DIM][DIM];
static acc_t bias[DIM];

int main(void) {
  fill_int8(row, DIM);
  fill_int32(bias, DIM, 200);
  CONFIG_LD(0, 0, 1.0f, 0, DIM, 1)
  MVIN(row, SPAD(32), DIM, DIM)
  MVIN(bias, ACC(0), DIM, DIM)
  CONFIG_ST(DIM, 0, float_bits(1.0f))
  MVOUT(out, SPAD(32), DIM, DIM)
  for (int i = 0; i < DIM; ++i)
    for (int j = 0; j < DIM; ++j) CHECK_AT(out[i][j], row[j], i, j);
  MVOUT(out, ACC(0), DIM, DIM)
  for (int i = 0; i < DIM; ++i)
    for (int j = 0; j < DIM; ++j) CHECK_AT(out[i][j], clip(bias[j]), i, j);
  DONE();
}
