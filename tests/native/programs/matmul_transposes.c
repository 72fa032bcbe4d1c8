// SPDX-License-Identifier: Apache-2.0
// All transposes that one transposer allows: A^T or B^T weight stationary, none, A^T or both output stationary.
#include "accelerator.h"
#include "products.h"

static void check_transposes(int a_transposed, int b_transposed) {
  for (int i = 0; i < DIM; ++i)
    for (int j = 0; j < DIM; ++j)
      CHECK_AT(c_data[i][j], clip(product(i, j, DIM, a_transposed, b_transposed) + d_data[i][j]), i, j);
}

int main(void) {
  load_operands(6);
  for (int a = 0; a < 2; ++a)
    for (int b = 0; b < 2; ++b) {
      if (!(a && b)) {
        CONFIG_EX(WEIGHT_STATIONARY, 0, 0, 1, 1, a, b)
        PRELOAD(SPAD(B_ROW), DIM, DIM, ACC(0), DIM, DIM)
        COMPUTE_PRELOADED(SPAD(A_ROW), DIM, DIM, SPAD(D_ROW), DIM, DIM)
        store_narrow();
        check_transposes(a, b);
      }
      if (!(!a && b)) {
        CONFIG_EX(OUTPUT_STATIONARY, 0, 0, 1, 1, a, b)
        PRELOAD(SPAD(D_ROW), DIM, DIM, SPAD(C_ROW), DIM, DIM)
        COMPUTE_PRELOADED(SPAD(A_ROW), DIM, DIM, SPAD(B_ROW), DIM, DIM)
        store_scratchpad();
        check_transposes(a, b);
      }
    }
  DONE();
}
