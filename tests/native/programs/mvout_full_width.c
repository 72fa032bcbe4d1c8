// SPDX-License-Identifier: Apache-2.0
// 32-bit results: neither activation nor scale. Blocks as wide as the machine takes them.
#include "accelerator.h"

static acc_t in[DIM][DIM], out[DIM][DIM];

int main(void) {
#ifdef ACC_READ_FULL_WIDTH
  fill_int32(&in[0][0], DIM * DIM, 2000000000);
  CONFIG_LD(0, sizeof in[0], 3.0f, 0, DIM, 1)  // int32 is not scaled
  MVIN(in, ACC(0), DIM, DIM)
  CONFIG_ST(sizeof out[0], 1, float_bits(0.5f))
  MVOUT(out, ACC_FULL(0), DIM, DIM - 1)
  FENCE();
  for (int i = 0; i < DIM; ++i)
    for (int j = 0; j < DIM; ++j) CHECK_AT(out[i][j], i < DIM - 1 ? in[i][j] : 0, i, j);
#else
  CHECK(out[0][0], in[0][0]);
#endif
  DONE();
}
