// SPDX-License-Identifier: Apache-2.0
// Output stationary: sums stay in the array over several products and leave it shifted.
#include "accelerator.h"
#include "products.h"

int main(void) {
  load_operands(40);
  for (int shift = 0; shift < 12; shift += 3) {
    CONFIG_EX(OUTPUT_STATIONARY, 0, shift, 1, 1, 0, 0)
    PRELOAD(SPAD(D_ROW), DIM, DIM, GARBAGE, DIM, DIM)
    COMPUTE_PRELOADED(SPAD(A_ROW), DIM, DIM, SPAD(B_ROW), DIM, DIM)
    PRELOAD(GARBAGE, DIM, DIM, GARBAGE, DIM, DIM)
    COMPUTE_ACCUMULATED(SPAD(A_ROW), DIM, DIM, SPAD(B_ROW), DIM, DIM)
    PRELOAD(GARBAGE, DIM, DIM, SPAD(C_ROW), DIM, DIM)
    COMPUTE_ACCUMULATED(SPAD(A_ROW), DIM, DIM, GARBAGE, DIM, DIM)  // adds nothing
    store_scratchpad();
    for (int i = 0; i < DIM; ++i)
      for (int j = 0; j < DIM; ++j)
        CHECK_AT(c_data[i][j], clip(ROUNDING_RIGHT_SHIFT(2 * product(i, j, DIM, 0, 0) + d_data[i][j], shift)), i, j);
  }
  // Into the accumulator: shifted too, stored or added.
  CONFIG_EX(OUTPUT_STATIONARY, 0, 4, 1, 1, 0, 0)
  for (int n = 0; n < 2; ++n) {
    PRELOAD(GARBAGE, DIM, DIM, n == 0 ? ACC(0) : ACC_ADD(0), DIM, DIM)
    COMPUTE_PRELOADED(SPAD(A_ROW), DIM, DIM, SPAD(B_ROW), DIM, DIM)
  }
  store_narrow();
  for (int i = 0; i < DIM; ++i)
    for (int j = 0; j < DIM; ++j)
      CHECK_AT(c_data[i][j], clip(2 * ROUNDING_RIGHT_SHIFT(product(i, j, DIM, 0, 0), 4)), i, j);
  DONE();
}
