// SPDX-License-Identifier: Apache-2.0
// A matrix product of ragged sizes, cut into blocks by the program, with bias, ReLU and scale; two buffers of tiles.
#include "accelerator.h"

enum { I = 5 * DIM - 3, J = 3 * DIM + 2, K = 4 * DIM - 1 };
static elem_t a[I][K] row_align(1), b[K][J] row_align(1), c[I][J] row_align(1);
static acc_t bias[J] row_align_acc(1);

static int at_most(int value, int limit) { return value < limit ? value : limit; }

int main(void) {
  fill_int8(&a[0][0], sizeof a);
  fill_int8(&b[0][0], sizeof b);
  fill_int32(bias, J, 50000);
  const float scale = 0.002f;
  CONFIG_EX(WEIGHT_STATIONARY, 0, 0, 1, 1, 0, 0)
  CONFIG_LD(0, K, 1.0f, 0, DIM, 1)
  CONFIG_LD(1, J, 1.0f, 0, DIM, 1)
  CONFIG_LD(2, 0, 1.0f, 0, DIM, 1)
  CONFIG_ST(J, 1, float_bits(scale))
  const uint64_t start = read_clock();
  int buffer = 0;
  for (int i = 0; i < I; i += DIM)
    for (int j = 0; j < J; j += DIM, buffer ^= 1) {
      const int rows = at_most(DIM, I - i), cols = at_most(DIM, J - j);
      const uint32_t sum = buffer * DIM;
      MVIN3(&bias[j], ACC(sum), cols, rows)
      for (int k = 0; k < K; k += DIM) {
        const int depth = at_most(DIM, K - k);
        const uint32_t a_row = (buffer * 8 + k / DIM) * DIM, b_row = a_row + 16 * DIM;
        MVIN(&a[i][k], SPAD(a_row), depth, rows)
        MVIN2(&b[k][j], SPAD(b_row), cols, depth)
        PRELOAD(SPAD(b_row), cols, depth, ACC_ADD(sum), cols, rows)
        COMPUTE_PRELOADED(SPAD(a_row), depth, rows, GARBAGE, DIM, DIM)
      }
      MVOUT(&c[i][j], ACC(sum), cols, rows)
    }
  FENCE();
  CHECK(read_clock() - start > (uint64_t)I * J / DIM, 1);
  for (int i = 0; i < I; ++i)
    for (int j = 0; j < J; ++j) {
      long long sum = bias[j];
      for (int k = 0; k < K; ++k) sum += a[i][k] * b[k][j];
      CHECK_AT(c[i][j], ACC_SCALE(sum < 0 ? 0 : sum, scale), i, j);
    }
  DONE();
}
