// SPDX-License-Identifier: Apache-2.0
// Two int8 matrices, each with a scale of its own, added in the accumulator.
#include "accelerator.h"

enum { ROWS = 2 * DIM + 5, COLS = DIM };
static elem_t a[ROWS][COLS], b[ROWS][COLS], c[ROWS][COLS];

int main(void) {
  fill_int8(&a[0][0], sizeof a);
  fill_int8(&b[0][0], sizeof b);
  CONFIG_LD(0, COLS, 0.75f, 1, DIM, 1)
  CONFIG_LD(1, COLS, -0.5f, 1, DIM, 1)
  CONFIG_ST(COLS, 1, float_bits(1.0f))
  for (int i = 0; i < ROWS; i += DIM) {
    const int rows = ROWS - i < DIM ? ROWS - i : DIM;
    MVIN(a[i], ACC(i), COLS, rows)
    MVIN2(b[i], ACC_ADD(i), COLS, rows)
    MVOUT(c[i], ACC(i), COLS, rows)
  }
  for (int i = 0; i < ROWS; ++i)
    for (int j = 0; j < COLS; ++j) {
      const int sum = MVIN_SCALE(a[i][j], 0.75f) + MVIN_SCALE(b[i][j], -0.5f);
      CHECK_AT(c[i][j], clip(sum < 0 ? 0 : sum), i, j);
    }
  DONE();
}
