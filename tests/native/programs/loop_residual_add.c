// SPDX-License-Identifier: Apache-2.0
// Residual addition: with the later layout one loop instruction, before it explicit commands.
#include "accelerator.h"
#include "loops.h"

enum { I = 2 * DIM + 1, J = 2 * DIM - 1, BLOCKS_I = 3, BLOCKS_J = 2 };
static elem_t a[I][J], b[BLOCKS_I * DIM][J], c[I][J];  // the loop loads whole blocks of B

int main(void) {
  fill_int8(&a[0][0], sizeof a);
  fill_int8(&b[0][0], sizeof b);
  CONFIG_EX(WEIGHT_STATIONARY, 0, 0, 1, 1, 0, 0)
  CONFIG_ST(J, 1, float_bits(1.0f))
  CONFIG_LD(0, J, 0.5f, 1, DIM, 1)
  CONFIG_LD(1, J, 1.0f, 1, DIM, 1)
#ifdef GEMMINI_2025
  ISSUE(WORDS(0, 0, BLOCKS_J * DIM - J, BLOCKS_I * DIM - I), WORDS(0, 0, BLOCKS_J, BLOCKS_I), 9)
  ISSUE(a, b, 10)
  ISSUE(NULL, c, 11)
  ISSUE(J, J, 12)
  ISSUE(0, J, 13)
  ISSUE(1 << 8, 1 << 2, 8)
#else
  for (int i = 0; i < I; i += DIM)
    for (int j = 0; j < J; j += DIM) {
      const int rows = I - i < DIM ? I - i : DIM, cols = J - j < DIM ? J - j : DIM;
      const uint32_t at = (i / DIM * BLOCKS_J + j / DIM) * DIM;
      MVIN(&a[i][j], ACC(at), cols, rows)
      MVIN2(&b[i][j], ACC_ADD(at), cols, rows)
      MVOUT(&c[i][j], ACC(at), cols, rows)
    }
#endif
  FENCE();
  for (int i = 0; i < I; ++i)
    for (int j = 0; j < J; ++j) {
      const int sum = MVIN_SCALE(a[i][j], 0.5f) + b[i][j];
      CHECK_AT(c[i][j], clip(sum < 0 ? 0 : sum), i, j);
    }
  DONE();
}
