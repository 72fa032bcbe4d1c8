// SPDX-License-Identifier: Apache-2.0
// Behind accelerator.h: what programs of products share: operands, the reference product, stores of all of C.
#pragma once

static elem_t a_data[DIM][DIM] row_align(1), b_data[DIM][DIM] row_align(1), d_data[DIM][DIM] row_align(1);
static elem_t c_data[DIM][DIM] row_align(1);

enum { A_ROW = 0, B_ROW = DIM, D_ROW = 2 * DIM, C_ROW = 3 * DIM };

// A, B and D at random, in memory and in the scratchpad; small enough that no result saturates by accident everywhere.
static inline void load_operands(int range) {
  for (int i = 0; i < DIM; ++i)
    for (int j = 0; j < DIM; ++j) {
      a_data[i][j] = (elem_t)random_int(-range, range);
      b_data[i][j] = (elem_t)random_int(-range, range);
      d_data[i][j] = (elem_t)random_int(-range, range);
    }
  CONFIG_LD(0, DIM, 1.0f, 0, DIM, 1)
  MVIN(a_data, SPAD(A_ROW), DIM, DIM)
  MVIN(b_data, SPAD(B_ROW), DIM, DIM)
  MVIN(d_data, SPAD(D_ROW), DIM, DIM)
}

// Element of op(A) op(B), the first `depth` products.
static inline long long product(int i, int j, int depth, int a_transposed, int b_transposed) {
  long long sum = 0;
  for (int k = 0; k < depth; ++k)
    sum += (a_transposed ? a_data[k][i] : a_data[i][k]) * (b_transposed ? b_data[j][k] : b_data[k][j]);
  return sum;
}

// Rows of the accumulator from ACC(0) on, to c_data.
static inline void store_narrow(void) {
  CONFIG_ST(DIM, 0, float_bits(1.0f))
  MVOUT(c_data, ACC(0), DIM, DIM)
  FENCE();
}
static inline void store_scratchpad(void) {
  CONFIG_ST(DIM, 0, float_bits(1.0f))
  MVOUT(c_data, SPAD(C_ROW), DIM, DIM)
  FENCE();
}
