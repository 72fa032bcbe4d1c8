// SPDX-License-Identifier: Apache-2.0
// Weight stationary: with and without D, stored and added to the accumulator, weights used again.
#include "accelerator.h"
#include "products.h"

static void check_result(int products, int d) {
  store_narrow();
  for (int i = 0; i < DIM; ++i)
    for (int j = 0; j < DIM; ++j)
      CHECK_AT(c_data[i][j], clip(products * product(i, j, DIM, 0, 0) + d * d_data[i][j]), i, j);
}

int main(void) {
  load_operands(5);
  CONFIG_EX(WEIGHT_STATIONARY, 0, 0, 1, 1, 0, 0)
  PRELOAD(SPAD(B_ROW), DIM, DIM, ACC(0), DIM, DIM)
  COMPUTE_PRELOADED(SPAD(A_ROW), DIM, DIM, GARBAGE, DIM, DIM)
  check_result(1, 0);
  PRELOAD(SPAD(B_ROW), DIM, DIM, ACC_ADD(0), DIM, DIM)
  COMPUTE_PRELOADED(SPAD(A_ROW), DIM, DIM, SPAD(D_ROW), DIM, DIM)
  check_result(2, 1);
  PRELOAD(GARBAGE, DIM, DIM, ACC_ADD(0), DIM, DIM)  // the same weights again
  COMPUTE_ACCUMULATED(SPAD(A_ROW), DIM, DIM, SPAD(D_ROW), DIM, DIM)
  check_result(3, 2);
  PRELOAD(GARBAGE, DIM, DIM, ACC(0), DIM, DIM)
  COMPUTE_ACCUMULATED(SPAD(A_ROW), DIM, DIM, GARBAGE, DIM, DIM)
  check_result(1, 0);
  DONE();
}
