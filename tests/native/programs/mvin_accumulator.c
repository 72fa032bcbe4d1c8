// SPDX-License-Identifier: Apache-2.0
// Ways into the accumulator: int32, int8 that is widened and scaled, each stored or added.
#include "accelerator.h"

static acc_t wide[DIM][DIM];
static elem_t narrow[DIM][DIM], out[DIM][DIM];

static void check_sum(int wides, float scale) {
  MVOUT(out, ACC(4), DIM, DIM)
  for (int i = 0; i < DIM; ++i)
    for (int j = 0; j < DIM; ++j)
      CHECK_AT(out[i][j], clip((long long)wides * wide[i][j] + MVIN_SCALE(narrow[i][j], scale)), i, j);
}

int main(void) {
  fill_int32(&wide[0][0], DIM * DIM, 150);
  fill_int8(&narrow[0][0], sizeof narrow);
  CONFIG_ST(DIM, 0, float_bits(1.0f))
  CONFIG_LD(0, DIM * sizeof(acc_t), 1.0f, 0, DIM, 1)
  CONFIG_LD(1, DIM, 0.25f, 1, DIM, 1)
  MVIN(wide, ACC(4), DIM, DIM)
  MVIN2(narrow, ACC_ADD(4), DIM, DIM)
  check_sum(1, 0.25f);
  MVIN2(narrow, ACC(4), DIM, DIM)
  check_sum(0, 0.25f);
  MVIN(wide, ACC_ADD(4), DIM, DIM)
  MVIN(wide, ACC_ADD(4), DIM, DIM)
  check_sum(2, 0.25f);
  CONFIG_LD(1, DIM, 1.0f, 1, DIM, 1)
  MVIN2(narrow, ACC(4), DIM, DIM)
  MVIN(wide, ACC_ADD(4), DIM, DIM)
  check_sum(1, 1.0f);
  DONE();
}
