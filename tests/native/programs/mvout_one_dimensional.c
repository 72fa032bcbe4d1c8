// SPDX-License-Identifier: Apache-2.0
// Stride 0 with a window size: one mvout of a whole image, its rows of pixels pool_out_dim apart in memory.
#include "accelerator.h"

#define ROWS 3
#define COLS 5
#define APART 7
static elem_t in[ROWS * COLS][DIM], out[ROWS * APART][DIM];

int main(void) {
  fill_int8(&in[0][0], sizeof in);
  memset(out, 55, sizeof out);
  CONFIG_LD(0, DIM, 1.0f, 0, DIM, 1)
  for (int first = 0; first < ROWS * COLS; first += DIM) {
    const int rows = ROWS * COLS - first < DIM ? ROWS * COLS - first : DIM;
    MVIN(in[first], SPAD(first), DIM, rows)
  }
  CONFIG_ST_POOL(DIM, 0, float_bits(1.0f), 0, 1, 0, 0, APART, 0, 0, ROWS, COLS)
  MVOUT(out, SPAD(0), DIM - 1, 1)
  for (int i = 0; i < ROWS * APART; ++i)
    for (int j = 0; j < DIM; ++j) {
      const int inside = i % APART < COLS && j < DIM - 1;
      CHECK_AT(out[i][j], inside ? in[i / APART * COLS + i % APART][j] : 55, i, j);
    }
  CONFIG_ST(DIM, 0, KEEP_SCALE)  // size 0 ends it
  MVOUT(out, SPAD(0), DIM, 1)
  for (int j = 0; j < DIM; ++j) CHECK_AT(out[0][j], in[0][j], 0, j);
  DONE();
}
