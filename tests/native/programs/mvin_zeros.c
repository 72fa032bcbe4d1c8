// SPDX-License-Identifier: Apache-2.0
// Address 0 writes zeros, into scratchpad and accumulator, whatever the stride; adding zeros changes nothing.
#include "accelerator.h"

static elem_t in[DIM][DIM], out[DIM][DIM];
static acc_t wide[DIM][DIM], sums[DIM][DIM];

int main(void) {
  fill_int8(&in[0][0], sizeof in);
  fill_int32(&wide[0][0], DIM * DIM, 1000000);
  CONFIG_LD(0, DIM, 1.0f, 0, DIM, 1)
  MVIN(in, SPAD(0), DIM, DIM)
  FENCE();  // zeros and memory come on ways of their own: one may overtake the other
  MVIN(NULL, SPAD(0), DIM - 1, DIM - 1)
  CONFIG_ST(DIM, 0, float_bits(1.0f))
  MVOUT(out, SPAD(0), DIM, DIM)
  for (int i = 0; i < DIM; ++i)
    for (int j = 0; j < DIM; ++j) CHECK_AT(out[i][j], i < DIM - 1 && j < DIM - 1 ? 0 : in[i][j], i, j);
#ifdef ACC_READ_FULL_WIDTH
  CONFIG_LD(0, DIM * sizeof(acc_t), 1.0f, 0, DIM, 1)
  MVIN(wide, ACC(0), DIM, DIM)
  FENCE();
  MVIN(0, ACC_ADD(0), DIM, DIM)
  MVIN(0, ACC(0), DIM, 1)
  CONFIG_ST(DIM * sizeof(acc_t), 0, float_bits(1.0f))
  MVOUT(sums, ACC_FULL(0), DIM, DIM)
  for (int i = 0; i < DIM; ++i)
    for (int j = 0; j < DIM; ++j) CHECK_AT(sums[i][j], i == 0 ? 0 : wide[i][j], i, j);
#endif
  DONE();
}
