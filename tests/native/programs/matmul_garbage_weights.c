// SPDX-License-Identifier: Apache-2.0
// Weight stationary, compute_preloaded behind a preload without B: rows that bring no weights move the idle ones down.
#include "accelerator.h"
#include "products.h"

enum { FEW = DIM / 2 - 1, LEAST_ROWS = 4 };  // a product feeds no fewer rows

// Row k of B behind a product of `rows` rows.
static int moved_b(int k, int j, int rows, int transposed) {
  const int down = rows < LEAST_ROWS ? LEAST_ROWS : rows;
  return k < down ? 0 : transposed ? b_data[j][k - down] : b_data[k - down][j];
}

static void check_result(int rows, int a_transposed, int b_transposed) {
  store_narrow();
  for (int i = 0; i < DIM; ++i)
    for (int j = 0; j < DIM; ++j) {
      long long sum = d_data[i][j];
      for (int k = 0; k < DIM; ++k)
        sum += (a_transposed ? a_data[k][i] : a_data[i][k]) * moved_b(k, j, rows, b_transposed);
      CHECK_AT(c_data[i][j], clip(sum), i, j);
    }
}

// B, then A as weights; `rows` rows are fed between the swap that makes B idle and the one that brings it back. All of
// it waits for the operands, so that each preload enters the array with the compute before it.
static void bring_b_back(int rows) {
  PRELOAD(SPAD(B_ROW), DIM, DIM, GARBAGE, DIM, DIM)
  COMPUTE_PRELOADED(SPAD(A_ROW), DIM, DIM, GARBAGE, DIM, DIM)
  PRELOAD(SPAD(A_ROW), DIM, DIM, GARBAGE, DIM, DIM)
  COMPUTE_PRELOADED(SPAD(A_ROW), DIM, rows, GARBAGE, DIM, DIM)
  PRELOAD(GARBAGE, DIM, DIM, ACC(0), DIM, DIM)
  COMPUTE_PRELOADED(SPAD(A_ROW), DIM, DIM, SPAD(D_ROW), DIM, DIM)
}

int main(void) {
  CONFIG_EX(WEIGHT_STATIONARY, 0, 0, 1, 1, 0, 0)
  load_operands(5);
  bring_b_back(FEW);
  check_result(FEW, 0, 0);
  load_operands(5);
  bring_b_back(DIM);
  check_result(DIM, 0, 0);
  // The rows of D count too.
  load_operands(5);
  PRELOAD(SPAD(B_ROW), DIM, DIM, GARBAGE, DIM, DIM)
  COMPUTE_PRELOADED(SPAD(A_ROW), DIM, DIM, GARBAGE, DIM, DIM)
  PRELOAD(SPAD(A_ROW), DIM, DIM, GARBAGE, DIM, DIM)
  COMPUTE_PRELOADED(SPAD(A_ROW), DIM, FEW, SPAD(D_ROW), DIM, FEW + 1)
  PRELOAD(GARBAGE, DIM, DIM, ACC(0), DIM, DIM)
  COMPUTE_PRELOADED(SPAD(A_ROW), DIM, DIM, SPAD(D_ROW), DIM, DIM)
  check_result(FEW + 1, 0, 0);
  // What passes the transposer has all rows.
  CONFIG_EX(WEIGHT_STATIONARY, 0, 0, 1, 1, 1, 0)
  load_operands(5);
  bring_b_back(FEW);
  check_result(DIM, 1, 0);
  CONFIG_EX(WEIGHT_STATIONARY, 0, 0, 1, 1, 0, 1)
  load_operands(5);
  bring_b_back(FEW);
  check_result(DIM, 0, 1);
  DONE();
}
