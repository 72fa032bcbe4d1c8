// SPDX-License-Identifier: Apache-2.0
// LOOP_WS: ragged sizes, bias of both widths, both transposes, full-width results, accumulation over two loops.
#include "accelerator.h"
#include "loops.h"

enum { I = 2 * DIM + 3, J = 3 * DIM - 1, K = 2 * DIM - 2, BLOCKS_I = 3, BLOCKS_J = 3, BLOCKS_K = 2 };
// The machine loads whole blocks of B whatever pad_k says, hence the rows behind it.
static elem_t a[I][K], at[K][I], b[BLOCKS_K * DIM][J], bt[J + 1][K], low[I][J], c[I][J];
static acc_t wide[I][J], full[I][J];

static long long product(int i, int j) {
  long long sum = 0;
  for (int k = 0; k < K; ++k) sum += a[i][k] * b[k][j];
  return sum;
}

static void loop(int a_transpose, int b_transpose, int bias, int full_c, int relu, int accumulate) {
  const int low_d = bias == 2;
  CONFIG_EX(WEIGHT_STATIONARY, 0, 0, 1, 1, a_transpose, b_transpose)
  CONFIG_ST(full_c ? J * sizeof(acc_t) : J, relu, float_bits(1.0f))
  CONFIG_LD(0, a_transpose ? I : K, 1.0f, 0, DIM, 1)
  CONFIG_LD(1, b_transpose ? K : J, 1.0f, 0, DIM, 1)
  CONFIG_LD(2, low_d ? J : J * sizeof(acc_t), 1.0f, low_d, DIM, 1)
  const void* d = bias == 0 ? NULL : low_d ? (const void*)low : (const void*)wide;
  const void* left = a_transpose ? (const void*)at : (const void*)a;
  const void* right = b_transpose ? (const void*)bt : (const void*)b;
  void* result = full_c ? (void*)full : (void*)c;
  LOOP_WS(BLOCKS_I, BLOCKS_J, BLOCKS_K, BLOCKS_I * DIM - I, BLOCKS_J * DIM - J, BLOCKS_K * DIM - K, left, right, d,
          accumulate == 1 ? NULL : result, a_transpose ? I : K, b_transpose ? K : J, J, J, a_transpose, b_transpose,
          full_c, low_d, accumulate == 2 || bias != 0, relu)
}

static void check_result(int products, int bias, int full_c, int relu) {
  FENCE();
  for (int i = 0; i < I; ++i)
    for (int j = 0; j < J; ++j) {
      const long long sum = products * product(i, j) + (bias == 1 ? wide[i][j] : bias == 2 ? low[i][j] : 0);
      if (full_c)
        CHECK_AT(full[i][j], sum, i, j);
      else
        CHECK_AT(c[i][j], clip(relu && sum < 0 ? 0 : sum), i, j);
    }
}

int main(void) {
  for (int i = 0; i < I; ++i)
    for (int k = 0; k < K; ++k) at[k][i] = a[i][k] = (elem_t)random_int(-4, 4);
  for (int k = 0; k < K; ++k)
    for (int j = 0; j < J; ++j) bt[j][k] = b[k][j] = (elem_t)random_int(-4, 4);
  fill_int8(&low[0][0], sizeof low);
  fill_int32(&wide[0][0], I * J, 100);
  for (int bias = 0; bias < 3; ++bias)
    for (int transpose = 0; transpose < 3; ++transpose)
      for (int relu = 0; relu < 2; ++relu) {
        loop(transpose == 1, transpose == 2, bias, 0, relu, 0);
        check_result(1, bias, 0, relu);
      }
#ifdef ACC_READ_FULL_WIDTH
  loop(0, 0, 1, 1, 0, 0);
  check_result(1, 1, 1, 0);
#endif
  // No C: the next loop finds the sums where this one left them, and adds to them.
  loop(0, 0, 1, 0, 0, 1);
  loop(0, 0, 0, 0, 0, 2);
  check_result(2, 1, 0, 0);
  DONE();
}
