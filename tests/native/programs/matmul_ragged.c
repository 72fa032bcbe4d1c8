// SPDX-License-Identifier: Apache-2.0
// Blocks smaller than the array, in every dimension; what they do not cover counts as zero and C is masked.
#include "accelerator.h"
#include "products.h"

static void check_block(int rows, int cols, int depth, int dataflow) {
  const int ws = dataflow == WEIGHT_STATIONARY;
  MVIN(NULL, SPAD(C_ROW), DIM, DIM)
  CONFIG_EX(dataflow, 0, 0, 1, 1, 0, 0)
  if (ws) {
    PRELOAD(SPAD(B_ROW), cols, depth, SPAD(C_ROW), cols, rows)
    COMPUTE_PRELOADED(SPAD(A_ROW), depth, rows, SPAD(D_ROW), cols, rows)
  } else {
    PRELOAD(SPAD(D_ROW), cols, rows, SPAD(C_ROW), cols, rows)
    COMPUTE_PRELOADED(SPAD(A_ROW), depth, rows, SPAD(B_ROW), cols, depth)
  }
  store_scratchpad();
  for (int i = 0; i < DIM; ++i)
    for (int j = 0; j < DIM; ++j)
      CHECK_AT(c_data[i][j], i < rows && j < cols ? clip(product(i, j, depth, 0, 0) + d_data[i][j]) : 0, i, j);
}

int main(void) {
  load_operands(5);
  const int sizes[] = {1, 2, DIM - 1, DIM};
  for (int dataflow = 0; dataflow < 2; ++dataflow)
    for (int r = 0; r < 4; ++r)
      for (int c = 0; c < 4; ++c)
        for (int k = 0; k < 4; ++k) check_block(sizes[r], sizes[c], sizes[k], dataflow);
  DONE();
}
