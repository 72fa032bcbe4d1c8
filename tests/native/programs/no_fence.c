// SPDX-License-Identifier: Apache-2.0
// Results are read, changed and loaded again without a single fence.
#include "accelerator.h"
#include "products.h"

int main(void) {
  int reference[DIM][DIM];
  load_operands(1);
  CONFIG_EX(WEIGHT_STATIONARY, 0, 0, 1, 1, 0, 0)
  CONFIG_ST(DIM, 0, float_bits(1.0f))
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < DIM; ++i)
      for (int j = 0; j < DIM; ++j) reference[i][j] = clip(product(i, j, DIM, 0, 0));
    PRELOAD(SPAD(B_ROW), DIM, DIM, ACC(0), DIM, DIM)
    COMPUTE_PRELOADED(SPAD(A_ROW), DIM, DIM, GARBAGE, DIM, DIM)
    MVOUT(c_data, ACC(0), DIM, DIM)
    for (int i = 0; i < DIM; ++i)
      for (int j = 0; j < DIM; ++j) {
        CHECK_AT(c_data[i][j], reference[i][j], i, j);
        a_data[i][j] = (elem_t)((c_data[i][j] + round) % 3);
      }
    MVIN(a_data, SPAD(A_ROW), DIM, DIM)
  }
  DONE();
}
